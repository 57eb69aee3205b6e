import Refusals
import Tensors

/// Layers that pick and pool.
extension Operator {
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
      try windows(x, Laying(size: size, stride: step), arguments).map { $0.expanded(at: 0) }, axis: 0)
  }

  static let networks: [Operator] = [embedding, maxPool, avgPool] + normalising + convolution + attending
}
