import Refusals

/// The wording of what the parser notices.
extension Parser {
  /// Something else is needed than what is there; `continues` if it may still come on another line.
  func unexpected(_ expected: String, help: String? = nil, continues: Bool = false) -> Diagnostic {
    if token.kind == .end {
      return Diagnostic(
        "expected \(expected), but the input ends", at: end,
        reason: brackets > 0 || continues ? .unfinished : .other, help: help)
    }
    if kind == .lineBreak, !continues { return Diagnostic("expected \(expected) on this line", at: end, help: help) }
    if token.kind == .invalid, let problem = lexer.problem { return problem }
    if token.kind.closesBracket, brackets == 0, blocks == 0 { return unopened() }
    return Diagnostic("expected \(expected), not \(shown(token))", at: token.range, help: help)
  }

  /// A value should begin where the token is.
  func noOperand() -> Diagnostic {
    let place = token.range
    switch token.kind {
    case .newWord:
      return Diagnostic("'new' stands for a new axis, in an index only", at: place, help: "x[:, new]")
    case .ellipsis:
      return Diagnostic("'...' stands in an index only", at: place, help: "x[..., 0]")
    case .apostrophe:
      let contents = lexer.singleQuoted(from: place.upperBound)
      return Diagnostic("text is written with double quotes", at: place, help: "\"\(contents ?? "…")\"")
    case .openBrace:
      return Diagnostic("a '{' has no meaning here", at: place, help: "[1, 2] is a vector; f(x) = { … } is a function")
    case .repeatWord, .forWord, .whileWord, .elseWord, .inWord:
      return Diagnostic("'\(lexer.text(place))' is a reserved word, not a value", at: place)
    default: return unexpected("a value", continues: true)
    }
  }

  /// The statement or the expression should have ended where the token is.
  func runOn() -> Diagnostic {
    if token.kind == .invalid, let problem = lexer.problem { return problem }
    let (left, right) = (shortText(previous) ?? "a", shortText(token) ?? "b")
    switch token.kind {
    case .closeParenthesis, .closeBracket, .closeBrace: return unopened()
    case .assign:
      return Diagnostic("'=' has no meaning here", at: token.range, help: "a == b compares")
    case .openBrace:
      return Diagnostic("a '{' has no meaning here", at: token.range, help: "f(x) = { … } defines a function")
    case .question:
      return Diagnostic("'?' stands for a whole operand", at: token.range, help: "?\(left), or where(condition, a, b)")
    case .apostrophe:
      return Diagnostic("a transpose's ' follows its operand at once", at: token.range, help: "\(left)'")
    case .ellipsis:
      return Diagnostic("'...' stands in an index only", at: token.range, help: "0:10 is a range")
    case .arrow:
      return Diagnostic(
        "what stands before '->' are parameters", at: token.range, help: "x -> x^2, or (x, k=2) -> k * x")
    default: break
    }
    if let word = foreignWord() { return word }
    var help: String?
    if previous.kind == .name, token.kind.startsOperand {
      help = "\(left)(\(right)) calls a function; \(left) * \(right) multiplies"
    } else if token.kind.startsOperand {
      help = "\(left) * \(right) multiplies; [\(left), \(right)] is a vector"
    }
    var error = Diagnostic("expected an operator or the end of the statement", at: token.range, help: help)
    if previous.kind == .name { error.juxtaposed = left }
    return error
  }

  /// A word of another language, if that is what the statement begins with or what stands before the token.
  private func foreignWord() -> Diagnostic? {
    guard previous.kind == .name else { return nil }
    let help: String
    switch lexer.text(previous.range) {
    case "lambda", "def", "function", "func", "fn": help = "f(x) = x ^ 2"
    case "let", "var", "const", "local", "global": help = "a = 3"
    case "import", "from", "using":
      help = "all functions are there; nets = import \"nets.grad\" reads a file of your own"
    case "elif", "elseif": help = "if a > b { … } else if a < b { … }"
    case "end": help = "if a > b { … }"
    default: return nil
    }
    return Diagnostic("'\(lexer.text(previous.range))' has no meaning here", at: previous.range, help: help)
  }

  /// The bracket isn't closed where something else stands.
  func unclosed(_ opener: Token) -> Diagnostic {
    let bracket = opener.kind.bracket ?? ""
    if token.kind == .end {
      return Diagnostic("'\(bracket)' is never closed", at: opener.range, reason: .unfinished)
    }
    if token.kind == .invalid, let problem = lexer.problem { return problem }
    let label = Diagnostic.Label(opener.range, "opened here")
    if token.kind.closesBracket {
      return Diagnostic("\(shown(token)) does not close '\(bracket)'", at: token.range, labels: [label])
    }
    if let word = foreignWord() { return word }
    let closer = opener.kind == .openParenthesis ? ")" : "]"
    let isEntry = token.kind.startsOperand && opener.kind == .openBracket
    return Diagnostic(
      "expected ',' or '\(closer)', not \(shown(token))", at: token.range, labels: [label],
      help: isEntry ? "commas separate entries, semicolons rows: [1, 2; 3, 4]" : nil)
  }

  /// A bracket closes nothing.
  private func unopened() -> Diagnostic {
    Diagnostic("\(shown(token)) closes nothing", at: token.range)
  }

  /// `a < b < c`.
  func chained(_ left: Tree, _ binary: BinaryOperator, _ right: Tree) -> Diagnostic {
    let (first, middle, second) = (lexer.text(left.range), lexer.text(right.range), lexer.text(token.range))
    let last = peek()
    let end = shortText(last) ?? "c"
    let isShort = first.utf8.count + middle.utf8.count <= 60 && !(first + middle).contains { $0.isNewline }
    return Diagnostic(
      "comparisons can't be chained", at: token.range,
      help: isShort
        ? "\(first) \(binary.rawValue) \(middle) and \(middle) \(second) \(end)" : "a < b and b < c")
  }

  /// A number, a text or a list called like a function.
  func refuseCall(of tree: Tree) throws(Diagnostic) {
    switch tree.expression.kind {
    case .number, .boolean, .text, .interpolation, .list, .rows:
      let spelling = tree.range.count <= 24 ? lexer.text(tree.range) : "a"
      throw Diagnostic(
        "only a function can be called", at: tree.range, help: "\(spelling) * (…) multiplies")
    default: break
    }
  }

  /// A `=` where only `==` makes sense.
  func refuseAssignment() throws(Diagnostic) {
    if token.kind == .assign {
      throw Diagnostic("'=' gives a value; it doesn't compare", at: token.range, help: "a == b")
    }
  }

  /// Behind the last token.
  private var end: SourceRange { previous.range.upperBound..<previous.range.upperBound }

  /// The spelling of a token that is a whole operand and short enough for a message.
  private func shortText(_ token: Token) -> String? {
    let isBracket = token.kind == .openParenthesis || token.kind == .openBracket
    return token.kind.startsOperand && !isBracket && token.range.count <= 24 ? lexer.text(token.range) : nil
  }

  private func shown(_ token: Token) -> String {
    switch token.kind {
    case .end: "the end"
    case .text: "a text"
    case _ where token.range.count > 40: "this"
    default: "'\(lexer.text(token.range))'"
    }
  }
}
