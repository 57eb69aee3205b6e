import Refusals
import Tensors

/// Elements picked out and put back by index.
extension Operator {
  public static let take: Operator = Operator(
    "take(x, indices, axis?)", "The entries at these indices along an axis; without axis, of all elements in a row.",
    derivative: "added where the entries came from",
    trials: ["take(a, [0, 2, 5])", "take(a, [2, 0, 0], axis=1)"]
  ) { arguments throws(Refusal) in
    var x = try arguments.tensor(0)
    if !arguments.has("axis") { x = x.reshaped(Shape([x.shape.count])) }
    let axis = try arguments.axis("axis", rank: x.rank, default: 0)
    let indices = try arguments.indices(try arguments.tensor("indices"), below: x.shape[axis], "indices")
    guard x.rank - 1 + indices.rank <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(x.rank - 1 + indices.rank)")
    }
    var extents = x.shape.extents
    extents.replaceSubrange(axis...axis, with: indices.shape.extents)
    let shape = try arguments.checked(Shape(extents))
    return .tensor(x.taken(indices.reshaped(Shape([indices.shape.count])), axis: axis).reshaped(shape))
  }

  public static let gather: Operator = Operator(
    "gather(x, indices, axis=-1)", "For each index the element there along an axis, in its own row.",
    derivative: "added where the elements came from", aliases: ["take_along_axis"],
    trials: ["gather(a, [[0, 2], [1, 1]], axis=1)"]
  ) { arguments throws(Refusal) in
    let (x, indices, axis) = try along(arguments)
    return .tensor(x.gathered(indices, axis: axis))
  }

  public static let scatter: Operator = Operator(
    "scatter(x, indices, values, axis=-1)",
    "x with these values at these indices along an axis; of equal indices the last wins.",
    derivative: "the replaced elements' is 0; the values' is taken from there",
    trials: ["scatter(a, [[2], [0]], b[:, :1], axis=1)"]
  ) { arguments throws(Refusal) in
    let (x, indices, axis) = try along(arguments)
    let values = try arguments.tensor("values")
    guard values.shape.broadcast(with: indices.shape) == indices.shape else {
      throw Refusal("scatter wants values for indices of shape \(indices.shape), not \(values.shape)")
    }
    _ = try arguments.checked(x.shape)
    let type = x.builder.settled(Swift.max(x.asFloat.type, values.asFloat.type), x.shape)
    let (given, named) = (
      values.asFloat.converted(to: type).broadcast(to: indices.shape), try arguments.value(of: indices)
    )
    let isLongVector =
      x.rank == 1 && x.shape.count >= Symbol.leastPlaced && named.count > 0 && named.holdsPlaces(below: x.shape[0])
    let result =
      isLongVector
      ? x.asFloat.converted(to: type).replacing(at: named, by: given)
      : try x.asFloat.placing(given, at: indices, named, axis: axis)
    return .tensor(x.type == .bool && values.type == .bool ? result.asBool : result)
  }

  public static let scatterAdd: Operator = Operator(
    "scatter_add(x, indices, values, axis=-1)",
    "x with these values added at these indices along an axis; of equal indices all are added.",
    derivative: "g by x; the values' is taken from there",
    trials: ["scatter_add(a, [[2, 2], [0, 1]], b[:, :2], axis=1)"],
    examples: ["scatter_add([1, 2], [0, 0], [3, 4])": "2\n  8  2"]
  ) { arguments throws(Refusal) in
    let (x, indices, axis) = try along(arguments)
    let values = try arguments.tensor("values")
    guard values.shape.broadcast(with: indices.shape) == indices.shape else {
      throw Refusal("scatter_add wants values for indices of shape \(indices.shape), not \(values.shape)")
    }
    let type = x.builder.settled(Swift.max(x.asFloat.type, values.asFloat.type), x.shape)
    let added = values.asFloat.converted(to: type).broadcast(to: indices.shape)
    let extent = x.shape[axis]
    let isPlain = try arguments.value(of: indices).holdsPlaces(below: extent)
    let places = isPlain ? indices : .select(indices.compared(.less, 0), indices + Double(extent), indices)
    return .tensor(x + x.builder.add(.gatherAdjoint(axis), [added, places], shape: x.shape, type: type))
  }

  private static func along(_ arguments: Arguments) throws(Refusal) -> (x: Symbol, indices: Symbol, axis: Int) {
    let name = arguments.signature.name
    let (x, given) = (try arguments.tensor("x"), try arguments.tensor("indices"))
    let axis = try arguments.axis("axis", rank: x.rank, default: -1)
    let fits =
      given.rank == x.rank && given.shape.extents.indices.allSatisfy { $0 == axis || given.shape[$0] <= x.shape[$0] }
    guard fits else {
      throw Refusal(
        "\(name) wants indices no larger than x off axis \(axis): x is \(x.shape), indices are \(given.shape)")
    }
    return (x, try arguments.indices(given, below: x.shape[axis], "indices"), axis)
  }

  public static let oneHot: Operator = Operator(
    "one_hot(indices, depth)", "A row of zeros with a 1 at each index.", derivative: "zero everywhere", trials: []
  ) { arguments throws(Refusal) in
    let depth = try arguments.integer("depth")
    guard depth >= 0 else { throw Refusal("one_hot wants a depth from 0 upwards, not \(depth)") }
    let indices = try arguments.indices(
      try arguments.tensor("indices"), below: depth, "indices", areClasses: true)
    let shape = try arguments.checked(Shape(indices.shape.extents + [depth]))
    guard shape.rank <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(shape.rank)")
    }
    let positive = Symbol.select(indices.compared(.less, 0), indices + Double(depth), indices)
    let mask = Symbol.compare(.equal, positive.expanded(at: indices.rank), indices.builder.iota(depth))
    return .tensor(mask.asFloat)
  }

  public static let nonzero: Operator = Operator(
    "nonzero(x)", "Where x is true or not 0: a tuple of vectors of indices, one for each axis; as an index it picks.",
    derivative: "zero everywhere", trials: [], examples: ["[3, 0, 5][nonzero([3, 0, 5])]": "2\n  3  5"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    guard x.rank > 0 else { throw Refusal("nonzero wants a vector or a larger tensor, not a number") }
    let tensor = try arguments.value(of: x)
    let hits = (0..<tensor.count).filter { tensor[flat: $0] != 0 }
    let strides = x.shape.strides
    let vectors = (0..<x.rank).map { axis in
      x.builder.indices(hits.map { $0 / strides[axis] % x.shape[axis] })
    }
    return .tuple(vectors)
  }

  public static let flatnonzero: Operator = Operator(
    "flatnonzero(x)", "Where x is true or not 0, counted row by row: a vector of indices.",
    derivative: "zero everywhere", trials: [], examples: ["flatnonzero([3, 0, 5])": "2\n  0  2"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let tensor = try arguments.value(of: x)
    return .tensor(x.builder.indices((0..<tensor.count).filter { tensor[flat: $0] != 0 }))
  }

  static let indexing: [Operator] = [take, gather, scatter, scatterAdd, oneHot, nonzero, flatnonzero]
}
