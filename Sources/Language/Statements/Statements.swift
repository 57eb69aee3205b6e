import Graphs
import Printing
import Refusals
import Syntax
import Tensors
import Text

/// What each kind of statement does to a session.
extension Session {
  mutating func perform(_ statement: Statement, in source: Source, emit: (Output) -> Void) throws(Diagnostic) {
    try Interrupt.check()
    let line = line(of: statement, in: source)
    currentLine = line
    switch statement.kind {
    case .expression(let expression):
      try show(expression, text: source.slice(expression.range), isQuiet: statement.isQuiet, emit)
    case .assign(let targets, let expression):
      try assign(targets, expression, text: source.slice(expression.range), line, emit)
      if !statement.isQuiet { announce(targets.map(\.text), emit) }
    case .update(let place, let op, let expression):
      try update(place, op, expression, statement.range, line, emit)
      if !statement.isQuiet { announce([place.name.text], emit) }
    case .live(let name, let expression):
      try define(name, expression, line, emit)
      if !statement.isQuiet { announce([name.text], emit) }
    case .function(let definition): try define(definition, text: source.slice(statement.range), line, emit)
    case .input(let name, let dimensions): try declare(name, dimensions, line)
    case .expect(let expectation): try check(expectation, in: source, statement.range, emit)
    case .run(let path): try run(path, emit)
    case .loop(let count, let body):
      let times = try evaluateCount(count, emit)
      try run(Loop(count: times, variable: nil, body: body, line: line), in: source, emit)
    case .forEach(let names, let values, let body):
      let evaluator = Evaluator(self)
      let elements = try Loop.Elements(values, evaluator)
      settle(evaluator, emit)
      try run(Loop(count: elements.count, variable: (names, elements), body: body, line: line), in: source, emit)
    case .whileLoop(let condition, let body): try run(while: condition, body, in: source, emit)
    case .branch(let condition, let then, let otherwise):
      try execute(try evaluateCondition(condition, emit) ? then : otherwise, in: source, emit)
    case .breaking: progress?.leaving = .loop
    case .continuing: progress?.leaving = .round
    case .returning: throw Diagnostic("'return' stands in a function", at: statement.range)
    case .deletion(let names): try forget(names)
    case .freezing(let places, let isFrozen): try freeze(places, isFrozen: isFrozen)
    case .command(let name, let rest, let range):
      guard let command = Command.named[name] else {
        let close = Spelling.nearest(to: name, among: Command.named.keys.map { $0 })
        throw Diagnostic(
          "unknown command ':\(name)'", at: statement.range,
          help: close.map { "did you mean ':\($0)'?" } ?? ":help lists them")
      }
      try command(&self, Command.Call(text: rest, range: range, source: source), emit)
    }
  }

  /// Its line in the script; at a prompt its number in the history, by which `:history` lists it.
  private func line(of statement: Statement, in source: Source) -> Int {
    guard isInteractive, source.name == nil else { return source.position(of: statement.range.lowerBound).line }
    // What stands in a block has the number of the whole.
    return progress?.blockDepth ?? 0 > 0 ? currentLine : record.statementCount + 1
  }

  mutating func execute(_ body: [Statement], in source: Source, _ emit: (Output) -> Void) throws(Diagnostic) {
    progress?.blockDepth += 1
    defer { progress?.blockDepth -= 1 }
    for statement in body {
      try execute(statement, in: source, emit: emit)
      if wantsToQuit || progress?.leaving != nil { return }
    }
  }

  /// Takes over what an evaluation has used up and found out.
  mutating func settle(_ evaluator: Evaluator, _ emit: (Output) -> Void) {
    putOutPrinted(isEnd: false, emit)
    draw = max(draw, evaluator.draw)
    for (name, cached) in evaluator.shared.caches { cache[name] = cached }
    for notice in evaluator.notices where state.warned.insert(notice).inserted { emit(.notice(notice)) }
  }

  var effects: Effects? { progress?.effects }

  /// What `print` has written comes before what is printed next.
  func putOutPrinted(isEnd: Bool, _ emit: (Output) -> Void) {
    for text in effects?.take(isEnd: isEnd) ?? [] {
      emit(.result(surroundings.format == .json ? display.text(of: text) : text))
    }
  }

  // MARK: Control

  private mutating func evaluateCount(_ expression: Expression, _ emit: (Output) -> Void) throws(Diagnostic) -> Int {
    let evaluator = Evaluator(self)
    let count = try evaluator.wholeNumber(expression)
    settle(evaluator, emit)
    return count
  }

  private mutating func run(
    while condition: Expression, _ body: [Statement], in source: Source, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    var round = 0
    var compilation = LoopCompilation(.open(condition, body), self, in: source)
    if try compilation?.runKept(&self, from: &round, emit) == true { return }
    while try evaluateCondition(condition, emit) {
      do throws(Diagnostic) { try execute(body, in: source, emit) } catch {
        throw error.inRound(round, of: nil, of: "while")
      }
      round += 1
      if wantsToQuit || leaves() { return }
      if round == 1 { if try compilation?.runKept(&self, from: &round, emit) == true { return } }
      guard round > 1 else { continue }
      if try compilation?.run(&self, from: &round, emit) == true { return }
    }
  }

  mutating func evaluateCondition(_ expression: Expression, _ emit: (Output) -> Void) throws(Diagnostic) -> Bool {
    let evaluator = Evaluator(self)
    guard let isTrue = try evaluator.condition(expression) else {
      throw Diagnostic(.unknownValue("the condition has no value yet"), at: expression.range)
    }
    settle(evaluator, emit)
    return isTrue
  }

  private mutating func run(_ path: Expression, _ emit: (Output) -> Void) throws(Diagnostic) {
    let value: Value
    do throws(Diagnostic) { value = try Evaluator(self).evaluate(path) } catch {
      guard case .member = path.kind else { throw error }
      throw Diagnostic("run wants a file name in quotes", at: path.range, help: "run \"\(path.description)\"")
    }
    guard case .text(let name) = value else {
      throw Diagnostic("run wants a file name in quotes", at: path.range)
    }
    guard (progress?.runDepth ?? 0) < 16 else {
      throw Diagnostic("scripts run each other more than 16 deep", at: path.range)
    }
    let file = self.place(of: name)
    let text = try located(at: nil, try files.read(file))
    effects?.reads.append((file, text))
    let source = Source(name: file, text: text)
    progress?.runDepth += 1
    defer { progress?.runDepth -= 1 }
    let range = path.range
    do throws(Failure) { try run(source, emit: emit) } catch {
      guard let first = error.diagnostics.first else { throw Diagnostic("the script failed", at: range) }
      throw first.inside(error.source, by: Diagnostic.Caller(range, words: "run by \(path)"))
    }
  }
}
