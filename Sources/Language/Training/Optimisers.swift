import Graphs
import Refusals

extension Optimiser {
  /// The first is the one that `train` takes if none is named.
  package static let all: [Optimiser] = [sgd, adam, adamW, rmsProp, adaGrad, lion]

  private static let sgd = Optimiser(
    "sgd", options: [.momentum, .nesterov], stateCount: { $0[.momentum] == 0 ? 0 : 1 },
    check: { settings throws(Refusal) in
      if settings[.nesterov] != 0, settings[.momentum] == 0 {
        throw Refusal("nesterov needs a momentum", help: "momentum=0.9")
      }
    },
    step: { step in
      let (w, g, momentum) = (step.w, step.g, step[.momentum])
      if momentum == 0 { return (w - g * step.rate, []) }
      let velocity = step.state[0] * momentum + g
      return (w - (step[.nesterov] != 0 ? g + velocity * momentum : velocity) * step.rate, [velocity])
    })

  private static let adam = Optimiser("adam", options: [.beta1, .beta2, .eps], stateCount: { _ in 2 }) { step in
    adamStep(step, from: step.w)
  }

  private static let adamW = Optimiser(
    "adamw", options: [.beta1, .beta2, .eps], decay: .apart(initial: 0.01), stateCount: { _ in 2 },
    step: { step in adamStep(step, from: step.w * (1 - step.rate * step.decay)) })

  private static let lion = Optimiser(
    "lion", options: [.beta1, .beta2.initially("0.99")], decay: .apart(initial: 0), stateCount: { _ in 1 },
    step: { step in
      let (g, mean) = (step.g, step.state[0])
      let direction = Operator.sign(mean * step[.beta1] + g * (1 - step[.beta1]))
      let kept = step.w * (1 - step.rate * step.decay)
      return (kept - direction * step.rate, [mean * step[.beta2] + g * (1 - step[.beta2])])
    })

  private static func adamStep(_ step: Step, from kept: Symbol) -> (w: Symbol, state: [Symbol]) {
    let (g, t, builder) = (step.g, step.t, step.w.builder)
    let mean = step.state[0] * step[.beta1] + g * (1 - step[.beta1])
    let square = step.state[1] * step[.beta2] + g.squared() * (1 - step[.beta2])
    let size = step.rate / (1 - Operator.pow(builder.constant(step[.beta1]), t))
    let unbiased = Operator.sqrt(square) / Operator.sqrt(1 - Operator.pow(builder.constant(step[.beta2]), t))
    return (kept - mean / (unbiased + step[.eps]) * size, [mean, square])
  }

  private static let rmsProp = Optimiser(
    "rmsprop", options: [.alpha, .momentum, .eps], stateCount: { $0[.momentum] == 0 ? 1 : 2 },
    step: { step in
      let (g, momentum) = (step.g, step[.momentum])
      let square = step.state[0] * step[.alpha] + g.squared() * (1 - step[.alpha])
      let change = g / (Operator.sqrt(square) + step[.eps])
      if momentum == 0 { return (step.w - change * step.rate, [square]) }
      let velocity = step.state[1] * momentum + change
      return (step.w - velocity * step.rate, [square, velocity])
    })

  private static let adaGrad = Optimiser(
    "adagrad", options: [.eps.initially("1e-10")], stateCount: { _ in 1 },
    step: { step in
      let square = step.state[0] + step.g.squared()
      return (step.w - step.g / (Operator.sqrt(square) + step[.eps]) * step.rate, [square])
    })
}
