import CKernels
import Graphs
import Refusals
import Tensors

/// A graph that is run again and again on values that lie in fixed places.
///
/// What none of them changes is computed once. The results lie in buffers of their own until whoever asked for them takes
/// them over, so that a run that is stopped leaves everything as it was.
public final class Passage {
  private let graph: Graph
  private let outputs: [Graph.Reference]
  private let parameters: [Tensor]
  private let variables: Set<Int>
  private let memoryLimit: Int
  private var plan: Plan
  private var execution: Execution
  private var instructions: [Instruction]
  /// One for each output; others once the products had to be looked at.
  public private(set) var results: [Tensor]
  /// How often the results have moved to other buffers.
  public private(set) var moves = 0

  /// - Parameters:
  ///   - parameters: the graph's; those of variables are the places that they are read from.
  ///   - isExact: strong zeros are looked at even where everything is finite.
  public init(
    _ graph: Graph, parameters: [Tensor], variables: Set<Int>, outputs: [Graph.Reference], memoryLimit: Int,
    isExact: Bool = false
  ) throws(Refusal) {
    (self.graph, self.parameters, self.variables, self.outputs) = (graph, parameters, variables, outputs)
    self.memoryLimit = memoryLimit
    var machine: Machine
    do throws(Refusal) {
      machine = try Machine(graph, parameters, variables, outputs, memoryLimit, isExact: isExact)
    } catch {
      guard error.reason == .notFinite else { throw error }
      machine = try Machine(graph, parameters, variables, outputs, memoryLimit, isExact: true)
    }
    (plan, execution, instructions) = (machine.plan, machine.execution, machine.instructions)
    results = plan.outputs.map(execution.tensor)
  }

  private struct Machine {
    let plan: Plan
    let execution: Execution
    let instructions: [Instruction]

    init(
      _ whole: Graph, _ parameters: [Tensor], _ variables: Set<Int>, _ outputs: [Graph.Reference], _ memoryLimit: Int,
      isExact: Bool
    ) throws(Refusal) {
      let laws =
        isExact ? Simplify.Law.exact : Simplify.Law.inLoop(SparseMask.all(in: whole, parameters, besides: variables))
      let simplified = Simplify(whole, outputs: outputs, laws: laws)
      var split = InvariantSplit(simplified.graph, variables: variables)
      let own = split.outputs(outputs.map { simplified[$0] })
      let before = Plan(simplified: simplified.graph, outputs: split.invariants, guarded: simplified.guarded)
      let invariant = try before.run(parameters, memoryLimit: memoryLimit)
      let plan = Plan(simplified: split.graph, outputs: own, guarded: split.images(of: simplified.guarded))
      let values = split.parameters.map { parameter in
        switch parameter {
        case .outer(let number): parameters[number]
        case .invariant(let number): invariant[number]
        }
      }
      let execution = try Execution(plan, parameters: values, memoryLimit: memoryLimit)
      (self.plan, self.execution) = (plan, execution)
      instructions = plan.steps.map(execution.instruction)
    }
  }

  /// Whether the plan's steps are kernel calls and nothing else: how many there are.
  public var stepCount: Int { plan.steps.count }

  /// One line a step, as they are run.
  public var lines: [String] { plan.lines }

  /// The results by the values that lie in the places now.
  public func run() throws(Refusal) {
    do throws(Refusal) {
      for number in instructions.indices {
        if !instructions[number].run() { try execution.run(plan.steps[number], after: instructions[number]) }
      }
      if gk_is_interrupted() != 0 { throw .interrupted }
    } catch {
      guard error.reason == .notFinite else { throw error }
      // From here on strong zeros are looked at.
      let machine = try Machine(graph, parameters, variables, outputs, memoryLimit, isExact: true)
      (plan, execution, instructions) = (machine.plan, machine.execution, machine.instructions)
      results = plan.outputs.map(execution.tensor)
      moves += 1
      try run()
    }
  }
}

/// Entries of a tensor that are given values in place: a window along each axis.
public struct Placement {
  public enum Start {
    case fixed(Int)
    /// A result of the passage, counted from the end where it is negative.
    case result(Int)
  }

  public struct Axis {
    public let start: Start
    public let step: Int
    public let count: Int

    public init(start: Start, step: Int, count: Int) { (self.start, self.step, self.count) = (start, step, count) }
  }

  private let axes: [Axis]
  private let strides: [Int]
  private let extents: [Int]
  private let width: Int
  /// The result that has the values, as many as there are places and of the target's type.
  public let value: Int

  public init(_ axes: [Axis], in target: Tensor, value: Int) {
    (self.axes, self.value) = (axes, value)
    (strides, extents, width) = (target.shape.strides, target.shape.extents, target.type.stride)
  }

  /// The bytes before the first place; nil where the places don't lie inside.
  public func offset(_ results: [Tensor]) -> Int? {
    var offset = 0
    for (number, axis) in axes.enumerated() {
      let first: Int
      switch axis.start {
      case .fixed(let start): first = start
      case .result(let place):
        guard let start = results[place].wholeNumber, start >= -extents[number], start < extents[number] else {
          return nil
        }
        first = start < 0 ? start + extents[number] : start
      }
      offset += first * strides[number]
    }
    return offset * width
  }

  /// Puts the values to their places.
  public func put(_ results: [Tensor], into target: Tensor, at offset: Int) {
    let values = unsafe results[value].storage.bytes
    let places = unsafe target.storage.bytes + offset
    if results[value].count == 1 {
      unsafe places.copyMemory(from: values, byteCount: width)
    } else if results[value].count > 0 {
      let steps = zip(strides, axes).map { $0 * $1.step }
      unsafe gk_store_strided(width, values, places, steps, axes.map(\.count), axes.count)
    }
  }
}

extension Tensor {
  /// The only element, if it is a whole number.
  public var wholeNumber: Int? { count == 1 ? Int(whole: self[flat: 0]) : nil }
}
