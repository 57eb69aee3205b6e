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

/// How a session reaches files; whoever owns the terminal gives it.
package struct FileAccess: Sendable {
  package var read: @Sendable (String) throws(Diagnostic) -> String
  /// Puts a text in the place of a file, or leaves the old one as it was.
  package var write: @Sendable (_ path: String, _ text: String) throws(Diagnostic) -> Void
  /// The text of a session that ended without saying so.
  package var lost: @Sendable () throws(Diagnostic) -> String
  /// What is to become of that session: brought back, set aside as unreadable, or forgotten.
  package var settle: @Sendable (LostSession) -> Void

  package enum LostSession: Sendable { case restored, unreadable, forgotten }

  package init(read: @escaping @Sendable (String) throws(Diagnostic) -> String) {
    self.read = read
    write = { path, _ throws(Diagnostic) in throw Diagnostic("files can't be written here") }
    lost = { () throws(Diagnostic) in throw Diagnostic("there is no lost session") }
    settle = { _ in }
  }
}
