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
    guard program.diagnostics.isEmpty else {
      // What stands behind the last bracket that is open may be whole by itself.
      guard program.diagnostics.allSatisfy(\.isUnfinished), let inner = text.innermost else { return nil }
      return (try? Parser.parseExpression(inner)) == nil ? nil : shapePreview(of: inner)
    }
    guard let statement = program.statements.last else { return nil }
    if case .command(let name, let rest, _) = statement.kind {
      return Command.named[name]?.takesLine == true ? shapePreview(of: rest) : nil
    }
    // What the others give their names isn't known before they are run.
    let given = Set(program.statements.dropLast().flatMap(\.targets).map(\.text))
    let isRunFirst = program.statements.count > 1 && program.statements.dropLast().contains { !$0.blocks.isEmpty }
    guard !isRunFirst, given.isEmpty || given.isDisjoint(with: statement.namesRead) else { return nil }
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

extension Statement {
  /// The names that its expression reads.
  fileprivate var namesRead: Set<String> {
    switch kind {
    case .expression(let expression), .assign(_, let expression), .live(_, let expression): Names.read(in: expression)
    case .update(let place, _, let expression): Names.read(in: expression).union([place.name.text])
    case .function, .input, .expect, .run, .loop, .forEach, .whileLoop, .branch, .breaking, .continuing, .returning,
      .deletion, .freezing, .command:
      []
    }
  }
}

extension String {
  /// What stands behind the last round or square bracket that is open and the last comma in it; nil without one, and
  /// within a text.
  fileprivate var innermost: String? {
    var starts: [String.Index?] = []
    var isInText = false
    var previous: Character?
    for place in indices {
      let character = self[place]
      defer { previous = character }
      if isInText {
        if character == "\"", previous != "\\" { isInText = false }
        continue
      }
      switch character {
      case "\"": isInText = true
      case "(", "[": starts.append(index(after: place))
      case "{": starts.append(nil)
      case ")", "]", "}": _ = starts.popLast()
      case ",": if let last = starts.last, last != nil { starts[starts.count - 1] = index(after: place) }
      default: break
      }
    }
    guard !isInText, let last = starts.last, let start = last else { return nil }
    let inner = self[start...].trimmingPrefix { $0.isWhitespace }
    return inner.isEmpty ? nil : String(inner)
  }
}
