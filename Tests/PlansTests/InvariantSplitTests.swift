import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// A graph taken apart gives what the whole gives.
@Suite struct InvariantSplitTests {
  @Test(arguments: 0..<60) func thePartsGiveTheWhole(seed: Int) throws {
    var random = SplitMix(seed)
    let made = RandomGraph(type: .float32, operations: 14, &random)
    let (graph, parameters) = (made.builder.graph, made.builder.parameters.map(\.value))
    let outputs = made.symbols.suffix(3).map(\.reference)
    let variables = Set(parameters.indices.filter { _ in Bool.random(using: &random) })
    var split = InvariantSplit(graph, variables: variables)
    for number in variables.sorted() { split.enter(parameter: number, like: parameters[number]) }
    let inner = split.outputs(outputs)
    let invariants = try graph.interpret(split.invariants, parameters: parameters)
    func values(_ parameters: [Tensor]) -> [Tensor] {
      split.parameters.map { parameter in
        switch parameter {
        case .outer(let number): parameters[number]
        case .invariant(let number): invariants[number]
        }
      }
    }
    // What was computed beforehand serves for other values of the variables, too.
    let others = parameters.enumerated().map { number, tensor in
      variables.contains(number)
        ? Tensor(tensor.values.map { 0.5 - $0 }, shape: tensor.shape, type: tensor.type) : tensor
    }
    for parameters in [parameters, others] {
      let whole = try graph.interpret(outputs, parameters: parameters)
      let parts = try split.graph.interpret(inner, parameters: values(parameters))
      for (a, b) in zip(whole, parts) {
        #expect(a.shape == b.shape && a.type == b.type)
        #expect(zip(a.values, b.values).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "seed \(seed)")
      }
    }
    for number in variables { #expect(split.place(of: number) != nil) }
  }

  @Test func outputsHaveBuffersOfTheirOwn() {
    let builder = Builder()
    let x = builder.parameter(Tensor([1, 2], shape: Shape([2]), type: .float32))
    let y = x * 2
    let wanted = [x, y, y, builder.separate(y)].map(\.reference)
    var split = InvariantSplit(builder.graph, variables: [0])
    let outputs = split.outputs(wanted)
    #expect(Set(outputs).count == 4)
  }

  @Test func whatNothingChangesIsComputedBeforehand() {
    let builder = Builder()
    let (x, w) = (0, 1)
    let symbols = [x, w].map { _ in builder.parameter(Tensor([1, 2], shape: Shape([2]), type: .float32)) }
    let fixed = Operator.exp(symbols[w])
    let wanted = symbols[x] * fixed
    var split = InvariantSplit(builder.graph, variables: [x])
    _ = split.outputs([wanted.reference])
    #expect(split.invariants == [fixed.reference])
    #expect(split.place(of: w) == nil)
  }
}
