import CKernels
import Graphs
import Refusals
import Tensors

/// Fused steps: strip by strip, by several threads where it gains.
extension Execution {
  /// What all threads share.
  @safe private final class Work {
    let execution: Execution
    let step: Plan.Step
    let fusion: Fusion
    /// Elements of a strip, at most.
    let strip: Int
    let count: Int
    let parts: Int
    let code: CompiledCode?
    /// For each part whether all guarded results were finite, and whether there was memory for it.
    let isFinite: UnsafeMutablePointer<Bool>
    let hasMemory: UnsafeMutablePointer<Bool>

    init(
      _ execution: Execution, _ step: Plan.Step, _ fusion: Fusion, strip: Int, parts: Int, _ code: CompiledCode?
    ) {
      (self.execution, self.step, self.fusion) = (execution, step, fusion)
      (self.strip, self.parts, self.code) = (strip, parts, code)
      count = fusion.stripCount(of: strip)
      unsafe isFinite = .allocate(capacity: parts)
      unsafe hasMemory = .allocate(capacity: parts)
      unsafe isFinite.initialize(repeating: true, count: parts)
      unsafe hasMemory.initialize(repeating: true, count: parts)
    }

    deinit {
      unsafe isFinite.deallocate()
      unsafe hasMemory.deallocate()
    }

    func run(_ part: Int) {
      guard let scratch = unsafe gk_take_scratch(max(fusion.scratchBytes, 1)) else {
        return unsafe hasMemory[part] = false
      }
      let strips = count * part / parts..<count * (part + 1) / parts
      let done = code.map { execution.run(strips, step, fusion, by: $0) } ?? strips.lowerBound
      if done > strips.lowerBound { execution.note(strips.lowerBound..<done, step, fusion) }
      if done < strips.upperBound {
        unsafe isFinite[part] = execution.run(done..<strips.upperBound, of: strip, step, fusion, scratch)
      }
      unsafe gk_return_scratch(scratch)
    }
  }

  /// Whether all that must be finite is.
  func runFused(_ step: Plan.Step, _ fusion: Fusion) throws(Refusal) -> Bool {
    let count = fusion.stripCount(of: Fusion.strip)
    let isShared =
      (count > 8 || fusion.sumsColumns)
      && gk_is_worth_sharing(fusion.work * Double(fusion.shape.count), GK_SHARED_WORK) != 0
    let threads = isShared ? Int(gk_thread_count()) : 1
    let strip = fusion.sumsColumns ? fusion.columnsAtOnce(threads: threads) : Fusion.strip
    let parts = fusion.sumsColumns ? fusion.stripCount(of: strip) : count / 4
    for end in fusion.ends where end.type == .bool {
      unsafe buffers[fusion.targets[end.target].slot].bytes.bytes[0] = end.isAll ? 1 : 0
    }
    let code = fusion.code.code(for: fusion, operands: step.operands.map(\.type))
    let start = code == nil ? ContinuousClock.now : nil
    defer { if let start { fusion.code.note(.now - start) } }
    let work = Work(
      self, step, fusion, strip: strip, parts: isShared ? min(4 * threads, parts) : 1, code)
    if isShared {
      unsafe gk_run_tasks(
        { context, part in
          if let context = unsafe context {
            unsafe Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().run(Int(part))
          }
        }, Unmanaged.passUnretained(work).toOpaque(), Int32(work.parts))
    } else {
      work.run(0)
    }
    let all = 0..<work.parts
    guard all.allSatisfy({ unsafe work.hasMemory[$0] }) else {
      throw .outOfMemory(needed: fusion.scratchBytes, free: 0)
    }
    for end in fusion.ends {
      guard let partials = end.partials else { continue }
      let y = unsafe buffers[fusion.targets[end.target].slot].bytes
      let x = unsafe buffers[partials].bytes
      let count = fusion.shape.count
      if end.kept == .float32 {
        unsafe y.floats[0] = gk_join_f32(x.floats, count, Fusion.strip)
        continue
      }
      let sum = unsafe gk_join_f64(x.doubles, count, Fusion.strip)
      let result = end.op == .norm ? sum.squareRoot() : sum
      if end.type == .float32 { unsafe y.floats[0] = Float(result) } else { unsafe y.doubles[0] = result }
    }
    return all.allSatisfy { unsafe work.isFinite[$0] }
  }

  /// Whole strips by code; the first one that isn't done.
  private func run(_ strips: Range<Int>, _ step: Plan.Step, _ fusion: Fusion, by code: CompiledCode) -> Int {
    let last = min(strips.upperBound, fusion.shape.count / Fusion.strip)
    guard strips.lowerBound < last else { return strips.lowerBound }
    var arguments: [UnsafeMutableRawPointer?] = unsafe []
    for number in step.operands.indices { unsafe arguments.append(pointer(step, number)) }
    for target in fusion.targets { unsafe arguments.append(buffers[target.slot].bytes) }
    for end in fusion.ends { unsafe arguments.append(end.partials.map { unsafe buffers[$0].bytes }) }
    return unsafe arguments.withUnsafeMutableBufferPointer { arguments in
      guard let first = arguments.baseAddress else { return strips.lowerBound }
      return unsafe code.run(first, from: strips.lowerBound, to: last)
    }
  }

  /// Notes whether what code wrote to some strips is finite; stages do that themselves.
  private func note(_ strips: Range<Int>, _ step: Plan.Step, _ fusion: Fusion) {
    for part in fusion.parts {
      guard let odd = unsafe odd(part, fusion), case .target(let number) = part.result else { continue }
      let (from, count) = (strips.lowerBound * Fusion.strip, strips.count * Fusion.strip)
      let y = unsafe buffers[fusion.targets[number].slot].bytes
      let isFinite =
        part.type == .float32
        ? unsafe gk_all_finite_f32(y.floats + from, count) : unsafe gk_all_finite_f64(y.doubles + from, count)
      if isFinite == 0 { unsafe odd.pointee = 1 }
    }
  }

  /// Where it is noted that a part's result isn't finite.
  private func odd(_ part: Fusion.Part, _ fusion: Fusion) -> UnsafeMutablePointer<UInt8>? {
    guard part.type.isFloat, case .target(let number) = part.result else { return nil }
    return unsafe notes?[fusion.targets[number].slot]
  }

  /// The parts with what doesn't change from strip to strip looked up.
  ///
  /// - Parameter resting: for each reduction at the end whether it is decided.
  private func stages(
    _ step: Plan.Step, _ fusion: Fusion, _ scratch: UnsafeMutableRawPointer, resting: UnsafePointer<UInt8>?
  ) -> [gk_stage] {
    // What each strip of scratch memory holds, as the parts follow each other.
    var widths: [Int: Int] = [:]
    return unsafe fusion.parts.map { part in
      func cursor(_ position: Int) -> gk_cursor {
        let place = part.operands[min(position, part.operands.count - 1)].place
        return unsafe self.cursor(place, step, fusion, scratch, widths: widths)
      }
      let (a, b, c) = unsafe (cursor(0), cursor(1), cursor(2))
      if case .strip(let number) = part.result { widths[number] = part.type.stride }
      let y = unsafe self.cursor(part.result, step, fusion, scratch, widths: widths)
      let (kind, op) = part.primitive.kernel.stage
      return unsafe gk_stage(
        kind: kind, op: Int32(op), from: part.operandType.kernelType, to: part.type.kernelType, a: a, b: b, c: c, y: y,
        is_guarded: part.isGuarded ? 1 : 0, odd: odd(part, fusion),
        rests: part.end.flatMap { end in unsafe resting.map { unsafe $0 + end } },
        tile: nil)
    }
  }

  private func run(
    _ strips: Range<Int>, of strip: Int, _ step: Plan.Step, _ fusion: Fusion, _ scratch: UnsafeMutableRawPointer
  ) -> Bool {
    let accumulators = unsafe scratch + fusion.stripCount * Fusion.strip * 8
    var decided = [UInt8](repeating: 0, count: fusion.ends.count)
    return unsafe decided.withUnsafeMutableBufferPointer { decided in
      var stages = unsafe stages(step, fusion, scratch, resting: UnsafePointer(decided.baseAddress))
      var ends = unsafe fusion.ends.enumerated().map { number, end in
        unsafe gk_end(
          x: cursor(end.operand.place, step, fusion, scratch, widths: [:]), type: end.operandType.kernelType,
          op: end.op, kept: end.kept.kernelType, to: end.type.kernelType,
          sums: buffers[end.partials ?? fusion.targets[end.target].slot].bytes,
          accumulators: accumulators + number * fusion.accumulatorBytes, add: nil, is_all: end.isAll ? 1 : 0,
          truth: buffers[fusion.targets[end.target].slot].bytes.bytes,
          is_decided: decided.baseAddress.map { unsafe $0 + number })
      }
      let stretched = unsafe stretched(step, fusion, scratch)
      return unsafe stages.withUnsafeMutableBufferPointer { stages in
        unsafe ends.withUnsafeMutableBufferPointer { ends in
          unsafe stretched.withUnsafeBufferPointer { stretched in
            var fused = unsafe gk_fused(
              stages: stages.baseAddress, stage_count: stages.count, ends: ends.baseAddress, end_count: ends.count,
              stretched: stretched.baseAddress, stretched_count: stretched.count, rows: fusion.domain.rows,
              columns: fusion.domain.columns, strip: strip, rows_at_once: fusion.writesOut ? fusion.rowsAtOnce : 0,
              sums_columns: fusion.sumsColumns ? 1 : 0)
            let run = unsafe fusion.sumsColumns ? gk_run_columns : gk_run_strips
            return unsafe run(&fused, strips.lowerBound, strips.upperBound) != 0
          }
        }
      }
    }
  }

  private func cursor(
    _ place: Fusion.Place, _ step: Plan.Step, _ fusion: Fusion, _ scratch: UnsafeMutableRawPointer, widths: [Int: Int]
  ) -> gk_cursor {
    func cursor(_ bytes: UnsafeMutableRawPointer, row: Int = 0, column: Int = 0, step: Int, isScratch: Bool = false)
      -> gk_cursor
    {
      unsafe gk_cursor(
        base: bytes.assumingMemoryBound(to: CChar.self), row: row, column: column, step: step,
        advance: isScratch ? 0 : step, at: nil)
    }
    let columns = fusion.domain.columns
    switch place {
    case .strip(let number):
      return unsafe cursor(scratch + number * Fusion.strip * 8, step: widths[number] ?? 0, isScratch: true)
    case .target(let number):
      let (bytes, width) = unsafe (buffers[fusion.targets[number].slot].bytes, fusion.targets[number].stride)
      return unsafe cursor(bytes, row: columns * width, column: width, step: width)
    case .outside(let number):
      let bytes = unsafe pointer(step, number)
      let width = step.operands[number].type.stride
      switch fusion.walks[number] {
      case .whole: return unsafe cursor(bytes, row: columns * width, column: width, step: width)
      case .number: return unsafe cursor(bytes, step: 0)
      case .row, .column:
        if fusion.writesOut { return unsafe cursor(scratch + number * Fusion.strip * 8, step: width) }
        return unsafe fusion.walks[number] == .row
          ? cursor(bytes, column: width, step: width) : cursor(bytes, row: width, step: 0)
      }
    }
  }

  /// The operands that are written out for each strip, in strips of their own.
  private func stretched(
    _ step: Plan.Step, _ fusion: Fusion, _ scratch: UnsafeMutableRawPointer
  ) -> [gk_stretched] {
    guard fusion.writesOut else { return unsafe [] }
    return unsafe fusion.walks.enumerated().compactMap { number, walk in
      guard walk == .row || walk == .column else { return nil }
      return unsafe gk_stretched(
        x: UnsafePointer(pointer(step, number).assumingMemoryBound(to: CChar.self)),
        y: (scratch + number * Fusion.strip * 8).assumingMemoryBound(to: CChar.self),
        width: step.operands[number].type.stride, is_column: walk == .column ? 1 : 0)
    }
  }
}

extension Kernel {
  /// What an element takes, for elementwise operations.
  var price: Price {
    switch self {
    case .map(let op): ElementFunction[op].price
    case .zip(let op): BinaryFunction[op].price
    case .compare, .test, .logic, .not, .select, .keep, .convert: .brief
    default: preconditionFailure("only elementwise operations are fused")
    }
  }

  /// How a fused loop names it, for elementwise operations.
  fileprivate var stage: (kind: gk_stage_kind, op: UInt32) {
    switch self {
    case .map(let op): (GK_STAGE_MAP, op.rawValue)
    case .zip(let op): (GK_STAGE_ZIP, op.rawValue)
    case .compare(let op): (GK_STAGE_COMPARE, op.rawValue)
    case .test(let op): (GK_STAGE_TEST, op.rawValue)
    case .logic(let op): (GK_STAGE_LOGIC, op.rawValue)
    case .not: (GK_STAGE_NOT, 0)
    case .select: (GK_STAGE_SELECT, 0)
    case .keep: (GK_STAGE_KEEP, 0)
    case .convert: (GK_STAGE_CONVERT, 0)
    default: preconditionFailure("only elementwise operations are fused")
    }
  }
}

extension Fusion {
  /// Strips of so many elements.
  fileprivate func stripCount(of strip: Int) -> Int {
    if writesOut { return (domain.rows + rowsAtOnce - 1) / rowsAtOnce }
    return (sumsColumns ? 1 : domain.rows) * ((domain.columns + strip - 1) / strip)
  }

  /// Columns that are summed together: enough strips of them for the threads; which ones makes no difference to any.
  fileprivate func columnsAtOnce(threads: Int) -> Int {
    var columns = Self.strip
    while columns > Self.shortRow, threads > 1, stripCount(of: columns) < 4 * threads { columns /= 2 }
    return columns
  }
}

extension Fusion.End {
  /// What it is added up in: squares in double, whatever the result is.
  var kept: ElementType { op == .norm ? .float64 : type }
  /// What is added up, where it isn't masks.
  var op: gk_reduction { if case .reduce(let op, _) = primitive.kernel { op } else { .sum } }
  var isAll: Bool { if case .reduceLogic(let op, _) = primitive.kernel { op == .and } else { false } }
}
