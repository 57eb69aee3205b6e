import CKernels
import Graphs
import Tensors

/// A step with its pointers in place: one kernel call, so that running it again asks nothing anew.
@safe enum Instruction {
  typealias Bytes = UnsafeMutableRawPointer

  /// A broadcasting loop without outer counters: three operands, the step along each, the length.
  @safe struct Run {
    let a, b, c, y: Bytes
    let strides: BroadcastLoop.Three
    let count: Int

    init(a: Bytes, b: Bytes, c: Bytes, y: Bytes, strides: BroadcastLoop.Three, count: Int) {
      unsafe (self.a, self.b, self.c, self.y) = (a, b, c, y)
      (self.strides, self.count) = (strides, count)
    }

    /// Of one element each.
    init(a: Bytes, b: Bytes, y: Bytes) {
      unsafe self.init(a: a, b: b, c: y, y: y, strides: BroadcastLoop.Three(), count: 1)
    }
  }

  /// One matrix product; strides in elements.
  @safe struct Product {
    let a, b, y: Bytes
    let m, k, n: Int
    let aRow, aColumn, bRow, bColumn: Int
    /// Large enough that a library gains: its threads wait by yielding, which is ruinous where cores are shared, and up to
    /// here our own kernel is as fast.
    let isLarge: Bool
    /// The step has a longer way for results that aren't finite.
    let isChecked: Bool
  }

  case map32(gk_map, Bytes, Bytes, Int)
  case map64(gk_map, Bytes, Bytes, Int)
  case zip32(gk_zip, Run)
  case zip64(gk_zip, Run)
  /// The same, and whether the result is finite.
  case checkedZip32(gk_zip, Run)
  case checkedZip64(gk_zip, Run)
  case compare32(gk_comparison, Run)
  case compare64(gk_comparison, Run)
  case logic(gk_logic, Run)
  case keep32(Run)
  case keep64(Run)
  case select8(Run)
  case select32(Run)
  case select64(Run)
  case test32(gk_test, Bytes, Bytes, Int)
  case test64(gk_test, Bytes, Bytes, Int)
  case not(Bytes, Bytes, Int)
  case convert(from: gk_type, to: gk_type, Bytes, Bytes, Int)
  case reduce32(gk_reduction, Bytes, Bytes, outer: Int, extent: Int, inner: Int)
  case reduce64(gk_reduction, Bytes, Bytes, outer: Int, extent: Int, inner: Int)
  /// From floats to doubles.
  case reduceWide(gk_reduction, Bytes, Bytes, outer: Int, extent: Int, inner: Int)
  case product32(Product)
  case product64(Product)
  /// Of one element each.
  case add64(Bytes, Bytes, Bytes)
  case subtract64(Bytes, Bytes, Bytes)
  case multiply64(Bytes, Bytes, Bytes)
  case compareOne(gk_comparison, Bytes, Bytes, Bytes)
  case copy(RowCopy)
  /// Nothing to do.
  case none
  /// Anything that isn't one call: the step itself says what.
  case step
}

extension Instruction {
  /// An elementwise loop.
  init(_ kernel: Kernel, type: ElementType, operandType: ElementType, _ run: Run) {
    let isSingle = operandType == .float32
    if run.count == 1, !isSingle, operandType != .bool, case .zip(let op) = kernel {
      switch op {
      case .add: self = unsafe .add64(run.a, run.b, run.y)
      case .subtract: self = unsafe .subtract64(run.a, run.b, run.y)
      case .multiply: self = unsafe .multiply64(run.a, run.b, run.y)
      default: self = .zip64(op, run)
      }
      return
    }
    if run.count == 1, !isSingle, operandType != .bool, case .compare(let op) = kernel {
      self = unsafe .compareOne(op, run.a, run.b, run.y)
      return
    }
    switch kernel {
    case .map(let op):
      self = unsafe isSingle ? .map32(op, run.a, run.y, run.count) : .map64(op, run.a, run.y, run.count)
    case .test(let op):
      self = unsafe isSingle ? .test32(op, run.a, run.y, run.count) : .test64(op, run.a, run.y, run.count)
    case .not: self = unsafe .not(run.a, run.y, run.count)
    case .convert: self = unsafe .convert(from: operandType.kernelType, to: type.kernelType, run.a, run.y, run.count)
    case .zip(let op): self = isSingle ? .zip32(op, run) : .zip64(op, run)
    case .compare(let op): self = isSingle ? .compare32(op, run) : .compare64(op, run)
    case .logic(let op): self = .logic(op, run)
    case .keep: self = isSingle ? .keep32(run) : .keep64(run)
    case .select: self = type == .bool ? .select8(run) : isSingle ? .select32(run) : .select64(run)
    default: preconditionFailure("only elementwise operations come here")
    }
  }

  /// A look at the result is all that can fail; what was done in place can't be done again.
  var isChecked: Bool {
    switch self {
    case .checkedZip32, .checkedZip64: true
    default: false
    }
  }

  /// With a look at the result.
  var checked: Instruction {
    switch self {
    case .add64(let a, let b, let y): unsafe .checkedZip64(.add, Run(a: a, b: b, y: y))
    case .subtract64(let a, let b, let y): unsafe .checkedZip64(.subtract, Run(a: a, b: b, y: y))
    case .multiply64(let a, let b, let y): unsafe .checkedZip64(.multiply, Run(a: a, b: b, y: y))
    case .zip32(let op, let run): .checkedZip32(op, run)
    case .zip64(let op, let run): .checkedZip64(op, run)
    default: .step
    }
  }

  private static func holds(_ op: gk_comparison, _ a: Double, _ b: Double) -> Bool {
    switch op {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessEqual: a <= b
    case .greater: a > b
    case .greaterEqual: a >= b
    }
  }

  /// Makes the call and says whether all that it wrote is finite; nil, and nothing done, where that takes another look.
  func runLooking() -> Bool? {
    switch self {
    case .map32(let op, let x, let y, let n): unsafe gk_map_checked_f32(op, x.floats, y.floats, n) != 0
    case .map64(let op, let x, let y, let n): unsafe gk_map_checked_f64(op, x.doubles, y.doubles, n) != 0
    case .zip32(let op, let run): Instruction.checkedZip32(op, run).run()
    case .zip64(let op, let run): Instruction.checkedZip64(op, run).run()
    case .checkedZip32, .checkedZip64, .compare32, .compare64, .logic, .keep32, .keep64, .select8, .select32, .select64,
      .test32, .test64, .not, .convert, .reduce32, .reduce64, .reduceWide, .product32, .product64, .add64, .subtract64,
      .multiply64, .compareOne, .copy, .none, .step:
      nil
    }
  }

  /// Makes the call; false where the step has to be run another way.
  @inline(__always)
  func run() -> Bool {
    switch self {
    case .map32(let op, let x, let y, let n): unsafe gk_map_f32(op, x.floats, y.floats, n)
    case .map64(let op, let x, let y, let n): unsafe gk_map_f64(op, x.doubles, y.doubles, n)
    case .zip32(let op, let r):
      unsafe gk_zip_f32(op, r.a.floats, r.strides.a, r.b.floats, r.strides.b, r.y.floats, r.count)
    case .zip64(let op, let r):
      unsafe gk_zip_f64(op, r.a.doubles, r.strides.a, r.b.doubles, r.strides.b, r.y.doubles, r.count)
    case .checkedZip32(let op, let r):
      return unsafe gk_zip_checked_f32(op, r.a.floats, r.strides.a, r.b.floats, r.strides.b, r.y.floats, r.count) != 0
    case .checkedZip64(let op, let r):
      return unsafe gk_zip_checked_f64(op, r.a.doubles, r.strides.a, r.b.doubles, r.strides.b, r.y.doubles, r.count)
        != 0
    case .compare32(let op, let r):
      unsafe gk_compare_f32(op, r.a.floats, r.strides.a, r.b.floats, r.strides.b, r.y.bytes, r.count)
    case .compare64(let op, let r):
      unsafe gk_compare_f64(op, r.a.doubles, r.strides.a, r.b.doubles, r.strides.b, r.y.bytes, r.count)
    case .logic(let op, let r):
      unsafe gk_logic_b8(op, r.a.bytes, r.strides.a, r.b.bytes, r.strides.b, r.y.bytes, r.count)
    case .keep32(let r):
      unsafe gk_keep_f32(r.a.bytes, r.strides.a, r.b.floats, r.strides.b, r.y.floats, r.count)
    case .keep64(let r):
      unsafe gk_keep_f64(r.a.bytes, r.strides.a, r.b.doubles, r.strides.b, r.y.doubles, r.count)
    case .select8(let r):
      unsafe gk_select_b8(
        r.a.bytes, r.strides.a, r.b.bytes, r.strides.b, r.c.bytes, r.strides.c, r.y.bytes, r.count)
    case .select32(let r):
      unsafe gk_select_f32(
        r.a.bytes, r.strides.a, r.b.floats, r.strides.b, r.c.floats, r.strides.c, r.y.floats, r.count)
    case .select64(let r):
      unsafe gk_select_f64(
        r.a.bytes, r.strides.a, r.b.doubles, r.strides.b, r.c.doubles, r.strides.c, r.y.doubles, r.count)
    case .test32(let op, let x, let y, let n): unsafe gk_test_f32(op, x.floats, y.bytes, n)
    case .test64(let op, let x, let y, let n): unsafe gk_test_f64(op, x.doubles, y.bytes, n)
    case .not(let x, let y, let n): unsafe gk_not_b8(x.bytes, y.bytes, n)
    case .convert(let from, let to, let x, let y, let n): unsafe gk_convert(from, to, x, y, n)
    case .reduce32(let op, let x, let y, let outer, let extent, let inner):
      unsafe gk_reduce_f32(op, x.floats, outer, extent, inner, y.floats)
    case .reduceWide(let op, let x, let y, let outer, let extent, let inner):
      unsafe gk_reduce_wide_f32(op, x.floats, outer, extent, inner, y.doubles)
    case .reduce64(let op, let x, let y, let outer, let extent, let inner):
      unsafe gk_reduce_f64(op, x.doubles, outer, extent, inner, y.doubles)
    case .product32(let p):
      Self.multiply32(p)
      return unsafe !p.isChecked || gk_all_finite_f32(p.y.floats, p.m * p.n) != 0
    case .product64(let p):
      Self.multiply64(p)
      return unsafe !p.isChecked || gk_all_finite_f64(p.y.doubles, p.m * p.n) != 0
    case .add64(let a, let b, let y): unsafe y.doubles[0] = a.doubles[0] + b.doubles[0]
    case .subtract64(let a, let b, let y): unsafe y.doubles[0] = a.doubles[0] - b.doubles[0]
    case .multiply64(let a, let b, let y): unsafe y.doubles[0] = a.doubles[0] * b.doubles[0]
    case .compareOne(let op, let a, let b, let y):
      unsafe y.bytes[0] = Self.holds(op, a.doubles[0], b.doubles[0]) ? 1 : 0
    case .copy(let copy): return copy.run()
    case .none: break
    case .step: return false
    }
    return true
  }

  /// A library can't be interrupted: it is given so many multiplications at a time, a twentieth of a second's worth.
  private static let panelWork = 5e9

  /// Panels of rows for a library, until one is refused or the user interrupts; whether none was refused.
  private static func multiplyInPanels(_ p: Product, _ panel: (_ first: Int, _ rows: Int) -> Bool) -> Bool {
    let panels = (Double(p.m) * Double(p.k) * Double(p.n) / panelWork).rounded(.up)
    let rows = max(Int((Double(p.m) / max(panels, 1)).rounded(.up)), 64)
    for first in stride(from: 0, to: p.m, by: rows) {
      if gk_is_interrupted() != 0 { return true }
      if !panel(first, min(rows, p.m - first)) { return false }
    }
    return true
  }

  private static func multiply32(_ p: Product) {
    let isDone =
      p.isLarge
      && multiplyInPanels(p) { first, rows in
        unsafe gk_blas_matmul_f32(
          p.a.floats + first * p.aRow, p.aRow, p.aColumn, p.b.floats, p.bRow, p.bColumn, p.y.floats + first * p.n, rows,
          p.k, p.n) != 0
      }
    if isDone { return }
    unsafe gk_matmul_f32(p.a.floats, p.aRow, p.aColumn, p.b.floats, p.bRow, p.bColumn, p.y.floats, p.m, p.k, p.n)
  }

  private static func multiply64(_ p: Product) {
    let isDone =
      p.isLarge
      && multiplyInPanels(p) { first, rows in
        unsafe gk_blas_matmul_f64(
          p.a.doubles + first * p.aRow, p.aRow, p.aColumn, p.b.doubles, p.bRow, p.bColumn, p.y.doubles + first * p.n,
          rows, p.k, p.n) != 0
      }
    if isDone { return }
    unsafe gk_matmul_f64(
      p.a.doubles, p.aRow, p.aColumn, p.b.doubles, p.bRow, p.bColumn, p.y.doubles, p.m, p.k, p.n)
  }
}

extension ElementType {
  /// A literal is computed with as a float64.
  var kernelType: gk_type {
    switch self {
    case .bool: GK_B8
    case .float32: GK_F32
    case .literal, .float64: GK_F64
    }
  }
}

extension UnsafeMutableRawPointer {
  var floats: UnsafeMutablePointer<Float> { unsafe assumingMemoryBound(to: Float.self) }
  var doubles: UnsafeMutablePointer<Double> { unsafe assumingMemoryBound(to: Double.self) }
  var bytes: UnsafeMutablePointer<UInt8> { unsafe assumingMemoryBound(to: UInt8.self) }
}
