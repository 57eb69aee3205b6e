// parameters     = [ name [ "=" whole ] { "," name [ "=" whole ] } ]
// body           = whole | block
// customGradient = "custom_grad" name "(" parameters ")" "=" body "with" name "->" whole
// input          = "input" name ":" "[" [ extent { "," extent } ] "]"      extent = number | name | "_"

import Text

extension Parser {
  /// What follows the `=` of a definition whose left side was read as a call.
  ///
  /// - Parameter name: nil for `x -> e`.
  mutating func definition(
    _ name: Name?, _ arguments: [Argument], from start: Int
  ) throws(Diagnostic) -> FunctionDefinition {
    var parameters: [FunctionDefinition.Parameter] = []
    for argument in arguments {
      let parameter = try parameter(argument)
      if let twin = parameters.first(where: { $0.name.text == parameter.name.text }) {
        throw Diagnostic(
          "two parameters are called '\(parameter.name.text)'", at: parameter.name.range,
          labels: [Diagnostic.Label(twin.name.range, "the first one")])
      }
      parameters.append(parameter)
    }
    let outerLoops = loops
    loops = 0
    functions += 1
    var definition = FunctionDefinition(name: name, parameters: parameters, body: [])
    if token.kind == .openBrace {
      definition.body = try block()
    } else {
      let body = try name == nil ? whole().expression : rightSide()
      definition.body = [Statement(.expression(body), body.range)]
    }
    functions -= 1
    loops = outerLoops
    definition.origin = origin(from: start)
    return definition
  }

  private func parameter(_ argument: Argument) throws(Diagnostic) -> FunctionDefinition.Parameter {
    if let label = argument.label, let range = argument.labelRange {
      guard label.isName else { throw Diagnostic("a parameter must be a name", at: range, help: "f(x, k=2) = k * x") }
      return FunctionDefinition.Parameter(name: try nameable(Name(label, range)), initial: argument.value)
    }
    guard case .name(let name) = argument.value.kind else {
      throw Diagnostic("a parameter must be a name", at: argument.value.range, help: "f(x, k=2) = k * x")
    }
    return FunctionDefinition.Parameter(name: try nameable(Name(name, argument.value.range)))
  }

  mutating func customGradient() throws(Diagnostic) -> Statement.Kind {
    let form = "custom_grad f(x) = relu(x) with g -> g * (x > 0)"
    advance()
    let head = try postfix().expression
    guard case .call(let callee, let arguments) = head.kind, case .name(let name) = callee.kind else {
      throw Diagnostic("'custom_grad' needs a function's definition", at: head.range, help: form)
    }
    guard skip(.assign) else { throw unexpected("'='", help: form) }
    var function = try definition(try nameable(Name(name, callee.range)), arguments, from: head.range.lowerBound)
    // A definition is long: its second half may stand on the next line.
    guard isAt(word: "with") else { throw unexpected("'with'", help: form, continues: true) }
    advance()
    guard token.kind == .name else { throw unexpected("a name for the incoming gradient", help: form, continues: true) }
    let adjoint = try nameable(Name(lexer.text(token.range), token.range))
    advance()
    guard token.kind == .arrow else { throw unexpected("'->'", help: form, continues: true) }
    advance()
    function.customGradient = FunctionDefinition.CustomGradient(adjoint: adjoint, body: try rightSide())
    return .function(function)
  }

  mutating func input() throws(Diagnostic) -> Statement.Kind {
    advance()
    let name = try nameable(Name(lexer.text(token.range), token.range))
    advance()
    let form = "input \(name.text): [n, 3]"
    guard skip(.colon) else { throw unexpected("':' and the shape", help: form) }
    guard token.kind == .openBracket else { throw unexpected("the shape in brackets", help: form, continues: true) }
    let opener = token
    brackets += 1
    advance()
    var dimensions: [Dimension] = []
    while token.kind != .closeBracket {
      dimensions.append(try dimension(form))
      guard skip(.comma) else { break }
    }
    guard token.kind == .closeBracket else { throw unclosed(opener) }
    advance()
    brackets -= 1
    return .input(name, dimensions)
  }

  private mutating func dimension(_ form: String) throws(Diagnostic) -> Dimension {
    let dimension: Dimension
    switch token.kind {
    case .name:
      let name = lexer.text(token.range)
      dimension = name == "_" ? .any : .named(name)
    case .number:
      // `Int(exactly:)` would need libm in debug builds.
      guard token.value < 0x1p53, Double(Int(token.value)) == token.value else {
        throw Diagnostic("an extent is a whole number", at: token.range, help: form)
      }
      dimension = .extent(Int(token.value))
    case .minus, .question, .colon, .ellipsis:
      throw Diagnostic("an extent is a number, a name or _", at: token.range, help: form, note: "_ takes any extent")
    default: throw unexpected("an extent: a number, a name or _")
    }
    advance()
    return dimension
  }
}
