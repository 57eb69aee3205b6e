import Graphs
import Plans
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Every operation is told by `:why`, its value and its gradient.
@Suite struct WhyEveryOperatorTests {
  private static let setting = """
    a = uniform(2, 3, low=0.2, high=0.9); b = uniform(2, 3, low=0.2, high=0.9); c = uniform(2, 3, low=0.2, high=0.9)
    s = uniform(3, 3, low=0.2, high=0.9); v = uniform(3, low=0.2, high=0.9)
    """

  @Test(arguments: OperatorTests.allTrials) func isTold(trial: (name: String, expression: String)) throws {
    var session = Session()
    _ = printed(Self.setting, in: &session)
    let words = trial.expression.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    let name = ["a", "s", "v"].first { words.contains(Substring($0)) }
    let entry = ["a": "[1, 2]", "s": "[1, 2]", "v": "[1]"]
    let questions =
      ["sum(\(trial.expression))"]
      + (name.map { ["grad(sum(sin(\(trial.expression))), \($0))\(entry[$0] ?? "")"] } ?? [])
    for question in questions {
      let answer = printed(":why \(question)", in: &session)
      // What has no derivative says so.
      if answer.contains("error") { continue }
      let lines = answer.split(separator: "\n")
      #expect(!lines.isEmpty && lines.count <= 6, "\(question): \(answer)")
      #expect(!answer.contains("a value in between"), "\(question): \(answer)")
      #expect(lines.allSatisfy { $0.count < 400 }, "\(question): \(answer)")
      // The number that is told is the number that it is.
      let evaluator = Evaluator(session)
      let symbol = try evaluator.tensor(try Parser.parseExpression(question))
      let value = try #require(try evaluator.builder.value(of: symbol).scalar)
      guard let told = Double(lines[0].prefix { $0 != " " && $0 != ":" }) else { continue }
      if told.isNaN && value.isNaN || told == value { continue }
      #expect(abs(told - value) <= 1e-3 * abs(value) + 1e-6, "\(question) is \(value): \(answer)")
    }
  }

  /// Where an entry comes from is where the entry goes to.
  @Test(arguments: OperatorTests.allTrials) func placesAreTheOtherWayOfTerms(trial: (name: String, expression: String))
    throws
  {
    var session = Session()
    _ = printed(Self.setting, in: &session)
    let evaluator = Evaluator(session)
    guard case .tensor(let symbol) = try evaluator.evaluate(try Parser.parseExpression(trial.expression)) else {
      return
    }
    let graph = evaluator.builder.graph
    let needed = graph.needed(for: [symbol.reference])
    let provenance = Provenance(graph) { try? evaluator.builder.value(of: evaluator.builder.symbol($0)) }
    for index in graph.nodes.indices where needed[index] {
      let reference = Graph.Reference(index: index)
      guard case .apply(let primitive, let operands) = graph[reference].kind, graph[reference].shape.count > 0 else {
        continue
      }
      for flat in [0, graph[reference].shape.count - 1] {
        let place = graph[reference].shape.place(of: flat)
        for term in provenance.terms(of: reference, at: place) {
          for source in term {
            // A mask, an index or a place that a rule goes by is no entry that is moved; one operand may be read twice.
            let ways = operands.indices.filter { operands[$0] == source.reference }.map {
              provenance.places(of: reference, reading: source.place, operand: $0)
            }
            if ways.contains(where: { $0 == nil }) { continue }
            #expect(
              ways.contains { $0?.contains(place) == true },
              "\(trial.expression): \(primitive.name) \(source.place) to \(place)")
          }
        }
      }
    }
  }
}
