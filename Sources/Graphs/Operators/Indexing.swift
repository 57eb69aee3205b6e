import CKernels
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
    let builder = x.builder
    _ = try arguments.checked(x.shape)
    let (isHit, counts) = try marks(try arguments.value(of: indices), axis, in: x.shape)
    let isFixed = builder.isFixed(indices.reference)
    let hit = builder.parameter(isHit, isFixed: isFixed)
    let winners = builder.parameter(counts, isFixed: isFixed)
    let type = builder.settled(Swift.max(x.asFloat.type, values.asFloat.type), x.shape)
    let kept = Symbol.keep(winners, values.asFloat.converted(to: type).broadcast(to: indices.shape))
    let placed = builder.add(.gatherAdjoint(axis), [kept, indices], shape: x.shape, type: type)
    let result = Symbol.select(hit, placed, x.asFloat)
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
    let extent = Double(x.shape[axis])
    let places = Symbol.select(indices.compared(.less, 0), indices + extent, indices)
    return .tensor(x + x.builder.add(.gatherAdjoint(axis), [added, places], shape: x.shape, type: type))
  }

  /// The places that indices name, and which of them are the last to name theirs.
  private static func marks(
    _ indices: Tensor, _ axis: Int, in whole: Shape
  ) throws(Refusal) -> (hits: Tensor, winners: Tensor) {
    let count = indices.count
    let isVector = whole.rank == 1
    guard count < 1 << 32 - 1, let hits = Storage(uninitialized: whole.count),
      let winners = Storage(uninitialized: count), let last = Storage(uninitialized: 4 * whole.count),
      let places = Storage(uninitialized: isVector ? 0 : 8 * count)
    else { throw .outOfMemory(needed: 5 * whole.count + 9 * count, free: 0) }
    unsafe hits.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: whole.count)
    unsafe winners.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    if count > 0 {
      let x = unsafe indices.storage.bytes
      let marks = unsafe (
        hits.bytes.assumingMemoryBound(to: UInt8.self), winners.bytes.assumingMemoryBound(to: UInt8.self),
        last.bytes.assumingMemoryBound(to: UInt32.self)
      )
      // They have been looked at before.
      if isVector {
        let type = indices.type == .float32 ? GK_F32 : GK_F64
        unsafe gk_mark_last_at(type, x, count, whole.count, marks.2, marks.0, marks.1)
      } else {
        let index = unsafe places.bytes.assumingMemoryBound(to: Int64.self)
        if indices.type == .float32 {
          _ = unsafe gk_places_f32(x.assumingMemoryBound(to: Float.self), count, whole[axis], index)
        } else {
          _ = unsafe gk_places_f64(x.assumingMemoryBound(to: Double.self), count, whole[axis], index)
        }
        unsafe gk_mark_last(
          index, whole.strides, indices.shape.extents, whole.rank, axis, whole.count, marks.2, marks.0, marks.1)
      }
      if gk_is_interrupted() != 0 { throw .interrupted }
    }
    return (
      Tensor(shape: whole, type: .bool, storage: hits), Tensor(shape: indices.shape, type: .bool, storage: winners)
    )
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
    let indices = try arguments.indices(try arguments.tensor("indices"), below: depth, "indices")
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
