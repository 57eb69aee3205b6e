import Graphs
import Refusals
import Tensors

/// A recurrence by the slow twin, where the plan of its steps is at fault.
struct RecurrenceTwin {
  private let graph: Graph
  private let carried: [Recurrence.Carried]
  private let inputs: [Recurrence.Input]
  private var parameters: [Tensor]

  /// Throws the plan's fault where the graph has one itself, or is too large.
  init(
    _ graph: Graph, parameters: [Tensor], carried: [Recurrence.Carried], inputs: [Recurrence.Input], memoryLimit: Int,
    insteadOf fault: String
  ) throws(Refusal) {
    guard graph.canFallBack(carried.map(\.next), parameters, memoryLimit: memoryLimit) else { throw .fault(fault) }
    (self.graph, self.parameters, self.carried, self.inputs) = (graph, parameters, carried, inputs)
  }

  mutating func run(from count: inout Int, to last: Int) throws(Refusal) {
    while count < last {
      for input in inputs { parameters[input.parameter] = input.values.tensor(in: count) }
      let next = try graph.interpret(carried.map(\.next), parameters: parameters)
      for (value, tensor) in zip(carried, next) { parameters[value.parameter] = tensor }
      count += 1
    }
  }

  func state() throws(Refusal) -> [Tensor] { carried.map { parameters[$0.parameter] } }

  func number(carried position: Int) -> Double { parameters[carried[position].parameter][flat: 0] }
}
