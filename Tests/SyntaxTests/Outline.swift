import Syntax

/// A tree as nested words without places, so that tests can say what they mean: `(+ a (* b c))`.
enum Outline {
  static func of(_ text: String) -> String {
    let program = Parser.parse(text)
    if let first = program.diagnostics.first { return "error: \(first.message)" }
    return program.statements.map(of).joined(separator: "; ")
  }

  static func of(_ expression: Expression) -> String {
    switch expression.kind {
    case .number(let value): Expression(.number(value), 0..<0).description
    case .boolean(let value): "\(value)"
    case .text(let value): "\"\(value)\""
    case .name(let name): name
    case .list(let entries): "[\(joined(entries))]"
    case .rows(let rows): "[\(rows.map(joined).joined(separator: "; "))]"
    case .interpolation(let pieces):
      "(text "
        + pieces.map { piece in
          switch piece {
          case .text(let words): "\"\(words)\""
          case .value(let value, let format): of(value) + (format.map { ":\($0)" } ?? "")
          }
        }.joined(separator: " ") + ")"
    case .record(let entries):
      "(record \(entries.map { "\($0.label ?? "_")=\(of($0.value))" }.joined(separator: " ")))"
    case .arrow(let definition): "(\(of(definition)))"
    case .conditional(let condition, let then, let otherwise): "(if \(of(condition)) \(of(then)) \(of(otherwise)))"
    case .importing(let path): "(import \(of(path)))"
    case .tuple(let entries): "(tuple \(joined(entries)))"
    case .range(let start, let stop, let step): "(range \(joined([start, stop] + (step.map { [$0] } ?? []))))"
    case .unary(let unary, let value): "(\(unary.rawValue) \(of(value)))"
    case .binary(let binary, _, let left, let right): "(\(binary.rawValue) \(of(left)) \(of(right)))"
    case .transpose(let base): "(T \(of(base)))"
    case .member(let base, let name): "(. \(of(base)) \(name))"
    case .hole: "?"
    case .call(let callee, let arguments):
      "(call \(([of(callee)] + arguments.map { ($0.label.map { "\($0)=" } ?? "") + of($0.value) }).joined(separator: " ")))"
    case .index(let base, let indices): "(at \(of(base)) \(indices.map(of).joined(separator: " ")))"
    }
  }

  private static func joined(_ expressions: [Expression]) -> String {
    expressions.map { of($0) }.joined(separator: " ")
  }

  static func of(_ index: Index) -> String {
    switch index {
    case .at(let value): of(value)
    case .ellipsis: "..."
    case .newAxis: "new"
    case .slice(let start, let stop, let step, _):
      "<" + [start, stop, step].map { $0.map { of($0) } ?? "_" }.joined(separator: ":") + ">"
    }
  }

  static func of(_ statement: Statement) -> String { of(statement.kind) + (statement.isQuiet ? " quiet" : "") }

  private static func of(_ kind: Statement.Kind) -> String {
    switch kind {
    case .expression(let value): of(value)
    case .assign(let names, let value): "\(names.map(\.text).joined(separator: ",")) = \(of(value))"
    case .update(let place, let binary, let value):
      of(place) + " \(binary?.rawValue ?? "")= \(of(value))"
    case .live(let name, let value): "\(name.text) := \(of(value))"
    case .function(let function): of(function)
    case .input(let name, let dimensions):
      "input \(name.text) "
        + dimensions.map { dimension in
          switch dimension {
          case .extent(let extent): "\(extent)"
          case .named(let name): name
          case .any: "_"
          }
        }.joined(separator: "×")
    case .expect(.close(let first, let second, let rtol, let atol)):
      "expect \(of(first)) ~ \(of(second))" + (rtol.map { " rtol=\(of($0))" } ?? "")
        + (atol.map { " atol=\(of($0))" } ?? "")
    case .expect(.holds(let value)): "expect \(of(value))"
    case .expect(.fails(let text, let block, let flaw)):
      "expect error \"\(text)\" \(flaw.map { "flaw: \($0.message)" } ?? of(block))"
    case .run(let value): "run \(of(value))"
    case .loop(let count, let block): "repeat \(of(count)) \(of(block))"
    case .forEach(let names, let values, let block):
      "for \(names.map(\.text).joined(separator: ",")) \(of(values)) \(of(block))"
    case .whileLoop(let condition, let block): "while \(of(condition)) \(of(block))"
    case .branch(let condition, let block, let other):
      "if \(of(condition)) \(of(block))" + (other.isEmpty ? "" : " else \(of(other))")
    case .breaking: "break"
    case .continuing: "continue"
    case .returning(let value): "return" + (value.map { " " + of($0) } ?? "")
    case .deletion(let names): "del \(names.map(\.text).joined(separator: ","))"
    case .freezing(let places, let isFrozen):
      (isFrozen ? "freeze " : "thaw ") + places.map { of($0) }.joined(separator: ",")
    case .command(let name, let rest, _): ":\(name) «\(rest)»"
    }
  }

  private static func of(_ place: Place) -> String {
    place.steps.reduce(place.name.text) { text, step in
      switch step {
      case .index(let indices, _): text + "[\(indices.map(of).joined(separator: " "))]"
      case .member(let name, _): text + ".\(name)"
      }
    }
  }

  private static func of(_ function: FunctionDefinition) -> String {
    let parameters = function.parameters.map { $0.name.text + ($0.initial.map { "=\(of($0))" } ?? "") }
    return "def \(function.name?.text ?? "")(\(parameters.joined(separator: " "))) \(of(function.body))"
      + (function.customGradient.map { " with \($0.adjoint.text) -> \(of($0.body))" } ?? "")
  }

  private static func of(_ block: [Statement]) -> String { "{\(block.map { of($0) }.joined(separator: "; "))}" }
}
