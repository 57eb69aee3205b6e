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
    let shape = graph[operand].shape
    var inner: [Int] = []
    for axis in place.indices {
      let (steps, rest) = (place[axis] - cut.starts[axis]).quotientAndRemainder(dividingBy: cut.steps[axis])
      guard rest == 0, steps >= 0, steps < shape[axis] else { return nil }
      inner.append(steps)
    }
    return Source(reference: operand, place: inner)
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
