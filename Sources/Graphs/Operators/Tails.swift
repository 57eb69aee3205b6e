import CKernels
import Refusals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The error function's complement, the normal distribution, what is made of them, and slopes that vanish far out.
///
/// All but `erfc` are for rules alone: each stands for a formula that loses digits where its terms cancel or vanish.
extension ElementFunction {
  static let tails: [ElementFunction] = [
    ElementFunction(
      .erfc, "erfc(x)", "1 - erf(x), exact for large x too.", zero: .lost, derivative: "-2 / sqrt(π) exp(-x²)",
      examples: ["erfc(0)": "1", "erfc(3)": "2.2090e-5"], price: .long, scalar: { Double(Glibc.erfc(Wide($0))) },
      notation: .calls(
        jax: "jax.scipy.special.erfc", torch: "torch.special.erfc", onnx: .of("Sub", 1, .single("Erf")),
        stableHLO: "chlo.erfc")
    ) { g, _, x, _ in [-(g * x[0].slopeOfErf)] },

    ElementFunction(
      .ndtr, "ndtr(x)", "The probability that a normal variable is below x.", zero: .lost,
      derivative: "exp(-x²/2) / sqrt(2π)", examples: [:], price: .long, scalar: { Double(normal(Wide($0))) },
      notation: .calls(
        jax: "jax.scipy.special.ndtr", torch: "torch.special.ndtr",
        onnx: .of("Mul", .of("Add", .single("Erf", .of("Mul", .x, .number(rootHalf))), 1), 0.5),
        stableHLO: .of("multiply", .of("chlo.erfc", .of("multiply", .x, .number(-rootHalf))), 0.5))
    ) { g, _, x, _ in [g * x[0].normalDensity] },

    ElementFunction(
      .sigmoid_slope, "sigmoid_slope(x)", "sigmoid(x) sigmoid(-x).", zero: .lost, derivative: "-y tanh(x / 2)",
      examples: [:], price: .long,
      scalar: {
        let small = Glibc.exp(-abs($0))
        return small / (1 + small) / (1 + small)
      },
      notation: .calls(
        jax: nil, torch: nil, onnx: .of("Mul", .of("Sigmoid", .x), .of("Sigmoid", .of("Neg", .x))),
        stableHLO: .of("multiply", .of("logistic", .x), .of("logistic", .of("negate", .x))))
    ) { g, y, x, _ in [-(g * (y * Operator.tanh(x[0] * 0.5)))] },

    ElementFunction(
      .gauss, "gauss(x)", "exp(-x²).", zero: .lost, derivative: "-2 x exp(-x²)", examples: [:], price: .long,
      scalar: {
        let x = Wide($0)
        return Double(Glibc.exp(-x * x))
      },
      notation: .calls(
        jax: nil, torch: nil, onnx: .of("Exp", .of("Neg", .of("Mul", .x, .x))),
        stableHLO: .of("exponential", .of("negate", .of("multiply", .x, .x))))
    ) { g, y, x, _ in [g * (x[0] * y * -2)] },

    ElementFunction(
      .normal_density, "normal_density(x)", "exp(-x²/2) / sqrt(2π).", zero: .lost, derivative: "-x y", examples: [:],
      price: .long, scalar: { Double(density(Wide($0))) },
      notation: .calls(
        jax: nil, torch: nil,
        onnx: .of("Mul", .of("Exp", .of("Mul", .of("Mul", .x, .x), -0.5)), .number(densityAt0)),
        stableHLO: .of(
          "multiply", .of("exponential", .of("multiply", .of("multiply", .x, .x), -0.5)), .number(densityAt0)))
    ) { g, y, x, _ in [-(g * (x[0] * y))] },

    ElementFunction(
      .gelu, "gelu(x)", "x ndtr(x).", zero: .kept, derivative: "ndtr(x) + x normal_density(x)", examples: [:],
      price: .long,
      scalar: {
        let x = Wide($0)
        return Double(x * normal(x))
      },
      notation: .calls(
        jax: nil, torch: nil,
        onnx: .of(
          "Mul", .of("Mul", .x, .of("Add", .single("Erf", .of("Mul", .x, .number(rootHalf))), 1)), 0.5),
        stableHLO: .of(
          "multiply", .of("multiply", .x, .of("chlo.erfc", .of("multiply", .x, .number(-rootHalf)))), 0.5))
    ) { g, _, x, _ in [g * x[0].slopeOfGelu] },

    ElementFunction(
      .gelu_slope, "gelu_slope(x)", "ndtr(x) + x normal_density(x).", zero: .lost,
      derivative: "(2 - x²) normal_density(x)", examples: [:], price: .long,
      scalar: {
        // Beyond, where x is infinite too, there is nothing left of the density.
        let x = max(min(Wide($0), 100), -100)
        return $0.isNaN ? $0 : Double(normal(x) + x * density(x))
      },
      notation: .calls(jax: nil, torch: nil, onnx: nil, stableHLO: nil)
    ) { g, _, x, _ in
      // Far out x² is infinite while x times the density is 0.
      let density = x[0].normalDensity
      return [g * (density * 2 - x[0] * (x[0] * density))]
    },
  ]

  /// Where there is one, a type with more digits and a wider range: what the loops of the tails are tested against.
  #if arch(x86_64)
    private typealias Wide = Float80
  #else
    private typealias Wide = Double
  #endif

  private static let rootHalf = 0.707106781186547524
  private static let densityAt0 = 0.398942280401432678

  private static func normal(_ x: Wide) -> Wide { Glibc.erfc(-x * Wide(0.5).squareRoot()) / 2 }

  private static func density(_ x: Wide) -> Wide { Glibc.exp(-x * x / 2) / (2 * Wide.pi).squareRoot() }
}

extension Symbol {
  private func mapped(_ op: gk_map) -> Symbol { .map(ElementFunction[op].primitive, self) }

  /// 2 / √π exp(-x²).
  var slopeOfErf: Symbol {
    let scale = 1.12837916709551257
    return .restated(mapped(.gauss) * scale, as: Operator.exp(-squared()) * scale)
  }

  var normalDensity: Symbol {
    .restated(mapped(.normal_density), as: Operator.exp(squared() * -0.5) * 0.398942280401432678)
  }

  /// The derivative of the sigmoid here, whose value is y.
  func slopeOfSigmoid(_ y: Symbol) -> Symbol { .restated(mapped(.sigmoid_slope), as: y * (1 - y)) }

  /// The derivative of the hyperbolic tangent here, whose value is y.
  func slopeOfTanh(_ y: Symbol) -> Symbol {
    .restated((self * 2).mapped(.sigmoid_slope) * 4, as: 1 - y.squared())
  }

  /// The probability that a normal variable is below.
  var belowNormal: Symbol { mapped(.ndtr) }

  var gelu: Symbol {
    let value = Symbol.restated(mapped(.gelu), as: self * belowNormal)
    return builder.add(.normalGate, [value, self], shape: value.shape, type: value.type)
  }

  var slopeOfGelu: Symbol { .restated(mapped(.gelu_slope), as: belowNormal + self * normalDensity) }
}

extension Operator {
  static let erfc: Operator = ElementFunction[.erfc].operator
}
