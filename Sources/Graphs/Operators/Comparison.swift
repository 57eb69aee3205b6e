import Refusals
import Tensors

/// Questions about elements, answered with masks.
extension Operator {
  public static let not: Operator = Operator(
    "not(x)", "True where x is false or 0.", derivative: "zero everywhere", trials: []
  ) { arguments throws(Refusal) in .tensor(.map(not: try arguments.tensor(0))) }

  public static let isClose: Operator = Operator(
    "isclose(a, b, rtol=0.00001, atol=0.00000001)", "Whether |a - b| <= atol + rtol |b|.",
    derivative: "zero everywhere", trials: []
  ) { arguments throws(Refusal) in
    .tensor(try close(arguments))
  }

  public static let allclose: Operator = Operator(
    "allclose(a, b, rtol=0.00001, atol=0.00000001)", "Whether |a - b| <= atol + rtol |b| everywhere.",
    derivative: "zero everywhere", trials: [], examples: ["allclose([1, 2], [1, 2.1], rtol=0.1)": "true"]
  ) { arguments throws(Refusal) in
    let isClose = try close(arguments)
    return .tensor(isClose.reduced(.all, over: Array(0..<isClose.rank)))
  }

  public static let arrayEqual: Operator = Operator(
    "array_equal(a, b)", "Whether a and b have one shape and equal elements; NaN equals nothing.",
    derivative: "zero everywhere", trials: [], examples: ["array_equal([1, 2], [1, 2, 3])": "false"]
  ) { arguments throws(Refusal) in
    let (a, b) = (try arguments.tensor(0), try arguments.tensor(1))
    guard a.shape == b.shape else { return .tensor(a.builder.constant(false)) }
    return .tensor(Symbol.compare(.equal, a, b).reduced(.all, over: Array(0..<a.rank)))
  }

  private static func close(_ arguments: Arguments) throws(Refusal) -> Symbol {
    let (a, b) = try arguments.pair()
    let rtol = try arguments.number("rtol", default: 1e-5)
    let atol = try arguments.number("atol", default: 1e-8)
    let shape = try arguments.broadcast(try arguments.broadcast(a.shape, b.shape), rtol.shape)
    _ = try arguments.broadcast(shape, atol.shape)
    let isNear = Symbol.compare(.lessEqual, abs(a - b), atol + rtol * abs(b))
    let bound = Symbol.logic(.and, isNear, .map(.isFinite, toMask: b))
    return .logic(.or, bound, .compare(.equal, a, b))
  }

  static let `where`: Operator = Operator(
    "where(c, a, b)", "a where c is true (or not 0), else b.", derivative: "1 for the chosen, 0 for the other",
    trials: ["where(a > 0, a, b)"], examples: ["where(true, 1, 2)": "1"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (c, a, b) = (try arguments.tensor(0), try arguments.tensor(1), try arguments.tensor(2))
    _ = try arguments.broadcast(try arguments.broadcast(a.shape, b.shape), c.shape)
    return .tensor(.select(c, a, b))
  }

  static let comparison: [Operator] =
    ComparisonFunction.all.map(\.operator) + LogicFunction.all.map(\.operator) + [not]
    + ClassificationFunction.all.map(\.operator) + [isClose, allclose, arrayEqual, `where`]
}
