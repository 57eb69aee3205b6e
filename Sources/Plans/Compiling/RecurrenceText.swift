import Tensors

/// The steps of a recurrence as one function: from a number of steps to another one, each carried value from its buffer at the
/// beginning to its buffer in the end.
struct RecurrenceText {
  let text: String
  let arguments: [Int]
  let calls: Int
  /// The rows of numbers that it reads.
  let kept: [Tensor]

  /// - Parameters:
  ///   - executions: of steps with an even and with an odd number.
  ///   - places: for each carried value its parameter's number.
  init(
    _ plan: Plan, _ executions: [Execution], _ instructions: [Instruction], places: [Int],
    inputs: [(target: Tensor, values: Recurrence.Input.Values)]
  ) throws(StepText.Unwritable) {
    let text = StepText()
    let even = executions[0]
    for place in places { try text.add(even.parameters[place], .state) }
    for input in inputs { try text.add(input.target, .local) }
    for input in plan.inputs { try text.add(even.parameters[input.number], .fixed) }
    for buffer in even.buffers where buffer.byteCount > 0 {
      let address = unsafe Int(bitPattern: buffer.bytes)
      try text.add(address, buffer.byteCount, .local)
    }
    let states = places.map { place in
      let tensors = executions.map { $0.parameters[place] }
      return (tensor: tensors[0], homes: tensors.map { text.argument(unsafe Int(bitPattern: $0.storage.bytes)) })
    }
    func home(_ number: Int, _ step: String) -> String {
      let isOdd = text.value("trunc i64 \(step) to i1")
      return text.value("select i1 \(isOdd), ptr \(states[number].homes[1]), ptr \(states[number].homes[0])")
    }
    for number in states.indices { try text.enter(states[number].tensor, from: home(number, "%first")) }
    text.beginRounds()
    for state in states { try text.hold(state.tensor) }
    var kept: [Tensor] = []
    for input in inputs {
      let number: String
      switch input.values {
      case .counting(let from, let by):
        let way = text.value("fmul double \(text.value("sitofp i64 %step to double")), \(text.literal(by, .double))")
        number = text.value("fadd double \(text.literal(from, .double)), \(way)")
      case .numbers(let numbers):
        let row = Tensor(numbers, shape: Shape([numbers.count]), type: .float64)
        kept.append(row)
        let first = text.argument(unsafe Int(bitPattern: row.storage.bytes))
        number = text.value("load double, ptr \(text.value("getelementptr double, ptr \(first), i64 %step"))")
      case .tensors: throw StepText.Unwritable()
      }
      try text.write(number, unsafe Int(bitPattern: input.target.storage.bytes), .double, 1)
    }
    try text.write(plan.steps, instructions, even)
    text.leaveIfFaulty(for: "out")
    var next: [(name: String, address: Int, kind: StepText.Kind, count: Int)] = []
    for (state, output) in zip(states, plan.outputs) {
      guard case .slot(let slot) = output.place else { throw StepText.Unwritable() }
      let (from, to) = unsafe (Int(bitPattern: even.buffers[slot].bytes), Int(bitPattern: state.tensor.storage.bytes))
      let kind = output.type.textKind
      for chunk in text.chunks(state.tensor.count, kind) {
        try text.checkLength()
        let offset = chunk.from * kind.stride
        next.append((try text.read(from + offset, kind, chunk.count), to + offset, kind, chunk.count))
      }
    }
    for part in next { try text.write(part.name, part.address, part.kind, part.count) }
    text.endRounds()
    for number in states.indices { try text.leave(states[number].tensor, to: home(number, "%step")) }
    text.line("ret i64 %step")
    (arguments, calls, self.kept) = (text.arguments, text.inlined, kept)
    self.text = try text.finished(entry: "")
  }
}

extension StepText {
  /// The head of the loop over all steps: `%step` is the one at hand.
  public func beginRounds(test: ((StepText) -> Void)? = nil) {
    line("br label %head")
    label("head")
    line("%step = phi i64 [ %first, %entry ], [ %step.next, %commit ]")
    line("%is.more = icmp slt i64 %step, %last")
    line("br i1 %is.more, label %more, label %out")
    label("more")
    line("%turn = and i64 %step, 63")
    line("%is.due = icmp eq i64 %turn, 0")
    line("br i1 %is.due, label %poll, label %step.begin")
    label("poll")
    line("br i1 \(stopped()), label %out, label %step.begin")
    label("step.begin")
  }

  /// The end of a step, and where all ways lead to that end the loop.
  public func endRounds() {
    endBlock()
    line("br label %commit")
    label("commit")
    line("%step.next = add nsw i64 %step, 1")
    line("br label %head")
    label("out")
  }

  private func forEachChunk(
    of tensor: Tensor, _ body: (_ own: String, _ other: String, Kind, Int) -> Void, _ other: String
  ) throws(Unwritable) {
    let kind = tensor.type.textKind
    let (region, _) = try place(unsafe Int(bitPattern: tensor.storage.bytes), tensor.count * kind.stride)
    for chunk in chunks(tensor.count, kind) {
      try checkLength()
      let offset = chunk.from * kind.stride
      let place = offset == 0 ? other : value("getelementptr i8, ptr \(other), i64 \(offset)")
      body(pointer(region, offset), place, kind, chunk.count)
    }
  }

  /// What a state is in the beginning.
  public func enter(_ tensor: Tensor, from home: String) throws(Unwritable) {
    try forEachChunk(
      of: tensor, { own, other, kind, count in self.store(self.load(other, kind, count), own, kind, count) }, home)
  }

  /// What a state is in the end.
  public func leave(_ tensor: Tensor, to home: String) throws(Unwritable) {
    try forEachChunk(
      of: tensor, { own, other, kind, count in self.store(self.load(own, kind, count), other, kind, count) }, home)
  }

  /// A small state is in registers from the beginning of a step.
  public func hold(_ tensor: Tensor) throws(Unwritable) {
    let kind = tensor.type.textKind
    guard tensor.count * kind.stride <= Self.mostHeld else { return }
    let address = unsafe Int(bitPattern: tensor.storage.bytes)
    for chunk in chunks(tensor.count, kind) { _ = try read(address + chunk.from * kind.stride, kind, chunk.count) }
  }
}

/// What a loop at the top needs besides.
extension StepText {
  public func literal(_ number: Double) -> String { literal(number, .double) }

  /// from + round * by.
  public func number(_ round: String, from: String, by: String) -> String {
    let way = value("fmul double \(value("sitofp i64 \(round) to double")), \(by)")
    return value("fadd double \(from), \(way)")
  }

  /// A state that is where the tensor is, before and afterwards.
  public func enter(_ tensor: Tensor) throws(Unwritable) {
    let address = unsafe Int(bitPattern: tensor.storage.bytes)
    if try !place(address, 0).region.isInMemory { try enter(tensor, from: argument(address)) }
  }

  public func leave(_ tensor: Tensor) throws(Unwritable) {
    let address = unsafe Int(bitPattern: tensor.storage.bytes)
    if try !place(address, 0).region.isInMemory { try leave(tensor, to: argument(address)) }
  }

  /// All of a state at the beginning of a step.
  public func held(_ tensor: Tensor) throws(Unwritable) -> [String] {
    let kind = tensor.type.textKind
    let address = unsafe Int(bitPattern: tensor.storage.bytes)
    var names: [String] = []
    for chunk in chunks(tensor.count, kind) {
      names.append(try read(address + chunk.from * kind.stride, kind, chunk.count))
    }
    return names
  }

  /// Gives a tensor back what it was then.
  public func restore(_ tensor: Tensor, _ names: [String]) throws(Unwritable) {
    let kind = tensor.type.textKind
    let home = argument(unsafe Int(bitPattern: tensor.storage.bytes))
    for (name, chunk) in zip(names, chunks(tensor.count, kind)) {
      let offset = chunk.from * kind.stride
      store(name, offset == 0 ? home : value("getelementptr i8, ptr \(home), i64 \(offset)"), kind, chunk.count)
    }
  }

  /// The step is at fault unless all elements are true: neither 0 nor NaN.
  public func expectTrue(_ tensor: Tensor) throws(Unwritable) {
    let kind = tensor.type.textKind
    let address = unsafe Int(bitPattern: tensor.storage.bytes)
    guard tensor.count <= Self.mostElements else { throw Unwritable() }
    for chunk in chunks(tensor.count, kind) {
      let own = try read(address + chunk.from * kind.stride, kind, chunk.count)
      let isWrong =
        kind == .mask
        ? value("xor \(maskType(chunk.count)) \(own), \(constant(1, .mask, chunk.count))")
        : value("fcmp ueq \(type(kind, chunk.count)) \(own), \(constant(0, kind, chunk.count))")
      fail(where: any(isWrong, chunk.count))
    }
  }
}
