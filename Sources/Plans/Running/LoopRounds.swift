import CKernels
import Graphs
import Refusals
import Tensors

/// A loop that is run round by round.
///
/// Each carried value has two buffers that change places from round to round.
struct LoopRounds {
  private let plan: LoopPlan
  /// The executions of rounds with an even and with an odd number.
  private let executions: [Execution]
  private let instructions: [[Instruction]]
  private var rows: [(target: Tensor, whole: Tensor)] = []
  /// Rounds that are done.
  private(set) var count = 0

  /// - Parameter operands: those of the loop.
  init(_ plan: LoopPlan, operands: [Tensor], memoryLimit: Int = .max) throws(Refusal) {
    self.plan = plan
    let body = plan.loop.body
    let invariant = try plan.before.run(operands, memoryLimit: memoryLimit)
    var even = plan.parameters.map { parameter in
      switch parameter {
      case .outer(let number): operands[number]
      case .invariant(let number): invariant[number]
      }
    }
    for number in body.rows {
      guard let place = plan.places[number], let parameter = body.parameters[number] else { continue }
      let node = body.graph[parameter]
      even[place] = Tensor(shape: node.shape, type: node.type, storage: try Self.storage(node.byteCount))
      rows.append((even[place], operands[number]))
    }
    var odd = even
    let own = try Execution(plan.each, parameters: even, memoryLimit: memoryLimit)
    var buffers = own.buffers
    var taken: Set<Int> = []
    for number in 0..<body.carriedCount {
      let output = plan.each.outputs[number]
      guard let place = plan.places[number], case .slot(let slot) = output.place, taken.insert(slot).inserted,
        output.shape == even[place].shape, output.type.stride == even[place].type.stride
      else { throw .fault("a fault of Gradus: carried value \(number + 1) of a loop has no buffer of its own") }
      even[place] = try Self.copy(even[place])
      odd[place] = Tensor(shape: even[place].shape, type: even[place].type, storage: own.buffers[slot])
      buffers[slot] = even[place].storage
    }
    let executions = [
      Execution(parameters: even, buffers: own.buffers), Execution(parameters: odd, buffers: buffers),
    ]
    self.executions = executions
    instructions = executions.map { execution in plan.each.steps.map(execution.instruction) }
  }

  private static func storage(_ bytes: Int) throws(Refusal) -> Storage {
    guard let storage = Storage(uninitialized: bytes) else { throw .outOfMemory(needed: bytes, free: 0) }
    return storage
  }

  private static func copy(_ tensor: Tensor) throws(Refusal) -> Tensor {
    let bytes = tensor.count * tensor.type.stride
    let storage = try storage(bytes)
    unsafe storage.bytes.copyMemory(from: tensor.storage.bytes, byteCount: bytes)
    return Tensor(shape: tensor.shape, type: tensor.type, storage: storage)
  }

  /// One round, with the rows of this number.
  mutating func run(row: Int) throws(Refusal) {
    for (target, whole) in rows {
      let bytes = target.count * target.type.stride
      unsafe target.storage.bytes.copyMemory(from: whole.storage.bytes + row * bytes, byteCount: bytes)
    }
    let parity = count & 1
    for number in instructions[parity].indices {
      if !instructions[parity][number].run() {
        try executions[parity].run(plan.each.steps[number], after: instructions[parity][number])
      }
      if gk_is_interrupted() != 0 { throw .interrupted }
    }
    // A round may have no steps.
    if gk_is_interrupted() != 0 { throw .interrupted }
    count += 1
  }

  /// A carried value after the rounds that are done; it is written over two rounds later.
  func state(_ number: Int, after count: Int) -> Tensor {
    guard let place = plan.places[number] else { preconditionFailure("a carried value has its place") }
    return executions[count & 1].parameters[place]
  }

  /// An output of the last round; it is written over in the next one.
  func output(_ number: Int) -> Tensor {
    executions[(count - 1) & 1].tensor(plan.each.outputs[plan.loop.body.carriedCount + number])
  }
}

extension Execution {
  func runLoop(_ step: Plan.Step, _ plan: LoopPlan) throws(Refusal) {
    let loop = plan.loop
    let target = unsafe buffers[step.target].bytes
    /// Each element as the vector has it.
    func write(_ tensor: Tensor, at offset: Int) {
      let place = unsafe target + offset * step.type.stride
      if tensor.type.kernelType == step.type.kernelType {
        unsafe place.copyMemory(from: tensor.storage.bytes, byteCount: tensor.count * step.type.stride)
      } else {
        unsafe gk_convert(tensor.type.kernelType, step.type.kernelType, tensor.storage.bytes, place, tensor.count)
      }
    }
    let parts = loop.parts
    if let kept = try plan.resultsByKeptEntries(step.operands.map(tensor)) {
      for part in parts {
        switch part.result {
        case .last(let number): write(kept.last[number], at: part.offset)
        case .outputs(let number): write(kept.outputs[number], at: part.offset)
        case .states: preconditionFailure("a loop that keeps its states goes round by round")
        }
      }
      return
    }
    var rounds = try LoopRounds(plan, operands: step.operands.map(tensor))
    for round in 0..<loop.count {
      let row = loop.row(inRound: round)
      for part in parts {
        guard case .states(let number) = part.result else { continue }
        let state = rounds.state(number, after: round)
        write(state, at: part.offset + row * state.count)
      }
      try rounds.run(row: row)
      for part in parts {
        guard case .outputs(let number) = part.result else { continue }
        let output = rounds.output(number)
        write(output, at: part.offset + row * output.count)
      }
    }
    for part in parts {
      if case .last(let number) = part.result { write(rounds.state(number, after: loop.count), at: part.offset) }
    }
  }
}

extension LoopPlan {
  /// The carried values after the last round and the outputs of all, where masks that no round changes keep few entries; nil
  /// where none does.
  ///
  /// What the masks are is known now, so that the rounds can be planned by it.
  fileprivate func resultsByKeptEntries(
    _ operands: [Tensor]
  ) throws(Refusal) -> (last: [Tensor], outputs: [Tensor])? {
    guard mayKeepEntries else { return nil }
    let (loop, body) = (loop, loop.body)
    let masks = SparseMask.all(in: body.graph, operands, besides: Set(0..<body.rows.upperBound))
    guard masks.values.contains(where: \.keepsFew) else { return nil }
    var (parameters, inputs) = (operands, [Recurrence.Input]())
    for number in body.rows {
      let whole = operands[number]
      let shape = whole.shape.removing([0])
      func row(_ round: Int) -> Tensor { whole.taking([loop.row(inRound: round)]).reshaped(shape) }
      parameters[number] = row(0)
      inputs.append(Recurrence.Input(parameter: number, values: .tensors(row)))
    }
    var carried = body.next.enumerated().map { Recurrence.Carried(parameter: $0, next: $1) }
    // A number of each round is carried, too, to be read when the round is done.
    var graph = body.graph
    let isKept = body.outputs.indices.map { loop.kept.contains(.outputs($0)) }
    for (number, output) in body.outputs.enumerated() where isKept[number] {
      let node = graph[output]
      _ = graph.add(node.made(by: .parameter(parameters.count)))
      carried.append(Recurrence.Carried(parameter: parameters.count, next: output))
      parameters.append(Tensor(0, type: node.type).reshaped(node.shape))
    }
    let recurrence = try Recurrence(
      graph, parameters: parameters, carried: carried, inputs: inputs, count: 0, memoryLimit: .max)
    var outputs = isKept.map { [Double](repeating: 0, count: $0 ? loop.count : 0) }
    if carried.count == body.carriedCount {
      try recurrence.run(to: loop.count)
    } else {
      for round in 0..<loop.count {
        try recurrence.run(to: round + 1)
        var place = body.carriedCount
        for number in outputs.indices where isKept[number] {
          outputs[number][loop.row(inRound: round)] = try recurrence.number(carried: place)
          place += 1
        }
      }
    }
    return (
      try recurrence.state(), outputs.map { Tensor($0, shape: Shape([$0.count]), type: .float64) }
    )
  }
}
