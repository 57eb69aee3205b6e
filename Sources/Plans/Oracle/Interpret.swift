import CKernels
import Graphs
import Refusals
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Graph {
  /// The outputs' values, node by node in float64 with a rounding to each node's type: slow, obvious, the oracle that
  /// every faster path is tested against.
  ///
  /// - Parameters:
  ///   - overrides: nodes whose values are given instead of computed, for asking what would be.
  public func interpret(
    _ outputs: [Reference], parameters: [Tensor], overriding overrides: [Reference: Tensor] = [:]
  ) throws(Refusal) -> [Tensor] {
    let needed = needed(for: outputs)
    var values = [Tensor?](repeating: nil, count: nodes.count)
    for index in nodes.indices where needed[index] {
      if gk_is_interrupted() != 0 { throw .interrupted }
      let node = nodes[index]
      if let override = overrides[Reference(index: index)] {
        values[index] = override
        continue
      }
      switch node.kind {
      case .parameter(let number): values[index] = parameters[number]
      case .apply(let primitive, let operands):
        let x = operands.compactMap { values[$0.index] }
        let elements = try interpret(primitive.kernel, node, x)
        values[index] = Tensor(elements, shape: node.shape, type: node.type)
      }
    }
    return outputs.compactMap { values[$0.index] }
  }

  private func interpret(_ kernel: Kernel, _ node: Node, _ x: [Tensor]) throws(Refusal) -> [Double] {
    let places = node.shape.places
    /// Operand `n` at a place of the result, stretched.
    func stretched(_ n: Int, _ place: [Int]) -> Double {
      let lead = node.shape.rank - x[n].shape.rank
      return x[n][place: place[lead...].enumerated().map { x[n].shape[$0] == 1 ? 0 : $1 }]
    }
    switch kernel {
    case .map(let op): return x[0].values.map(ElementFunction[op].scalar)
    case .zip(let op):
      let scalar = BinaryFunction[op].scalar
      return places.map { scalar(stretched(0, $0), stretched(1, $0)) }
    case .compare(let op):
      let scalar = ComparisonFunction[op].scalar
      return places.map { scalar(stretched(0, $0), stretched(1, $0)) ? 1 : 0 }
    case .test(let op):
      let scalar = ClassificationFunction[op].scalar
      return x[0].values.map { scalar($0) ? 1 : 0 }
    case .logic(let op):
      let scalar = LogicFunction[op].scalar
      return places.map { scalar(stretched(0, $0) != 0, stretched(1, $0) != 0) ? 1 : 0 }
    case .not: return x[0].values.map { 1 - $0 }
    case .select: return places.map { stretched(0, $0) != 0 ? stretched(1, $0) : stretched(2, $0) }
    case .keep:
      return places.map { place in
        let value = stretched(1, place)
        return stretched(0, place) != 0 ? value : value.isFinite ? value * 0 : 0
      }
    case .convert, .reshape: return x[0].values
    case .fill(let constant): return places.map { _ in constant.value }
    case .iota: return (0..<node.shape.count).map(Double.init)
    case .broadcast: return places.map { stretched(0, $0) }
    case .transpose(let permutation):
      return places.map { place in
        var source = place
        for (i, axis) in permutation.enumerated() { source[axis] = place[i] }
        return x[0][place: source]
      }
    case .slice(let cut):
      return places.map { place in x[0][place: place.indices.map { cut.starts[$0] + cut.steps[$0] * place[$0] }] }
    case .embed(let cut):
      var result = [Double](repeating: 0, count: node.shape.count)
      for place in x[0].shape.places {
        result[node.shape.offset(of: place.indices.map { cut.starts[$0] + cut.steps[$0] * place[$0] })] =
          x[0][place: place]
      }
      return result
    case .window(let window):
      let (axis, step) = (window.axis, window.step)
      let start = try Execution.start(x[1][flat: 0], of: node.shape[axis], by: step, in: x[0].shape[axis], axis)
      return places.map { place in
        var place = place
        place[axis] = start + step * place[axis]
        return x[0][place: place]
      }
    case .windowAdjoint(let window):
      let (axis, step) = (window.axis, window.step)
      let start = try Execution.start(x[1][flat: 0], of: x[0].shape[axis], by: step, in: node.shape[axis], axis)
      var result = [Double](repeating: 0, count: node.shape.count)
      for place in x[0].shape.places {
        var target = place
        target[axis] = start + step * place[axis]
        result[node.shape.offset(of: target)] = x[0][place: place]
      }
      return result
    case .concat(let axis):
      return places.map { place in
        var place = place
        for part in x {
          if place[axis] < part.shape[axis] { return part[place: place] }
          place[axis] -= part.shape[axis]
        }
        preconditionFailure("the parts cover the whole")
      }
    case .reduce(let op, let axes):
      let row = ReductionFunction[op]
      return reduced(x[0], axes, node.shape) { $0.reduce(row.start, row.scalar) }
    case .reduceLogic(let op, let axes):
      let row = LogicFunction[op]
      return reduced(x[0], axes, node.shape) { $0.reduce(row.start) { row.scalar($0, $1 != 0) } ? 1 : 0 }
    case .argument(let largest, let axis):
      return reduced(x[0], [axis], node.shape) { (values: [Double]) -> Double in
        if let nan = values.firstIndex(where: \.isNaN) { return Double(nan) }
        return Double(values.firstIndex(of: (largest ? values.max() : values.min()) ?? 0) ?? 0)
      }
    case .scan(let op, let axis):
      let row = ReductionFunction[op]
      return places.map { place in
        (0...place[axis]).reduce(row.start) { total, i in
          var source = place
          source[axis] = i
          return row.scalar(total, x[0][place: source])
        }
      }
    case .take(let axis):
      try checkIndices(x[1], below: x[0].shape[axis], axis)
      return places.map { place in x[0][place: replacing(place, axis, x[1].values[place[axis]], x[0].shape)] }
    case .takeAdjoint(let axis), .gatherAdjoint(let axis):
      try checkIndices(x[1], below: node.shape[axis], axis)
      var result = [Double](repeating: 0, count: node.shape.count)
      for place in x[0].shape.places {
        let index = if case .takeAdjoint = kernel { x[1].values[place[axis]] } else { x[1][place: place] }
        result[node.shape.offset(of: replacing(place, axis, index, node.shape))] += x[0][place: place]
      }
      return result
    case .gather(let axis):
      try checkIndices(x[1], below: x[0].shape[axis], axis)
      return places.map { x[0][place: replacing($0, axis, x[1][place: $0], x[0].shape)] }
    case .matrixProduct: return matrixProduct(x, node.shape)
    case .planned: preconditionFailure("the twin interprets graphs as they were before planning")
    case .uniform, .normal:
      // The generator is defined by its kernel; known answers test it.
      return try Plan(Graph.draw(node), outputs: [Reference(index: 2)]).run(x)[0].values
    case .host(let body, let attribute):
      return try body(x.map { HostValue(values: $0.values, extents: $0.shape.extents) }, attribute)
    }
  }

  private func checkIndices(_ indices: Tensor, below extent: Int, _ axis: Int) throws(Refusal) {
    for value in indices.values { _ = try Execution.index(value, below: extent, axis) }
  }

  private func replacing(_ place: [Int], _ axis: Int, _ index: Double, _ shape: Shape) -> [Int] {
    var place = place
    let index = Int(index)
    place[axis] = index < 0 ? index + shape[axis] : index
    return place
  }

  private func reduced(_ x: Tensor, _ axes: [Int], _ shape: Shape, _ fold: ([Double]) -> Double) -> [Double] {
    var groups = [[Double]](repeating: [], count: shape.count)
    for place in x.shape.places {
      let kept = place.indices.filter { !axes.contains($0) }.map { place[$0] }
      groups[shape.offset(of: kept)].append(x[place: place])
    }
    return groups.map(fold)
  }

  private func matrixProduct(_ x: [Tensor], _ shape: Shape) -> [Double] {
    let rank = shape.rank
    func entry(_ n: Int, _ place: [Int]) -> Double {
      if x[n].shape.rank == 0 { return x[n][flat: 0] }
      return x[n][place: place.enumerated().map { x[n].shape[$0] == 1 ? 0 : $1 }]
    }
    return shape.places.map { place in
      var sum = 0.0
      for k in 0..<x[0].shape[rank - 1] {
        let left = place.dropLast() + [k]
        var right = place
        right[rank - 2] = k
        if x.count == 4, entry(2, Array(left)) == 0 || entry(3, right) == 0 { continue }
        sum += entry(0, Array(left)) * entry(1, right)
      }
      return sum
    }
  }

  /// A graph of one random node, its seed and its draw.
  private static func draw(_ node: Node) -> Graph {
    var graph = Graph()
    let seed = graph.add(Node(kind: .parameter(0), shape: .scalar, type: .literal))
    let draw = graph.add(Node(kind: .parameter(1), shape: .scalar, type: .literal))
    guard case .apply(let primitive, _) = node.kind else { return graph }
    _ = graph.add(
      Node(kind: .apply(primitive, [seed, draw]), shape: node.shape, type: node.type))
    return graph
  }
}

extension Tensor {
  fileprivate subscript(place place: [Int]) -> Double {
    self[flat: shape.offset(of: place)]
  }
}
