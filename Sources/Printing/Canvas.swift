/// Dots drawn with characters: quarters of a cell, eighths of it, or plain ASCII.
package struct Canvas: Sendable {
  package enum Style: String, Sendable, CaseIterable { case blocks, braille, ascii }

  let style: Style
  /// Dots across and down; the first row is at the top.
  let width: Int
  let height: Int
  private var dots: [Bool]

  init(columns: Int, rows: Int, style: Style) {
    self.style = style
    let cell = style.cell
    width = columns * cell.width
    height = rows * cell.height
    dots = Array(repeating: false, count: width * height)
  }

  /// One dot a cell, for whoever has signs of his own.
  init(cells columns: Int, _ rows: Int) {
    (style, width, height) = (.ascii, columns, rows)
    dots = Array(repeating: false, count: columns * rows)
  }

  subscript(x: Int, y: Int) -> Bool {
    get { x >= 0 && x < width && y >= 0 && y < height && dots[y * width + x] }
    set { if x >= 0, x < width, y >= 0, y < height { dots[y * width + x] = newValue } }
  }

  /// A straight line between two dots, both included.
  mutating func draw(from a: (x: Int, y: Int), to b: (x: Int, y: Int)) {
    let steps = max(abs(b.x - a.x), abs(b.y - a.y))
    guard steps > 0 else { return self[a.x, a.y] = true }
    for step in 0...steps {
      let part = Double(step) / Double(steps)
      self[
        a.x + Int((Double(b.x - a.x) * part).rounded()), a.y + Int((Double(b.y - a.y) * part).rounded())
      ] = true
    }
  }

  /// The rows as text, without blanks at their ends.
  var lines: [String] {
    let cell = style.cell
    return (0..<height / cell.height).map { row in
      var line = String.UnicodeScalarView()
      for column in 0..<width / cell.width { line.append(character(column, row, cell)) }
      while line.last == " " { line.removeLast() }
      return String(line)
    }
  }

  private func character(_ column: Int, _ row: Int, _ cell: (width: Int, height: Int)) -> Unicode.Scalar {
    var bits = 0
    for y in 0..<cell.height {
      for x in 0..<cell.width where self[column * cell.width + x, row * cell.height + y] {
        bits |= 1 << (y * cell.width + x)
      }
    }
    switch style {
    case .blocks: return Self.quarters[bits]
    case .ascii: return Self.halves[bits]
    case .braille:
      guard bits != 0 else { return " " }
      let value = Self.braille.enumerated().reduce(0x2800) { bits >> $1.offset & 1 == 1 ? $0 | $1.element : $0 }
      return Unicode.Scalar(UInt32(value)) ?? " "
    }
  }

  private static let quarters = Array(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█".unicodeScalars)
  private static let halves = Array(" '.:".unicodeScalars)
  /// The bit of each dot, row by row, in the code of a braille pattern.
  private static let braille = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
}

extension Canvas.Style {
  /// Dots in a character.
  var cell: (width: Int, height: Int) {
    switch self {
    case .blocks: (2, 2)
    case .braille: (2, 4)
    case .ascii: (1, 2)
    }
  }
}
