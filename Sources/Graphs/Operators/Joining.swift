import Refusals
import Tensors

/// Tensors put together and entries put in or left out; nothing is flattened.
extension Operator {
  private static func stacking(
    _ name: String, _ summary: String, examples: KeyValuePairs<String, String>,
    _ arrange: @escaping @Sendable ([Symbol]) -> (parts: [Symbol], axis: Int)
  ) -> Operator {
    Operator(
      "\(name)(tensors)", summary, derivative: "cut up again",
      trials: ["\(name)([a, b])", "\(name)((v, v * v))", "\(name)((s, s))"], examples: examples
    ) { arguments throws(Refusal) in
      let given = try arguments.tensors("tensors")
      guard !given.isEmpty else { throw Refusal("\(name) needs at least one tensor") }
      let (parts, axis) = arrange(given)
      let first = parts[0]
      for part in parts {
        guard part.rank == first.rank, part.shape.removing([axis]) == first.shape.removing([axis]) else {
          throw .unfitShapes(
            "\(name) wants equal extents off axis \(axis)", "\(first.shape) and \(part.shape)")
        }
      }
      return .tensor(.concatenated(parts, axis: axis))
    }
  }

  public static let vstack: Operator = stacking(
    "vstack", "Tensors below each other; a vector is a row.",
    examples: ["vstack(([1, 2], [3, 4]))": "2×2\n  1  2\n  3  4"]
  ) { tensors in (tensors.map { $0.lifted(to: 2) }, 0) }

  public static let hstack: Operator = stacking(
    "hstack", "Tensors beside each other, vectors end to end.", examples: ["hstack(([1, 2], [3]))": "3\n  1  2  3"]
  ) { tensors in
    let parts = tensors.map { $0.lifted(to: 1) }
    return (parts, parts[0].rank == 1 ? 0 : 1)
  }

  public static let columnStack: Operator = stacking(
    "column_stack", "Tensors beside each other; a vector is a column.",
    examples: ["column_stack(([1, 2], [3, 4]))": "2×2\n  1  3\n  2  4"]
  ) { tensors in
    (tensors.map { $0.rank < 2 ? $0.reshaped(Shape([$0.shape.count, 1])) : $0 }, 1)
  }

  public static let append: Operator = Operator(
    "append(x, values, axis=0)", "x with these entries behind it along an axis; values of a lower rank are one entry.",
    derivative: "cut up again", trials: ["append(v, a[0])", "append(a, v)", "append(a, b, axis=1)", "append(v, v[0])"],
    examples: ["append([1, 2], 3)": "3\n  1  2  3"]
  ) { arguments throws(Refusal) in
    let (x, values, axis) = try entries(arguments)
    return .tensor(.concatenated([x, values], axis: axis))
  }

  public static let insert: Operator = Operator(
    "insert(x, i, values, axis=0)",
    "x with these entries in front of its entry i along an axis, or one in front of each of a list i.",
    derivative: "cut up again",
    trials: ["insert(v, 1, a[0, 0])", "insert(a, 1, v)", "insert(a, [0, 2], b[:, :2], axis=1)"],
    examples: ["insert([1, 3], 1, 2)": "3\n  1  2  3"]
  ) { arguments throws(Refusal) in
    let i = try arguments.tensor("i")
    let (x, values, axis) = try entries(arguments)
    let (n, count) = (x.shape[axis], values.shape[axis])
    var places: [Int] = []
    for place in try arguments.integers("i") ?? [] {
      guard place >= -n, place <= n else {
        throw Refusal("insert has no place \(place) along axis \(axis) of \(x.shape); places go from \(-n) to \(n)")
      }
      places.append(place < 0 ? place + n : place)
    }
    if i.rank == 0 { places = [Int](repeating: places[0], count: count) }
    guard count == places.count || count == 1 else {
      throw Refusal("insert wants an entry for each of \(places.count) places, not \(count)")
    }
    // Behind x stand the values: for each place of the result where it comes from.
    let order = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }
    var (sources, next): ([Int], Int) = ([], 0)
    for place in 0...n {
      while next < order.count, places[order[next]] == place {
        sources.append(n + (count == 1 ? 0 : order[next]))
        next += 1
      }
      if place < n { sources.append(place) }
    }
    return .tensor(Symbol.concatenated([x, values], axis: axis).taken(x.builder.indices(sources), axis: axis))
  }

  public static let delete: Operator = Operator(
    "delete(x, i, axis=0)", "x without its entry i along an axis, or without those of a list.",
    derivative: "the entries that are left out have none", trials: ["delete(v, 1)", "delete(a, [0, -1], axis=1)"],
    examples: ["delete([1, 2, 3], 1)": "2\n  1  3"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    guard x.rank > 0 else { throw Refusal("delete leaves entries out along an axis; a number has none") }
    let axis = try arguments.axis("axis", rank: x.rank, default: 0)
    let n = x.shape[axis]
    let indices = try arguments.indices(try arguments.tensor("i"), below: n, "i")
    guard indices.rank <= 1 else { throw Refusal("delete wants an index or a list of them, not \(indices.shape)") }
    let left = Set(try arguments.value(of: indices).values.map { Int($0) }.map { $0 < 0 ? $0 + n : $0 })
    return .tensor(x.taken(x.builder.indices((0..<n).filter { !left.contains($0) }), axis: axis))
  }

  /// x and what is to be put into it along an axis, which has its rank.
  private static func entries(_ arguments: Arguments) throws(Refusal) -> (x: Symbol, values: Symbol, axis: Int) {
    let name = arguments.signature.name
    let (x, given) = (try arguments.tensor("x"), try arguments.tensor("values"))
    guard x.rank > 0 else { throw Refusal("\(name) wants a vector or a larger tensor, not a number") }
    let axis = try arguments.axis("axis", rank: x.rank, default: 0)
    var values = given.type == .literal ? given.converted(to: x.asFloat.type) : given
    if values.rank == x.rank - 1 { values = values.expanded(at: axis) }
    guard values.rank == x.rank, values.shape.removing([axis]) == x.shape.removing([axis]) else {
      throw .unfitShapes(
        "\(name) along axis \(axis) wants values with x's other extents", "x is \(x.shape), values are \(given.shape)")
    }
    return (x, values, axis)
  }

  static let joining: [Operator] = [vstack, hstack, columnStack, append, insert, delete]
}
