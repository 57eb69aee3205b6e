// loop    = "repeat" expression block
// forEach = "for" name { "," name } "in" whole block
// while   = "while" expression block
// branch  = "if" expression block [ "else" ( branch | block ) ]
// block   = "{" { [ statement ] ( ";" | line break ) } "}"

extension Parser {
  mutating func loop() throws(Diagnostic) -> Statement.Kind {
    let word = token
    guard peek().kind == .openParenthesis else {
      advance()
      let count = try header("repeat 10 { … }")
      return .loop(count, try loopBlock())
    }
    // `repeat(x, 3)` is a call, unless a block follows it.
    let call = try expression().expression
    guard token.kind == .openBrace, !token.startsLine else {
      if kind == .assign || kind == .comma || kind == .defineLive {
        throw Diagnostic("'repeat' is reserved and can't be given another value", at: word.range)
      }
      return .expression(call)
    }
    guard case .call(let callee, let arguments) = call.kind, callee.kind == .name("repeat"), arguments.count == 1,
      let count = arguments.first, count.label == nil
    else {
      throw Diagnostic("'repeat' needs one count before its block", at: call.range, help: "repeat 10 { … }")
    }
    return .loop(count.value, try loopBlock())
  }

  mutating func forEach() throws(Diagnostic) -> Statement.Kind {
    let form = "for i in 0:10 { … }"
    advance()
    var names: [Name] = []
    repeat {
      guard token.kind == .name else { throw unexpected("a name", help: form, continues: true) }
      let name = try nameable(Name(lexer.text(token.range), token.range))
      if names.contains(where: { $0.text == name.text }) {
        throw Diagnostic("'\(name.text)' is named twice", at: name.range)
      }
      names.append(name)
      advance()
    } while skip(.comma)
    guard skip(.inWord) else { throw unexpected("'in'", help: form) }
    let values = try header(form, allowsRange: true)
    return .forEach(names, values, try loopBlock())
  }

  mutating func whileLoop() throws(Diagnostic) -> Statement.Kind {
    advance()
    let condition = try header("while a < b { … }")
    return .whileLoop(condition, try loopBlock())
  }

  private mutating func loopBlock() throws(Diagnostic) -> [Statement] {
    loops += 1
    let body = try block()
    loops -= 1
    return body
  }

  /// `if c { a } else { b }` where a value stands.
  mutating func conditional() throws(Diagnostic) -> Tree {
    let start = token
    guard case .branch(let condition, let then, let otherwise) = try branch() else { throw noOperand() }
    return try joined(try valued(condition, then, otherwise, start), start.range.lowerBound, over: 0)
  }

  private func valued(
    _ condition: Expression, _ then: [Statement], _ otherwise: [Statement], _ start: Token
  ) throws(Diagnostic) -> Expression.Kind {
    if otherwise.isEmpty {
      throw Diagnostic(
        "an 'if' that gives a value needs an 'else'", at: start.range, help: "x = if a > b { a } else { b }")
    }
    return .conditional(condition, then, else: otherwise)
  }

  mutating func branch() throws(Diagnostic) -> Statement.Kind {
    let form = "if a == b { … } else { … }"
    advance()
    let condition = try header(form)
    let body = try block()
    // A closed block followed by `else`, on the next line too, can only mean this.
    guard token.kind == .elseWord else { return .branch(condition, body, else: []) }
    advance()
    guard token.kind == .ifWord else { return .branch(condition, body, else: try block()) }
    let start = token.range.lowerBound
    try enter()
    let nested = try branch()
    leave()
    return .branch(condition, body, else: [Statement(nested, start..<previous.range.upperBound)])
  }

  /// The expression between a word and its block, with pointed errors for what other languages write there.
  private mutating func header(_ form: String, allowsRange: Bool = false) throws(Diagnostic) -> Expression {
    var tree = try expression()
    if kind == .colon {
      let next = peek()
      guard allowsRange, next.kind != .end, !next.startsLine else {
        throw Diagnostic("a block stands in braces", at: token.range, help: form)
      }
      tree = try rangeTail(tree)
    }
    if kind == .assign {
      throw Diagnostic("'=' gives a value; it doesn't compare", at: token.range, help: "a == b")
    }
    if kind == .colon { throw Diagnostic("a block stands in braces", at: token.range, help: form) }
    return tree.expression
  }

  mutating func block() throws(Diagnostic) -> [Statement] {
    // Nothing else could come here, so the brace may stand on a line of its own.
    guard token.kind == .openBrace else {
      throw unexpected("'{'", help: "if a == b { … }", continues: token.kind == .end)
    }
    try enter()
    let opener = token
    // Lines end statements again, whatever brackets the block itself stands in.
    let outerBrackets = brackets
    brackets = 0
    blocks += 1
    advance()
    let statements = statements()
    guard token.kind == .closeBrace else { throw unclosed(opener) }
    brackets = outerBrackets
    advance()
    blocks -= 1
    leave()
    return statements
  }
}
