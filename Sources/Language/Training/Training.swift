import Graphs
import Printing
import Refusals
import Syntax
import Tensors
import Text

/// A call of `train`, understood.
struct Training {
  /// What remains when the loss and the names are taken away.
  private static let options = Signature("train(\(optionTexts.joined(separator: ", ")))")

  fileprivate static let optionTexts =
    [
      "steps=100", "rate=0.01", "using=\"\(Optimiser.all[0].name)\"", "decay=0", "epochs?", "batch?", "data?", "clip?",
      "fresh=false", "freeze?",
    ]
    + Optimiser.allOptions.map { "\($0.name)=\($0.initial)" }

  let loss: Expression
  let places: [TrainedPlace]
  let steps: Int
  let optimiser: Optimiser
  let settings: Optimiser.Settings
  /// The rate of each step; one for all.
  let rates: [Double]
  /// The largest norm that all gradients together may have.
  let clip: Double?
  /// The entries that stay as they are, of every place that it fits.
  let frozen: Tensor?
  /// Nothing is taken over from the last call.
  let isFresh: Bool
  let batches: Batches?

  init(_ arguments: [Syntax.Argument], _ evaluator: Evaluator, _ range: SourceRange) throws(Diagnostic) {
    guard let first = arguments.first, first.label == nil || first.label == "loss" else {
      throw Diagnostic("train needs a loss", at: range, help: "train(loss, steps=100, rate=0.01)")
    }
    loss = first.value
    var listed: [Place] = []
    var keywords: [(name: String, value: Graphs.Argument)] = []
    var schedule: (function: Function<Symbol>, range: SourceRange)?
    var data: Expression?
    var frozen: (mask: Tensor, range: SourceRange)?
    for argument in arguments.dropFirst() {
      if let label = argument.label {
        try Self.check(label, argument.labelRange ?? argument.value.range)
        if label == "data" {
          data = argument.value
          continue
        }
        if label == "freeze" {
          let mask = try evaluator.tensor(argument.value)
          frozen = (try evaluator.value(of: mask.asBool, argument.value.range), argument.value.range)
          continue
        }
        let value = try evaluator.evaluate(argument.value)
        if label == "rate", case .function(let function) = value {
          schedule = (function, argument.value.range)
          continue
        }
        guard let value = value.argument else {
          throw Diagnostic("train takes numbers and a text here", at: argument.value.range)
        }
        keywords.append((label, value))
      } else if let place = try? evaluator.place(argument.value) {
        listed.append(place)
      } else {
        var names = ""
        if case .list(let parts) = argument.value.kind, parts.allSatisfy({ (try? evaluator.place($0)) != nil }) {
          names = parts.map { "\($0), " }.joined()
        }
        throw Diagnostic(
          "names to train stand after the loss", at: argument.value.range,
          help: "train(\(loss.description), \(names)steps=100)")
      }
    }
    let given = try located(at: range) { () throws(Refusal) in
      try Arguments(signature: Self.options, builder: evaluator.builder, positional: [], keywords: keywords)
    }
    let batches = try Batches(data, given, evaluator, range)
    self.batches = batches
    (steps, optimiser, settings) = try located(at: range) { () throws(Refusal) in
      let usual = try Batches.steps(given, batches)
      let steps = try given.integer("steps", default: usual)
      guard steps >= 0, steps <= 1 << 32 else { throw Refusal("train can't take \(steps) steps") }
      let (optimiser, settings) = try Optimiser.chosen(given)
      return (steps, optimiser, settings)
    }
    (clip, isFresh) = try located(at: range) { () throws(Refusal) in
      let clip = given.has("clip") ? try given.double("clip") : nil
      if let clip, !(clip > 0) { throw Refusal("'clip' is a norm above 0; \(clip.text) was given") }
      return (clip, try given.flag("fresh"))
    }
    if let schedule {
      rates = try Self.rates(schedule.function, steps, evaluator, schedule.range)
    } else {
      rates = [try located(at: range, try given.double("rate", default: 0.01))]
    }
    places = try Self.chosen(listed, loss, evaluator, range)
    self.frozen = frozen?.mask
    if let frozen { try Self.checkFrozen(frozen.mask.shape, places, evaluator, frozen.range) }
  }

  /// What a function of the step gives for each of them.
  private static func rates(
    _ function: Function<Symbol>, _ steps: Int, _ evaluator: Evaluator, _ range: SourceRange
  ) throws(Diagnostic) -> [Double] {
    guard steps <= 10_000_000 else {
      throw Diagnostic("a rate that changes goes with at most 10,000,000 steps", at: range)
    }
    var rates: [Double] = []
    for step in 0..<max(steps, 1) {
      try Interrupt.check()
      let number = evaluator.builder.constant(Double(step))
      let value = try evaluator.call(function, [.init(value: .tensor(number), range: range)], range)
      guard let rate = try evaluator.value(of: try evaluator.symbol(value, range), range).scalar else {
        throw Diagnostic("a rate is one number in each step", at: range, help: "rate=t -> 0.1 * 0.99^t")
      }
      rates.append(rate)
    }
    return rates
  }

  private static func check(_ label: String, _ range: SourceRange) throws(Diagnostic) {
    let names = options.parameters.map(\.name)
    guard !names.contains(label) else { return }
    let close = Spelling.nearest(to: label, among: names)
    throw Diagnostic(
      "train has no argument '\(label)'", at: range,
      help: close.map { "did you mean '\($0)'?" } ?? names.joined(separator: ", "))
  }

  private static func chosen(
    _ listed: [Place], _ loss: Expression, _ evaluator: Evaluator, _ range: SourceRange
  ) throws(Diagnostic) -> [TrainedPlace] {
    if listed.isEmpty {
      var places: [TrainedPlace] = []
      for name in evaluator.trainable(in: loss, range) {
        guard let binding = evaluator.session.names[name.text] else { continue }
        for leaf in binding.stored?.tensorPlaces ?? [] where binding.trainable.contains(leaf.path) {
          places.append(TrainedPlace(name: name, positions: leaf.positions, path: leaf.path))
        }
      }
      guard places.isEmpty else { return places }
      throw evaluator.nothingTrainable(loss, range, help: "train(\(loss.description), x) trains any name")
    }
    let mentioned = evaluator.reachable(from: Names.read(in: loss))
    var places: [TrainedPlace] = []
    for place in listed {
      let name = place.name
      guard let binding = evaluator.session.names[name.text] else { throw evaluator.unknown(name.text, name.range) }
      guard mentioned.contains(name.text) else { throw evaluator.notDependent(loss, name, mentioned) }
      let found = try Self.places(of: place, binding, evaluator)
      for next in found {
        guard !places.contains(where: { $0.label == next.label }) else {
          throw Diagnostic("\(next.label) is named twice", at: name.range)
        }
        places.append(next)
      }
    }
    return places
  }

  /// The tensors at a place that was named.
  private static func places(
    of place: Place, _ binding: Binding, _ evaluator: Evaluator
  ) throws(Diagnostic) -> [TrainedPlace] {
    let name = place.name
    switch binding.content {
    case .live:
      throw Diagnostic(
        "\(name.text) is live; train can't give it a value", at: name.range,
        help: "name what it reads, or \(name.text) = \(name.text) keeps its value as it is now")
    case .unset: throw Diagnostic("\(name.text) has no value yet", at: name.range)
    case .tensor, .tuple, .function, .text: break
    }
    guard let stored = binding.stored, let start = try evaluator.positions(of: place, in: evaluator.enter(stored, nil))
    else {
      throw Diagnostic("\(place) is no tensor", at: name.range)
    }
    let leaves = stored.tensorPlaces.filter { $0.positions.starts(with: start) }
    if let mask = leaves.first, leaves.count == 1, mask.positions == start, !mask.leaf.tensor.type.isFloat {
      throw Diagnostic("\(place) is a mask; train moves numbers", at: name.range)
    }
    let floats = leaves.filter { $0.leaf.tensor.type.isFloat }
    guard !floats.isEmpty else { throw Diagnostic("\(place) is no tensor", at: name.range) }
    return floats.map { TrainedPlace(name: name, positions: $0.positions, path: $0.path) }
  }
}

extension Builtin {
  static let train = Builtin(
    "train(loss, names…, \(Training.optionTexts.joined(separator: ", ")))",
    "Updates every trainable name that a loss depends on, or those named; the losses before each step.",
    choices: ["using": Optimiser.all.map(\.name)],
    .action(
      Action(
        refusal: "changes names, so it stands on a line of its own", usage: "losses = train(loss, steps=100)",
        hasValue: true, shaped: { $0.arguments.prefix(1).map(\.value) },
        program: { session, call throws(Diagnostic) in try session.stepProgram(call.arguments, call.range) },
        run: { session, call, emit throws(Diagnostic) in try session.train(call.arguments, call.range, emit) })))
}

extension Session {
  /// Takes the steps and gives the names their new values; the losses before each step.
  fileprivate mutating func train(
    _ arguments: [Syntax.Argument], _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) -> Held {
    if let loss = keptSteps.step(of: arguments)?.take(in: &self) { return loss }
    let before = self
    var evaluator = Evaluator(self)
    let options = evaluator
    let call = try Training(arguments, evaluator, range)
    draw = max(draw, evaluator.draw)
    let order = call.batches?.order(for: call.steps, seed: settings.seed, draw: draw)
    draw += order?.drawCount ?? 0
    evaluator = Evaluator(self)
    let start = TrainingStart(call, self)
    for note in start.notes { emit(.notice(note)) }
    var step = try TrainingStep(evaluator, call, start, order: order)
    if call.steps == 1, keepsRepetitions, keptSteps.isAgain(arguments),
      let kept = KeptStep(arguments, call, step, start, options, evaluator, before)
    {
      keptSteps.keep(kept)
    }
    settle(evaluator, emit)
    draw -= step.drawCount
    let initial = call.places.map { held(at: $0) }
    guard call.steps <= freeBytes / 8 else {
      throw Diagnostic(.outOfMemory(needed: call.steps * 8, free: freeBytes), at: range)
    }
    var losses: [Double] = []
    var progress = TrainingProgress(
      steps: call.steps, isShown: isInteractive || surroundings.showsProgress, glyphs: display.glyphs)
    var failure: Diagnostic?
    do throws(Diagnostic) {
      for number in 1..<call.steps + 1 {
        if number > 1, !step.isReusable || order?.isSwitch(at: number - 1) == true {
          try keep(&step, call, start, initial, after: number - 1, range)
          evaluator = Evaluator(self)
          step = try TrainingStep(evaluator, call, start.after(number - 1, step.state), order: order, count: number - 1)
        }
        do throws(Refusal) {
          if Interrupt.isRequested { throw .interrupted }
          losses.append(try step.run())
        } catch { throw stopped(error, call, number).located(at: range) }
        draw += step.drawCount
        if let line = progress.line(after: number, loss: losses[losses.count - 1]) {
          emit(.progress(line, done: number, of: call.steps))
        }
      }
    } catch { failure = error }
    try keep(&step, call, start, initial, after: losses.count, range)
    if let failure { throw failure }
    let breaks = losses.last?.isFinite == false && order == nil ? Breakage(call, before, start, losses.count) : nil
    for (place, step) in breaks?.last ?? [] {
      names[place.name.text]?.giver = "step \(step) of \(Builtin.train.name)"
    }
    for notice in TrainingVerdict(losses, call, before: before, breaks).notices { emit(.notice(notice)) }
    return Held(tensor: Tensor(losses, shape: Shape([losses.count]), type: step.lossType))
  }

  private func held(at place: TrainedPlace) -> Held? {
    guard case .tensor(let held)? = names[place.name.text]?.stored?[place.positions[...]] else { return nil }
    return held
  }

  /// The places with their values after the last whole step; a zero that couldn't move keeps its cause.
  private mutating func keep(
    _ step: inout TrainingStep, _ call: Training, _ start: TrainingStart, _ initial: [Held?], after count: Int,
    _ range: SourceRange
  ) throws(Diagnostic) {
    try located(at: range, try step.takeState())
    start.keep(step.state, after: count, call, in: &state)
    for (position, place) in call.places.enumerated() {
      guard let before = initial[position] else { continue }
      var held = Held(tensor: step.current[position])
      if step.isReusable, let movable = step.movable[position] {
        held.pattern = before.pattern.moving(movable)
      }
      put(held, at: place, by: Builtin.train.name)
    }
  }

  private func stopped(_ refusal: Refusal, _ call: Training, _ number: Int) -> Refusal {
    let names = call.places.map(\.label).joined(separator: ", ")
    let verb = call.places.count == 1 ? "keeps" : "keep"
    let steps = "(step \(number) of \(call.steps))"
    var stopped = refusal.isInterrupt ? Refusal.interrupted(in: "train \(steps)") : refusal
    if !refusal.isInterrupt { stopped.message += " \(steps)" }
    stopped.note =
      number == 1
      ? "\(names) \(verb) the values from before" : "\(names) \(verb) the values of step \(number - 1)"
    return stopped
  }
}
