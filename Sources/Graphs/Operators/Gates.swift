import Refusals
import Tensors

/// Activations that are made of others and of bounds.
extension Operator {
  public static let gelu: Operator = Operator(
    "gelu(x, approximate=\"none\")",
    "x times the probability that a normal variable is below x; approximate \"tanh\" takes a sigmoid for that.",
    derivative: "Φ(x) + x φ(x)", trials: ["gelu(a)", "gelu(a, approximate=\"tanh\")"],
    examples: ["gelu(1)": "0.84134", "gelu(1, approximate=\"tanh\")": "0.84119"], isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    switch try arguments.choice("approximate", of: ["none", "tanh"]) {
    case "tanh":
      // ½ (1 + tanh(u)) as sigmoid(2u), which keeps its digits far below 0.
      let scale = 1.59576912160573071
      return .tensor(x * sigmoid(x * (x.squared() * (0.044715 * scale) + scale)))
    default: return .tensor(x.gelu)
    }
  }

  public static let mish: Operator = Operator(
    "mish(x)", "x tanh(softplus(x)).", derivative: "tanh(s) + x sigmoid(x) (1 - tanh(s)²) with s = softplus(x)",
    examples: ["mish(1)": "0.86510"], isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    return .tensor(x * tanh(softplus(x)))
  }

  public static let logSigmoid: Operator = Operator(
    "log_sigmoid(x)", "log(sigmoid(x)) without overflow.", derivative: "sigmoid(-x)",
    examples: ["log_sigmoid(0)": "-0.69315", "log_sigmoid(-1000)": "-1000"], isElementwise: true
  ) { arguments throws(Refusal) in .tensor(-softplus(-(try arguments.tensor(0).asFloat))) }

  public static let relu6: Operator = Operator(
    "relu6(x)", "relu(x), but at most 6.", derivative: "1 where 0 < x <= 6, else 0",
    examples: ["relu6(7)": "6", "relu6(-1)": "∘"], isElementwise: true
  ) { arguments throws(Refusal) in .tensor(relu(try arguments.tensor(0)).clipped(-.infinity, 6)) }

  public static let hardtanh: Operator = Operator(
    "hardtanh(x, min=-1, max=1)", "Each element moved into the range from min to max.",
    derivative: "1 inside and on an edge, 0 outside", trials: ["hardtanh(a)", "hardtanh(a, -0.5, 0.7)"],
    examples: ["hardtanh(3)": "1"], isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let (low, high) = (try arguments.number("min", default: -1), try arguments.number("max", default: 1))
    _ = try arguments.broadcast(try arguments.broadcast(x.shape, low.shape), high.shape)
    return .tensor(x.clipped(low, high))
  }

  public static let hardsigmoid: Operator = Operator(
    "hardsigmoid(x)", "x / 6 + 1/2, moved into the range from 0 to 1.", derivative: "1/6 where |x| <= 3, else 0",
    examples: ["hardsigmoid(0)": "0.5"], isElementwise: true
  ) { arguments throws(Refusal) in .tensor(try arguments.tensor(0).asFloat.hardSigmoid) }

  public static let hardswish: Operator = Operator(
    "hardswish(x)", "x hardsigmoid(x).", derivative: "0 below -3, x/3 + 1/2 up to 3, 1 above",
    examples: ["hardswish(1)": "0.66667"], isElementwise: true
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    return .tensor(x * x.hardSigmoid)
  }

  public static let prelu: Operator = Operator(
    "prelu(x, slope)", "x where it is positive, else slope x; slope[:, new, new] is one for each channel of an image.",
    derivative: "1 or slope; by slope x where x is negative", trials: ["prelu(a, b)", "prelu(a, v)"],
    examples: ["prelu(-2, 0.1)": "-0.2"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (x, slope) = try arguments.pair()
    return .tensor(.select(x.compared(.greater, 0), x.asFloat, x.asFloat * slope.asFloat))
  }

  public static let softshrink: Operator = Operator(
    "softshrink(x, threshold=0.5)", "x nearer to 0 by the threshold; 0 within it.",
    derivative: "1 where |x| > threshold, else 0", trials: ["softshrink(a)", "softshrink(a, 1)"],
    examples: ["softshrink(-2)": "-1.5"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (x, threshold, isOutside) = try shrunk(arguments)
    return .tensor(.keep(isOutside, x - sign(x) * threshold))
  }

  public static let hardshrink: Operator = Operator(
    "hardshrink(x, threshold=0.5)", "x outside the threshold, 0 within it.",
    derivative: "1 where |x| > threshold, else 0", trials: ["hardshrink(a)", "hardshrink(a, 1)"],
    examples: ["hardshrink(2)": "2"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (x, _, isOutside) = try shrunk(arguments)
    return .tensor(.keep(isOutside, x))
  }

  private static func shrunk(
    _ arguments: Arguments
  ) throws(Refusal) -> (x: Symbol, threshold: Double, isOutside: Symbol) {
    let x = try arguments.tensor(0).asFloat
    let threshold = try arguments.double("threshold", default: 0.5)
    guard threshold >= 0 else {
      throw Refusal("\(arguments.signature.name) wants a threshold from 0 upwards, not \(threshold.text)")
    }
    return (x, threshold, .map(not: abs(x).compared(.lessEqual, threshold)))
  }

  static let gates: [Operator] = [
    gelu, mish, logSigmoid, relu6, hardtanh, hardsigmoid, hardswish, prelu, softshrink, hardshrink,
  ]
}

extension Symbol {
  /// clip(x / 6 + 1/2, 0, 1), of which what is cut off below is switched off.
  fileprivate var hardSigmoid: Symbol {
    let line = self / 6 + 0.5
    return .keep(.map(not: line.compared(.less, 0)), line.clipped(0, 1))
  }
}
