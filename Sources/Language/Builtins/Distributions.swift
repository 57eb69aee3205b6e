import Graphs
import Refusals
import Tensors

/// Draws from further distributions; for derivatives each is a constant, whatever it was drawn by.
extension Builtin {
  static let exponential = Builtin(
    "exponential(shape…, scale=1)", "Times between random events, scale on average.",
    derivative: "none: draws are constants",
    examples: ["shape(exponential(2, 3))": "2\n  2  3"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      try evaluator.drawing(arguments, positive: ["scale"]) { shape, scale throws(Refusal) in
        evaluator.waits(shape) * scale[0]
      }
    })

  static let laplace = Builtin(
    "laplace(shape…, loc=0, scale=1)", "Random numbers around loc, scale away on average, to either side.",
    derivative: "none: draws are constants", examples: ["shape(laplace(2, 3))": "2\n  2  3"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      try evaluator.drawing(arguments, ["loc"], positive: ["scale"]) { shape, parameters throws(Refusal) in
        // Twice the number: its whole part is the side, the rest how far.
        let twice = evaluator.evenly(shape) * 2
        let isRight = Operator.greaterEqual(twice, evaluator.builder.constant(1))
        let distance = -Operator.log1p(isRight.converted(to: .float64) - twice)
        return parameters[0] + parameters[1] * Symbol.select(isRight, distance, -distance)
      }
    })

  static let gumbel = Builtin(
    "gumbel(shape…, loc=0, scale=1)", "Random numbers as the greatest of many are distributed, with mode loc.",
    derivative: "none: draws are constants", examples: ["shape(gumbel(2, 3))": "2\n  2  3"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      try evaluator.drawing(arguments, ["loc"], positive: ["scale"]) { shape, parameters throws(Refusal) in
        // Nobody waits no time at all.
        let wait = Operator.maximum(evaluator.waits(shape), evaluator.builder.constant(0x1p-54))
        return parameters[0] - parameters[1] * Operator.log(wait)
      }
    })

  static let gamma = Builtin(
    "gamma(a, shape…, scale=1)",
    "Times until so many random events have happened, scale between two on average; a is any number above 0.",
    derivative: "none: draws are constants", examples: ["shape(gamma(2.5, 3))": "1\n  3"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      try evaluator.drawing(arguments, above: ["a"], positive: ["scale"]) { shape, parameters throws(Refusal) in
        Operator.exp(evaluator.drawn(.logGammaDraw, by: parameters[0], shape)) * parameters[1]
      }
    })

  static let beta = Builtin(
    "beta(a, b, shape…)", "Random numbers between 0 and 1, a / (a + b) on average.",
    derivative: "none: draws are constants", examples: ["shape(beta(1, 2, 3))": "1\n  3"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      try evaluator.drawing(arguments, above: ["a", "b"]) { shape, parameters throws(Refusal) in
        // g / (g + h), neither of which vanishes as a logarithm.
        let (g, h) = (
          evaluator.drawn(.logGammaDraw, by: parameters[0], shape),
          evaluator.drawn(.logGammaDraw, by: parameters[1], shape)
        )
        return Operator.sigmoid(g - h)
      }
    })

  static let poisson = Builtin(
    "poisson(rate, shape…)", "How many random events happen, rate on average.", derivative: "none: draws are constants",
    examples: ["poisson(0, 3)": "3\n  0  0  0"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      try evaluator.drawing(arguments, positive: ["rate"]) { shape, parameters throws(Refusal) in
        evaluator.drawn(.poissonDraw, by: parameters[0], shape)
      }
    })
}

extension Evaluator {
  /// A draw of the shape that is asked for, by parameters that stretch to it; as a constant, in the session's floats or
  /// wider ones of the parameters.
  ///
  /// - Parameters:
  ///   - plain: parameters that may be any number; 0 if left out.
  ///   - above: those that must be above 0.
  ///   - positive: those that may be 0 too; 1 if left out.
  ///   - body: makes the draw in float64 from the parameters, in this order.
  fileprivate func drawing(
    _ arguments: Arguments, _ plain: [String] = [], above: [String] = [], positive: [String] = [],
    _ body: (Shape, [Symbol]) throws(Refusal) -> Symbol
  ) throws(Refusal) -> Symbol {
    var (parameters, type) = ([Symbol](), builder.defaultType)
    for name in plain + above + positive {
      let symbol = try arguments.number(name, default: plain.contains(name) ? 0 : 1).asFloat
      type = max(type, symbol.type)
      parameters.append(symbol)
    }
    let names = plain + above + positive
    let shape = try sized(arguments, by: Swift.zip(names, parameters).map { ($0, $1) })
    let known = Swift.zip(names, parameters).map { name, symbol in
      let wide = symbol.converted(to: .float64)
      if plain.contains(name) || !arguments.has(name) { return wide }
      let check = HostAttribute.positive(
        function: arguments.signature.name, argument: name, orZero: positive.contains(name))
      return builder.add(.positive(check), [wide], shape: wide.shape, type: .float64)
    }
    return try body(shape, known).broadcast(to: shape).converted(to: type).stopped
  }

  /// Evenly spread from 0 up to 1, in float64.
  fileprivate func evenly(_ shape: Shape) -> Symbol {
    builder.add(.uniform, nextKey(), shape: shape, type: .float64)
  }

  /// Times between random events, 1 on average.
  fileprivate func waits(_ shape: Shape) -> Symbol { -Operator.log1p(-evenly(shape)) }

  /// What is drawn for each element by a parameter of its own.
  fileprivate func drawn(_ primitive: Primitive, by parameter: Symbol, _ shape: Shape) -> Symbol {
    let operands = nextKey() + [parameter.broadcast(to: shape)]
    return builder.add(primitive, operands, shape: shape, type: .float64)
  }
}
