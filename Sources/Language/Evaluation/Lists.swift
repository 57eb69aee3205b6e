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

  /// `[a, b]`: one tensor, its entries along a new axis.
  func list(_ parts: [Expression], _ expression: Expression) throws(Diagnostic) -> Value {
    let value = try listed(parts, expression)
    guard case .list(let values) = value else { return value }
    throw unstackable(values, parts, expression.range)
  }

  /// The same, or a list where the parts don't make one tensor: what stands for several as an argument.
  func listed(_ parts: [Expression], _ expression: Expression) throws(Diagnostic) -> Value {
    if let literal = Literal(expression, type: brackets ?? builder.defaultType) {
      return .tensor(builder.constant(literal.tensor))
    }
    var values: [Value] = []
    for part in parts {
      if case .list(let inner) = part.kind {
        values.append(try listed(inner, part))
      } else {
        values.append(try evaluate(part))
      }
    }
    return try shallow(stacked(values, as: brackets), expression.range)
  }

  private func unstackable(_ values: [Value], _ parts: [Expression], _ range: SourceRange) -> Diagnostic {
    for (part, value) in zip(parts, values) where value.symbol == nil {
      if case .list(let inner) = value, case .list(let expressions) = part.kind {
        return unstackable(inner, expressions, part.range)
      }
      return Diagnostic(
        "brackets hold tensors; this is \(value.kindName)", at: part.range, help: "(a, b) is a tuple of any values")
    }
    let symbols = values.compactMap(\.symbol)
    guard let first = symbols.first, let other = symbols.firstIndex(where: { $0.shape != first.shape }) else {
      return Diagnostic("a tensor has at most \(Shape.maximumRank) axes", at: range)
    }
    func described(_ shape: Shape) -> String { shape.rank == 0 ? "a number" : "\(shape)" }
    return Diagnostic(
      "brackets stack tensors of one shape; \(described(first.shape)) meets \(described(symbols[other].shape))",
      at: range,
      labels: [
        Diagnostic.Label(parts[0].range, described(first.shape)),
        Diagnostic.Label(parts[other].range, described(symbols[other].shape)),
      ],
      help: "(a, b) is a tuple of any shapes; [a; b] joins below each other")
  }

  /// `[a, b; c, d]`: rows of blocks beside each other, joined below each other; a vector counts as a row, a number as one
  /// entry.
  func block(_ rows: [[Expression]], _ expression: Expression) throws(Diagnostic) -> Symbol {
    if let literal = Literal(expression, type: brackets ?? builder.defaultType) {
      return builder.constant(literal.tensor)
    }
    var joined: [Symbol] = []
    for row in rows {
      var blocks: [Symbol] = []
      for part in row { blocks.append(try blockMatrix(part)) }
      if let other = blocks.firstIndex(where: { $0.shape[0] != blocks[0].shape[0] }) {
        throw Diagnostic(
          "blocks beside each other have equally many rows; \(blocks[0].shape) meets \(blocks[other].shape)",
          at: row[other].range, labels: [Diagnostic.Label(row[0].range, "\(blocks[0].shape)")])
      }
      joined.append(concatenated(blocks, axis: 1))
    }
    if let other = joined.firstIndex(where: { $0.shape[1] != joined[0].shape[1] }) {
      throw Diagnostic(
        "rows below each other are equally wide; \(joined[0].shape) meets \(joined[other].shape)",
        at: expression.range)
    }
    return concatenated(joined, axis: 0)
  }

  private func blockMatrix(_ expression: Expression) throws(Diagnostic) -> Symbol {
    let x = try tensor(expression)
    switch x.rank {
    case 0: return x.reshaped(Shape([1, 1]))
    case 1: return x.expanded(at: 0)
    case 2: return x
    default:
      throw Diagnostic(
        "';' joins numbers, vectors and matrices; this is \(x.shape)", at: expression.range,
        help: "concat((a, b), axis=0) joins tensors of any rank")
    }
  }

  /// Joined; masks stay masks among themselves only.
  private func concatenated(_ symbols: [Symbol], axis: Int) -> Symbol {
    var symbols = symbols
    if !symbols.allSatisfy({ $0.type == .bool }) {
      symbols = symbols.map { symbol in brackets.map { symbol.converted(to: $0) } ?? symbol.asFloat }
    }
    return symbols.count == 1 ? symbols[0] : .concatenated(symbols, axis: axis)
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
}
