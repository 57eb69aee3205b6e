/// An operator between two operands: how tightly it binds, and what it makes of them.
struct Infix {
  enum Meaning {
    case binary(BinaryOperator)
    case pipe
  }

  enum Association {
    case left, right, none
  }

  let token: Token.Kind
  let power: Int
  let association: Association
  let meaning: Meaning

  private init(_ token: Token.Kind, _ power: Int, _ meaning: Meaning, _ association: Association = .left) {
    self.token = token
    self.power = power
    self.association = association
    self.meaning = meaning
  }

  /// All of them, loosest first; a larger power binds tighter.
  static let all: [Infix] = [
    Infix(.pipe, 10, .pipe),
    Infix(.orWord, 20, .binary(.or)),
    Infix(.xorWord, 20, .binary(.xor)),
    Infix(.andWord, 30, .binary(.and)),
    Infix(.equal, 50, .binary(.equal), .none),
    Infix(.notEqual, 50, .binary(.notEqual), .none),
    Infix(.less, 50, .binary(.less), .none),
    Infix(.lessEqual, 50, .binary(.lessEqual), .none),
    Infix(.greater, 50, .binary(.greater), .none),
    Infix(.greaterEqual, 50, .binary(.greaterEqual), .none),
    Infix(.plus, 60, .binary(.add)),
    Infix(.minus, 60, .binary(.subtract)),
    Infix(.star, 70, .binary(.multiply)),
    Infix(.slash, 70, .binary(.divide)),
    Infix(.at, 70, .binary(.matrixProduct)),
    Infix(.percent, 70, .binary(.remainder)),
    Infix(.power, 90, .binary(.power), .right),
  ]

  /// How tightly the prefix operators bind.
  static let notPower = 40
  static let signPower = 80

  private static let byToken: [Infix?] = (0...Token.Kind.power.rawValue).map { raw in
    all.first { $0.token.rawValue == raw }
  }

  /// The infix operator that a token is, if it is one.
  static func at(_ token: Token.Kind) -> Infix? {
    token.rawValue < Token.Kind.pipe.rawValue ? nil : byToken[Int(token.rawValue)]
  }

  /// The infix operator that writes a binary one.
  static func of(_ binary: BinaryOperator) -> Infix {
    let index = all.firstIndex { if case .binary(binary) = $0.meaning { true } else { false } }
    guard let index else { preconditionFailure("every binary operator stands in the table") }
    return all[index]
  }
}
