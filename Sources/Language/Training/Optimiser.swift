import Exports
import Graphs
import Refusals
import Tensors
import Text

/// A way for a gradient to become a step: PyTorch's formulas and defaults.
package struct Optimiser: Sendable {
  /// An argument of `train` that some optimisers read.
  package struct Option: Sendable {
    package let name: String
    /// What it is where it is left out, as it is written.
    let initial: String
    /// It goes from 0 up to, not including, 1.
    let isShare: Bool

    init(_ name: String, _ initial: String, isShare: Bool = false) {
      self.name = name
      self.initial = initial
      self.isShare = isShare
    }

    static let momentum = Option("momentum", "0")
    static let nesterov = Option("nesterov", "false")
    static let beta1 = Option("beta1", "0.9", isShare: true)
    static let beta2 = Option("beta2", "0.999", isShare: true)
    static let alpha = Option("alpha", "0.99")
    static let eps = Option("eps", "1e-8")

    /// The same with another default.
    func initially(_ text: String) -> Option { Option(name, text, isShare: isShare) }

    var number: Double { initial == "false" ? 0 : Double(initial) ?? .nan }
  }

  enum Decay: Sendable {
    /// Added to the gradient, as L2 regularisation is.
    case inGradient
    /// Left to the step.
    case apart(initial: Double)
  }

  /// What the options are in one call.
  struct Settings: Sendable {
    let decay: Double
    fileprivate let numbers: [String: Double]

    /// An option that the optimiser has.
    subscript(option: Option) -> Double {
      guard let number = numbers[option.name] else { preconditionFailure("an optimiser reads what it lists") }
      return number
    }
  }

  /// What a step is made of.
  struct Step {
    /// The value of a name.
    let w: Symbol
    /// The gradient, with the decay in it unless that is left to the step.
    let g: Symbol
    /// Tensors shaped like w, from the step before; zeros at first.
    let state: [Symbol]
    /// The number of the step, from 1 on.
    let t: Symbol
    let rate: Symbol
    let settings: Settings

    subscript(option: Option) -> Double { settings[option] }
    var decay: Double { settings.decay }
  }

  package let name: String
  package let options: [Option]
  let decay: Decay
  /// How many tensors shaped like w it keeps from one step to the next.
  let stateCount: @Sendable (Settings) -> Int
  /// Refuses options that don't go together.
  let check: @Sendable (Settings) throws(Refusal) -> Void
  /// The new value of w and the new state.
  let step: @Sendable (Step) -> (w: Symbol, state: [Symbol])
  /// What does the same in optax and in torch.optim; nil: nothing does.
  let optax: @Sendable (Settings) -> TrainingProgram.Counterpart?
  let torch: @Sendable (Settings) -> TrainingProgram.Counterpart?

  init(
    _ name: String, options: [Option], decay: Decay = .inGradient, stateCount: @escaping @Sendable (Settings) -> Int,
    check: @escaping @Sendable (Settings) throws(Refusal) -> Void = { _ in },
    optax: @escaping @Sendable (Settings) -> TrainingProgram.Counterpart?,
    torch: @escaping @Sendable (Settings) -> TrainingProgram.Counterpart?,
    step: @escaping @Sendable (Step) -> (w: Symbol, state: [Symbol])
  ) {
    self.name = name
    self.options = options
    self.decay = decay
    self.stateCount = stateCount
    self.check = check
    (self.step, self.optax, self.torch) = (step, optax, torch)
  }
}

extension Optimiser {
  /// Each option once, with the default that it has in the first optimiser that reads it.
  static let allOptions: [Option] = {
    var options: [Option] = []
    for option in all.flatMap(\.options) where !options.contains(where: { $0.name == option.name }) {
      options.append(option)
    }
    return options
  }()

  /// What a call of `train` asks for.
  static func chosen(_ arguments: Arguments) throws(Refusal) -> (optimiser: Optimiser, settings: Settings) {
    let name = try arguments.text("using", default: all[0].name)
    guard let optimiser = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name)
      throw Refusal(
        "train knows no optimiser \"\(name)\"",
        help: Spelling.nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
          ?? names.joined(separator: ", "))
    }
    for option in allOptions where arguments.has(option.name) {
      guard optimiser.options.contains(where: { $0.name == option.name }) else {
        throw Refusal("\(name) has no '\(option.name)'", help: "it reads \(optimiser.optionNames)")
      }
    }
    return (optimiser, try optimiser.settings(arguments))
  }

  private var optionNames: String { (["rate", "decay"] + options.map(\.name)).joined(separator: ", ") }

  private func settings(_ arguments: Arguments) throws(Refusal) -> Settings {
    var numbers: [String: Double] = [:]
    for option in options {
      let number = try arguments.double(option.name, default: option.number)
      guard !option.isShare || 0..<1 ~= number else {
        throw Refusal("'\(option.name)' goes from 0 up to, not including, 1; \(number) was given")
      }
      numbers[option.name] = number
    }
    let usual: Double = if case .apart(let initial) = decay { initial } else { 0 }
    let settings = Settings(
      decay: try arguments.double("decay", default: usual),
      numbers: numbers)
    try check(settings)
    return settings
  }

  /// A step of one name.
  func step(
    _ w: Symbol, _ gradient: Symbol, _ state: [Symbol], _ t: Symbol, rate: Symbol, _ settings: Settings
  ) -> (w: Symbol, state: [Symbol]) {
    var g = gradient
    if case .inGradient = decay, settings.decay != 0 { g = gradient + w * settings.decay }
    return step(Step(w: w, g: g, state: state, t: t, rate: rate, settings: settings))
  }

  /// What a library has that does the same.
  func counterpart(_ library: ArrayDialect.OptimiserLibrary?, _ settings: Settings) -> TrainingProgram.Counterpart? {
    switch library {
    case .torch?: return torch(settings)
    case .optax?:
      var counterpart = optax(settings)
      switch decay {
      case .inGradient: counterpart?.decay = settings.decay
      case .apart: counterpart?.apart = settings.decay
      }
      return counterpart
    case nil: return nil
    }
  }

  /// What it reads besides the rate and, as L2, the decay.
  var reads: String {
    var words = options.map(\.name).joined(separator: ", ")
    if case .apart(let initial) = decay { words += "; decay=\(initial), apart from the gradient" }
    return words
  }
}
