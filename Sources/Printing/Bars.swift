import Tensors

/// How often values occur, as upright bars, for `hist`.
package struct Bars: Drawing {
  let shown: Shown
  let bins: Int
  let rows: Int

  package init(_ shown: Shown, bins: Int = 20, rows: Int = 8) {
    self.shown = shown
    self.bins = bins
    self.rows = rows
  }

  package func text(_ display: Display) -> String {
    let frame = Frame(display, title: shown.title ?? "")
    let (values, remarks) = contents
    guard let low = values.min(), let high = values.max() else { return frame.heading(remarks) }
    let counts = counts(values, from: low, to: high)
    let most = max(counts.max() ?? 1, 1)
    let room = frame.columns(top: Double(most), bottom: 0)
    let cell = max(1, min(4, room / bins))
    let lines = (0..<rows).map { row in
      var line = counts.map { String(repeating: mark($0, of: most, row: row, display), count: cell) }.joined()
      while line.last == " " { line.removeLast() }
      return line
    }
    var narrow = display
    narrow.width = frame.width - room + cell * bins
    let axes = Frame(narrow, title: "").axes(lines, top: Double(most), bottom: 0, left: low, right: high)
    return ([frame.heading(remarks)] + axes).joined(separator: "\n")
  }

  /// The values that are counted, and what is said of the others.
  private var contents: (values: [Double], remarks: [String]) {
    let causes = shown.causes
    var values: [Double] = []
    var (removed, missing) = (0, 0)
    for index in Stoppable(0..<shown.tensor.count) {
      let value = shown.tensor[flat: index]
      if causes?[index] == .structural {
        removed += 1
      } else if value.isFinite {
        values.append(value)
      } else {
        missing += 1
      }
    }
    var remarks = ["\(values.count) value\(values.count == 1 ? "" : "s")"]
    if removed > 0 { remarks.append("\(removed) removed") }
    if missing > 0 { remarks.append("\(missing) not finite") }
    return (values, remarks)
  }

  package func svg(_ display: Display) -> String {
    let frame = Frame(display, title: shown.title ?? "")
    let (values, remarks) = contents
    let height = 260.0
    var markup = Markup(height: height)
    let heading = ([frame.title] + remarks).filter { !$0.isEmpty }.joined(separator: " · ")
    guard let low = values.min(), let high = values.max() else { return markup.svg(heading: heading) }
    let counts = counts(values, from: low, to: high)
    let up = Axis(low: 0, high: Double(max(counts.max() ?? 1, 1)), isLogarithmic: false)
    let across = Axis(low: low, high: high, isLogarithmic: false)
    let area = (left: 64.0, right: Markup.width - 16, top: 30.0, bottom: height - 30)
    for tick in up.ticks where tick.rounded() == tick {
      let y = area.bottom - up.share(tick) * (area.bottom - area.top)
      markup.line(area.left, y, area.right, y)
      markup.text(frame.number(tick), area.left - 6, y + 4, anchor: .end)
    }
    let width = (area.right - area.left) / Double(bins)
    for (place, count) in counts.enumerated() where count > 0 {
      let size = up.share(Double(count)) * (area.bottom - area.top)
      markup.rectangle(
        area.left + Double(place) * width + width / 20, area.bottom - size, width * 0.9, size, fill: Markup.colors[0],
        title: "\(count)")
    }
    markup.line(area.left, area.bottom, area.right, area.bottom, color: "#888")
    for tick in low == high ? [low] : across.ticks {
      let x = area.left + across.share(tick) * (area.right - area.left)
      markup.text(frame.number(tick), x, area.bottom + 18, anchor: .middle)
    }
    return markup.svg(heading: heading)
  }

  private func counts(_ values: [Double], from low: Double, to high: Double) -> [Int] {
    var counts = [Int](repeating: 0, count: bins)
    for index in Stoppable(values.indices) {
      let value = values[index]
      let part = low == high ? 0.5 : (value / 2 - low / 2) / (high / 2 - low / 2)
      counts[min(Int(part * Double(bins)), bins - 1)] += 1
    }
    return counts
  }

  /// What a bar shows in a row: nothing, all of it, or an eighth to seven; what is there at all shows.
  private func mark(_ count: Int, of most: Int, row: Int, _ display: Display) -> String {
    let eighths = max(count == 0 ? 0 : 1, Int((Double(count) / Double(most) * Double(rows * 8)).rounded()))
    let here = eighths - (rows - 1 - row) * 8
    if here <= 0 { return " " }
    if display.isASCII { return here >= 8 ? "#" : here >= 4 ? ":" : "." }
    return Glyphs.unicode.bars[min(here, 8) - 1]
  }
}
