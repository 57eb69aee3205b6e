import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// A plan that is kept is the plan that would be made.
@Suite struct PlanCacheTests {
  /// More graphs than are kept, alike but for an attribute, a type, a shape, an operation or which node is asked for.
  private static let graphs: [(Graph, [Graph.Reference], [Tensor])] = {
    var graphs: [(Graph, [Graph.Reference], [Tensor])] = []
    for type in [ElementType.float32, .float64] {
      for extent in [3, 4] {
        let builder = Builder(defaultType: type)
        let values = (0..<2 * extent).map { Double($0) - 2.5 }
        let x = builder.parameter(Tensor(values, shape: Shape([2, extent]), type: type))
        let turned = x.transposed([1, 0])
        let results = [
          x + 1, x + 2, x - 1, x * 2, x.summed(over: [0], keepsAxes: true), x.summed(over: [1], keepsAxes: true),
          turned + 1, Operator.relu(x), x.sliced(axis: 1, from: 0, count: 2), x.sliced(axis: 1, from: 1, count: 2),
        ]
        let parameters = builder.parameters.map(\.value)
        graphs += results.map { (builder.graph, [$0.reference], parameters) }
        graphs.append((builder.graph, [results[1].reference, results[0].reference], parameters))
      }
    }
    return graphs
  }()

  @Test(arguments: 0..<4) func noGraphGetsAnothersPlan(seed: Int) throws {
    var random = SplitMix(seed)
    for _ in 0..<300 {
      // Often one of the same few, so that plans are found.
      let number = Int.random(in: 0..<(Bool.random(using: &random) ? 6 : Self.graphs.count), using: &random)
      let (graph, outputs, parameters) = Self.graphs[number]
      let results = try PlanCache.plan(graph, outputs: outputs).run(parameters)
      let slow = try graph.interpret(outputs, parameters: parameters)
      for (a, b) in zip(results, slow) {
        #expect(a.shape == b.shape && a.type == b.type && a.values == b.values, "graph \(number)")
      }
    }
  }

  /// A gradient's names are its own; what is computed isn't.
  @Test func graphsThatDifferInNamesShareAPlan() throws {
    let output = Graph.Reference(index: 13)
    for _ in 0..<2 {
      let builder = Builder()
      let x = builder.separate(builder.parameter(Tensor([1, 2, 3.5], shape: Shape([3]), type: .float32)))
      let y = builder.separate(x * x)
      let gradient = builder.gradient(of: (y * x).summed(over: [0]), withRespectTo: [x])[0]
      while builder.graph.nodes.count <= output.index { _ = builder.separate(gradient) }
      let results = try PlanCache.plan(builder.graph, outputs: [gradient.reference, output])
        .run(builder.parameters.map(\.value))
      #expect(results.map(\.values) == [[3, 12, 36.75], [3, 12, 36.75]])
    }
    var count = 0
    PlanCache.replace { nodes, outputs in
      if outputs.last == output, outputs.count == 2, nodes[0].shape == Shape([3]) { count += 1 }
      return nil
    }
    #expect(count <= 1)
  }

  @Test func largeGraphsArePlannedEachTime() throws {
    let builder = Builder()
    var x = builder.parameter(Tensor([1], shape: Shape([1]), type: .float32))
    for _ in 0..<300 { x = x * 0.5 + 1 }
    #expect(
      abs(
        try PlanCache.plan(builder.graph, outputs: [x.reference]).run([Tensor([1], shape: Shape([1]), type: .float32)])[
          0][flat: 0] - 2) < 1e-6)
  }
}
