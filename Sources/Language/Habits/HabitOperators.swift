import Syntax

/// Signs between operands, as other languages have them.
extension HabitTranslator {
  func unary(_ sign: String, _ value: ForeignExpression) throws(NoLine) -> Expression {
    let operand = try expression(value)
    if sign == "not" { return make(.unary(.not, operand)) }
    if let value = operand.plainNumber { return number(-value) }
    return make(.unary(.negative, operand))
  }

  private static let signs: [String: BinaryOperator] = [
    "+": .add, ".+": .add, "-": .subtract, ".-": .subtract, "−": .subtract, "*": .multiply, ".*": .multiply,
    "×": .multiply, "⋅": .multiply, "/": .divide, "./": .divide, "÷": .divide, "@": .matrixProduct,
    "%*%": .matrixProduct, "%": .remainder, "%%": .remainder, "**": .power, "^": .power, ".^": .power, ".**": .power,
    "<": .less, ".<": .less, ">": .greater, ".>": .greater, "<=": .lessEqual, ".<=": .lessEqual, "≤": .lessEqual,
    ">=": .greaterEqual, ".>=": .greaterEqual, "≥": .greaterEqual, "==": .equal, ".==": .equal, "===": .equal,
    "!=": .notEqual, ".!=": .notEqual, "~=": .notEqual, "<>": .notEqual, "!==": .notEqual, "≠": .notEqual,
    "&": .and, "&&": .and, "and": .and, "|": .or, "||": .or, "or": .or,
  ]

  func binary(_ sign: String, _ left: ForeignExpression, _ right: ForeignExpression) throws(NoLine) -> Expression {
    if sign == "%", case .text(let pieces) = left { return try printed(pieces, with: right.entries ?? [right]) }
    if sign == "|>" || sign == "%>%" {
      if case .call(let callee, let arguments) = right {
        return try call(callee, [ForeignArgument(value: left)] + arguments)
      }
      return try call(right, [ForeignArgument(value: left)])
    }
    if ["&", "|", "<<", ">>"].contains(sign), case .number = left, case .number = right {
      throw .sentence("numbers have no bits here; and, or combine masks: x > 1 and x < 5")
    }
    if left.isNone || right.isNone {
      throw .sentence("there is no value for nothing to compare with; :vars shows what there is")
    }
    // An extent after the other: Python compares tuples as a whole.
    if sign == "==" || sign == "!=", case .tuple(let entries) = right {
      let compared = binary(
        sign == "==" ? .equal : .notEqual, try expression(left), make(.list(try expressions(entries))))
      return call(sign == "==" ? "all" : "any", [compared])
    }
    let (a, b) = (try expression(left), try expression(right))
    switch sign {
    case "//", "%/%": return call("floor", [binary(.divide, a, b)])
    case "\\": return try solved(a, b)
    case ".\\": return binary(.divide, b, a)
    case "%o%": return call("outer", [a, b])
    case "in" where shape(of: a)?.isEmpty == true: return call("any", [binary(.equal, b, a)])
    case "in", "%in%": return call("isin", [a, b])
    case "is": return binary(.equal, a, b)
    case "*" where tool?.multipliesMatrices == true: return try product(a, b, left, right)
    case "/" where tool?.multipliesMatrices == true:
      guard let rank = rank(of: b) else { throw .unknown }
      return rank == 0 ? binary(.divide, a, b) : binary(.matrixProduct, a, call("inv", [b]))
    case "^" where tool?.multipliesMatrices == true:
      guard let rank = rank(of: a) else { throw .unknown }
      return rank == 0 ? binary(.power, a, b) : try power(a, b)
    default: break
    }
    guard let own = Self.signs[sign] else { throw .unknown }
    return binary(own, a, b)
  }

  /// Octave's `A \ b`.
  private func solved(_ a: Expression, _ b: Expression) throws(NoLine) -> Expression {
    guard let extents = shape(of: a) else { throw .unknown }
    if extents.isEmpty { return binary(.divide, b, a) }
    guard extents.count == 2 else { throw .unknown }
    return call(extents[0] == extents[1] ? "solve" : "lstsq", [a, b])
  }

  /// A product of matrices; of vectors the one that their rows or columns have there.
  private func product(
    _ a: Expression, _ b: Expression, _ left: ForeignExpression, _ right: ForeignExpression
  ) throws(NoLine) -> Expression {
    guard let first = rank(of: a), let second = rank(of: b) else { throw .unknown }
    if first == 0 || second == 0 { return binary(.multiply, a, b) }
    if first == 1, second == 1 {
      let turned = tool == .julia ? right : left
      if case .transposed = turned { return call("outer", [a, b]) }
    }
    return binary(.matrixProduct, a, b)
  }

  private func power(_ a: Expression, _ b: Expression) throws(NoLine) -> Expression {
    guard let exponent = b.plainNumber, exponent == exponent.rounded() else { throw .unknown }
    switch exponent {
    case -1: return call("inv", [a])
    case 2: return binary(.matrixProduct, a, a)
    default: return call("matrix_power", [a, number(exponent)])
    }
  }

  // MARK: Ranges

  /// `a:b` and `a:s:b` as values, which include their end there.
  func range(_ parts: [ForeignExpression?]) throws(NoLine) -> Expression {
    guard let (start, step, stop) = try bounds(parts) else { throw .unknown }
    guard let first = start.plainNumber, let last = stop.plainNumber, let stride = step?.plainNumber ?? 1 as Double?,
      stride != 0
    else {
      let end = shifted(stop, by: 1)
      return call("arange", step.map { [start, end, $0] } ?? [start, end])
    }
    let count = ((last - first) / stride + 1e-9).rounded(.down) + 1
    guard count >= 1, count < 1e7 else { throw .unknown }
    if stride != stride.rounded() || first != first.rounded() {
      return call("linspace", [start, number(first + (count - 1) * stride), number(count)])
    }
    let end = number(last + (stride > 0 ? 1 : -1))
    return call("arange", step.map { [start, end, $0] } ?? [start, end])
  }

  /// Start, step and end of a range that counts from one.
  func bounds(_ parts: [ForeignExpression?]) throws(NoLine) -> (Expression, step: Expression?, Expression)? {
    guard parts.count > 1, parts.allSatisfy({ $0 != nil }) else { return nil }
    let values = try expressions(parts.compactMap { $0 })
    return values.count == 2 ? (values[0], nil, values[1]) : (values[0], values[1], values[2])
  }
}
