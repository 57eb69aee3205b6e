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
      let node = nodes[index]
      if let override = overrides[Reference(index: index)] {
        values[index] = override
        continue
      }
      switch node.kind {
      case .parameter(let number): values[index] = parameters[number]
      case .apply(let primitive, let operands, let attributes):
        let x = operands.compactMap { values[$0.index] }
        let elements = try interpret(primitive.kernel, node, x, attributes)
        values[index] = Tensor(elements, shape: node.shape, type: node.type)
      }
    }
    return outputs.compactMap { values[$0.index] }
  }

  private func interpret(_ kernel: Kernel, _ node: Node, _ x: [Tensor], _ a: [Int]) throws(Refusal) -> [Double] {
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
    case .fill: return places.map { _ in Double(bitPattern: UInt64(bitPattern: Int64(a[0]))) }
    case .iota: return (0..<node.shape.count).map(Double.init)
    case .broadcast: return places.map { stretched(0, $0) }
    case .transpose:
      return places.map { place in
        var source = place
        for (i, axis) in a.enumerated() { source[axis] = place[i] }
        return x[0][place: source]
      }
    case .slice:
      let rank = node.shape.rank
      return places.map { place in x[0][place: place.indices.map { a[$0] + a[rank + $0] * place[$0] }] }
    case .embed:
      let rank = node.shape.rank
      var result = [Double](repeating: 0, count: node.shape.count)
      for place in x[0].shape.places {
        result[node.shape.offset(of: place.indices.map { a[$0] + a[rank + $0] * place[$0] })] = x[0][place: place]
      }
      return result
    case .window:
      let start = Int(x[1][flat: 0])
      return places.map { place in
        var place = place
        place[a[0]] = start + a[1] * place[a[0]]
        return x[0][place: place]
      }
    case .windowAdjoint:
      let start = Int(x[1][flat: 0])
      var result = [Double](repeating: 0, count: node.shape.count)
      for place in x[0].shape.places {
        var target = place
        target[a[0]] = start + a[1] * place[a[0]]
        result[node.shape.offset(of: target)] = x[0][place: place]
      }
      return result
    case .concat:
      return places.map { place in
        var place = place
        for part in x {
          if place[a[0]] < part.shape[a[0]] { return part[place: place] }
          place[a[0]] -= part.shape[a[0]]
        }
        preconditionFailure("the parts cover the whole")
      }
    case .reduce(let op):
      let row = ReductionFunction[op]
      return reduced(x[0], a, node.shape) { $0.reduce(row.start, row.scalar) }
    case .reduceLogic(let op):
      let row = LogicFunction[op]
      return reduced(x[0], a, node.shape) { $0.reduce(row.start) { row.scalar($0, $1 != 0) } ? 1 : 0 }
    case .argument(let largest):
      return reduced(x[0], a, node.shape) { (values: [Double]) -> Double in
        if let nan = values.firstIndex(where: \.isNaN) { return Double(nan) }
        return Double(values.firstIndex(of: (largest ? values.max() : values.min()) ?? 0) ?? 0)
      }
    case .scan(let op):
      let row = ReductionFunction[op]
      return places.map { place in
        (0...place[a[0]]).reduce(row.start) { total, i in
          var source = place
          source[a[0]] = i
          return row.scalar(total, x[0][place: source])
        }
      }
    case .take: return places.map { place in x[0][place: replacing(place, a[0], x[1].values[place[a[0]]], x[0].shape)] }
    case .takeAdjoint, .gatherAdjoint:
      var result = [Double](repeating: 0, count: node.shape.count)
      for place in x[0].shape.places {
        let index = if case .takeAdjoint = kernel { x[1].values[place[a[0]]] } else { x[1][place: place] }
        result[node.shape.offset(of: replacing(place, a[0], index, node.shape))] += x[0][place: place]
      }
      return result
    case .gather: return places.map { x[0][place: replacing($0, a[0], x[1][place: $0], x[0].shape)] }
    case .matrixProduct: return matrixProduct(x, node.shape)
    case .planned: preconditionFailure("the twin interprets graphs as they were before planning")
    case .uniform, .normal:
      // The generator is defined by its kernel; known answers test it.
      return try Plan(Graph.draw(node), outputs: [Reference(index: 2)]).run(x)[0].values
    case .host(let body): return try body(x.map { HostValue(values: $0.values, extents: $0.shape.extents) }, a)
    }
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
    guard case .apply(let primitive, _, _) = node.kind else { return graph }
    _ = graph.add(
      Node(kind: .apply(primitive, [seed, draw], attributes: []), shape: node.shape, type: node.type))
    return graph
  }
}

extension Tensor {
  fileprivate subscript(place place: [Int]) -> Double {
    self[flat: shape.offset(of: place)]
  }
}
