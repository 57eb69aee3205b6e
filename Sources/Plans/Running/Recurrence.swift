import CKernels
import Graphs
import Refusals
import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A graph that is run again and again, each time on what it gave the time before.
///
/// What no step changes is computed once. Each carried value has two buffers that change places from step to step, so the
/// state of the last whole step outlives an interrupted one.
public final class Recurrence {
  /// A parameter and what takes its place after a step.
  public struct Carried {
    public let parameter: Int
    public let next: Graph.Reference

    public init(parameter: Int, next: Graph.Reference) {
      (self.parameter, self.next) = (parameter, next)
    }
  }

  /// A parameter that is another number, or another tensor, in each step.
  public struct Input {
    public enum Values {
      case counting(from: Double, by: Double)
      case numbers([Double])
      case tensors((Int) -> Tensor)
    }

    public let parameter: Int
    public let values: Values

    public init(parameter: Int, values: Values) {
      (self.parameter, self.values) = (parameter, values)
    }
  }

  /// Steps that are done, those included that were done elsewhere before.
  public private(set) var count: Int
  private let graph: Graph
  private let parameters: [Tensor]
  private let carried: [Carried]
  private let inputs: [Input]
  private let memoryLimit: Int
  /// The one of the three that serves: the steps run here, on a device, or by the slow twin.
  private var machine: Machine?
  private var remote: RemoteMachine?
  private var twin: RecurrenceTwin?
  /// Why the slow twin serves, if it does.
  public private(set) var fault: String?

  /// - Parameters:
  ///   - parameters: the graph's; those of carried values are the state before the first step.
  ///   - isExact: strong zeros are looked at in each step, and products are done in full: the slow twin.
  ///   - device: where the steps run, if not here.
  public init(
    _ graph: Graph, parameters: [Tensor], carried: [Carried], inputs: [Input], count: Int, memoryLimit: Int,
    isExact: Bool = false, device: (any Device)? = nil
  ) throws(Refusal) {
    self.count = count
    (self.graph, self.parameters, self.carried, self.inputs) = (graph, parameters, carried, inputs)
    self.memoryLimit = memoryLimit
    do throws(Refusal) {
      if let device {
        remote = try RemoteMachine(
          device, graph, parameters: parameters, carried: carried, inputs: inputs, memoryLimit: memoryLimit)
      }
      if remote == nil { try makeMachine(parameters, isExact: isExact) }
    } catch {
      guard error.reason == .notFinite else { throw error }
      try makeMachine(parameters, isExact: true)
    }
  }

  private func makeMachine(_ parameters: [Tensor], isExact: Bool) throws(Refusal) {
    do throws(Refusal) {
      machine = try Machine(
        graph, parameters: parameters, carried: carried, inputs: inputs, first: count, memoryLimit, isExact: isExact)
    } catch {
      guard error.reason == .fault else { throw error }
      let text = error.message
      twin = try RecurrenceTwin(
        graph, parameters: parameters, carried: carried, inputs: inputs, memoryLimit: memoryLimit, insteadOf: text)
      (machine, fault) = (nil, text)
    }
  }

  /// Runs steps up to a number of them; when it throws, the last whole step's state is kept.
  public func run(to last: Int) throws(Refusal) {
    do throws(Refusal) {
      try remote?.run(from: &count, to: last)
      try machine?.run(from: &count, to: last)
      try twin?.run(from: &count, to: last)
    } catch {
      guard error.reason == .notFinite else { throw error }
      // From here on strong zeros are looked at.
      var parameters = parameters
      for (value, tensor) in zip(carried, try state()) { parameters[value.parameter] = tensor }
      remote = nil
      try makeMachine(parameters, isExact: true)
      try machine?.run(from: &count, to: last)
      try twin?.run(from: &count, to: last)
    }
  }

  /// The carried values after the last whole step, copied.
  public func state() throws(Refusal) -> [Tensor] {
    if let remote { return try remote.state() }
    if let twin { return try twin.state() }
    return try machine?.state(after: count) ?? []
  }

  /// The only element of a carried value after the last whole step.
  public func number(carried position: Int) throws(Refusal) -> Double {
    if let remote { return try remote.number(carried: position) }
    if let twin { return twin.number(carried: position) }
    return machine?.number(carried: position, after: count) ?? 0
  }
}

/// A recurrence's plan with its buffers and instructions.
private struct Machine {
  let plan: Plan
  /// The executions of steps with an even and with an odd number.
  private let executions: [Execution]
  private let instructions: [[Instruction]]
  /// For each carried value its parameter's number in the plan.
  private let places: [Int]
  /// For each carried value of which only kept entries are stored: which ones, and the whole matrix as it was at first.
  private let wholes: [(mask: SparseMask, tensor: Tensor)?]
  private var inputs: [(target: Tensor, values: Recurrence.Input.Values)] = []
  private var tuner: Autotuner
  private var acceleration: Acceleration

  init(
    _ whole: Graph, parameters: [Tensor], carried: [Recurrence.Carried], inputs: [Recurrence.Input], first: Int,
    _ memoryLimit: Int, isExact: Bool
  ) throws(Refusal) {
    let variables = Set(carried.map(\.parameter) + inputs.map(\.parameter))
    let laws =
      isExact ? Simplify.Law.exact : Simplify.Law.inLoop(SparseMask.all(in: whole, parameters, besides: variables))
    let simplified = Simplify(whole, outputs: carried.map(\.next), laws: laws)
    let kept = KeptEntries(
      simplified.graph, outputs: carried.map { simplified[$0.next] }, guarded: simplified.guarded,
      parameters: parameters, carried: carried.map(\.parameter), variables: variables)
    wholes = carried.map { value in kept.masks[value.parameter].map { ($0, parameters[value.parameter]) } }
    let parameters = kept.parameters
    var split = InvariantSplit(kept.graph, variables: variables)
    for value in carried { split.enter(parameter: value.parameter, like: parameters[value.parameter]) }
    let outputs = split.outputs(kept.outputs)
    plan = Plan(simplified: split.graph, outputs: outputs, guarded: split.images(of: kept.guarded))
    var even = try split.values(parameters, guarded: kept.guarded, memoryLimit: memoryLimit)
    for input in inputs {
      guard let place = split.place(of: input.parameter), plan.reads(parameter: place) else { continue }
      even[place] = try Self.copy(parameters[input.parameter])
      guard input.values.fit(even[place]) else {
        throw .fault("a fault of Gradus: input \(input.parameter) of the steps is no number")
      }
      self.inputs.append((even[place], input.values))
    }
    var odd = even
    let copies = carried.reduce(0) { $0 + parameters[$1.parameter].storage.byteCount }
    guard plan.byteCount <= memoryLimit - copies else {
      throw .outOfMemory(needed: plan.byteCount + copies, free: memoryLimit)
    }
    let own = try Execution(plan, parameters: even, memoryLimit: memoryLimit)
    var buffers = own.buffers
    var places: [Int] = []
    var taken: Set<Int> = []
    for (number, (value, output)) in zip(carried, plan.outputs).enumerated() {
      guard let place = split.place(of: value.parameter), case .slot(let slot) = output.place,
        taken.insert(slot).inserted, output.shape == even[place].shape, output.type.stride == even[place].type.stride
      else {
        throw .fault("a fault of Gradus: carried value \(number + 1) has no buffer of its own, of its shape and type")
      }
      places.append(place)
      even[place] = try Self.copy(parameters[value.parameter])
      odd[place] = Tensor(shape: even[place].shape, type: even[place].type, storage: own.buffers[slot])
      buffers[slot] = even[place].storage
    }
    self.places = places
    var executions = [
      Execution(parameters: even, buffers: own.buffers), Execution(parameters: odd, buffers: buffers),
    ]
    tuner = Autotuner(first: first)
    acceleration = Acceleration(first: first)
    // The state is read from where the first step to come reads it.
    if first & 1 == 1 { executions.reverse() }
    self.executions = executions
    let steps = plan.steps
    instructions = executions.map { execution in steps.map(execution.instruction) }
  }

  private static func copy(_ tensor: Tensor) throws(Refusal) -> Tensor {
    let bytes = tensor.count * tensor.type.stride
    guard let storage = Storage(uninitialized: bytes) else { throw .outOfMemory(needed: bytes, free: 0) }
    unsafe storage.bytes.copyMemory(from: tensor.storage.bytes, byteCount: bytes)
    return Tensor(shape: tensor.shape, type: tensor.type, storage: storage)
  }

  mutating func run(from count: inout Int, to last: Int) throws(Refusal) {
    let (even, odd) = (instructions[0], instructions[1])
    var step = count
    tuner.apply()
    defer {
      count = step
      Autotuner.end()
    }
    while step < last {
      if step >= acceleration.due, let code = code(before: step, of: last) {
        let done = code.run(from: step, to: last) - step
        step += done
        acceleration.note(done: done)
        if gk_is_interrupted() != 0 { throw .interrupted }
        if step == last { break }
      }
      if step >= tuner.due { tuner.choose(before: step) }
      for input in inputs { try Self.set(input.target, to: input.values, in: step) }
      let parity = step & 1
      let instructions = parity == 0 ? even : odd
      for number in instructions.indices {
        if !instructions[number].run() {
          try executions[parity].run(plan.steps[number], after: instructions[number])
        }
        if gk_is_interrupted() != 0 { throw .interrupted }
      }
      step += 1
    }
  }

  private mutating func code(before step: Int, of last: Int) -> CompiledCode? {
    let (plan, executions, even, places, inputs) = (plan, executions, instructions[0], places, inputs)
    return acceleration.code(before: step, of: last) {
      guard let text = try? RecurrenceText(plan, executions, even, places: places, inputs: inputs) else { return nil }
      return (
        { CompiledCode(text.text, arguments: text.arguments, keeping: text.kept) }, text.text.utf8.count, text.calls
      )
    }
  }

  private static func set(
    _ target: Tensor, to values: Recurrence.Input.Values, in step: Int
  ) throws(Refusal) {
    let bytes = unsafe target.storage.bytes
    switch values {
    case .counting(let first, let stride):
      unsafe bytes.storeBytes(of: first + Double(step) * stride, as: Double.self)
    case .numbers(let numbers): unsafe bytes.storeBytes(of: numbers[step], as: Double.self)
    case .tensors(let value):
      let value = value(step)
      guard value.count == target.count, value.type.stride == target.type.stride else {
        throw .fault("a fault of Gradus: an input of step \(step + 1) is \(value.shape), not \(target.shape)")
      }
      unsafe bytes.copyMemory(from: value.storage.bytes, byteCount: target.count * target.type.stride)
    }
  }

  func number(carried position: Int, after count: Int) -> Double {
    executions[count & 1].parameters[places[position]][flat: 0]
  }

  func state(after count: Int) throws(Refusal) -> [Tensor] {
    let parameters = executions[count & 1].parameters
    var result: [Tensor] = []
    for (place, whole) in zip(places, wholes) {
      let copy = try Self.copy(whole?.tensor ?? parameters[place])
      whole?.mask.scatter(parameters[place], into: copy)
      result.append(copy)
    }
    return result
  }
}

extension Recurrence.Input.Values {
  /// Whether the parameter can hold them: numbers are written with eight bytes.
  fileprivate func fit(_ target: Tensor) -> Bool {
    switch self {
    case .counting, .numbers: target.count == 1 && target.type.stride == 8
    case .tensors: true
    }
  }
}

extension Plan {
  /// The first element of the only output for each of a row of numbers in place of one parameter.
  public func series(
    _ parameters: [Tensor], varying number: Int, over values: [Double], memoryLimit: Int
  ) throws(Refusal) -> [Double] {
    var parameters = parameters
    let input = Tensor(0)
    parameters[number] = input
    let execution = try Execution(self, parameters: parameters, memoryLimit: memoryLimit)
    let instructions = steps.map(execution.instruction)
    let output = execution.tensor(outputs[0])
    var results: [Double] = []
    results.reserveCapacity(values.count)
    for value in values {
      if gk_is_interrupted() != 0 { throw .interrupted }
      unsafe input.storage.bytes.storeBytes(of: value, as: Double.self)
      for number in instructions.indices { try execution.run(instructions[number], steps[number]) }
      results.append(output[flat: 0])
    }
    return results
  }
}
