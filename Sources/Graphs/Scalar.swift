import CKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What each elementwise loop does to one element, through libm: the twin that the vector kernels are tested against.
public enum Scalar {
  public static func map(_ op: gk_map, _ x: Double) -> Double {
    switch op {
    case GK_NEGATIVE: -x
    case GK_ABS: abs(x)
    case GK_SIGN: x.isNaN ? x : x > 0 ? 1 : x < 0 ? -1 : x
    case GK_SQUARE: x * x
    case GK_RECIPROCAL: 1 / x
    case GK_SQRT: x.squareRoot()
    case GK_RSQRT: 1 / x.squareRoot()
    case GK_EXP: exp(x)
    case GK_EXPM1: expm1(x)
    case GK_LOG: log(x)
    case GK_LOG2: log2(x)
    case GK_LOG10: log10(x)
    case GK_LOG1P: log1p(x)
    case GK_SIN: sin(x)
    case GK_COS: cos(x)
    case GK_TAN: tan(x)
    case GK_ASIN: asin(x)
    case GK_ACOS: acos(x)
    case GK_ATAN: atan(x)
    case GK_SINH: sinh(x)
    case GK_COSH: cosh(x)
    case GK_TANH: tanh(x)
    case GK_ASINH: asinh(x)
    case GK_ACOSH: acosh(x)
    case GK_ATANH: atanh(x)
    case GK_FLOOR: floor(x)
    case GK_CEIL: ceil(x)
    case GK_ROUND: x.rounded(.toNearestOrEven)
    case GK_TRUNC: trunc(x)
    case GK_ERF: erf(x)
    case GK_SIGMOID: x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
    case GK_SOFTPLUS: max(x, 0) + log1p(exp(-abs(x)))
    case GK_RELU: x.isNaN || x > 0 ? x : 0
    default: preconditionFailure("every unary function has a scalar twin")
    }
  }

  public static func zip(_ op: gk_zip, _ a: Double, _ b: Double) -> Double {
    switch op {
    case GK_ADD: a + b
    case GK_SUBTRACT: a - b
    case GK_MULTIPLY: a * b
    case GK_DIVIDE: a / b
    case GK_POWER: pow(a, b)
    case GK_REMAINDER: remainder(a, b)
    case GK_MAXIMUM: a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
    case GK_MINIMUM: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
    case GK_ATAN2: atan2(a, b)
    case GK_HYPOT: hypot(a, b)
    case GK_XLOGY: a == 0 && !b.isNaN ? 0 : a * log(b)
    default: preconditionFailure("every binary function has a scalar twin")
    }
  }

  /// With the sign of the divisor.
  private static func remainder(_ a: Double, _ b: Double) -> Double {
    let rest = fmod(a, b)
    if rest == 0 { return Double(signOf: b, magnitudeOf: 0) }
    return (rest < 0) == (b < 0) ? rest : rest + b
  }

  public static func compare(_ op: gk_comparison, _ a: Double, _ b: Double) -> Bool {
    switch op {
    case GK_EQUAL: a == b
    case GK_NOT_EQUAL: a != b
    case GK_LESS: a < b
    case GK_LESS_EQUAL: a <= b
    case GK_GREATER: a > b
    default: a >= b
    }
  }

  public static func test(_ op: gk_test, _ x: Double) -> Bool {
    switch op {
    case GK_IS_NAN: x.isNaN
    case GK_IS_INF: x.isInfinite
    default: x.isFinite
    }
  }

  public static func logic(_ op: gk_logic, _ a: Bool, _ b: Bool) -> Bool {
    switch op {
    case GK_AND: a && b
    case GK_OR: a || b
    default: a != b
    }
  }

  public static func start(_ op: gk_reduction) -> Double {
    switch op {
    case GK_SUM: 0
    case GK_PRODUCT: 1
    case GK_REDUCE_MAXIMUM: -.infinity
    default: .infinity
    }
  }

  public static func fold(_ op: gk_reduction, _ a: Double, _ b: Double) -> Double {
    switch op {
    case GK_SUM: a + b
    case GK_PRODUCT: a * b
    case GK_REDUCE_MAXIMUM: zip(GK_MAXIMUM, a, b)
    default: zip(GK_MINIMUM, a, b)
    }
  }
}
