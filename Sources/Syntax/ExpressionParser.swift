// whole      = expression [ ":" expression [ ":" expression ] ]
//            | ( name | "(" parameters ")" ) "->" ( whole | block )
// expression = operand { infix operand }                            as tightly as the table in Infix.swift says
// operand    = ( "-" | "+" | "not" ) expression | postfix
// postfix    = primary { "(" arguments | "[" indices | "'" | "." name }
// primary    = number | text | name | "?" | parenthesised | list    the last two in BracketParser.swift
//            | ( "and" | "or" | "xor" | "repeat" ) before a "("      the function of that name
//            | "if" expression block "else" ( branch | block ) | "import" text

/// An expression and its height: how many levels a walk down to its deepest leaf takes.
struct Tree {
  var expression: Expression
  var height = 0

  init(_ kind: Expression.Kind, _ range: SourceRange, height: Int = 0) {
    expression = Expression(kind, range)
    self.height = height
  }

  var range: SourceRange { expression.range }
}

extension Parser {
  mutating func whole() throws(Diagnostic) -> Tree {
    let start = try expression()
    if kind == .arrow { return try arrow(start) }
    guard kind == .colon else { return start }
    return try rangeTail(start)
  }

  /// What follows the parameters of a function without a name.
  private mutating func arrow(_ head: Tree) throws(Diagnostic) -> Tree {
    let parameters: [Argument]
    switch head.expression.kind {
    case .name: parameters = [Argument(value: head.expression)]
    case .tuple(let names): parameters = names.map { Argument(value: $0) }
    case .record(let named): parameters = named
    default:
      throw Diagnostic(
        "what stands before '->' are parameters", at: head.range, help: "x -> x^2, or (x, k=2) -> k * x")
    }
    try enter()
    advance()
    let definition = try definition(nil, parameters, from: head.range.lowerBound)
    leave()
    return try joined(.arrow(definition), head.range.lowerBound, over: 0)
  }

  mutating func rangeTail(_ start: Tree) throws(Diagnostic) -> Tree {
    advance()
    let stop = try expression()
    guard skip(.colon) else {
      return try joined(
        .range(start.expression, stop.expression, step: nil), start.range.lowerBound, over: start.height, stop.height)
    }
    let step = try expression()
    return try joined(
      .range(start.expression, stop.expression, step: step.expression), start.range.lowerBound,
      over: start.height, max(stop.height, step.height))
  }

  /// An expression of operators that bind tighter than `power`.
  mutating func expression(over power: Int = 0) throws(Diagnostic) -> Tree {
    var left = try operand(over: power)
    while let infix = Infix.at(kind), infix.power > power {
      left = try infixTail(left, infix)
    }
    return left
  }

  private mutating func infixTail(_ left: Tree, _ infix: Infix) throws(Diagnostic) -> Tree {
    let sign = token.range
    advance()
    let right: Tree
    if infix.association == .right {
      try enter()
      right = try expression(over: infix.power - 1)
      leave()
    } else {
      right = try expression(over: infix.power)
      if case .pipe = infix.meaning { return try piped(left, into: right) }
    }
    guard case .binary(let binary) = infix.meaning else { return right }
    if infix.association == .none, let next = Infix.at(kind), next.power == infix.power {
      throw chained(left, binary, right)
    }
    return try joined(
      .binary(binary, sign, left.expression, right.expression), left.range.lowerBound, over: left.height, right.height)
  }

  /// `x |> f` is `f(x)`, `x |> f(k=2)` is `f(x, k=2)`.
  private func piped(_ left: Tree, into right: Tree) throws(Diagnostic) -> Tree {
    let first = Argument(value: left.expression)
    let start = left.range.lowerBound
    switch right.expression.kind {
    // A call in parentheses gives the function: its range begins before the callee's.
    case .call(let callee, let arguments) where callee.range.lowerBound == right.range.lowerBound:
      return try joined(.call(callee, [first] + arguments), start, over: left.height, right.height)
    case .name, .call, .member, .arrow:
      return try joined(.call(right.expression, [first]), start, over: left.height, right.height)
    default:
      throw Diagnostic(
        "what follows '|>' must be a function or a call", at: right.range, help: "x |> relu |> sum(axis=0)")
    }
  }

  private mutating func operand(over power: Int) throws(Diagnostic) -> Tree {
    let sign = token
    let unary: UnaryOperator
    switch sign.kind {
    case .minus: unary = .negative
    case .plus: unary = .positive
    case .notWord: unary = .not
    default: return try postfix()
    }
    if unary == .not, power > Infix.notPower {
      throw Diagnostic("'not' needs parentheses behind an operator", at: sign.range, help: "a == (not b)")
    }
    try enter()
    advance()
    let value = try expression(over: unary == .not ? Infix.notPower : Infix.signPower)
    leave()
    return try joined(.unary(unary, value.expression), sign.range.lowerBound, over: value.height)
  }

  mutating func postfix() throws(Diagnostic) -> Tree {
    var tree = try primary()
    while true {
      let start = tree.range.lowerBound
      switch kind {
      case .openParenthesis:
        try refuseCall(of: tree)
        let (arguments, height) = try arguments()
        tree = try joined(.call(tree.expression, arguments), start, over: tree.height, height)
      case .openBracket:
        let (indices, height) = try indices()
        tree = try joined(.index(tree.expression, indices), start, over: tree.height, height)
      case .apostrophe where !token.followsSpace:
        advance()
        tree = try joined(.transpose(tree.expression), start, over: tree.height)
      case .point:
        tree = try member(of: tree)
      default:
        return tree
      }
    }
  }

  private mutating func member(of tree: Tree) throws(Diagnostic) -> Tree {
    advance()
    // After a point the reserved words are names: `x.new` deserves the message about members.
    guard !(token.startsLine && brackets == 0), let first = lexer.text(token.range).unicodeScalars.first,
      token.kind == .name || first.properties.isAlphabetic && token.kind != .invalid
    else {
      let isRange = lexer.text(token.range).hasPrefix(".")
      throw unexpected("a name behind the point", help: isRange ? "a range has a colon; 1:4 is 1, 2, 3" : nil)
    }
    let name = lexer.text(token.range)
    advance()
    return try joined(
      name == "T" ? .transpose(tree.expression) : .member(tree.expression, name), tree.range.lowerBound,
      over: tree.height)
  }

  private mutating func primary() throws(Diagnostic) -> Tree {
    let token = token
    let kind: Expression.Kind
    switch token.kind {
    case .number: kind = .number(token.value)
    case .infWord: kind = .number(.infinity)
    case .nanWord: kind = .number(.nan)
    case .trueWord: kind = .boolean(true)
    case .falseWord: kind = .boolean(false)
    case .text:
      let pieces = try lexer.pieces(of: token)
      if pieces.count == 1, case .text(let text) = pieces[0] {
        kind = .text(text)
      } else {
        kind = .interpolation(pieces)
      }
    case .ifWord: return try conditional()
    case .name where lexer.text(token.range) == "import" && peek().kind == .text && !peek().startsLine:
      advance()
      let path = try primary()
      return try joined(.importing(path.expression), token.range.lowerBound, over: path.height)
    case .name: kind = .name(lexer.text(token.range))
    case .question: kind = .hole
    case .openParenthesis: return try parenthesised()
    case .openBracket: return try list()
    case .repeatWord where peek().kind == .openParenthesis: kind = .name("repeat")
    case .andWord where isCalled(peek()), .orWord where isCalled(peek()), .xorWord where isCalled(peek()):
      kind = .name(lexer.text(token.range))
    default: throw noOperand()
    }
    advance()
    return Tree(kind, token.range)
  }

  /// The token that follows a word makes it a call of the function of that name.
  func isCalled(_ next: Token) -> Bool { next.kind == .openParenthesis && !next.followsSpace }

  /// A tree over parts of the given heights, from `start` to the token before the present one.
  func joined(_ kind: Expression.Kind, _ start: Int, over first: Int, _ second: Int = 0) throws(Diagnostic) -> Tree {
    let range = start..<max(start, previous.range.upperBound)
    let height = max(first, second) + 1
    if height > Self.heightLimit {
      throw Diagnostic(
        "the expression has more than \(Self.heightLimit) operators in a row", at: previous.range,
        help: "give its parts names")
    }
    return Tree(kind, range, height: height)
  }
}
