import Printing
import Syntax
import Tensors

/// Commands that draw an expression.
extension Command {
  static let ofGraphs = [graph]

  static let graph = Command(
    ":graph EXPR [with grad]",
    "The dataflow of an expression, drawn from its inputs down; with the lengths of its gradients, too."
  ) { session, call, emit throws(Diagnostic) in
    let suffix = " with grad"
    var asked = call
    while asked.text.last?.isWhitespace == true { asked.text.removeLast() }
    let isMeasured = asked.text.hasSuffix(suffix)
    if isMeasured { asked.text.removeLast(suffix.count) }
    let expression = try asked.expression(":graph loss")
    let magnitudes = isMeasured ? try Magnitudes(session, expression) : nil
    let flow = try Dataflow(session, expression, magnitudes)
    let text = flow.drawn(in: session.display.width ?? 120, isASCII: session.display.isASCII) ?? flow.list
    emit(session.surroundings.isRich ? .shown(text, Output.Rich(svg: DataflowExport(flow).svg)) : .result(text))
  }
}

extension Dataflow {
  /// Nil where there is no room for it.
  fileprivate func drawn(in room: Int, isASCII: Bool) -> String? {
    for isCompact in [false, true] {
      let layout = DataflowLayout(self, isCompact: isCompact)
      if layout.width <= room { return DataflowDrawing(self, layout, isASCII: isASCII).text }
    }
    return nil
  }

  /// A line a node, where a drawing would be too wide.
  var list: String {
    let labels = nodes.indices.map { "%\($0)" }
    return nodes.enumerated().map { index, node in
      let operands = node.operands.map { labels[$0] }.joined(separator: " ")
      let kind = node.kind == .weights || node.kind == .mask ? " (\(node.kind.rawValue))" : ""
      let name = node.name.map { "\($0) = " } ?? ""
      return ["\(labels[index])", name + node.label + kind, operands, node.shape].filter { !$0.isEmpty }
        .joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
