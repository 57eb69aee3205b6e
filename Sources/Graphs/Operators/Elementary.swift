import CKernels
import Refusals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Functions of each element by itself.
extension ElementFunction {
  static let elementary: [ElementFunction] = [
    ElementFunction(
      .negative, "negative(x)", "Each element with its sign changed.", zero: .kept, derivative: "-1",
      examples: ["negative(2)": "-2"], price: .brief, scalar: { -$0 },
      notation: .python(.prefix("-", tightness: 1, operand: 2), onnx: "Neg", stableHLO: "negate")
    ) { g, _, _, _ in [-g] },

    ElementFunction(
      .abs, "abs(x)", "The size of each element without its sign.", zero: .kept, derivative: "sign(x); 0 at 0",
      examples: ["abs(-3)": "3"], price: .brief, scalar: { Swift.abs($0) },
      notation: .calls(jax: "jnp.abs", torch: "torch.abs", onnx: "Abs", stableHLO: "abs")
    ) { g, _, x, _ in
      let slope = g * Operator.sign(x[0])
      return [slope.chosen(for: g, where: x[0].compared(.equal, 0), of: x)]
    },

    ElementFunction(
      .sign, "sign(x)", "-1, 0 or 1 as each element is negative, zero or positive.", zero: .kept,
      derivative: "zero everywhere", examples: ["sign(-3)": "-1"], price: .brief,
      scalar: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 == 0 ? 0 : $0 },
      notation: .calls(jax: "jnp.sign", torch: "torch.sign", onnx: "Sign", stableHLO: "sign"), gradient: nil),

    ElementFunction(
      .square, "square(x)", "Each element times itself.", zero: .kept, derivative: "2 x",
      examples: ["square(3)": "9"], price: .brief, scalar: { $0 * $0 },
      notation: .calls(
        jax: "jnp.square", torch: "torch.square", onnx: .of("Mul", .x, .x), stableHLO: .of("multiply", .x, .x)),
      body: { x, _ in x.asFloat.squared() }
    ) { g, _, x, _ in [g * (x[0] * 2)] },

    ElementFunction(
      .sqrt, "sqrt(x)", "The square root of each element.", zero: .kept, derivative: "1 / (2 sqrt(x)); inf at 0",
      domain: 0.1...4, examples: ["sqrt(2)": "1.4142"], price: .brief, scalar: { $0.squareRoot() },
      notation: .calls(jax: "jnp.sqrt", torch: "torch.sqrt", onnx: "Sqrt", stableHLO: "sqrt")
    ) { g, y, _, _ in [g / (y * 2)] },

    ElementFunction(
      .reciprocal, "reciprocal(x)", "1 divided by each element.", zero: .lost, derivative: "-1 / x²",
      domain: 0.3...3, examples: ["reciprocal(4)": "0.25"], price: .brief, scalar: { 1 / $0 },
      notation: .python(
        .prefix("1 / ", tightness: 1, operand: 3), onnx: "Reciprocal", stableHLO: .of("divide", 1, .x))
    ) { g, y, _, _ in [-(g * y * y)] },

    ElementFunction(
      .rsqrt, "rsqrt(x)", "1 divided by the square root of each element.", zero: .lost,
      derivative: "-1 / (2 x sqrt(x))", domain: 0.3...4, examples: ["rsqrt(4)": "0.5"], price: .brief,
      scalar: { 1 / $0.squareRoot() },
      notation: .calls(
        jax: "jax.lax.rsqrt", torch: "torch.rsqrt", onnx: .of("Reciprocal", .of("Sqrt", .x)), stableHLO: "rsqrt")
    ) { g, y, x, _ in [g * (y / (x[0] * -2))] },

    ElementFunction(
      .exp, "exp(x)", "e to the power of each element.", zero: .lost, derivative: "exp(x)",
      examples: ["exp(0)": "1", "exp(1)": "2.7183"], price: .long, scalar: { exp($0) },
      notation: .calls(jax: "jnp.exp", torch: "torch.exp", onnx: "Exp", stableHLO: "exponential")
    ) { g, y, _, _ in [g * y] },

    ElementFunction(
      .expm1, "expm1(x)", "exp(x) - 1, exact for small x too.", zero: .kept, derivative: "exp(x)",
      examples: ["expm1(0)": "0", "expm1(1)": "1.7183"], price: .long, scalar: { expm1($0) },
      notation: .calls(
        jax: "jnp.expm1", torch: "torch.expm1",
        // Exact for small x too: the rounding of e^x cancels.
        onnx: .double { .of("Sub", .of("Exp", $0), 1) }, stableHLO: "exponential_minus_one")
    ) { g, _, x, _ in [g * Operator.exp(x[0])] },

    ElementFunction(
      .log, "log(x)", "The natural logarithm of each element.", zero: .lost, derivative: "1 / x", domain: 0.1...4,
      examples: ["log(1)": "0", "log(2)": "0.69315"], price: .long, scalar: { log($0) },
      notation: .calls(jax: "jnp.log", torch: "torch.log", onnx: "Log", stableHLO: "log")
    ) { g, _, x, _ in [g / x[0]] },

    ElementFunction(
      .log2, "log2(x)", "The logarithm to base 2 of each element.", zero: .lost, derivative: "1 / (x log(2))",
      domain: 0.1...4, examples: ["log2(8)": "3"], price: .long, scalar: { log2($0) },
      notation: .calls(
        jax: "jnp.log2", torch: "torch.log2", onnx: .of("Div", .of("Log", .x), 0.69314718055994530942),
        stableHLO: .of("divide", .of("log", .x), 0.69314718055994530942))
    ) { g, _, x, _ in [g * 1.44269504088896341 / x[0]] },

    ElementFunction(
      .log10, "log10(x)", "The logarithm to base 10 of each element.", zero: .lost, derivative: "1 / (x log(10))",
      domain: 0.1...4, examples: ["log10(100)": "2"], price: .long, scalar: { log10($0) },
      notation: .calls(
        jax: "jnp.log10", torch: "torch.log10", onnx: .of("Div", .of("Log", .x), 2.30258509299404568402),
        stableHLO: .of("divide", .of("log", .x), 2.30258509299404568402))
    ) { g, _, x, _ in [g * 0.434294481903251828 / x[0]] },

    ElementFunction(
      .log1p, "log1p(x)", "log(1 + x), exact for small x too.", zero: .kept, derivative: "1 / (1 + x)",
      domain: -0.8...3, examples: ["log1p(0)": "0", "log1p(1)": "0.69315"], price: .long, scalar: { log1p($0) },
      notation: .calls(
        jax: "jnp.log1p", torch: "torch.log1p",
        // Exact for small x too: the rounding of 1 + x cancels.
        onnx: .double { .of("Log", .of("Add", $0, 1)) }, stableHLO: "log_plus_one")
    ) { g, _, x, _ in [g / (x[0] + 1)] },

    ElementFunction(
      .floor, "floor(x)", "The greatest whole number that isn't above each element.", zero: .kept,
      derivative: "zero everywhere", examples: ["floor(1.5)": "1"], price: .brief, scalar: { floor($0) },
      notation: .calls(jax: "jnp.floor", torch: "torch.floor", onnx: "Floor", stableHLO: "floor"), gradient: nil),

    ElementFunction(
      .ceil, "ceil(x)", "The least whole number that isn't below each element.", zero: .kept,
      derivative: "zero everywhere", examples: ["ceil(1.5)": "2"], price: .brief, scalar: { ceil($0) },
      notation: .calls(jax: "jnp.ceil", torch: "torch.ceil", onnx: "Ceil", stableHLO: "ceil"), gradient: nil),

    ElementFunction(
      .round, "round(x, decimals=0)",
      "The nearest number with so many decimals, below 0 the nearest whole ten, hundred, …; halves go to the even one.",
      zero: .kept, derivative: "zero everywhere",
      examples: ["round(2.5)": "2", "round(1.259, 2)": "1.26", "round(1250, -2)": "1200"], price: .brief,
      scalar: { $0.rounded(.toNearestOrEven) },
      notation: .calls(jax: "jnp.round", torch: "torch.round", onnx: "Round", stableHLO: "round_nearest_even"),
      body: { x, arguments throws(Refusal) in
        x.asFloat.rounded(decimals: try arguments.integer("decimals", default: 0))
      },
      gradient: nil),

    ElementFunction(
      .trunc, "trunc(x)", "Each element without its fraction.", zero: .kept, derivative: "zero everywhere",
      examples: ["trunc(-1.5)": "-1"], price: .brief, scalar: { trunc($0) },
      notation: .calls(
        jax: "jnp.trunc", torch: "torch.trunc", onnx: .of("Mul", .of("Sign", .x), .of("Floor", .of("Abs", .x))),
        stableHLO: .of("multiply", .of("sign", .x), .of("floor", .of("abs", .x)))),
      gradient: nil),

    ElementFunction(
      .erf, "erf(x)", "The error function of each element.", zero: .kept, derivative: "2 / sqrt(π) exp(-x²)",
      examples: ["erf(0)": "0", "erf(1)": "0.84270"], price: .long, scalar: { erf($0) },
      notation: .calls(
        jax: "jax.scipy.special.erf", torch: "torch.erf", onnx: .single("Erf"), stableHLO: "chlo.erf")
    ) { g, _, x, _ in [g * x[0].slopeOfErf] },
  ]
}

extension Operator {
  static let elementary: [Operator] = ElementFunction.elementary.map(\.operator) + [erfc]
}
