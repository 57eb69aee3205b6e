import Graphs
import Refusals
import Tensors

/// One node's elements, computed place by place from its operands.
struct Interpretation {
  let node: Graph.Node
  let x: [Tensor]

  func elements(of kernel: Kernel) throws(Refusal) -> [Double] {
    switch kernel {
    case .map(let op): return x[0].values.map(ElementFunction[op].scalar)
    case .zip(let op): return paired(BinaryFunction[op].scalar)
    case .compare(let op):
      let scalar = ComparisonFunction[op].scalar
      return paired { scalar($0, $1) ? 1 : 0 }
    case .test(let op):
      let scalar = ClassificationFunction[op].scalar
      return x[0].values.map { scalar($0) ? 1 : 0 }
    case .logic(let op):
      let scalar = LogicFunction[op].scalar
      return paired { scalar($0 != 0, $1 != 0) ? 1 : 0 }
    case .not: return x[0].values.map { 1 - $0 }
    case .select: return each { stretched(0, $0) != 0 ? stretched(1, $0) : stretched(2, $0) }
    case .keep: return paired { $0 != 0 ? $1 : $1.isFinite ? $1 * 0 : 0 }
    case .convert, .reshape: return x[0].values
    case .fill(let constant): return each { _ in constant.value }
    case .iota: return (0..<node.shape.count).map(Double.init)
    case .broadcast: return each { stretched(0, $0) }
    case .transpose(let permutation): return moved { Self.permuted($0, by: permutation) }
    case .slice(let cut): return moved { cut.place(of: $0) }
    case .embed(let cut): return placed { cut.place(of: $0) }
    case .window(let window):
      let start = try start(of: window, part: node.shape, whole: x[0].shape)
      return moved { window.place(of: $0, from: start) }
    case .windowAdjoint(let window):
      let start = try start(of: window, part: x[0].shape, whole: node.shape)
      return placed { window.place(of: $0, from: start) }
    case .concat(let axis): return each { joined($0, axis) }
    case .reduce(let op, let axes):
      let row = ReductionFunction[op]
      return folded(over: axes) { $0.reduce(row.start, row.scalar) }
    case .reduceLogic(let op, let axes):
      let row = LogicFunction[op]
      return folded(over: axes) { $0.reduce(row.start) { row.scalar($0, $1 != 0) } ? 1 : 0 }
    case .argument(let largest, let axis):
      return folded(over: [axis]) { Self.argument(of: $0, largest: largest) }
    case .scan(let op, let axis): return scanned(ReductionFunction[op], axis)
    case .take(let axis):
      try checkIndices(below: x[0].shape[axis], axis)
      return moved { replacing($0, axis, x[1].values[$0[axis]], x[0].shape) }
    case .gather(let axis):
      try checkIndices(below: x[0].shape[axis], axis)
      return moved { replacing($0, axis, x[1][place: $0], x[0].shape) }
    case .takeAdjoint(let axis):
      try checkIndices(below: node.shape[axis], axis)
      return summed { replacing($0, axis, x[1].values[$0[axis]], node.shape) }
    case .gatherAdjoint(let axis):
      try checkIndices(below: node.shape[axis], axis)
      return summed { replacing($0, axis, x[1][place: $0], node.shape) }
    case .matrixProduct: return matrixProduct
    case .loop(let loop): return try loop.interpreted(x)
    case .planned: preconditionFailure("the twin interprets graphs as they were before planning")
    case .uniform, .normal: return try drawn()
    case .host(let body, let attribute):
      return try body(x.map { HostValue(values: $0.values, extents: $0.shape.extents, type: $0.type) }, attribute)
    }
  }

  // MARK: Ways from operands to a result

  private func each(_ body: ([Int]) -> Double) -> [Double] { node.shape.places.map(body) }

  /// Two operands, stretched.
  private func paired(_ body: (Double, Double) -> Double) -> [Double] {
    each { body(stretched(0, $0), stretched(1, $0)) }
  }

  /// Each place takes an element of the first operand.
  private func moved(_ source: ([Int]) -> [Int]) -> [Double] { each { x[0][place: source($0)] } }

  /// Each element of the first operand goes to a place of its own; 0 elsewhere.
  private func placed(_ target: ([Int]) -> [Int]) -> [Double] {
    var result = [Double](repeating: 0, count: node.shape.count)
    for place in x[0].shape.places {
      result[node.shape.offset(of: target(place))] = x[0][place: place]
    }
    return result
  }

  /// Each element of the first operand is added to a place.
  private func summed(_ target: ([Int]) -> [Int]) -> [Double] {
    var result = [Double](repeating: 0, count: node.shape.count)
    for place in x[0].shape.places {
      result[node.shape.offset(of: target(place))] += x[0][place: place]
    }
    return result
  }

  private func folded(over axes: [Int], _ fold: ([Double]) -> Double) -> [Double] {
    var groups = [[Double]](repeating: [], count: node.shape.count)
    for place in x[0].shape.places {
      let kept = place.indices.filter { !axes.contains($0) }.map { place[$0] }
      groups[node.shape.offset(of: kept)].append(x[0][place: place])
    }
    return groups.map(fold)
  }

  /// Operand `n` at a place of the result, stretched.
  private func stretched(_ n: Int, _ place: [Int]) -> Double {
    let lead = node.shape.rank - x[n].shape.rank
    return x[n][place: place[lead...].enumerated().map { x[n].shape[$0] == 1 ? 0 : $1 }]
  }

  // MARK: What takes more than a line

  private func checkIndices(below extent: Int, _ axis: Int) throws(Refusal) {
    for value in x[1].values { _ = try Execution.index(value, below: extent, axis) }
  }

  private func start(of window: Window, part: Shape, whole: Shape) throws(Refusal) -> Int {
    let axis = window.axis
    return try Execution.start(
      x[1][flat: 0], of: part[axis], by: window.step, in: whole[axis], axis)
  }

  private static func permuted(_ place: [Int], by permutation: [Int]) -> [Int] {
    var source = place
    for (i, axis) in permutation.enumerated() { source[axis] = place[i] }
    return source
  }

  private func joined(_ place: [Int], _ axis: Int) -> Double {
    var place = place
    for part in x {
      if place[axis] < part.shape[axis] { return part[place: place] }
      place[axis] -= part.shape[axis]
    }
    preconditionFailure("the parts cover the whole")
  }

  private static func argument(of values: [Double], largest: Bool) -> Double {
    if let nan = values.firstIndex(where: \.isNaN) { return Double(nan) }
    return Double(values.firstIndex(of: (largest ? values.max() : values.min()) ?? 0) ?? 0)
  }

  private func scanned(_ row: ReductionFunction, _ axis: Int) -> [Double] {
    each { place in
      (0...place[axis]).reduce(row.start) { total, i in
        var source = place
        source[axis] = i
        return row.scalar(total, x[0][place: source])
      }
    }
  }

  private func replacing(_ place: [Int], _ axis: Int, _ index: Double, _ shape: Shape) -> [Int] {
    var place = place
    let index = Int(index)
    place[axis] = index < 0 ? index + shape[axis] : index
    return place
  }

  private var matrixProduct: [Double] {
    let rank = node.shape.rank
    func entry(_ n: Int, _ place: [Int]) -> Double {
      if x[n].shape.rank == 0 { return x[n][flat: 0] }
      return x[n][place: place.enumerated().map { x[n].shape[$0] == 1 ? 0 : $1 }]
    }
    return each { place in
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

  /// The generator is defined by its kernel; known answers test it.
  private func drawn() throws(Refusal) -> [Double] {
    try Plan(Self.draw(node), outputs: [Graph.Reference(index: 2)]).run(x)[0].values
  }

  /// A graph of one random node, its seed and its draw.
  private static func draw(_ node: Graph.Node) -> Graph {
    var graph = Graph()
    let seed = graph.add(Graph.Node(kind: .parameter(0), shape: .scalar, type: .literal))
    let draw = graph.add(Graph.Node(kind: .parameter(1), shape: .scalar, type: .literal))
    guard case .apply(let primitive, _) = node.kind else { return graph }
    _ = graph.add(
      Graph.Node(kind: .apply(primitive, [seed, draw]), shape: node.shape, type: node.type))
    return graph
  }
}

extension Cut {
  /// Where a place of what was cut lies in the whole.
  fileprivate func place(of place: [Int]) -> [Int] {
    place.indices.map { starts[$0] + steps[$0] * place[$0] }
  }
}

extension Window {
  /// Where a place of the window lies in the whole.
  fileprivate func place(of place: [Int], from start: Int) -> [Int] {
    var whole = place
    whole[axis] = start + step * place[axis]
    return whole
  }
}

extension Tensor {
  fileprivate subscript(place place: [Int]) -> Double {
    self[flat: shape.offset(of: place)]
  }
}
