import CKernels
import Graphs
import Tensors

/// Functions of single elements in StableHLO; what it lacks is composed.
extension StableHLO {
  mutating func map(_ op: gk_map, _ x: Value) -> Value {
    func one(_ name: String) -> Value { line(name, [x], x.shape, x.type) }
    let direct: [gk_map.RawValue: String] = [
      GK_NEGATIVE.rawValue: "negate", GK_ABS.rawValue: "abs", GK_SIGN.rawValue: "sign", GK_SQRT.rawValue: "sqrt",
      GK_RSQRT.rawValue: "rsqrt", GK_EXP.rawValue: "exponential", GK_EXPM1.rawValue: "exponential_minus_one",
      GK_LOG.rawValue: "log", GK_LOG1P.rawValue: "log_plus_one", GK_SIN.rawValue: "sine", GK_COS.rawValue: "cosine",
      GK_TANH.rawValue: "tanh", GK_FLOOR.rawValue: "floor", GK_CEIL.rawValue: "ceil",
      GK_ROUND.rawValue: "round_nearest_even", GK_SIGMOID.rawValue: "logistic",
    ]
    if let name = direct[op.rawValue] { return one(name) }
    if op == GK_SQUARE { return two("multiply", x, x) }
    if op == GK_RELU { return two("maximum", x, splat(0, x.shape, x.type)) }
    return composed(op, x)
  }

  private mutating func composed(_ op: gk_map, _ x: Value) -> Value {
    func one(_ name: String) -> Value { line(name, [x], x.shape, x.type) }
    let unit = splat(1, x.shape, x.type)
    switch op {
    case GK_RECIPROCAL: return two("divide", unit, x)
    case GK_LOG2: return two("divide", one("log"), splat(0.69314718055994530942, x.shape, x.type))
    case GK_LOG10: return two("divide", one("log"), splat(2.30258509299404568402, x.shape, x.type))
    case GK_TAN: return two("divide", one("sine"), one("cosine"))
    case GK_ASIN: return two("multiply", splat(2, x.shape, x.type), two("atan2", x, two("add", unit, leg(x, unit))))
    case GK_ACOS: return two("multiply", splat(2, x.shape, x.type), two("atan2", leg(x, unit), two("add", unit, x)))
    case GK_ATAN: return two("atan2", x, unit)
    case GK_SINH:
      let e = one("exponential_minus_one")
      let sum = two("add", e, two("divide", e, two("add", e, unit)))
      return two("multiply", sum, splat(0.5, x.shape, x.type))
    case GK_COSH:
      let sum = two("add", one("exponential"), line("exponential", [one("negate")], x.shape, x.type))
      return two("multiply", sum, splat(0.5, x.shape, x.type))
    case GK_ASINH:
      let size = one("abs")
      let square = two("multiply", x, x)
      let root = line("sqrt", [two("add", unit, square)], x.shape, x.type)
      let inner = two("add", size, two("divide", square, two("add", unit, root)))
      return two("multiply", one("sign"), line("log_plus_one", [inner], x.shape, x.type))
    case GK_ACOSH:
      let root = line("sqrt", [two("subtract", two("multiply", x, x), unit)], x.shape, x.type)
      return line("log", [two("add", x, root)], x.shape, x.type)
    case GK_ATANH:
      let negative = line("log_plus_one", [one("negate")], x.shape, x.type)
      return two("multiply", two("subtract", one("log_plus_one"), negative), splat(0.5, x.shape, x.type))
    case GK_TRUNC: return two("multiply", one("sign"), line("floor", [one("abs")], x.shape, x.type))
    case GK_ERF:
      let result = Value(name: fresh(), shape: x.shape, type: x.type)
      append("\(result.name) = chlo.erf \(x.name) : \(x.typeText) -> \(x.typeText)")
      return result
    default:
      // Softplus.
      let tail = line("exponential", [line("negate", [one("abs")], x.shape, x.type)], x.shape, x.type)
      return two("add", two("maximum", x, splat(0, x.shape, x.type)), line("log_plus_one", [tail], x.shape, x.type))
    }
  }

  /// sqrt((1 - x)(1 + x)).
  private mutating func leg(_ x: Value, _ unit: Value) -> Value {
    line("sqrt", [two("multiply", two("subtract", unit, x), two("add", unit, x))], x.shape, x.type)
  }

  mutating func two(_ name: String, _ a: Value, _ b: Value) -> Value { line(name, [a, b], a.shape, a.type) }

  mutating func zip(_ op: gk_zip, _ a: Value, _ b: Value) -> Value {
    switch op {
    case GK_ADD: return two("add", a, b)
    case GK_SUBTRACT: return two("subtract", a, b)
    case GK_MULTIPLY: return two("multiply", a, b)
    case GK_DIVIDE: return two("divide", a, b)
    case GK_POWER: return two("power", a, b)
    case GK_MAXIMUM: return two("maximum", a, b)
    case GK_MINIMUM: return two("minimum", a, b)
    case GK_ATAN2: return two("atan2", a, b)
    case GK_HYPOT: return line("sqrt", [two("add", two("multiply", a, a), two("multiply", b, b))], a.shape, a.type)
    case GK_REMAINDER:
      let zero = splat(0, a.shape, a.type)
      let rest = two("remainder", a, b)
      let isAway = logic("xor", compare("LT", rest, zero), compare("LT", b, zero))
      let isWrong = logic("and", isAway, compare("NE", rest, zero))
      return select(isWrong, two("add", rest, b), rest)
    default:
      let zero = splat(0, a.shape, a.type)
      let isNothing = logic("and", compare("EQ", a, zero), compare("EQ", b, b))
      return select(isNothing, zero, two("multiply", a, line("log", [b], b.shape, b.type)))
    }
  }

  mutating func compare(_ direction: String, _ a: Value, _ b: Value) -> Value {
    let result = Value(name: fresh(), shape: a.shape, type: .bool)
    append(
      "\(result.name) = stablehlo.compare \(direction), \(a.name), \(b.name), FLOAT : (\(a.typeText), \(b.typeText)) -> \(result.typeText)"
    )
    return result
  }

  mutating func logic(_ name: String, _ a: Value, _ b: Value) -> Value { line(name, [a, b], a.shape, .bool) }

  mutating func select(_ c: Value, _ a: Value, _ b: Value) -> Value {
    let result = Value(name: fresh(), shape: a.shape, type: a.type)
    append("\(result.name) = stablehlo.select \(c.name), \(a.name), \(b.name) : \(c.typeText), \(a.typeText)")
    return result
  }

  mutating func test(_ op: gk_test, _ x: Value) -> Value {
    switch op {
    case GK_IS_NAN: return compare("NE", x, x)
    case GK_IS_INF: return compare("EQ", map(GK_ABS, x), splat(.infinity, x.shape, x.type))
    default: return compare("LT", map(GK_ABS, x), splat(.infinity, x.shape, x.type))
    }
  }

  mutating func convert(_ x: Value, to type: ElementType) -> Value {
    if type == .bool, x.type != .bool { return compare("NE", x, splat(0, x.shape, x.type)) }
    if Self.text(x.shape, x.type) == Self.text(x.shape, type) { return Value(name: x.name, shape: x.shape, type: type) }
    return line("convert", [x], x.shape, type)
  }
}
