import Graphs
import Refusals
import Tensors

extension GraphLoop {
  /// What is kept, one result behind the other: each round interpreted by itself.
  func interpreted(_ x: [Tensor]) throws(Refusal) -> [Double] {
    var state = Array(x[..<body.carriedCount])
    var states: [[Tensor]] = []
    var outputs: [[Tensor]] = []
    for round in 0..<count {
      let row = row(inRound: round)
      let rows = body.rows.map { number in
        let type = body.parameters[number].map { body.graph[$0].type } ?? x[number].type
        let taken = x[number].taking([row])
        return Tensor(shape: taken.shape.removing([0]), type: type, storage: taken.storage)
      }
      let results = try body.graph.interpret(
        body.next + body.outputs, parameters: state + rows + x[body.invariants])
      states.append(state)
      outputs.append(Array(results[body.carriedCount...]))
      state = Array(results[..<body.carriedCount])
    }
    if isReversed { (states, outputs) = (states.reversed(), outputs.reversed()) }
    return kept.flatMap { result in
      switch result {
      case .last(let number): state[number].values
      case .states(let number): states.flatMap { $0[number].values }
      case .outputs(let number): outputs.flatMap { $0[number].values }
      }
    }
  }
}
