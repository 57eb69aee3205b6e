/// Something written that is neither name nor literal: a token, or what people type who come from another language.
private struct Sign {
  enum Meaning {
    case token(Token.Kind)
    case refused(message: String, help: String)
  }

  let spelling: [UInt8]
  let meaning: Meaning

  private init(_ spelling: String, _ kind: Token.Kind) {
    self.spelling = Array(spelling.utf8)
    meaning = .token(kind)
  }

  private init(_ spelling: String, _ message: String? = nil, help: String) {
    self.spelling = Array(spelling.utf8)
    meaning = .refused(message: message ?? "'\(spelling)' has no meaning here", help: help)
  }

  static let own: [Sign] = [
    Sign("...", .ellipsis), Sign("…", .ellipsis), Sign(":=", .defineLive),
    Sign("+=", .addAssign), Sign("-=", .subtractAssign), Sign("*=", .multiplyAssign),
    Sign("/=", .divideAssign), Sign("->", .arrow), Sign("|>", .pipe), Sign("==", .equal),
    Sign("!=", .notEqual), Sign("<=", .lessEqual), Sign(">=", .greaterEqual), Sign("**", .power),
    Sign("(", .openParenthesis), Sign(")", .closeParenthesis), Sign("{", .openBrace), Sign("}", .closeBrace),
    Sign(";", .semicolon), Sign(":", .colon), Sign(".", .point), Sign("'", .apostrophe),
    Sign("?", .question), Sign("~", .tilde), Sign("=", .assign), Sign("<", .less), Sign(">", .greater),
    Sign("+", .plus), Sign("-", .minus), Sign("*", .star), Sign("/", .slash), Sign("@", .at),
    Sign("%", .percent), Sign("^", .power),
  ]

  private static let foreign: [Sign] = [
    Sign("===", help: "a == b compares"), Sign("!==", help: "a != b compares"),
    Sign("**=", help: "a = a ^ b"), Sign("//=", help: "a = floor(a / b)"),
    Sign("~=", help: "a != b compares"), Sign("<>", help: "a != b compares"),
    Sign("&&", help: "a and b"), Sign("||", help: "a or b"), Sign("|=", help: "a = a or b"),
    Sign("&=", help: "a = a and b"), Sign("^=", help: "a = a ^ b"),
    Sign("@=", help: "a = a @ b"), Sign("%=", help: "a = a % b"),
    Sign(".*", help: "a * b is elementwise; a @ b is the matrix product"),
    Sign("./", help: "a / b is elementwise"), Sign(".^", help: "a ^ b is elementwise"),
    Sign(".'", help: "a' is the transpose"),
    Sign("//", help: "floor(a / b) divides and rounds down; a comment starts with #"),
    Sign("/*", help: "a comment starts with #"),
    Sign("=>", help: "f(x) = x ^ 2 defines a function; a >= b compares"),
    Sign("!", help: "not a"), Sign("&", help: "a and b"), Sign("|", help: "a or b"),
    Sign("\\", help: "a line goes on inside brackets, or after an operator or a comma"),
    Sign("`", help: "text is written \"…\""), Sign("$", help: "a name is written without it"),
    Sign("×", help: "a * b"), Sign("·", help: "a * b is elementwise; a @ b is the matrix product"),
    Sign("⋅", help: "a * b; the printed ⋅ is a removed 0"), Sign("∙", help: "a * b"),
    Sign("÷", help: "a / b"), Sign("−", help: "a - b, with the plain minus sign"),
    Sign("–", help: "a - b, with the plain minus sign"), Sign("≤", help: "a <= b"),
    Sign("≥", help: "a >= b"), Sign("≠", help: "a != b"), Sign("²", help: "a ^ 2"),
    Sign("³", help: "a ^ 3"), Sign("√", help: "sqrt(a)"), Sign("∞", help: "inf"),
    Sign("∧", help: "a and b"), Sign("∨", help: "a or b"), Sign("¬", help: "not a"),
    Sign("←", help: "a = b"), Sign("′", help: "a' is the transpose"),
    Sign("“", help: "text is written \"…\""), Sign("”", help: "text is written \"…\""),
    Sign("‘", help: "text is written \"…\""), Sign("’", help: "text is written \"…\""),
    Sign("«", help: "text is written \"…\""), Sign("»", help: "text is written \"…\""),
    Sign("\u{FFFD}", "these bytes are not UTF-8", help: "save the file as UTF-8"),
    Sign("\0", "the text contains a NUL character", help: "a program is plain text"),
  ]

  /// All signs by their first byte, the longest first: `===` is no `==`, but `|>` is no `|`.
  static let byFirstByte: [[Sign]] = {
    var table = [[Sign]](repeating: [], count: 256)
    for sign in (own + foreign).sorted(by: { $0.spelling.count > $1.spelling.count }) {
      table[Int(sign.spelling[0])].append(sign)
    }
    return table
  }()
}

extension Lexer {
  /// The signs of the language, and what each is.
  static var signs: [(spelling: String, kind: Token.Kind)] {
    Sign.own.compactMap { sign in
      if case .token(let kind) = sign.meaning { (String(decoding: sign.spelling, as: UTF8.self), kind) } else { nil }
    }
  }

  mutating func symbol() -> Token {
    for sign in Sign.byFirstByte[Int(bytes[position])] where starts(with: sign.spelling) {
      switch sign.meaning {
      case .token(let kind): return take(kind, sign.spelling.count)
      case .refused(let message, let help): return refuse(sign.spelling.count, message, help: help)
      }
    }
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
    guard position + spelling.count <= count else { return false }
    for offset in spelling.indices where bytes[position + offset] != spelling[offset] { return false }
    return true
  }
}
