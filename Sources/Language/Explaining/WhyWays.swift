import Graphs
import Syntax
import Tensors

/// An entry of a gradient, split by names that the result is made from.
extension Why {
  func split(_ symbol: Symbol, _ place: [Int], _ expression: Expression, _ ways: [String]) throws(Diagnostic) {
    guard let (pass, node) = asked(symbol.reference, expression) else {
      throw Diagnostic(
        "only a gradient is split by names", at: expression.range, help: ":why grad(loss, w)[0] by \(ways[0])")
    }
    let value = evidence.entry(symbol.reference, place)
    var parts: [(name: String, value: Double)] = []
    for way in ways {
      let through = evaluator.origins.names.filter { $0.value == way && pass.adjoints[$0.key] != nil }.keys.max()
      guard let through, let adjoint = pass.adjoints[through] else {
        throw Diagnostic(
          "\(way) does not lie between \(result(pass)) and \(evidence.written(node, []))", at: expression.range,
          help: "name what \(result(pass)) is made from")
      }
      let part = evidence.gradient(of: through, by: node, seed: evaluator.builder.symbol(adjoint))
      parts.append((way, evidence.entry(part.reference, place)))
    }
    let rest = value - parts.reduce(0) { $0 + $1.value }
    let size = parts.reduce(abs(value)) { $0 + abs($1.value) }
    var words = parts.map { "\(evidence.operand($0.value)) from \($0.name)" }
    if abs(rest) > 1e-5 * size { words.append("\(evidence.operand(rest)) from elsewhere") }
    say("\(evidence.number(value)) = \(words.joined(separator: " + "))")
  }
}
