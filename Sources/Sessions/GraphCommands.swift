import Syntax
import Tensors

/// Commands that draw an expression.
extension Command {
  static let ofGraphs = [graph, export]

  static let graph = Command(":graph EXPR", "The dataflow of an expression, drawn from its inputs down.") {
    session, call, emit throws(Diagnostic) in
    let flow = try Dataflow(session, try call.expression(":graph loss"))
    let room = session.display.width ?? 120
    for isCompact in [false, true] {
      let layout = DataflowLayout(flow, isCompact: isCompact)
      guard layout.width <= room else { continue }
      return emit(.result(DataflowDrawing(flow, layout, isASCII: session.display.isASCII).text))
    }
    emit(.result(flow.list))
  }

  static let export = Command(":export dot|svg EXPR FILE", "Writes an expression's dataflow for other programs.") {
    session, call, emit throws(Diagnostic) in
    let usage = ":export svg loss \"loss.svg\""
    let words = call.words
    guard words.count >= 3, ["dot", "svg"].contains(words[0]), let path = words.last else {
      throw Diagnostic("a kind (dot or svg), an expression and a file are wanted", at: call.range, help: usage)
    }
    let text = words[1..<words.count - 1].joined(separator: " ")
    let expression: Expression
    do throws(Diagnostic) { expression = try Parser.parseExpression(text) } catch {
      throw Diagnostic(error.message, at: call.range, help: usage)
    }
    let flow: Dataflow
    do throws(Diagnostic) { flow = try Dataflow(session, expression) } catch {
      throw Diagnostic(error.message, at: call.range, help: error.help, note: error.note)
    }
    let name =
      path.count > 1 && path.hasPrefix("\"") && path.hasSuffix("\"") ? String(path.dropFirst().dropLast()) : path
    let exported = words[0] == "dot" ? DataflowExport(flow).dot : DataflowExport(flow).svg
    do throws(Diagnostic) { try session.files.write(name, exported) } catch { throw error.placed(call.range) }
    emit(.result("wrote \"\(name)\""))
  }
}

extension Dataflow {
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
