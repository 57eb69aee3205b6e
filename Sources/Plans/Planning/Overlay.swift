import CKernels
import Graphs
import Refusals
import Tensors

/// Tensors that are each put at places of a larger one, zeros around them, and added up in their order.
final class Overlay: DirectKernel {
  /// Where each of them is put.
  let cuts: [Cut]
  private let whole: Shape
  /// Starts, steps and extents of each, and the extents of the whole, without axes at the end that all fill.
  private let flat: (cuts: [Int], extents: [Int])

  init(_ parts: [(cut: Cut, shape: Shape)], in whole: Shape) {
    cuts = parts.map(\.cut)
    self.whole = whole
    var extents = whole.extents
    var flat = parts.map { (starts: $0.cut.starts, steps: $0.cut.steps, extents: $0.shape.extents) }
    while extents.count > 1, let last = extents.last, flat.allSatisfy({ $0.extents.last == last }),
      flat.allSatisfy({ $0.steps[extents.count - 2] == 1 })
    {
      extents.removeLast()
      extents[extents.count - 1] *= last
      for part in flat.indices {
        flat[part].starts.removeLast()
        flat[part].steps.removeLast()
        flat[part].extents.removeLast()
        flat[part].starts[extents.count - 1] *= last
        flat[part].extents[extents.count - 1] *= last
      }
    }
    self.flat = (flat.flatMap { $0.starts + $0.steps + $0.extents }, extents)
  }

  var name: String { "overlay" }

  var operations: Double { Double(cuts.count) }

  func check(_ operands: [Shape], _ result: Shape) throws(Flaw) {
    guard operands.count == cuts.count, result == whole,
      zip(cuts, operands).allSatisfy({ $0.lies($1, in: result) })
    else { throw Flaw("wants parts that lie inside its result") }
  }

  func run(_ step: Plan.Step, in execution: Execution) throws(Refusal) {
    let values = unsafe cuts.indices.map { unsafe UnsafeRawPointer(execution.pointer(step, $0)) as UnsafeRawPointer? }
    let y = unsafe execution.buffers[step.target].bytes
    let (cuts, extents) = flat
    if step.type == .float32 {
      unsafe gk_overlay_f32(values, cuts, values.count, extents, extents.count, y.floats)
    } else {
      unsafe gk_overlay_f64(values, cuts, values.count, extents, extents.count, y.doubles)
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
  }
}

extension Cut {
  /// Whether a tensor, forward along each axis, lies inside another.
  func lies(_ part: Shape, in whole: Shape) -> Bool {
    part.rank == whole.rank && starts.count == whole.rank && steps.count == whole.rank
      && whole.extents.indices.allSatisfy {
        starts[$0] >= 0 && steps[$0] >= 1 && part[$0] >= 1 && starts[$0] + (part[$0] - 1) * steps[$0] < whole[$0]
      }
  }
}
