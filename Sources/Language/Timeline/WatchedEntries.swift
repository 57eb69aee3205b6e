import Graphs
import Printing
import Syntax
import Tensors

/// Entries that are looked at after each round of a loop, or each step of a training.
struct WatchedEntries: Sendable {
  /// What is looked at, the entry that was asked for first.
  let expressions: [Expression]
  /// How deep loops lay in each other when it began: rounds of inner loops don't count.
  var depth = 0
  fileprivate(set) var values: [[Double]]

  fileprivate init(_ expressions: [Expression]) {
    self.expressions = expressions
    values = expressions.map { _ in [] }
  }
}

extension Session {
  /// Looks at what is watched.
  mutating func noteWatched() {
    guard let expressions = watched?.expressions else { return }
    for (number, expression) in expressions.enumerated() {
      let evaluator = Evaluator(self)
      let value = (try? evaluator.tensor(expression)).flatMap { try? evaluator.builder.value(of: $0).scalar }
      watched?.values[number].append(value ?? .nan)
    }
  }

  /// Runs a statement and tells how an entry moved in it.
  ///
  /// - Parameter text: the statement as it was written.
  mutating func watch(
    _ entry: Expression, in text: String, _ range: SourceRange, _ source: Source, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> String {
    let program = Parser.parse(text)
    if let error = program.diagnostics.first { throw Diagnostic(error.refusal, at: range) }
    guard program.statements.count == 1, let statement = program.statements.first else {
      throw Diagnostic("one loop or one training is watched", at: range, help: ":watch w[0] in train(loss, steps=20)")
    }
    let evaluator = Evaluator(self)
    let symbol = try evaluator.tensor(entry)
    guard symbol.shape.count == 1 else {
      throw Diagnostic(
        "one entry is watched; \(entry.description) is \(symbol.shape)", at: entry.range,
        help: ":watch \(entry.description)[0] in …")
    }
    watched = WatchedEntries([entry] + companions(of: entry, in: statement))
    let compiles = surroundings.compilesLoops
    surroundings.compilesLoops = false
    defer { (watched, surroundings.compilesLoops) = (nil, compiles) }
    noteWatched()
    switch statement.kind {
    case .loop, .forEach:
      try execute(statement, in: Source(name: source.name, text: text), emit: emit)
    case .expression(let call), .assign(_, let call):
      guard builtinCall(call)?.name == Builtin.train.name, case .call(let callee, let arguments) = call.kind else {
        throw Diagnostic("a loop or a training is watched", at: range, help: ":watch w[0] in repeat 3 { … }")
      }
      try train(callee, arguments, range, emit)
    default: throw Diagnostic("a loop or a training is watched", at: range, help: ":watch w[0] in repeat 3 { … }")
    }
    let told = watched
    watched = nil
    return told.map { self.text(of: $0, statement) } ?? ""
  }

  /// Step by step, for optimisers go on from where they were.
  private mutating func train(
    _ callee: Expression, _ arguments: [Syntax.Argument], _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let labels = Set(arguments.compactMap(\.label))
    guard labels.isDisjoint(with: ["data", "batch", "epochs"]) else {
      throw Diagnostic(
        "a training in batches can't be watched", at: range, help: "watch it in a repeat of train(…, steps=1)")
    }
    var count = 100
    if let steps = arguments.first(where: { $0.label == "steps" }) {
      count = try Evaluator(self).wholeNumber(steps.value)
    }
    let others =
      arguments.filter { $0.label != "steps" }.map { ($0.label.map { "\($0)=" } ?? "") + $0.value.description } + [
        "steps=1"
      ]
    let step = Parser.parse("\(callee.description)(\(others.joined(separator: ", ")));")
    for _ in 0..<max(count, 0) {
      for statement in step.statements { try execute(statement, in: Source(name: nil, text: ""), emit: { _ in }) }
      noteWatched()
    }
  }

  /// The same entry of other names that the loop moves: of what an optimiser written by hand keeps.
  private func companions(of entry: Expression, in statement: Statement) -> [Expression] {
    guard case .index(let base, let entries) = entry.kind, case .name(let name) = base.kind,
      case .tensor(let held, _)? = names[name]?.content
    else { return [] }
    let body: [Statement]
    switch statement.kind {
    case .loop(_, let inner), .forEach(_, _, let inner): body = inner
    default: return []
    }
    var found: [Expression] = []
    for inner in body {
      guard case .assign(let targets, _) = inner.kind else { continue }
      for target in targets where target.text != name {
        guard case .tensor(let other, _)? = names[target.text]?.content, other.tensor.shape == held.tensor.shape else {
          continue
        }
        found.append(Expression(.index(Expression(.name(target.text), entry.range), entries), entry.range))
      }
    }
    return Array(found.prefix(2))
  }

  // MARK: What is told

  private func text(of watched: WatchedEntries, _ statement: Statement) -> String {
    let texts = watched.expressions.map(\.description)
    let width = texts.map(\.count).max() ?? 0
    var lines: [String] = []
    for (text, values) in zip(texts, watched.values) {
      guard let first = values.first, let last = values.last else { continue }
      let head = text + String(repeating: " ", count: width - text.count)
      let shown = values.dropFirst()
      let ends =
        shown.count <= 6
        ? shown.map(display.number)
        : shown.prefix(3).map(display.number) + [display.isASCII ? "..." : "…"] + shown.suffix(2).map(display.number)
      let arrow = display.isASCII ? "->" : "→"
      lines.append(
        "\(head)  \(display.number(first)) \(arrow) \(display.number(last))  \(sparkline(values))  \(ends.joined(separator: "  "))"
      )
    }
    if let sentence = gradient(of: watched, statement) { lines.append(sentence) }
    return lines.joined(separator: "\n")
  }

  private func sparkline(_ values: [Double]) -> String {
    let step = max(1, (values.count + 23) / 24)
    return display.glyphs.sparkline(stride(from: 0, to: values.count, by: step).map { values[$0] })
  }

  /// What the gradient that the statement goes by says of the entry, and what moves it if that is nothing.
  private func gradient(of watched: WatchedEntries, _ statement: Statement) -> String? {
    guard let entry = watched.expressions.first, case .index(let base, _) = entry.kind,
      case .name(let name) = base.kind,
      let loss = statement.loss(by: name, in: self)
    else { return nil }
    let index = entry.description.dropFirst(base.description.count)
    let text = "grad(\(loss.description), \(name))\(index)"
    let why = Why(self)
    guard let expression = try? Parser.parseExpression(text),
      let sentence = try? why.explain(WhyQuestion(of: expression)).first
    else { return nil }
    let moved = watched.values.first.map { ($0.first ?? 0) != ($0.last ?? 0) } ?? false
    let isStopped = why.evidence.cause(why.top) != .live
    let others = zip(watched.expressions, watched.values).dropFirst().filter { _, values in values.contains { $0 != 0 }
    }
    let mover = moved && isStopped ? others.first.map { "; \($0.0.description) isn't, and moves it" } ?? "" : ""
    return "its gradient: \(sentence)\(mover)"
  }
}

extension Statement {
  /// The loss whose gradient by a name the statement reads, or that it trains.
  fileprivate func loss(by name: String, in session: Session) -> Expression? {
    switch kind {
    case .loop(_, let body), .forEach(_, _, let body):
      for inner in body { if let loss = inner.loss(by: name, in: session) { return loss } }
      return nil
    case .assign(_, let expression), .expression(let expression), .update(_, _, let expression):
      return expression.calls.first { call in
        guard case .call(let callee, let arguments) = call.kind, case .name(let function) = callee.kind else {
          return false
        }
        if function == Builtin.train.name { return true }
        return function == Builtin.grad.name && (arguments.count == 1 || arguments[1].value.description == name)
      }.flatMap { call in
        guard case .call(_, let arguments) = call.kind else { return nil }
        return arguments.first?.value
      }
    default: return nil
    }
  }
}

extension Expression {
  /// The calls in it, outer ones first.
  fileprivate var calls: [Expression] {
    let own = if case .call = kind { [self] } else { [Expression]() }
    return own + subexpressions.flatMap(\.calls)
  }
}
