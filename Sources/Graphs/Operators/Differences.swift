import Refusals
import Tensors

/// Neighbours along an axis: their differences, slopes, areas and sums of products.
extension Operator {
  public static let diff: Operator = Operator(
    "diff(x, n=1, axis=-1)", "The differences of neighbours along an axis, n times over.",
    derivative: "the differences of g, the other way round", trials: ["diff(a)", "diff(a, n=2)", "diff(a, axis=0)"],
    examples: ["diff([1, 4, 9])": "2\n  3  5"]
  ) { arguments throws(Refusal) in
    var x = try arguments.tensor(0).asFloat
    let axis = try arguments.axis("axis", rank: x.rank, default: -1)
    let n = try arguments.integer("n", default: 1)
    guard n >= 0 else { throw Refusal("diff takes differences from 0 times upwards, not \(n) times") }
    for _ in 0..<Swift.min(n, x.shape[axis]) { x = x.differences(axis: axis) }
    return .tensor(x)
  }

  public static let trapezoid: Operator = Operator(
    "trapezoid(y, x?, dx=1, axis=-1)", "The area under y by trapezoids, over x or in steps of dx; 0 of one point.",
    derivative: "half of both steps beside each y; by x half of what neighbours differ by", aliases: ["trapz"],
    trials: ["trapezoid(a)", "trapezoid(a, cumsum(exp(v)))", "trapezoid(a, b, axis=0)", "trapezoid(a, dx=sum(v))"],
    examples: ["trapezoid([1, 2, 4])": "4.5"]
  ) { arguments throws(Refusal) in
    let y = try arguments.tensor(0).asFloat
    let axis = try arguments.axis("axis", rank: y.rank, default: -1)
    let steps = try steps(arguments, y, axis: axis, mayHaveShape: true)
    let count = Swift.max(y.shape[axis] - 1, 0)
    let first = y.sliced(axis: axis, from: 0, count: count)
    let second = y.sliced(axis: axis, from: Swift.min(1, y.shape[axis]), count: count)
    return .tensor((steps * (first + second) * 0.5).summed(over: [axis]))
  }

  public static let finiteDifference: Operator = Operator(
    "finite_difference(y, x?, dx=1, axis=-1)",
    "Slopes by the neighbours on both sides, at the ends by one; NumPy calls it gradient.",
    derivative: "linear in y",
    trials: [
      "finite_difference(a)", "finite_difference(a, cumsum(exp(v)))", "finite_difference(s, dx=2 + sum(v), axis=0)",
    ],
    examples: ["finite_difference([1, 2, 4])": "3\n  1  1.5  2"]
  ) { arguments throws(Refusal) in
    let y = try arguments.tensor(0).asFloat
    let axis = try arguments.axis("axis", rank: y.rank, default: -1)
    let count = y.shape[axis]
    guard count >= 2 else {
      throw Refusal("finite_difference wants two points at least along axis \(axis), not \(count)")
    }
    let steps = try steps(arguments, y, axis: axis, mayHaveShape: false)
    let slopes = y.differences(axis: axis) / steps
    func part(_ x: Symbol, _ from: Int, _ n: Int) -> Symbol { x.sliced(axis: axis, from: from, count: n) }
    func ends(_ inner: [Symbol]) -> Symbol {
      .concatenated([part(slopes, 0, 1)] + inner + [part(slopes, count - 2, 1)], axis: axis)
    }
    if count == 2 { return .tensor(ends([])) }
    let (left, right) = (part(slopes, 0, count - 2), part(slopes, 1, count - 2))
    if !arguments.has("x") { return .tensor(ends([(left + right) * 0.5])) }
    // The nearer neighbour's slope counts for more.
    let (before, after) = (part(steps, 0, count - 2), part(steps, 1, count - 2))
    return .tensor(ends([(left * after + right * before) / (before + after)]))
  }

  /// The steps between the points: of x, a vector along the axis or, where that may be, one point for each y; else dx.
  private static func steps(
    _ arguments: Arguments, _ y: Symbol, axis: Int, mayHaveShape: Bool
  ) throws(Refusal) -> Symbol {
    let name = arguments.signature.name
    guard let x = try arguments.optionalTensor("x")?.asFloat else {
      let step = try arguments.number("dx", default: 1).asFloat
      guard step.rank == 0 else { throw Refusal("\(name) wants one number for 'dx', not \(step.shape)", help: "x=…") }
      return step
    }
    if mayHaveShape, x.shape == y.shape { return x.differences(axis: axis) }
    guard x.rank == 1, x.shape[0] == y.shape[axis] else {
      throw .unfitShapes(
        "\(name) wants a point x for each y along axis \(axis)", "y is \(y.shape), x is \(x.shape)")
    }
    var extents = [Int](repeating: 1, count: y.rank)
    let steps = x.differences(axis: 0)
    extents[axis] = steps.shape[0]
    return steps.reshaped(Shape(extents))
  }

  public static let convolve: Operator = Operator(
    "convolve(a, v, mode=\"full\")",
    "The sums of products of a with v moved along it, mirrored; mode full, same (as long as the longer) or valid.",
    derivative: "correlations with g",
    trials: [
      "convolve(v, a[0])", "convolve(flatten(a), v, mode=\"same\")", "convolve(v, flatten(a), mode=\"valid\")",
    ],
    examples: ["convolve([1, 2], [1, 1])": "3\n  1  3  2"]
  ) { arguments throws(Refusal) in
    let (a, v) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    let mode = try arguments.choice("mode", of: ["full", "same", "valid"])
    guard a.rank == 1, v.rank == 1 else { throw Refusal("convolve wants two vectors, not \(a.shape) and \(v.shape)") }
    let (long, short) = a.shape[0] >= v.shape[0] ? (a, v) : (v, a)
    let (n, k) = (long.shape[0], short.shape[0])
    guard k > 0 else { throw Refusal("convolve wants entries in both vectors: \(a.shape) and \(v.shape)") }
    let (start, count) = mode == "full" ? (0, n + k - 1) : mode == "same" ? ((k - 1) / 2, n) : (k - 1, n - k + 1)
    let type = Swift.max(a.type, v.type)
    let padded = long.converted(to: type).embedded(starts: [k - 1], steps: [1], in: Shape([n + 2 * k - 2]))
    let windows = try arguments.checked(Shape([count, k]))
    let places = (0..<count).flatMap { row in (0..<k).map { start + row + $0 } }
    let rows = padded.taken(padded.builder.indices(places), axis: 0).reshaped(windows)
    let mirrored = short.converted(to: type).flipped([0]).expanded(at: 1)
    return .tensor(Symbol.matrixProduct(rows, mirrored).reshaped(Shape([count])))
  }

  public static let cross: Operator = Operator(
    "cross(a, b, axis=-1)", "The vector product of the three entries along an axis.",
    derivative: "cross(b, g), cross(g, a)", trials: ["cross(a, b)", "cross(a, v)", "cross(s, s.T, axis=0)"],
    examples: ["cross([1, 0, 0], [0, 1, 0])": "3\n  0  0  1"]
  ) { arguments throws(Refusal) in
    let (x, y) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    let rank = Swift.max(x.rank, y.rank)
    let axis = try arguments.axis("axis", rank: rank, default: -1)
    let (a, b) = (x.lifted(to: rank), y.lifted(to: rank))
    guard a.shape[axis] == 3, b.shape[axis] == 3 else {
      throw Refusal("cross wants 3 entries along axis \(axis) in both: they are \(x.shape) and \(y.shape)")
    }
    _ = try arguments.broadcast(a.shape, b.shape)
    return .tensor(
      a.rolled(-1, axis: axis) * b.rolled(-2, axis: axis) - a.rolled(-2, axis: axis) * b.rolled(-1, axis: axis))
  }

  static let differences: [Operator] = [diff, trapezoid, finiteDifference, convolve, cross]
}

extension Symbol {
  /// Each entry along an axis less the one before it.
  func differences(axis: Int) -> Symbol {
    let count = Swift.max(shape[axis] - 1, 0)
    return sliced(axis: axis, from: Swift.min(1, shape[axis]), count: count)
      - sliced(axis: axis, from: 0, count: count)
  }
}
