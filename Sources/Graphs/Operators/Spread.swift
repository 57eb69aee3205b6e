import CKernels
import Tensors

/// How far elements lie from their mean, so that neither a large mean nor large or small distances cost digits.
extension Symbol {
  /// A sum along axes, or the root of a sum of squares: of floats in float64, as it was added up.
  func addedUp(_ family: Family<[Int]>, over axes: [Int], keepsAxes: Bool = false) -> Symbol {
    let x = asFloat
    var kept = shape
    for axis in axes { kept[axis] = 1 }
    let primitive = family(axes.sorted())
    if axes.isEmpty {
      if case .reduce(.norm, _) = primitive.kernel { return Operator.abs(x) }
      return x
    }
    let type: ElementType = x.type == .float32 ? .float64 : x.type
    let result = builder.add(primitive, [x], shape: shape.removing(axes), type: type)
    return keepsAxes ? result.reshaped(kept) : result
  }

  func mean(over axes: [Int], keepsAxes: Bool = false) -> Symbol {
    let count = Double(extent(of: axes))
    let formula = summed(over: axes, keepsAxes: keepsAxes) / count
    guard formula.type == .float32 else { return formula }
    return .restated(addedUp(.sum, over: axes, keepsAxes: keepsAxes) / count, as: formula)
  }

  /// x - mean(x), with all digits where the mean is large beside it.
  func apart(over axes: [Int]) -> Symbol {
    let x = asFloat
    let count = Double(extent(of: axes))
    let formula = x - x.mean(over: axes, keepsAxes: true)
    if x.type == .float32 {
      let mean = x.addedUp(.sum, over: axes, keepsAxes: true) / count
      let high = mean.converted(to: .float32)
      let low = (mean - high.converted(to: .float64)).converted(to: .float32)
      return .restated(x - high - low, as: formula)
    }
    // The mean of what is left is what the mean lost.
    return .restated(formula - formula.summed(over: axes, keepsAxes: true) / count, as: formula)
  }

  /// The variance, from how far elements lie apart, and its root as it has most digits.
  func variance(over axes: [Int], correction: Double) -> (variance: Symbol, root: Symbol) {
    let apart = apart(over: axes)
    let count = Double(extent(of: axes)) - correction
    let formula = apart.squared().summed(over: axes) / count
    let length = apart.addedUp(.norm, over: axes)
    // Neither the square of the length nor that of the root has to be a number.
    let variance = Symbol.restated(length * (length / count), as: formula)
    return (variance, .restated(length / count.squareRoot(), as: Operator.sqrt(variance)))
  }
}
