import Graphs
import Tensors

/// A loop's rounds, planned once: what none of them changes is computed before the first.
final class LoopPlan: Sendable {
  let loop: GraphLoop
  let before: Plan
  /// One round: first what takes the place of each carried value, then what is kept of it.
  let each: Plan
  /// What the parameters of a round are.
  let parameters: [InvariantSplit.Parameter]
  /// Where a round's plan has each carried value and each row; nil where a row isn't read.
  let places: [Int?]

  init(_ loop: GraphLoop) {
    self.loop = loop
    let body = loop.body
    let variables = 0..<body.rows.upperBound
    var split = InvariantSplit(body.graph, variables: Set(variables))
    for number in 0..<body.carriedCount {
      guard let parameter = body.parameters[number] else { preconditionFailure("a body has its parameters") }
      let node = body.graph[parameter]
      split.enter(parameter: number, shape: node.shape, type: node.type)
    }
    let outputs = split.outputs(body.next + body.outputs)
    before = Plan(simplified: body.graph, outputs: split.invariants, guarded: body.guarded)
    each = Plan(simplified: split.graph, outputs: outputs, guarded: split.images(of: body.guarded))
    parameters = split.parameters
    places = variables.map { split.place(of: $0) }
  }

  var fault: String? { before.fault ?? each.fault }

  /// Whether a step of a round must turn out finite.
  var isGuarded: Bool { before.isGuarded || each.isGuarded }

  /// Bytes of the buffers of a round, of copies of what is carried, and of a row of each.
  var byteCount: Int {
    let variables = places.indices.compactMap { loop.body.parameters[$0].map { loop.body.graph[$0].byteCount } }
    return variables.reduce(before.byteCount.addingClamped(each.byteCount)) { $0.addingClamped($1) }
  }

  /// One line a step, as they are run.
  var lines: [String] {
    let rounds = ["\(loop.count) \(loop.count == 1 ? "round" : "rounds"):"] + each.lines.map { "  " + $0 }
    return before.lines.isEmpty ? rounds : ["before:"] + before.lines.map { "  " + $0 } + rounds
  }
}
