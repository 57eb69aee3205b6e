import Refusals
import Tensors

/// Many elements to one, along some axes or all.
extension Operator {
  /// A reduction over axes that may be none.
  ///
  /// - Parameters:
  ///   - ofTwo: the function that someone may want who writes another tensor where the axis stands.
  private static func reduction(
    _ name: String, _ summary: String, derivative: String, isSmooth: Bool = true, ofTwo: String? = nil,
    domain: ClosedRange<Double> = -2...2, _ reduce: @escaping @Sendable (Symbol, [Int]) throws(Refusal) -> Symbol
  ) -> Operator {
    Operator(
      "\(name)(x, axis?, keepdims=false)", summary, derivative: derivative, domain: domain,
      trials: isSmooth ? ["\(name)(a)", "\(name)(a, axis=0)", "\(name)(a, axis=-1, keepdims=true)"] : []
    ) { arguments throws(Refusal) in
      let x = try arguments.tensor(0)
      let axes = try arguments.axes("axis", rank: x.rank, ofTwo: ofTwo).sorted()
      return .tensor(try arguments.keepingAxes(try reduce(x, axes), x, axes))
    }
  }

  public static let sum: Operator = reduction(
    "sum", "The sum; of masks, how many are true; of nothing, 0.", derivative: "1"
  ) {
    x, axes throws(Refusal) in
    x.type == .bool && x.extent(of: axes) > 1 << 24 ? x.asFloat.addedUp(.sum, over: axes) : x.summed(over: axes)
  }

  public static let prod: Operator = reduction(
    "prod", "The product; of nothing, 1.", derivative: "the product of the others"
  ) {
    x, axes throws(Refusal) in
    let product = x.reduced(.product, over: axes)
    guard let deciding = x.builder.pattern(of: x).deciding, !axes.isEmpty else { return product }
    let isKept = deciding.broadcast(to: x.shape).reduced(.all, over: axes)
    return x.builder.add(.strongKeep, [isKept, product], shape: product.shape, type: product.type)
  }

  public static let max: Operator = reduction(
    "max", "The greatest element; NaN wins; of masks, whether any is true.",
    derivative: "1 for the greatest, shared between equals", ofTwo: "maximum(a, b) is the greater of two"
  ) { x, axes throws(Refusal) in
    if x.type == .bool { return x.reduced(.any, over: axes) }
    return try x.nonEmpty("max", axes).reduced(.largest, over: axes)
  }

  public static let min: Operator = reduction(
    "min", "The least element; NaN wins; of masks, whether all are true.",
    derivative: "1 for the least, shared between equals", ofTwo: "minimum(a, b) is the lesser of two"
  ) { x, axes throws(Refusal) in
    if x.type == .bool { return x.reduced(.all, over: axes) }
    return try x.nonEmpty("min", axes).reduced(.smallest, over: axes)
  }

  public static let allTrue: Operator = reduction(
    "all", "Whether all elements are true (or not 0).", derivative: "zero everywhere", isSmooth: false
  ) { x, axes throws(Refusal) in x.reduced(.all, over: axes) }

  public static let any: Operator = reduction(
    "any", "Whether at least one element is true (or not 0).", derivative: "zero everywhere", isSmooth: false
  ) { x, axes throws(Refusal) in x.reduced(.any, over: axes) }

  public static let countNonzero: Operator = reduction(
    "count_nonzero", "How many elements are true or not 0.", derivative: "zero everywhere", isSmooth: false
  ) { x, axes throws(Refusal) in
    let marks = x.asBool.asFloat
    // Counts that a float32 would round are kept as they were added up.
    return (x.extent(of: axes) > 1 << 24 ? marks.addedUp(.sum, over: axes) : marks.summed(over: axes)).stopped
  }

  public static let logsumexp: Operator = reduction(
    "logsumexp", "log(sum(exp(x))) without overflow; -inf of nothing.", derivative: "softmax(x)"
  ) { x, axes throws(Refusal) in
    if x.extent(of: axes) == 0 { return log(x.summed(over: axes)) }
    let top = x.asFloat.reduced(.largest, over: axes, keepsAxes: true).stopped
    let base = Symbol.select(.map(.isFinite, toMask: top), top, x.builder.constant(0))
    let rest = (x - base).logOfSummedExp(over: axes).reshaped(x.shape.removing(axes))
    return rest + base.reshaped(rest.shape)
  }

  public static let variance: Operator = Operator(
    "var(x, axis?, correction=0, keepdims=false)",
    "The mean squared distance from the mean, divided by n - correction.",
    derivative: "2 (x - mean(x)) / (n - correction)", trials: ["var(a)", "var(a, axis=0, correction=1)"]
  ) { arguments throws(Refusal) in
    let (x, axes) = try spreadOperand(arguments)
    let correction = try arguments.double("correction", default: 0)
    return .tensor(try arguments.keepingAxes(x.variance(over: axes, correction: correction).variance, x, axes))
  }

  public static let std: Operator = Operator(
    "std(x, axis?, correction=0, keepdims=false)", "The square root of the variance.",
    derivative: "(x - mean(x)) / ((n - correction) y); 0 where all are equal", trials: ["std(a)", "std(a, axis=1)"]
  ) { arguments throws(Refusal) in
    let (x, axes) = try spreadOperand(arguments)
    let correction = try arguments.double("correction", default: 0)
    let (variance, value) = x.variance(over: axes, correction: correction)
    let root = variance.builder.add(.quietRoot, [value, variance], shape: variance.shape, type: variance.type)
    return .tensor(try arguments.keepingAxes(root, x, axes))
  }

  private static func spreadOperand(_ arguments: Arguments) throws(Refusal) -> (Symbol, [Int]) {
    let x = try arguments.tensor(0).asFloat
    return (x, try arguments.axes("axis", rank: x.rank).sorted())
  }

  private static func position(_ name: String, _ summary: String, _ family: Family<Int>) -> Operator {
    Operator(
      "\(name)(x, axis?, keepdims=false)", summary, derivative: "zero everywhere", trials: []
    ) { arguments throws(Refusal) in
      var x = try arguments.tensor(0)
      let axes = arguments.has("axis") ? [try arguments.axis("axis", rank: x.rank, default: 0)] : Array(0..<x.rank)
      let whole = x
      if !arguments.has("axis") { x = x.reshaped(Shape([x.shape.count])) }
      let axis = arguments.has("axis") ? axes[0] : 0
      guard x.shape[axis] > 0 else { throw Refusal("\(name) of nothing: the shape is \(whole.shape)") }
      return .tensor(try arguments.keepingAxes(x.index(of: family, axis: axis), whole, axes))
    }
  }

  public static let argmax: Operator = position(
    "argmax", "The index of the greatest element, the first of equals; NaN wins.", .argmax)
  public static let argmin: Operator = position(
    "argmin", "The index of the least element, the first of equals; NaN wins.", .argmin)

  public static let norm: Operator = Operator(
    "norm(x, ord=2, axis?, keepdims=false)",
    "The length of a vector, ord 1, 2, inf or any number, or of a matrix, \"fro\" or \"nuc\".",
    derivative: "x / y for ord 2; 0 at 0, the second NaN there; that of norm(x)^2 is 2",
    trials: ["norm(a)", "norm(a, axis=1)", "norm(a, 1)", "norm(a, 3)", "norm(a, \"nuc\")"]
  ) { arguments throws(Refusal) in
    let (x, axes) = try spreadOperand(arguments)
    return .tensor(try arguments.keepingAxes(try x.norm(arguments, axes), x, axes))
  }

  static let reduction: [Operator] =
    [
      sum, mean, prod, max, min, allTrue, any, countNonzero, logsumexp, variance, std, argmax, argmin, norm,
    ] + nanReductions + statistics
}

extension Arguments {
  /// As without `ofTwo`, which a refusal says as well.
  fileprivate func axes(_ name: String, rank: Int, ofTwo: String?) throws(Refusal) -> [Int] {
    do { return try axes(name, rank: rank) } catch {
      guard let ofTwo, !error.isInterrupt, error.reason == .other else { throw error }
      throw Refusal("\(error.message); \(ofTwo)", help: error.help, note: error.note)
    }
  }

  /// Vanished axes back as extents of 1, if `keepdims` asks for it.
  func keepingAxes(_ result: Symbol, _ x: Symbol, _ axes: [Int]) throws(Refusal) -> Symbol {
    guard try flag("keepdims") else { return result }
    var kept = x.shape
    for axis in axes { kept[axis] = 1 }
    return result.reshaped(kept)
  }
}
