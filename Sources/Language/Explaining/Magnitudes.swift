import Graphs
import Syntax
import Tensors

/// How long the gradient of a result is by each name and expression that it is made from.
struct Magnitudes {
  private var lengths: [String: Double] = [:]

  /// - Throws: what keeps an expression from being differentiated.
  init(_ session: Session, _ expression: Expression) throws(Diagnostic) {
    let evidence = Evidence(session)
    let evaluator = evidence.evaluator
    let leaves = evaluator.leaves(of: expression)
    let symbol = try evaluator.withTargets(leaves) { () throws(Diagnostic) in try evaluator.tensor(expression) }
    guard symbol.shape.count == 1, symbol.type != .bool else {
      throw Diagnostic(
        "gradients go back from one number; \(expression.description) is \(symbol.shape)", at: expression.range,
        help: ":graph sum(\(expression.description)) with grad")
    }
    _ = evaluator.builder.gradient(of: symbol.asFloat, withRespectTo: leaves.values.flatMap(\.floats))
    guard let pass = evaluator.builder.passes.last else { return }
    evidence.settle(symbol)
    for (node, adjoint) in pass.adjoints {
      guard let length = evidence.value(adjoint)?.length else { continue }
      if let name = evidence.name(of: node) { lengths[name] = length }
      if let text = evaluator.origins.text(of: node) { lengths[text] = length }
    }
  }

  subscript(text: String) -> Double? { lengths[text] }
}
