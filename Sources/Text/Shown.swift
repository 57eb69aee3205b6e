/// What may reach a terminal of a text that somebody else wrote: names of files and of what is in them, keys, options,
/// the environment, what libraries and systems say.
extension Unicode.Scalar {
  /// It isn't seen itself, but would move the cursor, change the order of what is seen, or worse: the control characters
  /// of ASCII and of Latin 1, the breaks of lines and paragraphs, and the marks of writing directions.
  public var isHidden: Bool {
    switch value {
    case 0x20...0x7E: false
    case 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x206F: true
    default: properties.generalCategory == .control
    }
  }
}

extension Character {
  /// Any part of it is hidden.
  public var isHidden: Bool { unicodeScalars.contains(where: \.isHidden) }
}

extension String {
  /// One line that can't disturb a terminal: blanks for tabs and line breaks, question marks for what is hidden.
  public var shown: String { utf8.allSatisfy { 0x20...0x7E ~= $0 } ? self : shown(keeping: []) }

  /// The same, no longer than a sentence can bear.
  public var shownBriefly: String {
    let line = shown
    return line.count > 60 ? line.prefix(59) + "…" : line
  }

  /// The same with some of what is hidden left in place.
  public func shown(keeping kept: Set<Unicode.Scalar>) -> String {
    var result = String.UnicodeScalarView()
    var last: Unicode.Scalar?
    for scalar in unicodeScalars {
      switch scalar {
      case _ where kept.contains(scalar): result.append(scalar)
      case "\n" where last == "\r": break
      case "\t", "\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}": result.append(" ")
      default: result.append(scalar.isHidden ? "?" : scalar)
      }
      last = scalar
    }
    return String(result)
  }

  /// Several lines for a terminal: line breaks, tabs and the colours that we give them stay.
  public var shownOnTerminal: String {
    guard mayHide else { return self }
    var result = ""
    var rest = unicodeScalars[...]
    while let start = rest.firstIndex(of: "\u{1B}") {
      result += String(rest[..<start]).shown(keeping: ["\n", "\t"])
      rest = rest[start...].dropFirst()
      let code = rest.prefix { ("0"..."9").contains($0) || $0 == "[" || $0 == ";" }
      if code.first == "[", !code.dropFirst().contains("["), rest[code.endIndex...].first == "m" {
        result += "\u{1B}" + String(code) + "m"
        rest = rest[code.endIndex...].dropFirst()
      } else {
        result += "?"
      }
    }
    return result + String(rest).shown(keeping: ["\n", "\t"])
  }

  /// Whether any byte could begin something hidden, told quickly for a long text.
  private var mayHide: Bool {
    let bytes = utf8.span
    for index in 0..<bytes.count {
      switch bytes[index] {
      case 0x09, 0x0A, 0x20...0x7E: continue
      case 0x00...0x1F, 0x7F, 0xD8: return true
      case 0xC2: if index + 1 < bytes.count, bytes[index + 1] < 0xA0 { return true }
      case 0xE2: if index + 1 < bytes.count, 0x80...0x81 ~= bytes[index + 1] { return true }
      default: continue
      }
    }
    return false
  }
}
