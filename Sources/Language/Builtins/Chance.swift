import Graphs
import Refusals
import Syntax
import Tensors

/// Random numbers; each draw depends on the seed and on its own number alone.
extension Builtin {
  static let uniform = Builtin(
    "uniform(shape…, low=0, high=1)", "Random numbers between low and high.", aliases: ["rand"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let (low, high) = (try arguments.number("low", default: 0), try arguments.number("high", default: 1))
      let shape = try evaluator.sized(arguments, by: [("low", low), ("high", high)])
      let drawn = low + (high - low) * evaluator.random(uniform: true, shape)
      if !arguments.has("low"), !arguments.has("high") { return drawn }
      // Rounding may have reached the end, which isn't one of them.
      return .select(.compare(.equal, drawn, high), low, drawn)
    })

  static let normal = Builtin(
    "normal(shape…, mean=0, std=1)", "Normally distributed random numbers.", aliases: ["randn"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let (mean, std) = (try arguments.number("mean", default: 0), try arguments.number("std", default: 1))
      let shape = try evaluator.sized(arguments, by: [("mean", mean), ("std", std)])
      return mean + std * evaluator.random(uniform: false, shape)
    })

  static let randint = Builtin(
    "randint(low, high, shape…)", "Random whole numbers from low up to, not including, high.",
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let (low, high) = (try arguments.double("low"), try arguments.double("high"))
      guard low == low.rounded(), high == high.rounded(), low < high else {
        throw Refusal("randint wants whole numbers with low below high, not \(low.text) and \(high.text)")
      }
      let span = (high - low) * evaluator.random(uniform: true, try evaluator.sized(arguments))
      return Operator.minimum(Operator.floor(span), evaluator.builder.constant(high - low - 1)) + low
    })

  static let bernoulli = Builtin(
    "bernoulli(p, shape…)", "A random mask, true with probability p.",
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let p = try arguments.tensor("p")
      let shape = try evaluator.sized(arguments, by: [("p", p)])
      if p.type.isFloat, p.shape.count <= 1_024, p.builder.isFixed(p.reference),
        let bad = (try? p.builder.value(of: p))?.values.first(where: { !(0...1 ~= $0) })
      {
        throw Refusal("bernoulli wants probabilities from 0 to 1, not \(bad.text)")
      }
      return Operator.less(evaluator.random(uniform: true, shape), p)
    })

  static let permutation = Builtin(
    "permutation(n)", "0, 1, …, n - 1 in random order.",
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in try evaluator.order(of: try arguments.integer("n")) })

  static let shuffle = Builtin(
    "shuffle(x)", "The rows of x in random order.",
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let x = try arguments.tensor(0)
      guard x.rank > 0 else { throw Refusal("shuffle wants a vector or rows, not a number") }
      return x.taken(try evaluator.order(of: x.shape[0]), axis: 0)
    })

  static let dropout = Builtin(
    "dropout(x, p)", "Each entry removed with probability p, the others divided by 1 - p.",
    derivative: "g where kept, divided by 1 - p; 0 elsewhere",
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let (x, p) = (try arguments.tensor(0), try arguments.double("p"))
      guard p >= 0, p < 1 else {
        throw Refusal("dropout wants a probability from 0 up to, not including, 1; not \(p.text)")
      }
      let kept = Operator.greaterEqual(evaluator.random(uniform: true, x.shape), evaluator.builder.constant(p))
      return kept * (x.asFloat / (1 - p))
    })

  static let seed = Builtin(
    "seed(n)", "Starts the random numbers again from a seed.",
    .action(
      Action(usage: "seed(7)") { session, call, _ throws(Diagnostic) in
        guard call.arguments.count == 1 else {
          throw Diagnostic("seed takes one whole number", at: call.range, help: "seed(7)")
        }
        let number = try Evaluator(session).wholeNumber(call.arguments[0].value)
        guard number >= 0 else {
          throw Diagnostic("a seed is a whole number from 0 on, not \(number)", at: call.range)
        }
        session.setSeed(UInt64(number))
        return nil
      }))
}

extension Evaluator {
  /// The shape that arguments ask for, if there is room for it.
  ///
  /// - Parameter parameters: what stretches to that shape, by its name in the call; it doesn't widen it.
  func sized(_ arguments: Arguments, by parameters: [(key: String, value: Symbol)] = []) throws(Refusal) -> Shape {
    let shape = try arguments.shape()
    for (name, symbol) in parameters where shape.broadcast(with: symbol.shape) != shape {
      let wide = parameters.reduce(Shape?.some(shape)) { $0?.broadcast(with: $1.value.shape) }
      throw Refusal(
        "\(arguments.signature.name) is asked for \(shape.described); '\(name)' is \(symbol.shape), which doesn't stretch to "
          + "that", help: wide.map { "the shape [\($0.extents.map(String.init).joined(separator: ", "))] would fit" })
    }
    guard shape.count <= builder.memoryLimit / 4 else {
      let bytes = shape.count.multipliedReportingOverflow(by: 4)
      throw .outOfMemory(needed: bytes.overflow ? .max : bytes.partialValue, free: builder.memoryLimit)
    }
    return shape
  }

  /// The next draw: a node that depends on the seed and the draw's number alone.
  func random(uniform: Bool, _ shape: Shape) -> Symbol {
    builder.add(uniform ? .uniform : .normal, nextKey(), shape: shape, type: builder.defaultType)
  }

  /// The seed and the number of the next draw.
  func nextKey() -> [Symbol] {
    defer { draw += 1 }
    return [builder.constant(Double(session.settings.seed & (1 << 53 - 1))), drawNumber]
  }

  /// The number of the next draw; in a traced loop and in training it grows from step to step.
  var drawNumber: Symbol {
    if let freshDraws { return freshDraws.first + Double(draw - freshDraws.start) }
    guard let tracer = session.tracer, draw >= tracer.firstDraw - tracer.drawsPerStep else {
      // Draws of what an earlier stretch made have other numbers in each round.
      if let stretch = session.tracer?.stretch, draw >= stretch.firstDraw { builder.demandUnknown() }
      return builder.constant(Double(draw))
    }
    return draw == tracer.firstDraw ? tracer.draw : tracer.draw + Double(draw - tracer.firstDraw)
  }

  /// How far drawing has come.
  struct Draws {
    let count: Int
    let fresh: (first: Symbol, start: Int)?

    func isSame(as other: Draws) -> Bool {
      count == other.count && fresh?.first.reference == other.fresh?.first.reference
        && fresh?.start == other.fresh?.start
    }
  }

  var draws: Draws {
    get { Draws(count: draw, fresh: freshDraws) }
    set { (draw, freshDraws) = (newValue.count, newValue.fresh) }
  }

  func order(of count: Int) throws(Refusal) -> Symbol {
    guard count >= 0, count <= 1 << 28 else {
      throw Refusal("permutation wants a count from 0 to 268,435,456, not \(count)")
    }
    let keys = builder.add(.uniform, nextKey(), shape: Shape([count]), type: .float64)
    return Operator.argsort(keys)
  }
}

extension Shape {
  /// With the article that a number has.
  fileprivate var described: String { rank == 0 ? "a number" : "the shape \(self)" }
}
