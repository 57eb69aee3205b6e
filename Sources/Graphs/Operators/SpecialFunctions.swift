import CKernels
import Refusals

/// Functions beyond the elementary ones, and the derivatives that their rules need.
extension ElementFunction {
  static let special: [ElementFunction] = [
    ElementFunction(
      .erfinv, "erfinv(x)", "The number whose erf is x, for x between -1 and 1.", zero: .kept,
      derivative: "sqrt(π) / 2 exp(y²)", domain: -0.9...0.9, examples: ["erfinv(0.5)": "0.47694", "erfinv(1)": "inf"],
      price: .long, scalar: { Twin.erfinv($0) },
      notation: .calls(
        jax: "jax.scipy.special.erfinv", torch: "torch.erfinv", onnx: nil, stableHLO: "chlo.erf_inv")
    ) { g, y, x, _ in [g * x[0].slopeOfErfinv(y)] },

    ElementFunction(
      .erfinv_slope, "erfinv_slope(x)", "sqrt(π) / 2 exp(erfinv(x)²).", zero: .lost, derivative: "2 y² erfinv(x)",
      domain: -0.9...0.9, examples: [:], price: .long, scalar: { Twin.erfinvSlope($0) },
      notation: .calls(jax: nil, torch: nil, onnx: nil, stableHLO: nil)
    ) { g, y, x, _ in
      [g * (Symbol.map(ElementFunction[.erfinv].primitive, x[0]) * 2 * y * y)]
    },

    ElementFunction(
      .lgamma, "lgamma(x)", "log(|Γ(x)|); of whole numbers n, log((n - 1)!).", zero: .lost, derivative: "digamma(x)",
      aliases: ["gammaln"], domain: 0.3...4, examples: ["lgamma(5)": "3.1781", "lgamma(0)": "inf"], price: .long,
      scalar: { Twin.logGamma($0) },
      notation: .calls(
        jax: "jax.scipy.special.gammaln", torch: "torch.lgamma", onnx: nil, stableHLO: "chlo.lgamma")
    ) { g, _, x, _ in [g * Symbol.map(ElementFunction[.digamma].primitive, x[0])] },

    ElementFunction(
      .digamma, "digamma(x)", "The derivative of lgamma; NaN at -1, -2, ….", zero: .lost, derivative: "polygamma(1, x)",
      domain: 0.3...4, examples: ["digamma(1)": "-0.57722"], price: .long, scalar: { Twin.digamma($0) },
      notation: .calls(
        jax: "jax.scipy.special.digamma", torch: "torch.digamma", onnx: nil, stableHLO: "chlo.digamma")
    ) { g, _, x, _ in [g * x[0].polygamma(1)] },

    ElementFunction(
      .sinc, "sinc(x)", "sin(πx) / (πx), and 1 at 0.", zero: .lost, derivative: "(cos(πx) - y) / x; 0 at 0",
      examples: ["sinc(0)": "1", "sinc(0.5)": "0.63662"], price: .long, scalar: { Twin.sinc($0) },
      notation: .calls(
        jax: "jnp.sinc", torch: "torch.sinc",
        onnx: .of("Where", .of("Equal", .x, 0), 1, .of("Div", .of("Sin", onnxAngle), onnxAngle)),
        stableHLO: .of("select", .of("compare EQ", .x, 0), 1, .of("divide", .of("sine", angle), angle)))
    ) { g, y, x, _ in [g * x[0].slopeOfSinc(y)] },

    ElementFunction(
      .sinc_slope, "sinc_slope(x)", "(cos(πx) - sinc(x)) / x, and 0 at 0.", zero: .kept,
      derivative: "-π² sinc(x) - 2 y / x; -π²/3 at 0", examples: [:], price: .long, scalar: { Twin.sincSlope($0) },
      notation: .calls(jax: nil, torch: nil, onnx: nil, stableHLO: nil)
    ) { g, y, x, _ in [g * x[0].bendOfSinc(y)] },
  ]

  private static let angle: Composition = .of("multiply", .x, .number(.pi))
  private static let onnxAngle: Composition = .of("Mul", .x, .number(.pi))
}

/// For rules alone.
extension BinaryFunction {
  static let special: [BinaryFunction] = [
    BinaryFunction(
      .polygamma, "polygamma(n, x)", "The n-th derivative of digamma, n from 1 to 40.", zero: .lost,
      derivative: "none by n, polygamma(n + 1, x)", domain: 0.3...4, examples: [:], price: .long,
      scalar: { Twin.polygamma($0, $1) },
      notation: .calls(
        jax: "(lambda n, x: jax.scipy.special.polygamma(jnp.asarray(n, dtype=int), x))", torch: nil, onnx: nil,
        stableHLO: "chlo.polygamma")
    ) { g, _, x, _ in [nil, g * Symbol.zip(BinaryFunction[.polygamma].primitive, x[0] + 1, x[1])] }
  ]
}

extension Primitive {
  /// Operands: the slope of sinc at x, which has derivatives of its own at 0, and x.
  static let slopeOfSinc: Primitive = Primitive("sinc_slope", .reshape, told: .moved, zero: .kept) { g, y, x, _ in
    [nil, g * x[1].bendOfSinc(y)]
  }
}

extension Symbol {
  func polygamma(_ n: Int) -> Symbol {
    .zip(BinaryFunction[.polygamma].primitive, builder.constant(Double(n)), self)
  }

  fileprivate func slopeOfErfinv(_ y: Symbol) -> Symbol {
    let value = Symbol.map(ElementFunction[.erfinv_slope].primitive, self)
    return .restated(value, as: Operator.exp(y.squared()) * 0.886226925452758014)
  }

  /// The derivative of sinc here, whose value is y.
  fileprivate func slopeOfSinc(_ y: Symbol) -> Symbol {
    let isZero = compared(.equal, 0)
    let formula = ((Operator.cos(self * .pi) - y) / self).substituting(0, where: isZero)
    let value = Symbol.restated(.map(ElementFunction[.sinc_slope].primitive, self), as: formula)
    return builder.add(.slopeOfSinc, [value, self], shape: shape, type: value.type)
  }

  /// The second derivative of sinc here, where the first is y.
  fileprivate func bendOfSinc(_ y: Symbol) -> Symbol {
    let share = (y / self).substituting(-.pi * .pi / 3, where: compared(.equal, 0))
    return -(Symbol.map(ElementFunction[.sinc].primitive, self) * (.pi * .pi) + share * 2)
  }
}

extension Operator {
  static let special: [Operator] = [gk_map.erfinv, .lgamma, .digamma, .sinc].map { ElementFunction[$0].operator }
}
