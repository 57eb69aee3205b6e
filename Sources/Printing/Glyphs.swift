/// The marks of printed text, in Unicode or in ASCII.
struct Glyphs {
  let removed, gated, times, ellipsis, verticalEllipsis, diagonalEllipsis: String
  /// Between the remarks of a header.
  let separator: String
  /// From the lowest to the highest.
  let bars: [String]

  static let unicode = Glyphs(
    removed: "⋅", gated: "∘", times: "×", ellipsis: "…", verticalEllipsis: "⋮", diagonalEllipsis: "⋱",
    separator: " · ", bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"])

  static let ascii = Glyphs(
    removed: ".", gated: "o", times: "x", ellipsis: "...", verticalEllipsis: ":", diagonalEllipsis: "...",
    separator: "  ", bars: ["_", ".", "-", "=", "+", "*", "%", "#"])
}
