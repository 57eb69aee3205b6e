import Tensors

/// Questions about elements, answered with masks.
extension Operator {
  private static func comparison(_ name: String, _ summary: String, _ primitive: Primitive, _ sign: String) -> Operator
  {
    Operator(
      "\(name)(a, b)", summary, derivative: "zero everywhere", aliases: [sign], trials: []
    ) { arguments throws(ShapeError) in
      let (a, b) = try arguments.pair()
      return .tensor(.compare(primitive, a, b))
    }
  }

  private static func logic(_ name: String, _ summary: String, _ primitive: Primitive) -> Operator {
    Operator("\(name)(a, b)", summary, derivative: "zero everywhere", trials: []) { arguments throws(ShapeError) in
      let (a, b) = try arguments.pair()
      return .tensor(.logic(primitive, a, b))
    }
  }

  private static func test(_ name: String, _ summary: String, _ primitive: Primitive) -> Operator {
    Operator("\(name)(x)", summary, derivative: "zero everywhere", trials: []) { arguments throws(ShapeError) in
      .tensor(.map(primitive, toMask: try arguments.tensor(0)))
    }
  }

  public static let equal: Operator = comparison("equal", "Whether a equals b.", .equal, "==")
  public static let notEqual: Operator = comparison("not_equal", "Whether a differs from b.", .notEqual, "!=")
  public static let less: Operator = comparison("less", "Whether a is less than b.", .less, "<")
  public static let lessEqual: Operator = comparison("less_equal", "Whether a is at most b.", .lessEqual, "<=")
  public static let greater: Operator = comparison("greater", "Whether a is greater than b.", .greater, ">")
  public static let greaterEqual: Operator = comparison(
    "greater_equal", "Whether a is at least b.", .greaterEqual, ">=")

  public static let and: Operator = logic("and", "Whether both are true.", .and)
  public static let or: Operator = logic("or", "Whether at least one is true.", .or)
  public static let xor: Operator = logic("xor", "Whether exactly one is true.", .xor)

  public static let not: Operator = Operator(
    "not(x)", "True where x is false or 0.", derivative: "zero everywhere", trials: []
  ) { arguments throws(ShapeError) in .tensor(.map(not: try arguments.tensor(0))) }

  public static let isNaN: Operator = test("isnan", "Whether an element is not a number.", .isNaN)
  public static let isInfinite: Operator = test("isinf", "Whether an element is infinite.", .isInfinite)
  public static let isFinite: Operator = test("isfinite", "Whether an element is neither infinite nor NaN.", .isFinite)

  public static let isClose: Operator = Operator(
    "isclose(a, b, rtol=0.00001, atol=0.00000001)", "Whether |a - b| <= atol + rtol |b|.",
    derivative: "zero everywhere", trials: []
  ) { arguments throws(ShapeError) in
    let (a, b) = try arguments.pair()
    let rtol = try arguments.number("rtol", default: 1e-5)
    let atol = try arguments.number("atol", default: 1e-8)
    let shape = try arguments.broadcast(try arguments.broadcast(a.shape, b.shape), rtol.shape)
    _ = try arguments.broadcast(shape, atol.shape)
    let isNear = Symbol.compare(.lessEqual, abs(a - b), atol + rtol * abs(b))
    let bound = Symbol.logic(.and, isNear, .map(.isFinite, toMask: b))
    return .tensor(.logic(.or, bound, .compare(.equal, a, b)))
  }

  static let `where`: Operator = Operator(
    "where(c, a, b)", "a where c is true (or not 0), else b.", derivative: "1 for the chosen, 0 for the other",
    trials: ["where(a > 0, a, b)"], examples: ["where(true, 1, 2)": "1"]
  ) { arguments throws(ShapeError) in
    let (c, a, b) = (try arguments.tensor(0), try arguments.tensor(1), try arguments.tensor(2))
    _ = try arguments.broadcast(try arguments.broadcast(a.shape, b.shape), c.shape)
    return .tensor(.select(c, a, b))
  }

  static let comparison: [Operator] = [
    equal, notEqual, less, lessEqual, greater, greaterEqual, and, or, xor, not, isNaN, isInfinite, isFinite, isClose,
    `where`,
  ]
}
