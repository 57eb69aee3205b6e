/// Statements of other languages, with the three ways of writing a block.
extension ForeignParser {
  /// All statements of a text; nil where one of them isn't understood.
  static func statements(of text: String) -> (statements: [ForeignStatement], marks: Set<Mark>)? {
    guard var parser = ForeignParser(text) else { return nil }
    do throws(Unreadable) {
      let statements = try parser.block { $0.token.kind == .end }
      return parser.token.kind == .end ? (statements, parser.marks) : nil
    } catch { return nil }
  }

  /// - Parameter isLine: it ends with its line.
  mutating func block(
    isLine: Bool = false, until isEnd: (ForeignParser) -> Bool
  ) throws(Unreadable) -> [ForeignStatement] {
    var statements: [ForeignStatement] = []
    depth += 1
    defer { depth -= 1 }
    guard depth < 64 else { throw Unreadable() }
    while true {
      while token.kind == .lineBreak && !isLine || isAt(";") || isAt(",") { advance() }
      if isEnd(self) || token.kind == .end { return statements }
      statements.append(try statement())
      let hasEnded = token.kind == .lineBreak || token.kind == .end || isAt(";") || isAt(",")
      guard hasEnded || isEnd(self) else { throw Unreadable() }
    }
  }

  mutating func statement() throws(Unreadable) -> ForeignStatement {
    if token.kind == .sign { return try signed() }
    guard token.kind == .name else { return try plain() }
    let isAlone = next.kind == .end || next.kind == .lineBreak || next.kind == .sign && [";", ","].contains(next.text)
    let isName = next.kind == .sign && ["=", ".", "(", "[", "+=", "-=", "<-", "'", ":="].contains(next.text)
    switch token.text {
    case "import", "from", "using", "library", "require", "require_relative", "pkg", "hold", "close", "clc", "format",
      "lookfor", "doc", "cd", "figure", "global", "nonlocal", "async", "try", "switch", "include", "clear",
      "clearvars", "echo", "more", "disp", "print", "type", "help", "class", "struct", "raise", "mutable", "let", "var",
      "const", "local":
      if ["library", "require"].contains(token.text), next.text == "(" {
        advance()
        return .phrase("library", takeLine())
      }
      if isName || isAlone && ["print", "type", "disp"].contains(token.text) { break }
      if ["let", "var", "const", "local", "global"].contains(token.text), next.kind == .name {
        advance()
        return try statement()
      }
      if token.text == "print" || token.text == "disp" { return try printing() }
      let word = token.text
      advance()
      return .phrase(word, takeLine())
    case "pass": if isAlone { advance(); return .nothing }
    case "break", "continue", "next":
      if isAlone || next.text == "}" || next.text == "end" {
        let word = token.text == "next" ? "continue" : token.text
        advance()
        return .leaving(word)
      }
    case "return":
      advance()
      let isBare = token.kind == .lineBreak || token.kind == .end || isAt(";")
      return .returning(isBare ? nil : try tuple())
    case "del" where next.kind == .name:
      advance()
      return .deletion(try names())
    case "assert" where !isName:
      advance()
      let claim = try whole()
      if skip(",") { _ = try whole() }
      return .assertion(claim)
    case "def": return try definition()
    case "function" where next.kind == .name || next.text == "[": return try definition()
    case "for", "parfor": if !isAlone, next.text != "=" { return try loop() }
    case "while": if !isAlone, next.text != "=" { return try whileLoop() }
    case "if": if !isAlone { return try branch() }
    case "with": if next.kind == .name { return try with() }
    default: break
    }
    return try plain()
  }

  /// `print x`, as Python had it.
  private mutating func printing() throws(Unreadable) -> ForeignStatement {
    advance()
    guard case .tuple(let entries) = try tuple(orOne: true) else { throw Unreadable() }
    return .expression(.call(.name("print"), entries.map { ForeignArgument(value: $0) }))
  }

  /// What begins with a sign: magic words of IPython, shell commands, prompts.
  private mutating func signed() throws(Unreadable) -> ForeignStatement {
    let isTight = !next.followsSpace
    switch token.text {
    case "%", "@", "!", "?", "%%", "??", "]":
      guard isTight || token.text == "??" || token.text == "%%", next.kind == .name else { break }
      let sign = token.text
      advance()
      let word = sign + token.text
      if sign == "@", !["@time", "@btime", "@show", "@benchmark", "@elapsed"].contains(word) { throw Unreadable() }
      if sign == "!", next.kind == .end || next.text != "(" && next.kind == .sign { break }
      advance()
      return .command(word, takeLine())
    case "[":
      // `[q, r] = qr(a)`.
      let start = place
      if case .list(let entries) = try whole(), isAt("="), entries.allSatisfy({ $0.path?.count == 1 || $0.isTilde }) {
        advance()
        return .assignment(entries, sign: "=", try tuple())
      }
      place = start
    default: break
    }
    return try plain()
  }

  /// `a = e`, `a, b = e`, `x <- e`, `a += e`, `e`.
  private mutating func plain() throws(Unreadable) -> ForeignStatement {
    let first = try tuple()
    guard token.kind == .sign else {
      return .expression(first)
    }
    switch token.text {
    case "?" where next.kind == .end || next.kind == .lineBreak:
      advance()
      _ = skip("?")
      guard let path = first.path else { throw Unreadable() }
      return .command("?", path.joined(separator: "."))
    case "=", "<-", "<<-", "←", ":=":
      let sign = token.text
      if sign.hasPrefix("<") { marks.insert(.leftArrow) }
      advance()
      var value = try tuple()
      // `a = b = e` gives both names the value.
      var targets = [first]
      while isAt("=") {
        targets.append(value)
        advance()
        value = try tuple()
      }
      guard targets.count == 1 else { throw Unreadable() }
      // Julia's and R's functions.
      if sign == "=", case .call(.name(let name), let arguments) = first, arguments.allSatisfy({ $0.isParameter }) {
        return .definition(
          name, arguments.map { $0.label == nil ? ($0.value.path?[0] ?? "", nil) : ($0.label ?? "", $0.value) },
          [.expression(value)])
      }
      if case .tuple(let entries) = first { return .assignment(entries, sign: "=", value) }
      return .assignment([first], sign: sign == ":=" ? ":=" : "=", value)
    case "+=", "-=", "*=", "/=", "//=", "**=", "@=", "%=", "&=", "|=", "^=", ".+=", ".-=", ".*=", "./=":
      let sign = token.text
      advance()
      return .assignment([first], sign: sign, try tuple())
    case "++", "--":
      let sign = token.text == "++" ? "+=" : "-="
      advance()
      return .assignment([first], sign: sign, .number(1))
    case "->" where next.kind == .name:
      advance()
      return .assignment([try whole()], sign: "=", first)
    default: return .expression(first)
    }
  }

  /// An expression, or several with commas between them.
  mutating func tuple(orOne: Bool = false) throws(Unreadable) -> ForeignExpression {
    let first = try whole()
    var entries = [first]
    while isAt(","), !isOctaveComma {
      advance()
      if token.kind == .end || token.kind == .lineBreak || isAt("=") { break }
      entries.append(try whole())
    }
    return entries.count == 1 && !orOne ? first : .tuple(entries)
  }

  /// Octave puts commas between statements of one line: inside blocks that end with `end`.
  private var isOctaveComma: Bool { endBlocks }

  private var endBlocks: Bool { depth > 1 && hasEndWord }

  var hasEndWord: Bool {
    tokens.contains { $0.kind == .name && ["end", "endfor", "endif", "endwhile", "endfunction"].contains($0.text) }
  }
}

extension ForeignArgument {
  /// It could stand in a definition.
  var isParameter: Bool {
    if isSpread { return false }
    if label != nil { return true }
    if case .name = value { return true }
    return false
  }
}

extension ForeignExpression {
  /// Octave's place for a value that isn't wanted.
  fileprivate var isTilde: Bool {
    if case .unary("not", .omitted) = self { true } else { false }
  }
}
