import CKernels
import Graphs
import Tensors

/// Functions of single elements in ONNX; what it lacks is composed, always in float32 or float64 as the operand is.
extension ONNXModel {
  mutating func map(_ op: gk_map, _ x: Value) -> Value {
    let names: [gk_map.RawValue: String] = [
      GK_NEGATIVE.rawValue: "Neg", GK_ABS.rawValue: "Abs", GK_SIGN.rawValue: "Sign",
      GK_RECIPROCAL.rawValue: "Reciprocal",
      GK_SQRT.rawValue: "Sqrt", GK_EXP.rawValue: "Exp", GK_LOG.rawValue: "Log", GK_FLOOR.rawValue: "Floor",
      GK_CEIL.rawValue: "Ceil", GK_ROUND.rawValue: "Round", GK_TANH.rawValue: "Tanh", GK_SIGMOID.rawValue: "Sigmoid",
      GK_RELU.rawValue: "Relu", GK_SIN.rawValue: "Sin", GK_COS.rawValue: "Cos",
    ]
    /// Runtimes have these for float32 alone.
    let single: [gk_map.RawValue: String] = [
      GK_TAN.rawValue: "Tan", GK_ASIN.rawValue: "Asin", GK_ACOS.rawValue: "Acos", GK_ATAN.rawValue: "Atan",
      GK_SINH.rawValue: "Sinh", GK_COSH.rawValue: "Cosh", GK_ASINH.rawValue: "Asinh", GK_ACOSH.rawValue: "Acosh",
      GK_ATANH.rawValue: "Atanh", GK_ERF.rawValue: "Erf", GK_SOFTPLUS.rawValue: "Softplus",
    ]
    if let name = names[op.rawValue] { return one(name, x) }
    if let name = single[op.rawValue] { return converted(one(name, converted(x, to: .float32)), to: x.type) }
    let unit = number(1, x.type)
    switch op {
    case GK_SQUARE: return two("Mul", x, x)
    case GK_RSQRT: return one("Reciprocal", one("Sqrt", x))
    case GK_LOG2: return two("Div", one("Log", x), number(0.69314718055994530942, x.type))
    case GK_LOG10: return two("Div", one("Log", x), number(2.30258509299404568402, x.type))
    case GK_TRUNC: return two("Mul", one("Sign", x), one("Floor", one("Abs", x)))
    // Exact for small x too: the rounding of e^x (of 1 + x) cancels.
    case GK_EXPM1:
      let wide = converted(x, to: .float64)
      return converted(two("Sub", one("Exp", wide), number(1, .float64)), to: x.type)
    case GK_LOG1P:
      let wide = converted(x, to: .float64)
      return converted(one("Log", two("Add", wide, number(1, .float64))), to: x.type)
    default: return unit
    }
  }

  private mutating func one(_ name: String, _ x: Value) -> Value { node(name, [x], x.shape, x.type) }

  private mutating func two(_ name: String, _ a: Value, _ b: Value) -> Value {
    node(name, [a, b], a.shape.broadcast(with: b.shape) ?? a.shape, a.type)
  }

  mutating func zip(_ op: gk_zip, _ a: Value, _ b: Value, _ shape: Shape) -> Value {
    let names: [gk_zip.RawValue: String] = [
      GK_ADD.rawValue: "Add", GK_SUBTRACT.rawValue: "Sub", GK_MULTIPLY.rawValue: "Mul", GK_DIVIDE.rawValue: "Div",
      GK_POWER.rawValue: "Pow", GK_MAXIMUM.rawValue: "Max", GK_MINIMUM.rawValue: "Min",
    ]
    if let name = names[op.rawValue] { return node(name, [a, b], shape, a.type) }
    switch op {
    case GK_HYPOT: return one("Sqrt", two("Add", two("Mul", a, a), two("Mul", b, b)))
    case GK_REMAINDER: return two("Sub", a, two("Mul", b, one("Floor", two("Div", a, b))))
    case GK_ATAN2: return angle(a, b, shape)
    default:
      let product = two("Mul", a, one("Log", b))
      let isNothing = two("And", isEqual(a, number(0, a.type)), isEqual(b, b))
      return node("Where", [isNothing, number(0, a.type), product], shape, a.type)
    }
  }

  private mutating func isEqual(_ a: Value, _ b: Value) -> Value {
    node("Equal", [a, b], a.shape.broadcast(with: b.shape) ?? a.shape, .bool)
  }

  /// atan(y / x), half a turn further on for x below 0; 0 at the origin.
  private mutating func angle(_ y: Value, _ x: Value, _ shape: Shape) -> Value {
    let zero = number(0, y.type)
    let base = map(GK_ATAN, two("Div", y, x))
    let isLeft = node("Less", [x, zero], x.shape, .bool)
    let isBelow = node("Less", [y, zero], y.shape, .bool)
    let half = node("Where", [isBelow, number(-Double.pi, y.type), number(Double.pi, y.type)], y.shape, y.type)
    let turned = node("Where", [isLeft, two("Add", base, half), base], shape, y.type)
    let isOrigin = two("And", isEqual(x, zero), isEqual(y, zero))
    return node("Where", [isOrigin, zero, turned], shape, y.type)
  }

  mutating func test(_ op: gk_test, _ x: Value) -> Value {
    let isNaN = node("IsNaN", [x], x.shape, .bool)
    if op == GK_IS_NAN { return isNaN }
    let isInfinite = isEqual(one("Abs", x), number(.infinity, x.type))
    if op == GK_IS_INF { return isInfinite }
    return node("Not", [node("Or", [isNaN, isInfinite], x.shape, .bool)], x.shape, .bool)
  }
}
