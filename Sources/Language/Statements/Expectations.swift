import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// `expect` statements.
extension Session {
  mutating func check(
    _ expectation: Expectation, in source: Source, _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    switch expectation {
    case .close(let left, let right, let rtol, let atol):
      let tolerance = Tolerance(
        relative: try rtol.map { x throws(Diagnostic) in try number(x) } ?? 1e-5,
        absolute: try atol.map { x throws(Diagnostic) in try number(x) } ?? 1e-8)
      let evaluator = Evaluator(self)
      try evaluator.expect(left, closeTo: right, tolerance, range)
      settle(evaluator, emit)
    case .holds(let expression):
      let evaluator = Evaluator(self)
      try evaluator.expect(holds: expression, range)
      settle(evaluator, emit)
    case .fails(let text, let body, let flaw): try fails(text, body, flaw, in: source, range, emit)
    }
  }

  private func number(_ expression: Expression) throws(Diagnostic) -> Double {
    try Evaluator(self).tolerance(expression)
  }

  private mutating func fails(
    _ text: String, _ body: [Statement], _ flaw: Diagnostic?, in source: Source, _ range: SourceRange,
    _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let before = self
    do throws(Diagnostic) {
      if let flaw { throw flaw }
      for statement in body { try execute(statement, in: source, emit: { _ in }) }
    } catch {
      if error.isInterrupt { throw error }
      self = before
      effects?.drop()
      if text.isEmpty || error.told(in: source).contains(text) { return }
      throw Diagnostic("expected an error with \"\(text)\"; it says: \(error.message)", at: range)
    }
    throw Diagnostic("expected an error\(text.isEmpty ? "" : " with \"\(text)\""); there was none", at: range)
  }
}

extension Evaluator {
  /// An `expect` within a function.
  func check(_ expectation: Expectation, _ range: SourceRange) throws(Diagnostic) {
    if mode.isAbstract { return }
    if session.tracer != nil { builder.demandUnknown() }
    if session.tracer != nil || !following.isEmpty {
      throw Diagnostic(.unknownValue("expect needs each round's values"))
    }
    switch expectation {
    case .close(let left, let right, let rtol, let atol):
      let tolerance = Tolerance(
        relative: try rtol.map { x throws(Diagnostic) in try self.tolerance(x) } ?? 1e-5,
        absolute: try atol.map { x throws(Diagnostic) in try self.tolerance(x) } ?? 1e-8)
      try expect(left, closeTo: right, tolerance, range)
    case .holds(let expression): try expect(holds: expression, range)
    case .fails: throw Diagnostic("'expect error' stands outside of functions", at: range)
    }
  }

  func tolerance(_ expression: Expression) throws(Diagnostic) -> Double {
    guard let number = try value(of: try tensor(expression), expression.range).scalar else {
      throw Diagnostic("a tolerance is one number", at: expression.range)
    }
    return number
  }

  /// Values of any kind: tensors within a tolerance, all else equal.
  func expect(
    _ left: Expression, closeTo right: Expression, _ tolerance: Tolerance, _ range: SourceRange
  ) throws(Diagnostic) {
    let (a, b) = (try evaluate(left), try evaluate(right))
    try compare(a, b, tolerance, at: "", range)
  }

  private func compare(
    _ a: Value, _ b: Value, _ tolerance: Tolerance, at path: String, _ range: SourceRange
  ) throws(Diagnostic) {
    let place = path.isEmpty ? "" : " at \(path)"
    switch (a, b) {
    case (.tensor(let x), .tensor(let y)):
      if let stretch = session.tracer?.stretch, x.shape == y.shape {
        return stretch.checks.append(.close(x, y, tolerance))
      }
      let held = try hold([x, y], range, isFixed: nil)
      try compare(held[0].tensor, held[1].tensor, tolerance, at: path, range)
    case (.text(let x), .text(let y)):
      guard x == y else {
        throw Diagnostic("expectation failed\(place): \(Quoting.literal(x)) is not \(Quoting.literal(y))", at: range)
      }
    case (.tuple(let x), .tuple(let y)):
      if let misfit = x.misfit(with: y) {
        var error = misfit.diagnostic(at: path, range)
        error.refusal.message = "expectation failed: " + error.message
        throw error
      }
      for position in x.indices {
        try compare(x[position], y[position], tolerance, at: path.entry(x.label(position)), range)
      }
    case (.function(let x), .function(let y)) where x.name == y.name: break
    case (.list(let x), .list(let y)) where x.count == y.count:
      for (a, b) in zip(x, y) { try compare(a, b, tolerance, at: path, range) }
    case (.tensor, _), (.text, _), (.tuple, _), (.function, _), (.list, _):
      throw Diagnostic(
        "expectation failed\(place): the left side is \(a.kindName), the right side \(b.kindName)", at: range)
    }
  }

  private func compare(
    _ a: Tensor, _ b: Tensor, _ tolerance: Tolerance, at path: String, _ range: SourceRange
  ) throws(Diagnostic) {
    guard a.shape == b.shape else {
      let place = path.isEmpty ? "" : " at \(path)"
      throw Diagnostic(
        "expectation failed\(place): the left side is \(a.shape), the right side \(b.shape)", at: range)
    }
    let isExact = a.type == .bool || b.type == .bool
    var worst: (place: Int, excess: Double)?
    for place in 0..<a.count {
      let (x, y) = (a[flat: place], b[flat: place])
      if isExact ? x == y : tolerance.admits(x, y) { continue }
      let excess = abs(x - y)
      if worst.map({ excess.isNaN || excess > $0.excess }) ?? true {
        worst = (place, excess.isNaN ? .infinity : excess)
      }
    }
    guard let worst else { return }
    let index = a.shape.rank == 0 ? "" : a.shape.index(worst.place)
    let place = path.isEmpty && index.isEmpty ? "" : " at \(path)\(index)"
    throw Diagnostic(
      "expectation failed\(place): \(Self.text(a, worst.place)) is not close to \(Self.text(b, worst.place))", at: range
    )
  }

  /// One element, as short as reads back in its type.
  private static func text(_ tensor: Tensor, _ place: Int) -> String { tensor.type.text(tensor[flat: place]) }

  func expect(holds expression: Expression, _ range: SourceRange) throws(Diagnostic) {
    let value = try evaluate(expression)
    if let stretch = session.tracer?.stretch, case .tensor(let symbol) = value {
      return stretch.checks.append(.holds(symbol))
    }
    for symbol in value.leaves {
      let tensor = try hold(symbol, expression.range, isFixed: nil).tensor
      guard let place = (0..<tensor.count).first(where: { tensor[flat: $0] == 0 || tensor[flat: $0].isNaN }) else {
        continue
      }
      throw try failure(of: expression, tensor, place, range)
    }
    switch value {
    case .tensor, .tuple, .list: break
    case .text, .function:
      throw Diagnostic("expect takes something that is true or false; this is \(value.kindName)", at: expression.range)
    }
  }

  private func failure(
    of expression: Expression, _ tensor: Tensor, _ place: Int, _ range: SourceRange
  ) throws(Diagnostic) -> Diagnostic {
    if case .binary(let op, _, let left, let right) = expression.kind, tensor.shape.rank == 0 {
      switch (try evaluate(left), try evaluate(right)) {
      case (.tensor(let a), .tensor(let b)) where a.rank == 0 && b.rank == 0:
        let (x, y) = (try value(of: a, range), try value(of: b, range))
        return Diagnostic(
          "expectation failed: \(Self.text(x, 0)) \(op.rawValue) \(Self.text(y, 0)) doesn't hold", at: range)
      case (.text(let a), .text(let b)):
        return Diagnostic(
          "expectation failed: \(Quoting.literal(a)) \(op.rawValue) \(Quoting.literal(b)) doesn't hold", at: range)
      default: break
      }
    }
    let where_ = tensor.shape.rank == 0 ? "" : " at \(tensor.shape.index(place))"
    return Diagnostic("expectation failed\(where_): \(expression.description)", at: range)
  }
}

/// How far apart two numbers may be.
struct Tolerance {
  var relative: Double
  var absolute: Double

  func admits(_ a: Double, _ b: Double) -> Bool {
    if a == b || a.isNaN && b.isNaN { return true }
    return abs(a - b) <= absolute + relative * abs(b)
  }
}
