import Graphs
import Syntax

/// A function as it is called: its parameters by name, and what it does.
package struct CallSummary: Equatable, Sendable {
  package let text: String
  package let parameters: [String]
  package let summary: String?
}

extension Session {
  /// What is known of a function of the session or of the language.
  package func callSummary(of name: String) -> CallSummary? {
    if let definition = names[name]?.function?.closure?.definition {
      return CallSummary(text: definition.title, parameters: definition.parameters.map(\.name.text), summary: nil)
    }
    return FunctionEntry.all(named: name).first.map { entry in
      CallSummary(
        text: entry.signature.text, parameters: entry.signature.parameters.map(\.name), summary: entry.summary)
    }
  }
}
