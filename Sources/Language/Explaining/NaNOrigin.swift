import CKernels
import Graphs
import Printing
import Syntax
import Tensors

/// Where the first NaN of a session came from: said once.
extension Session {
  mutating func noteNaN(
    after statement: Statement, in source: Source, since before: Moment, _ emit: (Output) -> Void
  ) {
    // A traced loop has no values to look at.
    guard !state.hasNotedNaN, tracer == nil, surroundings.format == .text else { return }
    let expression: Expression
    var changed: [String] = []
    switch statement.kind {
    case .expression(let shown):
      guard case .tensor(let held)? = answer else { return }
      // What is what it was has been looked at.
      if case .tensor(let old)? = before.state.answer, old.tensor.storage === held.tensor.storage { return }
      guard held.tensor.hasNaN else { return }
      expression = shown
    case .assign(let targets, let value):
      changed = targets.map(\.text)
      expression = value
    case .update(let place, _, let value):
      changed = [place.name.text]
      expression = value
    default: return
    }
    let isNew = changed.contains { name in
      guard case .tensor(let held, _)? = names[name]?.content else { return false }
      guard case .tensor(let old, _)? = before.state.names[name]?.content else { return held.tensor.hasNaN }
      return old.tensor.storage !== held.tensor.storage && held.tensor.hasNaN && !old.tensor.hasNaN
    }
    // A NaN that was written down is meant.
    guard changed.isEmpty || isNew, !source.slice(statement.range).contains("nan") else { return }
    state.hasNotedNaN = true
    guard let origin = NaNOrigin(back(at: before)).text(of: expression) else { return }
    let line =
      source.name == nil && isInteractive ? "" : " at line \(source.position(of: statement.range.lowerBound).line)"
    emit(.notice("note: NaN first appeared in \(origin)\(line)"))
  }
}

/// The first node of an expression's graph that makes NaN out of numbers.
private struct NaNOrigin {
  let session: Session

  init(_ session: Session) { self.session = session }

  /// Nil where the NaN was written down, or was there before.
  func text(of expression: Expression) -> String? {
    let evaluator = Evaluator(session, .trace)
    let leaves = evaluator.leaves(of: expression)
    guard
      let symbol = try? evaluator.withTargets(leaves, { () throws(Diagnostic) in try evaluator.tensor(expression) })
    else { return nil }
    let graph = evaluator.builder.graph
    let needed = graph.needed(for: [symbol.reference])
    let indices = graph.nodes.indices.filter { needed[$0] && graph.nodes[$0].type.isFloat }
    guard indices.reduce(0, { $0 + graph.nodes[$1].shape.count }) < 1 << 24 else { return nil }
    let symbols = indices.map { evaluator.builder.symbol(Graph.Reference(index: $0)) }
    guard let values = try? evaluator.builder.values(of: symbols) else { return nil }
    var bad: Set<Int> = []
    for (index, value) in zip(indices, values) where value.hasNaN { bad.insert(index) }
    for index in indices where bad.contains(index) {
      let reference = Graph.Reference(index: index)
      guard graph.primitive(of: reference) != nil else { return nil }
      let operands = graph.operands(of: reference)
      guard operands.allSatisfy({ !bad.contains($0.index) }) else { continue }
      if operands.isEmpty { return nil }
      return text(of: index, evaluator, needed)
    }
    return nil
  }

  /// The expression that the node stands for, or the next one that is made from it.
  private func text(of index: Int, _ evaluator: Evaluator, _ needed: [Bool]) -> String? {
    for next in index..<evaluator.builder.graph.nodes.count where needed[next] {
      if let text = evaluator.origins.text(of: Graph.Reference(index: next)) { return text }
    }
    return nil
  }
}

extension Tensor {
  /// Whether any element is no number: one is the greatest of them then.
  fileprivate var hasNaN: Bool {
    if isKnownFinite { return false }
    switch type {
    case .bool: return false
    case .float32:
      let elements = unsafe storage.bytes.assumingMemoryBound(to: Float.self)
      var greatest: Float = 0
      if unsafe gk_all_finite_f32(elements, count) == 0 {
        unsafe gk_reduce_f32(.max, elements, 1, count, 1, &greatest)
      }
      return greatest.isNaN
    case .literal, .float64:
      let elements = unsafe storage.bytes.assumingMemoryBound(to: Double.self)
      var greatest = 0.0
      if unsafe gk_all_finite_f64(elements, count) == 0 {
        unsafe gk_reduce_f64(.max, elements, 1, count, 1, &greatest)
      }
      return greatest.isNaN
    }
  }
}
