import Tensors

/// What a loop does in each round, as a graph of its own.
///
/// Its parameters are, in this order: the carried values, a row of each tensor that is walked over, and what no round
/// changes.
public final class LoopBody: Sendable {
  public let graph: Graph
  public let carriedCount: Int
  public let rowCount: Int
  public let invariantCount: Int
  /// What takes the place of each carried value after a round.
  public let next: [Graph.Reference]
  /// What is kept of every round.
  public let outputs: [Graph.Reference]
  /// What is known of the carried values and of the outputs.
  public let carriedFacts: [LoopFacts]
  public let outputFacts: [LoopFacts]
  /// Nodes that must turn out finite; only a plan's laws ask for any.
  public let guarded: Set<Graph.Reference>
  /// What says before each round whether there is one, where that isn't a matter of counting; nil: it is.
  public let condition: Graph.Reference?
  /// Where the nodes of the graph that it was followed in have gone, for the names that they have there.
  public let places: [Graph.Reference: Graph.Reference]
  /// The parameters' nodes by their numbers; nil where one is missing.
  public let parameters: [Graph.Reference?]

  public init(
    graph: Graph, carried: Int, rows: Int, invariants: Int, next: [Graph.Reference], outputs: [Graph.Reference],
    carriedFacts: [LoopFacts] = [], outputFacts: [LoopFacts] = [], guarded: Set<Graph.Reference> = [],
    condition: Graph.Reference? = nil, places: [Graph.Reference: Graph.Reference] = [:]
  ) {
    (self.graph, carriedCount, rowCount, invariantCount) = (graph, carried, rows, invariants)
    (self.next, self.outputs, self.guarded) = (next, outputs, guarded)
    (self.condition, self.places) = (condition, places)
    self.carriedFacts = carriedFacts
    self.outputFacts = outputFacts
    var parameters = [Graph.Reference?](repeating: nil, count: carried + rows + invariants)
    for (index, node) in graph.nodes.enumerated() {
      guard case .parameter(let number) = node.kind, parameters.indices.contains(number) else { continue }
      parameters[number] = Graph.Reference(index: index)
    }
    self.parameters = parameters
  }

  /// The same, gone through while one of its outputs holds.
  public func going(whileHolds output: Int) -> LoopBody {
    LoopBody(
      graph: graph, carried: carriedCount, rows: rowCount, invariants: invariantCount, next: next, outputs: outputs,
      carriedFacts: carriedFacts, outputFacts: outputFacts, guarded: guarded, condition: outputs[output], places: places
    )
  }

  public var parameterCount: Int { carriedCount + rowCount + invariantCount }
  public var rows: Range<Int> { carriedCount..<carriedCount + rowCount }
  public var invariants: Range<Int> { carriedCount + rowCount..<parameterCount }
}

extension LoopBody: Hashable {
  public static func == (a: LoopBody, b: LoopBody) -> Bool {
    a === b
      || a.next == b.next && a.outputs == b.outputs && a.carriedCount == b.carriedCount && a.rowCount == b.rowCount
        && a.guarded == b.guarded && a.condition == b.condition && a.carriedFacts == b.carriedFacts
        && a.outputFacts == b.outputFacts
        && a.graph.nodes == b.graph.nodes
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(graph.nodes.count)
    hasher.combine(next)
    hasher.combine(outputs)
  }
}

/// What holds of a value in every round: carried masks (or outputs) that say where it isn't zero, and whether it is the
/// same whatever the session's floats are.
public struct LoopFacts: Hashable, Sendable {
  public var structural: Int?
  public var strong: Int?
  public var quiet: Int?
  public var isFixed = false
}
