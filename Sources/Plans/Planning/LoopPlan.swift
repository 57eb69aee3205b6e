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
  /// Whether it pays to look if masks keep few entries: products go by lists of them then.
  let mayKeepEntries: Bool

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
    mayKeepEntries = loop.mayKeepEntries
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
    let lists = mayKeepEntries ? ", with products by lists where a mask keeps few entries" : ""
    let rounds = ["\(loop.count) \(loop.count == 1 ? "round" : "rounds")\(lists):"] + each.lines.map { "  " + $0 }
    return before.lines.isEmpty ? rounds : ["before:"] + before.lines.map { "  " + $0 } + rounds
  }
}

extension GraphLoop {
  /// Whether what is left of its rounds is carried values and numbers, and their products, behind masks that stay, are long
  /// work.
  fileprivate var mayKeepEntries: Bool {
    let areFew = kept.allSatisfy { result in
      switch result {
      case .last: true
      case .outputs(let number): body.graph[body.outputs[number]].shape.count == 1
      case .states: false
      }
    }
    guard body.condition == nil, areFew else { return false }
    let products = body.graph.nodes.reduce(0.0) { work, node in
      guard case .apply(let primitive, let x) = node.kind, case .matrixProduct = primitive.kernel else { return work }
      return work + Double(node.shape.count) * Double(body.graph[x[0]].shape.extents.last ?? 1)
    }
    guard products * Double(count) >= Self.longWork else { return false }
    return body.graph.nodes.contains { node in
      guard case .apply(let primitive, let x) = node.kind, case .keep = primitive.kernel,
        case .parameter(let number) = body.graph[x[0]].kind
      else { return false }
      return body.invariants.contains(number) && body.graph[x[0]].shape.rank == 2
    }
  }

  /// Multiplications beside which planning the rounds once more is short.
  private static let longWork = 1e8
}
