import Tensors

/// Where a matrix has entries, for `spy`: other than 0, 0, or removed.
package struct Sparsity: Drawing {
  let shown: Shown

  package init(_ shown: Shown) { self.shown = shown }

  package func text(_ display: Display) -> String {
    let frame = Frame(display, title: shown.title ?? "")
    let shape = shown.tensor.shape
    let (rows, columns) = (shape.rank == 1 ? 1 : shape[0], shape[shape.rank - 1])
    let causes = (0..<shown.tensor.count).map(cause)
    let glyphs = display.glyphs
    let remarks = remarks(causes, times: glyphs.times)
    let roomDown = max((display.height ?? 44) - 4, 4)
    if columns * 2 + 1 <= frame.width, rows <= roomDown {
      let marks: [Cause: String] = [
        .structural: glyphs.removed, .gated: glyphs.gated, .exact: "0", .live: glyphs.entry,
      ]
      let lines = (0..<rows).map { row in
        var line = Line()
        line.skip(2)
        for column in 0..<columns {
          if column > 0 { line.skip(1) }
          let cause = causes[row * columns + column]
          line.append(marks[cause] ?? "", style: display.isColored && cause < .exact ? .dim : nil)
        }
        return String(decoding: line.bytes, as: UTF8.self)
      }
      return ([frame.heading(remarks)] + lines).joined(separator: "\n")
    }
    return ([frame.heading(remarks)] + dots(causes, rows, columns, frame, roomDown)).joined(separator: "\n")
  }

  private func remarks(_ causes: [Cause], times: String) -> [String] {
    let counts = (
      on: causes.count { $0 == .live }, zero: causes.count { $0 == .exact || $0 == .gated },
      removed: causes.count { $0 == .structural }
    )
    var remarks = [
      shown.tensor.shape.extents.map(String.init).joined(separator: times),
      counts.on == 0 ? "nothing but zeros" : "\(counts.on) not 0",
    ]
    if counts.zero > 0 { remarks.append("\(counts.zero) zero") }
    if counts.removed > 0 {
      remarks +=
        shown.removals.isEmpty
        ? ["\(counts.removed) removed"] : shown.removals.map { "\($0.count) \($0.word)" }
    }
    return remarks
  }

  package func svg(_ display: Display) -> String {
    let shape = shown.tensor.shape
    let (rows, columns) = (shape.rank == 1 ? 1 : shape[0], shape[shape.rank - 1])
    let causes = (0..<shown.tensor.count).map(cause)
    let heading = [Frame(display, title: shown.title ?? "").title] + remarks(causes, times: "×")
    // A cell stands for a square of entries where there are too many, and is on where one of them is.
    let scale = max(1, (max(rows, columns) + 127) / 128)
    let cells = MatrixCells(rows: (rows + scale - 1) / scale, columns: (columns + scale - 1) / scale)
    var markup = Markup(height: cells.height + 8)
    var strongest = [Cause](repeating: .structural, count: cells.rows * cells.columns)
    for place in Stoppable(causes.indices) {
      let cell = place / columns / scale * cells.columns + place % columns / scale
      strongest[cell] = max(strongest[cell], causes[place])
    }
    for (place, cause) in strongest.enumerated() {
      let (row, column) = (place / cells.columns, place % cells.columns)
      switch cause {
      case .structural: cells.dot(row, column, isRemoved: true, &markup)
      case .gated: cells.dot(row, column, isRemoved: false, &markup)
      case .exact: cells.fill(row, column, "#e0e0e0", "[\(row * scale), \(column * scale)] 0", &markup)
      case .live: cells.fill(row, column, Markup.colors[0], nil, &markup)
      }
    }
    return markup.svg(heading: heading.filter { !$0.isEmpty }.joined(separator: " · "))
  }

  private func cause(_ place: Int) -> Cause {
    if let causes = shown.causes {
      return causes[place] == .live && shown.tensor[flat: place] == 0 ? .exact : causes[place]
    }
    if shown.tensor[flat: place] != 0 { return .live }
    return shown.tensor.type == .bool ? .structural : .exact
  }

  /// A dot for each block of entries of which one is not 0.
  private func dots(_ causes: [Cause], _ rows: Int, _ columns: Int, _ frame: Frame, _ roomDown: Int) -> [String] {
    let style: Canvas.Style = frame.display.isASCII ? .ascii : .blocks
    let cell = style.cell
    let across = frame.width - 4
    // The same scale both ways, as far as cells allow.
    let scale = max(
      1, (columns + across * cell.width - 1) / (across * cell.width),
      (rows + roomDown * cell.height - 1) / (roomDown * cell.height))
    let size = (
      columns: (columns + scale * cell.width - 1) / (scale * cell.width),
      rows: (rows + scale * cell.height - 1) / (scale * cell.height)
    )
    var canvas = Canvas(columns: size.columns, rows: size.rows, style: style)
    for place in Stoppable(causes.indices) where causes[place] == .live {
      canvas[place % columns / scale, place / columns / scale] = true
    }
    let bar = frame.dimmed(frame.display.glyphs.bar)
    return canvas.lines.map { line in
      "  " + bar + line + String(repeating: " ", count: size.columns - line.unicodeScalars.count) + bar
    }
  }
}
