import Graphs
import Refusals
import Tensors

/// Draws out of what there is.
extension Builtin {
  static let choice = Builtin(
    "choice(values, shape…, p?, replace=true)",
    "Random entries of a vector, rows of a matrix, or whole numbers below a number, by equal probabilities or p.",
    derivative: "goes to the entries drawn", examples: ["choice([7], 3)": "3\n  7  7  7"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let (values, shape) = (try arguments.tensor("values"), try evaluator.sized(arguments))
      let n = values.rank == 0 ? try arguments.integer("values") : values.shape[0]
      guard n >= 0, n < 1 << 53 else { throw Refusal("choice wants a number of things from 0 on, not \(n)") }
      guard n > 0 || shape.count == 0 else { throw Refusal("choice has nothing to choose from") }
      let places = try evaluator.places(of: n, shape.count, arguments)
      if values.rank == 0 { return places.reshaped(shape) }
      let extents = shape.extents + values.shape.extents.dropFirst()
      guard extents.count <= Shape.maximumRank else {
        throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(extents.count)")
      }
      return values.taken(places, axis: 0).reshaped(Shape(extents))
    })

  static let categorical = Builtin(
    "categorical(logits, shape…)",
    "Random classes by softmax(logits); classes are the last axis, the others stand behind the shape.",
    derivative: "none: draws are constants", examples: ["categorical([0, -inf], 3)": "3\n  0  0  0"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let (logits, builder) = (try arguments.tensor("logits").asFloat, evaluator.builder)
      guard logits.rank > 0, let classes = logits.shape.extents.last, classes > 0 else {
        throw Refusal("categorical wants logits with classes on the last axis, not \(logits.shape)")
      }
      let batch = Array(logits.shape.extents.dropLast())
      let shape = Shape(try evaluator.sized(arguments).extents + batch)
      guard shape.rank <= Shape.maximumRank else {
        throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(shape.rank)")
      }
      guard shape.count <= builder.memoryLimit / 8 else {
        throw .outOfMemory(needed: shape.count < .max / 8 ? shape.count * 8 : .max, free: builder.memoryLimit)
      }
      let shares = try Operator.softmax.applied(to: [logits.converted(to: .float64)])
      let numbers = builder.add(.uniform, evaluator.nextKey(), shape: shape, type: .float64)
      let drawn = HostAttribute.places(function: "categorical", withoutReplacing: nil)
      return builder.add(.placesDrawn(drawn), [numbers, shares], shape: shape, type: builder.defaultType)
    })

  static let multinomial = Builtin(
    "multinomial(n, p)", "How often each comes up when n are drawn by probabilities p; categorical gives the draws.",
    derivative: "none: draws are constants", examples: ["multinomial(5, [0, 1, 0])": "3\n  0  5  0"],
    traits: [.draws],
    .tensors { evaluator, arguments throws(Refusal) in
      let (n, p) = (try arguments.tensor("n").asFloat, try arguments.tensor("p").asFloat)
      guard n.rank == 0 else { throw Refusal("multinomial wants one number for 'n', not \(n.shape)") }
      guard p.rank == 1, p.shape[0] > 0 else {
        throw Refusal("multinomial wants a vector of probabilities, not \(p.rank == 0 ? "a number" : "\(p.shape)")")
      }
      let operands = evaluator.nextKey() + [n.converted(to: .float64), p.converted(to: .float64)]
      let counts = evaluator.builder.add(.multinomialDraw, operands, shape: p.shape, type: .float64)
      return counts.converted(to: max(evaluator.builder.defaultType, n.type))
    })
}

extension Evaluator {
  /// So many places below n, as a vector.
  fileprivate func places(of n: Int, _ count: Int, _ arguments: Arguments) throws(Refusal) -> Symbol {
    let type: ElementType = n >= 1 << 24 ? .float64 : builder.defaultType
    let replaces = try arguments.flag("replace", default: true)
    guard replaces || count <= n else {
      throw Refusal("choice can't draw \(count) of \(n) without replacing", help: "replace=true puts them back")
    }
    guard let p = try arguments.optionalTensor("p")?.asFloat else {
      if !replaces { return try order(of: n).sliced(axis: 0, from: 0, count: count).converted(to: type) }
      let numbers = builder.add(.uniform, nextKey(), shape: Shape([count]), type: .float64)
      let last = builder.constant(Double(max(n - 1, 0)))
      return Operator.minimum(Operator.floor(numbers * Double(n)), last).converted(to: type)
    }
    guard p.shape == Shape([n]) else {
      throw Refusal(
        "choice wants a probability in 'p' for each of \(n), not \(p.rank == 0 ? "a number" : "\(p.shape)")")
    }
    if n == 0 { return builder.zeros(Shape([0]), type: type) }
    let numbers = builder.add(.uniform, nextKey(), shape: Shape([replaces ? count : n]), type: .float64)
    let drawn = HostAttribute.places(function: "choice", withoutReplacing: replaces ? nil : count)
    let shares = p.converted(to: .float64)
    return builder.add(.placesDrawn(drawn), [numbers, shares], shape: Shape([count]), type: type)
  }
}
