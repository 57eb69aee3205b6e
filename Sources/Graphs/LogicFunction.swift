import CKernels
import Refusals

/// A function of two masks, broadcasting, and the reduction that it makes.
public struct LogicFunction: Sendable {
  public let kernel: gk_logic
  public let `operator`: Operator
  public let primitive: Primitive
  /// What the loop does to two entries.
  public let scalar: @Sendable (Bool, Bool) -> Bool
  /// Over no entries at all.
  public let start: Bool
  public let notation: Notation
  /// As a reduction along axes.
  public let reduction: Notation

  public var name: String { primitive.name }

  /// - Parameters:
  ///   - sign: as Python writes it.
  private init(
    _ kernel: gk_logic, _ name: String, _ summary: String, sign: String, start: Bool,
    scalar: @escaping @Sendable (Bool, Bool) -> Bool, onnx: Composition?, stableHLO: Composition?,
    reductionName: String, reduction: Notation
  ) {
    let primitive = Primitive(name, .logic(kernel), told: .sign(name), zero: .lost, gradient: nil)
    (self.kernel, self.primitive, self.start, self.scalar) = (kernel, primitive, start, scalar)
    notation = .python(.infix(sign, tightness: 0, left: 3, right: 3), onnx: onnx, stableHLO: stableHLO).named(name)
    self.reduction = reduction.named(reductionName)
    self.operator = Operator("\(name)(a, b)", summary, derivative: "zero everywhere", trials: []) {
      arguments throws(Refusal) in
      let (a, b) = try arguments.pair()
      return .tensor(.logic(primitive, a, b))
    }
  }

  // ONNX reduces numbers alone: 0 and 1.
  public static let all: [LogicFunction] = [
    LogicFunction(
      .and, "and", "Whether both are true.", sign: "&", start: true, scalar: { $0 && $1 }, onnx: "And",
      stableHLO: "and", reductionName: "all",
      reduction: .calls(jax: "jnp.all", torch: "torch.all", onnx: "ReduceMin", stableHLO: "and")),
    LogicFunction(
      .or, "or", "Whether at least one is true.", sign: "|", start: false, scalar: { $0 || $1 }, onnx: "Or",
      stableHLO: "or", reductionName: "any",
      reduction: .calls(jax: "jnp.any", torch: "torch.any", onnx: "ReduceMax", stableHLO: "or")),
    LogicFunction(
      .xor, "xor", "Whether exactly one is true.", sign: "^", start: false, scalar: { $0 != $1 }, onnx: "Xor",
      stableHLO: "xor", reductionName: "parity",
      reduction: .calls(jax: nil, torch: nil, onnx: nil, stableHLO: "xor")),
  ]

  private static let rows = KernelTable(all, count: GK_LOGIC_COUNT) { Int($0.kernel.rawValue) }

  public static subscript(kernel: gk_logic) -> LogicFunction { rows[Int(kernel.rawValue)] }
}

extension Primitive {
  public static let and: Primitive = LogicFunction[.and].primitive
  public static let or: Primitive = LogicFunction[.or].primitive
  public static let xor: Primitive = LogicFunction[.xor].primitive
}

extension Operator {
  public static let and: Operator = LogicFunction[.and].operator
  public static let or: Operator = LogicFunction[.or].operator
  public static let xor: Operator = LogicFunction[.xor].operator
}
