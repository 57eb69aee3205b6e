import Syntax

/// Which names a piece of the language mentions, called functions among them.
enum Names {
  static func read(in expression: Expression) -> Set<String> {
    var names: Set<String> = []
    collect([expression], &names)
    return names
  }

  static func read(in statements: [Statement]) -> Set<String> {
    var names: Set<String> = []
    for statement in statements { collect(statement, &names) }
    return names
  }

  /// The names of the session that a function reads when it is called: those that it gives a value itself are its own.
  static func free(in definition: FunctionDefinition) -> Set<String> {
    var own: Set<String> = []
    var names: Set<String> = []
    for parameter in definition.parameters {
      if let initial = parameter.initial { names.formUnion(read(in: initial).subtracting(own)) }
      own.insert(parameter.name.text)
    }
    let parameters = own
    collectFree(definition.body, &own, &names)
    if let custom = definition.customGradient {
      names.formUnion(read(in: custom.body).subtracting(parameters).subtracting([custom.adjoint.text]))
    }
    return names
  }

  /// Without recursion: what is written may be deep.
  private static func collect(_ expressions: [Expression], _ names: inout Set<String>) {
    var waiting = expressions
    while let next = waiting.popLast() {
      waiting += next.subexpressions
      switch next.kind {
      case .name(let name): names.insert(name)
      // A function behind a point is one like any other.
      case .call(let callee, _): if case .member(_, let name) = callee.kind { names.insert(name) }
      case .arrow(let definition): names.formUnion(free(in: definition))
      case .conditional(_, let then, let otherwise):
        for block in [then, otherwise] {
          var own: Set<String> = []
          collectFree(block, &own, &names)
        }
      case .number, .boolean, .text, .interpolation, .list, .rows, .range, .unary, .binary, .transpose, .index, .member,
        .tuple, .record, .importing, .hole:
        break
      }
    }
  }

  private static func collect(_ statement: Statement, _ names: inout Set<String>) {
    switch statement.kind {
    case .expression(let x), .assign(_, let x), .live(_, let x), .run(let x): collect([x], &names)
    case .update(let place, _, let x):
      collect([place.expression, x], &names)
    case .function(let definition): names.formUnion(free(in: definition))
    case .loop(let x, let body), .whileLoop(let x, let body), .forEach(_, let x, let body):
      collect([x], &names)
      for inner in body { collect(inner, &names) }
    case .branch(let x, let then, let otherwise):
      collect([x], &names)
      for inner in then + otherwise { collect(inner, &names) }
    case .expect(let expectation):
      collect(expectation.expressions, &names)
      if case .fails(_, let body, _) = expectation { for inner in body { collect(inner, &names) } }
    case .returning(let x): collect(x.map { [$0] } ?? [], &names)
    case .freezing(let places, _): names.formUnion(places.map(\.name.text))
    case .deletion(let deleted): names.formUnion(deleted.map(\.text))
    case .input, .command, .breaking, .continuing: break
    }
  }

  /// - Parameter own: the names that have been given a value so far; a block that may not run gives none for good.
  private static func collectFree(_ statements: [Statement], _ own: inout Set<String>, _ names: inout Set<String>) {
    for statement in statements {
      var read: Set<String> = []
      switch statement.kind {
      case .loop(let x, let body), .whileLoop(let x, let body):
        collect([x], &read)
        var inner = own
        collectFree(body, &inner, &names)
      case .forEach(let variables, let x, let body):
        collect([x], &read)
        var inner = own.union(variables.map(\.text))
        collectFree(body, &inner, &names)
      case .branch(let x, let then, let otherwise):
        collect([x], &read)
        names.formUnion(read.subtracting(own))
        var (first, second) = (own, own)
        collectFree(then, &first, &names)
        collectFree(otherwise, &second, &names)
        own.formUnion(first.intersection(second))
      case .expression, .assign, .update, .live, .function, .input, .expect, .run, .command, .breaking, .continuing,
        .returning, .deletion, .freezing:
        collect(statement, &read)
      }
      names.formUnion(read.subtracting(own))
      own.formUnion(statement.targets.map(\.text))
    }
  }

  /// The names that statements read, or may read, before they have given them a value themselves.
  static func readFirst(in statements: [Statement]) -> Set<String> {
    var own: Set<String> = []
    var names: Set<String> = []
    collectFree(statements, &own, &names)
    return names
  }

  /// The names that statements may give a value, whichever way they go.
  static func given(in statements: [Statement]) -> Set<String> {
    statements.reduce(into: []) { names, statement in
      names.formUnion(statement.targets.map(\.text))
      if case .forEach(let variables, _, _) = statement.kind { names.formUnion(variables.map(\.text)) }
      for block in statement.blocks { names.formUnion(given(in: block)) }
    }
  }
}

extension Expectation {
  var expressions: [Expression] {
    switch self {
    case .close(let a, let b, let rtol, let atol): [a, b] + [rtol, atol].compactMap { $0 }
    case .holds(let x): [x]
    case .fails: []
    }
  }
}
