import Syntax

/// What a session hands to whoever runs it while it works.
package enum Output: Sendable, Equatable {
  /// For standard output, without a trailing newline.
  case result(String)
  /// For standard error: warnings, hints, timing.
  case notice(String)
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
