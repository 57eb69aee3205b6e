/// The three ways of writing a block: indented behind a colon, in braces, up to an `end`.
extension ForeignParser {
  /// The head of a block up to its colon; nothing behind it belongs to it.
  private mutating func head() throws(Unreadable) -> ForeignExpression {
    let outer = endsAtColon
    endsAtColon = !hasEndWord
    defer { endsAtColon = outer }
    return try whole()
  }

  private mutating func body(allowing words: Set<String> = []) throws(Unreadable) -> [ForeignStatement] {
    if skip(":") {
      guard token.kind == .lineBreak else {
        if token.kind == .end { return [] }
        return try block(isLine: true) { $0.token.kind == .lineBreak }
      }
      return try indented()
    }
    if skip("{") {
      let statements = try block { $0.isAt("}") }
      try expect("}")
      return statements
    }
    guard hasEndWord else { throw Unreadable() }
    marks.insert(.end)
    let closers: Set = ["end", "endfor", "endif", "endwhile", "endfunction"]
    let statements = try block {
      $0.token.kind == .name && (closers.contains($0.token.text) || words.contains($0.token.text))
    }
    if token.kind == .name, closers.contains(token.text) { advance() }
    return statements
  }

  /// Lines that are indented further than the one the block began on.
  private mutating func indented() throws(Unreadable) -> [ForeignStatement] {
    let inner = token.indentation
    var line = place
    while line > 0, tokens[line].kind != .lineBreak || line == place { line -= 1 }
    let outer = tokens[line].kind == .lineBreak ? tokens[line].indentation : 0
    guard inner > outer else { return [] }
    var statements: [ForeignStatement] = []
    while token.kind == .lineBreak, token.indentation >= inner || next.kind == .lineBreak {
      advance()
      if token.kind == .lineBreak || token.kind == .end { continue }
      statements.append(try statement())
      while isAt(";") {
        advance()
        if token.kind == .lineBreak || token.kind == .end { break }
        statements.append(try statement())
      }
    }
    return statements
  }

  mutating func loop() throws(Unreadable) -> ForeignStatement {
    advance()
    let hasParenthesis = isAt("(") && next.kind == .name
    if hasParenthesis { advance() }
    let names = try names()
    guard skip(word: "in") || skip("=") else { throw Unreadable() }
    let values: ForeignExpression
    if hasParenthesis {
      // R's loops; a colon in parentheses is a range.
      marks.insert(.leftArrow)
      values = try whole()
      try expect(")")
    } else {
      values = try head()
    }
    return .loop(names, over: values, try body())
  }

  mutating func whileLoop() throws(Unreadable) -> ForeignStatement {
    advance()
    let condition = try head()
    return .whileLoop(condition, try body())
  }

  mutating func branch() throws(Unreadable) -> ForeignStatement {
    advance()
    let condition = try head()
    let then = try body(allowing: ["else", "elseif", "elif"])
    let start = place
    while token.kind == .lineBreak { advance() }
    if isAt(word: "elif") || isAt(word: "elseif") || isAt(word: "else") && next.text == "if" {
      if isAt(word: "else") { advance() }
      return .branch(condition, then, otherwise: [try branch()])
    }
    if skip(word: "else") { return .branch(condition, then, otherwise: try body()) }
    place = start
    return .branch(condition, then, otherwise: [])
  }

  mutating func with() throws(Unreadable) -> ForeignStatement {
    advance()
    let subject = try head()
    if skip(word: "as") { _ = try names() }
    return .with(subject, try body())
  }

  /// `def f(x):`, `function y = f(x)`, `function f(x)`.
  mutating func definition() throws(Unreadable) -> ForeignStatement {
    advance()
    var result: ForeignExpression?
    if next.text == "=" || isAt("[") {
      result = try whole()
      try expect("=")
    }
    guard token.kind == .name else { throw Unreadable() }
    let name = token.text
    advance()
    var parameters: [(name: String, initial: ForeignExpression?)] = []
    if isAt("(") {
      for argument in try arguments() {
        guard argument.isParameter, let name = argument.label ?? argument.value.path?[0] else { throw Unreadable() }
        parameters.append((name, argument.label == nil ? nil : argument.value))
      }
    }
    if skip("->") { _ = try head() }
    var statements = try body()
    if let result { statements.append(.expression(result)) }
    return .definition(name, parameters, statements)
  }
}
