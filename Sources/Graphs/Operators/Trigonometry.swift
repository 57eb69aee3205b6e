import CKernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Circular and hyperbolic functions, angles in radians.
extension ElementFunction {
  static let trigonometry: [ElementFunction] = [
    ElementFunction(
      .sin, "sin(x)", "The sine of each element, in radians.", zero: .kept, derivative: "cos(x)",
      examples: ["sin(0)": "0", "sin(1)": "0.84147"], price: .long, scalar: { sin($0) },
      notation: .calls(jax: "jnp.sin", torch: "torch.sin", onnx: "Sin", stableHLO: "sine")
    ) { g, _, x, _ in [g * Operator.cos(x[0])] },

    ElementFunction(
      .cos, "cos(x)", "The cosine of each element, in radians.", zero: .lost, derivative: "-sin(x)",
      examples: ["cos(0)": "1", "cos(1)": "0.54030"], price: .long, scalar: { cos($0) },
      notation: .calls(jax: "jnp.cos", torch: "torch.cos", onnx: "Cos", stableHLO: "cosine")
    ) { g, _, x, _ in [-(g * Operator.sin(x[0]))] },

    ElementFunction(
      .tan, "tan(x)", "The tangent of each element, in radians.", zero: .kept, derivative: "1 + tan(x)²",
      domain: -1.2...1.2, examples: ["tan(0)": "0", "tan(1)": "1.5574"], price: .long, scalar: { tan($0) },
      notation: .calls(
        jax: "jnp.tan", torch: "torch.tan", onnx: .single("Tan"),
        stableHLO: .of("divide", .of("sine", .x), .of("cosine", .x)))
    ) { g, y, _, _ in [g * (y.squared() + 1)] },

    ElementFunction(
      .asin, "asin(x)", "The angle whose sine each element is.", zero: .kept, derivative: "1 / sqrt(1 - x²)",
      domain: -0.9...0.9, examples: ["asin(1)": "1.5708"], price: .long, scalar: { asin($0) },
      notation: .calls(
        jax: "jnp.asin", torch: "torch.asin", onnx: .single("Asin"),
        stableHLO: .of("multiply", 2, .of("atan2", .x, .of("add", 1, leg))))
    ) { g, _, x, _ in [g / Operator.sqrt(x[0].oneLessSquare)] },

    ElementFunction(
      .acos, "acos(x)", "The angle whose cosine each element is.", zero: .lost, derivative: "-1 / sqrt(1 - x²)",
      domain: -0.9...0.9, examples: ["acos(1)": "0"], price: .long, scalar: { acos($0) },
      notation: .calls(
        jax: "jnp.acos", torch: "torch.acos", onnx: .single("Acos"),
        stableHLO: .of("multiply", 2, .of("atan2", leg, .of("add", 1, .x))))
    ) { g, _, x, _ in [-(g / Operator.sqrt(x[0].oneLessSquare))] },

    ElementFunction(
      .atan, "atan(x)", "The angle whose tangent each element is.", zero: .kept, derivative: "1 / (1 + x²)",
      examples: ["atan(1)": "0.78540"], price: .long, scalar: { atan($0) },
      notation: .calls(
        jax: "jnp.atan", torch: "torch.atan", onnx: .single("Atan"), stableHLO: .of("atan2", .x, 1))
    ) { g, _, x, _ in
      let length = Symbol.zip(.hypot, x[0], x[0].builder.constant(1))
      return [g / length / length]
    },

    ElementFunction(
      .sinh, "sinh(x)", "The hyperbolic sine of each element.", zero: .kept, derivative: "cosh(x)",
      examples: ["sinh(1)": "1.1752"], price: .long, scalar: { sinh($0) },
      notation: .calls(
        jax: "jnp.sinh", torch: "torch.sinh", onnx: .single("Sinh"),
        stableHLO: .of(
          "multiply",
          .of(
            "add", "exponential_minus_one",
            .of("divide", "exponential_minus_one", .of("add", "exponential_minus_one", 1))),
          0.5))
    ) { g, _, x, _ in [g * Operator.cosh(x[0])] },

    ElementFunction(
      .cosh, "cosh(x)", "The hyperbolic cosine of each element.", zero: .lost, derivative: "sinh(x)",
      examples: ["cosh(0)": "1", "cosh(1)": "1.5431"], price: .long, scalar: { cosh($0) },
      notation: .calls(
        jax: "jnp.cosh", torch: "torch.cosh", onnx: .single("Cosh"),
        stableHLO: .of(
          "multiply", .of("add", .of("exponential", .x), .of("exponential", .of("negate", .x))), 0.5))
    ) { g, _, x, _ in [g * Operator.sinh(x[0])] },

    ElementFunction(
      .tanh, "tanh(x)", "The hyperbolic tangent of each element.", zero: .kept, derivative: "1 - tanh(x)²",
      examples: ["tanh(0)": "0", "tanh(1)": "0.76159"], price: .long, scalar: { tanh($0) },
      notation: .calls(jax: "jnp.tanh", torch: "torch.tanh", onnx: "Tanh", stableHLO: "tanh")
    ) { g, y, x, _ in [g * x[0].slopeOfTanh(y)] },

    ElementFunction(
      .asinh, "asinh(x)", "The inverse of sinh.", zero: .kept, derivative: "1 / sqrt(x² + 1)",
      examples: ["asinh(1)": "0.88137"], price: .long, scalar: { asinh($0) },
      notation: .calls(
        jax: "jnp.asinh", torch: "torch.asinh", onnx: .single("Asinh"),
        stableHLO: .of(
          "multiply", .of("sign", .x),
          .of(
            "log_plus_one",
            .of(
              "add", .of("abs", .x),
              .of("divide", squared, .of("add", 1, .of("sqrt", .of("add", 1, squared))))))))
    ) { g, _, x, _ in [g / Symbol.zip(.hypot, x[0], x[0].builder.constant(1))] },

    ElementFunction(
      .acosh, "acosh(x)", "The inverse of cosh, from 1 upwards.", zero: .lost, derivative: "1 / sqrt(x² - 1)",
      domain: 1.2...4, examples: ["acosh(1)": "0"], price: .long, scalar: { acosh($0) },
      notation: .calls(
        jax: "jnp.acosh", torch: "torch.acosh", onnx: .single("Acosh"),
        stableHLO: .of("log", .of("add", .x, .of("sqrt", .of("subtract", squared, 1)))))
    ) { g, _, x, _ in [g / (Operator.sqrt(x[0] - 1) * Operator.sqrt(x[0] + 1))] },

    ElementFunction(
      .atanh, "atanh(x)", "The inverse of tanh, between -1 and 1.", zero: .kept, derivative: "1 / (1 - x²)",
      domain: -0.8...0.8, examples: ["atanh(0)": "0"], price: .long, scalar: { atanh($0) },
      notation: .calls(
        jax: "jnp.atanh", torch: "torch.atanh", onnx: .single("Atanh"),
        stableHLO: .of(
          "multiply",
          .of("subtract", .of("log_plus_one", .x), .of("log_plus_one", .of("negate", .x))), 0.5))
    ) { g, _, x, _ in [g / x[0].oneLessSquare] },
  ]

  // In StableHLO: x², and sqrt((1 - x)(1 + x)).
  private static let squared: Composition = .of("multiply", .x, .x)
  private static let leg: Composition = .of("sqrt", .of("multiply", .of("subtract", 1, .x), .of("add", 1, .x)))
}

extension BinaryFunction {
  static let trigonometry: [BinaryFunction] = [
    BinaryFunction(
      .atan2, "atan2(y, x)", "The angle of the point (x, y), between -π and π.", zero: .lost,
      derivative: "x / (x² + y²), -y / (x² + y²)", domain: 0.3...2, examples: ["atan2(1, 1)": "0.78540"],
      price: .long, scalar: { atan2($0, $1) },
      notation: .calls(jax: "jnp.atan2", torch: "torch.atan2", onnx: angle, stableHLO: "atan2")
    ) { g, _, x, _ in
      // Of halves, whose length doesn't overflow.
      let (y, x) = (x[0] * 0.5, x[1] * 0.5)
      let length = Symbol.zip(.hypot, y, x)
      func share(_ x: Symbol) -> Symbol { g * (x / length / length * 0.5) }
      return [share(x), -share(y)]
    }
  ]

  /// In ONNX: atan(y / x), half a turn further on for x below 0; 0 at the origin.
  private static let angle: Composition = {
    let (y, x) = (Composition.operand(0), Composition.operand(1))
    let base = Composition.single("Atan", .of("Div", y, x))
    let half = Composition.of("Where", .of("Less", y, 0), .number(-.pi), .number(.pi))
    let turned = Composition.of("Where", .of("Less", x, 0), .of("Add", base, half), base)
    return .of("Where", .of("And", .of("Equal", x, 0), .of("Equal", y, 0)), 0, turned)
  }()
}

extension Symbol {
  /// 1 - x², exact near 1 too.
  var oneLessSquare: Symbol { .restated((1 - self) * (self + 1), as: 1 - squared()) }
}

extension Operator {
  static let trigonometry: [Operator] =
    ElementFunction.trigonometry.map(\.operator) + BinaryFunction.trigonometry.map(\.operator)
}
