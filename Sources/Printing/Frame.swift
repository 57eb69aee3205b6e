import Tensors
import Text

/// What all pictures share: a title, numbers at the ends of the axes, and the room there is.
struct Frame {
  let display: Display
  let title: String

  init(_ display: Display, title: String) {
    self.display = display
    self.title = display.isASCII ? ASCII.only(title) : title
  }

  /// Columns that a picture may take.
  var width: Int { max(display.width ?? 80, 20) }

  func heading(_ remarks: [String]) -> String {
    let glyphs = display.glyphs
    let text = ([title] + remarks).joined(separator: glyphs.separator).cut(to: width, mark: glyphs.ellipsis)
    return dimmed(text)
  }

  func dimmed(_ text: String) -> String { display.isColored ? Style.dim.rawValue + text + Style.end : text }

  func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf" }
    return NumberFormat.alone(value, digits: 3, type: .float64).text
  }

  /// Lines with a number at the upper and the lower end of their left side, and one at each end below them.
  func axes(_ lines: [String], top: Double, bottom: Double, left: Double, right: Double) -> [String] {
    let (high, low) = (number(top), number(bottom))
    let margin = Self.margin(high, low)
    let bar = display.glyphs.bar
    var result = lines.enumerated().map { row, line in
      let isMiddle = row == lines.count / 2
      let label = top == bottom ? (isMiddle ? high : "") : row == 0 ? high : row == lines.count - 1 ? low : ""
      let text = dimmed(String(repeating: " ", count: margin - label.count) + label + " " + bar)
      return line.isEmpty ? text : text + line
    }
    let (from, to) = (number(left), number(right))
    let gap = max(1, width - margin - 2 - from.count - to.count)
    result.append(
      String(repeating: " ", count: margin + 2) + dimmed(from + String(repeating: " ", count: gap) + to))
    return result
  }

  /// Columns left for a picture between its axes.
  func columns(top: Double, bottom: Double) -> Int {
    max(4, width - Self.margin(number(top), number(bottom)) - 2)
  }

  private static func margin(_ high: String, _ low: String) -> Int { max(high.count, low.count) }
}
