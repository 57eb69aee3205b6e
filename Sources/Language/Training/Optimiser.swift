import Graphs
import Tensors
import Text

/// How a gradient becomes a step: PyTorch's formulas and defaults.
struct Optimiser: Sendable {
  enum Kind: String, CaseIterable {
    case sgd, adam, adamw, rmsprop, adagrad

    /// The arguments of `train` that it reads, besides `rate` and `decay`.
    var options: [String] {
      switch self {
      case .sgd: ["momentum", "nesterov"]
      case .adam, .adamw: ["beta1", "beta2", "eps"]
      case .rmsprop: ["momentum", "alpha", "eps"]
      case .adagrad: ["eps"]
      }
    }
  }

  let kind: Kind
  let rate: Double
  private let decay: Double
  private let momentum: Double
  private let isNesterov: Bool
  private let beta1: Double
  private let beta2: Double
  private let alpha: Double
  private let eps: Double

  init(_ arguments: Arguments) throws(ShapeError) {
    let name = try arguments.text("using", default: "sgd")
    guard let kind = Kind(rawValue: name) else {
      let names = Kind.allCases.map(\.rawValue)
      throw ShapeError(
        "train knows no optimiser \"\(name)\"",
        help: Spelling.nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
          ?? names.joined(separator: ", "))
    }
    self.kind = kind
    for option in ["momentum", "nesterov", "beta1", "beta2", "alpha", "eps"] where arguments.has(option) {
      guard kind.options.contains(option) else {
        throw ShapeError(
          "\(name) has no '\(option)'", help: "it reads rate, decay, \(kind.options.joined(separator: ", "))")
      }
    }
    rate = try arguments.double("rate", default: 0.01)
    decay = try arguments.double("decay", default: kind == .adamw ? 0.01 : 0)
    momentum = try arguments.double("momentum", default: 0)
    isNesterov = try arguments.flag("nesterov")
    beta1 = try arguments.double("beta1", default: 0.9)
    beta2 = try arguments.double("beta2", default: 0.999)
    alpha = try arguments.double("alpha", default: 0.99)
    eps = try arguments.double("eps", default: kind == .adagrad ? 1e-10 : 1e-8)
    for (name, share) in [("beta1", beta1), ("beta2", beta2)] where !(share >= 0 && share < 1) {
      throw ShapeError("'\(name)' goes from 0 up to, not including, 1; \(share) was given")
    }
    if isNesterov, momentum == 0 { throw ShapeError("nesterov needs a momentum", help: "momentum=0.9") }
  }

  /// How many tensors shaped like the name it keeps from one step to the next, zeros at first.
  var stateCount: Int {
    switch kind {
    case .sgd: momentum == 0 ? 0 : 1
    case .adam, .adamw: 2
    case .rmsprop: momentum == 0 ? 1 : 2
    case .adagrad: 1
    }
  }

  /// The new value of w and the new state.
  ///
  /// - Parameter t: the number of the step, from 1 on.
  func step(_ w: Symbol, _ gradient: Symbol, _ state: [Symbol], _ t: Symbol) -> (Symbol, [Symbol]) {
    let g = decay == 0 || kind == .adamw ? gradient : gradient + w * decay
    switch kind {
    case .sgd:
      if momentum == 0 { return (w - g * rate, []) }
      let velocity = state[0] * momentum + g
      return (w - (isNesterov ? g + velocity * momentum : velocity) * rate, [velocity])
    case .adam, .adamw:
      let mean = state[0] * beta1 + g * (1 - beta1)
      let square = state[1] * beta2 + g.squared() * (1 - beta2)
      let builder = w.builder
      let size = rate / (1 - Operator.pow(builder.constant(beta1), t))
      let spread = Operator.sqrt(square) / Operator.sqrt(1 - Operator.pow(builder.constant(beta2), t)) + eps
      let kept = kind == .adamw ? w * (1 - rate * decay) : w
      return (kept - mean / spread * size, [mean, square])
    case .rmsprop:
      let square = state[0] * alpha + g.squared() * (1 - alpha)
      let change = g / (Operator.sqrt(square) + eps)
      if momentum == 0 { return (w - change * rate, [square]) }
      let velocity = state[1] * momentum + change
      return (w - velocity * rate, [square, velocity])
    case .adagrad:
      let square = state[0] + g.squared()
      return (w - g / (Operator.sqrt(square) + eps) * rate, [square])
    }
  }
}
