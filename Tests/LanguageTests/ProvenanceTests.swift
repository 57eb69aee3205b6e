import Graphs
import Plans
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// An entry is made of the entries that are named for it, and of nothing else.
@Suite struct ProvenanceTests {
  private static let setting = """
    :precision float64
    a = uniform(2, 3, low=0.2, high=0.9); b = uniform(2, 3, low=0.2, high=0.9); c = uniform(2, 3, low=0.2, high=0.9)
    s = uniform(3, 3, low=0.2, high=0.9); v = uniform(3, low=0.2, high=0.9)
    """

  @Test(arguments: OperatorTests.allTrials) func whatIsNotNamedHasNoSay(trial: (name: String, expression: String))
    throws
  {
    var session = Session()
    _ = printed(Self.setting, in: &session)
    var random = SplitMix(trial.expression.utf8.count)
    let words = trial.expression.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    let name = ["a", "s", "v"].first { words.contains(Substring($0)) }
    for text in [trial.expression] + (name.map { ["grad(sum(sin(\(trial.expression))), \($0))"] } ?? []) {
      let evaluator = Evaluator(session)
      guard case .tensor(let symbol) = try evaluator.evaluate(try Parser.parseExpression(text)) else { continue }
      let (graph, parameters) = (evaluator.builder.graph, evaluator.builder.parameters.map(\.value))
      let needed = graph.needed(for: [symbol.reference])
      let references = graph.nodes.indices.filter { needed[$0] }.map(Graph.Reference.init)
      let values = Dictionary(
        uniqueKeysWithValues: zip(references, try graph.interpret(references, parameters: parameters)))
      let provenance = Provenance(graph) { values[$0] }
      for reference in references {
        guard let value = values[reference], value.count > 0 else { continue }
        let place = value.shape.place(of: Int.random(in: 0..<value.count, using: &random))
        let sources = Set(provenance.terms(of: reference, at: place).joined())
        guard !sources.isEmpty else { continue }
        let changed = values.filter { operand, _ in sources.contains { $0.reference == operand } }
          .mapValuesWithKeys { Self.changed($1, besides: sources, of: $0) }
        // Nothing but the one node is computed again: what it is made of has other values than it would have.
        let given = values.filter { $0.key != reference }.merging(changed) { $1 }
        let other = try graph.interpret([reference], parameters: parameters, overriding: given)[0]
        let offset = value.shape.offset(of: place)
        let (x, y) = (value[flat: offset], other[flat: offset])
        #expect(x == y || x.isNaN && y.isNaN, "\(text): \(graph.primitive(of: reference)?.name ?? "") at \(place)")
      }
    }
  }

  /// Every entry another one, but for those that are named.
  private static func changed(
    _ tensor: Tensor, besides sources: Set<Provenance.Source>, of reference: Graph.Reference
  ) -> Tensor {
    let kept = Set(sources.filter { $0.reference == reference }.map { tensor.shape.offset(of: $0.place) })
    let values = (0..<tensor.count).map { flat in
      kept.contains(flat)
        ? tensor[flat: flat] : tensor.type == .bool ? 1 - tensor[flat: flat] : tensor[flat: flat] + 1.375
    }
    return Tensor(values, shape: tensor.shape, type: tensor.type)
  }
}

extension Dictionary {
  fileprivate func mapValuesWithKeys(_ transform: (Key, Value) -> Value) -> [Key: Value] {
    Dictionary(uniqueKeysWithValues: map { ($0, transform($0, $1)) })
  }
}
