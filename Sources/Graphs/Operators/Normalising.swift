import Refusals
import Tensors

/// Layers that move and scale what goes through them.
extension Operator {
  public static let layerNorm: Operator = Operator(
    "layer_norm(x, axis=-1, eps=1e-5, scale?, shift?)",
    "x moved to mean 0 and scaled to variance 1 along an axis; then scale and shift, of the axis's extent.",
    derivative: "g less its mean and its part along y, over the deviation",
    trials: ["layer_norm(a)", "layer_norm(a, axis=0, eps=0.1)", "layer_norm(a, scale=v, shift=v)"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let axes = try arguments.chosenAxes(of: x)
    let y = x.normalised(over: axes, eps: try arguments.epsilon(1e-5))
    return .tensor(try arguments.scaledAndShifted(y, like: x, along: axes))
  }

  public static let rmsNorm: Operator = Operator(
    "rms_norm(x, axis=-1, eps=1e-6, scale?)",
    "x scaled to mean square 1 along an axis; then scale, of the axis's extent.",
    derivative: "g less its part along y, over the root of the mean square",
    trials: ["rms_norm(a)", "rms_norm(a, axis=0, eps=0.1)", "rms_norm(a, scale=v)"],
    examples: ["rms_norm([3, -3])": "2\n  1.0000  -1.0000"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let axes = try arguments.chosenAxes(of: x)
    let eps = try arguments.epsilon(1e-6)
    let y = x.shape.count == 0 ? x : x / x.rootMeanSquare(over: axes, eps: eps)
    return .tensor(try arguments.scaledAndShifted(y, like: x, along: axes))
  }

  public static let batchNorm: Operator = Operator(
    "batch_norm(x, mean?, var?, scale?, shift?, axis=1, eps=1e-5)",
    "Each channel along an axis moved to mean 0 and scaled to variance 1 over all others, by the batch's own or given ones.",
    derivative: "as that of layer_norm; with mean and var given, scale over the deviation",
    trials: [
      "batch_norm(a)", "batch_norm(a, axis=0, scale=[2, -1])", "batch_norm(a, mean=v, var=square(b[0]) + 1, shift=v)",
      "batch_norm(a, mean=v)", "batch_norm(a, var=square(v) + 0.5)",
    ],
    examples: ["batch_norm([[1, 5], [3, 5]])[:, 1]": "2\n  0  0"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let axis = try arguments.axis("axis", rank: x.rank, default: 1)
    let others = (0..<x.rank).filter { $0 != axis }
    let eps = try arguments.epsilon(1e-5)
    let mean = try arguments.laid("mean", along: [axis], of: x)
    let variance = try arguments.laid("var", along: [axis], of: x)
    var y = x
    if mean == nil, variance == nil {
      y = x.normalised(over: others, eps: eps)
    } else if x.shape.count > 0 {
      let spread = variance ?? x.variance(over: others, correction: 0).variance.reshaped(x.extents(along: [axis]))
      y = (mean.map { x - $0 } ?? x.apart(over: others)) / sqrt(spread + eps)
    }
    return .tensor(try arguments.scaledAndShifted(y, like: x, along: [axis]))
  }

  public static let groupNorm: Operator = Operator(
    "group_norm(x, groups, eps=1e-5, scale?, shift?)",
    "Groups of channels, which are axis 1, moved to mean 0 and scaled to variance 1; then scale and shift of each channel.",
    derivative: "as that of layer_norm",
    trials: ["group_norm(s, 1)", "group_norm(reshape(a, [1, 2, 3]), 2, scale=[1, 3], shift=[0, 1])"]
  ) { arguments throws(Refusal) in
    let (x, groups) = (try arguments.tensor(0).asFloat, try arguments.integer("groups"))
    guard x.rank >= 2 else { throw Refusal("group_norm wants channels on axis 1, not \(x.shape)") }
    guard groups > 0, x.shape[1] % groups == 0 else {
      throw Refusal("group_norm can't divide \(x.shape[1]) channels into \(groups) groups")
    }
    let eps = try arguments.epsilon(1e-5)
    var y = x
    if x.shape.count > 0 {
      let apart = Shape([x.shape[0], groups, x.shape.count / (x.shape[0] * groups)])
      y = x.reshaped(apart).normalised(over: [2], eps: eps).reshaped(x.shape)
    }
    return .tensor(try arguments.scaledAndShifted(y, like: x, along: [1]))
  }

  static let normalising: [Operator] = [layerNorm, rmsNorm, batchNorm, groupNorm]
}

extension Symbol {
  /// Moved to mean 0 and scaled to variance 1 over axes, a number added to the variance.
  fileprivate func normalised(over axes: [Int], eps: Symbol) -> Symbol {
    if shape.count == 0 { return self }
    let centred = apart(over: axes)
    let root = centred.rootMeanSquare(over: axes, eps: eps)
    let y = centred / root
    return builder.add(.layerNorm, [y, centred, root, eps.asFloat], shape: y.shape, type: y.type)
  }

  /// The root of the mean square and a number, though the mean square itself may overflow or vanish.
  fileprivate func rootMeanSquare(over axes: [Int], eps: Symbol) -> Symbol {
    let count = Double(extent(of: axes))
    let formula = squared().summed(over: axes, keepsAxes: true) / count + eps.asFloat
    let length = addedUp(.norm, over: axes, keepsAxes: true)
    let value = Symbol.zip(
      .hypot, length / count.squareRoot(), Operator.sqrt(eps.asFloat.converted(to: .float64)))
    return builder.add(
      .root, [.restated(value, as: Operator.sqrt(formula)), formula], shape: formula.shape, type: formula.type)
  }

  /// 1 along all axes but these.
  fileprivate func extents(along axes: [Int]) -> Shape {
    Shape((0..<rank).map { axes.contains($0) ? shape[$0] : 1 })
  }
}

extension Arguments {
  fileprivate func chosenAxes(of x: Symbol) throws(Refusal) -> [Int] {
    try has("axis") ? axes("axis", rank: x.rank).sorted() : [axis("axis", rank: x.rank, default: -1)]
  }

  fileprivate func epsilon(_ value: Double) throws(Refusal) -> Symbol {
    let eps = try number("eps", default: value)
    guard eps.rank == 0 else { throw Refusal("\(signature.name) wants one number for 'eps', not \(eps.shape)") }
    return eps
  }

  /// One number for each place along axes, or for all, so that it meets x there; nil where it was left out.
  fileprivate func laid(_ name: String, along axes: [Int], of x: Symbol) throws(Refusal) -> Symbol? {
    guard let values = try optionalTensor(name)?.asFloat else { return nil }
    if values.rank == 0 { return values }
    let wanted = Shape(axes.map { x.shape[$0] })
    guard values.shape == wanted else {
      throw Refusal("\(signature.name) wants '\(name)' of the shape \(wanted), or one number, not \(values.shape)")
    }
    return values.reshaped(x.extents(along: axes))
  }

  fileprivate func scaledAndShifted(_ y: Symbol, like x: Symbol, along axes: [Int]) throws(Refusal) -> Symbol {
    let scaled = try laid("scale", along: axes, of: x).map { y * $0 } ?? y
    return try laid("shift", along: axes, of: x).map { scaled + $0 } ?? scaled
  }
}
