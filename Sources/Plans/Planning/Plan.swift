import Graphs
import Tensors

/// Steps over reused buffers that compute some of a graph's nodes.
public struct Plan: Sendable {
  /// Where a value lives while the plan runs.
  enum Place: Hashable, Sendable {
    case parameter(Int)
    case slot(Int)
  }

  /// An operand as a step reads it.
  struct Operand: Sendable {
    /// The node whose elements it has.
    var source: Graph.Reference
    var place: Place
    var shape: Shape
    var type: ElementType
    /// The last two axes are read the other way round.
    var isTransposed = false
  }

  /// One kernel call (or a loop of them) into one slot.
  struct Step: Sendable {
    /// The node whose elements are computed; for a copy that is stretched out, the node that is copied.
    var reference: Graph.Reference
    var primitive: Primitive
    var operands: [Operand]
    var target: Int
    var shape: Shape
    var type: ElementType
    /// For kernels that broadcast.
    var loop: BroadcastLoop?
    /// The result must be finite, or the plan is the wrong one.
    var isGuarded = false
    /// Several elementwise operations in one step.
    var fusion: Fusion?
    /// What a loop does in each round.
    var rounds: LoopPlan?
  }

  /// A parameter that a step reads.
  struct Input: Sendable {
    var number: Int
    var count: Int
    var stride: Int
  }

  private(set) var steps: [Step] = []
  /// The bytes of each slot.
  private(set) var slots: [Int] = []
  private(set) var outputs: [Operand] = []

  /// Bytes that all slots take together.
  public var byteCount: Int {
    // Of loops one at a time runs.
    let rounds = steps.lazy.compactMap { $0.rounds?.byteCount }.max() ?? 0
    return slots.reduce(rounds) { $0.addingClamped($1) }
  }

  /// Whether a step, or one of a loop's rounds, must turn out finite.
  var isGuarded: Bool { steps.contains { $0.isGuarded || $0.rounds?.isGuarded == true } }

  /// Whether a step reads a parameter.
  func reads(parameter number: Int) -> Bool {
    steps.contains { $0.operands.contains { $0.place == .parameter(number) } }
  }

  /// The names of the laws that made the graph smaller.
  public private(set) var laws: [String] = []
  /// What to run instead if a product turns out not to be finite, or if the plan is at fault.
  private(set) var exact: (graph: Graph, outputs: [Graph.Reference])?
  /// Why the plan must not run: found by looking at it once, when it was made.
  public private(set) var fault: String?
  /// Steps that go through the rows of their operands together.
  private(set) var rowBlocks: [RowBlock] = []
  /// The parameters that are read, as they have to be.
  private(set) var inputs: [Input] = []

  /// - Parameters:
  ///   - isExact: strong zeros are looked at even where everything is finite.
  public init(_ graph: Graph, outputs: [Graph.Reference], isExact: Bool = false) {
    // Where every value is wanted, as by who explains one, there is nothing to be saved.
    if outputs.count > 64, Set(outputs).count == graph.needed(for: outputs).count(where: { $0 }) {
      self.init(simplified: graph, outputs: outputs, guarded: [])
      if fault != nil { exact = (graph, outputs) }
      return
    }
    let simplified = Simplify(
      graph, outputs: outputs, laws: isExact ? Simplify.Law.exact : Simplify.Law.speculative + Simplify.Law.exact)
    self.init(simplified: simplified.graph, outputs: outputs.map { simplified[$0] }, guarded: simplified.guarded)
    laws = simplified.fired
    if !simplified.guarded.isEmpty || fault != nil || steps.contains(where: { $0.rounds?.isGuarded == true }) {
      exact = (graph, outputs)
    }
  }

  /// For a graph that has been simplified before.
  init(simplified graph: Graph, outputs: [Graph.Reference], guarded: Set<Graph.Reference>) {
    var planner = Planner(graph, outputs: outputs, guarded: guarded)
    planner.plan()
    self.init(
      steps: planner.steps, slots: planner.slots, outputs: planner.places(of: outputs), computing: graph, outputs,
      guarded: guarded)
  }

  /// Steps that compute these nodes of a graph, if they do.
  init(
    steps: [Step], slots: [Int], outputs: [Operand], computing graph: Graph, _ references: [Graph.Reference],
    guarded: Set<Graph.Reference>, instead: (graph: Graph, outputs: [Graph.Reference])? = nil
  ) {
    (self.steps, self.slots, self.outputs) = (steps, slots, outputs)
    var verification = PlanVerification(graph, slots: slots, guarded: guarded)
    fault = verification.fault(of: self, references)
    inputs = verification.inputs
    if fault != nil { exact = instead } else { rowBlocks = RowBlock.all(in: self) }
  }
}

extension Plan: CustomStringConvertible {
  /// One line a step, then the buffers.
  public var description: String {
    let laws = laws.isEmpty ? [] : ["laws: " + laws.joined(separator: "; ")]
    return (lines + laws + ["\(steps.count) steps, \(slots.count) buffers, \(byteCount) bytes"]).joined(separator: "\n")
  }

  /// One line a step; those of a loop's rounds are indented below it.
  var lines: [String] {
    steps.flatMap { step in
      let operands = step.operands.map { operand in
        let place =
          switch operand.place {
          case .parameter(let number): "p\(number)"
          case .slot(let slot): "b\(slot)"
          }
        return operand.isTransposed ? place + ".T" : place
      }
      let targets = step.fusion?.targets.map { "b\($0.slot)" } ?? ["b\(step.target)"]
      let name = step.fusion?.names.joined(separator: "·") ?? step.primitive.name
      let shape = step.fusion?.shape ?? step.shape
      let line = (targets + ["←", name] + operands + ["", "\(shape)"]).joined(separator: " ")
      return [line] + (step.rounds?.lines.map { "  " + $0 } ?? [])
    }
  }
}
