/// Notations of a text within another one.
public enum Quoting {
  private static let ofLines: [Unicode.Scalar: String] = ["\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"]
  private static let ofTexts = ofLines.merging(["\"": "\\\""]) { $1 }

  /// As a text in JSON, with its quotes.
  public static func json(_ text: String) -> String {
    "\""
      + escaped(text, ofTexts) { scalar in
        guard scalar.value < 0x20 || scalar.value == 0x2028 || scalar.value == 0x2029 else { return nil }
        let hex = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      } + "\""
  }

  /// As a text in the language, with its quotes.
  public static func literal(_ text: String) -> String {
    "\""
      + escaped(text, ofTexts) { scalar in
        scalar.isHidden || scalar == "\u{FFFD}" ? code(scalar) : nil
      } + "\""
  }

  /// The same text where it stands in quotes, with nothing hidden in it; lines and tabs stay.
  public static func visible(_ text: String) -> String {
    escaped(text, [:]) { $0.isHidden && $0 != "\n" && $0 != "\t" ? code($0) : nil }
  }

  private static func code(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

  /// On one line without tabs, as files of lines keep it.
  public static func line(_ text: String) -> String { escaped(text, ofLines) { _ in nil } }

  /// The text that `line` was made of, or nil if there is none.
  public static func text(ofLine line: some StringProtocol) -> String? {
    var text = String.UnicodeScalarView()
    var rest = line.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\" else {
        text.append(scalar)
        continue
      }
      switch rest.popFirst() {
      case "\\": text.append("\\")
      case "n": text.append("\n")
      case "r": text.append("\r")
      case "t": text.append("\t")
      default: return nil
      }
    }
    return String(text)
  }

  private static func escaped(
    _ text: String, _ escapes: [Unicode.Scalar: String], others: (Unicode.Scalar) -> String?
  ) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if let escape = escapes[scalar] ?? others(scalar) {
        result += escape
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
