/// A word or sign of another language.
struct ForeignToken {
  enum Kind { case number, name, text, sign, lineBreak, end }

  var kind: Kind
  /// A name or a sign as it is written; of a text what stands between the quotes.
  var text: String
  var value = 0.0
  /// A blank stands before it.
  var followsSpace = false
  /// Of a text: the letters before its quotes, and the quote.
  var prefix = ""
  /// Of a line break: how far the next line is indented.
  var indentation = 0
  /// Where it begins, in characters of the source.
  var start = 0
}

/// Cuts the text of another language into tokens; nil where it can't be one.
struct ForeignLexer {
  private let characters: [Character]
  private var position = 0
  private var tokens: [ForeignToken] = []
  private var openBrackets: [Character] = []

  static func tokens(of text: String) -> [ForeignToken]? {
    var lexer = ForeignLexer(characters: Array(text))
    return lexer.run() ? lexer.tokens : nil
  }

  private init(characters: [Character]) { self.characters = characters }

  private func peek(_ offset: Int = 0) -> Character? {
    position + offset < characters.count ? characters[position + offset] : nil
  }

  private mutating func run() -> Bool {
    while let next = peek() {
      let start = position
      var followsSpace = false
      if next == " " || next == "\t" || next == "\u{A0}" {
        position += 1
        continue
      }
      followsSpace = start > 0 && (characters[start - 1] == " " || characters[start - 1] == "\t")
      guard var token = token(next, followsSpace) else { return false }
      if token.text.isEmpty, token.kind == .sign { continue }
      token.followsSpace = followsSpace
      token.start = start
      tokens.append(token)
    }
    tokens.append(ForeignToken(kind: .end, text: "", start: position))
    return true
  }

  /// A sign without text stands for what isn't kept.
  private mutating func token(_ next: Character, _ followsSpace: Bool) -> ForeignToken? {
    if next.isNewline { return lineBreak() }
    if next == "#" || next == "%" && beginsComment(followsSpace) {
      while let next = peek(), !next.isNewline { position += 1 }
      return ForeignToken(kind: .sign, text: "")
    }
    if next.isNumber || next == "." && peek(1)?.isNumber == true { return number() }
    if next == "\"" || next == "'" && !isTranspose(followsSpace) { return text(prefix: "") }
    if next.isLetter || next == "_" || next == "∂" { return name() }
    return sign()
  }

  /// In Octave, at the start of a line and not before a word, as `%time` has one.
  private func beginsComment(_ followsSpace: Bool) -> Bool {
    let isFirst = tokens.last.map { $0.kind == .lineBreak } ?? true
    return isFirst && (peek(1).map { $0 == " " || $0 == "%" || $0.isNewline } ?? true)
  }

  private mutating func lineBreak() -> ForeignToken {
    position += 1
    var indentation = 0
    while let next = peek(indentation), next == " " || next == "\t" { indentation += 1 }
    if let last = openBrackets.last, last != "{" { return ForeignToken(kind: .sign, text: "") }
    return ForeignToken(kind: .lineBreak, text: "\n", indentation: indentation)
  }

  private mutating func number() -> ForeignToken? {
    var digits = ""
    if peek() == "0", let mark = peek(1), mark == "x" || mark == "X" {
      position += 2
      while let next = peek(), next.isHexDigit { digits.append(next); position += 1 }
      return Int(digits, radix: 16).map { ForeignToken(kind: .number, text: digits, value: Double($0)) }
    }
    while let next = peek(), next.isNumber || next == "_" {
      if next != "_" { digits.append(next) }
      position += 1
    }
    if peek() == ".", !(peek(1).map { "*/^\\'.".contains($0) || $0.isLetter && $0 != "e" } ?? false) {
      digits.append(".")
      position += 1
      while let next = peek(), next.isNumber { digits.append(next); position += 1 }
    }
    if let mark = peek(), mark == "e" || mark == "E",
      let next = peek(1), next.isNumber || (next == "-" || next == "+") && peek(2)?.isNumber == true
    {
      digits += "e" + String(next)
      position += 2
      while let next = peek(), next.isNumber { digits.append(next); position += 1 }
    }
    // R's whole numbers; Python's imaginary ones have no counterpart.
    if peek() == "L" { position += 1 }
    if let next = peek(), next == "j" || next == "J" { return nil }
    if digits.hasPrefix(".") { digits = "0" + digits }
    if digits.hasSuffix(".") { digits += "0" }
    return Double(digits.replacingSuffixlessPoint).map { ForeignToken(kind: .number, text: digits, value: $0) }
  }

  private mutating func name() -> ForeignToken? {
    var word = ""
    while let next = peek(), next.isLetter || next.isNumber || next == "_" || next == "∂" {
      word.append(next)
      position += 1
    }
    if let next = peek(), next == "\"" || next == "'", word.count <= 2,
      word.lowercased().allSatisfy({ "frbu".contains($0) }),
      opensText(next)
    {
      return text(prefix: word.lowercased())
    }
    // Julia's functions that change what they are given.
    if peek() == "!", peek(1) == "(" {
      position += 1
      word += "!"
    }
    return ForeignToken(kind: .name, text: word)
  }

  /// A quote behind `b` or `f` begins a text, unless it says that b is transposed.
  private func opensText(_ quote: Character) -> Bool {
    if quote == "\"" { return true }
    guard let next = peek(1), next.isLetter || next.isNumber || next == "{" else { return false }
    return characters[(position + 1)...].prefix { !$0.isNewline }.contains(quote)
  }

  /// Behind a value, with nothing between.
  private func isTranspose(_ followsSpace: Bool) -> Bool {
    guard let last = tokens.last else { return false }
    if followsSpace { return false }
    return last.kind == .name || last.kind == .number
      || last.kind == .sign && [")", "]", "}", "'", ".'"].contains(last.text)
  }

  private mutating func text(prefix: String) -> ForeignToken? {
    guard let quote = peek() else { return nil }
    position += 1
    var contents = ""
    while let next = peek() {
      position += 1
      if next == quote { return ForeignToken(kind: .text, text: contents, prefix: prefix + String(quote)) }
      if next.isNewline { return nil }
      guard next == "\\", !prefix.contains("r"), let escaped = peek() else {
        contents.append(next)
        continue
      }
      position += 1
      switch escaped {
      case "n": contents.append("\n")
      case "t": contents.append("\t")
      case "r": contents.append("\r")
      case "\\", "\"", "'", "$": contents.append(escaped)
      default: contents += "\\" + String(escaped)
      }
    }
    return nil
  }

  private mutating func sign() -> ForeignToken? {
    for length in [4, 3, 2, 1] where position + length <= characters.count {
      let word = String(characters[position..<position + length])
      guard Self.signs.contains(word) else { continue }
      position += length
      if let bracket = word.first, length == 1 {
        if "([{".contains(bracket) { openBrackets.append(bracket) }
        if ")]}".contains(bracket), !openBrackets.isEmpty { openBrackets.removeLast() }
      }
      return ForeignToken(kind: .sign, text: word)
    }
    return nil
  }

  private static let signs: Set<String> = [
    "(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "=", "+", "-", "*", "/", "\\", "^", "**", "//", "%", "@", "&",
    "&&", "|", "||", "!", "~", "?", "??", "<", ">", "<=", ">=", "==", "!=", "~=", "<>", "===", "!==", "->", "<-", "<<-",
    "=>", ".*", "./", ".\\", ".^", ".**", ".+", ".-", ".<", ".>", ".<=", ".>=", ".==", ".!=", ".!", ".'", "'", "+=",
    "-=", "*=", "/=", "//=", "**=", "@=", "%=", "&=", "|=", "^=", ".+=", ".-=", ".*=", "./=", ":=", "%*%", "%o%", "%%",
    "%/%", "%in%", "$", "...", "|>", "%>%", "++", "--", "<<", ">>", "≤", "≥", "≠", "×", "÷", "⋅", "−", "..", "`",
  ]
}

extension String {
  /// `1.e3` as `1.0e3`, which is how numbers are read here.
  fileprivate var replacingSuffixlessPoint: String {
    guard let place = firstRange(of: ".e")?.lowerBound else { return self }
    return self[..<place] + ".0" + self[index(after: place)...]
  }
}
