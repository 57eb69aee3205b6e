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
    ["steps=100", "rate=0.01", "using=\"\(Optimiser.all[0].name)\"", "decay=0"]
    + Optimiser.allOptions.map { "\($0.name)=\($0.initial)" }

  let loss: Expression
  let names: [Name]
  let steps: Int
  let optimiser: Optimiser
  let settings: Optimiser.Settings

  init(_ arguments: [Syntax.Argument], _ evaluator: Evaluator, _ range: SourceRange) throws(Diagnostic) {
    guard let first = arguments.first, first.label == nil || first.label == "loss" else {
      throw Diagnostic("train needs a loss", at: range, help: "train(loss, steps=100, rate=0.01)")
    }
    loss = first.value
    var listed: [Name] = []
    var keywords: [(name: String, value: Graphs.Argument)] = []
    for argument in arguments.dropFirst() {
      if let label = argument.label {
        try Self.check(label, argument.labelRange ?? argument.value.range)
        guard let value = try evaluator.evaluate(argument.value).argument else {
          throw Diagnostic("train takes numbers and a text here", at: argument.value.range)
        }
        keywords.append((label, value))
      } else if case .name(let name) = argument.value.kind {
        listed.append(Name(name, argument.value.range))
      } else {
        throw Diagnostic(
          "names to train stand after the loss", at: argument.value.range, help: "train(\(loss.description), steps=100)"
        )
      }
    }
    (steps, optimiser, settings) = try located(at: range) { () throws(Refusal) in
      let given = try Arguments(
        signature: Self.options, builder: evaluator.builder, positional: [], keywords: keywords)
      let steps = try given.integer("steps", default: 100)
      guard steps >= 0, steps <= 1 << 32 else { throw Refusal("train can't take \(steps) steps") }
      let (optimiser, settings) = try Optimiser.chosen(given)
      return (steps, optimiser, settings)
    }
    names = try Self.chosen(listed, loss, evaluator, range)
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
    _ listed: [Name], _ loss: Expression, _ evaluator: Evaluator, _ range: SourceRange
  ) throws(Diagnostic) -> [Name] {
    if listed.isEmpty {
      let names = evaluator.trainable(in: loss, range)
      guard names.isEmpty else { return names }
      throw Diagnostic(
        "\(loss.description) depends on no name made by weights(…)", at: range,
        help: "train(\(loss.description), x) trains any name")
    }
    let mentioned = evaluator.reachable(from: Names.read(in: loss))
    var seen: Set<String> = []
    for name in listed {
      guard evaluator.session.names[name.text] != nil else { throw evaluator.unknown(name.text, name.range) }
      guard mentioned.contains(name.text) else { throw evaluator.notDependent(loss, name, mentioned) }
      guard seen.insert(name.text).inserted else {
        throw Diagnostic("\(name.text) is named twice", at: name.range)
      }
    }
    return listed
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
    var evaluator = Evaluator(self)
    let call = try Training(arguments, evaluator, range)
    draw = max(draw, evaluator.draw)
    var step = try TrainingStep(evaluator, call, state: nil)
    settle(evaluator, emit)
    draw -= step.drawCount
    let initial = call.names.map { held(of: $0.text) }
    guard call.steps <= freeBytes / 8 else {
      throw Diagnostic(.outOfMemory(needed: call.steps * 8, free: freeBytes), at: range)
    }
    var losses: [Double] = []
    var progress = TrainingProgress(steps: call.steps, isShown: isInteractive, glyphs: display.glyphs)
    var failure: Diagnostic?
    do throws(Diagnostic) {
      for number in 1..<call.steps + 1 {
        if number > 1, !step.isReusable {
          try keep(&step, call, initial, range)
          evaluator = Evaluator(self)
          step = try TrainingStep(evaluator, call, state: step.state, count: number - 1)
        }
        do throws(Refusal) {
          if Interrupt.isRequested { throw .interrupted }
          losses.append(try step.run())
        } catch { throw stopped(error, call, number).located(at: range) }
        draw += step.drawCount
        if let line = progress.line(after: number, loss: losses[losses.count - 1]) { emit(.notice(line)) }
      }
    } catch { failure = error }
    try keep(&step, call, initial, range)
    if let place = losses.firstIndex(where: \.isNaN) {
      emit(.notice("note: the loss is NaN from step \(place + 1) on"))
    }
    if let failure { throw failure }
    return Held(tensor: Tensor(losses, shape: Shape([losses.count]), type: step.lossType))
  }

  private func held(of name: String) -> Held? {
    if case .tensor(let held, _)? = names[name]?.content { held } else { nil }
  }

  /// The names with their values after the last whole step; a zero that couldn't move keeps its cause.
  private mutating func keep(
    _ step: inout TrainingStep, _ call: Training, _ initial: [Held?], _ range: SourceRange
  ) throws(Diagnostic) {
    try located(at: range, try step.takeState())
    for (position, name) in call.names.enumerated() {
      guard let binding = names[name.text], let before = initial[position] else { continue }
      var held = Held(tensor: step.current[position])
      if step.isReusable, let movable = step.movable[position] {
        held.pattern = before.pattern.map { still in
          Tensor((0..<still.count).map { still[flat: $0] != 0 || movable[flat: $0] != 0 }, shape: still.shape)
        }
      }
      bind(name.text, held, nil, binding.line, isTrainable: binding.isTrainable)
    }
  }

  private func stopped(_ refusal: Refusal, _ call: Training, _ number: Int) -> Refusal {
    let names = call.names.map(\.text).joined(separator: ", ")
    let verb = call.names.count == 1 ? "keeps" : "keep"
    let steps = "(step \(number) of \(call.steps))"
    var stopped = refusal.isInterrupt ? Refusal.interrupted(in: "train \(steps)") : refusal
    if !refusal.isInterrupt { stopped.message += " \(steps)" }
    stopped.note =
      number == 1
      ? "\(names) \(verb) the values from before" : "\(names) \(verb) the values of step \(number - 1)"
    return stopped
  }
}
