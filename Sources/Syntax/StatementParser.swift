// statement  = command | input | expect | run | customGradient | loop | forEach | while | branch | plain
// command    = ":" word rest-of-line | "?" rest-of-line
// plain      = targets "=" whole | name ":=" whole | place ( "=" | "+=" | "-=" | "*=" | "/=" ) whole
//            | name "(" parameters ")" "=" body | whole
// place      = name { "[" indices | "." name }
// leaving    = "break" | "continue" | "return" [ whole ]
// names      = "del" name { "," name } | ( "freeze" | "thaw" ) place { "," place }
// The rest stands on top of DefinitionParser.swift, BlockParser.swift and CheckParser.swift.

extension Parser {
  /// The next statement with its end, or nil if there is only the end.
  mutating func statement() throws(Diagnostic) -> Statement? {
    let start = token.range.lowerBound
    statementStart = start
    if token.kind == .semicolon {
      advance()
      return nil
    }
    var statement = Statement(try statementKind(), start..<start)
    statement.range = start..<max(start, previous.range.upperBound)
    switch kind {
    case .lineBreak, .end: break
    case .closeBrace where blocks > 0: break
    case .semicolon:
      statement.isQuiet = true
      advance()
    default: throw runOn()
    }
    return statement
  }

  private mutating func statementKind() throws(Diagnostic) -> Statement.Kind {
    switch token.kind {
    case .colon: return try command()
    case .question: return isHelp ? help() : try plain()
    case .repeatWord: return try loop()
    case .forWord: return try forEach()
    case .whileWord: return try whileLoop()
    case .ifWord: return try branch()
    case .elseWord:
      throw Diagnostic("'else' without an 'if' before it", at: token.range, help: "if a > b { … } else { … }")
    case .name:
      if let special = try special() { return special }
      return try plain()
    default: return try plain()
    }
  }

  /// A statement that begins with a word that is special only there, followed by what it needs.
  private mutating func special() throws(Diagnostic) -> Statement.Kind? {
    let word = lexer.text(token.range)
    guard Self.statementWords.contains(word) else { return nil }
    let next = peek()
    switch word {
    case "break", "continue", "return":
      // A name of the user's is given a value or is part of something.
      let isName =
        switch next.kind {
        case .assign, .defineLive, .addAssign, .subtractAssign, .multiplyAssign, .divideAssign, .comma, .point: true
        default: false
        }
      return isName && !next.startsLine ? nil : try leaving(word)
    default: break
    }
    if next.startsLine { return nil }
    switch word {
    case "exit" where next.kind == .number, "quit" where next.kind == .number:
      return status()
    case "del" where next.kind == .name: return try deletion()
    case "freeze" where next.kind == .name, "thaw" where next.kind == .name: return try freezing()
    case "input" where next.kind == .name: return try input()
    case "run" where next.kind == .text || next.kind == .name: return try run()
    case "custom_grad" where next.kind == .name: return try customGradient()
    case "expect" where isExpectation(next): return try expectation()
    default: return nil
    }
  }

  static let statementWords: Set<String> = [
    "input", "expect", "run", "custom_grad", "break", "continue", "return", "del", "freeze", "thaw",
    "exit", "quit",
  ]

  private mutating func leaving(_ word: String) throws(Diagnostic) -> Statement.Kind {
    let place = token
    advance()
    if word == "return" {
      guard functions > 0 else {
        throw Diagnostic("'return' stands in a function", at: place.range, help: "f(x) = { …; return x; … }")
      }
      let isBare = kind == .lineBreak || kind == .end || kind == .semicolon || kind == .closeBrace
      return .returning(isBare ? nil : try rightSide())
    }
    guard loops > 0 else {
      throw Diagnostic(
        "'\(word)' stands in a loop", at: place.range, help: "for i in 0:10 { if i == 5 { \(word) }; … }")
    }
    return word == "break" ? .breaking : .continuing
  }

  /// `exit 3`.
  private mutating func status() -> Statement.Kind {
    advance()
    let number = token
    advance()
    return .command("quit", lexer.text(number.range), number.range)
  }

  private mutating func deletion() throws(Diagnostic) -> Statement.Kind {
    advance()
    var names: [Name] = []
    repeat {
      guard token.kind == .name else { throw unexpected("a name", help: "del a, b", continues: true) }
      names.append(try nameable(Name(lexer.text(token.range), token.range)))
      advance()
    } while skip(.comma)
    return .deletion(names)
  }

  private mutating func freezing() throws(Diagnostic) -> Statement.Kind {
    let sign = token
    advance()
    var places: [Place] = []
    repeat { places.append(try place(try postfix().expression, of: sign)) } while skip(.comma)
    return .freezing(places, isFrozen: lexer.text(sign.range) == "freeze")
  }

  private mutating func command() throws(Diagnostic) -> Statement.Kind {
    let colon = token
    if blocks > 0, !colon.startsLine {
      throw Diagnostic("a command needs a line of its own", at: colon.range)
    }
    let isName = lexer.isAtName
    lexer.skipName()
    let name = lexer.text(colon.range.upperBound..<lexer.position + lexer.base)
    guard isName else {
      throw Diagnostic("a command's name follows the ':' at once", at: colon.range, help: ":help lists the commands")
    }
    return .command(name, takeRest().text, previous.range)
  }

  /// The token is a `?` that asks for help, not the hole of a shape question.
  private var isHelp: Bool {
    let next = peek()
    return next.kind == .end || next.startsLine || next.kind == .semicolon
      || !next.followsSpace && (next.kind == .name || Token.reserved.values.contains(next.kind))
  }

  private mutating func help() -> Statement.Kind { .command("help", takeRest().text, previous.range) }

  /// The rest of the line as one token, which becomes the previous one.
  private mutating func takeRest() -> (text: String, range: SourceRange) {
    let rest = lexer.takeLine()
    previous = Token(kind: .text, range: rest)
    token = lexer.next()
    return (lexer.text(rest), rest)
  }

  private mutating func plain() throws(Diagnostic) -> Statement.Kind {
    let first = try whole().expression
    let sign = token
    switch kind {
    case .assign:
      advance()
      return try assignment(to: first, sign)
    case .comma:
      return try unpacking(first)
    case .defineLive:
      let name = try target(first, of: sign)
      advance()
      return .live(name, try rightSide())
    case .addAssign: return try update(first, .add)
    case .subtractAssign: return try update(first, .subtract)
    case .multiplyAssign: return try update(first, .multiply)
    case .divideAssign: return try update(first, .divide)
    case .question where isNameAlone(first):
      advance()
      return .command("help", first.description, first.range)
    case .tilde:
      throw Diagnostic("'~' compares only behind 'expect'", at: sign.range, help: "expect a ~ b")
    default:
      return .expression(first)
    }
  }

  /// `relu?`: a name, and a question mark that ends the line.
  private func isNameAlone(_ expression: Expression) -> Bool {
    guard case .name = expression.kind else { return false }
    let next = peek()
    return next.kind == .end || next.startsLine || next.kind == .semicolon
  }

  /// The right side of a `=`, which no further `=` or `,` may follow.
  mutating func rightSide() throws(Diagnostic) -> Expression {
    let value = try whole().expression
    switch kind {
    case .assign, .defineLive:
      throw Diagnostic("one '=' to a statement", at: token.range, help: "a == b compares")
    case .comma:
      throw Diagnostic("a tuple needs parentheses", at: token.range, help: "a, b = (b, a)")
    default: return value
    }
  }

  /// `a, b = …`: the names before the `=`.
  private mutating func unpacking(_ first: Expression) throws(Diagnostic) -> Statement.Kind {
    let comma = token
    var targets = [first]
    while skip(.comma) { targets.append(try whole().expression) }
    let sign = token
    guard skip(.assign) else {
      if kind == .lineBreak || kind == .end || kind == .semicolon || kind == .closeBrace {
        throw Diagnostic("a tuple needs parentheses", at: comma.range, help: "(a, b)")
      }
      throw unexpected("'='")
    }
    var names: [Name] = []
    for target in targets { names.append(try self.target(target, of: sign)) }
    return .assign(names, try rightSide())
  }

  private mutating func assignment(to target: Expression, _ sign: Token) throws(Diagnostic) -> Statement.Kind {
    switch target.kind {
    case .call(let callee, let arguments):
      return .function(try definition(try self.target(callee, of: sign), arguments, from: target.range.lowerBound))
    case .index, .member: return .update(try place(target, of: sign), nil, try rightSide())
    case .tuple(let entries):
      var names: [Name] = []
      for entry in entries { names.append(try self.target(entry, of: sign)) }
      return .assign(names, try rightSide())
    default:
      return .assign([try self.target(target, of: sign)], try rightSide())
    }
  }

  private mutating func update(_ target: Expression, _ binary: BinaryOperator) throws(Diagnostic) -> Statement.Kind {
    let sign = token
    advance()
    return .update(try place(target, of: sign), binary, try rightSide())
  }

  /// The name, or the entry of one, that an expression left of a `=` is.
  private func place(_ expression: Expression, of sign: Token) throws(Diagnostic) -> Place {
    let (base, steps) = expression.unwound
    return Place(try target(base, of: sign), steps)
  }

  /// The name that an expression left of a `=` is, or why it can't be given a value.
  private func target(_ expression: Expression, of sign: Token) throws(Diagnostic) -> Name {
    let spelling = lexer.text(sign.range)
    switch expression.kind {
    case .name(let name): return try nameable(Name(name, expression.range))
    case .number(let value) where !value.isFinite: throw reserved(expression)
    case .boolean: throw reserved(expression)
    case .call where sign.kind == .defineLive:
      throw Diagnostic("functions are defined with '='", at: sign.range, note: "they always read current values")
    case .index where sign.kind == .defineLive:
      throw Diagnostic("entries are replaced with '='", at: sign.range, help: "x[0, 1] = v")
    case .binary(.equal, _, _, _):
      throw Diagnostic("only a name, or entries of one, can stand left of '\(spelling)'", at: expression.range)
    default:
      throw Diagnostic(
        "only a name, or entries of one, can stand left of '\(spelling)'", at: expression.range,
        help: sign.kind == .assign ? "a == b compares" : nil)
    }
  }

  /// The name itself, unless it is one that always has the same meaning.
  func nameable(_ name: Name) throws(Diagnostic) -> Name {
    if name.text == "ans" || Token.reserved[name.text] != nil {
      throw reserved(Expression(.name(name.text), name.range))
    }
    return name
  }

  private func reserved(_ expression: Expression) -> Diagnostic {
    Diagnostic("'\(lexer.text(expression.range))' is reserved and can't be given another value", at: expression.range)
  }
}
