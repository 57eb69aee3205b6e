/// An expression as it is written in Python, Octave, Julia or R: more than Gradus has a form for.
indirect enum ForeignExpression {
  case number(Double)
  case name(String)
  case text([ForeignPiece])
  /// `[a, b]`, `{1, 2}`.
  case list([ForeignExpression])
  /// `[a b; c d]`: entries beside and below each other.
  case rows([[ForeignExpression]])
  case tuple([ForeignExpression])
  /// `{x: a}`.
  case dictionary([(key: ForeignExpression, value: ForeignExpression)])
  /// `f(x)`; `f.(x)` arrives as the same call.
  case call(ForeignExpression, [ForeignArgument])
  case index(ForeignExpression, [ForeignExpression])
  /// `a:b`, `a:s:b`, `:`; which of three parts is the step depends on the tool.
  case range([ForeignExpression?])
  case member(ForeignExpression, String)
  case unary(String, ForeignExpression)
  case binary(String, ForeignExpression, ForeignExpression)
  case transposed(ForeignExpression)
  case function([String], ForeignExpression)
  case conditional(ForeignExpression, then: ForeignExpression, otherwise: ForeignExpression)
  /// `f(a) for a in v if c`.
  case comprehension(ForeignExpression, names: [String], over: ForeignExpression, condition: ForeignExpression?)
  case ellipsis
  /// An index that was left out: `x[, 2]`.
  case omitted

  /// `np.linalg.norm` as its words; nil for what is no chain of names.
  var path: [String]? {
    switch self {
    case .name(let name): [name]
    case .member(let base, let name): base.path.map { $0 + [name] }
    default: nil
    }
  }

  /// A text without anything to fill in.
  var plainText: String? {
    guard case .text(let pieces) = self else { return nil }
    if pieces.isEmpty { return "" }
    guard pieces.count == 1, case .words(let words) = pieces[0] else { return nil }
    return words
  }

  /// The entries of something written as a list or a tuple.
  var entries: [ForeignExpression]? {
    switch self {
    case .list(let entries), .tuple(let entries): entries
    case .rows(let rows) where rows.count == 1: rows[0]
    default: nil
    }
  }

  var isNone: Bool {
    if case .name(let name) = self { ["None", "nothing", "NULL", "nil"].contains(name) } else { false }
  }
}

/// A part of a text: as it is, or what an expression gives.
enum ForeignPiece {
  case words(String)
  case value(ForeignExpression, format: String?)
}

struct ForeignArgument {
  var label: String?
  var value: ForeignExpression
  /// `*x`: what it holds are the arguments.
  var isSpread = false
}

/// A statement of another language.
indirect enum ForeignStatement {
  case expression(ForeignExpression)
  /// `a = e`, `a, b = e`, `a += e` with its sign.
  case assignment([ForeignExpression], sign: String, ForeignExpression)
  case definition(String, [(name: String, initial: ForeignExpression?)], [ForeignStatement])
  case loop([String], over: ForeignExpression, [ForeignStatement])
  case whileLoop(ForeignExpression, [ForeignStatement])
  case branch(ForeignExpression, [ForeignStatement], otherwise: [ForeignStatement])
  case returning(ForeignExpression?)
  case leaving(String)
  case deletion([String])
  case assertion(ForeignExpression)
  /// `with tf.GradientTape() as tape: …`.
  case with(ForeignExpression, [ForeignStatement])
  /// `%time e`, `@time e`, `%whos`: a word for the console and what it is told.
  case command(String, String)
  /// `import numpy as np`, `hold on`: the word that it begins with, and the rest of the line.
  case phrase(String, String)
  case nothing
}
