import Graphs
import Printing
import Syntax
import Tensors

/// What an expression on a line of its own prints.
extension Session {
  /// - Parameter text: as it is written.
  mutating func show(
    _ expression: Expression, text: String, isQuiet: Bool, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    if isQuiet, let repetition = repetitions.repetition(of: text),
      let (value, versions) = try repetition.value(in: self, expression.range)
    {
      return state.take(value, madeBy: repetition, versions)
    }
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
    if isQuiet, let answer, answer.hasForm(of: value), repetitions.isAgain(text) {
      repetitions.keep(Repetition(evaluator, value, answer, self), for: text)
    }
    settle(evaluator, emit)
  }

  private mutating func show(
    _ value: Value, title: String?, _ evaluator: Evaluator, _ expression: Expression, isQuiet: Bool,
    _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    switch value {
    case .tensor(let symbol):
      let held = try evaluator.hold(symbol, expression.range, isFixed: nil)
      if isQuiet { return show(held, title: title, isQuiet: true, emit) }
      show(
        held, title: title, isCancelled: isCancelled(held, expression),
        removals: removals(of: held, expression, evaluator),
        isQuiet: false, emit)
    case .text(let text):
      if isQuiet { return }
      if surroundings.isRich, let drawing = try drawing(of: expression) {
        return emit(.shown(display.text(of: text), Output.Rich(svg: drawing.svg(display))))
      }
      emit(.result(display.text(of: text)))
    case .function(let function):
      // Prose is nothing for those who read values.
      let text = function.closure?.definition.description ?? help(function.name) ?? "function \(function.name)"
      if !isQuiet { emit(surroundings.format == .json ? .notice(text) : .result(text)) }
    case .tuple(let parts):
      // A call that only prints gives nothing.
      if parts.isNothing { return }
      guard case .tuple(let stored) = try evaluator.stored(value, expression.range, isFixed: nil) else { return }
      let titles = titles(of: expression, count: parts.count)
      show(stored, title: title, titles: titles, isAnswer: isCall(expression), isQuiet: isQuiet, emit)
    case .list(let parts):
      for part in parts { try show(part, title: nil, evaluator, expression, isQuiet: isQuiet, emit) }
    }
  }

  /// A tuple or a record: on one line where that says all, tensors one by one where there is nothing else, else as a tree.
  ///
  /// - Parameter isAnswer: what a function gives: its tensors are wanted as tensors, not as a literal.
  private mutating func show(
    _ parts: Entries<Stored>, title: String?, titles: [String?]?, isAnswer: Bool, isQuiet: Bool,
    _ emit: (Output) -> Void
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
    if titles == nil, !(isAnswer && isOfTensors), let line = structure.line(of: value) { return emit(.result(line)) }
    guard parts.keys == nil, tensors.count == parts.count else {
      return emit(.result(structure.tree(of: parts, title: title)))
    }
    for (held, title) in zip(tensors, titles ?? tensors.map { _ in nil }) {
      show(held, title: title, isQuiet: isQuiet, emit)
    }
  }

  /// `∂loss/∂w` for each gradient that a call gives.
  private func titles(of expression: Expression, count: Int) -> [String?]? {
    guard let call = builtinCall(expression), Builtin.gradientNames.contains(call.name),
      call.name != Builtin.valueAndGrad.name, let loss = call.arguments.first?.value
    else { return nil }
    var names = call.arguments.dropFirst().map(\.value.description)
    if names.isEmpty { names = Evaluator(self).trainable(in: loss, loss.range).map(\.text) }
    guard names.count == count else { return nil }
    let text = loss.description
    // Of a long expression nobody reads more than what it is differentiated by.
    return names.map {
      Builtin.gradientTitle(loss, by: $0) ?? "∂\(text.count <= 24 ? text.bracketedFormula : "")/∂\($0)"
    }
  }

  private func isCall(_ expression: Expression) -> Bool { if case .call = expression.kind { true } else { false } }

  /// Why entries of a gradient are removed; in a heading only where a mask isn't all there is to say.
  ///
  /// Where nothing but masks can have removed them nobody has to look.
  private func removals(of held: Held, _ expression: Expression, _ evaluator: Evaluator) -> [Shown.Removal] {
    guard tracer == nil, surroundings.format == .text || surroundings.format == .json,
      held.pattern.structural?.values.contains(0) == true
    else { return [] }
    let isFrozen = names.contains { !$0.value.frozenEntries.isEmpty }
    guard isFrozen || evaluator.builder.hasStoppedGradients || surroundings.format == .json,
      let found = Why(self).removals(in: expression)
    else { return [] }
    let isWorthSaying = found.contains { $0.word != Why.Ending.Kind.Word.masked.rawValue }
    return isWorthSaying || surroundings.format == .json ? found : []
  }

  /// Whether a gradient as small as rounding is what its terms leave when they cancel.
  private func isCancelled(_ held: Held, _ expression: Expression) -> Bool {
    let tensor = held.tensor
    guard tracer == nil, surroundings.format == .text, tensor.type.isFloat, 1...64 ~= tensor.count else { return false }
    let largest = (0..<tensor.count).max { abs(tensor[flat: $0]) < abs(tensor[flat: $1]) } ?? 0
    let size = abs(tensor[flat: largest])
    guard size > 0, size < (tensor.type == .float64 ? 1e-13 : 1e-6) else { return false }
    return Why(self).isCancelled(expression, largest: tensor.shape.place(of: largest))
  }

  private mutating func show(
    _ held: Held, title: String?, isCancelled: Bool = false, removals: [Shown.Removal] = [], isQuiet: Bool,
    _ emit: (Output) -> Void
  ) {
    answer = .tensor(held)
    if isQuiet { return }
    let binding = title.flatMap { names[$0] }
    let isTrainable = binding?.trainable.contains("") == true
    let frozen = isTrainable ? binding?.frozenEntries[""]?.count ?? 0 : 0
    let text = text(of: held, title: title, isTrainable: isTrainable, frozen: frozen, isCancelled, removals)
    guard surroundings.isRich, surroundings.format == .text else { return emit(.result(text)) }
    let table = TensorTable(
      shown(held, title: title, isTrainable: isTrainable, frozen: frozen, isCancelled, removals), display: display)
    emit(.shown(text, Output.Rich(html: table.html, latex: table.latex)))
  }

  /// A value as the session prints it.
  func text(
    of held: Held, title: String?, isTrainable: Bool = false, frozen: Int = 0, _ isCancelled: Bool = false,
    _ removals: [Shown.Removal] = []
  ) -> String {
    let text = display.text(
      of: shown(held, title: title, isTrainable: isTrainable, frozen: frozen, isCancelled, removals))
    // A number has no heading that would tell whose it is, and a script's output is read by programs.
    guard let title, isInteractive, surroundings.format == .text, held.tensor.shape.rank == 0 else { return text }
    return "\(display.spelled(title))  \(text)"
  }

  private func shown(
    _ held: Held, title: String?, isTrainable: Bool, frozen: Int, _ isCancelled: Bool, _ removals: [Shown.Removal]
  ) -> Shown {
    var shown = Shown(held.tensor, title: title, isTrainable: isTrainable, causes: held.causes)
    (shown.frozenCount, shown.isCancelled) = (frozen, isCancelled)
    shown.removals = removals
    return shown
  }

  /// At a prompt, one dim line for a definition; none inside a block.
  func announce(_ targets: [String], _ emit: (Output) -> Void) {
    guard isInteractive, progress?.blockDepth == 0, surroundings.format == .text else { return }
    for name in targets {
      // A number that stood where shapes stand would be read as one.
      let value = briefValue(of: name).map { "\(name) = \($0)" }
      guard let text = value ?? briefShape(of: name).map({ "\(name)  \($0)" }) else { continue }
      emit(.result(display.dim(text)))
    }
  }
}
