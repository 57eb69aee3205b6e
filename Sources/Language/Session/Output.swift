import Syntax
import Text

/// What a session hands to whoever runs it while it works.
package enum Output: Sendable, Equatable {
  /// For standard output, without a trailing newline.
  case result(String)
  /// For standard error: warnings, hints, timing.
  case notice(String)

  /// The same without the signs that ASCII has no place for; a person's own words stay as they are.
  var ascii: Output {
    switch self {
    case .result(let text): .result(ASCII.likeness(of: text))
    case .notice(let text): .notice(ASCII.likeness(of: text))
    }
  }
}

/// What stopped a piece of source; everything before it has been done.
package struct Failure: Error, Sendable {
  package let diagnostics: [Diagnostic]
  package let source: Source

  package init(diagnostics: [Diagnostic], source: Source) {
    self.diagnostics = diagnostics
    self.source = source
  }
}
