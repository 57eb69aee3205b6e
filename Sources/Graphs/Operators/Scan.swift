import Refusals
import Tensors

/// Running totals and order along an axis.
extension Operator {
  /// What runs along an axis, which a vector needn't name.
  static func running(
    _ name: String, _ summary: String, derivative: String, _ run: @escaping @Sendable (Symbol, Int) -> Symbol
  ) -> Operator {
    Operator(
      "\(name)(x, axis?)", summary, derivative: derivative, trials: ["\(name)(v)", "\(name)(a, axis=1)"]
    ) { arguments throws(Refusal) in
      let x = try arguments.tensor(0)
      guard arguments.has("axis") || x.rank == 1 else {
        throw Refusal("\(name) of rank \(x.rank) needs an axis", help: "\(name)(x, axis=0) runs down the columns")
      }
      return .tensor(run(x, try arguments.axis("axis", rank: x.rank, default: 0)))
    }
  }

  public static let cumsum: Operator = running(
    "cumsum", "The running sum along an axis.", derivative: "the sum of what follows"
  ) { $0.scanned(.runningSum, axis: $1) }

  public static let cumprod: Operator = running(
    "cumprod", "The running product along an axis.", derivative: "exact with zeros"
  ) { $0.scanned(.runningProduct, axis: $1) }

  public static let sort: Operator = Operator(
    "sort(x, axis=-1, descending=false)", "The elements in order along an axis; NaN counts as the greatest.",
    derivative: "goes where the element came from", trials: ["sort(a)", "sort(a, axis=0, descending=true)"]
  ) { arguments throws(Refusal) in
    let (x, axis, order) = try ordered(arguments)
    return .tensor(x.gathered(order, axis: axis))
  }

  public static let argsort: Operator = Operator(
    "argsort(x, axis=-1, descending=false)", "The indices that sort along an axis; equals keep their order.",
    derivative: "zero everywhere", trials: []
  ) { arguments throws(Refusal) in .tensor(try ordered(arguments).order) }

  private static func ordered(_ arguments: Arguments) throws(Refusal) -> (x: Symbol, axis: Int, order: Symbol) {
    let x = try arguments.tensor(0).asFloat
    let axis = try arguments.axis("axis", rank: x.rank, default: -1)
    return (x, axis, x.order(axis: axis, isDescending: try arguments.flag("descending")))
  }

  public static let topk: Operator = Operator(
    "topk(x, k, axis=-1)", "The k largest along an axis and their indices, largest first.",
    derivative: "goes where the values came from", trials: ["topk(a, 2)[0]"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let axis = try arguments.axis("axis", rank: x.rank, default: -1)
    let k = try arguments.integer("k")
    guard k >= 0, k <= x.shape[axis] else {
      throw Refusal("topk can't take \(k) of the \(x.shape[axis]) entries along axis \(axis)")
    }
    let order = x.order(axis: axis, isDescending: true).sliced(axis: axis, from: 0, count: k)
    return .tuple([x.gathered(order, axis: axis), order])
  }

  public static let quantile: Operator = Operator(
    "quantile(x, q, axis?, keepdims=false)", "The value below which a share q of the elements lies, interpolated.",
    derivative: "goes to the two neighbours", trials: ["quantile(a, 0.3)", "quantile(a, 0.5, axis=1)"]
  ) { arguments throws(Refusal) in
    .tensor(try quantiles(arguments, of: 1))
  }

  public static let percentile: Operator = Operator(
    "percentile(x, q, axis?, keepdims=false)", "The value below which q % of the elements lie, interpolated.",
    derivative: "goes to the two neighbours", trials: ["percentile(a, 30)", "percentile(a, 50, axis=1)"],
    examples: ["percentile([1, 2, 3], 50)": "2"]
  ) { arguments throws(Refusal) in .tensor(try quantiles(arguments, of: 100)) }

  /// One quantile, or a vector of them, where `whole` stands for all elements.
  private static func quantiles(_ arguments: Arguments, of whole: Double) throws(Refusal) -> Symbol {
    let name = arguments.signature.name
    let q = try arguments.tensor("q")
    guard q.rank <= 1 else { throw Refusal("\(name) wants a number or a vector for 'q', not \(q.shape)") }
    var results: [Symbol] = []
    for share in try arguments.value(of: q).values {
      guard share >= 0, share <= whole else {
        throw Refusal("\(name) wants a share between 0 and \(whole.text), not \(share.text)")
      }
      results.append(try quantile(arguments, share / whole))
    }
    if q.rank == 0 { return results[0] }
    guard !results.isEmpty else { throw Refusal("\(name) needs at least one share in 'q'") }
    return .concatenated(results.map { $0.expanded(at: 0) }, axis: 0)
  }

  public static let median: Operator = Operator(
    "median(x, axis?, keepdims=false)", "The middle element, or the mean of the middle two.",
    derivative: "goes to the middle", trials: ["median(a)", "median(a, axis=1)"]
  ) { arguments throws(Refusal) in .tensor(try quantile(arguments, 0.5)) }

  private static func quantile(_ arguments: Arguments, _ share: Double) throws(Refusal) -> Symbol {
    let name = arguments.signature.name
    let x = try arguments.tensor(0).asFloat
    let axes = try arguments.axes("axis", rank: x.rank).sorted()
    let flat = try x.nonEmpty(name, axes).merged(axes)
    let last = flat.rank - 1
    let count = flat.shape[last]
    let sorted = flat.gathered(flat.order(axis: last, isDescending: false), axis: last)
    func entry(_ i: Int) -> Symbol {
      sorted.sliced(axis: last, from: i, count: 1).reshaped(flat.shape.removing([last]))
    }
    let place = share * Double(count - 1)
    let below = Swift.min(Int(place), count - 1)
    let rest = place - Double(below)
    var result = entry(below)
    if rest > 0 { result = result * (1 - rest) + entry(below + 1) * rest }
    return try arguments.keepingAxes(result.unlessNaN(entry(count - 1)), x, axes)
  }

  static let scan: [Operator] =
    [cumsum, cumprod, sort, argsort, topk, quantile, percentile, median] + runningExtrema + search + sets + differences
}

extension Symbol {
  /// The indices that sort along an axis.
  func order(axis: Int, isDescending: Bool) -> Symbol {
    let type: ElementType = shape[axis] >= 1 << 24 ? .float64 : builder.defaultType
    return builder.add(.argsort(.order(axis: axis, isDescending: isDescending)), [self], shape: shape, type: type)
  }
}
