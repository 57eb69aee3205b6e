/// An operation that leaves a node in the graph: its rules, and its loop with all that the loop has to know.
public final class Primitive: Sendable {
  public let rules: Rules
  public let kernel: Kernel

  public var name: String { rules.name }
  public var telling: Telling { rules.telling }
  public var zero: ZeroRule { rules.zero }
  public var gradient: Rules.Gradient? { rules.gradient }

  public convenience init(
    _ name: String, _ kernel: Kernel, told: Telling, zero: ZeroRule, gradient: Rules.Gradient?
  ) {
    self.init(Rules(name, told: told, zero: zero, gradient: gradient), kernel)
  }

  init(_ rules: Rules, _ kernel: Kernel) { (self.rules, self.kernel) = (rules, kernel) }
}

/// What operations of one name have in common: the derivative, the rule for zeros, and how an entry of theirs is told.
public final class Rules: Sendable {
  /// The adjoint of each operand, from the result's adjoint, the result, the operands and the loop.
  ///
  /// Nil where nothing flows back. Broadcasting and types are undone by the caller.
  public typealias Gradient = @Sendable (_ g: Symbol, _ y: Symbol, _ x: [Symbol], _ kernel: Kernel) -> [Symbol?]

  public let name: String
  public let telling: Telling
  public let zero: ZeroRule
  public let gradient: Gradient?

  init(_ name: String, told telling: Telling, zero: ZeroRule, gradient: Gradient?) {
    (self.name, self.telling, self.zero, self.gradient) = (name, telling, zero, gradient)
  }
}

/// Operations of one name that differ in what their loop has to know; called with it, one of them: `.transpose([1, 0])`.
public struct Family<Attribute: Sendable>: Sendable {
  public let rules: Rules
  private let kernel: @Sendable (Attribute) -> Kernel

  init(
    _ name: String, _ kernel: @escaping @Sendable (Attribute) -> Kernel, told telling: Telling, zero: ZeroRule,
    gradient: Rules.Gradient?
  ) {
    (rules, self.kernel) = (Rules(name, told: telling, zero: zero, gradient: gradient), kernel)
  }

  public func callAsFunction(_ attribute: Attribute) -> Primitive { Primitive(rules, kernel(attribute)) }
}

extension Primitive: Hashable {
  public static func == (a: Primitive, b: Primitive) -> Bool {
    a === b || a.rules === b.rules && a.kernel.knowsTheSame(as: b.kernel)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(rules))
    kernel.hashAttributes(into: &hasher)
  }
}

extension Primitive {
  /// The same reduction over other axes; nil where nothing is reduced.
  public func over(_ axes: [Int]) -> Primitive? {
    switch kernel {
    case .reduce(let op, _): Primitive(rules, .reduce(op, axes: axes))
    case .reduceLogic(let op, _): Primitive(rules, .reduceLogic(op, axes: axes))
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .argument, .scan, .take, .takeAdjoint, .gather,
      .gatherAdjoint, .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      nil
    }
  }
}
