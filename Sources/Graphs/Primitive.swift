/// An operation that leaves a node in the graph: its loop, its derivative and its rule for zeros.
public final class Primitive: Sendable {
  /// The adjoint of each operand, from the result's adjoint, the result, the operands and the attributes.
  ///
  /// Nil where nothing flows back. Broadcasting and types are undone by the caller.
  public typealias Gradient = @Sendable (_ g: Symbol, _ y: Symbol, _ x: [Symbol], _ a: [Int]) -> [Symbol?]

  public let name: String
  public let kernel: Kernel
  public let zero: ZeroRule
  public let gradient: Gradient?

  public init(_ name: String, _ kernel: Kernel, zero: ZeroRule, gradient: Gradient?) {
    self.name = name
    self.kernel = kernel
    self.zero = zero
    self.gradient = gradient
  }
}

extension Primitive: Hashable {
  public static func == (a: Primitive, b: Primitive) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
