import CKernels
import Graphs
import Tensors

/// One reader's share of an adjoint's entry.
struct Share {
  /// What an entry of the reader's result adds: its adjoint times how much the operand counts in it.
  struct Term {
    let place: [Int]
    let adjoint: Double
    let adjointCause: Cause
    let slope: Double
    let slopeCause: Cause
    /// The other operand, where the slope is an entry of it.
    let factor: Provenance.Source?

    /// A strong zero decides a product.
    var value: Double {
      if adjointCause <= .gated || slopeCause <= .gated { return 0 }
      return adjoint * slope
    }
  }

  let reader: Graph.Reference
  let operand: Int
  let node: Graph.Reference
  let value: Double
  let cause: Cause
  /// Nil where all entries of the reader's adjoint have a say, in ways that aren't told apart.
  let terms: [Term]?
  /// The entry of the operand that is asked about.
  let place: [Int]
  /// What a call was differentiated by as a whole; nil where the reader's own rule gave the slopes.
  var derivedBy: Graph.Reference?
}

extension Evidence {
  /// What each reader of a node adds to the adjoint of one of its entries.
  func shares(of node: Graph.Reference, _ place: [Int], in pass: ReversePass) -> [Share] {
    let parts = pass.parts[node] ?? []
    // Of many all slopes at once: each by itself would be a run of its own.
    if parts.count > 8 { evaluator.builder.settle(parts.compactMap { slope(of: $0.reader, by: $0.operand) }) }
    return parts.map { part in
      let value = entry(part.node, place)
      let terms = terms(of: part, place, in: pass)
      let isWhole = terms.map { Self.adds($0, to: value) } ?? false
      return Share(
        reader: part.reader, operand: part.operand, node: part.node, value: value, cause: cause(part.node, place),
        terms: isWhole ? terms : nil, place: place)
    }
  }

  /// Whether terms are all that a value is made of: what can't be shown to be is never told.
  ///
  /// - Parameter parts: numbers that the value itself is a sum of.
  static func adds(_ terms: [Share.Term], to value: Double, of parts: [Double] = []) -> Bool {
    let sum = terms.reduce(0) { $0 + $1.value }
    if sum.isNaN || value.isNaN { return sum.isNaN && value.isNaN }
    if sum.isInfinite || value.isInfinite { return sum == value }
    let size = parts.reduce(terms.reduce(abs(value)) { $0 + abs($1.value) }) { $0 + abs($1) }
    return abs(sum - value) <= 1e-4 * size + 1e-35
  }

  private func terms(of part: ReversePass.Part, _ place: [Int], in pass: ReversePass) -> [Share.Term]? {
    guard let adjoint = pass.adjoints[part.reader],
      let places = places(of: part.reader, reading: place, operand: part.operand)
    else { return nil }
    var terms: [Share.Term] = []
    for outer in places {
      guard let slope = slope(part, place, outer) else { return nil }
      terms.append(
        Share.Term(
          place: outer, adjoint: entry(adjoint, outer), adjointCause: cause(adjoint, outer), slope: slope.value,
          slopeCause: slope.cause, factor: slope.factor))
    }
    return terms
  }

  /// How much an entry of an operand counts in an entry of the result.
  private func slope(
    _ part: ReversePass.Part, _ place: [Int], _ outer: [Int]
  ) -> (value: Double, cause: Cause, factor: Provenance.Source?)? {
    guard case .apply(let primitive, _) = graph[part.reader].kind else { return nil }
    if part.isOpen { return (1, .live, nil) }
    switch primitive.kernel {
    case .convert, .broadcast, .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .take, .takeAdjoint,
      .gather, .gatherAdjoint, .reduce(.sum, _), .scan(.sum, _):
      return (1, .live, nil)
    case .reshape where primitive === Primitive.reshape: return (1, .live, nil)
    case .map, .zip, .select, .keep, .reshape:
      guard let slope = slope(of: part.reader, by: part.operand), slope.shape.stretches(to: graph[part.reader].shape)
      else { return nil }
      let inner = stretched(slope.reference, outer)
      let factor = factor(of: part, primitive, outer)
      return (entry(slope.reference, inner), cause(slope.reference, inner), factor)
    case .reduce:
      guard let slope = slope(of: part.reader, by: part.operand),
        slope.shape == graph[graph.operands(of: part.reader)[part.operand]].shape
      else { return nil }
      return (entry(slope.reference, place), cause(slope.reference, place), nil)
    case .matrixProduct:
      let other = 1 - part.operand
      let (rank, shape) = (outer.count, graph[graph.operands(of: part.reader)[other]].shape)
      var inner = outer
      inner[rank - 1 - other] = place[rank - 1 - part.operand]
      for axis in inner.indices where shape[axis] == 1 { inner[axis] = 0 }
      let factor = Provenance.Source(reference: graph.operands(of: part.reader)[other], place: inner)
      return (entry(factor), cause(factor), factor)
    case .compare, .test, .logic, .not, .fill, .iota, .reduceLogic, .argument, .scan, .planned, .loop, .uniform,
      .normal,
      .host:
      return nil
    }
  }

  /// In a product, the other operand's entry.
  private func factor(of part: ReversePass.Part, _ primitive: Primitive, _ outer: [Int]) -> Provenance.Source? {
    guard primitive === Primitive.multiply else { return nil }
    let other = graph.operands(of: part.reader)[1 - part.operand]
    return Provenance.Source(reference: other, place: stretched(other, outer))
  }

  func stretched(_ reference: Graph.Reference, _ place: [Int]) -> [Int] {
    let shape = graph[reference].shape
    return zip(shape.extents, place.suffix(shape.rank)).map { $0 == 1 ? 0 : $1 }
  }
}

extension Shape {
  fileprivate func stretches(to other: Shape) -> Bool { rank <= other.rank && broadcast(with: other) == other }
}
