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

  private static let ofLiterals = ofTexts.merging(["{": "{{", "}": "}}"]) { $1 }

  /// As a text in the language, with its quotes.
  public static func literal(_ text: String) -> String {
    "\""
      + escaped(text, ofLiterals) { scalar in
        scalar.isHidden || scalar == "\u{FFFD}" ? code(scalar) : nil
      } + "\""
  }

  /// The same text where it stands in quotes, with nothing hidden in it; lines and tabs stay.
  public static func visible(_ text: String) -> String {
    escaped(text, [:]) { $0.isHidden && $0 != "\n" && $0 != "\t" ? code($0) : nil }
  }

  private static func code(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

  /// As it is typed between the quotes of a text in the language, with nothing in it that a terminal would obey.
  public static func typed(_ text: String) -> String {
    escaped(text, ofLiterals) { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: code(scalar)
      default: nil
      }
    }
  }

  /// What is meant by something typed so, as far as it goes; an escape that is none stands for itself.
  public static func meant(_ typed: String) -> String {
    var text = String.UnicodeScalarView()
    var rest = typed.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\", let next = rest.first else {
        text.append(scalar)
        // Braces are doubled.
        if scalar == "{" || scalar == "}", rest.first == scalar { rest.removeFirst() }
        continue
      }
      if let escape = ofTexts.first(where: { $0.value == "\\" + String(next) }) {
        text.append(escape.key)
        rest.removeFirst()
      } else if next == "u", rest.dropFirst().first == "{", let end = rest.firstIndex(of: "}"),
        let number = UInt32(String(rest[..<end].dropFirst(2)), radix: 16), let meant = Unicode.Scalar(number)
      {
        text.append(meant)
        rest = rest[rest.index(after: end)...]
      } else {
        text.append(scalar)
      }
    }
    return String(text)
  }

  /// The start of something typed so without the part of an escape that it may end in.
  public static func withoutPartialEscape(_ typed: String) -> String {
    let bytes = Array(typed.utf8)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      var end = index + 2
      if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "u") {
        end = bytes[index...].firstIndex(of: UInt8(ascii: "}")).map { $0 + 1 } ?? bytes.count + 1
      }
      if end > bytes.count { return String(decoding: bytes[..<index], as: UTF8.self) }
      index = end
    }
    return typed
  }

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
