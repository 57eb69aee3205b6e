import Tensors
import Testing

@testable import Graphs
@testable import Language
@testable import Plans

/// A plan at fault costs neither the answer nor the session.
@Suite struct FaultTests {
  /// Statements with a number of their own, by which their plan is found among the kept ones.
  private func answer(_ statement: String, in session: inout Session, damaging constant: Double) -> String {
    var answer = ""
    // Other tests' plans may push this one out of the cache.
    for _ in 0..<200 where !answer.contains("a fault of Gradus") {
      _ = printed(statement, in: &session)
      PlanCache.replace { nodes, outputs in
        guard nodes.contains(where: { $0.isFill(of: constant) }) else { return nil }
        return Self.damaged(nodes, outputs)
      }
      answer = printed(statement, in: &session)
    }
    return answer
  }

  private static func damaged(_ nodes: [Graph.Node], _ outputs: [Graph.Reference]) -> Plan {
    let graph = Graph(unverified: nodes)
    let simplified = Simplify(graph, outputs: outputs, laws: Simplify.Law.speculative + Simplify.Law.exact)
    let references = outputs.map { simplified[$0] }
    let plan = Plan(simplified: simplified.graph, outputs: references, guarded: simplified.guarded)
    return Plan(
      steps: Array(plan.steps.dropLast()), slots: plan.slots, outputs: plan.outputs, computing: simplified.graph,
      references, guarded: simplified.guarded, instead: (graph, outputs))
  }

  @Test func theSlowTwinAnswers() {
    var session = Session()
    _ = printed("x = [1, 2, 3];", in: &session)
    let right = printed("x * 1234.5625 + 1", in: &session)
    let text = answer("x * 1234.5625 + 1", in: &session, damaging: 1234.5625)
    #expect(text.contains("a fault of Gradus: output 1 "))
    #expect(text.contains("the slow twin gave the answer"))
    #expect(text.contains(right))
    #expect(printed("sum(x)", in: &session) == "6")
  }

  @Test func whatIsTooLargeForItIsRefused() {
    var session = Session()
    // What is kept of a statement has a plan of its own.
    session.keepsRepetitions = false
    _ = printed("x = ones(3000, 3000);", in: &session)
    let text = answer("x * 4321.5625 + 1;", in: &session, damaging: 4321.5625)
    #expect(text.contains("error: a fault of Gradus: output 1 "))
    #expect(printed("sum(x)", in: &session) == "9000000")
  }
}

extension Graph.Node {
  fileprivate func isFill(of value: Double) -> Bool {
    guard case .apply(let primitive, _) = kind, case .fill(let constant) = primitive.kernel else { return false }
    return constant.value == value
  }
}
