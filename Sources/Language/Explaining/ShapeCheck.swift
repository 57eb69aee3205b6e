import Graphs
import Refusals
import Syntax
import Tensors

/// A script read for its shapes alone: nothing but small values is computed, every statement is looked at.
package struct ShapeCheck {
  var known: Known
  /// Functions that have been defined, to be looked at once all names are known.
  var functions: [FunctionDefinition] = []
  /// What the last statement gives, where it is an expression whose shape is known.
  var result: Symbol?
  /// How many loops are around a statement.
  var loopDepth = 0
  var line = 1
  private(set) var source = Source(text: "")
  /// What statements gave names, by the places of these; nil where nobody asks.
  var notes: [Int: Survey.Note]?
  private var depth = 0

  package init(_ session: Session) { known = Known(session: session) }

  /// What is wrong, in order.
  package mutating func check(_ source: Source) -> [Diagnostic] {
    let (outer, outerNotes, outerFolder) = (self.source, notes, known.session.folder)
    self.source = source
    known.session.folder = source.folder
    // Those of another file aren't of this text.
    if depth > 0 { notes = nil }
    defer {
      self.source = outer
      known.session.folder = outerFolder
      if depth > 0 { notes = outerNotes }
    }
    let program = Parser.parse(source)
    if !program.diagnostics.isEmpty {
      // The statements around a mistake give names all the same.
      if notes != nil { _ = check(program.statements) }
      return program.diagnostics
    }
    let found = check(program.statements)
    // What a call has shown isn't told again.
    return found
      + checkFunctions().filter { mistake in
        !found.contains { $0.range == mistake.range }
      }
  }

  /// - Parameter givesResult: whether the last statement is what a function gives.
  mutating func check(_ statements: [Statement], givesResult: Bool = false) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for (number, statement) in statements.enumerated() {
      result = nil
      if Interrupt.isRequested { break }
      found += check(statement, givesResult: givesResult && number == statements.count - 1)
      if notes != nil { note(statement) }
    }
    return found
  }

  private mutating func check(_ statement: Statement, givesResult: Bool) -> [Diagnostic] {
    line = source.position(of: statement.range.lowerBound).line
    var found: [Diagnostic] = []
    switch statement.kind {
    case .loop(let count, let body):
      _ = attempt(count, &found)
      return found + check(rounds: body) { _ in [] }
    case .whileLoop(let condition, let body):
      _ = decide(condition, &found)
      return found + check(rounds: body) { _ in [] }
    case .forEach(let names, let values, let body):
      let symbol = attempt(values, &found)
      return found
        + check(rounds: body) { check in
          if let symbol, symbol.shape.rank > 0, names.count == 1 {
            check.bind(
              names[0].text, .hollow(Shape(Array(symbol.shape.extents.dropFirst())), symbol.type), nil)
          } else {
            for name in names { check.forget(name.text) }
          }
          return []
        }
    case .branch(let condition, let then, let otherwise):
      return check(condition, then, otherwise, givesResult: givesResult)
    case .run(let path): return check(path)
    case .expect(.close(let a, let b, _, _)):
      _ = attempt(a, &found)
      _ = attempt(b, &found)
    case .expect(.holds(let expression)): _ = attempt(expression, &found)
    case .expression(let expression), .returning(let expression?): result = attempt(expression, &found)
    case .expect(.fails), .command, .breaking, .continuing, .returning(nil): break
    case .assign(let targets, let expression): return check(targets, expression)
    case .update(let place, let op, let expression): return update(place, op, expression, statement.range)
    case .live, .function, .input, .freezing: return define(statement)
    case .deletion(let names):
      for name in names {
        known.session.names[name.text] = nil
        known.unknown.remove(name.text)
      }
    }
    return found
  }

  private mutating func check(_ path: Expression) -> [Diagnostic] {
    guard case .text(let name) = path.kind, depth < 16 else { return [] }
    do throws(Diagnostic) {
      depth += 1
      defer { depth -= 1 }
      let file = known.session.place(of: name)
      let text = try located(at: path.range, try known.session.files.read(file))
      guard let first = check(Source(name: file, text: text)).first else { return [] }
      return [Diagnostic("\(name): \(first.message)", at: path.range, help: first.help)]
    } catch { return [error] }
  }

  private mutating func define(_ statement: Statement) -> [Diagnostic] {
    if case .live(let name, let expression) = statement.kind, isUnknown(expression) {
      known.unknown.insert(name.text)
      return []
    }
    if case .function(let definition) = statement.kind { functions.append(definition) }
    do throws(Diagnostic) {
      try known.session.execute(statement, in: Source(text: "")) { _ in }
      return []
    } catch { return [error] }
  }

  private mutating func check(_ targets: [Name], _ expression: Expression) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if known.session.action(of: expression) != nil {
      _ = attempt(expression, &found)
    } else if isUnknown(expression) {
      attemptParts(of: expression, &found)
    } else {
      let evaluator = evaluator
      let draw = known.session.draw
      do throws(Diagnostic) {
        let value = try evaluator.evaluate(expression)
        let parts =
          targets.count == 1 ? [value] : try evaluator.parts(of: value, count: targets.count, expression.range)
        known.session.draw = max(known.session.draw, evaluator.draw)
        let reads = evaluator.allReads
        let isAfresh = targets.contains { target in
          reads.contains { $0.value > 0 && ReadPlace($0.key).name == target.text }
        }
        var formula = Formula(expression: expression, element: nil, reads: reads, draw: draw)
        for (position, (target, part)) in zip(targets, parts).enumerated() {
          formula.element = targets.count == 1 ? nil : position
          bind(target.text, part, evaluator, isAfresh ? nil : formula)
        }
        return []
      } catch { if isReal(error, evaluator) { found.append(error) } }
    }
    for target in targets { forget(target.text) }
    return found
  }

  private mutating func update(
    _ place: Place, _ op: BinaryOperator?, _ expression: Expression, _ range: SourceRange
  ) -> [Diagnostic] {
    let name = place.name
    if known.unknown.contains(name.text) || isUnknown(expression) {
      var found: [Diagnostic] = []
      _ = attempt(expression, &found)
      return found
    }
    let evaluator = evaluator
    do throws(Diagnostic) {
      let current = try evaluator.resolve(name.text, name.range)
      let value = try evaluator.updated(current, place.steps[...], op, expression, at: place, range)
      known.session.draw = max(known.session.draw, evaluator.draw)
      bind(name.text, value, evaluator, nil)
      return []
    } catch { return isReal(error, evaluator) ? [error] : [] }
  }

  // MARK: Expressions

  var evaluator: Evaluator { Evaluator(known.session, .check) }

  /// What an expression gives, if it can be told.
  private mutating func attempt(_ expression: Expression, _ found: inout [Diagnostic]) -> Symbol? {
    if expression.hasHole { return nil }
    if isUnknown(expression) {
      attemptParts(of: expression, &found)
      return nil
    }
    if let (action, call) = known.session.action(of: expression) {
      for part in action.shaped(call) { _ = attempt(part, &found) }
      return nil
    }
    let evaluator = evaluator
    do throws(Diagnostic) {
      let value = try evaluator.evaluate(expression)
      known.session.draw = max(known.session.draw, evaluator.draw)
      if case .tensor(let symbol) = value { return symbol }
    } catch { if isReal(error, evaluator) { found.append(error) } }
    return nil
  }

  /// The parts of an expression that can be told, where the whole can't: of a long one the first.
  private mutating func attemptParts(of expression: Expression, _ found: inout [Diagnostic]) {
    var waiting = [expression]
    var patience = 100
    while let next = waiting.popLast(), patience > 0 {
      // What is read as it is written has no values.
      if let call = known.session.builtinCall(next), !call.takesValues { continue }
      for part in next.subexpressions where !part.subexpressions.isEmpty {
        patience -= 1
        // A list may be several things for whoever takes it.
        let isList = if case .list = part.kind { true } else { false }
        if isList || isUnknown(part) { waiting.append(part) } else { _ = attempt(part, &found) }
      }
    }
  }

  /// What a condition says, if it can be told.
  mutating func decide(_ condition: Expression, _ found: inout [Diagnostic]) -> Bool? {
    if isUnknown(condition) || condition.hasHole { return nil }
    let evaluator = evaluator
    do throws(Diagnostic) {
      let isTrue = try evaluator.condition(condition)
      known.session.draw = max(known.session.draw, evaluator.draw)
      return isTrue
    } catch { if isReal(error, evaluator) { found.append(error) } }
    return nil
  }

  /// Not only that it is too early to tell.
  private func isReal(_ error: Diagnostic, _ evaluator: Evaluator) -> Bool {
    error.reason != .unknownValue && error.reason != .tooLongToForesee && !error.isInterrupt
      && evaluator.builder.graph.nodes.count < evaluator.nodeLimit
  }

  private func isUnknown(_ expression: Expression) -> Bool {
    !Evaluator(known.session).reachable(from: Names.read(in: expression)).isDisjoint(with: known.unknown)
  }
}
