/// Where the nodes of a dataflow stand: inputs in the first row, every value below what it is made from.
struct DataflowLayout {
  /// A node, or the place where the edge of one passes a row.
  struct Place {
    var node: Int
    var isPassing: Bool
    var center = 0
    /// Positions, in the row above, of what it is made from.
    var sources: [Int] = []
  }

  private(set) var rows: [[Place]] = []
  private(set) var width = 0
  private let flow: Dataflow
  private let gap = 2

  /// Inputs stand in the first row, or, if that is too wide, right above their first reader.
  init(_ flow: Dataflow, isCompact: Bool) {
    self.flow = flow
    var level = [Int](repeating: 0, count: flow.nodes.count)
    for (index, node) in flow.nodes.enumerated() { level[index] = (node.operands.map { level[$0] + 1 }).max() ?? 0 }
    var last = level
    for (index, node) in flow.nodes.enumerated() {
      for operand in node.operands { last[operand] = max(last[operand], level[index] - 1) }
    }
    if isCompact {
      var first = [Int](repeating: .max, count: flow.nodes.count)
      for (index, node) in flow.nodes.enumerated() {
        for operand in node.operands { first[operand] = min(first[operand], level[index] - 1) }
      }
      for (index, node) in flow.nodes.enumerated() where node.operands.isEmpty && first[index] < .max {
        level[index] = first[index]
      }
    }
    for row in 0...(level.max() ?? 0) { addRow(row, level, last) }
    let start = rows.joined().map { $0.center - leftHalf($0) }.min() ?? 0
    for row in rows.indices { for place in rows[row].indices { rows[row][place].center -= start } }
    width = rows.joined().map { $0.center + rightHalf($0) }.max() ?? 0
  }

  private mutating func addRow(_ row: Int, _ level: [Int], _ last: [Int]) {
    let above = rows.last ?? []
    var places: [(place: Place, wanted: Double)] = []
    for (index, node) in flow.nodes.enumerated() where level[index] == row || level[index] < row && row <= last[index] {
      var place = Place(node: index, isPassing: level[index] < row)
      let made = place.isPassing ? [index] : node.operands
      place.sources = made.compactMap { operand in above.firstIndex { $0.node == operand } }
      let centers = Array(Set(place.sources)).map { Double(above[$0].center) }
      let wanted = centers.isEmpty ? Double.greatestFiniteMagnitude : centers.reduce(0, +) / Double(centers.count)
      places.append((place, wanted))
    }
    // Without a place of their own, inputs come behind those that have one, in the order they are read.
    let order = places.indices.sorted { (places[$0].wanted, $0) < (places[$1].wanted, $1) }
    var line: [Place] = []
    var end: Int?
    for index in order {
      var place = places[index].place
      let (left, right) = (leftHalf(place), rightHalf(place))
      let wanted = places[index].wanted < .greatestFiniteMagnitude ? Int(places[index].wanted.rounded()) : nil
      var center = wanted ?? (end ?? 0) + left
      if let end { center = max(center, end + left) }
      // Right below another's value it would seem to be made from that.
      while above.enumerated().contains(where: { $0.element.center == center && !place.sources.contains($0.offset) }) {
        center += 1
      }
      place.center = center
      end = center + right + gap
      line.append(place)
    }
    rows.append(line)
  }

  private func leftHalf(_ place: Place) -> Int { place.isPassing ? 0 : text(of: place).count / 2 }

  private func rightHalf(_ place: Place) -> Int {
    if place.isPassing { return 1 }
    let text = text(of: place).count
    let shape = flow.nodes[place.node].shape.count
    return max(text - text / 2, shape == 0 ? 1 : shape + 2)
  }

  /// What stands at a node's place.
  func text(of place: Place) -> String {
    let node = flow.nodes[place.node]
    switch node.kind {
    case .weights: return node.label + " (weights)"
    case .mask: return node.label + " (mask)"
    case .operation: return node.name.map { "\($0) = \(node.label)" } ?? node.label
    case .input, .constant: return node.label
    }
  }
}
