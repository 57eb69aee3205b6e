import CKernels
import Refusals
import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Functions of two elements, with broadcasting.
extension BinaryFunction {
  static let arithmetic: [BinaryFunction] = [
    BinaryFunction(
      .add, "add(a, b)", "The sum, element by element.", zero: .sum, derivative: "1, 1", aliases: ["+"],
      examples: ["1 + 2": "3"], price: .brief, scalar: { $0 + $1 },
      notation: .python(.infix("+", tightness: 0, left: 1, right: 1), onnx: "Add", stableHLO: "add")
    ) { g, _, _, _ in [g, g] },

    BinaryFunction(
      .subtract, "subtract(a, b)", "The difference, element by element.", zero: .sum, derivative: "1, -1",
      aliases: ["-"], examples: ["1 - 3": "-2"], price: .brief, scalar: { $0 - $1 },
      notation: .python(.infix("-", tightness: 0, left: 1, right: 2), onnx: "Sub", stableHLO: "subtract")
    ) { g, _, _, _ in [g, -g] },

    BinaryFunction(
      .multiply, "multiply(a, b)", "The product, element by element; a mask keeps or removes.", zero: .product,
      derivative: "b, a", aliases: ["*"], examples: ["2 * 3": "6"], price: .brief, scalar: { $0 * $1 },
      notation: .python(.infix("*", tightness: 1, left: 2, right: 2), onnx: "Mul", stableHLO: "multiply"),
      body: { $0 * $1 }
    ) { g, _, x, _ in [g * x[1], g * x[0]] },

    BinaryFunction(
      .divide, "divide(a, b)", "The quotient, element by element.", zero: .kept(stretched: true),
      derivative: "1 / b, -a / b²", aliases: ["/"], domain: 0.3...2, examples: ["1 / 4": "0.25"], price: .brief,
      scalar: { $0 / $1 },
      notation: .python(.infix("/", tightness: 1, left: 2, right: 3), onnx: "Div", stableHLO: "divide")
    ) { g, y, x, _ in
      let first = g / x[1]
      return [first, -(first * y)]
    },

    BinaryFunction(
      .remainder, "remainder(a, b)", "What is left of a after whole b's, with the sign of b.", zero: .lost,
      derivative: "1, -floor(a / b)", aliases: ["%"], domain: 0.6...1.9,
      examples: ["7 % 3": "1", "remainder(-1, 3)": "2"], price: .long,
      scalar: { a, b in
        let rest = fmod(a, b)
        if rest == 0 { return Double(signOf: b, magnitudeOf: 0) }
        return (rest < 0) == (b < 0) ? rest : rest + b
      },
      notation: .calls(
        jax: "jnp.remainder", torch: "torch.remainder",
        onnx: .of("Sub", .x, .of("Mul", .y, .of("Floor", .of("Div", .x, .y)))), stableHLO: towardDivisor)
    ) { g, y, x, _ in
      // The whole quotient that y was made with, which the rounded one may have passed.
      [g, -(g * Operator.round((x[0] - y) / x[1]))]
    },

    BinaryFunction(
      .pow, "pow(a, b)", "a to the power of b, element by element.",
      zero: .rule { y, x, p, _ in
        guard let exponent = x[1].literalValue, exponent > 0 else { return .full }
        return p[0].map { $0.broadcast(to: y.shape) }
      },
      derivative: "b a^(b - 1), a^b log(a); 0 for x^0, and by b where a is 0", aliases: ["^", "power"],
      domain: 0.3...2, examples: ["2 ^ 3": "8", "pow(4, 0.5)": "2"], price: .long, scalar: { pow($0, $1) },
      notation: .python(.infix("**", tightness: 1, left: 3, right: 3), onnx: "Pow", stableHLO: "power"),
      body: { a, b in
        switch b.literalValue {
        case 1 where b.type == .literal: a.asFloat
        case 2 where b.type == .literal: a.asFloat.squared()
        case let exponent?: a.raised(.zip(.power, a, b), exponent)
        default: .zip(.power, a, b)
        }
      }
    ) { g, y, x, _ in
      let lowered = x[1] * Symbol.lowered(x[0], x[1], power: y)
      let byBase = lowered.substituting(0, where: x[1].compared(.equal, 0))
      let isFlat = Symbol.logic(.and, x[0].compared(.equal, 0), x[1].compared(.greaterEqual, 0))
      let byExponent = (y * Operator.log(x[0])).substituting(0, where: isFlat)
      return [g * byBase, g * byExponent]
    },

    BinaryFunction(
      .maximum, "maximum(a, b)", "The greater of two, element by element; NaN wins.", zero: .winner(.greaterEqual),
      derivative: "1 for the greater, ½ each for equals; maximum(x, 0) as relu",
      examples: ["maximum(2, 3)": "3"], price: .brief, scalar: { $0 >= $1 || $0.isNaN ? $0 : $1 },
      notation: .calls(jax: "jnp.maximum", torch: "torch.maximum", onnx: "Max", stableHLO: "maximum"),
      body: { a, b in
        if b.type == .literal, b.literalValue == 0 { return Operator.relu(a) }
        if a.type == .literal, a.literalValue == 0 { return Operator.relu(b) }
        return .zip(.maximum, a, b)
      },
      gradient: winnerGradient(.less, .greater)),

    BinaryFunction(
      .minimum, "minimum(a, b)", "The lesser of two, element by element; NaN wins.", zero: .winner(.lessEqual),
      derivative: "1 for the lesser, ½ each for equals", examples: ["minimum(2, 3)": "2"], price: .brief,
      scalar: { $0 <= $1 || $0.isNaN ? $0 : $1 },
      notation: .calls(jax: "jnp.minimum", torch: "torch.minimum", onnx: "Min", stableHLO: "minimum"),
      gradient: winnerGradient(.greater, .less)),

    BinaryFunction(
      .hypot, "hypot(a, b)", "sqrt(a² + b²) without overflow.", zero: .lost,
      derivative: "a / y, b / y; 0 at (0, 0)", domain: 0.3...2, examples: ["hypot(3, 4)": "5"], price: .long,
      scalar: { hypot($0, $1) },
      notation: .calls(
        jax: "jnp.hypot", torch: "torch.hypot",
        onnx: .of("Sqrt", .of("Add", .of("Mul", .x, .x), .of("Mul", .y, .y))),
        stableHLO: .of("sqrt", .of("add", .of("multiply", .x, .x), .of("multiply", .y, .y))))
    ) { g, y, x, _ in
      let isOrigin = y.compared(.equal, 0)
      return [0, 1].map {
        (g * (x[$0] / y).substituting(0, where: isOrigin)).chosen(for: g, where: isOrigin, of: x)
      }
    },

    BinaryFunction(
      .xlogy, "xlogy(x, y)", "x log(y), and 0 where x is 0.", zero: .lost,
      derivative: "log(y), x / y; 0 where x and y are 0", domain: 0.3...2,
      examples: ["xlogy(0, 0)": "0", "xlogy(1, 2)": "0.69315"], price: .long,
      scalar: { $0 == 0 && !$1.isNaN ? 0 : $0 * log($1) },
      notation: .calls(
        jax: "jax.scipy.special.xlogy", torch: "torch.xlogy",
        onnx: .of(
          "Where", .of("And", .of("Equal", .x, 0), .of("Equal", .y, .y)), 0, .of("Mul", .x, .of("Log", .y))),
        stableHLO: .of(
          "select", .of("and", .of("compare EQ", .x, 0), .of("compare EQ", .y, .y)), 0,
          .of("multiply", .x, .of("log", .y))))
    ) { g, _, x, _ in
      let isNought = x[0].compared(.equal, 0)
      let isCorner = Symbol.logic(.and, isNought, x[1].compared(.equal, 0))
      let byFirst = Operator.log(x[1]).substituting(0, where: isCorner)
      let bySecond = (x[0] / x[1]).substituting(0, where: isCorner)
      return [g * byFirst, g * bySecond]
    },
  ]

  /// In StableHLO, whose remainder has the sign of the dividend.
  private static let towardDivisor: Composition = {
    let rest = Composition.of("remainder", .x, .y)
    let isAway = Composition.of("xor", .of("compare LT", rest, 0), .of("compare LT", .y, 0))
    let isWrong = Composition.of("and", isAway, .of("compare NE", rest, 0))
    return .of("select", isWrong, .of("add", rest, .y), rest)
  }()

  /// Equals share, the loser is gated, NaN spreads to both.
  private static func winnerGradient(_ loses: Primitive, _ wins: Primitive) -> Rules.Gradient {
    { g, y, x, _ in
      let share = Symbol.select(.compare(.equal, x[0], x[1]), g * 0.5, g)
      let settled = share.unlessNaN(y)
      let isShared = Symbol.compare(.equal, x[0], x[1])
      return [loses, wins].map {
        Symbol.keep(.map(not: .compare($0, x[0], x[1])), settled).chosen(for: g, where: isShared, of: x)
      }
    }
  }
}

extension Symbol {
  /// a^(b - 1); where 1 can't be taken from b without rounding, what that does to the power is left out: a^b / a.
  fileprivate static func lowered(_ a: Symbol, _ b: Symbol, power: Symbol) -> Symbol {
    let formula = Symbol.zip(.power, a, b - 1)
    if let exponent = b.literalValue {
      // What a subtraction rounds off (Knuth's two-sum).
      func isExact<T: BinaryFloatingPoint>(_ b: T) -> Bool {
        let difference = b - 1
        let back = difference - b
        return (b - (difference - back)) + (-1 - back) == 0
      }
      if formula.type == .float32 ? isExact(Float(exponent)) : isExact(exponent) { return formula }
    }
    let quotient = power / a
    let isSafe = Symbol.logic(.and, b.compared(.less, 0.5), .map(.isFinite, toMask: quotient))
    return .restated(.select(isSafe, quotient, formula), as: formula)
  }
}

/// What is composed of them.
extension Operator {
  public static let clip: Operator = Operator(
    "clip(x, min?, max?)", "Each element moved into the range from min to max; with min > max the result is max.",
    derivative: "1 inside and on an edge, 0 outside", trials: ["clip(a, -1, 1)", "clip(a, b, 1)"],
    examples: ["clip(5, 0, 1)": "1"], isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let low = try arguments.number("min", default: -.infinity)
    let high = try arguments.number("max", default: .infinity)
    _ = try arguments.broadcast(try arguments.broadcast(x.shape, low.shape), high.shape)
    return .tensor(x.clipped(low, high))
  }

  public static let logaddexp: Operator = Operator(
    "logaddexp(a, b)", "log(exp(a) + exp(b)) without overflow.", derivative: "sigmoid(a - b), sigmoid(b - a)",
    examples: ["logaddexp(0, 0)": "0.69315"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (a, b) = try arguments.pair()
    let apart = log1p(exp(-abs(a - b)))
    let rest = Symbol.select(.compare(.equal, a, b), a.builder.constant(0.693147180559945309), apart)
    let value = Symbol.zip(.maximum, a, b) + rest
    let operands = [value, a, b].map { $0.converted(to: value.type) }
    return .tensor(a.builder.add(.logaddexp, operands, shape: value.shape, type: value.type))
  }

  public static let biasAdd: Operator = Operator(
    "bias_add(x, b)", "x + b with a vector b along the last axis.", derivative: "1, 1",
    trials: ["bias_add(a, v)"]
  ) { arguments throws(Refusal) in
    let (x, b) = (try arguments.tensor(0), try arguments.tensor(1))
    guard b.rank == 1, x.rank > 0, x.shape[x.rank - 1] == b.shape[0] else {
      throw Refusal("bias_add wants a vector as long as the last axis: x is \(x.shape), b is \(b.shape)")
    }
    return .tensor(x + b)
  }

  static let arithmetic: [Operator] =
    (BinaryFunction.arithmetic + BinaryFunction.signs).map(\.operator) + [
      clip, logaddexp, biasAdd, heaviside, nanToNum, degreesToRadians, radiansToDegrees, rint,
    ]
}
