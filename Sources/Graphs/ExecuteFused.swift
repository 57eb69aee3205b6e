import CKernels
import Tensors

/// Fused steps: strip by strip, two threads where it gains.
extension Execution {
  /// One strip: where it starts, and its length.
  private struct Strip {
    var row: Int
    var column: Int
    var rows: Int
    var count: Int
  }

  /// What both threads share.
  private final class Work {
    let execution: Execution
    let step: Plan.Step
    let fusion: Fusion
    let count: Int
    let halves: Int
    /// Whether all guarded results were finite, for each half.
    var first = true
    var second = true

    init(_ execution: Execution, _ step: Plan.Step, _ fusion: Fusion, count: Int, halves: Int) {
      (self.execution, self.step, self.fusion) = (execution, step, fusion)
      (self.count, self.halves) = (count, halves)
    }

    func run(_ half: Int) {
      let middle = (count + 1) / 2
      let strips = halves == 1 ? 0..<count : half == 0 ? 0..<middle : middle..<count
      let isFinite = execution.run(strips, step, fusion, half: half)
      if half == 0 { first = isFinite } else { second = isFinite }
    }
  }

  /// Whether all that must be finite is.
  func runFused(_ step: Plan.Step, _ fusion: Fusion) -> Bool {
    let count = stripCount(fusion)
    let isWorthTwo = fusion.work * Double(fusion.shape.count) > 400_000 && count > 8 && gk_thread_count() > 1
    for end in fusion.ends where end.type == .bool {
      unsafe buffers[fusion.targets[end.target].slot].bytes.bytes[0] = end.isAll ? 1 : 0
    }
    let work = Work(self, step, fusion, count: count, halves: isWorthTwo ? 2 : 1)
    if isWorthTwo {
      unsafe gk_run_tasks(
        { context, half in
          if let context = unsafe context {
            unsafe Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().run(Int(half))
          }
        }, Unmanaged.passUnretained(work).toOpaque(), 2)
    } else {
      work.run(0)
    }
    for end in fusion.ends {
      guard let partials = end.partials else { continue }
      let runs = (fusion.shape.count + Fusion.run - 1) / Fusion.run
      let y = unsafe buffers[fusion.targets[end.target].slot].bytes
      let x = unsafe buffers[partials].bytes
      if end.type == .float32 {
        unsafe y.floats[0] = Self.total(x.floats, runs, fusion.shape.count)
      } else {
        unsafe y.doubles[0] = Self.total(x.doubles, runs, fusion.shape.count)
      }
    }
    return work.first && work.second
  }

  /// The sums of runs joined in the order in which the reduction kernel joins them.
  private static func total<T: AdditiveArithmetic>(_ sums: UnsafeMutablePointer<T>, _ runs: Int, _ count: Int) -> T {
    if runs == 1 { return unsafe sums[0] }
    let half = max(count / 2 / Fusion.run, 1)
    return unsafe total(sums, half, half * Fusion.run) + total(sums + half, runs - half, count - half * Fusion.run)
  }

  private func stripCount(_ fusion: Fusion) -> Int {
    let domain = fusion.domain
    if fusion.writesOut { return (domain.rows + fusion.rowsAtOnce - 1) / fusion.rowsAtOnce }
    return domain.rows * ((domain.columns + Fusion.strip - 1) / Fusion.strip)
  }

  private func strip(_ number: Int, _ fusion: Fusion) -> Strip {
    let domain = fusion.domain
    if fusion.writesOut {
      let row = number * fusion.rowsAtOnce
      let rows = min(fusion.rowsAtOnce, domain.rows - row)
      return Strip(row: row, column: 0, rows: rows, count: rows * domain.columns)
    }
    let perRow = (domain.columns + Fusion.strip - 1) / Fusion.strip
    let (row, place) = number.quotientAndRemainder(dividingBy: perRow)
    let column = place * Fusion.strip
    return Strip(row: row, column: column, rows: 1, count: min(Fusion.strip, domain.columns - column))
  }

  /// Where a part's operand lies in each strip.
  @safe private struct Cursor {
    let base: UnsafeMutableRawPointer
    /// Bytes from a row to the next, and from a column.
    var row = 0
    var column = 0
    /// Elements from one to the next within a strip.
    var stride = 1

    @inline(__always)
    func at(_ strip: Strip) -> UnsafeMutableRawPointer { unsafe base + strip.row * row + strip.column * column }
  }

  /// A part with what doesn't change from strip to strip looked up.
  private struct Stage {
    let call: Instruction
    let a, b, c, y: Cursor
    let strides: BroadcastLoop.Three
    let type: ElementType
    let isGuarded: Bool
    let end: Int?
  }

  private func stages(_ step: Plan.Step, _ fusion: Fusion, _ scratch: UnsafeMutableRawPointer) -> [Stage] {
    fusion.parts.map { part in
      func operand(_ position: Int) -> Cursor {
        unsafe cursor(part.operands[min(position, part.operands.count - 1)], step, fusion, scratch)
      }
      let (a, b, c) = (operand(0), operand(1), operand(2))
      let y = unsafe cursor(part.result, step, fusion, scratch)
      let strides = BroadcastLoop.Three([a.stride, b.stride, c.stride])
      let run = unsafe Instruction.Run(a: a.base, b: b.base, c: c.base, y: y.base, strides: strides, count: 0)
      return Stage(
        call: Instruction(part.kernel, type: part.type, operandType: part.operandType, run), a: a, b: b, c: c, y: y,
        strides: strides, type: part.type, isGuarded: part.isGuarded, end: part.end)
    }
  }

  private func run(_ strips: Range<Int>, _ step: Plan.Step, _ fusion: Fusion, half: Int) -> Bool {
    let scratch = unsafe buffers[fusion.scratch].bytes + half * fusion.stripCount * Fusion.strip * 8
    let stages = unsafe stages(step, fusion, scratch)
    let endings = fusion.ends.map { unsafe cursor($0.operand, step, fusion, scratch) }
    var decided = [Bool](repeating: false, count: fusion.ends.count)
    if fusion.writesOut {
      for (number, walk) in fusion.walks.enumerated() where walk == .row {
        unsafe writeOut(step, number, to: scratch, fusion, row: 0, rows: min(fusion.rowsAtOnce, fusion.domain.rows))
      }
    }
    for number in strips {
      if gk_is_interrupted() != 0 { return true }
      let strip = strip(number, fusion)
      if fusion.writesOut {
        for (number, walk) in fusion.walks.enumerated() where walk == .column {
          unsafe writeOut(step, number, to: scratch, fusion, row: strip.row, rows: strip.rows)
        }
      }
      for stage in stages {
        if let end = stage.end, decided[end] { continue }
        let y = unsafe stage.y.at(strip)
        let run = unsafe Instruction.Run(
          a: stage.a.at(strip), b: stage.b.at(strip), c: stage.c.at(strip), y: y, strides: stage.strides,
          count: strip.count)
        _ = stage.call.over(run).run()
        guard stage.isGuarded else { continue }
        let isFinite =
          unsafe stage.type == .float32
          ? gk_all_finite_f32(y.floats, strip.count) : gk_all_finite_f64(y.doubles, strip.count)
        if isFinite == 0 { return false }
      }
      for (end, ending) in fusion.ends.enumerated() where !decided[end] {
        decided[end] = unsafe finish(ending, endings[end].at(strip), strip, number, fusion)
      }
    }
    return true
  }

  /// Adds a strip to a reduction; whether nothing more can change it.
  private func finish(
    _ end: Fusion.End, _ x: UnsafeMutableRawPointer, _ strip: Strip, _ number: Int, _ fusion: Fusion
  ) -> Bool {
    if let partials = end.partials {
      let first = number * (Fusion.strip / Fusion.run)
      for (run, start) in stride(from: 0, to: strip.count, by: Fusion.run).enumerated() {
        let count = min(Fusion.run, strip.count - start)
        let y = unsafe buffers[partials].bytes
        if end.type == .float32 {
          unsafe gk_reduce_f32(GK_SUM, x.floats + start, 1, count, 1, y.floats + first + run)
        } else {
          unsafe gk_reduce_f64(GK_SUM, x.doubles + start, 1, count, 1, y.doubles + first + run)
        }
      }
      return false
    }
    var truth: UInt8 = 0
    unsafe gk_reduce_b8(end.isAll ? GK_AND : GK_OR, x.bytes, 1, strip.count, 1, &truth)
    if (truth != 0) == end.isAll { return false }
    // Either thread may say so; both would say the same.
    unsafe buffers[fusion.targets[end.target].slot].bytes.bytes[0] = truth
    return true
  }

  private func cursor(
    _ place: Fusion.Place, _ step: Plan.Step, _ fusion: Fusion, _ scratch: UnsafeMutableRawPointer
  ) -> Cursor {
    let columns = fusion.domain.columns
    switch place {
    case .strip(let number): return unsafe Cursor(base: scratch + number * Fusion.strip * 8)
    case .target(let number):
      let target = fusion.targets[number]
      return unsafe Cursor(base: buffers[target.slot].bytes, row: columns * target.stride, column: target.stride)
    case .outside(let number):
      let bytes = unsafe pointer(step, number)
      let width = step.operands[number].type.stride
      switch fusion.walks[number] {
      case .whole: return unsafe Cursor(base: bytes, row: columns * width, column: width)
      case .number: return unsafe Cursor(base: bytes, stride: 0)
      case .row, .column:
        if fusion.writesOut { return unsafe Cursor(base: scratch + number * Fusion.strip * 8) }
        return unsafe fusion.walks[number] == .row
          ? Cursor(base: bytes, column: width) : Cursor(base: bytes, row: width, stride: 0)
      }
    }
  }

  /// Writes a stretched operand out for the rows of a strip.
  private func writeOut(
    _ step: Plan.Step, _ number: Int, to scratch: UnsafeMutableRawPointer, _ fusion: Fusion, row: Int, rows: Int
  ) {
    let width = step.operands[number].type.stride
    let target = unsafe scratch + number * Fusion.strip * 8
    let source = unsafe pointer(step, number)
    if fusion.walks[number] == .row {
      unsafe gk_copy_strided(width, source, [0, 1], [rows, fusion.domain.columns], 2, target)
    } else {
      unsafe gk_copy_strided(width, source + row * width, [1, 0], [rows, fusion.domain.columns], 2, target)
    }
  }
}

extension Fusion {
  /// A rough cost of an element: functions that take many instructions gain from a second thread, the others wait for memory.
  var work: Double {
    parts.reduce(0) { total, part in
      switch part.kernel {
      case .map(let op): total + (op.rawValue >= GK_EXP.rawValue && op != GK_RELU ? 4 : 0.5)
      case .zip(let op): total + (op.rawValue >= GK_POWER.rawValue ? 4 : 0.5)
      default: total + 0.5
      }
    }
  }
}

extension Fusion.End {
  var isAll: Bool { if case .reduceLogic(let op) = kernel { op == GK_AND } else { false } }
}
