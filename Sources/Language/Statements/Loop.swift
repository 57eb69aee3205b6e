import Graphs
import Refusals
import Syntax
import Tensors

/// A `repeat` or a `for`, about to run.
struct Loop {
  /// What a `for` walks over.
  struct Elements {
    private enum Content {
      case numbers([Double])
      case counting(from: Double, by: Double, count: Int)
      case values([Stored])
    }

    private let content: Content

    init(_ expression: Expression, _ evaluator: Evaluator) throws(Diagnostic) {
      if let counting = Self.counting(expression) {
        content = counting
        return
      }
      let value = try evaluator.evaluate(expression)
      if case .tensor(let x) = value, x.rank == 1 {
        content = .numbers(try evaluator.value(of: x, expression.range).values)
        return
      }
      let entries = try evaluator.elements(value, expression.range)
      guard case .tuple(let stored) = try evaluator.stored(.tuple(Entries(entries)), expression.range, isFixed: nil)
      else {
        preconditionFailure("a tuple is stored as one")
      }
      content = .values(stored.values)
    }

    /// `0:4000`, of whole numbers that every precision has: so many needn't be written down.
    private static func counting(_ expression: Expression) -> Content? {
      guard case .range(let first, let last, let step) = expression.kind, case .number(let from) = first.kind,
        case .number(let to) = last.kind
      else { return nil }
      var by = 1.0
      if let step {
        guard case .number(let own) = step.kind else { return nil }
        by = own
      }
      guard [from, to, by].allSatisfy({ $0 == $0.rounded() && abs($0) <= 0x1p24 }), by > 0, from < to else {
        return nil
      }
      return .counting(from: from, by: by, count: Int(((to - from) / by).rounded(.up)))
    }

    var count: Int {
      switch content {
      case .numbers(let numbers): numbers.count
      case .counting(_, _, let count): count
      case .values(let values): values.count
      }
    }

    subscript(step: Int) -> Stored {
      switch content {
      case .numbers(let numbers): .tensor(Held(tensor: Tensor(numbers[step]), isFixed: true))
      case .counting(let from, let by, _): .tensor(Held(tensor: Tensor(from + Double(step) * by), isFixed: true))
      case .values(let values): values[step]
      }
    }

    /// One that is known to be a tensor.
    func tensor(at step: Int) -> Tensor {
      guard case .tensor(let held) = self[step] else { preconditionFailure("a loop over tensors was compiled") }
      return held.tensor
    }

    /// The first one, if it is a tensor.
    var tensor: Held? { if case .tensor(let held) = self[0] { held } else { nil } }

    /// The numbers of a range or a vector.
    var numbers: [Double]? {
      switch content {
      case .numbers(let numbers): numbers
      case .counting(let from, let by, let count): (0..<count).map { from + Double($0) * by }
      case .values: nil
      }
    }

    var areNumbers: Bool { if case .values = content { false } else { true } }

    /// Whether they are these, as far as there are some.
    func count(from first: Double, by step: Double) -> Bool {
      switch content {
      case .counting(let from, let by, _): from == first && by == step
      case .numbers(let numbers):
        numbers.indices.allSatisfy { (first + Double($0) * step).bitPattern == numbers[$0].bitPattern }
      case .values: false
      }
    }

    /// Nothing but the numbers changes from one to the next.
    var isUniform: Bool {
      switch content {
      case .numbers, .counting: true
      case .values(let values):
        values.allSatisfy { value in
          guard case .tensor(let held) = value else { return false }
          return held.pattern.isFull && held.tensor.type != .bool
        }
      }
    }
  }

  let count: Int
  let variable: (names: [Name], elements: Elements)?
  let body: [Statement]
  let line: Int

  /// The variable of a `for` that has one.
  var soleVariable: (name: String, elements: Elements)? {
    guard let variable, variable.names.count == 1 else { return nil }
    return (variable.names[0].text, variable.elements)
  }

  var word: String { variable == nil ? "repeat" : "for" }

  /// The names that the body gives values to; nil if it does anything else.
  var targets: Set<String>? {
    var targets: Set<String> = []
    for statement in body {
      switch statement.kind {
      // What changes the session by itself is more than a value.
      case .assign(_, let expression) where Builtin.Call(expression)?.action != nil: return nil
      case .assign(let names, _): targets.formUnion(names.map(\.text))
      // Entries are put to their places by a program, whatever the size of the whole.
      case .update(let place, _, _) where !place.steps.isEmpty: return nil
      case .update(let place, _, _): targets.insert(place.name.text)
      default: return nil
      }
    }
    return targets
  }
}

extension Session {
  /// The first step and the last are run statement by statement, which settles everything but the values; the steps in
  /// between run as one graph where that gives the same.
  mutating func run(_ loop: Loop, in source: Source, _ emit: (Output) -> Void) throws(Diagnostic) {
    var step = 0
    watched?.depth += 1
    defer { watched?.depth -= 1 }
    // Only a loop that goes down a gradient is looked at afterwards.
    let descent = tracer == nil ? Descent(loop) : nil
    let before = descent == nil ? nil : self
    var compilation = LoopCompilation(.counted(loop), self, in: source)
    if loop.count > 3, try compilation?.runKept(&self, from: &step, emit) == true { return }
    while step < loop.count {
      let (clock, draw) = (self.clock, self.draw)
      do throws(Diagnostic) { try run(loop, step, in: source, emit) } catch {
        guard error.reason == .interrupted(Refusal.Interruption()) else {
          throw error.inRound(step, of: loop.count, of: loop.word)
        }
        throw Diagnostic(.interrupted(in: "\(loop.word) (step \(step + 1) of \(loop.count))"))
      }
      step += 1
      if watched?.depth == 1 { noteWatched() }
      if wantsToQuit || leaves() { return }
      guard loop.count > 3, step < loop.count else { continue }
      if step == 1, try compilation?.runKept(&self, from: &step, emit) == true { return }
      guard step < loop.count else { continue }
      if step == 1, surroundings.compilesLoops, tracer == nil, compilation?.wantsProgram != true,
        var compiled = CompiledLoop(loop, self, before: (clock, draw), in: source)
      {
        step = try compiled.run(&self, to: lastStep(of: loop), in: source, emit)
        compilation = nil
      } else if try compilation?.run(&self, from: &step, emit) == true {
        return
      }
    }
    if let descent, let before {
      for notice in verdict(on: loop, descent, since: before, in: source) { emit(.notice(notice)) }
    }
  }

  /// How many steps may be done before single statements have to be looked at: all but the last of those wanted, which
  /// settles everything but the values.
  private func lastStep(of loop: Loop) -> Int {
    guard let progress, let limit = progress.limit else { return loop.count - 1 }
    return min(loop.count - 1, max(1, (limit - progress.steps) / loop.body.count))
  }

  /// One step, statement by statement.
  mutating func run(_ loop: Loop, _ step: Int, in source: Source, _ emit: (Output) -> Void) throws(Diagnostic) {
    if let (names, elements) = loop.variable {
      for (name, part) in zip(names, try parts(elements[step], for: names)) { bind(name.text, part, nil, loop.line) }
      progress?.clock = state.clock
    }
    try execute(loop.body, in: source, emit)
  }
}

extension Session {
  /// What each of a loop's variables stands for in a round.
  func parts(_ value: Stored, for names: [Name]) throws(Diagnostic) -> [Stored] {
    names.count == 1 ? [value] : try parts(of: value, for: names)
  }

  /// The entries of a tuple, or the rows of a tensor, as many as there are names.
  private func parts(of value: Stored, for names: [Name]) throws(Diagnostic) -> [Stored] {
    let evaluator = Evaluator(self)
    let range = names[0].range.lowerBound..<names[names.count - 1].range.upperBound
    if case .tuple(let parts) = value, parts.count == names.count { return parts.values }
    let parts = try evaluator.parts(of: evaluator.enter(value, nil), count: names.count, range)
    guard case .tuple(let stored) = try evaluator.stored(.tuple(Entries(parts)), range, isFixed: nil) else {
      preconditionFailure("a tuple is stored as one")
    }
    return stored.values
  }

  /// Whether a `break` has ended the loop; a `continue` has only ended the round.
  mutating func leaves() -> Bool {
    defer { progress?.leaving = nil }
    return progress?.leaving == .loop
  }
}
