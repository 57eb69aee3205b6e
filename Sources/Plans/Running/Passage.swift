import CKernels
import Graphs
import Refusals
import Tensors

/// A graph that is run again and again on values that lie in fixed places.
///
/// What none of them changes is computed once. The results lie in buffers of their own until whoever asked for them takes
/// them over, so that a run that is stopped leaves everything as it was.
@safe public final class Passage {
  private let graph: Graph
  private let outputs: [Graph.Reference]
  private let parameters: [Tensor]
  private let variables: Set<Int>
  private let memoryLimit: Int
  private let fast: Machine
  private let instructions: UnsafeMutableBufferPointer<Instruction>
  /// Once the products had to be looked at.
  private var exact: Machine?
  private let isExact: UnsafeMutablePointer<Bool>
  /// One for each output; they stay where they are.
  public let results: [Tensor]

  /// - Parameters:
  ///   - parameters: the graph's; those of variables are the places that they are read from.
  ///   - isExact: strong zeros are looked at even where everything is finite.
  public init(
    _ graph: Graph, parameters: [Tensor], variables: Set<Int>, outputs: [Graph.Reference], memoryLimit: Int,
    isExact: Bool = false
  ) throws(Refusal) {
    (self.graph, self.parameters, self.variables, self.outputs) = (graph, parameters, variables, outputs)
    self.memoryLimit = memoryLimit
    do throws(Refusal) {
      fast = try Machine(graph, parameters, variables, outputs, memoryLimit, isExact: isExact)
    } catch {
      guard error.reason == .notFinite else { throw error }
      fast = try Machine(graph, parameters, variables, outputs, memoryLimit, isExact: true)
    }
    let made = fast.plan.steps.map(fast.execution.instruction)
    unsafe instructions = .allocate(capacity: made.count)
    _ = unsafe instructions.initialize(from: made)
    unsafe self.isExact = .allocate(capacity: 1)
    unsafe self.isExact.initialize(to: false)
    results = fast.results
  }

  deinit {
    unsafe instructions.deallocate()
    unsafe isExact.deallocate()
  }

  private struct Machine {
    let plan: Plan
    let execution: Execution

    init(
      _ whole: Graph, _ parameters: [Tensor], _ variables: Set<Int>, _ outputs: [Graph.Reference], _ memoryLimit: Int,
      isExact: Bool
    ) throws(Refusal) {
      let laws =
        isExact ? Simplify.Law.exact : Simplify.Law.inLoop(SparseMask.all(in: whole, parameters, besides: variables))
      let simplified = Simplify(whole, outputs: outputs, laws: laws)
      var split = InvariantSplit(simplified.graph, variables: variables)
      let own = split.outputs(outputs.map { simplified[$0] })
      plan = Plan(simplified: split.graph, outputs: own, guarded: split.images(of: simplified.guarded))
      let values = try split.values(parameters, guarded: simplified.guarded, memoryLimit: memoryLimit)
      execution = try Execution(plan, parameters: values, memoryLimit: memoryLimit)
    }

    var results: [Tensor] { plan.outputs.map(execution.tensor) }

    func write(_ instructions: [Instruction], to text: StepText) throws(StepText.Unwritable) {
      for input in plan.inputs { try text.add(execution.parameters[input.number], .fixed) }
      for buffer in execution.buffers {
        try text.add(unsafe Int(bitPattern: buffer.bytes), buffer.byteCount, .local)
      }
      try text.write(plan.steps, instructions, execution)
    }

    func run(_ number: Int, after instruction: Instruction) throws(Refusal) {
      try execution.run(plan.steps[number], after: instruction)
    }

    func run() throws(Refusal) {
      for step in plan.steps { try execution.run(execution.instruction(for: step), step) }
    }
  }

  /// One line a step, as they are run.
  public var lines: [String] { fast.plan.lines }

  /// The results by the values that lie in the places now.
  public func run() throws(Refusal) {
    if unsafe isExact.pointee { return try runExactly() }
    for number in unsafe 0..<instructions.count where unsafe !instructions[number].run() {
      do throws(Refusal) { try unsafe fast.run(number, after: instructions[number]) } catch {
        guard error.reason == .notFinite else { throw error }
        // From here on strong zeros are looked at.
        unsafe isExact.pointee = true
        return try runExactly()
      }
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
  }

  /// What a run does, as text.
  ///
  /// The places that it reads are those that the text has been told of; all others are fixed.
  public func write(to text: StepText) throws(StepText.Unwritable) {
    guard unsafe !isExact.pointee else { throw StepText.Unwritable() }
    try fast.write(unsafe Array(instructions), to: text)
  }

  private func runExactly() throws(Refusal) {
    let machine: Machine
    if let exact {
      machine = exact
    } else {
      machine = try Machine(graph, parameters, variables, outputs, memoryLimit, isExact: true)
      exact = machine
    }
    try machine.run()
    if gk_is_interrupted() != 0 { throw .interrupted }
    for (own, result) in zip(results, machine.results) { TakingOver(result, in: own).run() }
  }
}

/// A number among the results of a passage, read where it lies.
@safe public struct ResultNumber: Sendable {
  private nonisolated(unsafe) let bytes: UnsafeMutableRawPointer
  private let type: ElementType

  /// The only element of a result.
  public init(_ result: Tensor) {
    unsafe bytes = result.storage.bytes
    type = result.type
  }

  public var value: Double {
    switch type {
    case .bool: unsafe bytes.bytes[0] != 0 ? 1 : 0
    case .float32: unsafe Double(bytes.floats[0])
    case .literal, .float64: unsafe bytes.doubles[0]
    }
  }

  public var whole: Int? { Int(whole: value) }

  /// The number as text, in double precision, and whether it isn't 0.
  public func write(to text: StepText) throws(StepText.Unwritable) -> String {
    try text.number(unsafe Int(bitPattern: bytes), type.textKind)
  }

  public func writeTruth(to text: StepText) throws(StepText.Unwritable) -> String {
    let own = try text.read(unsafe Int(bitPattern: bytes), type.textKind, 1)
    return type == .bool ? own : text.value("fcmp une \(type.textKind.name) \(own), 0.0")
  }
}

/// Entries of a tensor that are given values in place: a window along each axis.
@safe public struct Placement {
  public enum Start {
    case fixed(Int)
    /// Counted from the end where it is negative.
    case number(ResultNumber)
  }

  public struct Axis {
    public let start: Start
    public let step: Int
    public let count: Int

    public init(start: Start, step: Int, count: Int) { (self.start, self.step, self.count) = (start, step, count) }
  }

  /// Starts that are read each time, with the bytes from one place to the next.
  private let moving: [(start: ResultNumber, extent: Int, unit: Int)]
  private let strides: [Int]
  private let counts: [Int]
  private let width: Int
  private let values: UnsafeMutableRawPointer
  private let places: UnsafeMutableRawPointer
  private let isSingle: Bool

  /// - Parameter values: as many as there are places, of the target's type.
  public init(_ axes: [Axis], in target: Tensor, values: Tensor) {
    let (own, extents) = (target.shape.strides, target.shape.extents)
    width = target.type.stride
    strides = zip(own, axes).map { $0 * $1.step }
    counts = axes.map(\.count)
    isSingle = counts.allSatisfy { $0 == 1 }
    var offset = 0
    var moving: [(start: ResultNumber, extent: Int, unit: Int)] = []
    for (number, axis) in axes.enumerated() {
      switch axis.start {
      case .fixed(let start): offset += start * own[number] * width
      case .number(let start): moving.append((start, extents[number], own[number] * width))
      }
    }
    self.moving = moving
    unsafe (self.values, places) = (values.storage.bytes, target.storage.bytes + offset)
  }

  /// The bytes to the first place by the numbers as they are now; nil where it doesn't lie inside.
  public var offset: Int? {
    var offset = 0
    for axis in moving {
      guard let start = axis.start.whole, start >= -axis.extent, start < axis.extent else { return nil }
      offset += (start < 0 ? start + axis.extent : start) * axis.unit
    }
    return offset
  }

  /// The same as text, with a log of what was there; nothing has been put anywhere where the place doesn't lie inside.
  public func write(to text: StepText, log: UndoLog, leavingFor label: String) throws(StepText.Unwritable) {
    guard counts.allSatisfy({ $0 > 0 }), counts.reduce(1, *) <= UndoLog.most else { throw StepText.Unwritable() }
    let kind: StepText.Kind = width == 1 ? .mask : width == 4 ? .single : .double
    var offset: String?
    for axis in moving {
      let number = text.whole(try axis.start.write(to: text), from: -axis.extent, below: axis.extent)
      let isNegative = text.value("icmp slt i64 \(number), 0")
      let turned = text.value("add i64 \(number), \(axis.extent)")
      let place = text.value("select i1 \(isNegative), i64 \(turned), i64 \(number)")
      let bytes = text.value("mul i64 \(place), \(axis.unit)")
      offset = offset.map { text.value("add i64 \($0), \(bytes)") } ?? bytes
    }
    log.expectRoom(for: UndoLog.most, text)
    text.leaveIfFaulty(for: label)
    var places = [0]
    for (count, stride) in zip(counts, strides) {
      places = places.flatMap { place in (0..<count).map { place + $0 * stride * width } }
    }
    let (from, to) = (unsafe Int(bitPattern: values), unsafe Int(bitPattern: self.places))
    for (number, place) in places.enumerated() {
      try text.put(try text.read(from + number * width, kind, 1), to + place, kind, offset: offset, log)
    }
  }

  /// Puts the values to their places.
  public func put(at offset: Int) {
    let first = unsafe places + offset
    if isSingle {
      if width == 4 {
        unsafe first.storeBytes(of: values.load(as: UInt32.self), as: UInt32.self)
      } else {
        unsafe first.copyMemory(from: values, byteCount: width)
      }
    } else if !counts.contains(0) {
      unsafe gk_store_strided(width, values, first, strides, counts, counts.count)
    }
  }
}

/// A result of a passage that becomes what lies in another place.
@safe public struct TakingOver: Sendable {
  private nonisolated(unsafe) let from: UnsafeMutableRawPointer
  private nonisolated(unsafe) let to: UnsafeMutableRawPointer
  private let byteCount: Int
  private let kind: StepText.Kind

  /// Both of one shape and type, and owned by whoever makes it.
  public init(_ result: Tensor, in target: Tensor) {
    precondition(result.count == target.count && result.type.stride == target.type.stride, "a result fits its place")
    unsafe (from, to) = (result.storage.bytes, target.storage.bytes)
    byteCount = target.count * target.type.stride
    kind = target.type.textKind
  }

  /// The same as text.
  public func write(to text: StepText) throws(StepText.Unwritable) {
    try text.copy(unsafe Int(bitPattern: from), to: unsafe Int(bitPattern: to), kind, byteCount / kind.stride)
  }

  public func run() {
    if byteCount == 8 {
      unsafe to.storeBytes(of: from.load(as: UInt64.self), as: UInt64.self)
    } else {
      unsafe to.copyMemory(from: from, byteCount: byteCount)
    }
  }
}

/// Where a number in double precision lies that a passage reads; whoever makes it owns the tensor.
@safe public struct NumberPlace: Sendable {
  private nonisolated(unsafe) let bytes: UnsafeMutableRawPointer

  public init(_ tensor: Tensor) { unsafe bytes = tensor.storage.bytes }

  /// Puts a number there in a text.
  public func write(_ number: String, to text: StepText) throws(StepText.Unwritable) {
    try text.write(number, unsafe Int(bitPattern: bytes), .double, 1)
  }

  public func set(_ number: Double) { unsafe bytes.doubles[0] = number }
}
