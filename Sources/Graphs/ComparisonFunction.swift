import CKernels
import Refusals

/// How two elements compare, as a mask; broadcasting.
public struct ComparisonFunction: Sendable {
  public let kernel: gk_comparison
  public let `operator`: Operator
  public let primitive: Primitive
  /// What the loop does to two elements.
  public let scalar: @Sendable (Double, Double) -> Bool
  public let notation: Notation

  public var name: String { primitive.name }

  /// - Parameters:
  ///   - sign: as the language and Python write it.
  private init(
    _ kernel: gk_comparison, _ name: String, _ summary: String, sign: String,
    scalar: @escaping @Sendable (Double, Double) -> Bool, onnx: Composition?, stableHLO: Composition?
  ) {
    let primitive = Primitive(name, .compare(kernel), told: .sign(sign), zero: .lost, gradient: nil)
    (self.kernel, self.primitive, self.scalar) = (kernel, primitive, scalar)
    notation = .python(.infix(sign, tightness: 0, left: 1, right: 1), onnx: onnx, stableHLO: stableHLO).named(name)
    self.operator = Operator(
      "\(name)(a, b)", summary, derivative: "zero everywhere", aliases: [sign], trials: []
    ) { arguments throws(Refusal) in
      let (a, b) = try arguments.pair()
      return .tensor(.compare(primitive, a, b))
    }
  }

  public static let all: [ComparisonFunction] = [
    ComparisonFunction(
      .equal, "equal", "Whether a equals b.", sign: "==", scalar: { $0 == $1 }, onnx: "Equal",
      stableHLO: "compare EQ"),
    ComparisonFunction(
      .notEqual, "not_equal", "Whether a differs from b.", sign: "!=", scalar: { $0 != $1 },
      onnx: .of("Not", .of("Equal", .x, .y)), stableHLO: "compare NE"),
    ComparisonFunction(
      .less, "less", "Whether a is less than b.", sign: "<", scalar: { $0 < $1 }, onnx: "Less",
      stableHLO: "compare LT"),
    ComparisonFunction(
      .lessEqual, "less_equal", "Whether a is at most b.", sign: "<=", scalar: { $0 <= $1 }, onnx: "LessOrEqual",
      stableHLO: "compare LE"),
    ComparisonFunction(
      .greater, "greater", "Whether a is greater than b.", sign: ">", scalar: { $0 > $1 }, onnx: "Greater",
      stableHLO: "compare GT"),
    ComparisonFunction(
      .greaterEqual, "greater_equal", "Whether a is at least b.", sign: ">=", scalar: { $0 >= $1 },
      onnx: "GreaterOrEqual", stableHLO: "compare GE"),
  ]

  private static let rows = KernelTable(all, count: GK_COMPARISON_COUNT) { Int($0.kernel.rawValue) }

  public static subscript(kernel: gk_comparison) -> ComparisonFunction { rows[Int(kernel.rawValue)] }
}

extension Primitive {
  public static let equal: Primitive = ComparisonFunction[.equal].primitive
  public static let notEqual: Primitive = ComparisonFunction[.notEqual].primitive
  public static let less: Primitive = ComparisonFunction[.less].primitive
  public static let lessEqual: Primitive = ComparisonFunction[.lessEqual].primitive
  public static let greater: Primitive = ComparisonFunction[.greater].primitive
  public static let greaterEqual: Primitive = ComparisonFunction[.greaterEqual].primitive
}

extension Operator {
  public static let equal: Operator = ComparisonFunction[.equal].operator
  public static let notEqual: Operator = ComparisonFunction[.notEqual].operator
  public static let less: Operator = ComparisonFunction[.less].operator
  public static let lessEqual: Operator = ComparisonFunction[.lessEqual].operator
  public static let greater: Operator = ComparisonFunction[.greater].operator
  public static let greaterEqual: Operator = ComparisonFunction[.greaterEqual].operator
}
