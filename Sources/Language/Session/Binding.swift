import Graphs
import Syntax
import Tensors

/// What made a value, as long as nothing that it read has changed.
struct Formula: Sendable {
  var expression: Expression
  /// Which entry of the tuple that the expression gives.
  var element: Int?
  /// The versions of the names it read.
  var reads: [String: Int]
  /// The number of the first random draw.
  var draw: Int
}

/// What a name holds.
struct Binding: Sendable {
  enum Content: Sendable {
    case tensor(Held, Formula?)
    case live(Expression, draw: Int)
    case text(String)
    case tuple([Held])
    /// An input without a value.
    case unset
  }

  var content: Content
  /// Grows with every change of anything in the session.
  var version: Int
  /// The line it was given its value at, for messages.
  var line: Int
  var isTrainable = false
  /// The dimensions an input was declared with.
  var dimensions: [Dimension]?

  /// Where its elements lie, if it has any.
  var storages: [Storage] {
    switch content {
    case .tensor(let held, _): [held.tensor.storage]
    case .tuple(let parts): parts.map(\.tensor.storage)
    case .live, .text, .unset: []
    }
  }

  var byteCount: Int { storages.reduce(0) { $0 + $1.byteCount } }
}

/// A function of the session.
struct FunctionBinding: Sendable {
  var definition: FunctionDefinition
  var version: Int
  /// As it was written; nil where nobody knows.
  var text: String?
}

/// The value of a live name, good while the versions it read are current.
struct Cached: Sendable {
  var held: Held
  var reads: [String: Int]
}
