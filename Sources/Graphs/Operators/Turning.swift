import Refusals
import Tensors

/// Axes in other places.
extension Operator {
  public static let swapaxes: Operator = Operator(
    "swapaxes(x, a, b)", "With two axes swapped.", derivative: "swapped back",
    trials: ["swapaxes(a, 0, 1)", "swapaxes(reshape(a, [1, 2, 3]), 0, -1)"],
    examples: ["swapaxes([[1, 2]], 0, 1)": "2×1\n  1\n  2"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let (a, b) = (
      try arguments.axis("a", rank: x.rank, default: 0), try arguments.axis("b", rank: x.rank, default: 0)
    )
    var axes = Array(0..<x.rank)
    axes.swapAt(a, b)
    return .tensor(x.transposed(axes))
  }

  public static let moveaxis: Operator = Operator(
    "moveaxis(x, from, to)", "With one axis, or a list of them, in other places; the others stay in order.",
    derivative: "moved back", trials: ["moveaxis(a, 0, 1)", "moveaxis(reshape(a, [1, 2, 3]), [0, 1], [2, 0])"],
    examples: ["shape(moveaxis(ones(2, 3, 4), 0, -1))": "3\n  3  4  2"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    let (from, to) = (try arguments.axes("from", rank: x.rank), try arguments.axes("to", rank: x.rank))
    guard from.count == to.count else {
      throw Refusal("moveaxis wants a place for each axis: \(from.count) axes, \(to.count) places")
    }
    var axes = (0..<x.rank).filter { !from.contains($0) }
    for (axis, place) in Swift.zip(from, to).sorted(by: { $0.1 < $1.1 }) { axes.insert(axis, at: place) }
    return .tensor(x.transposed(axes))
  }

  public static let rot90: Operator = Operator(
    "rot90(x, k=1, axes=[0, 1])", "Turned by k right angles, from the first of two axes towards the second.",
    derivative: "turned back", trials: ["rot90(a)", "rot90(a, 2)", "rot90(reshape(a, [1, 2, 3]), -1, axes=[2, 1])"],
    examples: ["rot90([[1, 2], [3, 4]])": "2×2\n  2  4\n  1  3"]
  ) { arguments throws(Refusal) in
    let x = try arguments.tensor(0)
    guard x.rank >= 2 else { throw Refusal("rot90 turns matrices and larger tensors, not \(x.described)") }
    let axes = arguments.has("axes") ? try arguments.axes("axes", rank: x.rank) : [0, 1]
    guard axes.count == 2 else { throw Refusal("rot90 wants two axes, not \(axes.count)") }
    var swapped = Array(0..<x.rank)
    swapped.swapAt(axes[0], axes[1])
    switch (try arguments.integer("k", default: 1) % 4 + 4) % 4 {
    case 1: return .tensor(x.flipped([axes[1]]).transposed(swapped))
    case 2: return .tensor(x.flipped(axes))
    case 3: return .tensor(x.transposed(swapped).flipped([axes[1]]))
    default: return .tensor(x)
    }
  }

  static let turning: [Operator] = [swapaxes, moveaxis, rot90]
}
