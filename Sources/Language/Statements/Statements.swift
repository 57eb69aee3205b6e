import Graphs
import Printing
import Syntax
import Tensors

/// What each kind of statement does to a session.
extension Session {
  mutating func perform(_ statement: Statement, in source: Source, emit: (Output) -> Void) throws(Diagnostic) {
    try Interrupt.check()
    let line = source.position(of: statement.range.lowerBound).line
    switch statement.kind {
    case .expression(let expression): try show(expression, isQuiet: statement.isQuiet, emit)
    case .assign(let targets, let expression):
      try assign(targets, expression, line, emit)
      if !statement.isQuiet { announce(targets.map(\.text), emit) }
    case .update(let name, let entries, let op, let expression):
      try update(name, entries, op, expression, statement.range, line, emit)
      if !statement.isQuiet { announce([name.text], emit) }
    case .live(let name, let expression):
      try define(name, expression, line, emit)
      if !statement.isQuiet { announce([name.text], emit) }
    case .function(let definition): try define(definition)
    case .input(let name, let dimensions): try declare(name, dimensions, line)
    case .expect(let expectation): try check(expectation, in: source, statement.range, emit)
    case .run(let path): try run(path, emit)
    case .loop(let count, let body):
      let times = try evaluateCount(count, emit)
      try run(Loop(count: times, variable: nil, body: body, line: line), in: source, emit)
    case .forEach(let name, let values, let body):
      let evaluator = Evaluator(self)
      let elements = try Loop.Elements(values, evaluator)
      settle(evaluator, emit)
      try run(Loop(count: elements.count, variable: (name, elements), body: body, line: line), in: source, emit)
    case .whileLoop(let condition, let body):
      while try evaluateCondition(condition, emit) { try execute(body, in: source, emit) }
    case .branch(let condition, let then, let otherwise):
      try execute(try evaluateCondition(condition, emit) ? then : otherwise, in: source, emit)
    case .command(let name, let rest, let range):
      guard let command = Command.named[name] else {
        let close = Suggestion.closest(to: name, among: Command.named.keys.map { $0 })
        throw Diagnostic(
          "unknown command ':\(name)'", at: statement.range,
          help: close.map { "did you mean ':\($0)'?" } ?? ":help lists them")
      }
      try command.run(&self, Command.Call(text: rest, range: range, source: source), emit)
    }
  }

  mutating func execute(_ body: [Statement], in source: Source, _ emit: (Output) -> Void) throws(Diagnostic) {
    blockDepth += 1
    defer { blockDepth -= 1 }
    for statement in body {
      try execute(statement, in: source, emit: emit)
      if wantsToQuit { return }
    }
  }

  // MARK: Showing

  private mutating func show(_ expression: Expression, isQuiet: Bool, _ emit: (Output) -> Void) throws(Diagnostic) {
    if let seed = try seeding(expression) {
      setSeed(seed)
      return
    }
    if let arguments = savingArguments(of: expression) { return try save(arguments, expression.range, emit) }
    if expression.hasHole { return emit(.result(try ShapeTree(self).text(of: expression))) }
    if let arguments = trainingArguments(of: expression) {
      let losses = try train(arguments, expression.range, emit)
      answer = losses
      if !isQuiet { emit(.result(text(of: losses, title: nil))) }
      return
    }
    let evaluator = Evaluator(self)
    let value = try evaluator.evaluate(expression)
    try show(value, title: Title.of(expression), evaluator, expression, isQuiet: isQuiet, emit)
    settle(evaluator, emit)
  }

  private mutating func show(
    _ value: Value, title: String?, _ evaluator: Evaluator, _ expression: Expression, isQuiet: Bool,
    _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    switch value {
    case .tensor(let symbol):
      show(try evaluator.hold(symbol, expression.range, isFixed: nil), title: title, isQuiet: isQuiet, emit)
    case .text(let text): if !isQuiet { emit(.result(text)) }
    case .function(let function):
      if !isQuiet { emit(.result(help(function.name) ?? "function \(function.name)")) }
    case .tuple(let parts), .list(let parts):
      if let symbols = parts.symbols {
        let all = try evaluator.hold(symbols, expression.range, isFixed: nil)
        for held in all { show(held, title: nil, isQuiet: isQuiet, emit) }
      } else {
        for part in parts { try show(part, title: nil, evaluator, expression, isQuiet: isQuiet, emit) }
      }
    }
  }

  private mutating func show(_ held: Held, title: String?, isQuiet: Bool, _ emit: (Output) -> Void) {
    answer = held
    if isQuiet { return }
    let isTrainable = title.map { names[$0]?.isTrainable == true } ?? false
    emit(.result(text(of: held, title: title, isTrainable: isTrainable)))
  }

  /// `seed(n)` as a statement.
  private mutating func seeding(_ expression: Expression) throws(Diagnostic) -> UInt64? {
    guard case .call(let callee, let arguments) = expression.kind, case .name("seed") = callee.kind,
      functions["seed"] == nil, arguments.count == 1
    else { return nil }
    let number = try Evaluator(self).wholeNumber(arguments[0].value)
    guard number >= 0 else {
      throw Diagnostic("a seed is a whole number from 0 on, not \(number)", at: expression.range)
    }
    return UInt64(number)
  }

  /// A value as the session prints it.
  func text(of held: Held, title: String?, isTrainable: Bool = false) -> String {
    display.text(of: Shown(held.tensor, title: title, isTrainable: isTrainable, causes: held.causes))
  }

  /// At a prompt, one dim line for a definition; none inside a block.
  private func announce(_ targets: [String], _ emit: (Output) -> Void) {
    guard isInteractive, blockDepth == 0, display.format == .text else { return }
    for name in targets {
      guard let shape = briefShape(of: name) else { continue }
      let text = "\(name)  \(shape)"
      emit(.result(display.isColored ? "\u{1B}[2m\(text)\u{1B}[0m" : text))
    }
  }

  /// Takes over what an evaluation has used up and found out.
  mutating func settle(_ evaluator: Evaluator, _ emit: (Output) -> Void) {
    draw = max(draw, evaluator.draw)
    cache.merge(evaluator.caches) { $1 }
    for notice in evaluator.notices where warned.insert(notice).inserted { emit(.notice(notice)) }
  }

  // MARK: Names

  mutating func bind(_ name: String, _ held: Held, _ formula: Formula?, _ line: Int, isTrainable: Bool = false) {
    let dimensions = names[name]?.dimensions
    names[name] = Binding(
      content: .tensor(held, formula), version: tick(), line: line, isTrainable: isTrainable, dimensions: dimensions)
  }

  private mutating func assign(
    _ targets: [Name], _ expression: Expression, _ line: Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    for target in targets { try refuseReserved(target, emit) }
    if targets.count == 1, let arguments = trainingArguments(of: expression) {
      let losses = try train(arguments, expression.range, emit)
      try checkDeclared(targets[0], losses.tensor.shape, expression.range)
      return bind(targets[0].text, losses, nil, line)
    }
    let evaluator = Evaluator(self)
    let draw = self.draw
    let value = try evaluator.evaluate(expression)
    let reads = evaluator.reads
    // A right side that reads the name starts afresh.
    let isAfresh = targets.contains { reads[$0.text] != nil }
    let formula = Formula(expression: expression, element: nil, reads: reads, draw: draw)
    if targets.count == 1 {
      try assign(targets[0], value, nil, isAfresh ? nil : formula, evaluator, expression, line)
    } else {
      let parts = try evaluator.parts(of: value, count: targets.count, expression.range)
      let held: [Held]? =
        if let symbols = parts.symbols { try evaluator.hold(symbols, expression.range, isFixed: true) } else { nil }
      for (element, (target, part)) in zip(targets, parts).enumerated() {
        var formula = formula
        formula.element = element
        try assign(target, part, held?[element], isAfresh ? nil : formula, evaluator, expression, line)
      }
    }
    settle(evaluator, emit)
  }

  /// - Parameter known: a tensor's value, if it has been computed.
  private mutating func assign(
    _ target: Name, _ value: Value, _ known: Held?, _ formula: Formula?, _ evaluator: Evaluator,
    _ expression: Expression, _ line: Int
  ) throws(Diagnostic) {
    switch value {
    case .tensor(let symbol):
      let held = if let known { known } else { try evaluator.hold(symbol, expression.range, isFixed: true) }
      try checkDeclared(target, held.tensor.shape, expression.range)
      bind(
        target.text, held, formula, line,
        isTrainable: isWeights(expression) || formula == nil && names[target.text]?.isTrainable == true)
    case .text(let text):
      names[target.text] = Binding(content: .text(text), version: tick(), line: line)
    case .tuple(let parts), .list(let parts):
      if let other = parts.first(where: { $0.symbol == nil }) {
        throw Diagnostic(
          "\(target.text) can't hold \(value.kindName) that holds \(other.kindName)", at: expression.range)
      }
      let held = try evaluator.hold(parts.compactMap(\.symbol), expression.range, isFixed: true)
      names[target.text] = Binding(content: .tuple(held), version: tick(), line: line)
    case .function(let function):
      throw Diagnostic(
        "\(target.text) can't hold a function", at: expression.range, help: "\(target.text)(x) = \(function.name)(x)")
    }
  }

  func isWeights(_ expression: Expression) -> Bool {
    if case .call(let callee, _) = expression.kind, case .name("weights") = callee.kind {
      functions["weights"] == nil
    } else {
      false
    }
  }

  private func refuseReserved(_ target: Name, _ emit: (Output) -> Void) throws(Diagnostic) {
    if target.text == "ans" { throw Diagnostic("ans is the last answer; it can't be assigned", at: target.range) }
    if ["pi", "e"].contains(target.text), names[target.text] == nil {
      emit(.notice("note: \(target.text) no longer is the constant"))
    }
  }

  private mutating func update(
    _ name: Name, _ entries: [Index]?, _ op: BinaryOperator?, _ expression: Expression, _ range: SourceRange,
    _ line: Int,
    _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let evaluator = Evaluator(self)
    guard let binding = names[name.text] else { throw evaluator.unknown(name.text, name.range) }
    if case .live = binding.content {
      throw Diagnostic(
        "\(name.text) is live; it can't be updated in place", at: name.range,
        help: "\(name.text) = \(name.text) keeps its value as it is now")
    }
    let current = try evaluator.symbol(try evaluator.resolve(name.text, name.range), name.range)
    let symbol = try evaluator.updated(current, entries, op, expression, range)
    let held = try evaluator.hold(symbol, range, isFixed: true)
    try checkDeclared(name, held.tensor.shape, expression.range)
    settle(evaluator, emit)
    bind(name.text, held, nil, line, isTrainable: binding.isTrainable)
  }

  private mutating func define(
    _ name: Name, _ expression: Expression, _ line: Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    try refuseReserved(name, emit)
    let evaluator = Evaluator(self)
    if evaluator.reachable(from: Names.read(in: expression)).contains(name.text) {
      throw Diagnostic("\(name.text) would depend on itself", at: expression.range)
    }
    let used = try DefinitionCheck(self).check(expression)
    let start = draw
    draw += used
    names[name.text] = Binding(
      content: .live(expression, draw: start), version: tick(), line: line, dimensions: nil)
    cache[name.text] = nil
  }

  private mutating func define(_ definition: FunctionDefinition) throws(Diagnostic) {
    if ["grad", "ans"].contains(definition.name.text) {
      throw Diagnostic("\(definition.name.text) can't be given another meaning", at: definition.name.range)
    }
    functions[definition.name.text] = FunctionBinding(definition: definition, version: tick())
  }

  private mutating func declare(_ name: Name, _ dimensions: [Dimension], _ line: Int) throws(Diagnostic) {
    guard dimensions.count <= Shape.maximumRank else {
      throw Diagnostic("a tensor has at most \(Shape.maximumRank) axes", at: name.range)
    }
    names[name.text] = Binding(content: .unset, version: tick(), line: line, dimensions: dimensions)
  }

  private func checkDeclared(_ name: Name, _ shape: Shape, _ range: SourceRange) throws(Diagnostic) {
    guard let dimensions = names[name.text]?.dimensions else { return }
    var known: [String: Int] = [:]
    var fits = dimensions.count == shape.rank
    for (dimension, extent) in zip(dimensions, shape.extents) {
      switch dimension {
      case .extent(let wanted): fits = fits && wanted == extent
      case .named(let symbol):
        fits = fits && (known[symbol] ?? extent) == extent
        known[symbol] = extent
      case .any: break
      }
    }
    if !fits {
      throw Diagnostic("\(name.text) is declared as \(Dimension.text(dimensions)); this is \(shape)", at: range)
    }
  }

  // MARK: Control

  private mutating func evaluateCount(_ expression: Expression, _ emit: (Output) -> Void) throws(Diagnostic) -> Int {
    let evaluator = Evaluator(self)
    let count = try evaluator.wholeNumber(expression)
    settle(evaluator, emit)
    return count
  }

  private mutating func evaluateCondition(_ expression: Expression, _ emit: (Output) -> Void) throws(Diagnostic) -> Bool
  {
    let evaluator = Evaluator(self)
    let symbol = try evaluator.tensor(expression)
    guard symbol.shape.count == 1 else {
      throw Diagnostic(
        "a condition is one value; this is \(symbol.shape)", at: expression.range, help: "all(…) or any(…)")
    }
    let value = try evaluator.value(of: symbol, expression.range)
    settle(evaluator, emit)
    return value[flat: 0] != 0
  }

  private mutating func run(_ path: Expression, _ emit: (Output) -> Void) throws(Diagnostic) {
    guard case .text(let name) = try Evaluator(self).evaluate(path) else {
      throw Diagnostic("run wants a file name in quotes", at: path.range)
    }
    guard runDepth < 16 else { throw Diagnostic("scripts run each other more than 16 deep", at: path.range) }
    let text = try files.read(name)
    progress?.reads.append((name, text))
    let source = Source(name: name, text: text)
    runDepth += 1
    defer { runDepth -= 1 }
    do throws(Failure) { try run(source, emit: emit) } catch {
      let first = error.diagnostics.first
      let place = first?.range.map { error.source.position(of: $0.lowerBound).line }
      throw Diagnostic(
        first?.message ?? "the script failed", at: path.range, help: first?.help,
        note: place.map { "at \(name):\($0)" }, isInterrupt: first?.isInterrupt ?? false)
    }
  }
}

extension Held {
  /// Why each entry is what it is; nil where no zero is strong.
  var causes: [Cause]? {
    guard let strong = pattern.strong else { return nil }
    let structural = pattern.structural
    return (0..<tensor.count).map { place in
      if let structural, structural[flat: place] == 0 { return .structural }
      if strong[flat: place] == 0 { return .gated }
      return tensor[flat: place] == 0 ? .exact : .live
    }
  }
}

extension Dimension {
  /// `[n, 3]`, as it was declared.
  static func text(_ dimensions: [Dimension]) -> String {
    let parts = dimensions.map { dimension in
      switch dimension {
      case .extent(let extent): "\(extent)"
      case .named(let name): name
      case .any: "_"
      }
    }
    return "[\(parts.joined(separator: ", "))]"
  }
}

/// The title over a printed value.
enum Title {
  static func of(_ expression: Expression) -> String? {
    switch expression.kind {
    case .name(let name): return name
    case .call(let callee, let arguments):
      guard case .name("grad") = callee.kind, arguments.count == 2, case .name(let name) = arguments[1].value.kind,
        case .name(let result) = arguments[0].value.kind
      else { return nil }
      return "∂\(result)/∂\(name)"
    default: return nil
    }
  }
}
