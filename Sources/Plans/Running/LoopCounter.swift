import Graphs
import Refusals
import Tensors

/// A loop that runs until its only output says no, in the memory of one round.
struct LoopCounter {
  private var rounds: LoopRounds
  private let test: Plan
  /// The executions of the test before rounds with an even and with an odd number.
  private let executions: [Execution]

  init(_ whole: GraphLoop, _ operands: [Tensor], laws: [Simplify.Law], memoryLimit: Int) throws(Refusal) {
    let trimmer = LoopTrimmer(whole, laws: laws)
    let body = trimmer.loop.body
    let operands = trimmer.operands.map { operands[$0] }
    // What the last round would compute may not be there any more: the test is a plan of its own.
    let next = LoopBody(
      graph: body.graph, carried: body.carriedCount, rows: body.rowCount, invariants: body.invariantCount,
      next: body.next, outputs: [], guarded: body.guarded)
    let plan = LoopPlan(GraphLoop(next, count: 1, isReversed: false, kept: []))
    let test = Plan(simplified: body.graph, outputs: body.outputs, guarded: body.guarded)
    if let fault = plan.fault ?? test.fault { throw .fault(fault) }
    let rounds = try LoopRounds(plan, operands: operands, memoryLimit: memoryLimit)
    var executions: [Execution] = []
    for parity in 0..<2 {
      let state = (0..<body.carriedCount).map { rounds.state($0, after: parity) }
      executions.append(
        try Execution(test, parameters: state + operands[body.carriedCount...], memoryLimit: memoryLimit))
    }
    (self.rounds, self.test, self.executions) = (rounds, test, executions)
  }

  mutating func count() throws(Refusal) -> Int {
    let instructions = executions.map { execution in test.steps.map(execution.instruction) }
    while true {
      let parity = rounds.count & 1
      for (step, instruction) in zip(test.steps, instructions[parity]) {
        try executions[parity].run(instruction, step)
      }
      if executions[parity].tensor(test.outputs[0])[flat: 0] == 0 { return rounds.count }
      try rounds.run(row: 0)
    }
  }
}
