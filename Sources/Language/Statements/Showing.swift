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
    if try obey(expression, emit) { return }
    if expression.hasHole { return emit(.result(try ShapeTree(self).text(of: expression))) }
    let evaluator = Evaluator(self)
    let value = try evaluator.evaluate(expression)
    putOutPrinted(isEnd: false, emit)
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
      let text = function.closure?.definition.description ?? help(function.name) ?? "function \(function.name)"
      if !isQuiet { emit(surroundings.format == .json ? .notice(text) : .result(text)) }
    case .tuple(let parts):
      // A call that only prints gives nothing.
      if parts.isNothing { return }
      guard case .tuple(let stored) = try evaluator.stored(value, expression.range, isFixed: nil) else { return }
      show(stored, title: title, isAnswer: isCall(expression), isQuiet: isQuiet, emit)
    case .list(let parts):
      for part in parts { try show(part, title: nil, evaluator, expression, isQuiet: isQuiet, emit) }
    }
  }

  /// A tuple or a record: on one line where that says all, tensors one by one where there is nothing else, else as a tree.
  ///
  /// - Parameter isAnswer: what a function gives: its tensors are wanted as tensors, not as a literal.
  private mutating func show(
    _ parts: Entries<Stored>, title: String?, isAnswer: Bool, isQuiet: Bool, _ emit: (Output) -> Void
  ) {
    let value = Stored.tuple(parts)
    answer = value
    if isQuiet { return }
    let trainable = title.flatMap { names[$0]?.trainable } ?? []
    if surroundings.format != .text {
      for place in value.tensorPlaces {
        let name = title.map { $0.entry(path: place.path) } ?? place.path
        emit(.result(text(of: place.leaf, title: name, isTrainable: trainable.contains(place.path))))
      }
      return
    }
    let structure = StructureText(display: display, trainable: trainable)
    var tensors: [Held] = []
    for part in parts { if case .tensor(let held) = part { tensors.append(held) } }
    let isOfTensors = parts.keys == nil && tensors.count == parts.count && tensors.contains { $0.tensor.shape.rank > 0 }
    if !(isAnswer && isOfTensors), let line = structure.line(of: value) { return emit(.result(line)) }
    guard parts.keys == nil, tensors.count == parts.count else {
      return emit(.result(structure.tree(of: parts, title: title)))
    }
    for held in tensors { show(held, title: nil, isQuiet: isQuiet, emit) }
  }

  private func isCall(_ expression: Expression) -> Bool { if case .call = expression.kind { true } else { false } }

  private mutating func show(_ held: Held, title: String?, isQuiet: Bool, _ emit: (Output) -> Void) {
    answer = .tensor(held)
    if isQuiet { return }
    let isTrainable = title.map { names[$0]?.trainable.contains("") == true } ?? false
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
      guard let word = briefValue(of: name) ?? briefShape(of: name) else { continue }
      let text = "\(name)  \(word)"
      emit(.result(display.isColored ? "\u{1B}[2m\(text)\u{1B}[0m" : text))
    }
  }
}
