import Graphs
import Refusals
import Syntax
import Tensors

/// `x[i] = e`, `p.w += e`, `layers[2].b[0] = e`: a value with one place in it replaced.
extension Evaluator {
  /// The whole with a new value at a place.
  func updated(
    _ current: Value, _ steps: ArraySlice<Place.Step>, _ op: BinaryOperator?, _ expression: Expression, at place: Place,
    _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    guard let step = steps.first else { return try replaced(current, op, expression, at: place, range) }
    if case .tuple(let parts) = current {
      if case .index(let entries, let stepRange) = step, entries.count > 1, case .at = entries[0] {
        // What is left picks from the entry.
        let rest: [Place.Step] = [.index([entries[0]], stepRange), .index(Array(entries.dropFirst()), stepRange)]
        return try updated(current, (rest + steps.dropFirst())[...], op, expression, at: place, range)
      }
      guard let position = try position(of: step, in: parts) else {
        throw Diagnostic("one entry of a tuple is given a value at a time", at: step.range, help: "t[0] = …")
      }
      var values = parts.values
      values[position] = try updated(parts[position], steps.dropFirst(), op, expression, at: place, range)
      return .tuple(parts.with(values))
    }
    switch step {
    case .member(let key, let stepRange):
      throw Diagnostic(
        "only records have entries with names; this is \(current.kindName), which has no '\(key)'", at: stepRange)
    case .index(let entries, let stepRange):
      guard case .tensor(let x) = current else {
        throw Diagnostic("the entries of \(current.kindName) can't be given values", at: stepRange)
      }
      guard steps.count == 1 else {
        throw Diagnostic("only the last index picks from a tensor", at: stepRange, help: "x[i, j] = …")
      }
      return .tensor(try updated(x, entries, op, try tensor(expression), at: place, expression.range, range))
    }
  }

  /// A whole value, or what an operator makes of it.
  private func replaced(
    _ current: Value, _ op: BinaryOperator?, _ expression: Expression, at place: Place, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    guard let op else { return try evaluate(expression) }
    let value = try evaluate(expression)
    guard case .tensor(let left) = current, case .tensor(let right) = value else {
      return try combine(op, range, current, value, left: place.expression, right: expression, range)
    }
    return .tensor(try updated(left, nil, op, right, at: place, expression.range, range))
  }

  /// A tensor with some entries, or all of it, replaced or combined.
  private func updated(
    _ current: Symbol, _ entries: [Index]?, _ op: BinaryOperator?, _ new: Symbol, at place: Place,
    _ newRange: SourceRange, _ range: SourceRange
  ) throws(Diagnostic) -> Symbol {
    var value = new
    if let op {
      let left = try entries.map { entries throws(Diagnostic) in try index(current, entries, range) } ?? current
      // A number as a whole becomes what the operator makes of it; what has a shape keeps it.
      guard entries == nil && left.rank == 0 || left.shape.broadcast(with: value.shape) == left.shape else {
        throw Diagnostic("\(value.shape) doesn't fit into \(left.shape)", at: newRange)
      }
      value = op.apply(left, value)
    }
    guard let entries else { return value }
    return try replacing(entries, of: current, by: value, range)
  }
}
