import Graphs
import Syntax
import Tensors

/// Ranges, bracketed lists and the entries of tuples.
extension Evaluator {
  func range(
    _ start: Expression, _ stop: Expression, _ step: Expression?, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let (a, b) = (try tensor(start), try tensor(stop))
    var operands: [(name: String, value: Graphs.Argument)] = [("start", .tensor(a)), ("stop", .tensor(b))]
    if let step { operands.append(("step", .tensor(try tensor(step)))) }
    return try apply(.arange, positional: operands.map(\.value), keywords: [], range)
  }

  func list(_ parts: [Expression], _ expression: Expression) throws(Diagnostic) -> Value {
    if let literal = Literal(expression, type: brackets ?? builder.defaultType) {
      return .tensor(builder.constant(literal.tensor))
    }
    var values: [Value] = []
    for part in parts { values.append(try evaluate(part)) }
    return try shallow(stacked(values, as: brackets), expression.range)
  }

  /// The value, unless too many tuples and lists lie in each other.
  func shallow(_ value: Value, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard value.depth <= Value.deepest else {
      throw Diagnostic("tuples and lists are nested more than \(Value.deepest) deep", at: range)
    }
    return value
  }

  /// One tensor where all parts are tensors of equal shape, else the list itself.
  func stacked(_ values: [Value], as type: ElementType? = nil) -> Value {
    var symbols: [Symbol] = []
    for value in values {
      guard case .tensor(let symbol) = value else { return .list(values) }
      symbols.append(symbol)
    }
    guard let first = symbols.first, symbols.allSatisfy({ $0.shape == first.shape }), first.rank < Shape.maximumRank
    else {
      return .list(values)
    }
    if !symbols.allSatisfy({ $0.type == .bool }) {
      symbols = symbols.map { symbol in type.map { symbol.converted(to: $0) } ?? symbol.asFloat }
    }
    return .tensor(.concatenated(symbols.map { $0.expanded(at: 0) }, axis: 0))
  }

  func element(of parts: [Value], _ entries: [Index], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard entries.count == 1, case .at(let position) = entries[0] else {
      throw Diagnostic("a tuple takes one whole number as its index", at: range)
    }
    let number = try wholeNumber(position)
    guard number >= -parts.count, number < parts.count else {
      throw Diagnostic("the tuple has \(parts.count) entries; there is no entry \(number)", at: range)
    }
    return parts[number < 0 ? number + parts.count : number]
  }
}
