import Tensors
import Text

/// A matrix laid out: its formats, the widths of its columns, and the lines that come of them.
struct Block {
  let grid: Grid
  let label: String?
  let gap: Int
  private let entries: Entries
  private let glyphs: Glyphs
  private let isColored: Bool
  private let formats: [NumberFormat]
  private var columns: [Column]
  /// The columns of the row numbers; nil where rows aren't numbered.
  private let margin: Int?
  private let isIndexed: Bool

  /// The columns of the text between two blanks, and how much of them lies behind the units.
  private struct Column {
    var leading = 0
    var trailing = 0
    var other = 0
    var width: Int { max(leading + trailing, other) }
  }

  init(
    _ grid: Grid, label: String?, entries: Entries, formats: [NumberFormat], gap: Int, isIndexed: Bool,
    hasRowNumbers: Bool, glyphs: Glyphs, isColored: Bool
  ) {
    self.grid = grid
    self.label = label
    self.entries = entries
    self.formats = formats
    self.gap = gap
    self.isIndexed = isIndexed
    self.glyphs = glyphs
    self.isColored = isColored
    margin = isIndexed && hasRowNumbers ? String(max(grid.rows.total - 1, 0)).count : nil
    columns = [Column](repeating: Column(), count: grid.columns.count)
    measure()
  }

  /// The columns of the widest line.
  var width: Int {
    var width = (margin ?? -2) + 2 + columns.reduce(0) { $0 + $1.width } + gap * max(columns.count - 1, 0)
    if grid.columns.isElided { width += (columns.isEmpty ? 0 : gap) + glyphs.ellipsis.columns }
    return max(width, label?.columns ?? 0)
  }

  /// The lines it takes.
  var height: Int { grid.rows.count + (grid.rows.isElided ? 1 : 0) + (isIndexed ? 1 : 0) + (label == nil ? 0 : 1) }

  var lines: [Line] {
    var lines: [Line] = []
    lines.reserveCapacity(height)
    if let label {
      var line = Line()
      line.append(label, style: dim)
      lines.append(line)
    }
    if isIndexed { lines.append(numbers) }
    for row in Stoppable(0..<grid.rows.count) {
      if grid.rows.isElided, row == grid.rows.head { lines.append(omission) }
      lines.append(line(row))
    }
    return lines
  }

  private var dim: Style? { isColored ? .dim : nil }

  private mutating func measure() {
    for row in Stoppable(0..<grid.rows.count) {
      for position in Stoppable(columns.indices) {
        switch entries[grid.index(row: row, column: position)] {
        case .number(let value):
          let numeral = formats[position].numeral(value)
          if numeral.isExponential {
            columns[position].other = max(columns[position].other, numeral.width)
          } else {
            columns[position].leading = max(columns[position].leading, numeral.leading)
            columns[position].trailing = max(columns[position].trailing, numeral.trailing)
          }
        case .word(let word): columns[position].other = max(columns[position].other, word.utf8.count)
        case .removed, .gated, .on: columns[position].leading = max(columns[position].leading, 1)
        }
      }
    }
    guard isIndexed else { return }
    for position in columns.indices {
      columns[position].other = max(columns[position].other, String(grid.columns[position]).count)
    }
  }

  private func line(_ row: Int) -> Line {
    var line = Line()
    var edge = begin(&line, label: String(grid.rows[row]))
    let showsEllipsis = row == 0 || row == grid.rows.count - 1
    for position in Stoppable(columns.indices) {
      pass(position, of: &line, edge: &edge, mark: showsEllipsis ? glyphs.ellipsis : nil)
      let column = columns[position]
      edge += column.width
      let units = edge - column.trailing
      switch entries[grid.index(row: row, column: position)] {
      case .number(let value):
        let numeral = formats[position].numeral(value)
        let width = numeral.width
        line.skip(to: numeral.isExponential ? edge - width : units - numeral.leading)
        line.append(numeral, width: width)
      case .word(let word): put(word, in: &line, endingAt: edge, style: isColored ? .red : nil)
      case .removed: put(glyphs.removed, in: &line, endingAt: units, style: dim)
      case .gated: put(glyphs.gated, in: &line, endingAt: units, style: dim)
      case .on: put("1", in: &line, endingAt: units, style: nil)
      }
      edge += gap
    }
    pass(columns.count, of: &line, edge: &edge, mark: showsEllipsis ? glyphs.ellipsis : nil)
    return line
  }

  /// The line of column numbers.
  private var numbers: Line { marks(label: "", ellipsis: nil) { String(grid.columns[$0]) } }

  /// The line that stands for the rows left out.
  private var omission: Line {
    marks(label: glyphs.verticalEllipsis, ellipsis: glyphs.diagonalEllipsis) { _ in glyphs.verticalEllipsis }
  }

  private func marks(label: String, ellipsis: String?, text: (Int) -> String) -> Line {
    var line = Line()
    var edge = begin(&line, label: label)
    for position in columns.indices {
      pass(position, of: &line, edge: &edge, mark: ellipsis)
      edge += columns[position].width
      put(text(position), in: &line, endingAt: edge, style: dim)
      edge += gap
    }
    return line
  }

  /// Writes the row number, if there are any; the result is where the first column starts.
  private func begin(_ line: inout Line, label: String) -> Int {
    guard let margin else { return 0 }
    put(label, in: &line, endingAt: margin, style: dim)
    return margin + 2
  }

  /// Steps over the columns left out before a position, if that is where they are.
  private func pass(_ position: Int, of line: inout Line, edge: inout Int, mark: String?) {
    guard grid.columns.isElided, position == grid.columns.head else { return }
    edge += glyphs.ellipsis.columns
    if let mark { put(mark, in: &line, endingAt: edge, style: dim) }
    edge += gap
  }

  private func put(_ text: String, in line: inout Line, endingAt edge: Int, style: Style?) {
    line.skip(to: edge - text.columns)
    line.append(text, style: style)
  }
}
