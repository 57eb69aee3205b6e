import Graphs
import Refusals
import Syntax
import Tensors

/// Statements in functions, and blocks that have a value.
extension Evaluator {
  /// How some statements ended.
  enum Flow {
    case nothing
    /// The last one is an expression.
    case value(Value)
    case returned(Value?)
    /// By `break` or `continue`.
    case left(isContinuing: Bool)

    var isEarly: Bool {
      switch self {
      case .nothing, .value: false
      case .returned, .left: true
      }
    }
  }

  func run(_ statements: [Statement]) throws(Diagnostic) -> Flow { try run(statements[...]) }

  func run(_ statements: ArraySlice<Statement>) throws(Diagnostic) -> Flow {
    var flow = Flow.nothing
    let outer = waiting.count
    defer { waiting.removeSubrange(outer...) }
    for (number, statement) in zip(statements.indices, statements) {
      waiting.removeSubrange(outer...)
      waiting.append(Waiting(statement, before: statements[(number + 1)...], depth: scopes.count))
      try Interrupt.check()
      try Depth.check(at: statement.range, calls: scopes.count)
      guard builder.graph.nodes.count < nodeLimit else {
        throw Diagnostic(
          "the function unrolls to more than 2,000,000 steps", at: statement.range,
          reason: mode.isHurried ? .tooLongToForesee : .other)
      }
      if case .branch(let condition, let then, let otherwise) = statement.kind {
        let asked = try evaluate(condition)
        if otherwise.isEmpty, then.endsEarly, notesLeaving(asked) {
          flow = .nothing
          continue
        }
        guard let isTrue = try self.condition(asked, condition.range) else {
          let rest = statements[(number + 1)...]
          let choice = try symbol(asked, condition.range).reshaped(.scalar)
          let (merged, isWhole) = try both(choice, then, otherwise, condition.range, before: rest)
          if isWhole { return merged }
          flow = merged
          continue
        }
        flow = try run((isTrue ? then : otherwise)[...])
      } else {
        flow = try run(statement)
      }
      if flow.isEarly { return flow }
    }
    return flow
  }

  private func run(_ statement: Statement) throws(Diagnostic) -> Flow {
    switch statement.kind {
    case .expression(let expression):
      return .value(try evaluate(expression))
    case .assign(let names, let expression):
      try assign(names, try evaluate(expression), expression.range)
    case .update(let place, let op, let expression):
      let name = place.name
      let current = try resolve(name.text, name.range)
      locals[name.text] = try updated(current, place.steps[...], op, expression, at: place, statement.range)
    case .function(let definition):
      guard let name = definition.name else { break }
      locals[name.text] = .function(try closure(definition, statement.range))
    case .loop(let count, let body):
      return try run(LoopElements(count: max(try wholeNumber(count), 0), of: "repeat"), as: [], body, count.range)
    case .forEach(let names, let values, let body):
      return try run(try elements(walkedOver: values), as: names, body, values.range)
    case .whileLoop(let condition, let body): return try loop(while: condition, body)
    case .breaking: return .left(isContinuing: false)
    case .continuing: return .left(isContinuing: true)
    case .returning(let expression):
      return .returned(try expression.map { x throws(Diagnostic) in try evaluate(x) })
    case .deletion(let names):
      for name in names {
        guard locals[name.text] != nil else {
          throw Diagnostic("'\(name.text)' is no name of this function's own", at: name.range)
        }
        locals[name.text] = nil
      }
    case .expect(let expectation): try check(expectation, statement.range)
    case .branch, .live, .input, .run, .command, .freezing:
      throw Diagnostic(
        "this stands outside of functions", at: statement.range,
        help: "a function holds expressions, assignments, loops, if, break, continue, return and functions")
    }
    return .nothing
  }

  func assign(_ names: [Name], _ value: Value, _ range: SourceRange) throws(Diagnostic) {
    if names.count == 1 { return locals[names[0].text] = value.named(names[0].text) }
    for (name, part) in zip(names, try parts(of: value, count: names.count, range)) {
      locals[name.text] = part.named(name.text)
    }
  }

  private func loop(while condition: Expression, _ body: [Statement]) throws(Diagnostic) -> Flow {
    var round = 0
    var canFollow = !mode.isHurried
    let outerLeaving = leaving
    leaving = nil
    defer { leaving = outerLeaving }
    while true {
      try Interrupt.check()
      if canFollow, round < 3 {
        if keepsLoops { try settleTypes(before: body) }
        switch try followed(while: condition, body, after: round) {
        case .followed(nil): return .nothing
        case .followed(let done?):
          round += done
          canFollow = false
        case .unlike: break
        case .impossible: canFollow = false
        }
      }
      guard let isTrue = try self.condition(condition) else { return try foreseen(condition, body) }
      guard isTrue else { return .nothing }
      let flow = try inRound(round, of: nil, of: "while") { () throws(Diagnostic) in try run(body) }
      if case .returned = flow { return flow }
      if case .left(isContinuing: false) = flow { return .nothing }
      settleLocals()
      round += 1
    }
  }

  /// What the next condition may be made of is computed now, so that a round costs what it takes, not all before it.
  func settleLocals() {
    guard !mode.isAbstract, session.tracer == nil else { return }
    builder.settle(locals.values.values.flatMap { $0.symbol.map { [$0] } ?? [] })
  }

  // MARK: Conditions

  /// What a condition says; nil where it has no value yet.
  func condition(_ expression: Expression) throws(Diagnostic) -> Bool? {
    try condition(try evaluate(expression), expression.range)
  }

  private func condition(_ value: Value, _ range: SourceRange) throws(Diagnostic) -> Bool? {
    guard case .tensor(let symbol) = value else {
      throw Diagnostic("a condition is true or false; this is \(value.kindName)", at: range)
    }
    guard symbol.shape.count == 1 else {
      throw Diagnostic("a condition is one value; this is \(symbol.shape)", at: range, help: "all(…) or any(…)")
    }
    if followsBoth, !builder.isFixed(symbol.reference) { return nil }
    do throws(Refusal) { return try builder.value(of: symbol)[flat: 0] != 0 } catch {
      guard error.reason == .unknownValue else { throw error.located(at: range) }
      return nil
    }
  }

  /// `if c { a } else { b }` where a value stands.
  func conditional(
    _ condition: Expression, _ then: [Statement], _ otherwise: [Statement], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    // At the top, what a block assigns is its own.
    let isTop = scopes.isEmpty
    if isTop { scopes.append(Scope()) }
    defer { if isTop { scopes.removeLast() } }
    let asked = try evaluate(condition)
    let flow: Flow
    if let isTrue = try self.condition(asked, condition.range) {
      flow = try run(isTrue ? then : otherwise)
    } else {
      let choice = try symbol(asked, condition.range).reshaped(.scalar)
      flow = try both(choice, then, otherwise, condition.range, before: []).flow
    }
    guard case .value(let value) = flow else {
      throw Diagnostic(
        "a branch of this 'if' gives no value", at: range, help: "x = if a > b { a } else { b }")
    }
    return value
  }

  /// A `while` whose end nobody knows: only shapes can be told, which every round must leave as they are.
  private func foreseen(_ condition: Expression, _ body: [Statement]) throws(Diagnostic) -> Flow {
    guard mode.isAbstract else {
      throw Diagnostic(.unknownValue("nobody knows yet how often this loop runs"), at: condition.range)
    }
    let before = locals
    mutedPrints += 1
    defer { mutedPrints -= 1 }
    let flow = try run(body)
    for (name, value) in before.values {
      guard case .tensor(let old) = value, case .tensor(let new)? = locals[name], old.shape != new.shape else {
        continue
      }
      locals[name] = .tensor(builder.abstractParameter(shape: new.shape, type: new.type))
    }
    if case .returned = flow { return flow }
    return .nothing
  }

  // MARK: Elements

  /// What a `for` walks over: entries of a tuple, characters of a text, entries of a vector or rows.
  func elements(_ value: Value, _ range: SourceRange) throws(Diagnostic) -> [Value] {
    switch value {
    case .tuple(let parts): return parts.values
    case .list(let parts): return parts
    case .text(let text): return text.unicodeScalars.map { .text(String($0)) }
    case .function: throw Diagnostic("for wants something with entries; this is a function", at: range)
    case .tensor(let x):
      guard x.rank > 0 else {
        throw Diagnostic("for wants a range, a vector, rows or a tuple; this is a number", at: range)
      }
      guard !mode.isHurried || x.shape[0] <= 1_000 else {
        throw Diagnostic("too long to look ahead", at: range, reason: .tooLongToForesee)
      }
      // An extent that stands for an unknown one is no number of rows.
      guard !mode.standIns.values.contains(x.shape[0]) else {
        throw Diagnostic(.unknownValue("nobody knows yet how many there are"), at: range)
      }
      return try fixedNumbers(x, range)?.map { .tensor(builder.constant($0)) } ?? rows(of: x)
    }
  }
}
