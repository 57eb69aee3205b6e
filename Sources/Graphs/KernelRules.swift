import CKernels
import Tensors

/// A rule that an operation, a step or a plan breaks: what it wants, and what it has.
public struct Flaw: Error, Equatable {
  public let text: String

  public init(_ text: String) { self.text = text }
}

/// The operands of a node, looked up in their graph as they are asked for.
struct Operands: RandomAccessCollection {
  let graph: Graph
  let references: [Graph.Reference]

  var startIndex: Int { 0 }
  var endIndex: Int { references.count }
  subscript(position: Int) -> Graph.Node { graph.nodes[references[position].index] }
}

extension Kernel {
  /// What must be true of an operation with this loop: operands, and the shape and type of the result.
  ///
  /// This is the only place where it is written down; graphs and plans are held against it.
  func check(_ x: Operands, _ y: Graph.Node) throws(Flaw) {
    switch self {
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert: try checkElements(x, y)
    case .reshape, .broadcast, .transpose, .slice, .embed, .window, .windowAdjoint, .concat: try checkMove(x, y)
    case .reduce, .reduceLogic, .argument, .scan: try checkReduction(x, y)
    case .take, .takeAdjoint, .gather, .gatherAdjoint: try checkPick(x, y)
    case .matrixProduct:
      try checkProduct(x, y)
    case .loop(let loop):
      try loop.check(x, y)
    case .planned(let kernel):
      let haveTypes = x.enumerated().allSatisfy {
        $1.type == y.type || $0 == kernel.places && $1.type.isFloat
      }
      try want(y.type.isFloat && haveTypes, "operands of the result's type, a float")
      try kernel.check(x.map(\.shape), y.shape)
    case .fill:
      try want(x.isEmpty, "no operands")
    case .iota:
      try want(x.isEmpty, "no operands")
      try want(y.shape.rank == 1 && y.type.isFloat, "a vector of floats as its result")
    case .uniform, .normal:
      try want(x.count == 2 && x[0].shape.count == 1 && x[1].shape.count == 1, "a seed and a draw")
      try want(y.type.isFloat, "floats as its result")
    case .host:
      try want(!x.isEmpty && x.allSatisfy(\.type.isFloat) && y.type.isFloat, "floats")
    }
  }

  // MARK: Groups of loops

  private func checkElements(_ x: Operands, _ y: Graph.Node) throws(Flaw) {
    let type = y.type
    switch self {
    case .map:
      try want(x.count == 1, "one operand")
      try want(type.isFloat && x[0].type == type, "an operand of the result's type, a float")
    case .zip:
      try want(x.count == 2, "two operands")
      try want(type.isFloat && x[0].type == type && x[1].type == type, "operands of the result's type, a float")
    case .compare:
      try want(x.count == 2, "two operands")
      try want(x[0].type.isFloat && x[0].type == x[1].type, "operands of one type, a float")
      try want(type == .bool, "a mask as its result")
    case .test:
      try want(x.count == 1 && x[0].type.isFloat, "one operand, floats")
      try want(type == .bool, "a mask as its result")
    case .logic:
      try want(x.count == 2 && x[0].type == .bool && x[1].type == .bool, "two masks")
      try want(type == .bool, "a mask as its result")
    case .not:
      try want(x.count == 1 && x[0].type == .bool, "one mask")
      try want(type == .bool, "a mask as its result")
    case .select:
      try want(x.count == 3 && x[0].type == .bool, "a mask and two operands")
      try want(x[1].type == type && x[2].type == type, "values of the result's type")
    case .keep:
      try want(x.count == 2 && x[0].type == .bool, "a mask and an operand")
      try want(type.isFloat && x[1].type == type, "an operand of the result's type, a float")
    case .convert:
      try want(x.count == 1, "one operand")
    case .reshape, .fill, .iota, .broadcast, .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .reduce,
      .reduceLogic, .argument, .scan, .take, .takeAdjoint, .gather, .gatherAdjoint, .matrixProduct, .planned, .loop,
      .uniform,
      .normal, .host:
      return
    }
    if traits.contains(.broadcasts) {
      try want(Self.stretch(x, to: y.shape), "operands that stretch to its shape")
    } else {
      try want(x[0].shape == y.shape, "an operand of its shape")
    }
  }

  /// Whether operands, aligned from the right, stretch to just this shape.
  private static func stretch(_ x: Operands, to shape: Shape) -> Bool {
    if x.allSatisfy({ $0.shape == shape }) { return true }
    for operand in x where operand.shape.rank > shape.rank { return false }
    for axis in 1...max(shape.rank, 1) where axis <= shape.rank {
      let extent = shape[shape.rank - axis]
      var isReached = extent == 1
      for operand in x where axis <= operand.shape.rank {
        let own = operand.shape[operand.shape.rank - axis]
        if own != 1 && own != extent { return false }
        if own == extent { isReached = true }
      }
      if !isReached { return false }
    }
    return true
  }

  private func checkMove(_ x: Operands, _ y: Graph.Node) throws(Flaw) {
    try want(!x.isEmpty, "an operand")
    let (from, to) = (x[0].shape, y.shape)
    try want(x[0].type == y.type, "an operand of the result's type")
    switch self {
    case .reshape:
      // Further operands are there for the rules of gradients.
      try want(from.count == to.count, "as many elements as its operand")
    case .broadcast:
      try want(x.count == 1, "one operand")
      try want(Self.stretches(from, to), "an operand that stretches to its shape")
    case .transpose(let permutation):
      try want(x.count == 1, "one operand")
      try want(
        permutation.count == from.rank && to.rank == from.rank, "a permutation of its operand's axes")
      var seen = 0
      for (axis, source) in permutation.enumerated() {
        try want(source >= 0 && source < from.rank && seen & 1 << source == 0, "a permutation of its operand's axes")
        seen |= 1 << source
        try want(to[axis] == from[source], "the permuted extents of its operand")
      }
    case .slice(let cut):
      try want(x.count == 1, "one operand")
      try Self.check(small: to, inside: from, cut)
    case .embed(let cut):
      try want(x.count == 1, "one operand")
      try Self.check(small: from, inside: to, cut)
    case .window(let window), .windowAdjoint(let window):
      let (axis, step) = (window.axis, window.step)
      try want(x.count == 2 && x[1].shape.count == 1 && x[1].type.isFloat, "an operand and a start")
      let isAdjoint = if case .windowAdjoint = self { true } else { false }
      let (small, whole) = isAdjoint ? (from, to) : (to, from)
      try want(small.rank == whole.rank, "equal ranks")
      try want(whole.extents.indices.contains(axis) && step != 0, "an axis of its operand and a step")
      for other in 0..<whole.rank where other != axis {
        try want(small[other] == whole[other], "equal extents off the axis")
      }
      try want(small[axis] == 0 || Self.span(small[axis], step) < whole[axis], "a window no wider than the axis")
    case .concat(let axis):
      try want(to.extents.indices.contains(axis), "an axis of its result")
      var length = 0
      for part in x {
        try want(part.type == y.type && part.shape.rank == to.rank, "parts of the result's type and rank")
        for other in 0..<to.rank where other != axis {
          try want(part.shape[other] == to[other], "equal extents off the axis")
        }
        length += part.shape[axis]
      }
      try want(length == to[axis], "parts that fill the axis")
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .fill, .iota, .reduce, .reduceLogic,
      .argument, .scan, .take, .takeAdjoint, .gather, .gatherAdjoint, .matrixProduct, .planned, .loop, .uniform,
      .normal,
      .host:
      return
    }
  }

  /// How far the last of some elements lies from the first.
  private static func span(_ count: Int, _ step: Int) -> Int {
    let (span, overflow) = (count - 1).multipliedReportingOverflow(by: abs(max(step, -.max)))
    return overflow ? .max : span
  }

  /// Starts and steps that stay inside.
  private static func check(small: Shape, inside whole: Shape, _ cut: Cut) throws(Flaw) {
    let rank = whole.rank
    guard small.rank == rank, cut.starts.count == rank, cut.steps.count == rank else {
      throw Flaw("wants a start and a step for each axis")
    }
    for axis in 0..<rank where small[axis] > 0 {
      let (start, step) = (cut.starts[axis], cut.steps[axis])
      let last = step > 0 ? start.addingReportingOverflow(span(small[axis], step)).partialValue : start
      let first = step > 0 ? start : start - min(span(small[axis], step), Int.max / 2)
      guard step != 0 || small[axis] == 1, start >= 0, start < whole[axis], first >= 0, last >= 0, last < whole[axis]
      else {
        throw Flaw("wants places inside: axis \(axis) of \(whole) from \(start) by \(step), \(small[axis]) times")
      }
    }
  }

  private static func stretches(_ from: Shape, _ to: Shape) -> Bool {
    guard from.rank <= to.rank else { return false }
    for axis in 0..<from.rank {
      let own = from[axis]
      if own != 1 && own != to[to.rank - from.rank + axis] { return false }
    }
    return true
  }

  private func checkReduction(_ x: Operands, _ y: Graph.Node) throws(Flaw) {
    try want(x.count == 1, "one operand")
    let (from, to) = (x[0].shape, y.shape)
    let axes: [Int]
    switch self {
    case .reduce(let op, let own):
      axes = own
      let isWide = op.addsUp && x[0].type == .float32 && y.type == .float64
      try want(y.type.isFloat && (x[0].type == y.type || isWide), "an operand of the result's type, a float")
      try want(op.addsUp || op == .prod || to.count == 0 || from.count > 0, "something to choose from")
    case .reduceLogic(_, let own):
      axes = own
      try want(x[0].type == .bool && y.type == .bool, "masks")
    case .argument(_, let axis):
      axes = [axis]
      try want(x[0].type.isFloat && y.type.isFloat, "floats")
      try want(to.count == 0 || from.count > 0, "something to choose from")
    case .scan(let op, let axis):
      try want(y.type.isFloat && x[0].type == y.type, "an operand of the result's type, a float")
      try want(op == .sum || op == .prod, "sums or products")
      try want(from.extents.indices.contains(axis), "an axis of its operand")
      try want(from == to, "an operand of its shape")
      return
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .take, .takeAdjoint, .gather, .gatherAdjoint,
      .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      return
    }
    try want(!axes.isEmpty && to.rank == from.rank - axes.count, "the shape that is left without the axes")
    var (next, kept) = (0, 0)
    for axis in 0..<from.rank {
      if next < axes.count, axes[next] == axis {
        next += 1
      } else {
        try want(kept < to.rank && to[kept] == from[axis], "the shape that is left without the axes")
        kept += 1
      }
    }
    try want(next == axes.count, "ascending axes of its operand")
  }

  private func checkPick(_ x: Operands, _ y: Graph.Node) throws(Flaw) {
    try want(x.count == 2 && x[1].type.isFloat, "an operand and indices")
    try want(x[0].type == y.type, "an operand of the result's type")
    let indices = x[1].shape
    let small: Shape
    let whole: Shape
    let isGather: Bool
    let axis: Int
    switch self {
    case .take(let own): (small, whole, isGather, axis) = (y.shape, x[0].shape, false, own)
    case .gather(let own): (small, whole, isGather, axis) = (y.shape, x[0].shape, true, own)
    case .takeAdjoint(let own): (small, whole, isGather, axis) = (x[0].shape, y.shape, false, own)
    case .gatherAdjoint(let own): (small, whole, isGather, axis) = (x[0].shape, y.shape, true, own)
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan,
      .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      return
    }
    if traits.contains(.accumulates) { try want(y.type.isFloat, "floats, which it adds up") }
    try want(whole.extents.indices.contains(axis), "an axis")
    try want(small.rank == whole.rank, "equal ranks")
    if isGather {
      try want(indices == small, "an index for each element")
    } else {
      try want(indices.rank == 1 && indices[0] == small[axis], "an index for each entry")
    }
    for other in 0..<whole.rank where other != axis {
      try want(isGather ? small[other] <= whole[other] : small[other] == whole[other], "extents that fit off the axis")
    }
  }

  private func checkProduct(_ x: Operands, _ y: Graph.Node) throws(Flaw) {
    try want(x.count == 2 || x.count == 4, "two operands, or two and a mask for each")
    try want(y.type.isFloat && x[0].type == y.type && x[1].type == y.type, "operands of the result's type, a float")
    let (left, right, to) = (x[0].shape, x[1].shape, y.shape)
    let rank = to.rank
    try want(rank >= 2 && left.rank == rank && right.rank == rank, "matrices of one rank")
    try want(
      left[rank - 1] == right[rank - 2] && to[rank - 2] == left[rank - 2] && to[rank - 1] == right[rank - 1],
      "rows by columns: \(left) and \(right) to \(to)")
    for axis in 0..<rank - 2 {
      let (l, r) = (left[axis], right[axis])
      try want((l == r || l == 1 || r == 1) && to[axis] == (l == 1 ? r : l), "batches that fit")
    }
    for position in 2..<max(x.count, 2) {
      let (mask, shape) = (x[position], x[position - 2].shape)
      try want(mask.type == .bool && (mask.shape == shape || mask.shape.rank == 0), "a mask of its operand's shape")
    }
  }
}

/// A rule in a few words; what it wants is put together only where it is broken.
private func want(_ isTrue: Bool, _ text: @autoclosure () -> String) throws(Flaw) {
  if !isTrue { throw Flaw("wants " + text()) }
}
