import CKernels
import Tensors

/// How the values between a decomposition and the adjoint of its result follow the basis that was chosen.
///
/// Eigenvectors of equal eigenvalues are one basis of many. A value is invariant if it is the same for each of them, as
/// `v @ diag(f(w)) @ v.T` is where the two bases meet; else it has axes that count basis vectors. Invariant values are
/// smooth functions of the matrix, so that the limits of a rule are taken with them held still.
struct Frame {
  private enum Kind: Equatable {
    case apart
    case invariant
    case along(Set<Int>)
    case unknown
  }

  let source: Symbol
  let result: Symbol
  /// For each node up to the result, whether the basis moves it.
  private var moves: [Bool]
  private(set) var invariant: Set<Graph.Reference> = []
  /// Whether all values between could be told.
  private(set) var isComplete = true

  /// `parts` of the source, each with the axes that count basis vectors.
  init(from source: Symbol, to result: Symbol, parts: [(Symbol, Set<Int>)]) {
    (self.source, self.result) = (source, result)
    let known = Dictionary(parts.map { ($0.0.reference, $0.1) }) { first, _ in first }
    let graph = source.builder.graph
    var kinds = [Kind](repeating: .apart, count: result.reference.index + 1)
    moves = [Bool](repeating: false, count: result.reference.index + 1)
    guard source.reference < result.reference else { return }
    kinds[source.reference.index] = .unknown
    moves[source.reference.index] = true
    let needed = graph.needed(for: [result.reference])
    for index in source.reference.index + 1..<kinds.count where needed[index] {
      let reference = Graph.Reference(index: index)
      guard case .apply(let primitive, let operands) = graph[reference].kind,
        operands.contains(where: { $0.index < kinds.count && kinds[$0.index] != .apart })
      else { continue }
      let own = operands.map { kinds[$0.index] }
      let kind: Kind
      if let axes = known[reference] {
        kind = .along(axes)
      } else if own.allSatisfy({ $0 == .apart || $0 == .invariant }) {
        kind = .invariant
      } else {
        kind = Self.kind(graph, primitive, reference, operands, own)
      }
      kinds[index] = kind
      moves[index] = kind != .invariant
      if kind == .invariant { invariant.insert(reference) }
      if kind == .unknown, !Self.onlyPacks(primitive) { isComplete = false }
    }
  }

  private static func onlyPacks(_ primitive: Primitive) -> Bool {
    switch primitive.kernel {
    case .reshape, .embed, .slice, .concat, .convert, .zip(.add): true
    default: false
    }
  }

  private static func kind(
    _ graph: Graph, _ primitive: Primitive, _ reference: Graph.Reference, _ x: [Graph.Reference], _ own: [Kind]
  ) -> Kind {
    let shape = graph[reference].shape
    func axes(_ set: Set<Int>) -> Kind { set.isEmpty ? .invariant : .along(set) }
    func set(_ position: Int) -> Set<Int> { if case .along(let set) = own[position] { set } else { [] } }
    // Strong zeros cut out of a product change no finite one.
    if primitive === Primitive.strongKeep { return own[1] }
    switch primitive.kernel {
    case .reshape:
      if own[0] != .unknown, let moved = moved(set(0), graph[x[0]].shape, shape) { return axes(moved) }
      return diagonal(graph, x[0], to: shape)
    case .slice(let cut):
      if own[0] == .unknown { return alongDiagonal(graph, x[0], cut) }
      return own[0]
    default: break
    }
    // The masks of a product say where, not what.
    let relevant = if case .matrixProduct = primitive.kernel { own.prefix(2) } else { own[...] }
    if relevant.contains(.unknown) { return .unknown }
    switch primitive.kernel {
    case .map, .test, .not, .convert, .embed, .scan, .take, .gather, .takeAdjoint, .gatherAdjoint: return own[0]
    case .zip, .compare, .logic, .select, .keep: return stretched(graph, x, own, in: shape)
    case .broadcast: return axes(Set(set(0).map { $0 + shape.rank - graph[x[0]].shape.rank }))
    case .transpose(let permutation):
      return axes(Set(permutation.indices.filter { set(0).contains(permutation[$0]) }))
    case .concat: return axes(x.indices.reduce(Set<Int>()) { $0.union(set($1)) })
    case .reduce(_, let gone), .reduceLogic(_, let gone):
      let kept = (0..<graph[x[0]].shape.rank).filter { !gone.contains($0) }
      return axes(Set(kept.indices.filter { set(0).contains(kept[$0]) }))
    case .matrixProduct:
      let last = shape.rank - 1
      guard set(0).contains(last) == set(1).contains(last - 1) else { return .unknown }
      var result = set(0).subtracting([last]).union(set(1).subtracting([last - 1]))
      for axis in result where axis < last - 1 {
        let isShared = [0, 1].allSatisfy { set($0).contains(axis) || graph[x[$0]].shape[axis] == 1 }
        if !isShared { return .unknown }
      }
      if shape.extents.contains(0) { result = [] }
      return axes(result)
    case .reshape, .slice, .fill, .iota, .window, .windowAdjoint, .argument, .planned, .loop, .uniform, .normal, .host:
      return .unknown
    }
  }

  /// Operands of one shape: what one of them has along an axis of basis vectors, the others have, too, or are the same
  /// all along it.
  private static func stretched(
    _ graph: Graph, _ x: [Graph.Reference], _ own: [Kind], in shape: Shape
  ) -> Kind {
    var sets: [Set<Int>] = []
    for (operand, kind) in zip(x, own) {
      let shift = shape.rank - graph[operand].shape.rank
      if case .along(let set) = kind { sets.append(Set(set.map { $0 + shift })) } else { sets.append([]) }
    }
    var all = sets.reduce(Set<Int>()) { $0.union($1) }
    for (operand, set) in zip(x, sets) {
      let own = graph[operand].shape
      let shift = shape.rank - own.rank
      for axis in all.subtracting(set) where axis >= shift && own[axis - shift] > 1 {
        if isUniform(graph, operand) { continue }
        guard isIdentity(graph, operand), shape.rank >= 2 else { return .unknown }
        all.formUnion([shape.rank - 2, shape.rank - 1])
      }
    }
    return .along(all)
  }

  private static func isUniform(_ graph: Graph, _ reference: Graph.Reference) -> Bool {
    var source = reference
    while let kernel = graph.primitive(of: source)?.kernel {
      switch kernel {
      case .fill: return true
      case .broadcast: return graph[graph.operands(of: source)[0]].shape.count == 1
      case .convert, .reshape: source = graph.operands(of: source)[0]
      default: return false
      }
    }
    return false
  }

  /// Whether it is true, or 1, on the diagonal alone: columns are compared with rows.
  private static func isIdentity(_ graph: Graph, _ reference: Graph.Reference) -> Bool {
    guard let primitive = graph.primitive(of: reference) else { return false }
    let operands = graph.operands(of: reference)
    switch primitive.kernel {
    case .compare(.equal):
      guard case .zip(.subtract)? = graph.primitive(of: operands[0])?.kernel,
        case .fill(let constant)? = graph.primitive(of: operands[1])?.kernel, constant.value == 0
      else { return false }
      return graph.operands(of: operands[0]).allSatisfy { part in
        guard let source = graph.operands(of: part).first, case .iota? = graph.primitive(of: source)?.kernel else {
          return false
        }
        return true
      }
    case .convert, .keep: return operands.allSatisfy { isUniform(graph, $0) || isIdentity(graph, $0) }
    default: return false
    }
  }

  /// Axes under another shape of the same elements; nil where one of them isn't left whole.
  private static func moved(_ axes: Set<Int>, _ from: Shape, _ to: Shape) -> Set<Int>? {
    var result: Set<Int> = []
    for axis in axes {
      let before = from.extents[..<axis].reduce(1, *)
      let place = to.extents.indices.first { to[$0] == from[axis] && to.extents[..<$0].reduce(1, *) == before }
      guard let place else { return nil }
      result.insert(place)
    }
    return result
  }

  /// A vector laid along a diagonal, read as a matrix.
  private static func diagonal(_ graph: Graph, _ flat: Graph.Reference, to shape: Shape) -> Kind {
    guard case .embed(let cut)? = graph.primitive(of: flat)?.kernel, shape.rank >= 2 else { return .unknown }
    let n = shape[shape.rank - 1]
    guard shape[shape.rank - 2] == n, cut.steps.last == n + 1, cut.starts.last == 0 else { return .unknown }
    return .along([shape.rank - 2, shape.rank - 1])
  }

  /// A matrix in a row, of which the diagonal is taken.
  private static func alongDiagonal(_ graph: Graph, _ flat: Graph.Reference, _ cut: Cut) -> Kind {
    guard case .reshape? = graph.primitive(of: flat)?.kernel, let whole = graph.operands(of: flat).first,
      let n = graph[whole].shape.extents.last, cut.steps.last == n + 1, cut.starts.last == 0
    else { return .unknown }
    return .along([graph[flat].shape.rank - 1])
  }

  // MARK: What a rule asks

  /// How the result changes when the source does, in these directions; and how much by the source's own size, which
  /// its rounding is a part of.
  func changes(along directions: [Symbol]) -> (slopes: [Symbol], size: Symbol) {
    let builder = source.builder
    // Linear in its adjoint, so that any will do; but none that is special.
    let dummy = builder.separate(builder.generic(result.shape, type: result.type))
    let reverse = builder.gradient(of: result, withRespectTo: [source], seed: dummy, holding: invariant)[0]
    let slopes = directions.map { direction in
      let seed = direction.broadcast(to: source.shape)
      return builder.gradient(of: reverse, withRespectTo: [dummy], seed: seed)[0]
    }
    return (slopes, Operator.abs(reverse * source).summed(over: [source.rank - 1], keepsAxes: true))
  }

  /// The result as it would be for another value of the source.
  func result(for other: Symbol) -> Symbol {
    let (builder, graph) = (source.builder, source.builder.graph)
    guard source.reference < result.reference, moves[result.reference.index] else { return result }
    var replaced = [source.reference: other.reference]
    for index in source.reference.index + 1...result.reference.index where moves[index] {
      let node = graph.nodes[index]
      guard case .apply(let primitive, let operands) = node.kind else { continue }
      let x = operands.map { Symbol(builder, replaced[$0] ?? $0) }
      replaced[Graph.Reference(index: index)] = builder.add(primitive, x, shape: node.shape, type: node.type).reference
    }
    return Symbol(builder, replaced[result.reference] ?? result.reference)
  }
}

extension Builder {
  /// Numbers of which none is 0 or equal to another.
  public func generic(_ shape: Shape, type: ElementType) -> Symbol {
    let phase = iota(shape.count).converted(to: type) * 1.618033988749895 + 0.5
    return (Operator.sin(phase) + 1.5).reshaped(shape)
  }
}
