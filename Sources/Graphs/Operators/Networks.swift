import Refusals
import Tensors

/// Whole layers of networks.
extension Operator {
  public static let layerNorm: Operator = Operator(
    "layer_norm(x, axis=-1, eps=1e-5)", "x moved to mean 0 and scaled to variance 1 along an axis.",
    derivative: "g less its mean and its part along y, over the deviation",
    trials: ["layer_norm(a)", "layer_norm(a, axis=0, eps=0.1)"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0).asFloat
    let axes =
      arguments.has("axis")
      ? try arguments.axes("axis", rank: x.rank)
      : [try arguments.axis("axis", rank: x.rank, default: -1)]
    let eps = try arguments.number("eps", default: 1e-5)
    guard eps.rank == 0 else { throw Refusal("layer_norm wants one number for 'eps', not \(eps.shape)") }
    if x.shape.count == 0 { return .tensor(x) }
    let count = Double(x.extent(of: axes))
    let centred = x.apart(over: axes)
    let variance = centred.squared().summed(over: axes, keepsAxes: true) / count
    let formula = variance + eps.asFloat
    // The root of it, though the variance itself may overflow or vanish.
    let length = centred.addedUp(.norm, over: axes, keepsAxes: true)
    let value = Symbol.zip(.hypot, length / count.squareRoot(), sqrt(eps.asFloat.converted(to: .float64)))
    let root = x.builder.add(
      .root, [.restated(value, as: sqrt(formula)), formula], shape: formula.shape, type: formula.type)
    let y = centred / root
    // A number that differs along the axis has no rule of its own.
    guard formula.shape == variance.shape, y.shape == x.shape else { return .tensor(y) }
    return .tensor(x.builder.add(.layerNorm, [y, centred, root, eps.asFloat], shape: y.shape, type: y.type))
  }

  public static let embedding: Operator = Operator(
    "embedding(table, indices)", "The row of a table for each index.", derivative: "added to the rows taken",
    trials: ["embedding(a, [[1, 0, 1]])"]
  ) { arguments throws(Refusal) in
    let table = try arguments.tensor("table")
    guard table.rank > 0 else { throw Refusal("embedding wants a table with rows, not a number") }
    let indices = try arguments.indices(try arguments.tensor("indices"), below: table.shape[0], "indices")
    let extents = indices.shape.extents + table.shape.extents.dropFirst()
    guard extents.count <= Shape.maximumRank else {
      throw Refusal("a tensor has at most \(Shape.maximumRank) axes, not \(extents.count)")
    }
    let shape = try arguments.checked(Shape(extents))
    return .tensor(table.taken(indices.reshaped(Shape([indices.shape.count])), axis: 0).reshaped(shape))
  }

  public static let conv2d: Operator = Operator(
    "conv2d(x, w, stride=1, padding=0)",
    "Images (n, channels, height, width) under filters (filters, channels, height, width), not mirrored.",
    derivative: "by the same windows",
    trials: [
      "conv2d(reshape(s, [1, 1, 3, 3]), reshape(a, [1, 1, 2, 3]), padding=1)",
      "conv2d(reshape(a, [1, 2, 1, 3]), reshape(b, [1, 2, 1, 3]), stride=2, padding=[0, 2])",
    ]
  ) { arguments throws(Refusal) in
    let (x, w) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    guard x.rank == 4, w.rank == 4 else {
      throw Refusal(
        "conv2d wants two tensors of four axes, not \(x.shape) and \(w.shape)",
        help: "images (n, channels, height, width), filters (filters, channels, height, width)"
      )
    }
    guard x.shape[1] == w.shape[1] else {
      throw Refusal("conv2d wants as many channels in x as in w, not \(x.shape[1]) and \(w.shape[1])")
    }
    let step = try sides(arguments, "stride", least: 1) ?? [1, 1]
    let border = try sides(arguments, "padding", least: 0) ?? [0, 0]
    let padded = Shape([x.shape[0], x.shape[1], x.shape[2] + 2 * border[0], x.shape[3] + 2 * border[1]])
    let whole =
      padded == x.shape
      ? x
      : x.embedded(starts: [0, 0] + border, steps: [1, 1, 1, 1], in: try arguments.checked(padded))
    let size = [w.shape[2], w.shape[3]]
    let parts = try windows(whole, size: size, step: step, arguments)
    let (n, channels, filters) = (x.shape[0], x.shape[1], w.shape[0])
    let (height, width) = (parts[0].shape[2], parts[0].shape[3])
    let columns = Symbol.concatenated(
      parts.map { $0.reshaped(Shape([n, channels, 1, height * width])) }, axis: 2)
    let inner = channels * size[0] * size[1]
    let product = Symbol.matrixProduct(
      w.reshaped(Shape([filters, inner])), columns.reshaped(Shape([n, inner, height * width])))
    return .tensor(product.reshaped(Shape([n, filters, height, width])))
  }

  public static let maxPool: Operator = Operator(
    "max_pool(x, size, stride?)", "The greatest of each window on the last two axes; stride is size if left out.",
    derivative: "goes to the greatest, shared between equals",
    trials: ["max_pool(s, 2, stride=1)", "max_pool(a, [2, 1])"]
  ) { arguments throws(Refusal) in .tensor(try pooled(arguments).reduced(.largest, over: [0])) }

  public static let avgPool: Operator = Operator(
    "avg_pool(x, size, stride?)", "The mean of each window on the last two axes; stride is size if left out.",
    derivative: "1 / n", trials: ["avg_pool(s, 2, stride=1)", "avg_pool(a, [1, 3])"]
  ) { arguments throws(Refusal) in
    let windows = try pooled(arguments)
    return .tensor(windows.summed(over: [0]) / Double(windows.shape[0]))
  }

  /// The windows' elements on a new first axis.
  private static func pooled(_ arguments: Arguments) throws(Refusal) -> Symbol {
    let x = try arguments.tensor(0).asFloat
    guard x.rank >= 2, x.rank < Shape.maximumRank else {
      throw Refusal("\(arguments.signature.name) wants height and width on the last two axes, not \(x.shape)")
    }
    let size = try sides(arguments, "size", least: 1) ?? [1, 1]
    let step = try sides(arguments, "stride", least: 1) ?? size
    return .concatenated(
      try windows(x, size: size, step: step, arguments).map { $0.expanded(at: 0) }, axis: 0)
  }

  /// For each place in a window, the elements at that place of all windows.
  private static func windows(
    _ x: Symbol, size: [Int], step: [Int], _ arguments: Arguments
  ) throws(Refusal) -> [Symbol] {
    let first = x.rank - 2
    let (height, width) = (x.shape[first], x.shape[first + 1])
    guard size[0] > 0, size[1] > 0, size[0] <= height, size[1] <= width else {
      throw Refusal(
        "\(arguments.signature.name)'s window of \(size[0])×\(size[1]) doesn't fit into \(height)×\(width)")
    }
    guard size[0] * size[1] <= 1 << 20 else {
      throw Refusal("\(arguments.signature.name)'s window of \(size[0])×\(size[1]) has more than a million places")
    }
    var extents = x.shape.extents
    extents[first] = (height - size[0]) / step[0] + 1
    extents[first + 1] = (width - size[1]) / step[1] + 1
    _ = try arguments.checked(Shape([size[0] * size[1]] + extents))
    let lead = [Int](repeating: 0, count: first)
    let steps = [Int](repeating: 1, count: first) + step
    return (0..<size[0] * size[1]).map {
      x.sliced(starts: lead + [$0 / size[1], $0 % size[1]], steps: steps, extents: extents)
    }
  }

  /// A number for both sides, or one for each.
  private static func sides(_ arguments: Arguments, _ name: String, least: Int) throws(Refusal) -> [Int]? {
    guard let numbers = try arguments.integers(name) else { return nil }
    guard numbers.count == 1 || numbers.count == 2, numbers.allSatisfy({ $0 >= least && $0 < 1 << 31 }) else {
      throw Refusal("\(arguments.signature.name) wants one or two whole numbers from \(least) for '\(name)'")
    }
    return numbers.count == 1 ? [numbers[0], numbers[0]] : numbers
  }

  static let networks: [Operator] = [layerNorm, embedding, conv2d, maxPool, avgPool]
}
