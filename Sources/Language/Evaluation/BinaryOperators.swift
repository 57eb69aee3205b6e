import Graphs
import Refusals
import Syntax
import Tensors

/// Two operands that meet: shapes that must fit, and what is said where they do not.
extension Evaluator {
  /// Operators of one precedence in a row lean to the left; they are taken one by one.
  func chain(_ expression: Expression) throws(Diagnostic) -> Value {
    var links: [(BinaryOperator, SourceRange, Expression, whole: SourceRange, left: Expression)] = []
    var first = expression
    while case .binary(let op, let place, let left, let right) = first.kind {
      links.append((op, place, right, first.range, left))
      first = left
    }
    var result = try evaluate(first)
    for (number, (op, place, right, whole, left)) in links.reversed().enumerated() {
      if number > 0 { note(left, result) }
      let operand = try evaluate(right)
      result = try combine(op, place, result, operand, left: left, right: right, whole)
    }
    return result
  }

  /// Two values of any kind.
  func combine(
    _ op: BinaryOperator, _ place: SourceRange, _ a: Value, _ b: Value, left: Expression, right: Expression,
    _ whole: SourceRange
  ) throws(Diagnostic) -> Value {
    switch (a, b) {
    case (.tensor(let x), .tensor(let y)):
      return .tensor(try combine(op, place, x, y, left: left, right: right, whole))
    case (.text(let x), .text(let y)): return try combine(op, place, x, y)
    case (.tuple, _), (_, .tuple):
      return try throughTrees(op, place, a, b) { x, y throws(Diagnostic) in
        try combine(op, place, x, y, left: left, right: right, whole)
      }
    case (.text, _), (_, .text):
      let other = if case .text = a { b } else { a }
      throw Diagnostic(
        "'\(op.rawValue)' takes two tensors or two texts; here a text meets \(other.kindName)", at: place,
        labels: [Diagnostic.Label(left.range, a.kindName), Diagnostic.Label(right.range, b.kindName)],
        help: op == .add ? "text(x) makes a text of a value, number(t) a number of a text" : nil)
    case (.function, _), (.list, _): throw notTensor(a, left.range)
    case (_, .function), (_, .list): throw notTensor(b, right.range)
    }
  }

  private func combine(
    _ op: BinaryOperator, _ place: SourceRange, _ a: String, _ b: String
  ) throws(Diagnostic) -> Value {
    switch op {
    case .add: return .text(a + b)
    // Texts are equal scalar by scalar, as they are stored.
    case .equal: return .tensor(builder.constant(a.utf8.elementsEqual(b.utf8)))
    case .notEqual: return .tensor(builder.constant(!a.utf8.elementsEqual(b.utf8)))
    case .or, .xor, .and, .less, .lessEqual, .greater, .greaterEqual, .subtract, .multiply, .divide, .matrixProduct,
      .remainder, .power:
      throw Diagnostic(
        "'\(op.rawValue)' doesn't take a text; texts have +, == and !=", at: place, help: "number(t) reads a number")
    }
  }

  private func combine(
    _ op: BinaryOperator, _ place: SourceRange, _ a: Symbol, _ b: Symbol, left: Expression, right: Expression,
    _ whole: SourceRange
  ) throws(Diagnostic) -> Symbol {
    if op == .matrixProduct { return try matrixProduct(a, b, place, left, right) }
    guard let shape = a.shape.broadcast(with: b.shape) else {
      let column = b.shape.rank == 1 && a.shape.rank == 2 && a.shape[0] == b.shape[0]
      let clash = a.shape.clash(with: b.shape) ?? (0, 0)
      self.clash = clash
      throw Diagnostic(
        "shapes do not broadcast", at: place,
        labels: [label(left, a), label(right, b)],
        help: column ? "[:, new] makes the vector a column, \(b.shape)×1" : nil,
        note: "aligned from the right, \(clash.0) meets \(clash.1)")
    }
    if shape != a.shape, shape != b.shape, a.shape.rank > 0, b.shape.rank > 0, a.shape.count > 1, b.shape.count > 1,
      !left.hasNewAxis, !right.hasNewAxis
    {
      try warnMutual(a.shape, b.shape, shape, whole)
    }
    if op == .multiply, session.isInteractive, !mode.isAbstract, session.tracer == nil { hintAtMask(left, right) }
    return op.apply(a, b)
  }

  /// A plain matrix of zeros and ones that multiplies another is probably meant as a mask.
  private func hintAtMask(_ left: Expression, _ right: Expression) {
    for factor in [left, right] {
      guard case .name(let name) = factor.kind, case .tensor(let held, _)? = session.names[name]?.content,
        held.traced == nil, held.tensor.type.isFloat, held.tensor.shape.rank > 0, held.tensor.count <= 1 << 20
      else { continue }
      let values = held.tensor.values
      guard values.contains(0), values.contains(1), values.allSatisfy({ $0 == 0 || $0 == 1 }) else { continue }
      notices.append("hint: \(name) = mask(\(name)) makes its zeros structural: removed for good, even under NaN")
    }
  }

  /// A loss stretches what it is given as a sign between both would.
  func warnOfStretching(_ operation: Operator, _ operands: [Graphs.Argument], _ range: SourceRange) throws(Diagnostic) {
    guard operation.signature.parameters.prefix(2).map(\.name) == ["prediction", "target"], operands.count >= 2,
      case .tensor(let a) = operands[0], case .tensor(let b) = operands[1],
      let shape = a.shape.broadcast(with: b.shape), shape != a.shape, shape != b.shape
    else { return }
    try warnMutual(a.shape, b.shape, shape, range)
  }

  private func warnMutual(_ a: Shape, _ b: Shape, _ shape: Shape, _ range: SourceRange) throws(Diagnostic) {
    if session.settings.refusesMutualBroadcast {
      throw Diagnostic("both operands would be stretched: \(a) and \(b) to \(shape)", at: range)
    }
    stretched = (a, b, shape)
    notices.append("warning: both operands are stretched here: \(a) and \(b) give \(shape)")
  }

  /// `3×5`, for a name's value `x is 3×5`.
  private func label(_ expression: Expression, _ x: Symbol) -> Diagnostic.Label {
    let shape = x.rank == 0 ? "a number" : "\(x.shape)"
    switch expression.kind {
    case .name, .call, .member, .index:
      let text = expression.description
      return Diagnostic.Label(expression.range, text.count > 40 ? shape : "\(text) is \(shape)")
    default: return Diagnostic.Label(expression.range, shape)
    }
  }

  private func matrixProduct(
    _ a: Symbol, _ b: Symbol, _ place: SourceRange, _ left: Expression, _ right: Expression
  ) throws(Diagnostic) -> Symbol {
    do throws(Refusal) { return try Operator.matmul.applied(to: [a, b]) } catch {
      if a.rank > 0, b.rank > 0 { clash = (a.shape[a.rank - 1], b.shape[max(b.rank - 2, 0)]) }
      var refusal = error
      // The labels say the shapes that the sentence would repeat.
      if case .unfitShapes(let brief) = error.reason { refusal.message = brief }
      if a.rank == 2, b.rank == 2, a.shape[1] == b.shape[1], case .name(let name) = right.kind {
        refusal.help = "\(left.description) @ \(name).T is \(a.shape[0])×\(b.shape[0])"
      }
      throw Diagnostic(refusal, at: place, labels: [label(left, a), label(right, b)])
    }
  }
}

extension Expression {
  /// An axis was put in, so that what is stretched was meant to be.
  fileprivate var hasNewAxis: Bool {
    guard case .index(_, let entries) = kind else { return false }
    return entries.contains { if case .newAxis = $0 { true } else { false } }
  }
}

extension BinaryOperator {
  /// Operands that have been found to fit.
  func apply(_ a: Symbol, _ b: Symbol) -> Symbol {
    switch self {
    case .or: Operator.or(a, b)
    case .and: Operator.and(a, b)
    case .xor: Operator.xor(a, b)
    case .equal: Operator.equal(a, b)
    case .notEqual: Operator.notEqual(a, b)
    case .less: Operator.less(a, b)
    case .lessEqual: Operator.lessEqual(a, b)
    case .greater: Operator.greater(a, b)
    case .greaterEqual: Operator.greaterEqual(a, b)
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .remainder: Operator.remainder(a, b)
    case .power: Operator.pow(a, b)
    case .matrixProduct: Operator.matmul(a, b)
    }
  }
}
