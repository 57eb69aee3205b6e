import Tensors
import Text

/// A matrix as shades around 0, two columns an entry, for `heat`.
package struct HeatMap: Drawing {
  let shown: Shown

  package init(_ shown: Shown) { self.shown = shown }

  private enum Cell {
    case removed, gated, zero, missing
    /// Shades from 1 to 4.
    case shade(Int, isNegative: Bool)
  }

  package func text(_ display: Display) -> String {
    let frame = Frame(display, title: shown.title ?? "")
    let shape = shown.tensor.shape
    let (rows, columns) = (shape.rank == 1 ? 1 : shape[0], shape[shape.rank - 1])
    guard rows > 0, columns > 0 else { return frame.heading(["empty"]) }
    let tall = (rows + roomDown(display) - 1) / roomDown(display)
    let wide = (columns + (frame.width - 2) / 2 - 1) / ((frame.width - 2) / 2)
    let (blocks, largest) = blocks(rows, columns, tall, wide)
    let lines = blocks.map { row in
      var line = Line()
      line.skip(2)
      for block in row {
        let (text, style) = drawn(cell(block, largest), display)
        line.append(text, style: display.isColored ? style : nil)
      }
      return String(decoding: line.bytes, as: UTF8.self)
    }
    let times = display.glyphs.times
    var remarks = [shape.extents.map(String.init).joined(separator: times)]
    let isNothing = blocks.joined().allSatisfy { ($0.value ?? 0) == 0 }
    if isNothing { remarks.append("nothing but zeros") }
    if tall * wide > 1 { remarks.append("each cell is the mean of \(tall)\(times)\(wide)") }
    return ([frame.heading(remarks)] + lines + (isNothing ? [] : [legend(largest, frame)])).joined(separator: "\n")
  }

  /// Means of so many entries down and across, and the largest magnitude among them.
  private func blocks(
    _ rows: Int, _ columns: Int, _ tall: Int, _ wide: Int
  ) -> (blocks: [[(value: Double?, cause: Cause)]], largest: Double) {
    let blocks = (0..<(rows + tall - 1) / tall).map { row in
      (0..<(columns + wide - 1) / wide).map { column in
        mean(row * tall..<min((row + 1) * tall, rows), column * wide..<min((column + 1) * wide, columns), columns)
      }
    }
    return (blocks, blocks.joined().compactMap(\.value).filter(\.isFinite).map(abs).max() ?? 0)
  }

  package func svg(_ display: Display) -> String {
    let frame = Frame(display, title: shown.title ?? "")
    let shape = shown.tensor.shape
    let (rows, columns) = (shape.rank == 1 ? 1 : shape[0], shape[shape.rank - 1])
    var remarks = [frame.title, shape.extents.map(String.init).joined(separator: "×")].filter { !$0.isEmpty }
    guard rows > 0, columns > 0 else { return Markup(height: 30).svg(heading: remarks.joined(separator: " · ")) }
    let (tall, wide) = ((rows + 127) / 128, (columns + 127) / 128)
    let (blocks, largest) = blocks(rows, columns, tall, wide)
    if tall * wide > 1 { remarks.append("each cell is the mean of \(tall)×\(wide)") }
    let cells = MatrixCells(rows: blocks.count, columns: blocks[0].count)
    var markup = Markup(height: cells.height + 34)
    for (row, line) in blocks.enumerated() {
      for (column, block) in line.enumerated() {
        let place = "[\(row * tall), \(column * wide)]"
        switch cell(block, largest) {
        case .removed: cells.dot(row, column, isRemoved: true, &markup)
        case .gated: cells.dot(row, column, isRemoved: false, &markup)
        case .zero: cells.fill(row, column, "#f2f2f2", "\(place) 0", &markup)
        case .missing: cells.fill(row, column, "#ffe100", "\(place) not finite", &markup)
        case .shade:
          let value = block.value ?? 0
          cells.fill(row, column, Self.color(value / largest), "\(place) \(frame.number(value))", &markup)
        }
      }
    }
    let bottom = cells.height + 24
    for step in 0...40 {
      let share = Double(step) / 20 - 1
      markup.rectangle(90 + Double(step) * 6, bottom - 10, 6, 10, fill: Self.color(share))
    }
    markup.text(frame.number(-largest), 84, bottom, anchor: .end)
    markup.text(frame.number(largest), 342, bottom)
    return markup.svg(heading: remarks.joined(separator: " · "))
  }

  /// From blue below 0 over white to red above.
  private static func color(_ share: Double) -> String {
    let (from, to) = ((247.0, 247.0, 247.0), share < 0 ? (33.0, 102.0, 172.0) : (178.0, 24.0, 43.0))
    let part = min(abs(share), 1)
    func mixed(_ a: Double, _ b: Double) -> Int { Int((a + (b - a) * part).rounded()) }
    return "rgb(\(mixed(from.0, to.0)),\(mixed(from.1, to.1)),\(mixed(from.2, to.2)))"
  }

  private func roomDown(_ display: Display) -> Int { max((display.height ?? 44) - 5, 4) }

  /// The mean of the entries that aren't removed, with the cause that they have in common if it is zero.
  private func mean(_ rows: Range<Int>, _ columns: Range<Int>, _ width: Int) -> (value: Double?, cause: Cause) {
    var (sum, count) = (0.0, 0)
    var cause = Cause.structural
    for row in Stoppable(rows) {
      for column in Stoppable(columns) {
        let place = row * width + column
        let value = shown.tensor[flat: place]
        let own = shown.causes?[place] ?? (shown.tensor.type == .bool && value == 0 ? .structural : .live)
        cause = max(cause, own)
        if own == .structural { continue }
        sum += value
        count += 1
      }
    }
    return (count == 0 ? nil : sum / Double(count), cause)
  }

  private func cell(_ block: (value: Double?, cause: Cause), _ largest: Double) -> Cell {
    guard let value = block.value else { return .removed }
    if !value.isFinite { return .missing }
    if value == 0 { return block.cause == .gated ? .gated : .zero }
    return .shade(max(1, min(4, Int((abs(value) / largest * 4).rounded(.up)))), isNegative: value < 0)
  }

  private func drawn(_ cell: Cell, _ display: Display) -> (String, Style?) {
    let glyphs = display.glyphs
    switch cell {
    case .removed: return (" " + glyphs.removed, .dim)
    case .gated: return (" " + glyphs.gated, .dim)
    case .zero: return (" 0", nil)
    case .missing: return (" !", .red)
    case .shade(let level, let isNegative):
      let shade = display.glyphs.shades[level - 1]
      return isNegative ? ("-" + shade, .red) : (shade + shade, nil)
    }
  }

  private func legend(_ largest: Double, _ frame: Frame) -> String {
    let levels = (1...4).map { level in
      "\(frame.display.glyphs.shades[level - 1]) to \(frame.number(largest * Double(level) / 4))"
    }
    let text = "  " + levels.joined(separator: "  ") + "  - negative"
    if text.columns <= frame.width { return frame.dimmed(text) }
    return frame.dimmed("  \(frame.display.glyphs.shades[3]) to \(frame.number(largest))  - negative")
  }
}
