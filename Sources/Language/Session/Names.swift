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
      switch next.kind {
      case .number, .boolean, .text, .hole: break
      case .name(let name): names.insert(name)
      case .list(let parts), .tuple(let parts): waiting += parts
      case .rows(let rows): waiting += rows.joined()
      case .record(let entries): waiting += entries.map(\.value)
      case .interpolation(let pieces):
        for case .value(let x, _) in pieces { waiting.append(x) }
      case .range(let a, let b, let step): waiting += [a, b] + (step.map { [$0] } ?? [])
      case .unary(_, let x), .transpose(let x), .member(let x, _), .importing(let x): waiting.append(x)
      case .binary(_, _, let left, let right): waiting += [left, right]
      case .call(let callee, let arguments):
        // A function behind a point is one like any other.
        if case .member(let base, let name) = callee.kind {
          names.insert(name)
          waiting.append(base)
        } else {
          waiting.append(callee)
        }
        waiting += arguments.map(\.value)
      case .index(let x, let entries):
        waiting.append(x)
        waiting += entries.flatMap(\.expressions)
      case .arrow(let definition): names.formUnion(free(in: definition))
      case .conditional(let condition, let then, let otherwise):
        waiting.append(condition)
        for block in [then, otherwise] {
          var own: Set<String> = []
          collectFree(block, &own, &names)
        }
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
        for body in [then, otherwise] {
          var inner = own
          collectFree(body, &inner, &names)
        }
      case .expression, .assign, .update, .live, .function, .input, .expect, .run, .command, .breaking, .continuing,
        .returning, .deletion, .freezing:
        collect(statement, &read)
      }
      names.formUnion(read.subtracting(own))
      switch statement.kind {
      case .assign(let targets, _): own.formUnion(targets.map(\.text))
      case .update(let place, _, _): own.insert(place.name.text)
      case .live(let name, _), .input(let name, _): own.insert(name.text)
      case .function(let definition): if let name = definition.name { own.insert(name.text) }
      case .expression, .expect, .run, .loop, .forEach, .whileLoop, .branch, .command, .breaking, .continuing,
        .returning, .deletion, .freezing:
        break
      }
    }
  }
}

extension Index {
  fileprivate var expressions: [Expression] {
    switch self {
    case .at(let x): [x]
    case .slice(let start, let stop, let step, _): [start, stop, step].compactMap { $0 }
    case .ellipsis, .newAxis: []
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
