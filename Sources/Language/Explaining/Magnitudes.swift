import Graphs
import Syntax
import Tensors

/// How long the gradient of a result is by each name and expression that it is made from.
struct Magnitudes {
  private var lengths: [String: Double] = [:]

  /// - Throws: what keeps an expression from being differentiated.
  init(_ session: Session, _ expression: Expression) throws(Diagnostic) {
    let evidence = Evidence(session)
    let (_, pass) = try evidence.reverse(
      expression, for: "gradients go", help: ":graph sum(\(expression.description)) with grad")
    for (node, adjoint) in pass.adjoints {
      guard let length = evidence.value(adjoint)?.length else { continue }
      if let name = evidence.name(of: node) { lengths[name] = length }
      if let text = evidence.evaluator.origins.text(of: node) { lengths[text] = length }
    }
  }

  subscript(text: String) -> Double? { lengths[text] }
}
