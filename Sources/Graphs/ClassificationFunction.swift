import CKernels
import Refusals

/// What kind of number each element is, as a mask.
public struct ClassificationFunction: Sendable {
  public let kernel: gk_test
  public let `operator`: Operator
  public let primitive: Primitive
  /// What the loop does to one element.
  public let scalar: @Sendable (Double) -> Bool
  public let notation: Notation

  public var name: String { primitive.name }

  private init(
    _ kernel: gk_test, _ name: String, _ summary: String, scalar: @escaping @Sendable (Double) -> Bool,
    notation: Notation
  ) {
    let primitive = Primitive(name, .test(kernel), told: .function(name), zero: .lost, gradient: nil)
    (self.kernel, self.primitive, self.scalar) = (kernel, primitive, scalar)
    self.notation = notation.named(name)
    self.operator = Operator("\(name)(x)", summary, derivative: "zero everywhere", trials: []) {
      arguments throws(Refusal) in
      .tensor(.map(primitive, toMask: try arguments.tensor(0)))
    }
  }

  public static let all: [ClassificationFunction] = [
    ClassificationFunction(
      .isnan, "isnan", "Whether an element is not a number.", scalar: { $0.isNaN },
      notation: .calls(jax: "jnp.isnan", torch: "torch.isnan", onnx: "IsNaN", stableHLO: .of("compare NE", .x, .x))),
    ClassificationFunction(
      .isinf, "isinf", "Whether an element is infinite.", scalar: { $0.isInfinite },
      notation: .calls(
        jax: "jnp.isinf", torch: "torch.isinf", onnx: .of("Equal", .of("Abs", .x), .number(.infinity)),
        stableHLO: .of("compare EQ", .of("abs", .x), .number(.infinity)))),
    ClassificationFunction(
      .isfinite, "isfinite", "Whether an element is neither infinite nor NaN.", scalar: { $0.isFinite },
      notation: .calls(
        jax: "jnp.isfinite", torch: "torch.isfinite",
        onnx: .of("Not", .of("Or", .of("IsNaN", .x), .of("Equal", .of("Abs", .x), .number(.infinity)))),
        stableHLO: .of("compare LT", .of("abs", .x), .number(.infinity)))),
    ClassificationFunction(
      .signbit, "signbit", "Whether an element has a minus sign: -0 has one.",
      scalar: { $0.sign == .minus },
      notation: .calls(
        jax: "jnp.signbit", torch: "torch.signbit",
        onnx: .of("Less", .of("Where", .of("Equal", .x, 0), .of("Reciprocal", .x), .x), 0),
        stableHLO: .of(
          "compare LT", .of("select", .of("compare EQ", .x, 0), .of("divide", 1, .x), .x), 0))),
  ]

  private static let rows = KernelTable(all, count: GK_TEST_COUNT) { Int($0.kernel.rawValue) }

  public static subscript(kernel: gk_test) -> ClassificationFunction { rows[Int(kernel.rawValue)] }
}

extension Primitive {
  public static let isNaN: Primitive = ClassificationFunction[.isnan].primitive
  public static let isFinite: Primitive = ClassificationFunction[.isfinite].primitive
}
