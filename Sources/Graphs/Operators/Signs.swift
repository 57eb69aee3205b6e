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

/// Functions that go by the sign of an element, of -0 too.
extension BinaryFunction {
  static let signs: [BinaryFunction] = [
    BinaryFunction(
      .fmod, "fmod(a, b)", "What is left of a after whole b's, with the sign of a.", zero: .kept(stretched: true),
      derivative: "1, -trunc(a / b)", domain: 0.6...1.9, examples: ["fmod(7, 3)": "1", "fmod(-1, 3)": "-1"],
      price: .long, scalar: { fmod($0, $1) },
      notation: .calls(
        jax: "jnp.fmod", torch: "torch.fmod", onnx: .of("Sub", .x, .of("Mul", .y, wholeQuotient)),
        stableHLO: "remainder")
    ) { g, y, x, _ in
      // The whole quotient that y was made with, which the rounded one may have passed.
      [g, -(g * Operator.round((x[0] - y) / x[1]))]
    },

    BinaryFunction(
      .copysign, "copysign(a, b)", "The size of a with the sign of b, of -0 too.", zero: .kept(stretched: true),
      derivative: "sign(a) sign(b); 0 at 0; none by b", examples: ["copysign(3, -1)": "-3"], price: .brief,
      scalar: { Double(signOf: $1, magnitudeOf: $0) },
      notation: .calls(
        jax: "jnp.copysign", torch: "torch.copysign",
        onnx: .of(
          "Where", .of("Less", .of("Where", .of("Equal", .y, 0), .of("Reciprocal", .y), .y), 0),
          .of("Neg", .of("Abs", .x)), .of("Abs", .x)),
        stableHLO: .of(
          "select", .of("compare LT", .of("select", .of("compare EQ", .y, 0), .of("divide", 1, .y), .y), 0),
          .of("negate", .of("abs", .x)), .of("abs", .x)))
    ) { g, _, x, _ in
      let one = x[1].builder.constant(1)
      let slope = g * (Operator.sign(x[0]) * Symbol.zip(BinaryFunction[.copysign].primitive, one, x[1]))
      return [slope.chosen(for: g, where: x[0].compared(.equal, 0), of: [x[0]]), nil]
    },
  ]

  /// In ONNX: a / b without its fraction.
  private static let wholeQuotient: Composition = {
    let quotient = Composition.of("Div", .x, .y)
    return .of("Mul", .of("Sign", quotient), .of("Floor", .of("Abs", quotient)))
  }()
}

/// Steps, units, and numbers in place of what is none.
extension Operator {
  public static let heaviside: Operator = Operator(
    "heaviside(x, h)", "0 where x is negative, h where it is 0, 1 where it is positive.",
    derivative: "none by x; by h 1 where x is 0", trials: ["heaviside(0 * a, b)"],
    examples: ["heaviside([-2, 0, 2], 0.5)": "3\n  0  0.5  1"], isElementwise: true
  ) { arguments throws(Refusal) in
    let (x, h) = try arguments.pair()
    func number(_ value: Double) -> Symbol { x.builder.constant(value, type: x.asFloat.type) }
    let step = Symbol.select(
      .map(.isNaN, toMask: x), number(.nan), .select(x.compared(.greater, 0), number(1), number(0)))
    return .tensor(.select(x.compared(.equal, 0), h.asFloat, step))
  }

  public static let nanToNum: Operator = Operator(
    "nan_to_num(x, nan=0, posinf?, neginf?)",
    "Numbers in place of NaN and the infinities: without others 0 and the largest and the lowest of x's type.",
    derivative: "1 where x is finite, else 0", trials: ["nan_to_num(a)", "nan_to_num(log(a), nan=sum(b))"],
    examples: ["nan_to_num([1, nan])": "2\n  1  0"], isElementwise: true
  ) { arguments throws(Refusal) in
    let given = try arguments.tensor(0).asFloat
    let x = given.type == .literal ? given.converted(to: given.builder.defaultType) : given
    let isSingle = x.type == .float32
    let largest = isSingle ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
    var value = x
    for (name, number, isMet) in [
      ("neginf", -largest, x.compared(.equal, -.infinity)), ("posinf", largest, x.compared(.equal, .infinity)),
      ("nan", 0, Symbol.map(.isNaN, toMask: x)),
    ] {
      let other = try arguments.number(name, default: number).asFloat
      guard other.shape.broadcast(with: x.shape) == x.shape else {
        throw Refusal("nan_to_num wants one number for '\(name)', or one for each of \(x.shape), not \(other.shape)")
      }
      value = .select(isMet, other.converted(to: x.type), value)
    }
    return .tensor(value.vanishing(with: x))
  }

  public static let degreesToRadians: Operator = Operator(
    "deg2rad(x)", "Degrees as radians: x π / 180.", derivative: "π / 180", examples: ["deg2rad(180)": "3.1416"],
    isElementwise: true
  ) { arguments throws(Refusal) in .tensor(try arguments.tensor(0).asFloat * (Double.pi / 180)) }

  public static let radiansToDegrees: Operator = Operator(
    "rad2deg(x)", "Radians as degrees: x 180 / π.", derivative: "180 / π", examples: ["rad2deg(pi)": "180"],
    isElementwise: true
  ) { arguments throws(Refusal) in .tensor(try arguments.tensor(0).asFloat * (180 / Double.pi)) }

  public static let rint: Operator = Operator(
    "rint(x)", "The nearest whole number; halves go to the even one.", derivative: "zero everywhere", trials: [],
    examples: ["rint(2.5)": "2"], isElementwise: true
  ) { arguments throws(Refusal) in .tensor(round(try arguments.tensor(0))) }
}

extension Symbol {
  /// Scaled, rounded and scaled back, as NumPy does it; numbers that have no more decimals stay.
  func rounded(decimals: Int) -> Symbol {
    func whole(_ x: Symbol) -> Symbol { .map(ElementFunction[.round].primitive, x) }
    if decimals == 0 { return whole(self) }
    let isSingle = type == .float32
    let power = pow(10, Double(Swift.min(decimals.magnitude, 400)))
    let greatest = isSingle ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
    if decimals < 0 { return (power > greatest ? self * 0 : whole(self / power) * power).stopped }
    let scaled = self * power
    let hasMore = Operator.abs(scaled).compared(.less, isSingle ? 0x1p23 : 0x1p52)
    return Symbol.select(hasMore, whole(scaled) / power, self).stopped
  }
}
