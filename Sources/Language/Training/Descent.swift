import Graphs
import Syntax
import Tensors

/// A loop that goes down a gradient by hand.
struct Descent {
  /// The loss, and the name that its gradient moves.
  let loss: Expression
  let name: Name
  /// What the gradient is multiplied by, where the step is nothing but that.
  let rate: Expression?

  /// Nil for a loop that moves nothing by a gradient.
  init?(_ loop: Loop) {
    for statement in loop.body {
      guard case .update(let place, _, let step) = statement.kind, place.steps.isEmpty else { continue }
      var (rate, gradient): (Expression?, Expression) = (nil, step)
      if case .binary(.multiply, _, let factor, let rest) = step.kind { (rate, gradient) = (factor, rest) }
      guard case .call(let callee, let arguments) = gradient.kind, case .name(Builtin.grad.name) = callee.kind,
        arguments.count == 2, arguments[1].value.description == place.name.text
      else { continue }
      (loss, name, self.rate) = (arguments[0].value, place.name, rate)
      return
    }
    return nil
  }
}

extension Session {
  /// What is said of a loop that went down a gradient, if it went up: rounds are done again until they end in no number.
  ///
  /// - Parameter before: the session as it was before the first round.
  func verdict(on loop: Loop, _ descent: Descent, since before: Session, in source: Source) -> [String] {
    guard !isFinite(descent.name), before.isFinite(descent.name) else { return [] }
    var copy = before.apart
    copy.progress = progress
    copy.surroundings.compilesLoops = false
    var losses: [Double] = []
    for round in 0..<min(loop.count, 1_000) {
      let evaluator = Evaluator(copy)
      guard let symbol = try? evaluator.tensor(descent.loss), let loss = try? evaluator.builder.value(of: symbol).scalar
      else { return [] }
      losses.append(loss)
      if loss.isNaN { break }
      do throws(Diagnostic) { try copy.run(loop, round, in: source) { _ in } } catch { return [] }
    }
    let range = descent.loss.range
    let rate = descent.rate.flatMap { rate in
      let evaluator = Evaluator(before)
      return (try? evaluator.tensor(rate)).flatMap { try? evaluator.builder.value(of: $0).scalar }
    }
    let arguments = [
      Argument(value: descent.loss), Argument(value: Expression(.name(descent.name.text), range)),
      Argument(label: "rate", value: Expression(.number(rate ?? 0), range)),
    ]
    guard let call = try? Training(arguments, Evaluator(before), range) else { return [] }
    let written = descent.rate?.description
    let repair: (Double) -> String = { rate in
      guard let written else { return ":undo, and smaller steps" }
      return ":undo, and \(rate.text) in place of \(written)"
    }
    return TrainingVerdict(losses, call, before: before, repair: repair).notices
  }

  private func isFinite(_ name: Name) -> Bool {
    guard case .tensor(let held, _)? = names[name.text]?.content else { return true }
    return held.traced != nil || held.tensor.values.allSatisfy(\.isFinite)
  }
}
