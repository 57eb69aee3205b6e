import Graphs
import Refusals
import Syntax
import Tensors

/// Rates that change from step to step: functions of the step, from 0 on.
extension Builtin {
  static let schedules = [cosine, warmup, stepDecay]

  static let cosine = schedule(
    "cosine(steps, floor=0, peak=1)", "A rate that falls from its peak to a floor as half a cosine, and stays there.",
    "t -> floor + (peak - floor) * (1 + cos(pi * minimum(t, steps) / steps)) / 2")

  static let warmup = schedule(
    "warmup(steps, then=1)", "A rate that grows evenly to what comes then: a number, or another rate.",
    "t -> if t < steps { first * (t + 1) / steps } else { rest(t - steps) }"
  ) { evaluator, given, range throws(Diagnostic) in
    let then = given["then"] ?? .tensor(evaluator.builder.constant(1))
    let zero = Value.tensor(evaluator.builder.constant(0))
    guard case .function(let rest) = then else {
      return ["first": then, "rest": try evaluator.compiled("t -> value", ["value": then], range)]
    }
    return ["first": try evaluator.call(rest, [.init(value: zero, range: range)], range), "rest": then]
  }

  static let stepDecay = schedule(
    "step_decay(every, factor=0.1, peak=1)", "A rate that is multiplied by a factor every so many steps.",
    "t -> peak * factor ^ floor(t / every)")

  private static func schedule(
    _ usage: String, _ summary: String, _ text: String,
    also: @escaping @Sendable (Evaluator, [String: Value], SourceRange) throws(Diagnostic) -> [String: Value] = {
      _, _, _ in [:]
    }
  ) -> Builtin {
    Builtin(
      usage, summary,
      .values { evaluator, arguments, range throws(Diagnostic) in
        var given: [String: Value] = [:]
        let signature = Signature(usage)
        let bare = "\(signature.name)(\(signature.parameters.map(\.name).joined(separator: ", ")))"
        let optional = signature.parameters.count { $0.isOptional }
        let names = signature.parameters.map(\.name)
        for (name, argument) in try evaluator.matchedByName(arguments, to: bare, optional: optional, range) {
          given[name] = argument.value
        }
        for (name, initial) in ["floor": 0.0, "peak": 1, "factor": 0.1] where names.contains(name) && given[name] == nil
        {
          given[name] = .tensor(evaluator.builder.constant(initial))
        }
        given.merge(try also(evaluator, given, range)) { $1 }
        return try evaluator.compiled(text, given, range)
      })
  }
}

extension Evaluator {
  /// A function that is written here, with the values that it reads.
  fileprivate func compiled(
    _ text: String, _ captured: [String: Value], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    guard case .arrow(var definition) = try Parser.parseExpression(text).kind else {
      throw Diagnostic("this is no function", at: range)
    }
    definition.origin.source = Source(text: text)
    return .function(.user(Closure(definition: definition, captured: captured, isInner: true)))
  }
}
