import CKernels
import Graphs
import Refusals
import Tensors

/// A product with the windows of images, none of which is written out.
final class Convolution: DirectKernel {
  enum Role: Sendable {
    /// Images and weights.
    case forward
    /// The adjoint and weights: what the images get.
    case images
    /// Images and the adjoint: what the weights get.
    case weights
  }

  let role: Role
  let windows: Windows
  let filters: Int

  init(_ role: Role, _ windows: Windows, filters: Int) {
    (self.role, self.windows, self.filters) = (role, windows, filters)
  }

  var name: String {
    switch role {
    case .forward: "convolution"
    case .images: "convolution_adjoint"
    case .weights: "convolution_weights"
    }
  }

  /// Of images, weights and results.
  private var counts: (images: Int, weights: Int, results: Int) {
    let w = windows
    let inner = w.channels * w.size[0] * w.size[1]
    return (
      w.images * w.groups * w.channels * w.image[0] * w.image[1], w.groups * filters * inner,
      w.images * w.groups * filters * w.places[0] * w.places[1]
    )
  }

  var operations: Double { 2 * Double(counts.results) * Double(windows.channels * windows.size[0] * windows.size[1]) }

  func check(_ operands: [Shape], _ result: Shape) throws(Flaw) {
    let (images, weights, results) = counts
    let wanted =
      switch role {
      case .forward: [images, weights, results]
      case .images: [results, weights, images]
      case .weights: [images, results, weights]
      }
    guard (operands + [result]).map(\.count) == wanted, !wanted.contains(0), windows.fit else {
      throw Flaw("wants images, weights and results that fit its windows")
    }
  }

  func run(_ step: Plan.Step, in execution: Execution) throws(Refusal) {
    let (a, b, y) = unsafe (
      execution.pointer(step, 0), execution.pointer(step, 1), execution.buffers[step.target].bytes
    )
    let kind =
      switch role {
      case .forward: GK_CONVOLVE
      case .images: GK_CONVOLVE_BACK
      case .weights: GK_CONVOLVE_WEIGHTS
      }
    var windows = windows.layout(filters: filters)
    let isDone =
      step.type == .float32
      ? unsafe gk_convolve_f32(kind, &windows, a.floats, b.floats, y.floats)
      : unsafe gk_convolve_f64(kind, &windows, a.doubles, b.doubles, y.doubles)
    if isDone == 0 { throw .outOfMemory(needed: step.shape.count * step.type.stride, free: 0) }
  }
}

/// How windows lie on images, whose border isn't stored.
struct Windows: Sendable {
  var images, groups, channels: Int
  var image, size, places, stride, dilation, border: [Int]

  /// Whether all numbers are in order; a window may lie on the border, and beyond it.
  fileprivate var fit: Bool {
    let lists = [image, size, places, stride, dilation, border]
    return lists.allSatisfy { $0.count == 2 && $0.allSatisfy { 0..<1 << 31 ~= $0 } }
      && (stride + dilation).allSatisfy { $0 > 0 }
  }

  fileprivate func layout(filters: Int) -> gk_windows {
    func pair(_ numbers: [Int]) -> (Int, Int) { (numbers[0], numbers[1]) }
    return gk_windows(
      images: images, groups: groups, channels: channels, filters: filters, image: pair(image), size: pair(size),
      places: pair(places), stride: pair(stride), dilation: pair(dilation), border: pair(border))
  }
}
