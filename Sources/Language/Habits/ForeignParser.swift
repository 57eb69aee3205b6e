/// Reads a line of another language; nil wherever it isn't understood, so that nothing wrong is offered.
///
/// One grammar for all of them: what is written differently for the same thing is read as the same tree.
struct ForeignParser {
  struct Unreadable: Error {}

  var tokens: [ForeignToken]
  var place = 0
  /// Blanks separate entries: directly inside `[ ]` and `{ }`.
  var isBlankSeparated = false
  /// A `:` ends the expression: behind the head of a Python block, before the value of a key.
  var endsAtColon = false
  /// An `if` isn't part of the expression, but of the comprehension around it.
  var endsAtIf = false
  var isInBrackets = false
  var depth = 0
  /// What has been met on the way that only some languages have.
  var marks: Set<Mark> = []
  let source: [Character]

  /// Signs by which a language is told.
  enum Mark {
    /// Entries separated by blanks, `.*`, `end` as an index.
    case blanks, pointedSign, end, endInBrackets
    /// `@(x)`, a text in single quotes.
    case handle, singleQuotes
    /// `f.(x)`, `push!`, `$(…)`.
    case pointedCall, bang
    /// `<-`, `%*%`, `x[, 2]`.
    case leftArrow, percentSign, omitted
  }

  init?(_ text: String) {
    guard text.utf8.count < 4_000, let tokens = ForeignLexer.tokens(of: text) else { return nil }
    self.tokens = tokens
    source = Array(text)
  }

  var token: ForeignToken { tokens[place] }
  var next: ForeignToken { tokens[min(place + 1, tokens.count - 1)] }

  mutating func advance() { if place < tokens.count - 1 { place += 1 } }

  func isAt(_ sign: String) -> Bool { token.kind == .sign && token.text == sign }
  func isAt(word: String) -> Bool { token.kind == .name && token.text == word }

  mutating func skip(_ sign: String) -> Bool {
    guard isAt(sign) else { return false }
    advance()
    return true
  }

  mutating func skip(word: String) -> Bool {
    guard isAt(word: word) else { return false }
    advance()
    return true
  }

  mutating func expect(_ sign: String) throws(Unreadable) { if !skip(sign) { throw Unreadable() } }

  /// The text from a token up to the end of its line.
  mutating func takeLine() -> String {
    let start = token.start
    while token.kind != .lineBreak, token.kind != .end { advance() }
    return String(source[min(start, source.count)..<min(token.start, source.count)]).trimmed
  }

  // MARK: Expressions

  /// How tightly signs hold together.
  private static let powers: [String: Int] = {
    var table: [String: Int] = [:]
    for (power, signs) in [
      (1, ["|>", "%>%"]), (2, ["||", "or"]), (3, ["&&", "and"]), (4, ["|"]), (5, ["&"]),
      (
        7,
        [
          "<", ">", "<=", ">=", "==", "!=", "~=", "<>", "===", "!==", "≤", "≥", "≠", ".<", ".>", ".<=", ".>=", ".==",
          ".!=",
          "in", "is", "%in%", "<<", ">>",
        ]
      ),
      (9, ["+", "-", ".+", ".-", "−"]),
      (10, ["*", "/", "@", "%", "//", "\\", ".*", "./", ".\\", "%*%", "%o%", "%%", "%/%", "×", "÷", "⋅"]),
      (12, ["^", "**", ".^", ".**"]),
    ] as [(Int, [String])] {
      for sign in signs { table[sign] = power }
    }
    return table
  }()

  static let notPower = 6
  static let comparisonPower = 7
  static let rangePower = 8
  static let signPower = 11
  static let powerPower = 12

  /// An expression with all that may stand around it: `a if c else b`, `c ? a : b`, `x -> e`.
  mutating func whole() throws(Unreadable) -> ForeignExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth < 64 else { throw Unreadable() }
    if let function = try function() { return function }
    let value = try expression(over: 1)
    if isAt("->") {
      advance()
      return .function(try parameters(of: value), try whole())
    }
    if isAt(word: "if"), !endsAtIf {
      advance()
      let condition = try expression(over: 1)
      guard skip(word: "else") else { throw Unreadable() }
      return .conditional(condition, then: value, otherwise: try whole())
    }
    if isAt("?"), next.kind != .end, next.kind != .lineBreak {
      advance()
      let then = try expression(over: Self.rangePower + 1)
      try expect(":")
      return .conditional(value, then: then, otherwise: try whole())
    }
    return value
  }

  mutating func expression(over power: Int) throws(Unreadable) -> ForeignExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth < 64 else { throw Unreadable() }
    var left = try operand(power)
    // What the last comparison compared with: `a < b < c` compares b twice.
    var compared: ForeignExpression?
    while let (sign, own) = infix(), own >= power {
      if sign == ":" {
        left = try range(from: left)
        continue
      }
      advance()
      if sign.hasPrefix("."), sign.count > 1 { marks.insert(.pointedSign) }
      if sign.hasPrefix("%"), sign.count > 1 { marks.insert(.percentSign) }
      if sign == "is" { _ = skip(word: "not") }
      let isRight = own == Self.powerPower
      let right = try expression(over: isRight ? Self.signPower : own + 1)
      if own == Self.comparisonPower {
        left = compared.map { .binary("and", left, .binary(sign, $0, right)) } ?? .binary(sign, left, right)
        compared = right
      } else {
        left = .binary(sign, left, right)
        compared = nil
      }
    }
    return left
  }

  /// The sign at hand, where it stands between two operands.
  private mutating func infix() -> (sign: String, power: Int)? {
    if isAt(word: "not"), next.kind == .name, next.text == "in" { return nil }
    if isAt(":"), !endsAtColon { return (":", Self.rangePower) }
    guard token.kind == .sign || token.kind == .name, let power = Self.powers[token.text] else { return nil }
    // `[1 -2]` has two entries.
    if isBlankSeparated, token.followsSpace, !next.followsSpace, ["-", "+", "@", "\\"].contains(token.text) {
      return nil
    }
    return (token.text, power)
  }

  private mutating func range(from first: ForeignExpression?) throws(Unreadable) -> ForeignExpression {
    var parts: [ForeignExpression?] = [first]
    while isAt(":"), parts.count < 3 {
      advance()
      let isLast = [",", "]", ")", ":"].contains(token.text) && token.kind == .sign || token.kind == .end
      parts.append(isLast ? nil : try expression(over: Self.rangePower + 1))
    }
    return .range(parts)
  }

  private mutating func operand(_ power: Int) throws(Unreadable) -> ForeignExpression {
    if isAt(":"), !endsAtColon { return try range(from: nil) }
    guard token.kind == .sign || token.kind == .name else { return try postfix() }
    switch token.text {
    case "-", "+", "−":
      let sign = token.text
      advance()
      let value = try expression(over: Self.signPower)
      return sign == "+" ? value : .unary("-", value)
    case "~", "!", ".!":
      if token.text == ".!" { marks.insert(.pointedSign) }
      advance()
      return .unary("not", try expression(over: Self.signPower))
    case "not" where token.kind == .name:
      advance()
      return .unary("not", try expression(over: Self.notPower))
    default: return try postfix()
    }
  }

  mutating func postfix(isBare: Bool = false) throws(Unreadable) -> ForeignExpression {
    var value = try primary()
    while !isBare {
      if isBlankSeparated, token.followsSpace { return value }
      switch token.kind {
      case .name:
        // Julia's 2x.
        guard case .number = value, !token.followsSpace else { return value }
        value = .binary("*", value, try expression(over: Self.powerPower))
      case .sign:
        switch token.text {
        case "(": value = .call(value, try arguments())
        case "[": value = .index(value, try indices())
        case "'", ".'":
          advance()
          value = .transposed(value)
        case ".", "$": value = try member(of: value)
        default: return value
        }
      case .number, .text, .lineBreak, .end: return value
      }
    }
    return value
  }

  private mutating func member(of value: ForeignExpression) throws(Unreadable) -> ForeignExpression {
    advance()
    if isAt("(") {
      marks.insert(.pointedCall)
      return .call(value, try arguments())
    }
    guard token.kind == .name else { throw Unreadable() }
    let name = token.text
    if name.hasSuffix("!") { marks.insert(.bang) }
    advance()
    return name == "T" ? .transposed(value) : .member(value, name)
  }

  private mutating func primary() throws(Unreadable) -> ForeignExpression {
    let token = token
    switch token.kind {
    case .number:
      advance()
      return .number(token.value)
    case .text:
      advance()
      return try text(token)
    case .name:
      advance()
      if token.text == "end" { marks.insert(isInBrackets ? .endInBrackets : .end) }
      if token.text.hasSuffix("!") { marks.insert(.bang) }
      return .name(token.text)
    case .sign:
      switch token.text {
      case "(": return try parenthesised()
      case "[": return try list()
      case "{": return try braces()
      case "...":
        advance()
        return .ellipsis
      default: throw Unreadable()
      }
    case .lineBreak, .end: throw Unreadable()
    }
  }
}
