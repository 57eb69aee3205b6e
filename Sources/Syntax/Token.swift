/// A word or sign of the language, with its place.
struct Token {
  enum Kind: UInt8 {
    case end, invalid
    /// Never made by the lexer: what the parser sees where a line break ends the statement.
    case lineBreak
    case number, text, name
    case trueWord, falseWord, infWord, nanWord, newWord
    case repeatWord, forWord, whileWord, ifWord, elseWord, inWord
    case openParenthesis, closeParenthesis, openBracket, closeBracket, openBrace, closeBrace
    case comma, semicolon, colon, point, ellipsis, apostrophe, question, tilde, arrow
    case assign, defineLive, addAssign, subtractAssign, multiplyAssign, divideAssign
    // Infix operators.
    case pipe, orWord, xorWord, andWord, notWord
    case equal, notEqual, less, lessEqual, greater, greaterEqual
    case plus, minus, star, slash, at, percent, power
  }

  var kind: Kind
  var range: SourceRange
  /// What a number literal says; zero for everything else.
  var value = 0.0
  /// A blank, a comment or a line break stands before it.
  var followsSpace = false
  /// It is the first on its line.
  var startsLine = false

  /// The words that can't be names.
  static let reserved: [String: Kind] = [
    "true": .trueWord, "false": .falseWord, "True": .trueWord, "False": .falseWord, "inf": .infWord, "nan": .nanWord,
    "new": .newWord,
    "repeat": .repeatWord, "for": .forWord, "while": .whileWord, "if": .ifWord, "else": .elseWord, "in": .inWord,
    "and": .andWord, "or": .orWord, "xor": .xorWord, "not": .notWord,
  ]
}

extension Token.Kind {
  /// How an opening or closing bracket is written, for messages.
  var bracket: String? {
    switch self {
    case .openParenthesis: "("
    case .closeParenthesis: ")"
    case .openBracket: "["
    case .closeBracket: "]"
    case .openBrace: "{"
    case .closeBrace: "}"
    default: nil
    }
  }

  var opensBracket: Bool { self == .openParenthesis || self == .openBracket || self == .openBrace }
  var closesBracket: Bool { self == .closeParenthesis || self == .closeBracket || self == .closeBrace }

  /// Something with a value could begin here.
  var startsOperand: Bool {
    switch self {
    case .number, .text, .name, .trueWord, .falseWord, .infWord, .nanWord, .openParenthesis, .openBracket, .question:
      true
    default: false
    }
  }
}
