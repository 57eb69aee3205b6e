import Text

extension Expression: CustomStringConvertible {
  /// The expression as text that parses to an equal tree.
  package var description: String {
    var writer = ExpressionWriter()
    writer.write(self)
    return writer.text
  }
}

extension Expression {
  /// Every operator in its own brackets.
  package var bracketed: String {
    switch kind {
    case .binary(let op, _, let a, let b): "(\(a.bracketed) \(op.rawValue) \(b.bracketed))"
    case .unary(let op, let x): op == .not ? "(not \(x.bracketed))" : "(\(op.rawValue)\(x.bracketed))"
    case .transpose(let x): "\(x.bracketed).T"
    case .call(let f, let arguments):
      "\(f.bracketed)(\(arguments.map { $0.labelText + $0.value.bracketed }.joined(separator: ", ")))"
    case .list(let parts): "[\(parts.map(\.bracketed).joined(separator: ", "))]"
    case .rows(let rows):
      "[\(rows.map { $0.map(\.bracketed).joined(separator: ", ") }.joined(separator: "; "))]"
    default: description
    }
  }
}

private struct ExpressionWriter {
  var text = ""

  /// How tightly the pieces of an expression hold together that aren't infix operators.
  private static let rangePower = 0
  private static let operatorPower = 1
  private static let postfixPower = 100

  /// Writes an expression, in parentheses if it holds together less tightly than `power`.
  mutating func write(_ expression: Expression, over power: Int = rangePower) {
    // A long chain of operators leans to the left: it is walked down in a loop, then written from the inside.
    var tails: [(sign: String, right: Expression, power: Int, isParenthesised: Bool)] = []
    var (left, power) = (expression, power)
    while case .binary(let binary, _, let first, let second) = left.kind {
      let infix = Infix.of(binary)
      let isParenthesised = infix.power < power
      if isParenthesised { text += "(" }
      let (leftPower, rightPower) =
        switch infix.association {
        case .left: (infix.power, infix.power + 1)
        case .none: (infix.power + 1, infix.power + 1)
        case .right: (infix.power + 1, Infix.signPower)
        }
      tails.append((binary.rawValue, second, rightPower, isParenthesised))
      (left, power) = (first, leftPower)
    }
    let isParenthesised = self.power(of: left.kind) < power
    if isParenthesised { text += "(" }
    writeUnparenthesised(left.kind)
    if isParenthesised { text += ")" }
    while let tail = tails.popLast() {
      text += " \(tail.sign) "
      write(tail.right, over: tail.power)
      if tail.isParenthesised { text += ")" }
    }
  }

  private func power(of kind: Expression.Kind) -> Int {
    switch kind {
    case .range, .arrow: Self.rangePower
    case .unary(.not, _): Infix.notPower
    case .unary: Infix.signPower
    case .number(let value) where value < 0: Infix.signPower
    default: Self.postfixPower
    }
  }

  private mutating func writeUnparenthesised(_ kind: Expression.Kind) {
    switch kind {
    case .number(let value): text += value.literal
    case .boolean(let value): text += value ? "true" : "false"
    case .text(let value): text += Quoting.literal(value)
    case .interpolation(let pieces): write(pieces)
    case .name(let name): text += name
    case .hole: text += "?"
    case .list(let entries):
      text += "["
      write(entries)
      text += "]"
    case .rows(let rows):
      text += "["
      for (position, row) in rows.enumerated() {
        if position > 0 { text += "; " }
        write(row)
      }
      text += rows.count == 1 ? ";]" : "]"
    case .record(let entries):
      text += "("
      write(entries)
      text += ")"
    case .arrow(let definition): text += definition.description
    case .conditional(let condition, let then, let otherwise):
      text += Statement(.branch(condition, then, else: otherwise), 0..<0).description
    case .importing(let path):
      text += "import "
      write(path, over: Self.postfixPower)
    case .tuple(let entries):
      text += "("
      write(entries)
      text += entries.count == 1 ? ",)" : ")"
    case .range(let start, let stop, let step):
      write(start, over: Self.operatorPower)
      text += ":"
      write(stop, over: Self.operatorPower)
      if let step {
        text += ":"
        write(step, over: Self.operatorPower)
      }
    case .unary(let unary, let value):
      text += unary == .not ? "not " : unary.rawValue
      write(value, over: unary == .not ? Infix.notPower : Infix.signPower)
    case .binary: write(Expression(kind, 0..<0))
    case .transpose(let base):
      writeBase(base)
      text += ".T"
    case .member(let base, let name):
      writeBase(base)
      text += ".\(name)"
    case .call(let callee, let arguments):
      write(callee, over: Self.postfixPower)
      text += "("
      write(arguments)
      text += ")"
    case .index(let base, let indices):
      write(base, over: Self.postfixPower)
      text += "["
      write(indices)
      text += "]"
    }
  }

  private mutating func write(_ pieces: [TextPiece]) {
    text += "\""
    for piece in pieces {
      switch piece {
      case .text(let words): text += Quoting.literal(words).dropFirst().dropLast()
      case .value(let expression, let format):
        text += "{" + expression.description + (format.map { ":" + $0 } ?? "") + "}"
      }
    }
    text += "\""
  }

  /// What stands before a point, which a number would take for its own.
  private mutating func writeBase(_ base: Expression) {
    if case .number = base.kind {
      text += "("
      write(base)
      text += ")"
    } else {
      write(base, over: Self.postfixPower)
    }
  }

  private mutating func write(_ entries: [Expression]) {
    for (position, entry) in entries.enumerated() {
      if position > 0 { text += ", " }
      write(entry)
    }
  }

  private mutating func write(_ arguments: [Argument]) {
    for (position, argument) in arguments.enumerated() {
      if position > 0 { text += ", " }
      text += argument.labelText
      write(argument.value)
    }
  }

  private mutating func write(_ indices: [Index]) {
    for (position, index) in indices.enumerated() {
      if position > 0 { text += ", " }
      switch index {
      case .at(let value): write(value, over: Self.operatorPower)
      case .ellipsis: text += "..."
      case .newAxis: text += "new"
      case .slice(let start, let stop, let step, _):
        if let start { write(start, over: Self.operatorPower) }
        text += ":"
        if let stop { write(stop, over: Self.operatorPower) }
        if let step {
          text += ":"
          write(step, over: Self.operatorPower)
        }
      }
    }
  }
}

extension Double {
  /// The shortest number literal that is read as this value.
  fileprivate var literal: String {
    let shortest = description
    return shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest
  }
}

extension Argument {
  /// `axis=`, or nothing; what is no name stands in quotes.
  package var labelText: String {
    guard let label else { return "" }
    return (label.isName && Token.reserved[label] == nil ? label : Quoting.literal(label)) + "="
  }
}
