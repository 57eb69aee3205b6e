import CKernels
import Refusals
import Tensors

/// Everything the program knows about one operator or function of the language.
public struct Operator: Sendable {
  /// What a call gives: one tensor, or several as a tuple.
  public enum Answer {
    case tensor(Symbol)
    case tuple([Symbol])
    case structure(Structure)
  }

  /// Tensors in tuples and records.
  public indirect enum Structure {
    case tensor(Symbol)
    case tuple([Structure])
    case record([(key: String, value: Structure)])

    /// Complex numbers by their parts.
    static func complex(_ z: ComplexSymbol) -> Structure {
      .record([(key: "re", value: .tensor(z.re)), (key: "im", value: .tensor(z.im))])
    }
  }

  public typealias Body = @Sendable (Arguments) throws(Refusal) -> Answer

  public let signature: Signature
  /// One sentence.
  public let summary: String
  /// Its gradient in words or as a formula.
  public let derivative: String
  /// Other names that work.
  public let aliases: [String]
  /// Where the derivative test samples its operands.
  public let domain: ClosedRange<Double>
  /// Expressions over a, b (2×3), s (3×3) and v (3) whose derivatives the tests check; nil: the operator applied to a, b, ….
  public let trials: [String]?
  /// Expressions and what they print, for help and tests.
  public let examples: [(input: String, output: String)]
  /// Whether it looks at each element by itself: such a function goes through tuples and records leaf by leaf.
  public let isElementwise: Bool
  public let body: Body

  public var name: String { signature.name }

  public init(
    _ signature: String, _ summary: String, derivative: String = "", aliases: [String] = [],
    domain: ClosedRange<Double> = -2...2, trials: [String]? = nil, examples: KeyValuePairs<String, String> = [:],
    isElementwise: Bool = false, body: @escaping Body
  ) {
    self.signature = Signature(signature)
    self.summary = summary
    self.derivative = derivative
    self.aliases = aliases
    self.domain = domain
    self.trials = trials
    self.examples = examples.map { ($0.key, $0.value) }
    self.isElementwise = isElementwise
    self.body = body
  }

  /// The one result for these operands, if they fit.
  public func applied(to operands: [Symbol]) throws(Refusal) -> Symbol {
    let arguments = Arguments(
      signature: signature, builder: operands[0].builder, positional: operands.map { .tensor($0) })
    guard case .tensor(let result) = try body(arguments) else {
      preconditionFailure("\(name) gives one tensor")
    }
    return result
  }

  /// A call from inside a rule, where the operands are known to fit.
  public func callAsFunction(_ operands: Symbol...) -> Symbol {
    guard let result = try? applied(to: operands) else {
      preconditionFailure("a rule gives \(name) operands that fit")
    }
    return result
  }
}
