import Language
import Refusals
import Syntax
import Text

/// How errors look on standard error.
package struct ErrorStyle: Sendable {
  package var isColored: Bool
  package var isASCII: Bool

  package init(isColored: Bool = false, isASCII: Bool = false) {
    self.isColored = isColored
    self.isASCII = isASCII
  }

  /// Three problems at most: the rest usually follows from them.
  package func text(of failure: Failure) -> String {
    failure.diagnostics.prefix(3)
      .map { $0.rendered(in: failure.source, colored: isColored, ascii: isASCII) }
      .joined(separator: "\n")
  }

  /// A sign of ours, or what stands for it in ASCII.
  func sign(_ sign: Character) -> String { isASCII ? ASCII.likeness(of: sign) : String(sign) }

  /// Something said by the way.
  package func dim(_ text: String) -> String { isColored ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}

extension Failure {
  package var isInterrupt: Bool { diagnostics.contains { $0.isInterrupt } }
}
