import CKernels
import Tensors

/// Where an entry of a node comes from: for each operand, the places that it was made of.
public struct Provenance {
  /// One operand's entry.
  public struct Source: Hashable {
    public let reference: Graph.Reference
    public let place: [Int]

    public init(reference: Graph.Reference, place: [Int]) {
      self.reference = reference
      self.place = place
    }
  }

  private let graph: Graph
  private let value: (Graph.Reference) -> Tensor?

  /// `value` gives the values of indices, where an operation picks by them.
  public init(_ graph: Graph, value: @escaping (Graph.Reference) -> Tensor?) {
    self.graph = graph
    self.value = value
  }

  /// The terms of an entry; each term lists the factors that make it, in operand order.
  ///
  /// Elementwise operations have one term with all operands; sums and products of matrices have many. Operations that
  /// mix everything (host kernels) have none.
  public func terms(of reference: Graph.Reference, at place: [Int]) -> [[Source]] {
    guard case .apply(let primitive, let operands) = graph[reference].kind else { return [] }
    let shape = graph[reference].shape
    func source(_ operand: Int, _ place: [Int]) -> Source { Source(reference: operands[operand], place: place) }
    switch primitive.kernel {
    case .map, .test, .not, .convert: return [[source(0, place)]]
    case .zip, .compare, .logic, .select, .keep, .broadcast:
      return [operands.indices.map { source($0, stretched(operands[$0], place)) }]
    case .reshape:
      let read = primitive === Primitive.restated ? 1 : 0
      return [[source(read, graph[operands[read]].shape.place(of: shape.offset(of: place)))]]
    case .transpose(let permutation):
      var inner = place
      for (i, axis) in permutation.enumerated() { inner[axis] = place[i] }
      return [[source(0, inner)]]
    case .slice(let cut): return [[source(0, place.indices.map { cut.starts[$0] + cut.steps[$0] * place[$0] })]]
    case .embed(let cut): return embedded(operands[0], place, cut).map { [[$0]] } ?? []
    case .window(let window):
      let axis = window.axis
      var inner = place
      inner[axis] = Int(value(operands[1])?[flat: 0] ?? 0) + window.step * place[axis]
      return [[source(0, inner)]]
    case .windowAdjoint(let window):
      let axis = window.axis
      let (index, rest) = (place[axis] - Int(value(operands[1])?[flat: 0] ?? 0)).quotientAndRemainder(
        dividingBy: window.step)
      guard rest == 0, index >= 0, index < graph[operands[0]].shape[axis] else { return [] }
      var inner = place
      inner[axis] = index
      return [[source(0, inner)]]
    case .concat(let axis):
      var inner = place
      for (i, operand) in operands.enumerated() {
        let extent = graph[operand].shape[axis]
        if inner[axis] < extent { return [[source(i, inner)]] }
        inner[axis] -= extent
      }
      return []
    case .reduce(_, let axes), .reduceLogic(_, let axes): return reduced(operands[0], place, axes: axes)
    case .argument: return []
    case .scan(_, let axis):
      return (0...place[axis]).map { position in
        var inner = place
        inner[axis] = position
        return [source(0, inner)]
      }
    case .take(let axis), .gather(let axis):
      return picked(operands, place, axis: axis, isTake: primitive.kernel.traits.contains(.takes))
    case .takeAdjoint(let axis), .gatherAdjoint(let axis):
      return landed(operands, place, axis: axis, isTake: primitive.kernel.traits.contains(.takes))
    case .matrixProduct: return product(operands, place)
    case .planned, .loop, .fill, .iota, .uniform, .normal, .host: return []
    }
  }

  private func stretched(_ operand: Graph.Reference, _ place: [Int]) -> [Int] {
    let shape = graph[operand].shape
    return zip(shape.extents, place.suffix(shape.rank)).map { $0 == 1 ? 0 : $1 }
  }

  private func embedded(_ operand: Graph.Reference, _ place: [Int], _ cut: Cut) -> Source? {
    Source.unplaced(place, cut, in: graph[operand].shape).map { Source(reference: operand, place: $0) }
  }

  private func reduced(_ operand: Graph.Reference, _ place: [Int], axes: [Int]) -> [[Source]] {
    let shape = graph[operand].shape
    let inside = Shape(axes.map { shape[$0] })
    return (0..<inside.count).map { flat in
      var (inner, rest) = (inside.place(of: flat)[...], place[...])
      let whole = (0..<shape.rank).map { (axes.contains($0) ? inner.popFirst() : rest.popFirst()) ?? 0 }
      return [Source(reference: operand, place: whole)]
    }
  }

  private func picked(_ operands: [Graph.Reference], _ place: [Int], axis: Int, isTake: Bool) -> [[Source]] {
    let shape = graph[operands[0]].shape
    guard let indices = value(operands[1]) else { return [] }
    let flat = isTake ? place[axis] : indices.shape.offset(of: place)
    guard let index = Int(whole: indices[flat: flat]) else { return [] }
    var inner = place
    inner[axis] = index < 0 ? index + shape[axis] : index
    return [[Source(reference: operands[0], place: inner)]]
  }

  private func landed(_ operands: [Graph.Reference], _ place: [Int], axis: Int, isTake: Bool) -> [[Source]] {
    let shape = graph[operands[0]].shape
    guard let indices = value(operands[1]) else { return [] }
    return (0..<shape[axis]).compactMap { position in
      var inner = place
      inner[axis] = position
      let flat = isTake ? position : indices.shape.offset(of: inner)
      return Int(indices[flat: flat]) == place[axis] ? [Source(reference: operands[0], place: inner)] : nil
    }
  }

  private func product(_ operands: [Graph.Reference], _ place: [Int]) -> [[Source]] {
    let rank = place.count
    let inner = graph[operands[0]].shape[rank - 1]
    return (0..<inner).map { k in
      var (left, right) = (place, place)
      left[rank - 1] = k
      right[rank - 2] = k
      return [
        Source(reference: operands[0], place: stretched(operands[0], left)),
        Source(reference: operands[1], place: stretched(operands[1], right)),
      ]
    }
  }
}

extension Provenance {
  /// The places of a reader's result that an entry of one of its operands has a say in; nil where nobody can tell, or
  /// where they are more than `limit`.
  public func places(
    of reader: Graph.Reference, reading place: [Int], operand: Int, limit: Int = 1 << 16
  ) -> [[Int]]? {
    guard case .apply(let primitive, let operands) = graph[reader].kind else { return nil }
    let (shape, inner) = (graph[reader].shape, graph[operands[operand]].shape)
    func shifted(_ window: Window, _ sign: Int) -> [[Int]] {
      let start = Int(value(operands[1])?[flat: 0] ?? 0)
      var outer = place
      if sign > 0 {
        outer[window.axis] = start + window.step * place[window.axis]
      } else {
        let (index, rest) = (place[window.axis] - start).quotientAndRemainder(dividingBy: window.step)
        guard rest == 0 else { return [] }
        outer[window.axis] = index
      }
      return shape.contains(outer) ? [outer] : []
    }
    switch primitive.kernel {
    case .map, .test, .not, .convert: return [place]
    case .zip, .compare, .logic, .select, .keep, .broadcast: return stretches(of: place, inner, in: shape, limit)
    case .reshape:
      if inner.count == shape.count { return [shape.place(of: inner.offset(of: place))] }
      return inner.broadcast(with: shape) == shape ? stretches(of: place, inner, in: shape, limit) : nil
    case .transpose(let permutation): return [permutation.map { place[$0] }]
    case .slice(let cut): return Source.unplaced(place, cut, in: shape).map { [$0] } ?? []
    case .embed(let cut): return [place.indices.map { cut.starts[$0] + cut.steps[$0] * place[$0] }]
    case .window(let window): return operand == 0 ? shifted(window, -1) : nil
    case .windowAdjoint(let window): return operand == 0 ? shifted(window, 1) : nil
    case .concat(let axis):
      var outer = place
      for earlier in operands[..<operand] { outer[axis] += graph[earlier].shape[axis] }
      return [outer]
    case .reduce(_, let axes), .reduceLogic(_, let axes):
      return [place.indices.filter { !axes.contains($0) }.map { place[$0] }]
    case .argument(_, let axis): return [place.indices.filter { $0 != axis }.map { place[$0] }]
    case .scan(_, let axis):
      return (place[axis]..<shape[axis]).map { position in
        var outer = place
        outer[axis] = position
        return outer
      }
    case .take(let axis):
      guard operand == 0, let indices = value(operands[1]) else { return nil }
      return (0..<shape[axis]).filter { Int(indices[flat: $0]) == place[axis] }.map { position in
        var outer = place
        outer[axis] = position
        return outer
      }
    case .gather(let axis):
      guard operand == 0, let indices = value(operands[1]) else { return nil }
      return (0..<shape[axis]).compactMap { position in
        var outer = place
        outer[axis] = position
        guard shape.contains(outer) else { return nil }
        return Int(indices[flat: indices.shape.offset(of: outer)]) == place[axis] ? outer : nil
      }
    case .takeAdjoint(let axis), .gatherAdjoint(let axis):
      guard operand == 0, let indices = value(operands[1]) else { return nil }
      var outer = place
      let flat = primitive.kernel.traits.contains(.takes) ? place[axis] : indices.shape.offset(of: place)
      outer[axis] = Int(indices[flat: flat])
      return [outer]
    case .matrixProduct:
      guard operand < 2 else { return nil }
      let rank = shape.rank
      var open = place
      open[rank - 1 - (operand == 0 ? 0 : 1)] = 0
      var single = inner
      single[rank - 1 - (operand == 0 ? 0 : 1)] = 1
      return stretches(of: open, single, in: shape, limit)
    case .planned, .loop, .fill, .iota, .uniform, .normal, .host: return nil
    }
  }

  /// The places that an entry of a shape is stretched to.
  private func stretches(of place: [Int], _ inner: Shape, in shape: Shape, _ limit: Int) -> [[Int]]? {
    let lead = shape.rank - inner.rank
    var free = shape
    for axis in place.indices where inner[axis] != 1 || shape[lead + axis] == 1 { free[lead + axis] = 1 }
    guard free.count <= limit else { return nil }
    return (0..<free.count).map { flat in
      var outer = free.place(of: flat)
      for axis in place.indices where free[lead + axis] == 1 { outer[lead + axis] = place[axis] }
      return outer
    }
  }
}

extension Provenance.Source {
  /// Where a cut puts an entry of what it is cut from; nil where it leaves it out.
  fileprivate static func unplaced(_ place: [Int], _ cut: Cut, in shape: Shape) -> [Int]? {
    var inner: [Int] = []
    for axis in place.indices {
      let (steps, rest) = (place[axis] - cut.starts[axis]).quotientAndRemainder(dividingBy: cut.steps[axis])
      guard rest == 0, steps >= 0, steps < shape[axis] else { return nil }
      inner.append(steps)
    }
    return inner
  }
}

extension Shape {
  fileprivate func contains(_ place: [Int]) -> Bool {
    place.count == rank && place.indices.allSatisfy { place[$0] >= 0 && place[$0] < self[$0] }
  }
}
