import Exports
import Files
import Refusals
import Syntax
import Tensors

/// A training as a program of its own.
extension Session {
  /// What `train(…)` does, step by step, in a dialect; every draw is the one that it would be here.
  func trainingProgram(
    _ arguments: [Syntax.Argument], _ expression: Expression, _ dialect: ArrayDialect
  ) throws(Diagnostic) -> TrainingProgram {
    let range = expression.range
    var session = self
    let first = Evaluator(session)
    let call = try Training(arguments, first, range)
    session.draw = max(draw, first.draw)
    let orderDraw = session.draw
    let order = call.batches?.order(for: call.steps, seed: settings.seed, draw: orderDraw)
    session.draw += order?.drawCount ?? 0
    let start = TrainingStart(call, session)
    func step(_ count: Int) throws(Diagnostic) -> (
      step: TrainingStep, part: (program: ExportedProgram, slopes: ExportedProgram, states: [[String]])
    ) {
      func traced(_ count: Int) throws(Diagnostic) -> (TrainingStep, Evaluator) {
        let evaluator = Evaluator(session, .trace)
        evaluator.keepsLoops = true
        return (try TrainingStep(evaluator, call, start, order: order, count: count), evaluator)
      }
      let (step, evaluator) = try traced(count)
      var isOneForAll = step.isReusable
      if !isOneForAll, step.isSteady, let epoch = call.batches?.stepsPerEpoch {
        // Looking whether labels are classes makes no other graph of other rows.
        isOneForAll = true
        for later in [count + epoch, count + 2 * epoch] where later < call.steps {
          if isOneForAll { isOneForAll = try traced(later).0.isLike(step) }
        }
      }
      guard isOneForAll else { throw Diagnostic("each step would need a graph of its own", at: range) }
      let part = try located(at: range) { () throws(Refusal) in
        try step.part(call, evaluator.origins.names, trainable: trainableNames)
      }
      return (step, part)
    }
    let (one, part) = try step(0)
    let states = part.states
    var plan = TrainingProgram.Plan(
      steps: call.steps, done: start.steps(0), seed: settings.seed, order: orderDraw, draw: session.draw,
      drawsPerStep: one.drawCount, optimiser: call.optimiser.name, rates: call.rates.count > 1 ? call.rates : [],
      text: expression.description)
    plan.places = zip(call.places, states).map { ($0.label, $1) }
    plan.starts =
      zip(call.places.map(\.label), one.current).map { ($0, $1) } + zip(states.joined(), one.state).map { ($0, $1) }
    if one.isPlain { plan.counterpart = call.optimiser.counterpart(dialect.optimisers, call.settings) }
    plan.rate = call.rates.count > 1 ? nil : call.rates[0]
    var slopes = [part.slopes]
    var last: ExportedProgram?
    if let batches = call.batches {
      (plan.rowCount, plan.batch) = (batches.rowCount, batches.size)
      plan.data = zip(batches.names, batches.tensors).map { ($0, $1) }
      if batches.rowCount % batches.size != 0, batches.stepsPerEpoch > 1 {
        let part = try step(batches.stepsPerEpoch - 1).part
        last = part.program
        slopes.append(part.slopes)
      }
    }
    return try located(at: range) { () throws(Refusal) in
      try TrainingProgram(plan, step: part.program, last: last, slopes: slopes, dialect)
    }
  }

  /// The file, what the network begins with, and its data.
  func write(_ training: TrainingProgram, _ request: ExportRequest) throws(Refusal) -> ExportReport {
    let path = String(request.path.dropLast(3))
    for (name, tensor) in training.data { try write([("", tensor)], as: .npy, to: "\(path).\(name).npy") }
    try write(training.arrays, as: .safetensors, to: path + ".safetensors")
    try write([Bytes(training.text(request.path))], to: request.path)
    return ExportReport(invitation: ["python \(request.path)"])
  }
}
