import Syntax

/// What a session hands to whoever runs it while it works.
package enum Output: Sendable, Equatable {
  /// For standard output, without a trailing newline.
  case result(String)
  /// For standard error: warnings, hints, timing.
  case notice(String)

  /// The same without the signs that ASCII has no place for; a person's own words stay as they are.
  var ascii: Output {
    switch self {
    case .result(let text): .result(Self.plain(text))
    case .notice(let text): .notice(Self.plain(text))
    }
  }

  private static func plain(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    return text.map { signs[$0] ?? String($0) }.joined()
  }

  private static let signs: [Character: String] = [
    "…": "...", "⋅": ".", "∘": "o", "×": "x", "·": "-", "→": "->", "≠": "!=", "≤": "<=", "≥": ">=", "✗": "x", "✓": "ok",
    "■": "#", "∂": "d", "²": "^2", "½": "1/2", "░": ":", "▒": "+", "▓": "x", "█": "#", "√": "sqrt", "π": "pi", "µ": "u",
    "ᵀ": "'", "∞": "inf",
  ]
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
