import CKernels
import Graphs
import Refusals
import Tensors

extension Plan {
  /// The outputs' values for these parameters.
  ///
  /// Nothing is allocated if the buffers together exceed `memoryLimit` bytes.
  public func run(_ parameters: [Tensor], memoryLimit: Int = .max) throws(Refusal) -> [Tensor] {
    if let fault {
      guard let exact else { throw .fault(fault) }
      return try exact.graph.answer(exact.outputs, parameters: parameters, memoryLimit: memoryLimit, insteadOf: fault)
    }
    do throws(Refusal) {
      var execution = try Execution(self, parameters: parameters, memoryLimit: memoryLimit)
      execution.notes = FiniteNotes(self)
      var (number, blocks) = (0, rowBlocks[...])
      while number < steps.count {
        if let block = blocks.first, block.steps.lowerBound == number {
          try execution.run(block, of: self)
          (number, blocks) = (block.steps.upperBound, blocks.dropFirst())
        } else {
          try execution.run(noting: steps[number])
          number += 1
        }
      }
      if gk_is_interrupted() != 0 { throw .interrupted }
      return outputs.map { output in
        var result = execution.tensor(output)
        result.isKnownFinite = execution.notes?.isFinite(output.place) == true
        return result
      }
    } catch {
      guard error.reason == .notFinite, let exact else { throw error }
      return try Plan(exact.graph, outputs: exact.outputs, isExact: true).run(parameters, memoryLimit: memoryLimit)
    }
  }
}

/// The buffers of one run, and the one place where a step becomes kernel calls.
struct Execution {
  let parameters: [Tensor]
  let buffers: [Storage]
  /// What is asked about the results.
  var notes: FiniteNotes?

  init(parameters: [Tensor], buffers: [Storage]) {
    self.parameters = parameters
    self.buffers = buffers
  }

  /// Allocates what a plan needs; only a plan that has been found right, with the parameters it is for.
  init(_ plan: Plan, parameters: [Tensor], memoryLimit: Int) throws(Refusal) {
    if let fault = plan.fault { throw .fault(fault) }
    for input in plan.inputs {
      guard parameters.indices.contains(input.number), parameters[input.number].fits(input) else {
        throw .fault("a fault of Gradus: value \(input.number) isn't what the plan is for")
      }
    }
    guard plan.byteCount <= memoryLimit else { throw .outOfMemory(needed: plan.byteCount, free: memoryLimit) }
    var buffers: [Storage] = []
    buffers.reserveCapacity(plan.slots.count)
    for bytes in plan.slots {
      guard let buffer = Storage(uninitialized: bytes) else {
        throw .outOfMemory(needed: plan.byteCount, free: memoryLimit)
      }
      buffers.append(buffer)
    }
    self.init(parameters: parameters, buffers: buffers)
  }

  // MARK: One call

  /// The kernel call that a step is, if it is one.
  func instruction(for step: Plan.Step) -> Instruction {
    let count = step.shape.count
    if count == 0 { return .none }
    if step.fusion != nil { return .step }
    let y = unsafe buffers[step.target].bytes
    let x = unsafe pointer(step, 0)
    switch step.primitive.kernel {
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert:
      if let loop = step.loop, !loop.extents.isEmpty { return .step }
      let instruction = instruction(for: step, at: BroadcastLoop.Three(), 0)
      return step.isGuarded ? instruction.checked : instruction
    case .reduce(let op, let axes):
      let operand = step.operands[0]
      guard let first = axes.first, let last = axes.last, last - first == axes.count - 1 else { return .step }
      let (outer, extent, inner) = Self.split(operand.shape, at: first...last)
      if operand.type == .float64 { return unsafe .reduce64(op, x, y, outer: outer, extent: extent, inner: inner) }
      return unsafe step.type == .float32
        ? .reduce32(op, x, y, outer: outer, extent: extent, inner: inner)
        : .reduceWide(op, x, y, outer: outer, extent: extent, inner: inner)
    case .matrixProduct:
      guard step.shape.extents.dropLast(2).allSatisfy({ $0 == 1 }) else { return .step }
      return product(step, 0, 0, 0, isChecked: step.operands.count == 4 || step.isGuarded)
    case .slice, .window: return RowCopy(self, step).map { .copy($0) } ?? .step
    case .reshape, .broadcast, .transpose, .embed, .windowAdjoint, .concat, .fill, .iota, .reduceLogic,
      .argument, .scan, .take, .takeAdjoint, .gather, .gatherAdjoint, .planned, .loop, .uniform, .normal, .host:
      return .step
    }
  }

  /// One run of a broadcasting loop, or all elements; offsets in elements.
  func instruction(for step: Plan.Step, at offsets: BroadcastLoop.Three, _ target: Int) -> Instruction {
    func place(_ position: Int, _ offset: Int) -> UnsafeMutableRawPointer {
      guard position < step.operands.count else { return unsafe buffers[step.target].bytes }
      return unsafe pointer(step, position) + offset * step.operands[position].type.stride
    }
    let run = unsafe Instruction.Run(
      a: place(0, offsets.a), b: place(1, offsets.b), c: place(2, offsets.c),
      y: buffers[step.target].bytes + target * step.type.stride,
      strides: step.loop?.innerStrides ?? BroadcastLoop.Three(), count: step.loop?.inner ?? step.shape.count)
    return Instruction(
      step.primitive.kernel, type: step.type, operandType: step.operands[step.operands.count - 1].type, run)
  }

  /// One product of a batch; offsets in elements.
  func product(
    _ step: Plan.Step, _ a: Int, _ b: Int, _ target: Int, isChecked: Bool = false
  ) -> Instruction {
    let (left, right) = (MatrixView(step.operands[0]), MatrixView(step.operands[1]))
    let width = step.type.stride
    let (m, k, n) = (left.rows, left.columns, right.columns)
    let product = unsafe Instruction.Product(
      a: pointer(step, 0) + a * width, b: pointer(step, 1) + b * width,
      y: buffers[step.target].bytes + target * width, m: m, k: k, n: n, aRow: left.rowStride,
      aColumn: left.columnStride, bRow: right.rowStride, bColumn: right.columnStride,
      isLarge: m > 1 && n > 1 && Double(m) * Double(k) * Double(n) >= 512 * 512 * 512, isChecked: isChecked)
    return step.type == .float32 ? .product32(product) : .product64(product)
  }

  /// One step, which notes whether what it leaves is finite.
  func run(noting step: Plan.Step) throws(Refusal) {
    let instruction = instruction(for: step)
    notes?.begin(step)
    if !step.isGuarded, unsafe notes?[step.target] != nil, let isFinite = instruction.runLooking() {
      notes?.note(step.target, isFinite: isFinite)
      if gk_is_interrupted() != 0 { throw .interrupted }
    } else {
      try run(instruction, step)
      // A guarded one would have been refused.
      if step.isGuarded { notes?.note(step.target, isFinite: true) }
    }
  }

  /// One step; its instruction has been made before.
  func run(_ instruction: Instruction, _ step: Plan.Step) throws(Refusal) {
    if !instruction.run() { try run(step, after: instruction) }
    if gk_is_interrupted() != 0 { throw .interrupted }
  }

  /// A step for which one call was none, or not enough.
  @inline(never)
  func run(_ step: Plan.Step, after instruction: Instruction) throws(Refusal) {
    if instruction.isChecked { throw .notFinite }
    try run(step)
    if step.isGuarded, !isFinite(step) { throw .notFinite }
  }

  // MARK: Other steps

  func run(_ step: Plan.Step) throws(Refusal) {
    if let fusion = step.fusion {
      if try !runFused(step, fusion) { throw .notFinite }
      return
    }
    let count = step.shape.count
    let isSingle = step.type == .float32
    let y = unsafe buffers[step.target].bytes
    switch step.primitive.kernel {
    case .zip, .compare, .logic, .select, .keep:
      step.loop?.forEachRun { offsets, target in
        _ = instruction(for: step, at: offsets, target).run()
      }
    case .fill(let constant): fill(step, constant.value)
    case .iota:
      if isSingle { unsafe gk_count_f32(y.floats, count) } else { unsafe gk_count_f64(y.doubles, count) }
    case .broadcast, .transpose, .slice, .embed, .window, .windowAdjoint, .concat: try move(step)
    case .reduce, .reduceLogic, .argument, .scan: reduce(step)
    case .take, .takeAdjoint, .gather, .gatherAdjoint: try pick(step)
    case .matrixProduct: multiply(step)
    case .loop:
      guard let rounds = step.rounds else { preconditionFailure("a loop's rounds are planned") }
      try runLoop(step, rounds)
    case .planned(let kernel):
      if let product = kernel as? MaskedProduct { return multiplyMasked(step, product) }
      guard let direct = kernel as? any DirectKernel else { preconditionFailure("a plan runs its own kernels") }
      try direct.run(step, in: self)
    case .uniform, .normal:
      let seed = UInt64(clamping: Int64(exactly: value(step, 0)) ?? 0)
      let draw = UInt64(clamping: Int64(exactly: value(step, 1)) ?? 0)
      switch (step.primitive.kernel, isSingle) {
      case (.uniform, true): unsafe gk_uniform_f32(seed, draw, y.floats, count)
      case (.uniform, false): unsafe gk_uniform_f64(seed, draw, y.doubles, count)
      case (_, true): unsafe gk_normal_f32(seed, draw, y.floats, count)
      case (_, false): unsafe gk_normal_f64(seed, draw, y.doubles, count)
      }
    case .host(_, .decomposition(let kind)) where decompose(step, kind): break
    case .host(let body, let attribute):
      let operands = step.operands.map { HostValue(values: values(of: $0), extents: $0.shape.extents, type: $0.type) }
      if gk_is_interrupted() != 0 { throw .interrupted }
      store(try body(operands, attribute), in: step)
    case .map, .test, .not, .convert: _ = instruction(for: step, at: BroadcastLoop.Three(), 0).run()
    case .reshape: preconditionFailure("a reshape is only another name")
    }
  }

  /// Each matrix of a batch where it lies, in its own type; false where that is left to the host's body.
  private func decompose(_ step: Plan.Step, _ kind: gk_decomposition) -> Bool {
    guard step.type.isFloat, step.operands.allSatisfy({ $0.type == step.type }) else { return false }
    let (x, right) = (step.operands[0].shape, step.operands.count > 1 ? step.operands[1].shape : nil)
    let (rows, columns) = (x[x.rank - 2], x[x.rank - 1])
    let width = step.type.stride
    let batch = Shape.product(Array(x.extents.dropLast(2)))
    let y = unsafe buffers[step.target].bytes
    return (0..<batch).allSatisfy { i in
      func matrix(_ place: UnsafeMutableRawPointer, in count: Int) -> UnsafeMutableRawPointer {
        unsafe place + i * (count / batch) * width
      }
      let b = unsafe right.map { unsafe matrix(pointer(step, 1), in: $0.count) }
      return unsafe gk_lapack_decompose(
        kind, step.type.kernelType, matrix(pointer(step, 0), in: x.count), rows, columns, b,
        right.map { $0[$0.rank - 1] } ?? 0, matrix(y, in: step.shape.count)) != 0
    }
  }

  func tensor(_ operand: Plan.Operand) -> Tensor {
    switch operand.place {
    case .parameter(let number): parameters[number].reshaped(operand.shape)
    case .slot(let slot): Tensor(shape: operand.shape, type: operand.type, storage: buffers[slot])
    }
  }

  func value(_ step: Plan.Step, _ position: Int) -> Double { tensor(step.operands[position])[flat: 0] }

  /// The first byte of an operand; for a step without operands, of its target.
  func pointer(_ step: Plan.Step, _ position: Int) -> UnsafeMutableRawPointer {
    guard position < step.operands.count else { return unsafe buffers[step.target].bytes }
    switch step.operands[position].place {
    case .parameter(let number): return unsafe parameters[number].storage.bytes
    case .slot(let slot): return unsafe buffers[slot].bytes
    }
  }

  func store(_ values: [Double], in step: Plan.Step) {
    precondition(values.count == step.shape.count, "\(step.primitive.name) fills its result")
    unsafe gk_convert(GK_F64, step.type.kernelType, values, buffers[step.target].bytes, values.count)
  }

  private func fill(_ step: Plan.Step, _ value: Double) {
    let y = unsafe buffers[step.target].bytes
    forEachRun(of: step.shape.count) { run in
      let (from, count) = (run.lowerBound, run.count)
      switch step.type {
      case .bool: unsafe (y.bytes + from).update(repeating: value != 0 ? 1 : 0, count: count)
      case .float32: unsafe (y.floats + from).update(repeating: Float(value), count: count)
      case .literal, .float64: unsafe (y.doubles + from).update(repeating: value, count: count)
      }
    }
  }

  /// All bytes 0.
  func clear(_ step: Plan.Step) {
    let y = unsafe buffers[step.target].bytes
    forEachRun(of: step.shape.count * step.type.stride) { run in
      unsafe (y + run.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: run.count)
    }
  }

  /// The elements of an operand.
  func values(of operand: Plan.Operand) -> [Double] {
    let tensor = tensor(operand)
    return unsafe [Double](unsafeUninitializedCapacity: tensor.shape.count) { result, count in
      count = tensor.shape.count
      unsafe gk_convert(tensor.type.kernelType, GK_F64, tensor.storage.bytes, result.baseAddress, count)
    }
  }

  /// Runs short enough for an interrupt to be seen between them.
  private func forEachRun(of count: Int, _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: count, by: 1 << 20) {
      if gk_is_interrupted() != 0 { return }
      body(start..<min(start + 1 << 20, count))
    }
  }
}

extension Tensor {
  /// Whether it has what a plan reads.
  fileprivate func fits(_ input: Plan.Input) -> Bool {
    type.stride == input.stride && count == input.count && storage.byteCount >= input.count * input.stride
  }
}
