import CKernels
import Graphs
import Refusals
import Tensors

/// Steps that move elements, reduce along axes, pick by index, and multiply matrices.
extension Execution {
  func move(_ step: Plan.Step) throws(Refusal) {
    let x = unsafe pointer(step, 0)
    let y = unsafe buffers[step.target].bytes
    let width = step.type.stride
    let extents = step.shape.extents
    let rank = extents.count
    switch step.primitive.kernel {
    case .broadcast:
      let strides = BroadcastLoop.strides(of: step.operands[0].shape, over: step.shape)
      unsafe gk_copy_strided(width, x, strides, extents, rank, y)
    case .transpose(let permutation):
      let own = step.operands[0].shape.strides
      unsafe gk_copy_strided(width, x, permutation.map { own[$0] }, extents, rank, y)
    case .slice(let cut):
      let (offset, strides) = Self.walk(cut, in: step.operands[0].shape)
      unsafe gk_copy_strided(width, x + offset * width, strides, extents, rank, y)
    case .embed(let cut):
      let small = step.operands[0].shape
      let (offset, strides) = Self.walk(cut, in: step.shape)
      clear(step)
      if small.count > 0 {
        unsafe gk_store_strided(width, x, y + offset * width, strides, small.extents, rank)
      }
    case .window(let window), .windowAdjoint(let window):
      let axis = window.axis
      let isAdjoint = if case .windowAdjoint = step.primitive.kernel { true } else { false }
      let (whole, small) = isAdjoint ? (step.shape, step.operands[0].shape) : (step.operands[0].shape, step.shape)
      var strides = whole.strides
      let first = try Self.start(value(step, 1), of: small[axis], by: window.step, in: whole[axis], axis)
      let start = first * strides[axis] * width
      strides[axis] *= window.step
      if isAdjoint {
        clear(step)
        if small.count > 0 { unsafe gk_store_strided(width, x, y + start, strides, small.extents, rank) }
      } else {
        unsafe gk_copy_strided(width, x + start, strides, extents, rank, y)
      }
    case .concat(let axis):
      let strides = step.shape.strides
      var start = 0
      for (position, operand) in step.operands.enumerated() where operand.shape.count > 0 {
        let target = unsafe y + start * strides[axis] * width
        unsafe gk_store_strided(
          width, pointer(step, position), target, strides, operand.shape.extents, rank)
        start += operand.shape[axis]
      }
    default: preconditionFailure("only moves come here")
    }
  }

  /// Where a window begins, if all of it lies inside an axis.
  static func start(
    _ value: Double, of count: Int, by step: Int, in extent: Int, _ axis: Int
  ) throws(Refusal) -> Int {
    guard let start = Int(whole: value), count == 0 || (0..<extent).contains(start),
      count == 0 || (0..<extent).contains(start + (count - 1) * step)
    else {
      if count == 1 { _ = try index(value, below: extent, axis) }
      throw Refusal("a window from \(value.text) doesn't lie inside axis \(axis) with \(extent) entries")
    }
    return count == 0 ? 0 : start
  }

  /// The offset and strides of a slice with these starts and steps.
  private static func walk(_ cut: Cut, in shape: Shape) -> (offset: Int, strides: [Int]) {
    let own = shape.strides
    return (zip(cut.starts, own).reduce(0) { $0 + $1.0 * $1.1 }, zip(cut.steps, own).map(*))
  }

  func reduce(_ step: Plan.Step) {
    let operand = step.operands[0]
    let isSingle = operand.type == .float32
    let y = unsafe buffers[step.target].bytes
    let x = unsafe pointer(step, 0)
    switch step.primitive.kernel {
    case .argument(let largest, let axis):
      let (outer, extent, inner) = Self.split(operand.shape, at: axis...axis)
      unsafe withScratch(step.shape.count) { scratch in
        if isSingle {
          unsafe gk_argument_f32(largest ? 1 : 0, x.floats, outer, extent, inner, scratch)
        } else {
          unsafe gk_argument_f64(largest ? 1 : 0, x.doubles, outer, extent, inner, scratch)
        }
        if step.type == .float32 {
          unsafe gk_f32_from_f64(scratch, y.floats, step.shape.count)
        } else {
          unsafe y.copyMemory(from: scratch, byteCount: step.shape.count * 8)
        }
      }
    case .scan(let op, let axis):
      let (outer, extent, inner) = Self.split(operand.shape, at: axis...axis)
      if isSingle {
        unsafe gk_scan_f32(op, x.floats, outer, extent, inner, y.floats)
      } else {
        unsafe gk_scan_f64(op, x.doubles, outer, extent, inner, y.doubles)
      }
    case .reduce(_, let axes), .reduceLogic(_, let axes): reduceAxes(step, operand, axes)
    default: preconditionFailure("only reductions come here")
    }
  }

  /// Neighbouring axes are reduced at once, the last group first; groups in between pass through scratch buffers.
  private func reduceAxes(_ step: Plan.Step, _ operand: Plan.Operand, _ axes: [Int]) {
    var groups: [ClosedRange<Int>] = []
    for axis in axes {
      if let last = groups.last, last.upperBound == axis - 1 {
        groups[groups.count - 1] = last.lowerBound...axis
      } else {
        groups.append(axis...axis)
      }
    }
    var source = unsafe pointer(step, 0)
    var shape = operand.shape
    var kept: Storage?
    // What is kept in double is so from the first group on.
    var type = operand.type
    for (position, group) in groups.enumerated().reversed() {
      let (outer, extent, inner) = Self.split(shape, at: group)
      let count = outer * inner
      var target = unsafe buffers[step.target].bytes
      var next: Storage?
      if position > 0 {
        let storage = Storage(zeroed: Int(count) * step.type.stride)
        unsafe target = storage.bytes
        next = storage
      }
      withExtendedLifetime(kept) {
        unsafe reduce(step.primitive.kernel, type, to: step.type, source, outer, extent, inner, target)
      }
      type = step.type
      shape = Shape(shape.extents.indices.filter { !group.contains($0) }.map { shape[$0] })
      unsafe source = target
      kept = next
    }
  }

  private func reduce(
    _ kernel: Kernel, _ type: ElementType, to result: ElementType, _ x: UnsafeMutableRawPointer, _ outer: Int,
    _ extent: Int, _ inner: Int, _ y: UnsafeMutableRawPointer
  ) {
    switch (kernel, type) {
    case (.reduce(let op, _), .float32) where result != type:
      unsafe gk_reduce_wide_f32(op, x.floats, outer, extent, inner, y.doubles)
    case (.reduce(let op, _), .float32): unsafe gk_reduce_f32(op, x.floats, outer, extent, inner, y.floats)
    case (.reduce(let op, _), _): unsafe gk_reduce_f64(op, x.doubles, outer, extent, inner, y.doubles)
    case (.reduceLogic(let op, _), _): unsafe gk_reduce_b8(op, x.bytes, outer, extent, inner, y.bytes)
    default: preconditionFailure("only reductions come here")
    }
  }

  /// A shape as [outer, extent, inner] around neighbouring axes.
  static func split(_ shape: Shape, at axes: ClosedRange<Int>) -> (outer: Int, extent: Int, inner: Int) {
    (
      shape.extents[..<axes.lowerBound].reduce(1, *), shape.extents[axes].reduce(1, *),
      shape.extents[(axes.upperBound + 1)...].reduce(1, *)
    )
  }

  private func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) {
    let storage = Storage(zeroed: count * 8)
    unsafe body(storage.bytes.doubles)
  }

  func pick(_ step: Plan.Step) throws(Refusal) {
    switch step.primitive.kernel {
    case .take(let axis): try take(step, axis, isAdjoint: false)
    case .takeAdjoint(let axis): try take(step, axis, isAdjoint: true)
    // Of a vector both pick the same.
    case .gather(let axis) where step.operands[0].shape.rank == 1: try take(step, axis, isAdjoint: false)
    case .gatherAdjoint(let axis) where step.shape.rank == 1: try take(step, axis, isAdjoint: true)
    case .gather(let axis): try gather(step, axis, isAdjoint: false)
    case .gatherAdjoint(let axis): try gather(step, axis, isAdjoint: true)
    default: preconditionFailure("only what picks comes here")
    }
  }

  /// Whole slices by their numbers along an axis.
  private func take(_ step: Plan.Step, _ axis: Int, isAdjoint: Bool) throws(Refusal) {
    let x = unsafe pointer(step, 0)
    let y = unsafe buffers[step.target].bytes
    let whole = isAdjoint ? step.shape : step.operands[0].shape
    let (outer, extent, inner) = Self.split(whole, at: axis...axis)
    let (index, type) = unsafe (pointer(step, 1), step.operands[1].type.kernelType)
    let count = step.operands[1].shape.count
    let wrong: Int
    if isAdjoint {
      clear(step)
      wrong =
        step.type == .float32
        ? unsafe gk_take_adjoint_at_f32(x.floats, type, index, outer, extent, inner, count, y.floats)
        : unsafe gk_take_adjoint_at_f64(x.doubles, type, index, outer, extent, inner, count, y.doubles)
    } else {
      wrong = unsafe gk_take_at(step.type.stride, x, type, index, outer, extent, inner, count, y)
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    if wrong < count { _ = try Self.index(tensor(step.operands[1])[flat: wrong], below: extent, axis) }
  }

  /// Element by element: the index tensor has its own extents on every axis.
  private func gather(_ step: Plan.Step, _ axis: Int, isAdjoint: Bool) throws(Refusal) {
    let whole = isAdjoint ? step.shape : step.operands[0].shape
    let small = step.operands[1].shape
    let indices = try indices(step.operands[1], below: whole[axis], axis)
    let x = unsafe pointer(step, 0)
    let y = unsafe buffers[step.target].bytes
    let (strides, extents, rank) = (whole.strides, small.extents, small.rank)
    if isAdjoint { clear(step) }
    switch (isAdjoint, step.type) {
    case (false, _): unsafe gk_gather(step.type.stride, x, indices, strides, extents, rank, axis, y)
    case (true, .float32): unsafe gk_gather_adjoint_f32(x.floats, indices, strides, extents, rank, axis, y.floats)
    case (true, _): unsafe gk_gather_adjoint_f64(x.doubles, indices, strides, extents, rank, axis, y.doubles)
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
  }

  /// Whole numbers that lie inside an axis.
  func indices(_ operand: Plan.Operand, below extent: Int, _ axis: Int) throws(Refusal) -> [Int64] {
    let tensor = tensor(operand)
    let count = operand.shape.count
    var firstWrong = count
    let result = unsafe [Int64](unsafeUninitializedCapacity: count) { places, initialized in
      guard let to = places.baseAddress else { return }
      let x = unsafe tensor.storage.bytes
      switch tensor.type {
      case .float32: unsafe firstWrong = gk_places_f32(x.floats, count, extent, to)
      case .float64, .literal: unsafe firstWrong = gk_places_f64(x.doubles, count, extent, to)
      case .bool:
        for i in 0..<count { unsafe to[i] = Int64(x.bytes[i]) }
        firstWrong = extent > 1 ? count : (0..<count).first { unsafe to[$0] >= extent } ?? count
      }
      initialized = count
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    if firstWrong < count { _ = try Self.index(tensor[flat: firstWrong], below: extent, axis) }
    return result
  }

  /// A whole number inside an axis; negative ones count from the end.
  static func index(_ value: Double, below extent: Int, _ axis: Int) throws(Refusal) -> Int {
    guard let index = Int(whole: value) else { throw Refusal("an index must be whole; one is \(value.text)") }
    guard index >= -extent, index < extent else {
      throw Refusal("index \(index) is out of range for axis \(axis) with \(extent) entries")
    }
    return index < 0 ? index + extent : index
  }
}
