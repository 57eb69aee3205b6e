import Graphs
import Printing
import Refusals
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
      // Places in the statement are none of the line that it is a part of.
      do throws(Diagnostic) { try execute(statement, in: Source(name: source.name, text: text), emit: emit) } catch {
        throw Diagnostic(error.refusal, at: range)
      }
    case .expression(let call), .assign(_, let call):
      guard builtinCall(call)?.name == Builtin.train.name, case .call(let callee, let arguments) = call.kind else {
        throw Diagnostic("a loop or a training is watched", at: range, help: ":watch w[0] in repeat 3 { … }")
      }
      try train(callee, arguments, range, emit)
    default: throw Diagnostic("a loop or a training is watched", at: range, help: ":watch w[0] in repeat 3 { … }")
    }
    let told = watched
    watched = nil
    for (entry, values) in zip(told?.expressions ?? [], told?.values ?? []) {
      state.histories[entry.description] = Tensor(values, shape: Shape([values.count]), type: settings.precision)
    }
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
      case .name(let name) = base.kind, let (call, loss) = statement.descent(by: name)
    else { return nil }
    let index = entry.description.dropFirst(base.description.count)
    let others = Set(watched.expressions.flatMap { Names.read(in: $0) })
    let way = call.flatMap { statement.masked($0, besides: others, in: self) } ?? "grad(\(loss.description), \(name))"
    let why = Why(self)
    guard let expression = try? Parser.parseExpression("(\(way))\(index)"),
      let sentence = try? why.explain(WhyQuestion(of: expression)).first
    else { return nil }
    let moved = watched.values.first.map { ($0.first ?? 0) != ($0.last ?? 0) } ?? false
    guard moved, why.evidence.cause(why.top) != .live else { return "its gradient: \(sentence)" }
    let kept = zip(watched.expressions, watched.values).dropFirst().first { $1.contains { $0 != 0 } }
    let mover = kept.map { "\($0.0.description) isn't 0: momentum moves it" } ?? statement.mover
    return "its gradient: \(sentence)" + (mover.map { "; \($0)" } ?? "")
  }
}

extension Statement {
  /// The statements of a loop's body; else itself.
  private var body: [Statement] {
    switch kind {
    case .loop(_, let body), .forEach(_, _, let body): body.flatMap(\.body)
    default: [self]
    }
  }

  /// What a statement gives a name, or shows.
  private var value: Expression? {
    switch kind {
    case .assign(_, let expression), .expression(let expression), .update(_, _, let expression): expression
    default: nil
    }
  }

  /// The call whose gradient by a name the statement reads, if it isn't a training, and the loss.
  fileprivate func descent(by name: String) -> (call: Expression?, loss: Expression)? {
    for call in body.compactMap(\.value).flatMap(\.calls) {
      guard case .call(let callee, let arguments) = call.kind, case .name(let function) = callee.kind,
        let loss = arguments.first?.value
      else { continue }
      if function == Builtin.train.name { return (nil, loss) }
      if function == Builtin.grad.name, arguments.count == 1 || arguments[1].value.description == name {
        return (call, loss)
      }
    }
    return nil
  }

  /// A gradient with the masks that it is multiplied by: `keep * grad(loss, w)`.
  fileprivate func masked(_ call: Expression, besides others: Set<String>, in session: Session) -> String? {
    guard let whole = body.compactMap(\.value).first(where: { $0.calls.contains(call) }) else { return nil }
    var way = call
    while let outer = whole.product(of: way), case .binary(_, _, let left, let right) = outer.kind {
      let factor = left == way ? right : left
      guard others.isDisjoint(with: Names.read(in: factor)), let symbol = try? Evaluator(session).tensor(factor),
        symbol.shape.count > 1
      else { break }
      way = outer
    }
    return way.description
  }

  /// What moves entries without a gradient: an argument of the training.
  fileprivate var mover: String? {
    guard case .call(_, let arguments)? = value?.kind else { return nil }
    let given = arguments.first { argument in
      guard let label = argument.label, ["decay", "momentum"].contains(label) else { return false }
      return argument.value.description != "0"
    }
    return given.map { "\($0.label ?? "")=\($0.value.description) moves it" }
  }
}

extension Expression {
  /// The calls in it, outer ones first.
  fileprivate var calls: [Expression] {
    let own = if case .call = kind { [self] } else { [Expression]() }
    return own + subexpressions.flatMap(\.calls)
  }

  /// The product that has an expression as a factor.
  fileprivate func product(of factor: Expression) -> Expression? {
    if case .binary(.multiply, _, let left, let right) = kind, left == factor || right == factor { return self }
    return subexpressions.lazy.compactMap { $0.product(of: factor) }.first
  }
}

extension Builtin {
  static let history = Builtin(
    "history(entry)", "What an entry was after each round of the loop or training in which it was watched.",
    .expressions { evaluator, call throws(Diagnostic) in
      guard call.arguments.count == 1, let entry = call.arguments.first?.value else {
        throw Diagnostic("history takes one entry", at: call.range, help: "plot(history(w[1]))")
      }
      if evaluator.mode.isAbstract {
        throw Diagnostic(.unknownValue("nobody knows yet how many rounds will be watched"), at: call.range)
      }
      guard let values = evaluator.session.state.histories[entry.description] else {
        throw Diagnostic(
          "\(entry.description) hasn't been watched", at: entry.range,
          help: ":watch \(entry.description) in train(loss, steps=20)")
      }
      return .tensor(evaluator.builder.constant(values))
    })
}
