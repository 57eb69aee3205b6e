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
    case .update(let place, let op, let expression):
      let current = try evaluator.resolve(place.name.text, place.name.range)
      let value = try evaluator.updated(current, place.steps[...], op, expression, at: place, statement.range)
      return try evaluator.part(of: value, at: place).shapes(display)
    case .function, .input, .expect, .run, .loop, .forEach, .whileLoop, .branch, .breaking, .continuing, .returning,
      .deletion, .freezing, .command:
      return nil
    }
  }
}

extension Value {
  /// The shape of a tensor, or of each part of a tuple; nil where a shape says nothing.
  func shapes(_ display: Display) -> String? {
    switch self {
    case .tensor(let symbol): symbol.shape.rank == 0 ? nil : symbol.shape.spelled(display)
    case .tuple(let parts):
      parts.isEmpty
        ? nil
        : parts.prefix(8).enumerated().map { position, part in
          let label = parts.keys.map { $0[position] + " " } ?? ""
          return label + (part.symbol?.shape.spelled(display) ?? part.kindName)
        }.joined(separator: ", ") + (parts.count > 8 ? ", \(display.sign("…"))" : "")
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

extension Evaluator {
  /// The part of a value that a place names, as far as its steps lead through tuples and records.
  fileprivate func part(of value: Value, at place: Place) throws(Diagnostic) -> Value {
    guard let positions = try positions(of: place, in: value) else { return value }
    return value[positions[...]]
  }
}
