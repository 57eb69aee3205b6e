import CKernels
import Tensors

extension Builder {
  /// The adjoints of `names` with respect to `result`: reverse mode, written as more graph.
  ///
  /// - Parameters:
  ///   - seed: the adjoint of the result itself; 1 without it, so the result is a number then.
  ///   - isDense: a mask that is multiplied straight onto a name is left out, so that removed entries get the
  ///     adjoint they would have had.
  ///   - held: nodes that count as constants.
  public func gradient(
    of result: Symbol, withRespectTo names: [Symbol], seed: Symbol? = nil, isDense: Bool = false,
    holding held: Set<Graph.Reference> = []
  ) -> [Symbol] {
    gradient(
      of: [(result, seed ?? ones(result.shape, type: result.type))], withRespectTo: names, isDense: isDense,
      holding: held, isSeeded: seed != nil)
  }

  /// The same for several results together, each with its adjoint.
  ///
  /// - Parameter isSeeded: the adjoints are not those that a result has by itself.
  func gradient(
    of results: [(value: Symbol, adjoint: Symbol)], withRespectTo names: [Symbol], isDense: Bool = false,
    holding held: Set<Graph.Reference> = [], isSeeded: Bool = true
  ) -> [Symbol] {
    let targets = Set(names.map(\.reference))
    let last = results.map(\.value.reference).max() ?? Graph.Reference(index: 0)
    let path = dependents(of: targets, upTo: last, holding: held)
    if !hasStoppedGradients { hasStoppedGradients = stops(on: path, to: last) }
    let sole = isSeeded ? nil : results.first?.value.reference
    var pass = keepsPasses ? sole.map { ReversePass($0, start: graph.nodes.count) } : nil
    var adjoints: [Graph.Reference: Symbol] = [:]
    for (value, adjoint) in results {
      adjoints[value.reference] = adjoints[value.reference].map { $0 + adjoint } ?? adjoint
    }
    for index in path.indices.reversed() where path[index] {
      // Whoever runs the graph looks, too: what is left out here is never computed.
      if gk_is_interrupted() != 0 { break }
      let reference = Graph.Reference(index: index)
      guard let g = adjoints[reference],
        case .apply(let primitive, let operands) = graph[reference].kind,
        operands.contains(where: path.contains), let rule = primitive.gradient
      else { continue }
      let x = operands.map { Symbol(self, $0) }
      var contributions = rule(g, Symbol(self, reference), x, primitive.kernel)
      if isDense, case .keep = primitive.kernel, targets.contains(operands[1]) { contributions[1] = g }
      for (number, (operand, contribution)) in zip(x, contributions).enumerated() where path.contains(operand.reference)
      {
        guard let contribution, operand.type.isFloat else { continue }
        let part = contribution.summed(to: operand.shape).converted(to: operand.type)
        pass?.note(
          ReversePass.Part(
            reader: reference, operand: number, node: part.reference,
            isOpen: isDense && targets.contains(operand.reference)), of: operand.reference)
        adjoints[operand.reference] = adjoints[operand.reference].map { $0 + part } ?? part
      }
    }
    let answers = names.map { adjoints[$0.reference] ?? nothing(shape: $0.shape, type: $0.type) }
    if var pass {
      pass.close(adjoints, Dictionary(zip(names, answers).map { ($0.reference, $1.reference) }) { $1 })
      passes.append(pass)
    }
    return answers
  }

  /// Whether anything between a result and what it is differentiated by gives nothing back, or only to some entries.
  private func stops(on path: Path, to last: Graph.Reference) -> Bool {
    guard path.contains(last) else { return true }
    return path.indices.contains { index in
      guard path[index], case .apply(let primitive, _) = graph.nodes[index].kind else { return false }
      return primitive.gradient == nil || primitive.kernel.picks
    }
  }

  /// The nodes up to `last` that depend on one of `targets` (which count themselves).
  private func dependents(
    of targets: Set<Graph.Reference>, upTo last: Graph.Reference, holding held: Set<Graph.Reference>
  ) -> Path {
    var path = Path(from: targets.min() ?? last, through: last)
    for index in path.indices {
      let reference = Graph.Reference(index: index)
      path[index] =
        targets.contains(reference)
        || graph.operands(of: reference).contains(where: path.contains) && !held.contains(reference)
    }
    return path
  }
}

/// Some of the nodes from one to another; what is outside these two counts for nothing, however long a graph is.
private struct Path {
  let indices: Range<Int>
  private var flags: [Bool]

  /// None of them yet.
  init(from first: Graph.Reference, through last: Graph.Reference) {
    indices = min(first.index, last.index + 1)..<(last.index + 1)
    flags = [Bool](repeating: false, count: indices.count)
  }

  subscript(index: Int) -> Bool {
    get { flags[index - indices.lowerBound] }
    set { flags[index - indices.lowerBound] = newValue }
  }

  func contains(_ reference: Graph.Reference) -> Bool { indices.contains(reference.index) && self[reference.index] }
}

extension Kernel {
  /// Whether it takes some of the entries that it is given.
  fileprivate var picks: Bool {
    switch self {
    case .slice, .window, .take, .gather: true
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .embed, .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan, .takeAdjoint,
      .gatherAdjoint, .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      false
    }
  }
}
