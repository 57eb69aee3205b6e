import Text

/// A line of text under construction, with the columns it takes.
struct Line {
  private(set) var bytes: [UInt8] = []
  /// The columns so far; blanks at the end don't count until something follows.
  private(set) var width = 0
  private var blanks = 0

  mutating func skip(_ columns: Int) { blanks += max(columns, 0) }

  /// Puts what follows at a column, unless the line is past it.
  mutating func skip(to column: Int) { blanks = max(column - width, blanks) }

  mutating func append(_ text: String, style: Style? = nil) {
    place(columns: text.columns, style: style) { $0.append(contentsOf: text.utf8) }
  }

  mutating func append(_ numeral: Numeral, width: Int) {
    place(columns: width, style: nil) { numeral.write(to: &$0) }
  }

  mutating func append(_ other: Line) {
    place(columns: other.width, style: nil) { $0.append(contentsOf: other.bytes) }
  }

  private mutating func place(columns: Int, style: Style?, write: (inout [UInt8]) -> Void) {
    guard columns > 0 else { return }
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: blanks))
    width += blanks + columns
    blanks = 0
    if let style { bytes.append(contentsOf: style.rawValue.utf8) }
    write(&bytes)
    if style != nil { bytes.append(contentsOf: Style.end.utf8) }
  }
}

/// A look of text on a terminal.
enum Style: String {
  case dim = "\u{1B}[2m"
  case red = "\u{1B}[31m"

  static let end = "\u{1B}[0m"
}

extension String {
  /// As much of the start as fits, with a mark where something is missing.
  func cut(to width: Int, mark: String) -> String {
    guard columns > width else { return self }
    var rest = max(width, mark.columns) - mark.columns
    var start = ""
    for character in self {
      rest -= character.columns
      if rest < 0 { break }
      start.append(character)
    }
    return start + mark
  }
}
