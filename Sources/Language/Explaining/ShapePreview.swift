import Graphs
import Printing
import Syntax
import Tensors

/// What is told about a line while it is typed: `→ 3×4`, `✗ 5 ≠ 4`.
extension Session {
  /// Nil while the line can't be understood or has no shape worth telling; nothing is evaluated.
  package func shapePreview(of text: String) -> String? {
    guard text.utf8.count < 2_000 else { return nil }
    let program = Parser.parse(text)
    guard program.diagnostics.isEmpty, program.statements.count == 1, let statement = program.statements.first else {
      return nil
    }
    let standIns = DefinitionCheck(self).standIns
    let evaluator = Evaluator(self, .preview(standIns: standIns))
    do throws(Diagnostic) {
      guard let text = try shapes(of: statement, evaluator) else { return nil }
      return display.sign("→") + " " + DefinitionCheck.named(text, standIns)
    } catch {
      // A length that isn't known yet may turn out to fit.
      guard let (a, b) = evaluator.clash, !standIns.values.contains(where: { $0 == a || $0 == b }) else { return nil }
      return display.spelled("✗ \(a) ≠ \(b)")
    }
  }

  private func shapes(of statement: Statement, _ evaluator: Evaluator) throws(Diagnostic) -> String? {
    switch statement.kind {
    case .expression(let expression), .assign(_, let expression), .live(_, let expression):
      return try evaluator.evaluate(expression).shapes(display)
    case .update(let name, let entries, let op, let expression):
      let current = try evaluator.symbol(try evaluator.resolve(name.text, name.range), name.range)
      return Value.tensor(try evaluator.updated(current, entries, op, expression, statement.range)).shapes(display)
    default: return nil
    }
  }
}

extension Value {
  /// The shape of a tensor, or of each part of a tuple; nil where a shape says nothing.
  func shapes(_ display: Display) -> String? {
    switch self {
    case .tensor(let symbol): symbol.shape.rank == 0 ? nil : symbol.shape.spelled(display)
    case .tuple(let parts):
      parts.map { part in
        if case .tensor(let symbol) = part { symbol.shape.spelled(display) } else { part.kindName }
      }.joined(separator: ", ")
    case .function, .text, .list: nil
    }
  }
}

extension Shape {
  /// `3×4`, with an x where there is only ASCII.
  func spelled(_ display: Display) -> String {
    display.spelled(description)
  }
}
