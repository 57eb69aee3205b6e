/// How a sign is written, and which token it is.
private struct Symbol {
  let spelling: [UInt8]
  let kind: Token.Kind

  init(_ spelling: String, _ kind: Token.Kind) {
    self.spelling = Array(spelling.utf8)
    self.kind = kind
  }

  /// Longer ones first.
  static let all: [Symbol] = [
    Symbol("...", .ellipsis), Symbol("…", .ellipsis),
    Symbol(":=", .defineLive), Symbol("+=", .addAssign), Symbol("-=", .subtractAssign), Symbol("*=", .multiplyAssign),
    Symbol("/=", .divideAssign), Symbol("->", .arrow), Symbol("|>", .pipe), Symbol("==", .equal),
    Symbol("!=", .notEqual), Symbol("<=", .lessEqual), Symbol(">=", .greaterEqual), Symbol("**", .power),
    Symbol("(", .openParenthesis), Symbol(")", .closeParenthesis), Symbol("{", .openBrace), Symbol("}", .closeBrace),
    Symbol(";", .semicolon), Symbol(":", .colon), Symbol(".", .point), Symbol("'", .apostrophe),
    Symbol("?", .question), Symbol("~", .tilde), Symbol("=", .assign), Symbol("<", .less), Symbol(">", .greater),
    Symbol("+", .plus), Symbol("-", .minus), Symbol("*", .star), Symbol("/", .slash), Symbol("@", .at),
    Symbol("%", .percent), Symbol("^", .power),
  ]
}

/// A sign of another language, and what is typed here instead.
private struct ForeignSymbol {
  let spelling: [UInt8]
  let message: String
  let help: String

  init(_ spelling: String, _ message: String? = nil, help: String) {
    self.spelling = Array(spelling.utf8)
    self.message = message ?? "'\(spelling)' has no meaning here"
    self.help = help
  }

  /// Longer ones first.
  static let all: [ForeignSymbol] = [
    ForeignSymbol("===", help: "a == b compares"), ForeignSymbol("!==", help: "a != b compares"),
    ForeignSymbol("**=", help: "a = a ^ b"), ForeignSymbol("//=", help: "a = floor(a / b)"),
    ForeignSymbol("~=", help: "a != b compares"), ForeignSymbol("<>", help: "a != b compares"),
    ForeignSymbol("&&", help: "a and b"), ForeignSymbol("||", help: "a or b"), ForeignSymbol("|=", help: "a = a or b"),
    ForeignSymbol("&=", help: "a = a and b"), ForeignSymbol("^=", help: "a = a ^ b"),
    ForeignSymbol("@=", help: "a = a @ b"), ForeignSymbol("%=", help: "a = a % b"),
    ForeignSymbol(".*", help: "a * b is elementwise; a @ b is the matrix product"),
    ForeignSymbol("./", help: "a / b is elementwise"), ForeignSymbol(".^", help: "a ^ b is elementwise"),
    ForeignSymbol(".'", help: "a' is the transpose"),
    ForeignSymbol("//", help: "floor(a / b) divides and rounds down; a comment starts with #"),
    ForeignSymbol("/*", help: "a comment starts with #"),
    ForeignSymbol("=>", help: "f(x) = x ^ 2 defines a function; a >= b compares"),
    ForeignSymbol("!", help: "not a"), ForeignSymbol("&", help: "a and b"), ForeignSymbol("|", help: "a or b"),
    ForeignSymbol("\\", help: "a line goes on inside brackets, or after an operator or a comma"),
    ForeignSymbol("`", help: "text is written \"…\""), ForeignSymbol("$", help: "a name is written without it"),
    ForeignSymbol("×", help: "a * b"), ForeignSymbol("·", help: "a * b is elementwise; a @ b is the matrix product"),
    ForeignSymbol("⋅", help: "a * b; the printed ⋅ is a removed 0"), ForeignSymbol("∙", help: "a * b"),
    ForeignSymbol("÷", help: "a / b"), ForeignSymbol("−", help: "a - b, with the plain minus sign"),
    ForeignSymbol("–", help: "a - b, with the plain minus sign"), ForeignSymbol("≤", help: "a <= b"),
    ForeignSymbol("≥", help: "a >= b"), ForeignSymbol("≠", help: "a != b"), ForeignSymbol("²", help: "a ^ 2"),
    ForeignSymbol("³", help: "a ^ 3"), ForeignSymbol("√", help: "sqrt(a)"), ForeignSymbol("∞", help: "inf"),
    ForeignSymbol("∧", help: "a and b"), ForeignSymbol("∨", help: "a or b"), ForeignSymbol("¬", help: "not a"),
    ForeignSymbol("←", help: "a = b"), ForeignSymbol("′", help: "a' is the transpose"),
    ForeignSymbol("“", help: "text is written \"…\""), ForeignSymbol("”", help: "text is written \"…\""),
    ForeignSymbol("‘", help: "text is written \"…\""), ForeignSymbol("’", help: "text is written \"…\""),
    ForeignSymbol("«", help: "text is written \"…\""), ForeignSymbol("»", help: "text is written \"…\""),
    ForeignSymbol("\u{FFFD}", "these bytes are not UTF-8", help: "save the file as UTF-8"),
    ForeignSymbol("\0", "the text contains a NUL character", help: "a program is plain text"),
  ]
}

extension Lexer {
  mutating func symbol() -> Token {
    let symbol = Symbol.all.first { starts(with: $0.spelling) }
    // `===` is no `==`, but `!=` and `|>` are no `!` and `|`.
    if let foreign = ForeignSymbol.all.first(where: { starts(with: $0.spelling) }),
      foreign.spelling.count > symbol?.spelling.count ?? 0
    {
      return refuse(foreign.spelling.count, foreign.message, help: foreign.help)
    }
    if let symbol { return take(symbol.kind, symbol.spelling.count) }
    let (scalar, length) = scalar(at: position)
    let isVisible =
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    let code = String(scalar.value, radix: 16, uppercase: true)
    let number = "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
    return refuse(length, "\(isVisible ? "'\(scalar)'" : "the character \(number)") has no meaning here")
  }

  private func starts(with spelling: [UInt8]) -> Bool {
    guard position + spelling.count <= count, bytes[position] == spelling[0] else { return false }
    for offset in spelling.indices where bytes[position + offset] != spelling[offset] { return false }
    return true
  }
}
