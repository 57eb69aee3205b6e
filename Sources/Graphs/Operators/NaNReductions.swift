import CKernels
import Refusals
import Tensors

/// Reductions that leave NaN out: it is a gated zero on the way back.
extension Operator {
  /// One that is written with what is kept; `reduce` leaves the axes with extent 1.
  private static func ignoring(
    _ name: String, _ summary: String, derivative: String,
    _ reduce: @escaping @Sendable (KeptNumbers) throws(Refusal) -> Symbol
  ) -> Operator {
    Operator(
      "\(name)(x, axis?, keepdims=false)", summary, derivative: derivative, trials: trials(name)
    ) { arguments throws(Refusal) in
      let kept = try KeptNumbers(arguments)
      return .tensor(try kept.result(try reduce(kept), arguments))
    }
  }

  private static func trials(_ name: String) -> [String] {
    ["\(name)(a)", "\(name)(a + [0, nan, 0], axis=1)", "\(name)(a + [[0], [nan]], axis=0, keepdims=true)"]
  }

  public static let nansum: Operator = ignoring(
    "nansum", "The sum without NaN; of nothing, 0.", derivative: "1; 0 at NaN"
  ) { kept throws(Refusal) in kept.numbers.summed(over: kept.axes, keepsAxes: true) }

  public static let nanmean: Operator = ignoring(
    "nanmean", "The average without NaN; NaN of nothing.", derivative: "1 / n; 0 at NaN"
  ) { kept throws(Refusal) in kept.mean(of: kept.numbers) }

  public static let nanmax: Operator = ignoring(
    "nanmax", "The greatest element without NaN; NaN if there is no other.",
    derivative: "1 for the greatest, shared between equals"
  ) { kept throws(Refusal) in try kept.extremum("nanmax", .largest, beyond: -.infinity) }

  public static let nanmin: Operator = ignoring(
    "nanmin", "The least element without NaN; NaN if there is no other.",
    derivative: "1 for the least, shared between equals"
  ) { kept throws(Refusal) in try kept.extremum("nanmin", .smallest, beyond: .infinity) }

  public static let nanvar: Operator = Operator(
    "nanvar(x, axis?, correction=0, keepdims=false)",
    "The variance without NaN, divided by n - correction; NaN of nothing.",
    derivative: "2 (x - nanmean(x)) / (n - correction); 0 at NaN",
    trials: trials("nanvar") + ["nanvar(a + [0, nan, 0], correction=1)"]
  ) { arguments throws(Refusal) in
    let kept = try KeptNumbers(arguments)
    return .tensor(try kept.result(kept.variance(correction: try correction(arguments)).variance, arguments))
  }

  public static let nanstd: Operator = Operator(
    "nanstd(x, axis?, correction=0, keepdims=false)", "The square root of nanvar.",
    derivative: "(x - nanmean(x)) / ((n - correction) y); 0 where all are equal, and at NaN",
    trials: ["nanstd(a)", "nanstd(a + [0, nan, 0], axis=1)"]
  ) { arguments throws(Refusal) in
    let kept = try KeptNumbers(arguments)
    let (variance, value) = kept.variance(correction: try correction(arguments))
    let root = variance.builder.add(.quietRoot, [value, variance], shape: variance.shape, type: variance.type)
    return .tensor(try kept.result(root, arguments))
  }

  private static func correction(_ arguments: Arguments) throws(Refusal) -> Double {
    try arguments.double("correction", default: 0)
  }

  static let nanReductions: [Operator] = [nansum, nanmean, nanmax, nanmin, nanstd, nanvar]
}

extension Primitive {
  /// Operands: the greatest or the least of the numbers, with the axes still there, and what it was chosen from.
  static let chosenNumber: Primitive = Primitive(
    "extremum", .reshape,
    told: .moved,
    zero: .rule { y, x, p, _ in
      guard let strong = p[1].strong else { return .full }
      let axes = y.shape.extents.indices.filter { y.shape[$0] == 1 }
      func any(_ mask: Symbol) -> Symbol {
        mask.broadcast(to: x[1].shape).reduced(.any, over: axes, keepsAxes: true)
      }
      let winners = Symbol.logic(.and, strong, .compare(.equal, x[1], y))
      return Pattern(
        structural: p[1].structural.map(any), strong: any(.logic(.or, winners, .map(.isNaN, toMask: y))))
    }
  ) { g, y, x, _ in
    let winners = Symbol.compare(.equal, x[1], y)
    let count = winners.converted(to: g.type).summed(to: y.shape)
    let isShared = Symbol.logic(.and, winners, count.compared(.greater, 1))
    let share = Symbol.keep(winners, g / count)
    return [nil, share.chosen(for: g.broadcast(to: x[1].shape), where: isShared, of: [x[1]])]
  }
}

/// What is left of a tensor without NaN, to be reduced along some axes.
private struct KeptNumbers {
  let x: Symbol
  let axes: [Int]
  /// Where x is a number, and x there, 0 elsewhere.
  let (isKept, numbers): (Symbol, Symbol)

  init(_ arguments: Arguments) throws(Refusal) {
    x = try arguments.tensor(0).asFloat
    axes = try arguments.axes("axis", rank: x.rank).sorted()
    isKept = .map(not: .map(.isNaN, toMask: x))
    numbers = .keep(isKept, x)
  }

  /// Without the axes, unless `keepdims` asks for them.
  func result(_ reduced: Symbol, _ arguments: Arguments) throws(Refusal) -> Symbol {
    try arguments.keepingAxes(reduced.reshaped(x.shape.removing(axes)), x, axes)
  }

  private func count(in type: ElementType) -> Symbol {
    isKept.converted(to: type).summed(over: axes, keepsAxes: true)
  }

  func mean(of x: Symbol) -> Symbol {
    let count = count(in: x.type)
    let formula = x.summed(over: axes, keepsAxes: true).quotient(by: count)
    guard formula.type == .float32 else { return formula }
    let wide = x.addedUp(.sum, over: axes, keepsAxes: true)
    return .restated(wide.quotient(by: self.count(in: .float64)), as: formula)
  }

  func extremum(_ name: String, _ family: Family<[Int]>, beyond: Double) throws(Refusal) -> Symbol {
    let candidates = try Symbol.select(isKept, x, x.builder.constant(beyond)).nonEmpty(name, axes)
    let found = candidates.reduced(family, over: axes, keepsAxes: true)
    let isAny = isKept.reduced(.any, over: axes, keepsAxes: true)
    let value = Symbol.select(isAny, found, x.builder.constant(.nan))
    return x.builder.add(.chosenNumber, [value, x], shape: value.shape, type: value.type)
  }

  /// The variance and its root, each as it has most digits.
  func variance(correction: Double) -> (variance: Symbol, root: Symbol) {
    let formula = Symbol.keep(isKept, numbers - mean(of: numbers))
    let wide = numbers.converted(to: .float64)
    let first = Symbol.keep(isKept, wide - mean(of: wide))
    // The mean of what is left is what the mean lost.
    let second = Symbol.keep(isKept, first - mean(of: first))
    let apart = Symbol.restated(second.converted(to: x.type), as: formula)
    // Of too few there is no variance.
    let freedom = Symbol.zip(.maximum, count(in: x.type) - correction, x.builder.constant(0))
    let length = apart.addedUp(.norm, over: axes, keepsAxes: true)
    let sum = apart.squared().summed(over: axes, keepsAxes: true)
    let root = length.quotient(by: Operator.sqrt(freedom))
    let variance = Symbol.restated(.zip(.multiply, root, root), as: sum.quotient(by: freedom))
    return (variance, .restated(root, as: Operator.sqrt(variance)))
  }
}
