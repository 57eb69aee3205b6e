import Graphs

/// A function as it is told of, whichever table has its row.
struct FunctionEntry {
  let signature: Signature
  let summary: String
  /// Empty where it has none.
  let derivative: String
  let aliases: [String]
  let examples: [(input: String, output: String)]

  init(_ operation: Operator) {
    (signature, summary, derivative) = (operation.signature, operation.summary, operation.derivative)
    (aliases, examples) = (operation.aliases, operation.examples)
  }

  init(_ builtin: Builtin) {
    (signature, summary, derivative) = (builtin.signature, builtin.summary, builtin.derivative)
    (aliases, examples) = (builtin.aliases, builtin.examples)
  }

  /// Those that are called so: an operator, and a function of the session.
  static func all(named name: String) -> [FunctionEntry] {
    [Operator.named[name].map(FunctionEntry.init), Builtin.named[name].map(FunctionEntry.init)].compactMap { $0 }
  }
}
