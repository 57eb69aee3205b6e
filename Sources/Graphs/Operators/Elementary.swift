import CKernels

/// Functions of each element by itself.
extension Operator {
  public static let negative: Operator = Operator(
    "negative(x)", "Each element with its sign changed.", derivative: "-1", aliases: [], examples: ["negative(2)": "-2"]
  ) { arguments throws(ShapeError) in .tensor(-(try arguments.tensor(0))) }

  public static let abs: Operator = .map(
    "abs(x)", "The size of each element without its sign.", GK_ABS, zero: .kept, derivative: "sign(x); 0 at 0",
    examples: ["abs(-3)": "3"]
  ) { g, _, x, _ in [g * sign(x[0])] }

  public static let sign: Operator = .map(
    "sign(x)", "-1, 0 or 1 as each element is negative, zero or positive.", GK_SIGN, zero: .kept,
    derivative: "zero everywhere", examples: ["sign(-3)": "-1"], gradient: nil)

  public static let square: Operator = Operator(
    "square(x)", "Each element times itself.", derivative: "2 x", examples: ["square(3)": "9"]
  ) { arguments throws(ShapeError) in .tensor(try arguments.tensor(0).squared()) }

  public static let sqrt: Operator = .map(
    "sqrt(x)", "The square root of each element.", GK_SQRT, zero: .kept, derivative: "1 / (2 sqrt(x)); inf at 0",
    domain: 0.1...4, examples: ["sqrt(2)": "1.4142"]
  ) { g, y, _, _ in [g / (y * 2)] }

  public static let reciprocal: Operator = .map(
    "reciprocal(x)", "1 divided by each element.", GK_RECIPROCAL, zero: .lost, derivative: "-1 / x²",
    domain: 0.3...3, examples: ["reciprocal(4)": "0.25"]
  ) { g, y, _, _ in [-(g * y.squared())] }

  public static let rsqrt: Operator = .map(
    "rsqrt(x)", "1 divided by the square root of each element.", GK_RSQRT, zero: .lost,
    derivative: "-1 / (2 x sqrt(x))", domain: 0.3...4, examples: ["rsqrt(4)": "0.5"]
  ) { g, y, x, _ in [g * (y / (x[0] * -2))] }

  public static let exp: Operator = .map(
    "exp(x)", "e to the power of each element.", GK_EXP, zero: .lost, derivative: "exp(x)",
    examples: ["exp(0)": "1", "exp(1)": "2.7183"]
  ) { g, y, _, _ in [g * y] }

  public static let expm1: Operator = .map(
    "expm1(x)", "exp(x) - 1, exact for small x too.", GK_EXPM1, zero: .kept, derivative: "exp(x)",
    examples: ["expm1(0)": "0", "expm1(1)": "1.7183"]
  ) { g, _, x, _ in [g * exp(x[0])] }

  public static let log: Operator = .map(
    "log(x)", "The natural logarithm of each element.", GK_LOG, zero: .lost, derivative: "1 / x", domain: 0.1...4,
    examples: ["log(1)": "0", "log(2)": "0.69315"]
  ) { g, _, x, _ in [g / x[0]] }

  public static let log2: Operator = .map(
    "log2(x)", "The logarithm to base 2 of each element.", GK_LOG2, zero: .lost, derivative: "1 / (x log(2))",
    domain: 0.1...4, examples: ["log2(8)": "3"]
  ) { g, _, x, _ in [g / (x[0] * 0.693147180559945309)] }

  public static let log10: Operator = .map(
    "log10(x)", "The logarithm to base 10 of each element.", GK_LOG10, zero: .lost, derivative: "1 / (x log(10))",
    domain: 0.1...4, examples: ["log10(100)": "2"]
  ) { g, _, x, _ in [g / (x[0] * 2.30258509299404568)] }

  public static let log1p: Operator = .map(
    "log1p(x)", "log(1 + x), exact for small x too.", GK_LOG1P, zero: .kept, derivative: "1 / (1 + x)",
    domain: -0.8...3, examples: ["log1p(0)": "0", "log1p(1)": "0.69315"]
  ) { g, _, x, _ in [g / (x[0] + 1)] }

  public static let floor: Operator = .map(
    "floor(x)", "The greatest whole number that isn't above each element.", GK_FLOOR, zero: .kept,
    derivative: "zero everywhere", examples: ["floor(1.5)": "1"], gradient: nil)

  public static let ceil: Operator = .map(
    "ceil(x)", "The least whole number that isn't below each element.", GK_CEIL, zero: .kept,
    derivative: "zero everywhere", examples: ["ceil(1.5)": "2"], gradient: nil)

  public static let round: Operator = .map(
    "round(x)", "The nearest whole number; halves go to the even one.", GK_ROUND, zero: .kept,
    derivative: "zero everywhere", examples: ["round(2.5)": "2"], gradient: nil)

  public static let trunc: Operator = .map(
    "trunc(x)", "Each element without its fraction.", GK_TRUNC, zero: .kept, derivative: "zero everywhere",
    examples: ["trunc(-1.5)": "-1"], gradient: nil)

  public static let erf: Operator = .map(
    "erf(x)", "The error function of each element.", GK_ERF, zero: .kept, derivative: "2 / sqrt(π) exp(-x²)",
    examples: ["erf(0)": "0", "erf(1)": "0.84270"]
  ) { g, _, x, _ in [g * (exp(-x[0].squared()) * 1.12837916709551257)] }

  static let elementary: [Operator] = [
    negative, abs, sign, square, sqrt, reciprocal, rsqrt, exp, expm1, log, log2, log10, log1p, floor, ceil, round,
    trunc, erf,
  ]
}
