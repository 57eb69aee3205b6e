import CKernels
import Refusals

/// A function of two elements, broadcasting: everything the program knows about it, in one row.
///
/// Its loop comes from the row of the same name in the kernels' `functions.h`.
public struct BinaryFunction: Sendable {
  public let kernel: gk_zip
  /// As the language has it.
  public let `operator`: Operator
  /// As a node of the graph.
  public let primitive: Primitive
  public let price: Price
  /// What the loop does to two elements, through libm: the oracle's way, and what the loop is tested against.
  public let scalar: @Sendable (Double, Double) -> Double
  public let notation: Notation

  public var name: String { primitive.name }

  /// - Parameters:
  ///   - domain: where the derivative test samples both operands.
  ///   - body: what a call means where it isn't always this node.
  init(
    _ kernel: gk_zip, _ signature: String, _ summary: String, zero: ZeroRule, derivative: String,
    aliases: [String] = [], domain: ClosedRange<Double> = -2...2, examples: KeyValuePairs<String, String>,
    price: Price, scalar: @escaping @Sendable (Double, Double) -> Double, notation: Notation,
    body: (@Sendable (Symbol, Symbol) -> Symbol)? = nil, gradient: @escaping Rules.Gradient
  ) {
    let name = Signature(signature).name
    let primitive = Primitive(
      name, .zip(kernel), told: notation.telling(name, aliases), zero: zero, gradient: gradient)
    (self.kernel, self.primitive, self.price, self.scalar) = (kernel, primitive, price, scalar)
    self.notation = notation.named(primitive.name)
    self.operator = Operator(
      signature, summary, derivative: derivative, aliases: aliases, domain: domain, examples: examples,
      isElementwise: true
    ) { arguments throws(Refusal) in
      let (a, b) = try arguments.pair()
      return .tensor(body?(a, b) ?? .zip(primitive, a, b))
    }
  }

  public static let all: [BinaryFunction] = arithmetic + signs + trigonometry + special

  private static let rows = KernelTable(all, count: GK_ZIP_COUNT) { Int($0.kernel.rawValue) }

  public static subscript(kernel: gk_zip) -> BinaryFunction { rows[Int(kernel.rawValue)] }
}

/// Those that other rules are written with.
extension Primitive {
  public static let add: Primitive = BinaryFunction[.add].primitive
  public static let subtract: Primitive = BinaryFunction[.subtract].primitive
  public static let multiply: Primitive = BinaryFunction[.multiply].primitive
  public static let divide: Primitive = BinaryFunction[.divide].primitive
  public static let power: Primitive = BinaryFunction[.pow].primitive
  public static let maximum: Primitive = BinaryFunction[.maximum].primitive
  public static let minimum: Primitive = BinaryFunction[.minimum].primitive
  public static let negative: Primitive = ElementFunction[.negative].primitive
  static let hypot: Primitive = BinaryFunction[.hypot].primitive
  public static let square: Primitive = ElementFunction[.square].primitive
}

extension Operator {
  public static let remainder: Operator = BinaryFunction[.remainder].operator
  public static let pow: Operator = BinaryFunction[.pow].operator
  public static let maximum: Operator = BinaryFunction[.maximum].operator
  public static let minimum: Operator = BinaryFunction[.minimum].operator
  public static let xlogy: Operator = BinaryFunction[.xlogy].operator
}
