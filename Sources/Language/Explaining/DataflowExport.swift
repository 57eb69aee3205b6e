import Text

/// A dataflow for other programs: Graphviz and browsers.
struct DataflowExport {
  private let flow: Dataflow

  init(_ flow: Dataflow) { self.flow = flow }

  /// A graph in the language of Graphviz.
  var dot: String {
    var lines = ["digraph {", "  node [fontname=\"Helvetica\"];", "  edge [fontname=\"Helvetica\", fontsize=10];"]
    for (index, node) in flow.nodes.enumerated() {
      let shape =
        switch node.kind {
        case .operation: "box, style=rounded"
        case .mask: "box, style=dashed"
        case .weights: "ellipse, style=filled, fillcolor=\"#dbeafe\""
        default: "ellipse"
        }
      lines.append("  n\(index) [label=\"\(Self.quoted(label(node)))\", shape=\(shape)];")
    }
    for (index, node) in flow.nodes.enumerated() {
      for operand in node.operands {
        lines.append("  n\(operand) -> n\(index) [label=\"\(Self.quoted(flow.nodes[operand].shape))\"];")
      }
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// A drawing that any browser shows.
  var svg: String {
    let layout = DataflowLayout(flow, isCompact: false)
    let (across, down) = (9, 72)
    var centers: [Int: (x: Int, y: Int)] = [:]
    for (row, places) in layout.rows.enumerated() {
      for place in places where !place.isPassing { centers[place.node] = (30 + place.center * across, 30 + row * down) }
    }
    let size = (width: layout.width * across + 60, height: layout.rows.count * down)
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size.width) \(size.height)\" "
        + "font-family=\"Helvetica, sans-serif\" font-size=\"14\" text-anchor=\"middle\">"
    ]
    for (index, node) in flow.nodes.enumerated() {
      guard let target = centers[index] else { continue }
      for operand in node.operands {
        guard let source = centers[operand] else { continue }
        let (from, to) = (source.y + 14, target.y - 14)
        let middle = (from + to) / 2
        lines.append(
          "  <path d=\"M \(source.x) \(from) C \(source.x) \(middle), \(target.x) \(middle), \(target.x) \(to)\" "
            + "fill=\"none\" stroke=\"#888\"/>")
      }
    }
    for (index, node) in flow.nodes.enumerated() {
      guard let center = centers[index] else { continue }
      let text = label(node)
      let half = text.count * across / 2 + 8
      let dash = node.kind == .mask ? " stroke-dasharray=\"4 3\"" : ""
      let fill = node.kind == .operation ? "#fff" : node.kind == .weights ? "#dbeafe" : "#f3f4f6"
      lines.append(
        "  <rect x=\"\(center.x - half)\" y=\"\(center.y - 14)\" width=\"\(half * 2)\" height=\"28\" rx=\"6\" "
          + "fill=\"\(fill)\" stroke=\"#444\"\(dash)/>")
      lines.append("  <text x=\"\(center.x)\" y=\"\(center.y + 5)\">\(HTML.escaped(text))</text>")
      guard !node.shape.isEmpty else { continue }
      lines.append(
        "  <text x=\"\(center.x + 6)\" y=\"\(center.y + 28)\" font-size=\"11\" text-anchor=\"start\" fill=\"#666\">"
          + "\(HTML.escaped(node.shape))</text>")
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private func label(_ node: Dataflow.Node) -> String { node.name.map { "\($0) = \(node.label)" } ?? node.label }

  private static func quoted(_ text: String) -> String {
    text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
      .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
  }
}
