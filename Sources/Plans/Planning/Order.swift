import CKernels
import Graphs
import Refusals
import Tensors

/// Some ranks of a tensor's elements along an axis, in order; NaN counts as the greatest, and equals keep their order.
final class Order: DirectKernel {
  let axis: Int
  let extent: Int
  let isDescending: Bool
  let ranks: Range<Int>
  /// The elements themselves, not their places.
  let givesValues: Bool

  init(axis: Int, extent: Int, isDescending: Bool, ranks: Range<Int>, givesValues: Bool) {
    (self.axis, self.extent, self.isDescending) = (axis, extent, isDescending)
    (self.ranks, self.givesValues) = (ranks, givesValues)
  }

  var name: String {
    let verb = ranks.count == extent ? "sort" : "select"
    return givesValues ? verb : "arg" + verb
  }

  var operations: Double { Double(extent) }

  func check(_ operands: [Shape], _ result: Shape) throws(Flaw) {
    guard operands.count == 1, operands[0].extents.indices.contains(axis), operands[0][axis] == extent,
      ranks.lowerBound >= 0, ranks.upperBound <= extent
    else { throw Flaw("wants an operand with its axis") }
    var expected = operands[0]
    expected[axis] = ranks.count
    guard result == expected else { throw Flaw("wants a place for each rank") }
  }

  func run(_ step: Plan.Step, in execution: Execution) throws(Refusal) {
    let (outer, extent, inner) = Execution.split(step.operands[0].shape, at: axis...axis)
    let (x, y) = unsafe (execution.pointer(step, 0), execution.buffers[step.target].bytes)
    let isDone =
      step.type == .float32
      ? unsafe gk_ranks_f32(
        isDescending ? 1 : 0, x.floats, outer, extent, inner, ranks.lowerBound, ranks.count, givesValues ? 1 : 0,
        y.floats)
      : unsafe gk_ranks_f64(
        isDescending ? 1 : 0, x.doubles, outer, extent, inner, ranks.lowerBound, ranks.count, givesValues ? 1 : 0,
        y.doubles)
    if isDone == 0 { throw .outOfMemory(needed: 2 * extent * 2 * step.type.stride, free: 0) }
  }
}
