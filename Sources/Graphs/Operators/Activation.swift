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

/// What networks put between their layers.
extension ElementFunction {
  static let activation: [ElementFunction] = [
    ElementFunction(
      .relu, "relu(x)", "Each element where it is positive, else 0.",
      zero: .rule { _, x, p, _ in
        let isOn = Symbol.map(not: x[0].compared(.lessEqual, 0))
        return Pattern(structural: p[0].structural, strong: p[0].strong.map { .logic(.and, $0, isOn) } ?? isOn)
      },
      derivative: "1 where x > 0, else 0; 0 at 0", examples: ["relu(-2)": "∘", "relu(3)": "3"], price: .brief,
      scalar: { $0.isNaN || $0 > 0 ? $0 : 0 },
      notation: .calls(jax: "jax.nn.relu", torch: "torch.relu", onnx: "Relu", stableHLO: .of("maximum", .x, 0))
    ) { g, _, x, _ in [.keep(.map(not: x[0].compared(.lessEqual, 0)), g.unlessNaN(x[0]))] },

    ElementFunction(
      .sigmoid, "sigmoid(x)", "1 / (1 + exp(-x)).", zero: .lost, derivative: "y (1 - y)",
      examples: ["sigmoid(0)": "0.5", "sigmoid(1)": "0.73106"], price: .long,
      scalar: { $0 >= 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) },
      notation: .calls(jax: "jax.nn.sigmoid", torch: "torch.sigmoid", onnx: "Sigmoid", stableHLO: "logistic")
    ) { g, y, x, _ in [g * x[0].slopeOfSigmoid(y)] },

    ElementFunction(
      .softplus, "softplus(x)", "log(1 + exp(x)) without overflow.", zero: .lost, derivative: "sigmoid(x)",
      examples: ["softplus(0)": "0.69315"], price: .long, scalar: { max($0, 0) + log1p(exp(-abs($0))) },
      notation: .calls(
        jax: "jax.nn.softplus", torch: "torch.nn.functional.softplus", onnx: .single("Softplus"),
        stableHLO: .of(
          "add", .of("maximum", .x, 0),
          .of("log_plus_one", .of("exponential", .of("negate", .of("abs", .x))))))
    ) { g, _, x, _ in [g * Operator.sigmoid(x[0])] },
  ]
}

/// What is composed of them and of others.
extension Operator {
  public static let leakyRelu: Operator = Operator(
    "leaky_relu(x, slope=0.01)", "x where it is positive, else slope x.",
    derivative: "1 where x > 0, else slope", trials: ["leaky_relu(a)", "leaky_relu(a, 0.2)"],
    examples: ["leaky_relu(-2)": "-0.02"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (x, slope) = (try arguments.tensor(0).asFloat, try arguments.number("slope", default: 0.01))
    _ = try arguments.broadcast(x.shape, slope.shape)
    return .tensor(.select(x.compared(.greater, 0), x, x * slope.asFloat))
  }

  public static let elu: Operator = Operator(
    "elu(x, alpha=1)", "x where it is positive, else alpha (exp(x) - 1).",
    derivative: "1 where x > 0, else alpha exp(x)", trials: ["elu(a)", "elu(a, 0.5)"],
    examples: ["elu(-1)": "-0.63212"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (x, alpha) = (try arguments.tensor(0).asFloat, try arguments.number("alpha", default: 1))
    _ = try arguments.broadcast(x.shape, alpha.shape)
    return .tensor(.select(x.compared(.greater, 0), x, expm1(x) * alpha.asFloat))
  }

  public static let selu: Operator = Operator(
    "selu(x)", "1.0507 x where it is positive, else 1.7581 (exp(x) - 1).",
    derivative: "1.0507 where x > 0, else 1.7581 exp(x)", examples: ["selu(1)": "1.0507"], isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let scale = 1.05070098735548049
    let off = expm1(x) * (scale * 1.67326324235437728)
    return .tensor(.select(x.compared(.greater, 0), x * scale, off))
  }

  public static let silu: Operator = Operator(
    "silu(x)", "x sigmoid(x).", derivative: "s + x s (1 - s) with s = sigmoid(x)", examples: ["silu(1)": "0.73106"],
    isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let value = x * sigmoid(x)
    return .tensor(x.builder.add(.silu, [value, x], shape: value.shape, type: value.type))
  }

  public static let softsign: Operator = Operator(
    "softsign(x)", "x / (1 + |x|).", derivative: "1 / (1 + |x|)²", examples: ["softsign(1)": "0.5"], isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let value = x / (abs(x) + 1)
    return .tensor(x.builder.add(.softsign, [value, x], shape: value.shape, type: value.type))
  }

  public static let softmax: Operator = Operator(
    "softmax(x, axis=-1)", "exp(x) divided by its sum along an axis.", derivative: "y (g - sum(g y))",
    trials: ["softmax(a)", "softmax(a, axis=0)"]
  ) { arguments throws(Refusal) in
    let (x, axis) = try logits(arguments)
    if x.shape.count == 0 { return .tensor(x) }
    let raised = exp(x - x.reduced(.largest, over: [axis], keepsAxes: true).stopped)
    return .tensor(raised / raised.summed(over: [axis], keepsAxes: true))
  }

  public static let logSoftmax: Operator = Operator(
    "log_softmax(x, axis=-1)", "log(softmax(x)) without overflow.", derivative: "g - softmax(x) sum(g)",
    trials: ["log_softmax(a)", "log_softmax(a, axis=0)"]
  ) { arguments throws(Refusal) in
    let (x, axis) = try logits(arguments)
    if x.shape.count == 0 { return .tensor(x) }
    return .tensor(x.logSoftmax(axis: axis))
  }

  private static func logits(_ arguments: Arguments) throws(Refusal) -> (Symbol, Int) {
    let x = try arguments.tensor(0).asFloat
    return (x, try arguments.axis("axis", rank: x.rank, default: -1))
  }

  static let activation: [Operator] =
    ElementFunction.activation.map(\.operator) + [
      leakyRelu, elu, selu, silu, softsign, softmax, logSoftmax,
    ] + gates
}

extension Symbol {
  func logSoftmax(axis: Int) -> Symbol {
    let moved = self - reduced(.largest, over: [axis], keepsAxes: true).stopped
    return moved - moved.logOfSummedExp(over: [axis])
  }

  /// log(sum(exp(x))) along axes that stay, where the greatest element is 0.
  func logOfSummedExp(over axes: [Int]) -> Symbol {
    let raised = Operator.exp(self)
    let sum = raised.summed(over: axes, keepsAxes: true)
    // Where nothing comes near the greatest, the sum's digits after the 1 would be lost.
    let rest = Symbol.keep(compared(.notEqual, 0), raised).summed(over: axes, keepsAxes: true)
    let isAlone = Symbol.logic(.and, sum.compared(.greaterEqual, 1), sum.compared(.less, 1.5))
    let plain = Operator.log(sum)
    return .restated(.select(isAlone, Operator.log1p(rest), plain), as: plain)
  }
}
