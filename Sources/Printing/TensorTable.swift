import Tensors
import Text

/// A tensor for a page: a table whose zeros say what kind they are, and a formula where it is small.
package struct TensorTable {
  private let shown: Shown
  private let display: Display

  package init(_ shown: Shown, display: Display) {
    self.shown = shown
    var display = display
    (display.width, display.isColored, display.isASCII) = (nil, false, false)
    self.display = display
  }

  /// So many rows, columns and slices are shown.
  private static let most = (rows: 20, columns: 16, slices: 4)
  /// A formula has no more rows or columns than that.
  private static let mostInFormula = 10

  private var shape: Shape { shown.tensor.shape }
  private var rows: Int { shape.rank < 2 ? 1 : shape[shape.rank - 2] }
  private var columns: Int { shape.rank < 1 ? 1 : shape[shape.rank - 1] }

  private func grid(_ slice: Int, _ rows: Visible, _ columns: Visible) -> Grid {
    Grid(offset: slice * rows.total * columns.total, rows: rows, columns: columns)
  }

  private func formats(_ grids: [Grid], _ entries: Entries) -> [[NumberFormat]] {
    FormatLadder(entries: entries, digits: display.digits, hasLongWholes: true).formats(for: grids)
  }

  // MARK: HTML

  private enum Look: String {
    case removed = "color:#999"
    case gated = "color:#d55e00"
    case zero = "color:#0072b2"
    case missing = "color:#c00;font-weight:bold"
    case usual = ""
  }

  /// Nil for a number: that is as well told as text.
  package var html: String? {
    guard shape.rank > 0 else { return nil }
    let entries = Entries(shown.tensor, causes: shown.causes)
    let summary = TensorSummary(shown.tensor, distribution: true)
    let header = Header(shown, display: display, summary: summary, glyphs: display.glyphs, digits: nil)
    let caption = header.parts(glyphs: display.glyphs, isEmpty: shown.tensor.count == 0)
      .map { $0.separator + $0.text }.joined()
    var parts = ["<div style=\"color:#666;font-family:monospace\">\(HTML.escaped(caption))</div>"]
    guard shown.tensor.count > 0 else { return "<div>\(parts[0])</div>" }
    let slices = shape.rank < 3 ? 1 : Shape(Array(shape.extents.dropLast(2))).count
    let visible = Visible.some(shown.isElisionOff ? slices : Self.most.slices, of: slices)
    let (down, across) = (
      Visible.some(shown.isElisionOff ? rows : Self.most.rows, of: rows),
      Visible.some(shown.isElisionOff ? columns : Self.most.columns, of: columns)
    )
    let isCut = down.isElided || across.isElided || visible.isElided
    let grids = (0..<visible.count).map { grid(visible[$0], down, across) }
    let formats = formats(grids, entries)
    for (place, grid) in grids.enumerated() {
      if visible.isElided, place == visible.head { parts.append("<div>⋮</div>") }
      if shape.rank > 2 {
        parts.append("<div style=\"color:#666\">[\(shape.place(ofSlice: visible[place])), :, :]</div>")
      }
      parts.append(table(grid, formats[place], entries, isIndexed: isCut))
    }
    if isCut {
      let hidden = [
        (visible.hidden, "slice"), (down.hidden, "row"), (across.hidden, shape.rank > 1 ? "column" : "entry"),
      ].filter { $0.0 > 0 }
      let words = hidden.map { "\($0) \($0 == 1 ? $1 : $1 == "entry" ? "entries" : $1 + "s")" }
      parts.append("<div style=\"color:#666\">\(words.joined(separator: ", ")) hidden · :all shows them</div>")
    }
    return "<div>\n\(parts.joined(separator: "\n"))\n</div>"
  }

  private func table(_ grid: Grid, _ formats: [NumberFormat], _ entries: Entries, isIndexed: Bool) -> String {
    let cell = "padding:1px 8px;text-align:right;font-family:monospace;border:none"
    func head(_ text: String) -> String { "<th style=\"\(cell);color:#999;font-weight:normal\">\(text)</th>" }
    func place(_ text: String, _ look: Look) -> String {
      "<td style=\"\(cell)\(look == .usual ? "" : ";" + look.rawValue)\">\(text)</td>"
    }
    var lines: [String] = []
    func line(_ parts: [String], ellipsis: String) -> String {
      var parts = parts
      if grid.columns.isElided { parts.insert(ellipsis, at: grid.columns.head + (isIndexed && shape.rank > 1 ? 1 : 0)) }
      return "<tr>\(parts.joined())</tr>"
    }
    let numbersRows = isIndexed && shape.rank > 1
    if isIndexed {
      let numbers = (0..<grid.columns.count).map { head("\(grid.columns[$0])") }
      lines.append(line((numbersRows ? [head("")] : []) + numbers, ellipsis: head("…")))
    }
    for row in Stoppable(0..<grid.rows.count) {
      if grid.rows.isElided, row == grid.rows.head {
        let marks = (0..<grid.columns.count).map { _ in place("⋮", .removed) }
        lines.append(line((numbersRows ? [head("⋮")] : []) + marks, ellipsis: place("⋱", .removed)))
      }
      let texts = (0..<grid.columns.count).map { column in
        let (text, look) = text(of: entries[grid.index(row: row, column: column)], formats[column])
        return place(text, look)
      }
      lines.append(
        line((numbersRows ? [head("\(grid.rows[row])")] : []) + texts, ellipsis: place("…", .removed)))
    }
    return "<table style=\"border-collapse:collapse;margin:2px 0\">\n\(lines.joined(separator: "\n"))\n</table>"
  }

  private func text(of entry: PrintedEntry, _ format: NumberFormat) -> (String, Look) {
    switch entry {
    case .number(let value): (format.numeral(value).text, value == 0 ? .zero : .usual)
    case .word(let word): (word, .missing)
    case .removed: ("<span title=\"removed\">⋅</span>", .removed)
    case .gated: ("<span title=\"gated\">∘</span>", .gated)
    case .on: ("1", .usual)
    }
  }

  // MARK: LaTeX

  /// Nil where it would be too large to read, or isn't a matrix.
  package var latex: String? {
    guard 1...2 ~= shape.rank, 1...Self.mostInFormula ~= rows, 1...Self.mostInFormula ~= columns else { return nil }
    let entries = Entries(shown.tensor, causes: shown.causes)
    let grid = grid(0, .all(rows), .all(columns))
    let formats = formats([grid], entries)[0]
    let lines = (0..<rows).map { row in
      (0..<columns).map { column in
        switch entries[grid.index(row: row, column: column)] {
        case .number(let value): return format(formats[column].numeral(value).text)
        case .word(let word): return word == "NaN" ? "\\mathrm{NaN}" : word.replacing("inf", with: "\\infty")
        case .removed: return "\\cdot"
        case .gated: return "\\circ"
        case .on: return "1"
        }
      }.joined(separator: " & ")
    }
    return "$\\displaystyle \\begin{bmatrix} \(lines.joined(separator: " \\\\ ")) \\end{bmatrix}$"
  }

  /// `1.5e-7` as a power of ten.
  private func format(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "e") else { return text }
    return "\(text[..<mark]) \\cdot 10^{\(text[text.index(after: mark)...])}"
  }
}
