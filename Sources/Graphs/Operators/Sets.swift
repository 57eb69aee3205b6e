import CKernels
import Refusals
import Tensors

/// Vectors without repetitions: NaN is there once, as the last, and -0 is 0.
extension Operator {
  public static let unique: Operator = Operator(
    "unique(x, axis?)", "The distinct elements in order, NaN last; with an axis the distinct entries along it.",
    derivative: "goes to the first of each", aliases: ["unique_values"],
    trials: ["unique(a)", "unique([1, 1, 2] * v[0])", "unique(a, axis=1)"],
    examples: ["unique([3, 1, 3])": "2\n  1  3"]
  ) { arguments throws(Refusal) in
    let given = try arguments.tensor(0)
    let x = arguments.has("axis") ? given : given.reshaped(Shape([given.shape.count]))
    let axis = try arguments.axis("axis", rank: x.rank, default: 0)
    let groups = try Groups(try arguments.value(of: x), axis: axis)
    return .tensor(x.taken(x.builder.indices(groups.firsts), axis: axis))
  }

  public static let uniqueCounts: Operator = Operator(
    "unique_counts(x)", "(values, counts): the distinct elements in order, and how often each is there.",
    derivative: "goes to the first of each; none by counts", trials: ["unique_counts(a)[0]"],
    examples: ["unique_counts([3, 1, 3])[1]": "2\n  1  2"]
  ) { arguments throws(Refusal) in
    let (x, groups) = try grouped(arguments)
    return .tuple([
      x.taken(x.builder.indices(groups.firsts), axis: 0), x.known(groups.counts, Shape([groups.counts.count])),
    ])
  }

  public static let uniqueInverse: Operator = Operator(
    "unique_inverse(x)", "(values, inverse): the distinct elements in order, and for each element which it is.",
    derivative: "goes to the first of each; none by inverse", trials: ["unique_inverse(a)[0]"],
    examples: ["unique_inverse([3, 1, 3])[1]": "3\n  1  0  1"]
  ) { arguments throws(Refusal) in
    let (x, groups) = try grouped(arguments)
    let shape = try arguments.tensor(0).shape
    return .tuple([x.taken(x.builder.indices(groups.firsts), axis: 0), x.known(groups.inverse, shape)])
  }

  private static func grouped(_ arguments: Arguments) throws(Refusal) -> (Symbol, Groups) {
    let given = try arguments.tensor(0)
    let x = given.reshaped(Shape([given.shape.count]))
    return (x, try Groups(try arguments.value(of: x), axis: 0))
  }

  public static let isin: Operator = Operator(
    "isin(x, values, invert=false)", "Whether each element is one of the values; invert turns that round.",
    derivative: "zero everywhere", trials: [], examples: ["isin(3, [1, 3])": "true"]
  ) { arguments throws(Refusal) in
    let (x, values) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    let isIn = x.isOne(of: values.reshaped(Shape([values.shape.count])))
    return .tensor(try arguments.flag("invert") ? .map(not: isIn) : isIn)
  }

  /// A set of two: which of the distinct elements of one or both are taken, from whether a and b have them.
  private static func set(
    _ name: String, _ summary: String, isOfBoth: Bool, trial: String, example: (String, String),
    _ isTaken: @escaping @Sendable (_ isInSecond: Bool) -> Bool
  ) -> Operator {
    Operator(
      "\(name)(a, b)", summary, derivative: "goes to the first of each", aliases: [name + "1d"], trials: [trial],
      examples: [example.0: example.1]
    ) { arguments throws(Refusal) in
      let (a, b) = (try arguments.tensor(0), try arguments.tensor(1))
      func flat(_ x: Symbol) -> Symbol {
        // What has no type of its own takes that of the session, as in a list.
        x.reshaped(Shape([x.shape.count]))
      }
      let both = Symbol.concatenated([flat(a), flat(b)], axis: 0)
      let count = a.shape.count
      let groups = try Groups(try arguments.value(of: both), axis: 0)
      let places = groups.firsts.indices.filter { group in
        if isOfBoth { return true }
        return groups.firsts[group] < count && isTaken(groups.lasts[group] >= count)
      }
      return .tensor(both.taken(both.builder.indices(places.map { groups.firsts[$0] }), axis: 0))
    }
  }

  public static let setdiff: Operator = set(
    "setdiff", "The distinct elements of a that are not in b, in order.", isOfBoth: false,
    trial: "setdiff(a, b[0])", example: ("setdiff([3, 1, 2], [2])", "2\n  1  3")
  ) { !$0 }

  public static let intersect: Operator = set(
    "intersect", "The distinct elements of a that are in b, too, in order.", isOfBoth: false,
    trial: "intersect(v, v[1:])", example: ("intersect([3, 1, 2], [2, 3])", "2\n  2  3")
  ) { $0 }

  public static let union: Operator = set(
    "union", "The distinct elements of a and b, in order.", isOfBoth: true, trial: "union(a, v)",
    example: ("union([3, 1], [2, 3])", "3\n  1  2  3")
  ) { _ in true }

  static let sets: [Operator] = [unique, uniqueCounts, uniqueInverse, isin, setdiff, intersect, union]
}

/// The entries of a tensor along an axis, equal ones together, in order: NaN equals NaN and is the greatest.
private struct Groups {
  /// For each group where its first and its last entry stand, and how many there are.
  private(set) var (firsts, lasts, counts): ([Int], [Int], [Int]) = ([], [], [])
  /// For each entry its group.
  private(set) var inverse: [Int]

  init(_ tensor: Tensor, axis: Int) throws(Refusal) {
    let shape = tensor.shape
    let extent = shape[axis]
    let inner = Shape.product(shape.extents[(axis + 1)...])
    let outer = Shape.product(shape.extents[..<axis])
    let values = tensor.values
    /// -1, 0 or 1 as the entry at a goes before, with or behind that at b: by their first difference.
    func order(_ a: Int, _ b: Int) -> Int {
      for block in 0..<outer {
        for lane in 0..<inner {
          let (x, y) = (values[(block * extent + a) * inner + lane], values[(block * extent + b) * inner + lane])
          if x < y || y.isNaN && !x.isNaN { return -1 }
          if x > y || x.isNaN && !y.isNaN { return 1 }
        }
      }
      return 0
    }
    let places = outer * inner == 1 ? try Self.inOrder(values) : try Self.inOrder(extent, by: order)
    inverse = [Int](repeating: 0, count: extent)
    func isSame(_ a: Int, _ b: Int) -> Bool {
      outer * inner == 1 ? values[a] == values[b] || values[a].isNaN && values[b].isNaN : order(a, b) == 0
    }
    for place in places {
      if let last = lasts.last, isSame(last, place) {
        lasts[lasts.count - 1] = place
        counts[counts.count - 1] += 1
      } else {
        firsts.append(place)
        lasts.append(place)
        counts.append(1)
      }
      inverse[place] = firsts.count - 1
    }
  }

  /// Where the elements of a vector stand, the least first; equals in their order.
  private static func inOrder(_ values: [Double]) throws(Refusal) -> [Int] {
    var places = [Double](repeating: 0, count: values.count)
    let isOrdered = unsafe gk_order_f64(0, values, 1, values.count, 1, &places) != 0
    if gk_is_interrupted() != 0 { throw .interrupted }
    guard isOrdered else { throw .outOfMemory(needed: 4 * values.count * MemoryLayout<Double>.stride, free: 0) }
    return places.map { Int($0) }
  }

  private static func inOrder(_ extent: Int, by order: (Int, Int) -> Int) throws(Refusal) -> [Int] {
    var places = Array(0..<extent)
    do {
      try places.sort { a, b in
        if gk_is_interrupted() != 0 { throw Refusal.interrupted }
        let order = order(a, b)
        return order == 0 ? a < b : order < 0
      }
    } catch { throw .interrupted }
    return places
  }
}

extension Symbol {
  /// Whole numbers that were found from this value while the graph was built.
  func known(_ numbers: [Int], _ shape: Shape) -> Symbol {
    let type: ElementType = numbers.contains { $0 >= 1 << 24 } ? .float64 : builder.defaultType
    return builder.parameter(
      Tensor(numbers.map(Double.init), shape: shape, type: type), isFixed: builder.isFixed(reference))
  }

  /// Whether each element is in a vector.
  fileprivate func isOne(of values: Symbol) -> Symbol {
    let count = values.shape[0]
    if count == 0 { return builder.constant(false, shape: shape) }
    let sorted = values.gathered(values.order(axis: 0, isDescending: false), axis: 0)
    let flat = reshaped(Shape([shape.count]))
    let place = Symbol.zip(
      .minimum, flat.searched(in: sorted, isRight: false), builder.constant(Double(count - 1)))
    return Symbol.compare(.equal, sorted.taken(place, axis: 0), flat).reshaped(shape)
  }
}
