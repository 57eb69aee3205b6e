/// A piece of the language that has a value, with the place it was written at.
package struct Expression: Equatable, Sendable {
  package indirect enum Kind: Equatable, Sendable {
    /// A number literal, `inf` and `nan` included.
    case number(Double)
    case boolean(Bool)
    case text(String)
    /// A text with expressions in braces: `"loss {loss:.3f}"`.
    case interpolation([TextPiece])
    case name(String)
    /// `[a, b]`: stacked along a new axis.
    case list([Expression])
    /// `[a, b; c, d]`: joined below and beside each other.
    case rows([[Expression]])
    /// `a:b` or `a:b:step` outside an index.
    case range(Expression, Expression, step: Expression?)
    case unary(UnaryOperator, Expression)
    /// The range is that of the operator itself.
    case binary(BinaryOperator, SourceRange, Expression, Expression)
    /// `x'` and `x.T`.
    case transpose(Expression)
    /// `f(x, k=2)`; `x |> f(k=2)` arrives as the same call.
    case call(Expression, [Argument])
    case index(Expression, [Index])
    /// `a.b` with anything but `T` behind the point: an entry of a record, or a function where it is called.
    case member(Expression, String)
    /// A parenthesised `(a, b)`: a tuple.
    case tuple([Expression])
    /// `(w=a, b=c)`: a tuple whose entries have names.
    case record([Argument])
    /// `x -> e`: a function.
    case arrow(FunctionDefinition)
    /// `if c { a } else { b }` where a value stands.
    case conditional(Expression, [Statement], else: [Statement])
    /// `import "file.grad"`: its names as a record.
    case importing(Expression)
    /// `?` in a shape question such as `x @ ? + b`.
    case hole
  }

  package var kind: Kind
  package var range: SourceRange

  package init(_ kind: Kind, _ range: SourceRange) {
    self.kind = kind
    self.range = range
  }

  /// The expressions it is made of; what stands in functions and blocks is evaluated elsewhere, or not at all.
  package var subexpressions: [Expression] {
    switch kind {
    case .number, .boolean, .text, .hole, .name, .arrow: []
    case .list(let parts), .tuple(let parts): parts
    case .rows(let rows): Array(rows.joined())
    case .record(let entries): entries.map(\.value)
    case .interpolation(let pieces):
      pieces.compactMap { piece in if case .value(let x, _) = piece { x } else { nil } }
    case .range(let a, let b, let step): [a, b] + (step.map { [$0] } ?? [])
    case .unary(_, let x), .transpose(let x), .member(let x, _), .importing(let x): [x]
    case .binary(_, _, let left, let right): [left, right]
    case .call(let callee, let arguments): [callee] + arguments.map(\.value)
    case .index(let x, let entries): [x] + entries.flatMap(\.expressions)
    case .conditional(let condition, _, _): [condition]
    }
  }
}

/// A part of a text: as it is, or what an expression gives, as a format says.
package enum TextPiece: Equatable, Sendable {
  case text(String)
  case value(Expression, format: String?)
}

/// An argument of a call, with its keyword if one was written.
package struct Argument: Equatable, Sendable {
  package var label: String?
  package var labelRange: SourceRange?
  package var value: Expression

  package init(label: String? = nil, labelRange: SourceRange? = nil, value: Expression) {
    self.label = label
    self.labelRange = labelRange
    self.value = value
  }
}

/// One entry between the brackets of `x[…]`.
package enum Index: Equatable, Sendable {
  case at(Expression)
  case slice(start: Expression?, stop: Expression?, step: Expression?, range: SourceRange)
  case ellipsis(SourceRange)
  case newAxis(SourceRange)

  package var expressions: [Expression] {
    switch self {
    case .at(let x): [x]
    case .slice(let start, let stop, let step, _): [start, stop, step].compactMap { $0 }
    case .ellipsis, .newAxis: []
    }
  }
}

package enum UnaryOperator: String, Equatable, Sendable {
  case negative = "-"
  case positive = "+"
  case not
}

package enum BinaryOperator: String, Equatable, Sendable, CaseIterable {
  case or, xor, and
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessEqual = "<="
  case greater = ">"
  case greaterEqual = ">="
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case matrixProduct = "@"
  case remainder = "%"
  case power = "^"
}
