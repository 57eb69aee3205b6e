// expect = "expect" expression [ "~" expression { "," ( "rtol" | "atol" ) "=" expression } ]
//        | "expect" "error" text "in" block
// run    = "run" expression

extension Parser {
  /// What follows `expect` makes it a check, not a name of the user's.
  func isExpectation(_ next: Token) -> Bool {
    switch next.kind {
    case .openBracket: return next.followsSpace
    case .minus, .plus:
      var ahead = lexer
      _ = ahead.next()
      return next.followsSpace && !ahead.next().followsSpace
    case .notWord, .repeatWord: return true
    case .andWord, .orWord, .xorWord:
      var ahead = lexer
      _ = ahead.next()
      return isCalled(ahead.next())
    default: return next.kind.startsOperand
    }
  }

  mutating func expectation() throws(Diagnostic) -> Statement.Kind {
    advance()
    if isAt(word: "error"), peek().kind == .text { return .expect(try failure()) }
    let first = try expression().expression
    guard skip(.tilde) else {
      if kind == .assign {
        throw Diagnostic(
          "'=' gives a value; it doesn't compare", at: token.range, help: "expect a == b, or expect a ~ b")
      }
      if kind == .comma {
        throw Diagnostic("a tolerance belongs to '~'", at: token.range, help: "expect a ~ b, rtol=1e-3")
      }
      return .expect(.holds(first))
    }
    let second = try expression().expression
    var tolerances: [String: Expression] = [:]
    while skip(.comma) {
      let name = lexer.text(token.range)
      guard token.kind == .name, ["rtol", "atol"].contains(name), tolerances[name] == nil else {
        throw unexpected("rtol=… or atol=…", continues: true)
      }
      advance()
      guard skip(.assign) else { throw unexpected("'='", help: "expect a ~ b, \(name)=1e-3") }
      tolerances[name] = try expression().expression
    }
    return .expect(.close(first, second, rtol: tolerances["rtol"], atol: tolerances["atol"]))
  }

  private mutating func failure() throws(Diagnostic) -> Expectation {
    advance()
    let text = try lexer.contents(of: token)
    advance()
    guard skip(.inWord) else { throw unexpected("'in' and a block", help: "expect error \"…\" in { … }") }
    let errors = diagnostics.count
    let body = try block()
    guard diagnostics.count > errors else { return .fails(text, body, nil) }
    let found = diagnostics[errors]
    diagnostics.removeSubrange(errors...)
    return .fails(text, [], found)
  }

  mutating func run() throws(Diagnostic) -> Statement.Kind {
    advance()
    return .run(try expression().expression)
  }
}
