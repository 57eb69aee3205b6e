/// A dataflow drawn with characters: shapes beside the edges that carry them.
struct DataflowDrawing {
  private let flow: Dataflow
  private let layout: DataflowLayout
  private let isASCII: Bool

  private static let up = 1
  private static let down = 2
  private static let left = 4
  private static let right = 8
  /// By the sides that a line leaves to.
  private static let joints = Array(" ╵╷│╴┘┐┤╶└┌├─┴┬┼")
  private static let plainJoints = Array(" ||||+++|+++-+++")

  init(_ flow: Dataflow, _ layout: DataflowLayout, isASCII: Bool) {
    self.flow = flow
    self.layout = layout
    self.isASCII = isASCII
  }

  var text: String {
    var lines: [String] = []
    for (row, places) in layout.rows.enumerated() {
      lines.append(labels(places))
      guard row + 1 < layout.rows.count else { break }
      lines.append(shapes(places))
      lines += channel(places, layout.rows[row + 1])
    }
    return lines.map { line in
      var line = line[...]
      while line.last == " " { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }

  private var bar: Character { isASCII ? "|" : "│" }

  private func labels(_ places: [DataflowLayout.Place]) -> String {
    var line = Row()
    for place in places {
      if place.isPassing {
        line.put([bar], at: place.center)
      } else {
        let text = Array(layout.text(of: place))
        line.put(text, at: place.center - text.count / 2)
      }
    }
    return line.text
  }

  private func shapes(_ places: [DataflowLayout.Place]) -> String {
    var line = Row()
    for place in places {
      let shape = place.isPassing ? "" : flow.nodes[place.node].shape
      line.put([bar] + (shape.isEmpty ? [] : [" "] + Array(shape)), at: place.center)
    }
    return line.text
  }

  /// The lines between two rows, one for each place whose edges have to turn.
  private func channel(_ above: [DataflowLayout.Place], _ below: [DataflowLayout.Place]) -> [String] {
    func reach(_ index: Int) -> Int {
      below[index].sources.map { abs(above[$0].center - below[index].center) }.max() ?? 0
    }
    // The widest turn first: those below it then don't cross it.
    let turning = below.indices.filter { reach($0) > 0 }.sorted { (reach($1), $0) < (reach($0), $1) }
    guard !turning.isEmpty else { return [] }
    var cells = Array(repeating: Array(repeating: 0, count: layout.width + 1), count: turning.count)
    // How far down the line below each value goes.
    var depths = [Int](repeating: -1, count: above.count)
    for (track, index) in turning.enumerated() {
      for source in below[index].sources { depths[source] = max(depths[source], track) }
    }
    for (index, place) in below.enumerated() where !turning.contains(index) {
      for source in place.sources { depths[source] = turning.count }
    }
    for (source, depth) in depths.enumerated() where depth >= 0 {
      for row in 0..<min(depth, turning.count) { cells[row][above[source].center] |= Self.up | Self.down }
      if depth < turning.count { cells[depth][above[source].center] |= Self.up }
    }
    for (track, index) in turning.enumerated() {
      let target = below[index].center
      let ends = below[index].sources.map { above[$0].center } + [target]
      let (first, last) = (ends.min() ?? target, ends.max() ?? target)
      for column in first...last {
        cells[track][column] |= (column > first ? Self.left : 0) | (column < last ? Self.right : 0)
      }
      cells[track][target] |= Self.down
      for row in track + 1..<max(turning.count, track + 1) { cells[row][target] |= Self.up | Self.down }
    }
    let joints = isASCII ? Self.plainJoints : Self.joints
    return cells.map { String($0.map { joints[$0] }) }
  }

  /// A line that is written to at columns.
  private struct Row {
    private var characters: [Character] = []

    var text: String { String(characters) }

    mutating func put(_ text: [Character], at column: Int) {
      let end = max(column, 0) + text.count
      if characters.count < end { characters += Array(repeating: " ", count: end - characters.count) }
      characters.replaceSubrange(max(column, 0)..<end, with: text)
    }
  }
}
