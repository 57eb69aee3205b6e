import Graphs
import Printing
import Syntax
import Tensors

/// What an expression on a line of its own prints.
extension Session {
  mutating func show(_ expression: Expression, isQuiet: Bool, _ emit: (Output) -> Void) throws(Diagnostic) {
    if let (action, call) = action(of: expression) {
      if let held = try action.run(&self, call, emit) { show(held, title: nil, isQuiet: isQuiet, emit) }
      return
    }
    if expression.hasHole { return emit(.result(try ShapeTree(self).text(of: expression))) }
    let evaluator = Evaluator(self)
    let value = try evaluator.evaluate(expression)
    try show(value, title: title(of: expression), evaluator, expression, isQuiet: isQuiet, emit)
    settle(evaluator, emit)
  }

  private mutating func show(
    _ value: Value, title: String?, _ evaluator: Evaluator, _ expression: Expression, isQuiet: Bool,
    _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    switch value {
    case .tensor(let symbol):
      show(try evaluator.hold(symbol, expression.range, isFixed: nil), title: title, isQuiet: isQuiet, emit)
    case .text(let text): if !isQuiet { emit(.result(display.text(of: text))) }
    case .function(let function):
      // Prose is nothing for those who read values.
      let text = help(function.name) ?? "function \(function.name)"
      if !isQuiet { emit(surroundings.format == .json ? .notice(text) : .result(text)) }
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

  /// A value as the session prints it.
  func text(of held: Held, title: String?, isTrainable: Bool = false) -> String {
    display.text(of: Shown(held.tensor, title: title, isTrainable: isTrainable, causes: held.causes))
  }

  /// At a prompt, one dim line for a definition; none inside a block.
  func announce(_ targets: [String], _ emit: (Output) -> Void) {
    guard isInteractive, progress?.blockDepth == 0, surroundings.format == .text else { return }
    for name in targets {
      guard let shape = briefShape(of: name) else { continue }
      let text = "\(name)  \(shape)"
      emit(.result(display.isColored ? "\u{1B}[2m\(text)\u{1B}[0m" : text))
    }
  }
}
