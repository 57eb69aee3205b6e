import Refusals
import Tensors

/// The same elements under another shape, and shapes themselves.
extension Operator {
  public static let shape: Operator = Operator(
    "shape(x)", "The extents of x as a vector.", derivative: "zero everywhere", trials: []
  ) { arguments throws(Refusal) in
    let extents = try arguments.tensor(0).shape.extents
    let isLarge = extents.contains { $0 >= 1 << 24 }
    let type = isLarge ? ElementType.float64 : arguments.builder.defaultType
    return .tensor(
      arguments.builder.constant(Tensor(extents.map(Double.init), shape: Shape([extents.count]), type: type)))
  }

  public static let rank: Operator = Operator(
    "rank(x)", "The number of axes.", derivative: "zero everywhere", trials: [], examples: ["rank(3)": "0"]
  ) { arguments throws(Refusal) in .tensor(arguments.builder.constant(Double(try arguments.tensor(0).rank))) }

  public static let size: Operator = Operator(
    "size(x)", "The number of elements.", derivative: "zero everywhere", trials: [], examples: ["size([1, 2])": "2"]
  ) { arguments throws(Refusal) in .tensor(arguments.builder.constant(Double(try arguments.tensor(0).shape.count))) }

  public static let reshape: Operator = Operator(
    "reshape(x, shape…)", "The elements, row by row, under another shape; one extent may be -1.",
    derivative: "reshaped back", trials: ["reshape(a, 3, 2)", "reshape(a, [-1])"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    return .tensor(x.reshaped(try reshaped(x.shape, to: try arguments.wholes("shape"))))
  }

  private static func reshaped(_ old: Shape, to written: [Int]) throws(Refusal) -> Shape {
    var extents = written
    guard extents.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(extents.count)")
    }
    if let bad = extents.first(where: { $0 < -1 }) { throw Refusal("an extent can't be negative; \(bad) was given") }
    let open = extents.indices.filter { extents[$0] == -1 }
    guard open.count <= 1 else { throw Refusal("reshape can work out one extent of -1, not \(open.count)") }
    if let axis = open.first {
      let others = Shape(extents.filter { $0 != -1 }).count
      guard others != 0 else { throw Refusal("reshape can't work out -1 beside an extent of 0") }
      guard old.count % others == 0 else {
        throw Refusal("reshape can't divide \(old.count) elements (\(old)) into rows of \(others)")
      }
      extents[axis] = old.count / others
    }
    let shape = Shape(extents)
    guard shape.count == old.count else {
      throw Refusal("reshape keeps the number of elements: \(old) has \(old.count), \(shape) has \(shape.count)")
    }
    return shape
  }

  public static let flatten: Operator = Operator(
    "flatten(x)", "All elements, row by row, as a vector.", derivative: "reshaped back"
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    return .tensor(x.reshaped(Shape([x.shape.count])))
  }

  public static let squeeze: Operator = Operator(
    "squeeze(x, axis?)", "Without the axes of extent 1, or those named.", derivative: "reshaped back",
    trials: ["squeeze(a[:, :1])", "squeeze(a[:1], axis=0)"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    var axes = try arguments.axes("axis", rank: x.rank)
    if !arguments.has("axis") { axes = axes.filter { x.shape[$0] == 1 } }
    for axis in axes where x.shape[axis] != 1 {
      throw Refusal("squeeze removes axes of extent 1; axis \(axis) of \(x.shape) has \(x.shape[axis])")
    }
    return .tensor(x.reshaped(x.shape.removing(axes)))
  }

  public static let expandDims: Operator = Operator(
    "expand_dims(x, axis)", "With new axes of extent 1 at these places.", derivative: "reshaped back",
    trials: ["expand_dims(a, 0)", "expand_dims(a, [0, -1])"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let written = try arguments.integers("axis") ?? []
    guard x.rank + written.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(x.rank + written.count)")
    }
    let axes = try arguments.axes("axis", rank: x.rank + written.count)
    var extents = x.shape.extents
    for axis in axes.sorted() { extents.insert(1, at: axis) }
    return .tensor(x.reshaped(Shape(extents)))
  }

  public static let broadcastTo: Operator = Operator(
    "broadcast_to(x, shape…)", "Stretched to a shape.", derivative: "summed back",
    trials: ["broadcast_to(v, 2, 3)", "broadcast_to(a, [2, 2, 3])"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let shape = try arguments.checked(try arguments.shape())
    guard x.shape.broadcast(with: shape) == shape else { throw Refusal("\(x.shape) doesn't stretch to \(shape)") }
    return .tensor(x.broadcast(to: shape))
  }

  public static let concat: Operator = Operator(
    "concat(tensors, axis=0)", "Tensors one after another along an axis.", derivative: "cut up again",
    trials: ["concat([a, b])", "concat([a, s])", "concat([a, b], axis=1)"]
  ) { arguments throws(Refusal) in
    let parts = try arguments.tensors("tensors")
    guard let first = parts.first else { throw Refusal("concat needs at least one tensor") }
    guard first.rank > 0 else {
      throw Refusal("concat joins vectors and larger tensors, not numbers", help: "stack")
    }
    let axis = try arguments.axis("axis", rank: first.rank, default: 0)
    for part in parts {
      guard part.rank == first.rank, part.shape.removing([axis]) == first.shape.removing([axis]) else {
        throw Refusal("concat along axis \(axis) wants equal extents elsewhere: \(first.shape) and \(part.shape)")
      }
    }
    return .tensor(.concatenated(parts, axis: axis))
  }

  public static let stack: Operator = Operator(
    "stack(tensors, axis=0)", "Tensors of one shape along a new axis.", derivative: "cut up again",
    trials: ["stack([a, b])", "stack([a, b], axis=-1)"]
  ) { arguments throws(Refusal) in
    let parts = try arguments.tensors("tensors")
    guard let first = parts.first else { throw Refusal("stack needs at least one tensor") }
    guard first.rank < Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(first.rank + 1)")
    }
    let axis = try arguments.axis("axis", rank: first.rank + 1, default: 0)
    for part in parts where part.shape != first.shape {
      throw Refusal("stack wants tensors of one shape: \(first.shape) and \(part.shape)")
    }
    return .tensor(.concatenated(parts.map { $0.expanded(at: axis) }, axis: axis))
  }

  public static let split: Operator = Operator(
    "split(x, n, axis=0)", "n equal parts along an axis, or the parts between these indices.",
    derivative: "joined again", trials: ["split(a, 2)[0]", "split(a, [1], axis=1)[1]"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let axis = try arguments.axis("axis", rank: x.rank, default: 0)
    let extent = x.shape[axis]
    var cuts: [Int]
    if try arguments.tensor("n").rank == 0 {
      let n = try arguments.integer("n")
      guard n > 0, n <= Swift.max(extent, 1), extent % n == 0 else {
        throw Refusal("split can't cut \(extent) entries along axis \(axis) into \(n) equal parts")
      }
      cuts = (0...n).map { $0 * (extent / n) }
    } else {
      let inner = try arguments.integers("n") ?? []
      cuts = [0] + inner.map { Swift.min($0 < 0 ? $0 + extent : $0, extent) } + [extent]
      guard Swift.zip(cuts, cuts.dropFirst()).allSatisfy({ $0 <= $1 }) else {
        throw Refusal("split wants ascending indices between 0 and \(extent), not \(inner)")
      }
    }
    return .tuple(Swift.zip(cuts, cuts.dropFirst()).map { x.sliced(axis: axis, from: $0, count: $1 - $0) })
  }

  static let shapes: [Operator] =
    [
      shape, rank, size, reshape, flatten, squeeze, expandDims, broadcastTo, concat, stack, split,
    ] + joining + turning
}
