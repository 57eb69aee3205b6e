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
      case rows([Held])
    }

    private let content: Content

    init(_ expression: Expression, _ evaluator: Evaluator) throws(Diagnostic) {
      let x = try evaluator.tensor(expression)
      guard x.rank > 0 else {
        throw Diagnostic("for wants a range, a vector or rows; this is a number", at: expression.range)
      }
      if x.rank == 1 {
        content = .numbers(try evaluator.value(of: x, expression.range).values)
        return
      }
      var rows: [Held] = []
      for symbol in try evaluator.elements(expression) {
        rows.append(try evaluator.hold(symbol, expression.range, isFixed: nil))
      }
      content = .rows(rows)
    }

    var count: Int {
      switch content {
      case .numbers(let numbers): numbers.count
      case .rows(let rows): rows.count
      }
    }

    subscript(step: Int) -> Held {
      switch content {
      case .numbers(let numbers): Held(tensor: Tensor(numbers[step]), isFixed: true)
      case .rows(let rows): rows[step]
      }
    }

    /// The numbers of a range or a vector.
    var numbers: [Double]? {
      if case .numbers(let numbers) = content { numbers } else { nil }
    }

    /// Nothing but the numbers changes from one to the next.
    var isUniform: Bool {
      switch content {
      case .numbers: true
      case .rows(let rows): rows.allSatisfy { $0.pattern.isFull && $0.tensor.type != .bool }
      }
    }
  }

  let count: Int
  let variable: (name: Name, elements: Elements)?
  let body: [Statement]
  let line: Int

  var word: String { variable == nil ? "repeat" : "for" }

  /// The names that the body gives values to; nil if it does anything else.
  var targets: Set<String>? {
    var targets: Set<String> = []
    for statement in body {
      switch statement.kind {
      // What changes the session by itself is more than a value.
      case .assign(_, let expression) where Builtin.Call(expression)?.action != nil: return nil
      case .assign(let names, _): targets.formUnion(names.map(\.text))
      case .update(let name, _, _, _): targets.insert(name.text)
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
    while step < loop.count {
      let (clock, draw) = (self.clock, self.draw)
      do throws(Diagnostic) { try run(loop, step, in: source, emit) } catch {
        guard error.reason == .interrupted(Refusal.Interruption()) else { throw error }
        throw Diagnostic(.interrupted(in: "\(loop.word) (step \(step + 1) of \(loop.count))"))
      }
      step += 1
      if wantsToQuit { return }
      if step == 1, loop.count > 3, surroundings.compilesLoops, tracer == nil,
        var compiled = CompiledLoop(loop, self, before: (clock, draw), in: source)
      {
        step = try compiled.run(&self, to: lastStep(of: loop), in: source, emit)
      }
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
    if let (name, elements) = loop.variable {
      bind(name.text, elements[step], nil, loop.line)
      progress?.clock = state.clock
    }
    try execute(loop.body, in: source, emit)
  }
}
