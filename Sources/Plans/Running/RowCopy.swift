import CKernels
import Graphs
import Tensors

/// A copy of elements that lie in a row, from a place that is known or is read each time.
@safe struct RowCopy {
  private let x: UnsafeMutableRawPointer
  private let y: UnsafeMutableRawPointer
  private let byteCount: Int
  private let width: Int
  /// Where the number of the first entry along an axis lies, as a float or a double; nil: it is the first.
  private let start: UnsafeMutableRawPointer?
  private let isSingle: Bool
  /// Bytes from one start to the next.
  private let unit: Int
  /// How far behind the start the last entry lies, and the axis' extent.
  private let span: Int
  private let extent: Int

  /// What takes longer has to see interrupts.
  private static let mostBytes = 1 << 16

  /// Nil for any other step.
  init?(_ execution: Execution, _ step: Plan.Step) {
    let shape = step.operands[0].shape
    let extents = step.shape.extents
    width = step.operands[0].type.stride
    var strides = shape.strides
    var offset = 0
    var window: Window?
    var unit = 0
    switch step.primitive.kernel {
    case .slice(let cut):
      offset = zip(cut.starts, strides).reduce(0) { $0 + $1.0 * $1.1 } * width
      strides = zip(cut.steps, strides).map(*)
    case .window(let cut):
      guard step.operands[1].type != .bool, step.shape[cut.axis] > 0 else { return nil }
      window = cut
      unit = strides[cut.axis] * width
      strides[cut.axis] *= cut.step
    default: return nil
    }
    var expected = 1
    for axis in extents.indices.reversed() where extents[axis] > 1 {
      if strides[axis] != expected { return nil }
      expected *= extents[axis]
    }
    byteCount = step.shape.count * width
    guard byteCount <= Self.mostBytes, !step.isGuarded else { return nil }
    self.unit = unit
    unsafe (x, y) = (execution.pointer(step, 0) + offset, execution.buffers[step.target].bytes)
    if let window {
      unsafe start = execution.pointer(step, 1)
      (span, extent) = ((step.shape[window.axis] - 1) * window.step, shape[window.axis])
      isSingle = step.operands[1].type == .float32
    } else {
      unsafe start = nil
      (isSingle, span, extent) = (false, 0, 0)
    }
  }

  /// The same as text: bytes that don't lie inside make the step a fault.
  func write(to text: StepText) throws(StepText.Unwritable) {
    let (from, to) = unsafe (Int(bitPattern: x), Int(bitPattern: y))
    guard byteCount % width == 0, byteCount / width <= StepText.mostElements else { throw StepText.Unwritable() }
    let kind: StepText.Kind = width == 1 ? .mask : width == 4 ? .single : .double
    guard let start = unsafe start else { return try text.copy(from, to: to, kind, byteCount / width) }
    let number = try text.number(Int(bitPattern: start), isSingle ? .single : .double)
    let place = text.whole(number, from: max(0, -span), below: extent - max(0, span))
    let bytes = text.value("mul i64 \(place), \(unit)")
    try text.copy(from, offset: bytes, extent * unit, to: to, kind, byteCount / width)
  }

  /// False where the window doesn't lie inside.
  func run() -> Bool {
    var first = unsafe x
    if let start = unsafe start {
      let number = unsafe isSingle ? Double(start.floats[0]) : start.doubles[0]
      guard let place = Int(whole: number), place >= 0, place < extent, place + span >= 0, place + span < extent else {
        return false
      }
      unsafe first += place * unit
    }
    if byteCount == 4 {
      unsafe y.storeBytes(of: first.load(as: UInt32.self), as: UInt32.self)
    } else if byteCount == 8 {
      unsafe y.storeBytes(of: first.load(as: UInt64.self), as: UInt64.self)
    } else {
      unsafe y.copyMemory(from: first, byteCount: byteCount)
    }
    return true
  }
}
