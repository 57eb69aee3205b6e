/// ASCII in the place of other signs.
public enum ASCII {
  /// What is read for each sign that we print.
  private static let likenesses: [Character: String] = [
    "…": "...", "⋮": ":", "⋱": "...", "⋅": ".", "∘": "o", "×": "x", "·": "-", "→": "->", "≠": "!=", "≤": "<=",
    "≥": ">=",
    "✗": "x", "✓": "ok", "■": "#", "∂": "d", "²": "^2", "½": "1/2", "√": "sqrt", "π": "pi", "µ": "u", "ᵀ": "'",
    "∞": "inf",
    "│": "|", "└": "`", "░": ":", "▒": "+", "▓": "x", "▁": "_", "▂": ".", "▃": "-", "▄": "=", "▅": "+", "▆": "*",
    "▇": "%",
    "█": "#",
  ]

  /// A sign's likeness, or itself where there is none.
  public static func likeness(of sign: Character) -> String { likenesses[sign] ?? String(sign) }

  /// A text with the likenesses of its signs; other letters stay as they are.
  public static func likeness(of text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 } ? text : text.map { likeness(of: $0) }.joined()
  }

  /// The same with a question mark for what has no likeness.
  public static func only(_ text: String) -> String {
    String(String.UnicodeScalarView(likeness(of: text).unicodeScalars.map { $0.isASCII ? $0 : "?" }))
  }

  /// The same where words in quotes stay: they are a person's own.
  public static func likeness(ofSentence text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var result = ""
    var quote: Character?
    var before: Character = " "
    for character in text {
      if character == quote {
        quote = nil
      } else if quote == nil, character == "\"" || character == "'" && !before.isLetter && !before.isNumber {
        quote = character
      }
      result += quote == nil ? likeness(of: character) : String(character)
      before = character
    }
    return result
  }
}
