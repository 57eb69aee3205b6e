import Text

/// The marks of printed text, in Unicode or in ASCII.
package struct Glyphs: Sendable {
  package let removed, gated, entry, times, bar, ellipsis, verticalEllipsis, diagonalEllipsis: String
  /// Between the remarks of a header.
  package let separator: String
  /// From the lowest to the highest.
  package let bars: [String]
  /// From the lightest to the darkest.
  package let shades: [String]

  static let unicode = Glyphs(separator: " · ") { String($0) }
  static let ascii = Glyphs(separator: "  ") { ASCII.likeness(of: $0) }

  private init(separator: String, _ sign: (Character) -> String) {
    (removed, gated, entry) = (sign("⋅"), sign("∘"), sign("■"))
    (times, bar) = (sign("×"), sign("│"))
    (ellipsis, verticalEllipsis, diagonalEllipsis) = (sign("…"), sign("⋮"), sign("⋱"))
    self.separator = separator
    bars = "▁▂▃▄▅▆▇█".map(sign)
    shades = "░▒▓█".map(sign)
  }
}

extension Display {
  package var glyphs: Glyphs { isASCII ? .ascii : .unicode }

  /// A sign of ours, or what stands for it in ASCII.
  package func sign(_ sign: Character) -> String { isASCII ? ASCII.likeness(of: sign) : String(sign) }

  /// A text of ours, its signs as they are shown.
  package func spelled(_ text: String) -> String { isASCII ? ASCII.likeness(of: text) : text }
}
