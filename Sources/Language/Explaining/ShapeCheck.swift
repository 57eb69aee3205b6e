import Graphs
import Refusals
import Syntax
import Tensors

/// A script read for its shapes alone: nothing but small values is computed, every statement is looked at.
package struct ShapeCheck {
  private var session: Session
  /// Names whose shapes can't be told without running what gives them.
  private var unknown: Set<String> = []
  private var depth = 0
  private var source = Source(text: "")
  private var line = 1

  package init(_ session: Session) { self.session = session }

  /// What is wrong, in order.
  package mutating func check(_ source: Source) -> [Diagnostic] {
    let outer = self.source
    self.source = source
    defer { self.source = outer }
    let program = Parser.parse(source)
    guard program.diagnostics.isEmpty else { return program.diagnostics }
    return check(program.statements) + checkFunctions()
  }

  private mutating func check(_ statements: [Statement]) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for statement in statements { found += check(statement) }
    return found
  }

  private mutating func check(_ statement: Statement) -> [Diagnostic] {
    line = source.position(of: statement.range.lowerBound).line
    switch statement.kind {
    case .loop(_, let body), .whileLoop(_, let body): return check(body)
    case .forEach(let names, let values, let body):
      var found: [Diagnostic] = []
      let symbol = attempt(values, &found)
      if let symbol, symbol.shape.rank > 0, names.count == 1 {
        bind(names[0].text, .hollow(Shape(Array(symbol.shape.extents.dropFirst())), symbol.type), nil)
      } else {
        for name in names { forget(name.text) }
      }
      return found + check(body)
    case .branch(_, let then, let otherwise): return check(then) + check(otherwise)
    case .run(let path): return check(path)
    case .expect(.close(let a, let b, _, _)):
      var found: [Diagnostic] = []
      _ = attempt(a, &found)
      _ = attempt(b, &found)
      return found
    case .expect(.holds(let expression)), .expression(let expression):
      var found: [Diagnostic] = []
      _ = attempt(expression, &found)
      return found
    case .expect(.fails), .command: return []
    case .assign(let targets, let expression): return check(targets, expression)
    case .update(let place, let op, let expression): return update(place, op, expression, statement.range)
    case .live, .function, .input, .freezing: return define(statement)
    case .deletion(let names):
      for name in names {
        session.names[name.text] = nil
        unknown.remove(name.text)
      }
      return []
    case .breaking, .continuing, .returning: return []
    }
  }

  private var functions: [FunctionDefinition] = []

  /// What can be said of functions whoever calls them, once all names are known.
  private mutating func checkFunctions() -> [Diagnostic] {
    defer { functions = [] }
    var found: [Diagnostic] = []
    for definition in functions {
      for name in Names.free(in: definition).sorted() {
        guard session.names[name] == nil, !unknown.contains(name), Function<Held>.builtIn(name) == nil,
          !["pi", "e", "ans", "args"].contains(name), let place = definition.place(of: name),
          // Behind a point it may be an entry of whatever comes.
          source.slice(max(place.lowerBound - 1, 0)..<place.lowerBound) != "."
        else { continue }
        var error = Evaluator(session).unknown(name, place)
        error.refusal.note = "in \(definition.title)"
        found.append(error)
      }
      if let statement = definition.unreachable {
        found.append(
          Diagnostic("this is never reached", at: statement.range, note: "in \(definition.title)"))
      }
    }
    return found
  }

  private mutating func check(_ path: Expression) -> [Diagnostic] {
    guard case .text(let name) = path.kind, depth < 16 else { return [] }
    do throws(Diagnostic) {
      depth += 1
      defer { depth -= 1 }
      let text = try located(at: path.range, try session.files.read(name))
      guard let first = check(Source(name: name, text: text)).first else { return [] }
      return [Diagnostic("\(name): \(first.message)", at: path.range, help: first.help)]
    } catch { return [error] }
  }

  private mutating func define(_ statement: Statement) -> [Diagnostic] {
    if case .live(let name, let expression) = statement.kind, isUnknown(expression) {
      unknown.insert(name.text)
      return []
    }
    if case .function(let definition) = statement.kind { functions.append(definition) }
    do throws(Diagnostic) {
      try session.execute(statement, in: Source(text: "")) { _ in }
      return []
    } catch { return [error] }
  }

  private mutating func check(_ targets: [Name], _ expression: Expression) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if session.action(of: expression) != nil {
      _ = attempt(expression, &found)
    } else if !isUnknown(expression) {
      let evaluator = evaluator
      let draw = session.draw
      do throws(Diagnostic) {
        let value = try evaluator.evaluate(expression)
        let parts =
          targets.count == 1 ? [value] : try evaluator.parts(of: value, count: targets.count, expression.range)
        session.draw = max(session.draw, evaluator.draw)
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
    if unknown.contains(name.text) || isUnknown(expression) { return [] }
    let evaluator = evaluator
    do throws(Diagnostic) {
      let current = try evaluator.resolve(name.text, name.range)
      let value = try evaluator.updated(current, place.steps[...], op, expression, at: place, range)
      session.draw = max(session.draw, evaluator.draw)
      bind(name.text, value, evaluator, nil)
      return []
    } catch { return isReal(error, evaluator) ? [error] : [] }
  }

  // MARK: Names

  private var evaluator: Evaluator { Evaluator(session, .check) }

  private mutating func bind(_ name: String, _ value: Value, _ evaluator: Evaluator, _ formula: Formula?) {
    unknown.remove(name)
    let before = session.names[name]
    let stored = value.mapped { symbol in
      // What is small may decide about shapes further down.
      Held(tensor: (try? evaluator.builder.value(of: symbol)) ?? .hollow(symbol.shape, symbol.type))
    }
    session.bind(name, stored, formula, line)
    session.names[name]?.trainable = before?.trainable ?? []
    for place in value.tensorPlaces where evaluator.made.weights.contains(place.leaf.reference) {
      session.names[name]?.trainable.insert(place.path)
    }
  }

  private mutating func bind(_ name: String, _ tensor: Tensor, _ formula: Formula?) {
    unknown.remove(name)
    session.bind(name, Held(tensor: tensor), formula, line)
  }

  private mutating func forget(_ name: String) {
    session.names[name] = nil
    unknown.insert(name)
  }

  private mutating func attempt(_ expression: Expression, _ found: inout [Diagnostic]) -> Symbol? {
    if isUnknown(expression) || expression.hasHole { return nil }
    if let (action, call) = session.action(of: expression) {
      for part in action.shaped(call) { _ = attempt(part, &found) }
      return nil
    }
    let evaluator = evaluator
    do throws(Diagnostic) {
      let value = try evaluator.evaluate(expression)
      session.draw = max(session.draw, evaluator.draw)
      if case .tensor(let symbol) = value { return symbol }
    } catch { if isReal(error, evaluator) { found.append(error) } }
    return nil
  }

  /// Not only that it is too early to tell.
  private func isReal(_ error: Diagnostic, _ evaluator: Evaluator) -> Bool {
    error.reason != .unknownValue && error.reason != .tooLongToForesee && !error.isInterrupt
      && evaluator.builder.graph.nodes.count < evaluator.nodeLimit
  }

  private func isUnknown(_ expression: Expression) -> Bool {
    !Evaluator(session).reachable(from: Names.read(in: expression)).isDisjoint(with: unknown)
  }
}

extension Tensor {
  /// Only a shape: nothing may read its elements.
  static func hollow(_ shape: Shape, _ type: ElementType) -> Tensor {
    Tensor(shape: shape, type: type, storage: Storage(zeroed: 0))
  }

  var isHollow: Bool { count > 0 && storage.byteCount == 0 }
}
