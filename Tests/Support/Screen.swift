/// What a terminal shows: the few control sequences that the line editor and the console use.
package struct Screen {
  package let columns: Int
  package let rows: Int
  private struct Cell {
    var character: Character = " "
    /// The codes of its colours; none for the usual one.
    var style = ""
    /// The right half of a wide character.
    var isTail = false
  }

  private var cells: [[Cell]]
  private var style = ""
  private var row = 0
  private var column = 0
  /// The next character goes to the next line.
  private var isFull = false
  private var pending: [Unicode.Scalar] = []

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: Self.blanks(columns), count: rows)
  }

  /// The lines without blanks at their ends, nor empty ones at the end; colours as their codes, `‹2›` and `‹›` around.
  package var text: String {
    var lines = cells.map { line -> String in
      let shown = line.dropLast(line.reversed().prefix { $0.character == " " }.count)
      var (text, style) = ("", "")
      for cell in shown {
        if cell.style != style { text += "‹\(cell.style)›" }
        style = cell.style
        if !cell.isTail { text.append(cell.character) }
      }
      return style.isEmpty ? text : text + "‹›"
    }
    while lines.last == "" { lines.removeLast() }
    return lines.joined(separator: "\n")
  }

  private static func blanks(_ count: Int) -> [Cell] { Array(repeating: Cell(), count: count) }

  package mutating func write(_ text: String) {
    for scalar in text.unicodeScalars { write(scalar) }
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    if !pending.isEmpty {
      pending.append(scalar)
      // A sequence ends with a letter or ~.
      if pending.count == 2 ? scalar != "[" : "@"..."~" ~= scalar {
        control(pending)
        pending = []
      }
      return
    }
    switch scalar {
    case "\u{1B}": pending = [scalar]
    case "\r": (column, isFull) = (0, false)
    case "\n": lineFeed()
    case "\u{8}": (column, isFull) = (max(0, column - 1), false)
    case "\u{7}": break
    default:
      put(scalar)
    }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    let width = scalar.columns
    if width == 0 {
      // On the character before the cursor.
      let place = isFull ? column : max(0, column - 1)
      let base = place > 0 && cells[row][place].isTail ? place - 1 : place
      cells[row][base].character = Character(String(cells[row][base].character) + String(scalar))
      return
    }
    if isFull || column + width > columns {
      column = 0
      lineFeed()
    }
    cells[row][column] = Cell(character: Character(scalar), style: style)
    if width == 2 { cells[row][column + 1] = Cell(character: " ", style: style, isTail: true) }
    column += width
    if column >= columns { (column, isFull) = (columns - 1, true) }
  }

  /// The place of the cursor, from 0.
  package var cursor: (row: Int, column: Int) { (row, column) }

  private mutating func lineFeed() {
    isFull = false
    if row < rows - 1 {
      row += 1
    } else {
      cells.removeFirst()
      cells.append(Self.blanks(columns))
    }
  }

  private mutating func control(_ sequence: [Unicode.Scalar]) {
    guard sequence.count > 2, let last = sequence.last else { return }
    let numbers = String(String.UnicodeScalarView(sequence[2..<sequence.count - 1])).split(separator: ";")
      .compactMap { Int($0) }
    let count = max(1, numbers.first ?? 1)
    isFull = false
    switch last {
    case "A": row = max(0, row - count)
    case "B": row = min(rows - 1, row + count)
    case "C": column = min(columns - 1, column + count)
    case "D": column = max(0, column - count)
    case "G": column = min(columns - 1, count - 1)
    case "H": (row, column) = (min(rows, count) - 1, min(columns, numbers.count > 1 ? max(1, numbers[1]) : 1) - 1)
    case "K" where numbers.first ?? 0 == 0: for place in column..<columns { cells[row][place] = Cell() }
    case "J" where numbers.first ?? 0 == 0:
      for place in column..<columns { cells[row][place] = Cell() }
      for below in row + 1..<max(rows, row + 1) { cells[below] = Self.blanks(columns) }
    case "J" where numbers.first == 2: cells = Array(repeating: Self.blanks(columns), count: rows)
    case "P":
      cells[row].removeSubrange(column..<min(columns, column + count))
      cells[row] += Self.blanks(columns - cells[row].count)
    case "@":
      cells[row].insert(contentsOf: Self.blanks(count), at: column)
      cells[row].removeSubrange(columns...)
    case "m":
      let codes = numbers.map(String.init).joined(separator: ";")
      style = codes == "0" ? "" : codes
    default: break
    }
  }
}

extension Unicode.Scalar {
  /// Columns on a terminal, for the characters that tests type.
  fileprivate var columns: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
