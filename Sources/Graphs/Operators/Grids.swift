import Refusals
import Tensors

/// Numbers along axes, and places in shapes.
extension Operator {
  public static let logspace: Operator = Operator(
    "logspace(start, stop, count=50, base=10)", "So many powers of the base, their exponents evenly spaced.",
    derivative: "y log(base) (1 - t, t)",
    trials: ["logspace(a[0, 0], b[0, 0], 4)", "logspace(0, v[0], 3, base=exp(v[1]))"],
    examples: ["logspace(0, 2, 3)": "3\n  1  10  100"]
  ) { arguments throws(Refusal) in
    let (start, stop) = (try arguments.tensor("start"), try arguments.tensor("stop"))
    let base = try arguments.number("base", default: 10)
    let count = try arguments.integer("count", default: 50)
    guard start.rank == 0, stop.rank == 0, base.rank == 0 else {
      throw Refusal("logspace goes from a number to a number, by powers of a number")
    }
    guard count >= 0, count <= 1 << 31 else { throw Refusal("logspace can't make \(count) numbers") }
    _ = try arguments.checked(Shape([count]))
    return .tensor(pow(base.asFloat, .spaced(from: start, to: stop, count: count)))
  }

  public static let fullLike: Operator = Operator(
    "full_like(x, value)", "One number everywhere, in x's shape and type.", derivative: "summed by the value",
    trials: ["full_like(b, sum(a))"], examples: ["full_like([1, 2], 7)": "2\n  7  7"]
  ) { arguments throws(Refusal) in
    let (x, value) = (try arguments.tensor(0), try arguments.tensor("value"))
    guard value.rank == 0 else { throw Refusal("full_like wants one number for 'value', not \(value.shape)") }
    return .tensor(value.converted(to: x.type).broadcast(to: x.shape))
  }

  public static let meshgrid: Operator = Operator(
    "meshgrid(xs…, indexing=\"xy\")",
    "For each vector its coordinates on the grid of all; \"xy\": the first one runs along the columns, \"ij\": the rows.",
    derivative: "summed back", trials: ["meshgrid(v, a[0])[0]", "meshgrid(v, a[0, :2], indexing=\"ij\")[0]"],
    examples: ["meshgrid([1, 2], [5, 6])[1]": "2×2\n  5  5\n  6  6"]
  ) { arguments throws(Refusal) in
    let vectors = try arguments.remaining()
    let isSwapped = try arguments.choice("indexing", of: ["xy", "ij"]) == "xy" && vectors.count > 1
    guard !vectors.isEmpty else { throw Refusal("meshgrid wants a vector for each axis", help: "meshgrid(xs, ys)") }
    guard vectors.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(vectors.count)")
    }
    if let other = vectors.first(where: { $0.rank > 1 }) {
      throw Refusal("meshgrid wants vectors or numbers, not \(other.shape)")
    }
    var axes = Array(vectors.indices)
    if isSwapped { axes.swapAt(0, 1) }
    var extents = [Int](repeating: 1, count: vectors.count)
    for (vector, axis) in Swift.zip(vectors, axes) { extents[axis] = vector.shape.count }
    let grid = try arguments.checked(Shape(extents))
    return .tuple(
      Swift.zip(vectors, axes).map { vector, axis in
        var own = [Int](repeating: 1, count: vectors.count)
        own[axis] = vector.shape.count
        return vector.reshaped(Shape(own)).broadcast(to: grid)
      })
  }

  private static func triangle(
    _ name: String, _ part: String, example: String, _ isInside: @escaping @Sendable (Int, Int) -> Bool
  ) -> Operator {
    Operator(
      "\(name)(n, m=n, *, k=0)",
      "(rows, columns): the indices \(part) the k-th diagonal of an n×m matrix, row by row.",
      derivative: "none", trials: [], examples: ["\(name)(2)[0]": example]
    ) { arguments throws(Refusal) in
      let n = try arguments.integer("n")
      let (m, k) = (try arguments.integer("m", default: n), try arguments.integer("k", default: 0))
      guard n >= 0, m >= 0 else { throw Refusal("an extent can't be negative; \(name) was given \(n)×\(m)") }
      _ = try arguments.checked(Shape([n, m]))
      let places = (0..<n).flatMap { row in (0..<m).filter { isInside($0 - row, k) }.map { (row, $0) } }
      let builder = arguments.builder
      return .tuple([builder.indices(places.map(\.0)), builder.indices(places.map(\.1))])
    }
  }

  public static let trilIndices: Operator = triangle("tril_indices", "on and below", example: "3\n  0  1  1", <=)
  public static let triuIndices: Operator = triangle("triu_indices", "on and above", example: "3\n  0  0  1", >=)

  public static let unravelIndex: Operator = Operator(
    "unravel_index(i, shape)", "The place of element i of a shape, counted row by row: an index for each axis.",
    derivative: "none", trials: [], examples: ["[4, 5; 6, 7][unravel_index(2, [2, 2])]": "6"]
  ) { arguments throws(Refusal) in
    let i = try arguments.tensor("i").asFloat
    let extents = try arguments.integers("shape") ?? []
    for extent in extents where extent < 0 { throw Refusal("an extent can't be negative; \(extent) was given") }
    guard extents.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(extents.count)")
    }
    let shape = Shape(extents)
    var places: [[Int]] = []
    for value in try arguments.value(of: i).values {
      guard let whole = Int(whole: value), whole >= 0, whole < shape.count else {
        throw Refusal("unravel_index wants whole numbers from 0 to \(shape.count - 1) for \(shape), not \(value.text)")
      }
      places.append(shape.place(of: whole))
    }
    return .tuple(extents.indices.map { axis in i.known(places.map { $0[axis] }, i.shape) })
  }

  static let grids: [Operator] = [logspace, fullLike, meshgrid, trilIndices, triuIndices, unravelIndex]
}
