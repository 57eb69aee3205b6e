import CKernels

/// Circular and hyperbolic functions, angles in radians.
extension Operator {
  public static let sin: Operator = .map(
    "sin(x)", "The sine of each element, in radians.", GK_SIN, zero: .kept, derivative: "cos(x)",
    examples: ["sin(0)": "0", "sin(1)": "0.84147"]
  ) { g, _, x, _ in [g * cos(x[0])] }

  public static let cos: Operator = .map(
    "cos(x)", "The cosine of each element, in radians.", GK_COS, zero: .lost, derivative: "-sin(x)",
    examples: ["cos(0)": "1", "cos(1)": "0.54030"]
  ) { g, _, x, _ in [-(g * sin(x[0]))] }

  public static let tan: Operator = .map(
    "tan(x)", "The tangent of each element, in radians.", GK_TAN, zero: .kept, derivative: "1 + tan(x)²",
    domain: -1.2...1.2, examples: ["tan(0)": "0", "tan(1)": "1.5574"]
  ) { g, y, _, _ in [g * (y.squared() + 1)] }

  public static let asin: Operator = .map(
    "asin(x)", "The angle whose sine each element is.", GK_ASIN, zero: .kept, derivative: "1 / sqrt(1 - x²)",
    domain: -0.9...0.9, examples: ["asin(1)": "1.5708"]
  ) { g, _, x, _ in [g / sqrt(1 - x[0].squared())] }

  public static let acos: Operator = .map(
    "acos(x)", "The angle whose cosine each element is.", GK_ACOS, zero: .lost, derivative: "-1 / sqrt(1 - x²)",
    domain: -0.9...0.9, examples: ["acos(1)": "0"]
  ) { g, _, x, _ in [-(g / sqrt(1 - x[0].squared()))] }

  public static let atan: Operator = .map(
    "atan(x)", "The angle whose tangent each element is.", GK_ATAN, zero: .kept, derivative: "1 / (1 + x²)",
    examples: ["atan(1)": "0.78540"]
  ) { g, _, x, _ in [g / (x[0].squared() + 1)] }

  public static let sinh: Operator = .map(
    "sinh(x)", "The hyperbolic sine of each element.", GK_SINH, zero: .kept, derivative: "cosh(x)",
    examples: ["sinh(1)": "1.1752"]
  ) { g, _, x, _ in [g * cosh(x[0])] }

  public static let cosh: Operator = .map(
    "cosh(x)", "The hyperbolic cosine of each element.", GK_COSH, zero: .lost, derivative: "sinh(x)",
    examples: ["cosh(0)": "1", "cosh(1)": "1.5431"]
  ) { g, _, x, _ in [g * sinh(x[0])] }

  public static let tanh: Operator = .map(
    "tanh(x)", "The hyperbolic tangent of each element.", GK_TANH, zero: .kept, derivative: "1 - tanh(x)²",
    examples: ["tanh(0)": "0", "tanh(1)": "0.76159"]
  ) { g, y, _, _ in [g * (1 - y.squared())] }

  public static let asinh: Operator = .map(
    "asinh(x)", "The inverse of sinh.", GK_ASINH, zero: .kept, derivative: "1 / sqrt(x² + 1)",
    examples: ["asinh(1)": "0.88137"]
  ) { g, _, x, _ in [g / sqrt(x[0].squared() + 1)] }

  public static let acosh: Operator = .map(
    "acosh(x)", "The inverse of cosh, from 1 upwards.", GK_ACOSH, zero: .lost, derivative: "1 / sqrt(x² - 1)",
    domain: 1.2...4, examples: ["acosh(1)": "0"]
  ) { g, _, x, _ in [g / sqrt(x[0].squared() - 1)] }

  public static let atanh: Operator = .map(
    "atanh(x)", "The inverse of tanh, between -1 and 1.", GK_ATANH, zero: .kept, derivative: "1 / (1 - x²)",
    domain: -0.8...0.8, examples: ["atanh(0)": "0"]
  ) { g, _, x, _ in [g / (1 - x[0].squared())] }

  public static let atan2: Operator = .zip(
    "atan2(y, x)", "The angle of the point (x, y), between -π and π.", .atan2,
    derivative: "x / (x² + y²), -y / (x² + y²)",
    domain: 0.3...2, examples: ["atan2(1, 1)": "0.78540"])

  static let trigonometry: [Operator] = [
    sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh, atan2,
  ]
}

extension Primitive {
  static let atan2: Primitive = Primitive("atan2", .zip(GK_ATAN2), zero: .lost) { g, _, x, _ in
    let scaled = g / (x[0].squared() + x[1].squared())
    return [scaled * x[1], -(scaled * x[0])]
  }
}
