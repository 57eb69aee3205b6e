import Refusals
import Tensors

/// Tensors out of nothing, and what masks say.
extension Operator {
  private static func constant(_ name: String, _ summary: String, _ value: Double) -> Operator {
    Operator("\(name)(shape…)", summary, derivative: "none", trials: []) { arguments throws(Refusal) in
      let builder = arguments.builder
      let shape = try arguments.checked(try arguments.shape())
      return .tensor(builder.constant(value, shape: shape, type: builder.defaultType))
    }
  }

  private static func like(_ name: String, _ summary: String, _ value: Double) -> Operator {
    Operator("\(name)(x)", summary, derivative: "none", trials: []) { arguments throws(Refusal) in
      let x = try arguments.tensor(0)
      return .tensor(x.builder.constant(value, shape: x.shape, type: x.type))
    }
  }

  public static let zeros: Operator = constant("zeros", "Zeros of a shape.", 0)
  public static let ones: Operator = constant("ones", "Ones of a shape.", 1)
  public static let zerosLike: Operator = like("zeros_like", "Zeros of x's shape and type.", 0)
  public static let onesLike: Operator = like("ones_like", "Ones of x's shape and type.", 1)

  public static let full: Operator = Operator(
    "full(shape, value)", "One number everywhere.", derivative: "summed by the value", trials: ["full([2, 3], sum(a))"]
  ) { arguments throws(Refusal) in
    let shape = try arguments.checked(try arguments.shape())
    let value = try arguments.tensor("value")
    guard value.rank == 0 else { throw Refusal("full wants one number for 'value', not \(value.shape)") }
    return .tensor(value.broadcast(to: shape))
  }

  public static let arange: Operator = Operator(
    "arange(start, stop?, step=1)", "start, start + step, … up to but without stop; from 0 with one argument.",
    derivative: "none", trials: []
  ) { arguments throws(Refusal) in
    let range = try Range(arguments)
    let count = range.count
    guard count <= 0x1p31 else {
      throw Refusal(
        "arange from \(range.start.text) to \(range.stop.text) by \(range.step.text) has too many elements")
    }
    let builder = arguments.builder
    let numbers = builder.iota(Int(count), type: .float64) * range.step + range.start
    return .tensor(range.needsDouble ? numbers : numbers.converted(to: builder.defaultType))
  }

  /// From a number in steps up to, but without, another.
  private struct Range {
    var start = 0.0
    let stop: Double
    let step: Double
    /// How far each of them may be from the decimal that was meant.
    private let slack: (ends: Double, step: Double)

    init(_ arguments: Arguments) throws(Refusal) {
      func number(_ name: String, default value: Double? = nil) throws(Refusal) -> (value: Double, slack: Double) {
        let value = try arguments.double(name, default: value)
        let isSingle = try arguments.optionalTensor(name)?.type == .float32
        return (value, Swift.abs(value) * (isSingle ? 0x1p-23 : 0x1p-52))
      }
      let first = try number("start")
      let last = arguments.has("stop") ? try number("stop") : first
      let (step, stepSlack) = try number("step", default: 1)
      if arguments.has("stop") { start = first.value }
      (stop, self.step) = (last.value, step)
      slack = (last.slack + (arguments.has("stop") ? first.slack : 0), stepSlack)
      guard start.isFinite, stop.isFinite, step.isFinite else { throw Refusal("arange wants finite numbers") }
      guard step != 0 else { throw Refusal("arange can't go on with a step of 0") }
    }

    /// As many as the decimals say: a quotient that rounding alone keeps from being whole is taken as whole.
    var count: Double {
      let steps = (stop - start) / step
      let slack = (self.slack.ends + Swift.abs(steps) * self.slack.step) / Swift.abs(step)
      let isWhole = Swift.abs(steps - steps.rounded()) <= Swift.min(slack, 0.05)
      return Swift.max(0, isWhole ? steps.rounded() : steps.rounded(.up))
    }

    /// Whole numbers that a float32 would round.
    var needsDouble: Bool {
      start == start.rounded() && step == step.rounded()
        && Swift.max(Swift.abs(start), Swift.abs(start + (count - 1) * step)) > 0x1p24
    }
  }

  public static let linspace: Operator = Operator(
    "linspace(start, stop, count=50)", "So many numbers, evenly spaced from start to stop, both included.",
    derivative: "1 - t, t", trials: ["linspace(sum(a), sum(b), 4)"]
  ) { arguments throws(Refusal) in
    let (start, stop) = (try arguments.tensor("start"), try arguments.tensor("stop"))
    let count = try arguments.integer("count", default: 50)
    guard start.rank == 0, stop.rank == 0 else { throw Refusal("linspace goes from a number to a number") }
    guard count >= 0, count <= 1 << 31 else { throw Refusal("linspace can't make \(count) numbers") }
    return .tensor(.spaced(from: start, to: stop, count: count))
  }

  public static let eye: Operator = Operator(
    "eye(n, m?, k=0)", "An n×m matrix with ones on the k-th diagonal.", derivative: "none", trials: []
  ) { arguments throws(Refusal) in
    let n = try arguments.integer("n")
    let (m, k) = (try arguments.integer("m", default: n), try arguments.integer("k", default: 0))
    guard n >= 0, m >= 0 else { throw Refusal("an extent can't be negative; eye was given \(n)×\(m)") }
    _ = try arguments.checked(Shape([n, m]))
    return .tensor(arguments.builder.diagonalMask(rows: n, columns: m, k: k, .equal).asFloat)
  }

  public static let mask: Operator = Operator(
    "mask(x)", "True where x isn't 0.", derivative: "zero everywhere", trials: []
  ) { arguments throws(Refusal) in .tensor(try arguments.tensor(0).asBool) }

  public static let density: Operator = Operator(
    "density(m)", "The share of elements that are true or not 0.", derivative: "zero everywhere", trials: [],
    examples: ["density([1, 0])": "0.5"]
  ) { arguments throws(Refusal) in
    let m = try arguments.tensor(0).asBool.asFloat
    return .tensor(m.mean(over: Array(0..<m.rank)).stopped)
  }

  public static let structural: Operator = Operator(
    "structural(x)", "True where an entry isn't zero for every value of weights and inputs.",
    derivative: "zero everywhere", trials: []
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let pattern = x.builder.pattern(of: x).structural ?? x.builder.constant(true)
    return .tensor(pattern.broadcast(to: x.shape))
  }

  static let making: [Operator] =
    [
      zeros, ones, zerosLike, onesLike, full, arange, linspace, eye, mask, density, structural,
    ] + grids
}

extension Symbol {
  /// So many numbers, evenly spaced, from one to another.
  static func spaced(from start: Symbol, to stop: Symbol, count: Int) -> Symbol {
    let share = start.builder.iota(count, type: .float64) / Double(Swift.max(count - 1, 1))
    let ends = Symbol.zip(.multiply, start, 1 - share) + Symbol.zip(.multiply, stop, share)
    return ends.converted(to: Swift.max(start.asFloat.type, stop.asFloat.type))
  }
}
