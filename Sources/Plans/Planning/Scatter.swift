import CKernels
import Graphs
import Refusals
import Tensors

/// A tensor with values at places along an axis; of equal places the last counts.
final class Scatter: DirectKernel {
  let axis: Int

  init(axis: Int) { self.axis = axis }

  var name: String { "scatter" }

  var operations: Double { 0 }

  var places: Int? { 1 }

  func check(_ operands: [Shape], _ result: Shape) throws(Flaw) {
    guard operands.count == 3, operands[0] == result, operands[1] == operands[2], operands[1].rank == result.rank,
      result.extents.indices.contains(axis),
      result.extents.indices.allSatisfy({ $0 == axis || operands[1][$0] <= result[$0] })
    else { throw Flaw("wants as many values as places, none beside its result") }
  }

  func run(_ step: Plan.Step, in execution: Execution) throws(Refusal) {
    let (x, values) = unsafe (execution.pointer(step, 0), execution.pointer(step, 2))
    let (places, y) = (step.operands[1], unsafe execution.buffers[step.target].bytes)
    let (whole, width, count) = (step.shape, step.type.stride, places.shape.count)
    if whole.rank == 1 {
      let wrong = unsafe gk_scatter_at(
        width, x, places.type.kernelType, execution.pointer(step, 1), count, whole.count, values, y)
      if gk_is_interrupted() != 0 { throw .interrupted }
      if wrong < count {
        _ = try Execution.index(execution.tensor(places)[flat: wrong], below: whole.count, axis)
      }
      return
    }
    let index = try execution.indices(places, below: whole[axis], axis)
    unsafe gk_copy(x, y, whole.count * width)
    unsafe gk_scatter(width, values, index, whole.strides, places.shape.extents, whole.rank, axis, y)
    if gk_is_interrupted() != 0 { throw .interrupted }
  }
}
