import Refusals
import Tensors

/// What moves with its operand, but by no rule.
extension Primitive {
  /// The same values, of which any derivative is refused with a sentence when it is computed; it never answers that
  /// nothing flows back.
  static func withoutGradient(_ name: String, _ sentence: String, help: String) -> Primitive {
    Primitive(name, .reshape, told: .moved, zero: .lost) { g, _, x, _ in
      [g.builder.add(.refused(.refusal(sentence, help: help)), [g], shape: x[0].shape, type: x[0].type)]
    }
  }

  /// An adjoint that doesn't exist, and whose own doesn't either.
  private static let refused: Family<HostAttribute> = Family(
    "gradient",
    { attribute in
      .host(
        { _, attribute throws(Refusal) in
          guard case .refusal(let sentence, let help) = attribute else { preconditionFailure("a sentence is at hand") }
          throw Refusal(sentence, help: help)
        }, attribute)
    }, told: .whole, zero: .lost
  ) { g, _, x, kernel in
    guard case .host(_, let attribute) = kernel else { preconditionFailure("a sentence is at hand") }
    return [g.builder.add(.refused(attribute), [g], shape: x[0].shape, type: x[0].type)]
  }
}
