import CKernels
import Tensors

/// Functions of two elements, with broadcasting.
extension Operator {
  public static let add: Operator = .zip(
    "add(a, b)", "The sum, element by element.", .add, derivative: "1, 1", aliases: ["+"], examples: ["1 + 2": "3"])

  public static let subtract: Operator = .zip(
    "subtract(a, b)", "The difference, element by element.", .subtract, derivative: "1, -1", aliases: ["-"],
    examples: ["1 - 3": "-2"])

  public static let multiply: Operator = Operator(
    "multiply(a, b)", "The product, element by element; a mask keeps or removes.", derivative: "b, a", aliases: ["*"],
    examples: ["2 * 3": "6"]
  ) { arguments throws(ShapeError) in
    let (a, b) = try arguments.pair()
    return .tensor(a * b)
  }

  public static let divide: Operator = .zip(
    "divide(a, b)", "The quotient, element by element.", .divide, derivative: "1 / b, -a / b²", aliases: ["/"],
    domain: 0.3...2, examples: ["1 / 4": "0.25"])

  public static let remainder: Operator = .zip(
    "remainder(a, b)", "What is left of a after whole b's, with the sign of b.", .remainder,
    derivative: "1, -floor(a / b)", aliases: ["%"], domain: 0.6...1.9,
    examples: ["7 % 3": "1", "remainder(-1, 3)": "2"])

  public static let pow: Operator = Operator(
    "pow(a, b)", "a to the power of b, element by element.",
    derivative: "b a^(b - 1), a^b log(a); 0 for x^0, and by b where a is 0", aliases: ["^", "power"],
    domain: 0.3...2, examples: ["2 ^ 3": "8", "pow(4, 0.5)": "2"]
  ) { arguments throws(ShapeError) in
    let (a, b) = try arguments.pair()
    switch b.literalValue {
    case 1 where b.type == .literal: return .tensor(a.asFloat)
    case 2 where b.type == .literal: return .tensor(a.squared())
    default: return .tensor(.zip(.power, a, b))
    }
  }

  public static let maximum: Operator = Operator(
    "maximum(a, b)", "The greater of two, element by element; NaN wins.",
    derivative: "1 for the greater, ½ each for equals; maximum(x, 0) as relu", examples: ["maximum(2, 3)": "3"]
  ) { arguments throws(ShapeError) in
    let (a, b) = try arguments.pair()
    if b.type == .literal, b.literalValue == 0 { return .tensor(relu(a)) }
    if a.type == .literal, a.literalValue == 0 { return .tensor(relu(b)) }
    return .tensor(.zip(.maximum, a, b))
  }

  public static let minimum: Operator = .zip(
    "minimum(a, b)", "The lesser of two, element by element; NaN wins.", .minimum,
    derivative: "1 for the lesser, ½ each for equals", examples: ["minimum(2, 3)": "2"])

  public static let clip: Operator = Operator(
    "clip(x, min?, max?)", "Each element moved into the range from min to max; with min > max the result is max.",
    derivative: "1 inside and on an edge, 0 outside", trials: ["clip(a, -1, 1)", "clip(a, b, 1)"],
    examples: ["clip(5, 0, 1)": "1"]
  ) { arguments throws(ShapeError) in
    let x = try arguments.tensor(0).asFloat
    let low = try arguments.number("min", default: -.infinity)
    let high = try arguments.number("max", default: .infinity)
    _ = try arguments.broadcast(try arguments.broadcast(x.shape, low.shape), high.shape)
    let value = Symbol.zip(.minimum, .zip(.maximum, x, low), high)
    let operands = [value] + [x, low, high].map { $0.converted(to: value.type) }
    return .tensor(x.builder.add(.clip, operands, shape: value.shape, type: value.type))
  }

  public static let hypot: Operator = .zip(
    "hypot(a, b)", "sqrt(a² + b²) without overflow.", .hypot, derivative: "a / y, b / y; 0 at (0, 0)", domain: 0.3...2,
    examples: ["hypot(3, 4)": "5"])

  public static let logaddexp: Operator = Operator(
    "logaddexp(a, b)", "log(exp(a) + exp(b)) without overflow.", derivative: "sigmoid(a - b), sigmoid(b - a)",
    examples: ["logaddexp(0, 0)": "0.69315"]
  ) { arguments throws(ShapeError) in
    let (a, b) = try arguments.pair()
    let apart = log1p(exp(-abs(a - b)))
    let rest = Symbol.select(.compare(.equal, a, b), a.builder.constant(0.693147180559945309), apart)
    let value = Symbol.zip(.maximum, a, b) + rest
    let operands = [value, a, b].map { $0.converted(to: value.type) }
    return .tensor(a.builder.add(.logaddexp, operands, shape: value.shape, type: value.type))
  }

  public static let xlogy: Operator = .zip(
    "xlogy(x, y)", "x log(y), and 0 where x is 0.", .xlogy, derivative: "log(y), x / y; 0 where x and y are 0",
    domain: 0.3...2, examples: ["xlogy(0, 0)": "0", "xlogy(1, 2)": "0.69315"])

  public static let biasAdd: Operator = Operator(
    "bias_add(x, b)", "x + b with a vector b along the last axis.", derivative: "1, 1",
    trials: ["bias_add(a, v)"]
  ) { arguments throws(ShapeError) in
    let (x, b) = (try arguments.tensor(0), try arguments.tensor(1))
    guard b.rank == 1, x.rank > 0, x.shape[x.rank - 1] == b.shape[0] else {
      throw ShapeError("bias_add wants a vector as long as the last axis: x is \(x.shape), b is \(b.shape)")
    }
    return .tensor(x + b)
  }

  static let arithmetic: [Operator] = [
    add, subtract, multiply, divide, remainder, pow, maximum, minimum, clip, hypot, logaddexp, xlogy, biasAdd,
  ]
}
