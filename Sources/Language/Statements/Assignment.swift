import Graphs
import Syntax
import Tensors

/// Names given values, whole or in place.
extension Session {
  mutating func bind(_ name: String, _ held: Held, _ formula: Formula?, _ line: Int, isTrainable: Bool = false) {
    let dimensions = names[name]?.dimensions
    names[name] = Binding(
      content: .tensor(held, formula), version: tick(), line: line, isTrainable: isTrainable, dimensions: dimensions)
  }

  mutating func assign(
    _ targets: [Name], _ expression: Expression, _ line: Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    for target in targets { try refuseReserved(target, emit) }
    if targets.count == 1, let (action, call) = action(of: expression), action.hasValue,
      let held = try action.run(&self, call, emit)
    {
      try checkDeclared(targets[0], held.tensor.shape, expression.range)
      return bind(targets[0].text, held, nil, line)
    }
    let evaluator = Evaluator(self)
    let draw = self.draw
    let value = try evaluator.evaluate(expression)
    let reads = evaluator.allReads
    // A right side that reads the name starts afresh.
    let isAfresh = targets.contains { reads[$0.text, default: 0] > 0 }
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
        isTrainable: makesWeights(expression) || formula == nil && names[target.text]?.isTrainable == true)
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

  func refuseReserved(_ target: Name, _ emit: (Output) -> Void) throws(Diagnostic) {
    if target.text == "ans" { throw Diagnostic("ans is the last answer; it can't be assigned", at: target.range) }
    if ["pi", "e"].contains(target.text), names[target.text] == nil {
      emit(.notice("note: \(target.text) no longer is the constant"))
    }
  }

  mutating func update(
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
}
