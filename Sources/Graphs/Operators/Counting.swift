import CKernels
import Refusals
import Tensors

/// How many elements fall where.
extension Operator {
  public static let histogram: Operator = Operator(
    "histogram(x, bins=10, range?, weights?, density=false)",
    "How many elements lie in each of so many bins, or between edges, the last one included, and the edges.",
    derivative: "none by x but through edges from its least to its greatest element; by weights taken",
    trials: ["histogram(a, 3)[1]", "histogram(a, [-3, 0, 3], weights=b)[0]", "histogram([1, 2], 2, weights=v[:2])[0]"],
    examples: ["histogram([1, 2, 2, 3], [0, 2, 4])[0]": "2\n  1  3"]
  ) { arguments throws(Refusal) in
    let given = try arguments.tensor(0).asFloat
    let x = given.reshaped(Shape([given.shape.count]))
    let edges = try edges(arguments, x)
    let bins = edges.shape[0] - 1
    let last = edges.sliced(axis: 0, from: bins, count: 1)
    // Below all edges 0, above them, or nowhere, bins + 1.
    let place = Symbol.select(
      .compare(.equal, x, last), x.builder.constant(Double(bins)), x.searched(in: edges, isRight: true))
    let weights = try weights(arguments, for: given)
    let whole = try arguments.checked(Shape([bins + 2]))
    var counts = weights.builder.add(.takeAdjoint(0), [weights, place], shape: whole, type: weights.type)
      .sliced(axis: 0, from: 1, count: bins)
    if try arguments.flag("density") { counts = counts / edges.differences(axis: 0) / counts.summed }
    return .tuple([counts, edges])
  }

  /// As given, or so many from end to end of a range, which is that of x if there is no other.
  private static func edges(_ arguments: Arguments, _ x: Symbol) throws(Refusal) -> Symbol {
    if let bins = try arguments.optionalTensor("bins"), bins.rank > 0 {
      let numbers = try arguments.value(of: bins).values
      guard bins.rank == 1, numbers.count > 1, Swift.zip(numbers, numbers.dropFirst()).allSatisfy({ $0 <= $1 }) else {
        throw Refusal("histogram wants two or more ascending edges, or a number of bins, for 'bins'")
      }
      return bins.asFloat
    }
    let count = try arguments.integer("bins", default: 10)
    guard count >= 1, count < 1 << 31 else { throw Refusal("histogram wants one bin or more, not \(count)") }
    _ = try arguments.checked(Shape([count + 2]))
    let (low, high) = try ends(arguments, x)
    let half = Symbol.compare(.equal, low, high).converted(to: low.type) * 0.5
    return .spaced(from: low - half, to: high + half, count: count + 1)
  }

  private static func ends(_ arguments: Arguments, _ x: Symbol) throws(Refusal) -> (Symbol, Symbol) {
    guard let range = try arguments.optionalTensor("range")?.asFloat else {
      let builder = x.builder
      if x.shape.count == 0 { return (builder.constant(0), builder.constant(1)) }
      guard try arguments.value(of: x).values.allSatisfy(\.isFinite) else {
        throw Refusal("histogram has no range for NaN or infinity", help: "histogram(x, range=[0, 1])")
      }
      return (x.reduced(.smallest, over: [0]), x.reduced(.largest, over: [0]))
    }
    let numbers = try arguments.value(of: range).values
    guard range.shape == Shape([2]), numbers.allSatisfy(\.isFinite), numbers[0] <= numbers[1] else {
      throw Refusal("histogram wants [low, high] for 'range', two finite numbers in order")
    }
    func end(_ place: Int) -> Symbol { range.sliced(axis: 0, from: place, count: 1).reshaped(.scalar) }
    return (end(0), end(1))
  }

  public static let bincount: Operator = Operator(
    "bincount(x, weights?, minlength=0)",
    "How often each of 0, 1, 2, … is in x, or the sum of the weights there; minlength counts at the least.",
    derivative: "none by x; by weights taken", trials: ["bincount([0, 2, 2], weights=v)"],
    examples: ["bincount([0, 2, 2])": "3 · 1 of 3 removed\n  1  ⋅  2"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    guard x.rank == 1 else { throw Refusal("bincount wants a vector of whole numbers, not \(x.shape)") }
    let least = try arguments.integer("minlength", default: 0)
    guard least >= 0 else { throw Refusal("bincount wants a length from 0 upwards, not \(least)") }
    let greatest = try arguments.greatest(of: x, "the numbers that are counted")
    let shape = try arguments.checked(Shape([Swift.max(greatest + 1, least)]))
    let weights = try weights(arguments, for: x)
    return .tensor(x.builder.add(.takeAdjoint(0), [weights, x], shape: shape, type: weights.type))
  }

  /// One for each element, 1 where none were given, in a row.
  private static func weights(_ arguments: Arguments, for x: Symbol) throws(Refusal) -> Symbol {
    let flat = Shape([x.shape.count])
    guard let weights = try arguments.optionalTensor("weights") else {
      return x.builder.ones(flat, type: x.builder.defaultType)
    }
    guard weights.shape == x.shape else {
      throw .unfitShapes(
        "\(arguments.signature.name) wants a weight for each element",
        "\(weights.shape) weights for \(x.shape)")
    }
    return weights.asFloat.reshaped(flat)
  }

  public static let segmentSum: Operator = Operator(
    "segment_sum(x, ids, n?)",
    "The sums of the entries along axis 0 that have the same number; n sums, or as many as the numbers say.",
    derivative: "taken back", trials: ["segment_sum(a, [1, 0])", "segment_sum(v, [0, 2, 0], n=4)"],
    examples: ["segment_sum([1, 2, 3], [1, 1, 0])": "2\n  3  3"]
  ) { arguments throws(Refusal) in
    let (x, ids) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    guard x.rank > 0, ids.rank == 1, ids.shape[0] == x.shape[0] else {
      throw .unfitShapes(
        "segment_sum wants a vector with a number for each entry along axis 0", "x is \(x.shape), ids are \(ids.shape)")
    }
    let greatest = try arguments.greatest(of: ids, "the numbers of segments")
    let n = try arguments.integer("n", default: greatest + 1)
    guard n > greatest else { throw Refusal("segment_sum has \(n) segments, 0 to \(n - 1); there is no \(greatest)") }
    var extents = x.shape.extents
    extents[0] = n
    let shape = try arguments.checked(Shape(extents))
    return .tensor(x.builder.add(.takeAdjoint(0), [x, ids], shape: shape, type: x.type))
  }

  static let counting: [Operator] = [histogram, bincount, segmentSum]
}

extension Arguments {
  /// The greatest of whole numbers from 0 upwards; -1 where there are none.
  fileprivate func greatest(of symbol: Symbol, _ what: String) throws(Refusal) -> Int {
    var greatest = -1
    let tensor = try self.value(of: symbol)
    if tensor.count > 0, tensor.holdsPlaces(below: 1 << 31) { return Int(tensor.greatest) }
    for value in tensor.values {
      guard let whole = Int(whole: value), whole >= 0, whole < 1 << 40 else {
        throw Refusal("\(signature.name) wants \(what) whole and from 0 upwards, not \(value.text)")
      }
      greatest = Swift.max(greatest, whole)
    }
    return greatest
  }
}

extension Tensor {
  /// Of numbers, none of which is NaN.
  fileprivate var greatest: Double {
    if type == .float32 {
      var greatest: Float = 0
      unsafe gk_reduce_f32(.max, storage.bytes.assumingMemoryBound(to: Float.self), 1, count, 1, &greatest)
      return Double(greatest)
    }
    return values.max() ?? 0
  }
}
