import Graphs
import Syntax
import Tensors

/// What made a value, as long as nothing that it read has changed.
struct Formula: Sendable {
  var expression: Expression
  /// Which entry of the tuple that the expression gives.
  var element: Int?
  /// The versions of the names it read; 0 for functions that are built in, less for the values that are.
  var reads: [String: Int]
  /// The number of the first random draw.
  var draw: Int

  /// Whether it read anything that the session gave a meaning.
  var readsNames: Bool { reads.values.contains { $0 > 0 } }
}

/// What a name holds: one thing, whichever came last.
struct Binding: Sendable {
  enum Content: Sendable {
    case tensor(Held, Formula?)
    case live(Expression, draw: Int)
    case function(FunctionDefinition)
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
  /// A function as it was written; nil where nobody knows.
  var text: String?
  /// The dimensions an input was declared with.
  var dimensions: [Dimension]?
  /// A live name's shape and type (a tensor without elements), as they were found when it was defined.
  var outline: (tensor: Tensor, time: Int)?

  /// Where its elements lie, if it has any.
  var storages: [Storage] {
    switch content {
    case .tensor(let held, _): [held.tensor.storage]
    case .tuple(let parts): parts.map(\.tensor.storage)
    case .live, .function, .text, .unset: []
    }
  }

  var byteCount: Int { storages.reduce(0) { $0 + $1.byteCount } }

  /// The function it is, if it is one.
  var function: FunctionDefinition? { if case .function(let definition) = content { definition } else { nil } }
}

/// The value of a live name, good while what it read is current.
struct Cached: Sendable {
  var held: Held
  /// What its own formula read: of the names behind another live name only that one.
  var reads: [String: Int]
  /// The session's clock when it was computed.
  var time: Int
}

extension Session {
  /// Whether a name still means what it meant when it was read.
  func isCurrent(_ name: String, _ version: Int) -> Bool {
    let binding = names[name]
    if version == 0 { return binding?.function == nil }
    return version == binding?.version ?? builtInVersion(of: name)
  }

  /// Below 0: the number of the last answer, and one for what doesn't change unless a name hides it.
  func builtInVersion(of name: String) -> Int { name == "ans" ? -2 - state.answerCount : -1 }
}
