// program = { [ statement ] ( ";" | line break ) }
//
// The rules of statements stand on top of StatementParser.swift, those of expressions on top of ExpressionParser.swift.
// A line break ends a statement except inside ( ) and [ ], and except where an operand is still to come.

/// Makes statements of source text; errors come with them, as values.
package struct Parser {
  /// How deep brackets, prefix operators, powers and blocks may be nested: what the parser's own recursion is held to.
  static let nestingLimit = 256
  /// How many operators may stand in a row: what everything that walks the tree recursively is held to.
  static let heightLimit = 10_000
  /// The longest text that is read.
  static let sizeLimit = 64 << 20
  static let diagnosticLimit = 3

  var lexer: Lexer
  /// The token that is looked at, and the one before it.
  var token: Token
  var previous: Token
  /// The ( and [ around the token, within the statement.
  var brackets = 0
  /// The { around the token.
  var blocks = 0
  /// The loops and the functions around the token, those that `break` and `return` could leave.
  var loops = 0
  var functions = 0
  var nesting = 0
  /// Where the statement begins that is being read.
  var statementStart = 0
  var diagnostics: [Diagnostic] = []

  /// What definitions say they were written in.
  private let source: Source?

  private init(_ text: String, base: Int, source: Source? = nil) {
    self.source = source
    lexer = Lexer(text, base: base)
    token = lexer.next()
    previous = Token(kind: .end, range: base..<base)
  }

  /// The statements of a text and its first syntax errors.
  package static func parse(_ text: String) -> Program { parse(Source(text: text)) }

  package static func parse(_ source: Source) -> Program {
    if let refusal = sizeRefusal(source.text) { return Program(statements: [], diagnostics: [refusal]) }
    var parser = Parser(source.text, base: 0, source: source)
    let statements = parser.statements()
    return Program(statements: statements, diagnostics: parser.diagnostics)
  }

  /// The one expression that a text consists of, with ranges that count from `offset`.
  package static func parseExpression(_ text: String, offset: Int = 0) throws(Diagnostic) -> Expression {
    if let refusal = sizeRefusal(text) { throw refusal }
    var parser = Parser(text, base: offset)
    let tree = try parser.whole()
    guard parser.token.kind == .end else { throw parser.runOn() }
    return tree.expression
  }

  private static func sizeRefusal(_ text: String) -> Diagnostic? {
    let size = text.utf8.count
    guard size > sizeLimit else { return nil }
    return Diagnostic("the text is \((size + 1 << 20 - 1) >> 20) MB long; the limit is \(sizeLimit >> 20) MB")
  }

  /// The statements up to the end of the text or of the block.
  mutating func statements() -> [Statement] {
    var statements: [Statement] = []
    while diagnostics.count < Self.diagnosticLimit {
      if token.kind == .end || token.kind == .closeBrace && blocks > 0 { break }
      let errors = diagnostics.count
      let (nestingBefore, blocksBefore, loopsBefore, functionsBefore) = (nesting, blocks, loops, functions)
      do throws(Diagnostic) {
        let statement = try statement()
        // A block inside may have had errors that it recovered from.
        if diagnostics.count == errors, let statement { statements.append(statement) }
      } catch {
        report(error)
        (nesting, loops, functions) = (nestingBefore, loopsBefore, functionsBefore)
        recover(within: blocksBefore)
      }
    }
    return statements
  }

  /// Keeps an error; that the end is missing too is no news after another error.
  private mutating func report(_ error: Diagnostic) {
    if diagnostics.count < Self.diagnosticLimit, diagnostics.isEmpty || !error.isUnfinished {
      diagnostics.append(error)
    }
  }

  /// Moves to where the next statement can begin: behind the brackets that are open at the error.
  private mutating func recover(within outerBlocks: Int) {
    var open = brackets + blocks - outerBlocks
    brackets = 0
    blocks = outerBlocks
    while token.kind != .end {
      if open == 0 {
        if token.kind == .semicolon { return advance() }
        if token.kind == .closeBrace, blocks > 0 { return }
        // The token that the statement began with has to be passed.
        if token.startsLine, token.range.lowerBound > statementStart { return }
      }
      if token.kind.opensBracket { open += 1 }
      if token.kind.closesBracket { open = max(0, open - 1) }
      advance()
    }
  }
}

extension Parser {
  /// Where a definition that began at an offset stands.
  func origin(from start: Int) -> FunctionDefinition.Origin {
    var origin = FunctionDefinition.Origin()
    origin.source = source
    origin.range = start..<max(start, previous.range.upperBound)
    return origin
  }

  /// What the token is, or `lineBreak` if a line break before it ends the statement.
  var kind: Token.Kind { token.startsLine && brackets == 0 ? .lineBreak : token.kind }

  mutating func advance() {
    previous = token
    token = lexer.next()
  }

  /// The token after the one that is looked at.
  func peek() -> Token {
    var ahead = lexer
    return ahead.next()
  }

  /// Moves past a token of the given kind, if it is there.
  mutating func skip(_ kind: Token.Kind) -> Bool {
    guard self.kind == kind else { return false }
    advance()
    return true
  }

  mutating func enter() throws(Diagnostic) {
    nesting += 1
    if nesting > Self.nestingLimit {
      throw Diagnostic("nested more than \(Self.nestingLimit) levels deep", at: token.range)
    }
  }

  mutating func leave() { nesting -= 1 }

  /// The token is a name with the given spelling.
  func isAt(word: String) -> Bool { token.kind == .name && lexer.text(token.range) == word }
}
