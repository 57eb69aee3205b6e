import Exports
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
    optax: { settings in
      let more = settings[.nesterov] != 0 ? ", nesterov=True" : ""
      return settings[.momentum] == 0
        ? nil : Counterpart("optax.trace(decay=\(settings[.momentum])\(more))", kept: ["trace"])
    },
    torch: { settings in
      let more = settings[.nesterov] != 0 ? ", nesterov=True" : ""
      return settings[.momentum] == 0
        ? ofTorch("SGD", "momentum=0", settings, kept: [])
        : ofTorch("SGD", "momentum=\(settings[.momentum])\(more)", settings, kept: ["momentum_buffer"])
    },
    step: { step in
      let (w, g, momentum) = (step.w, step.g, step[.momentum])
      if momentum == 0 { return (w - g * step.rate, []) }
      let velocity = step.state[0] * momentum + g
      return (w - (step[.nesterov] != 0 ? g + velocity * momentum : velocity) * step.rate, [velocity])
    })

  private static let adam = Optimiser(
    "adam", options: [.beta1, .beta2, .eps], stateCount: { _ in 2 }, optax: optaxAdam,
    torch: { ofTorch("Adam", torchAdam($0), $0, kept: ["exp_avg", "exp_avg_sq"]) },
    step: { step in adamStep(step, from: step.w) })

  private static let adamW = Optimiser(
    "adamw", options: [.beta1, .beta2, .eps], decay: .apart(initial: 0.01), stateCount: { _ in 2 },
    optax: optaxAdam, torch: { ofTorch("AdamW", torchAdam($0), $0, kept: ["exp_avg", "exp_avg_sq"]) },
    step: { step in adamStep(step, from: step.w * (1 - step.rate * step.decay)) })

  private static let lion = Optimiser(
    "lion", options: [.beta1, .beta2.initially("0.99")], decay: .apart(initial: 0), stateCount: { _ in 1 },
    // Signs of numbers near 0 fall otherwise in optax, and PyTorch has none.
    optax: { _ in nil }, torch: { _ in nil },
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
    optax: { settings in
      let options = "decay=\(settings[.alpha]), eps=\(settings[.eps]), eps_in_sqrt=False"
      return settings[.momentum] == 0 ? Counterpart("optax.scale_by_rms(\(options))", kept: ["nu"]) : nil
    },
    torch: { settings in
      let momentum = settings[.momentum]
      let options = "alpha=\(settings[.alpha]), eps=\(settings[.eps]), momentum=\(momentum)"
      let kept = momentum == 0 ? ["square_avg"] : ["square_avg", "momentum_buffer"]
      return ofTorch("RMSprop", options, settings, kept: kept)
    },
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
    // optax has eps within the root.
    optax: { _ in nil }, torch: { ofTorch("Adagrad", "eps=\($0[.eps])", $0, kept: ["sum"]) },
    step: { step in
      let square = step.state[0] + step.g.squared()
      return (step.w - step.g / (Operator.sqrt(square) + step[.eps]) * step.rate, [square])
    })

  // MARK: In other libraries

  private typealias Counterpart = TrainingProgram.Counterpart

  @Sendable private static func optaxAdam(_ settings: Settings) -> Counterpart? {
    Counterpart(
      "optax.scale_by_adam(b1=\(settings[.beta1]), b2=\(settings[.beta2]), eps=\(settings[.eps]))",
      kept: ["mu", "nu"])
  }

  private static func torchAdam(_ settings: Settings) -> String {
    "betas=(\(settings[.beta1]), \(settings[.beta2])), eps=\(settings[.eps])"
  }

  private static func ofTorch(_ name: String, _ options: String, _ settings: Settings, kept: [String]) -> Counterpart {
    let rate = "lr=1.0 if plan[\"library\"][\"rate\"] is None else plan[\"library\"][\"rate\"]"
    return Counterpart(
      "torch.optim.\(name)(@, \(rate), \(options), weight_decay=\(settings.decay))", kept: kept)
  }
}
