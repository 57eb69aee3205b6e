import Graphs
import Printing
import Refusals
import Syntax
import Tensors

/// What is told about a line while it is typed: `→ 3×4`, `✗ 5 ≠ 4`.
extension Session {
  /// Nil while the line can't be understood or has no shape worth telling; nothing is evaluated.
  package func shapePreview(of text: String) -> String? {
    guard text.utf8.count < 2_000 else { return nil }
    let program = Parser.parse(text)
    if program.diagnostics.isEmpty { return shapePreview(of: program.statements, isWhole: true) }
    guard program.diagnostics.allSatisfy(\.isUnfinished) else { return nil }
    let closed = Parser.parse(text + text.closingBrackets)
    if closed.diagnostics.isEmpty, let last = closed.statements.last, !last.blocks.isEmpty || last.isFunction {
      return shapePreview(of: closed.statements, isWhole: false)
    }
    // What stands behind the last bracket that is open may be whole by itself.
    guard let inner = text.innermost, (try? Parser.parseExpression(inner)) != nil else { return nil }
    return shapePreview(of: inner)
  }

  /// What a text that goes on with another line goes on for: `{ is open`.
  package func awaited(behind text: String) -> String? {
    let program = Parser.parse(text)
    guard !program.diagnostics.isEmpty, program.diagnostics.allSatisfy(\.isUnfinished) else { return nil }
    return OpenBrackets(text).open.last.map { "\($0.opening) is open" } ?? "a value is missing"
  }

  /// Of the last of some statements, or of the last one in its block.
  ///
  /// - Parameters:
  ///   - isWhole: nothing has to follow the last one any more.
  ///   - given: names that have another value by then than they have now.
  private func shapePreview(
    of statements: [Statement], isWhole: Bool, given: Set<String> = []
  ) -> String? {
    guard let statement = statements.last else { return nil }
    if case .command(let name, let rest, _) = statement.kind {
      return Command.named[name]?.takesLine == true ? shapePreview(of: rest) : nil
    }
    // What the others give their names isn't known before they are run.
    let given = given.union(Names.given(in: Array(statements.dropLast())))
    if !isWhole, let block = statement.blocks.last(where: { !$0.isEmpty }) {
      return shapePreview(of: block, isWhole: false, given: given.union(statement.loopVariables))
    }
    guard given.isDisjoint(with: statement.namesRead) else { return nil }
    let standIns = DefinitionCheck(self).standIns
    let evaluator = Evaluator(self, .preview(standIns: standIns))
    do throws(Diagnostic) {
      guard let text = try shapes(of: statement, evaluator) else { return nil }
      return display.sign("→") + " " + DefinitionCheck.named(text, standIns)
    } catch {
      // A length that isn't known yet may turn out to fit.
      if let (a, b) = evaluator.clash {
        return standIns.values.contains { $0 == a || $0 == b } ? nil : display.spelled("✗ \(a) ≠ \(b)")
      }
      guard isWhole, let sentence = error.sentenceOfShapes else { return nil }
      guard standIns.isEmpty || !names.waiting.contains(where: { evaluator.parameters[$0] != nil }) else { return nil }
      return display.spelled("✗ " + sentence)
    }
  }

  private func shapes(of statement: Statement, _ evaluator: Evaluator) throws(Diagnostic) -> String? {
    switch statement.kind {
    case .expression(let expression), .assign(_, let expression), .live(_, let expression):
      let value = try evaluator.evaluate(expression)
      if let shapes = value.shapes(display) { return shapes }
      // What is written as a number needs no words.
      guard let symbol = value.symbol, symbol.type != .bool, !Names.read(in: expression).isEmpty else { return nil }
      return symbol.shape.spelled(display)
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

extension Diagnostic {
  /// What is wrong, in few words, where it isn't a matter of names or of what is yet to come.
  fileprivate var sentenceOfShapes: String? {
    switch reason {
    case .unfitShapes(let brief): brief
    case .other: message.count <= 44 ? message : String(message.prefix { $0 != ":" && $0 != ";" })
    case .unfinished, .unknownName, .unknownValue, .tooLongToForesee, .tooDeep, .outOfMemory, .notFinite, .fault,
      .interrupted,
      .stopped:
      nil
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
  fileprivate var isFunction: Bool { if case .function = kind { true } else { false } }

  fileprivate var loopVariables: Set<String> {
    if case .forEach(let names, _, _) = kind { Set(names.map(\.text)) } else { [] }
  }

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

/// Brackets that are open at the end of a text.
private struct OpenBrackets {
  /// Each, what closes it, and where what stands last in it begins: behind the bracket, or behind the last comma.
  private(set) var open: [(opening: Character, closing: Character, start: String.Index)] = []
  private(set) var isInText = false

  init(_ text: String) {
    var previous: Character?
    for place in text.indices {
      let character = text[place]
      defer { previous = character }
      if isInText {
        if character == "\"", previous != "\\" { isInText = false }
        continue
      }
      switch character {
      case "\"": isInText = true
      case "(": open.append((character, ")", text.index(after: place)))
      case "[": open.append((character, "]", text.index(after: place)))
      case "{": open.append((character, "}", text.index(after: place)))
      case ")", "]", "}": _ = open.popLast()
      case ",": if !open.isEmpty { open[open.count - 1].start = text.index(after: place) }
      default: break
      }
    }
  }
}

extension String {
  /// What stands behind the last round or square bracket that is open and the last comma in it; nil without one, and
  /// within a text.
  fileprivate var innermost: String? {
    let brackets = OpenBrackets(self)
    guard !brackets.isInText, let last = brackets.open.last, last.closing != "}" else { return nil }
    let inner = self[last.start...].trimmingPrefix { $0.isWhitespace }
    return inner.isEmpty ? nil : String(inner)
  }

  /// What would close those that are open.
  fileprivate var closingBrackets: String { String(OpenBrackets(self).open.reversed().map(\.closing)) }
}
