import Graphs
import Refusals
import Syntax
import Tensors

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
      let (a, b) = (try values(of: left), try values(of: right))
      guard a.count == b.count else {
        throw Diagnostic("expected \(b.count) values, got \(a.count)", at: range)
      }
      for (mine, wanted) in zip(a, b) { try compare(mine, wanted, tolerance, range) }
    case .holds(let expression): try holds(expression, range)
    case .fails(let text, let body): try fails(text, body, in: source, range, emit)
    }
  }

  private func values(of expression: Expression) throws(Diagnostic) -> [Tensor] {
    let evaluator = Evaluator(self)
    func tensors(_ value: Value) throws(Diagnostic) -> [Tensor] {
      switch value {
      case .tensor(let symbol): return [try evaluator.hold(symbol, expression.range, isFixed: nil).tensor]
      case .list(let parts) where parts.isEmpty: return [Tensor([], shape: Shape([0]), type: .float32)]
      case .tuple(let parts), .list(let parts):
        if let symbols = parts.symbols {
          return try evaluator.hold(symbols, expression.range, isFixed: nil).map(\.tensor)
        }
        var all: [Tensor] = []
        for part in parts { all += try tensors(part) }
        return all
      case .text, .function:
        throw Diagnostic("only tensors can be compared; this is \(value.kindName)", at: expression.range)
      }
    }
    return try tensors(try evaluator.evaluate(expression))
  }

  private func number(_ expression: Expression) throws(Diagnostic) -> Double {
    guard let tensor = try values(of: expression).first, let number = tensor.scalar else {
      throw Diagnostic("a tolerance is one number", at: expression.range)
    }
    return number
  }

  private func compare(_ a: Tensor, _ b: Tensor, _ tolerance: Tolerance, _ range: SourceRange) throws(Diagnostic) {
    guard a.shape == b.shape else {
      throw Diagnostic("expectation failed: the left side is \(a.shape), the right side \(b.shape)", at: range)
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
    let place = a.shape.rank == 0 ? "" : " at \(a.shape.index(worst.place))"
    throw Diagnostic(
      "expectation failed\(place): \(Self.text(a, worst.place)) is not close to \(Self.text(b, worst.place))", at: range
    )
  }

  /// One element, as short as reads back in its type.
  private static func text(_ tensor: Tensor, _ place: Int) -> String {
    tensor.type.text(tensor[flat: place])
  }

  private func holds(_ expression: Expression, _ range: SourceRange) throws(Diagnostic) {
    for tensor in try values(of: expression) {
      guard let place = (0..<tensor.count).first(where: { tensor[flat: $0] == 0 || tensor[flat: $0].isNaN }) else {
        continue
      }
      if case .binary(let op, _, let left, let right) = expression.kind, tensor.shape.rank == 0 {
        let (a, b) = (try values(of: left), try values(of: right))
        if let a = a.first, let b = b.first, a.count == 1, b.count == 1 {
          throw Diagnostic(
            "expectation failed: \(Self.text(a, 0)) \(op.rawValue) \(Self.text(b, 0)) doesn't hold", at: range)
        }
      }
      let where_ = tensor.shape.rank == 0 ? "" : " at \(tensor.shape.index(place))"
      throw Diagnostic("expectation failed\(where_): \(expression.description)", at: range)
    }
  }

  private mutating func fails(
    _ text: String, _ body: [Statement], in source: Source, _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let before = self
    do throws(Diagnostic) {
      for statement in body { try execute(statement, in: source, emit: { _ in }) }
    } catch {
      if error.isInterrupt { throw error }
      self = before
      if text.isEmpty || error.message.contains(text) { return }
      if error.help?.contains(text) == true { return }
      throw Diagnostic("expected an error with \"\(text)\"; it says: \(error.message)", at: range)
    }
    throw Diagnostic("expected an error\(text.isEmpty ? "" : " with \"\(text)\""); there was none", at: range)
  }
}

extension Shape {
  /// The place at a row-major offset as it is typed: `[0, 2]`.
  func index(_ offset: Int) -> String { "[\(place(of: offset).map(String.init).joined(separator: ", "))]" }
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
