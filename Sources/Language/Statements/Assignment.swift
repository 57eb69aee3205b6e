import Graphs
import Refusals
import Syntax
import Tensors

/// Names given values, whole or in place.
extension Session {
  mutating func bind(_ name: String, _ held: Held, _ formula: Formula?, _ line: Int, isTrainable: Bool = false) {
    put(name, .tensor(held, formula), line)
    if isTrainable { names[name]?.trainable = [""] }
  }

  /// Gives a name a new content; what an input was declared as stays.
  private mutating func put(_ name: String, _ content: Binding.Content, _ line: Int) {
    let dimensions = names[name]?.dimensions
    names[name] = Binding(content: content, version: tick(), line: line, dimensions: dimensions)
  }

  /// Gives a name a value that nothing is known to lead to.
  mutating func bind(_ name: String, _ value: Stored, _ formula: Formula? = nil, _ line: Int) {
    switch value.named(name) {
    case .tensor(let held): bind(name, held, formula, line)
    case .tuple(let parts): put(name, .tuple(parts, formula), line)
    case .text(let text): put(name, .text(text), line)
    case .function(let function): put(name, .function(function), line)
    case .list(let parts): put(name, .tuple(Entries(parts), formula), line)
    }
  }

  /// - Parameter text: as the expression is written.
  mutating func assign(
    _ targets: [Name], _ expression: Expression, text: String, _ line: Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    for target in targets { try refuseReserved(target, emit) }
    if targets.count == 1, names[targets[0].text]?.isPlain == true,
      let repetition = repetitions.repetition(of: text),
      let (value, versions) = try repetition.value(in: self, expression.range), case .tensor(var held) = value
    {
      let reads = repetition.reads(versions)
      let isAfresh = reads[targets[0].text].map { $0 > 0 } ?? false
      let formula = isAfresh ? nil : Formula(expression: expression, element: nil, reads: reads, draw: draw)
      if let formula, let same = names[targets[0].text]?.large(madeBy: formula, like: held.tensor) {
        held.tensor = same
      }
      return bind(targets[0].text, held, formula, line)
    }
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
    let isAfresh = targets.contains { target in
      reads.contains { $0.value > 0 && ReadPlace($0.key).name == target.text }
    }
    let formula = isAfresh ? nil : Formula(expression: expression, element: nil, reads: reads, draw: draw)
    if targets.count == 1 {
      let stored = try evaluator.stored(value, expression.range)
      if case .tensor = stored, repetitions.isAgain(text) {
        repetitions.keep(Repetition(evaluator, value, stored, self), for: text)
      }
      try assign(targets[0], value, stored, formula, evaluator, expression, line, emit)
    } else {
      let parts = try evaluator.parts(of: value, count: targets.count, expression.range)
      let whole = try evaluator.stored(.tuple(Entries(parts)), expression.range)
      for (element, (target, part)) in zip(targets, parts).enumerated() {
        var formula = formula
        formula?.element = element
        try assign(target, part, whole[[element]], formula, evaluator, expression, line, emit)
      }
    }
    settle(evaluator, emit)
  }

  private mutating func assign(
    _ target: Name, _ value: Value, _ stored: Stored, _ formula: Formula?, _ evaluator: Evaluator,
    _ expression: Expression, _ line: Int, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    if names[target.text]?.dimensions != nil {
      guard case .tensor(let held) = stored else {
        throw Diagnostic(
          "\(target.text) is declared as an input; this is \(value.kindName)", at: expression.range,
          help: "del \(target.text) forgets it")
      }
      try checkDeclared(target, held.tensor.shape, expression.range)
    }
    if case .function = stored, Builtin.named[target.text]?.isReserved == true {
      throw Diagnostic("\(target.text) can't be given another meaning", at: target.range)
    }
    let before = names[target.text]
    let marks = Marks(of: value, evaluator.made, over: before, keeping: nil)
    // A place that stays trainable is one that gradients end at.
    bind(target.text, stored, marks.hasStayed ? nil : formula, line)
    marks.give(to: &names[target.text])
    for path in marks.new { forgetOptimisers(of: target.text.entry(path: path)) }
    if let before { tellOfShapes(target.text, before, marks, emit) }
    if case .function = stored { names[target.text]?.text = "\(target.text) = \(expression)" }
  }

  /// A trainable place that has taken another shape is probably no longer meant to be one.
  private func tellOfShapes(_ name: String, _ before: Binding, _ marks: Marks, _ emit: (Output) -> Void) {
    guard isInteractive, marks.hasStayed, let old = before.stored, let new = names[name]?.stored else { return }
    let shapes = Dictionary(old.tensorPlaces.map { ($0.path, $0.leaf.tensor.shape) }) { $1 }
    for place in new.tensorPlaces
    where marks.stayed.contains(place.path) && shapes[place.path] != place.leaf.tensor.shape {
      emit(
        .notice("note: \(name.entry(path: place.path)) stays trainable; freeze \(name.entry(path: place.path)) ends it")
      )
    }
  }

  func refuseReserved(_ target: Name, _ emit: (Output) -> Void) throws(Diagnostic) {
    if target.text == "ans" { throw Diagnostic("ans is the last answer; it can't be assigned", at: target.range) }
    if ["pi", "e"].contains(target.text), names[target.text] == nil {
      emit(.notice("note: \(target.text) no longer is the constant"))
    }
  }

  mutating func update(
    _ place: Place, _ op: BinaryOperator?, _ expression: Expression, _ range: SourceRange, _ line: Int,
    _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let evaluator = Evaluator(self)
    let name = place.name
    guard let binding = names[name.text] else { throw evaluator.unknown(name.text, name.range) }
    if case .live = binding.content {
      throw Diagnostic(
        "\(name.text) is live; it can't be updated in place", at: name.range,
        help: "\(name.text) = \(name.text) keeps its value as it is now")
    }
    if case .tuple(let parts, _) = binding.content, !place.steps.isEmpty {
      return try update(parts, of: binding, place, op, expression, range, line, evaluator, emit)
    }
    let current = try evaluator.resolve(name.text, name.range)
    let value = try evaluator.updated(current, place.steps[...], op, expression, at: place, range)
    let stored = try evaluator.stored(value, range)
    if case .tensor(let held) = stored { try checkDeclared(name, held.tensor.shape, expression.range) }
    settle(evaluator, emit)
    let marks = Marks(of: value, evaluator.made, over: binding, keeping: nil)
    bind(name.text, stored, nil, line)
    marks.give(to: &names[name.text])
  }

  /// One entry of a tuple or a record: the others stay as they are, and as new as they are.
  private mutating func update(
    _ parts: Entries<Stored>, of binding: Binding, _ place: Place, _ op: BinaryOperator?, _ expression: Expression,
    _ range: SourceRange, _ line: Int, _ evaluator: Evaluator, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    var stored = Stored.tuple(parts)
    let (positions, path, steps) = try evaluator.entry(at: place, in: stored)
    let name = place.name.text
    let current = evaluator.enter(stored[positions[...]], name.entry(path: path))
    let value = try evaluator.updated(current, steps, op, expression, at: place, range)
    let new = try evaluator.stored(value, range)
    stored[positions[...]] = path.isEmpty ? new : new.named(path)
    settle(evaluator, emit)
    let marks = Marks(of: value, evaluator.made, over: binding, keeping: path)
    guard case .tuple(let changed) = stored else { return bind(name, stored, nil, line) }
    let version = tick()
    names[name]?.content = .tuple(changed, nil)
    names[name]?.note(changeAt: path, version: version)
    names[name]?.line = line
    marks.give(to: &names[name])
    for path in marks.new { forgetOptimisers(of: name.entry(path: path)) }
  }
}

extension Binding {
  /// The tensor that it holds, if the same was made of the same before: what can be undone needn't keep it a second time, and
  /// the memory of the second is soon taken again.
  fileprivate func large(madeBy formula: Formula, like tensor: Tensor) -> Tensor? {
    guard tensor.isKeptOnce, case .tensor(let held, let own?) = content, own.element == nil,
      own.reads == formula.reads, own.draw == formula.draw, held.tensor.shape == tensor.shape,
      held.tensor.type == tensor.type,
      "\(own.expression)" == "\(formula.expression)"
    else { return nil }
    return held.tensor
  }
}

/// Which places of a name are trainable after it, or an entry of it, was given a value.
///
/// Being trainable belongs to the place: once `weights(…)` was put there, a plain value changes nothing about it.
private struct Marks {
  private var trainable: Set<String> = []
  private var frozen: Set<String> = []
  private var frozenEntries: [String: FrozenEntries] = [:]
  /// Those that were trainable and were given a plain value.
  private(set) var stayed: Set<String> = []
  /// Those that `weights(…)` was put at.
  private(set) var new: Set<String> = []

  var hasStayed: Bool { !stayed.isEmpty }

  /// - Parameter path: the entry that was given the value; nil for the whole.
  init(of value: Value, _ made: Evaluator.Made, over before: Binding?, keeping path: String?) {
    if let path, let before {
      trainable = before.trainable.filter { !$0.isPlace(in: path) }
      frozen = before.frozen.filter { !$0.isPlace(in: path) }
      frozenEntries = before.frozenEntries.filter { !$0.key.isPlace(in: path) }
    }
    for place in value.tensorPlaces {
      let full = path.map { $0.entry(path: place.path) } ?? place.path
      if made.weights.contains(place.leaf.reference) {
        trainable.insert(full)
        new.insert(full)
      } else if made.stopped.contains(place.leaf.reference) || place.leaf.type == .bool {
        continue
      } else if before?.trainable.contains(full) == true {
        trainable.insert(full)
        stayed.insert(full)
        if let still = before?.frozenEntries[full], still.mask.shape == place.leaf.shape { frozenEntries[full] = still }
      } else if before?.frozen.contains(full) == true {
        frozen.insert(full)
      }
    }
  }

  func give(to binding: inout Binding?) {
    binding?.trainable = trainable
    binding?.frozen = frozen
    binding?.frozenEntries = frozenEntries
  }
}

extension String {
  /// The place of an entry within a place; either may be the whole.
  func entry(path: String) -> String { path.isEmpty ? self : entry(path) }
}
