import Syntax

/// Which names a piece of the language mentions, called functions among them.
enum Names {
  static func read(in expression: Expression) -> Set<String> {
    var names: Set<String> = []
    collect(expression, &names)
    return names
  }

  static func read(in statements: [Statement]) -> Set<String> {
    var names: Set<String> = []
    for statement in statements { collect(statement, &names) }
    return names
  }

  private static func collect(_ expression: Expression, _ names: inout Set<String>) {
    switch expression.kind {
    case .number, .boolean, .text, .hole: break
    case .name(let name): names.insert(name)
    case .list(let parts), .tuple(let parts): for part in parts { collect(part, &names) }
    case .range(let a, let b, let step):
      for part in [a, b] + (step.map { [$0] } ?? []) { collect(part, &names) }
    case .unary(_, let x), .transpose(let x), .member(let x, _): collect(x, &names)
    case .binary:
      // Long chains lean to the left: walked without recursion.
      var next = expression
      while case .binary(_, _, let left, let right) = next.kind {
        collect(right, &names)
        next = left
      }
      collect(next, &names)
    case .call(let callee, let arguments):
      collect(callee, &names)
      for argument in arguments { collect(argument.value, &names) }
    case .index(let x, let entries):
      collect(x, &names)
      collect(entries, &names)
    }
  }

  private static func collect(_ entries: [Index], _ names: inout Set<String>) {
    for entry in entries {
      switch entry {
      case .at(let x): collect(x, &names)
      case .slice(let start, let stop, let step, _):
        for part in [start, stop, step].compactMap({ $0 }) { collect(part, &names) }
      case .ellipsis, .newAxis: break
      }
    }
  }

  private static func collect(_ statement: Statement, _ names: inout Set<String>) {
    switch statement.kind {
    case .expression(let x), .assign(_, let x), .live(_, let x), .run(let x): collect(x, &names)
    case .update(let name, let entries, _, let x):
      names.insert(name.text)
      collect(entries ?? [], &names)
      collect(x, &names)
    case .function(let definition): for inner in definition.body { collect(inner, &names) }
    case .loop(let x, let body), .whileLoop(let x, let body), .forEach(_, let x, let body):
      collect(x, &names)
      for inner in body { collect(inner, &names) }
    case .branch(let x, let then, let otherwise):
      collect(x, &names)
      for inner in then + otherwise { collect(inner, &names) }
    case .input, .expect, .command: break
    }
  }
}
