import CKernels
import Refusals
import Tensors

/// The operations beneath `Reduction` and `Scan`.
extension Primitive {
  static let argmax: Family<Int> = Family(
    "argmax", { .argument(largest: true, axis: $0) }, told: .whole, zero: .lost, gradient: nil)
  static let argmin: Family<Int> = Family(
    "argmin", { .argument(largest: false, axis: $0) }, told: .whole, zero: .lost, gradient: nil)

  /// The adjoint of a product is exact with zeros: that of a balanced tree of products.
  static let product: Family<[Int]> = Family(
    "prod", { .reduce(.prod, axes: $0) },
    told: .total(.product),
    zero: .rule { y, x, p, kernel in
      y.builder.merged(p) { masks in
        masks[0].map { $0.broadcast(to: x[0].shape).reduced(.all, over: kernel.axes) }
      }
    }
  ) { g, y, x, kernel in
    let tree = x[0].productTree(over: kernel.axes).reshaped(y.shape)
    return g.builder.gradient(of: tree, withRespectTo: [x[0]], seed: g.converted(to: tree.type))
  }

  static let runningSum: Family<Int> = Family("cumsum", { .scan(.sum, axis: $0) }, told: .total(.sum), zero: .lost) {
    g, _, _, kernel in
    [g.flipped([kernel.axis]).scanned(runningSum, axis: kernel.axis).flipped([kernel.axis])]
  }

  /// By doubling: each round multiplies by the running products of twice as many.
  static let runningProduct: Family<Int> = Family(
    "cumprod", { .scan(.prod, axis: $0) }, told: .total(.product), zero: .lost
  ) {
    g, _, x, kernel in
    let (axis, extent) = (kernel.axis, x[0].shape[kernel.axis])
    var running = x[0]
    var distance = 1
    while distance < extent {
      let head = running.sliced(axis: axis, from: 0, count: distance)
      let tail = running.sliced(axis: axis, from: distance, count: extent - distance)
      let earlier = running.sliced(axis: axis, from: 0, count: extent - distance)
      running = .concatenated([head, .zip(.multiply, tail, earlier)], axis: axis)
      distance *= 2
    }
    return g.builder.gradient(of: running, withRespectTo: [x[0]], seed: g)
  }

  /// Operands: the quotient, what was divided, by what (the root of its mean square and a number), and that number.
  ///
  /// Nothing is divided by a square, which may overflow or vanish where the quotient doesn't.
  static let layerNorm: Primitive = Primitive("layer_norm", .reshape, told: .moved, zero: .kept) { g, y, x, _ in
    let along = (g * y).summed(to: x[2].shape)
    let count = Double(y.shape.count / max(x[2].shape.count, 1))
    return [nil, (g - y * (along / count)) / x[2], nil, along / x[2] / x[2] * -0.5]
  }

  /// Operands: the root, whose value the rule goes by, and what it is the root of.
  static let root: Primitive = Primitive("root", .reshape, told: .moved, zero: .lost) { g, y, _, _ in
    [nil, g / (y * 2)]
  }

  /// Operands: the root and what it is the root of; the slope chosen at 0 is 0.
  static let quietRoot: Primitive = Primitive("std", .reshape, told: .moved, zero: .lost) { g, y, x, _ in
    let isZero = y.compared(.equal, 0)
    return [nil, (g / (y * 2)).substituting(0, where: isZero).chosen(for: g, where: isZero, of: [x[1]])]
  }

  /// Operands: a sum of powers to the power 1 / order, the sum and the order; the slope chosen at 0 is 0.
  static let quietPower: Primitive = Primitive("norm", .reshape, told: .moved, zero: .lost) { g, y, x, _ in
    let isZero = y.compared(.equal, 0)
    let slope = (g * (y / (x[1] * x[2]))).substituting(0, where: isZero)
    return [nil, slope.chosen(for: g, where: isZero, of: [x[1]]), nil]
  }

  /// The size of each element for even smoother functions of it: what isn't one has a slope of its own there.
  static let size: Primitive = Primitive("abs", .map(.abs), told: .function("abs"), zero: .kept) { g, _, x, _ in
    [g * Operator.sign(x[0])]
  }

  /// Where each element of the sorted axis comes from.
  static let argsort: Family<HostAttribute> = Family(
    "argsort",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .order(let axis, let isDescending) = attribute else { preconditionFailure("an order has an axis") }
          return try ranked(x[0], axis: axis, isDescending: isDescending)
        }, attribute)
    }, told: .whole, zero: .lost, gradient: nil)

  /// NaN counts as the greatest; equals keep their order.
  private static func ranked(
    _ x: HostValue, axis: Int, isDescending: Bool
  ) throws(Refusal) -> [Double] {
    let inner = x.extents[(axis + 1)...].reduce(1, *)
    let outer = x.extents[..<axis].reduce(1, *)
    var (result, isOrdered) = ([Double](repeating: 0, count: x.values.count), false)
    isOrdered = unsafe gk_order_f64(isDescending ? 1 : 0, x.values, outer, x.extents[axis], inner, &result) != 0
    if gk_is_interrupted() != 0 { throw .interrupted }
    guard isOrdered else { throw Refusal("there is no memory for putting \(x.values.count) elements in order") }
    return result
  }
}

extension Symbol {
  /// Itself, where a reduction over these axes has something to choose from.
  func nonEmpty(_ name: String, _ axes: [Int]) throws(Refusal) -> Symbol {
    guard axes.allSatisfy({ shape[$0] > 0 }) else { throw Refusal("\(name) of nothing: the shape is \(shape)") }
    return self
  }

  func extent(of axes: [Int]) -> Int { Shape.product(axes.map { shape[$0] }) }

  func flipped(_ axes: [Int]) -> Symbol {
    var starts = [Int](repeating: 0, count: rank)
    var steps = [Int](repeating: 1, count: rank)
    for axis in axes where shape[axis] > 1 { (starts[axis], steps[axis]) = (shape[axis] - 1, -1) }
    return sliced(starts: starts, steps: steps, extents: shape.extents)
  }

  /// These axes as one, the last.
  func merged(_ axes: [Int]) -> Symbol {
    let kept = (0..<rank).filter { !axes.contains($0) }
    return transposed(kept + axes).reshaped(Shape(kept.map { shape[$0] } + [extent(of: axes)]))
  }

  /// The product along axes as a balanced tree.
  func productTree(over axes: [Int]) -> Symbol {
    var x = merged(axes)
    let last = x.rank - 1
    if x.shape[last] == 0 { return builder.ones(shape.removing(axes), type: type) }
    while x.shape[last] > 1 {
      let (count, half) = (x.shape[last], x.shape[last] / 2)
      let first = x.sliced(axis: last, from: 0, count: half)
      let second = x.sliced(axis: last, from: half, count: half)
      let rest = count % 2 == 1 ? [x.sliced(axis: last, from: count - 1, count: 1)] : []
      x = .concatenated([.zip(.multiply, first, second)] + rest, axis: last)
    }
    return x
  }

  func norm(_ arguments: Arguments, _ axes: [Int]) throws(Refusal) -> Symbol {
    if arguments.isText("ord") {
      let word = try arguments.text("ord")
      guard word == "fro" || word == "nuc" else {
        throw Refusal(
          "norm knows the matrix norms \"fro\" and \"nuc\", not \"\(word)\"", help: arguments.signature.text)
      }
      guard axes.count == 2 else { throw Refusal("norm \"\(word)\" wants two axes, not \(axes.count)") }
      return word == "fro" ? length(over: axes) : nuclearNorm(over: axes)
    }
    let order = try arguments.double("ord", default: 2)
    let size = Operator.abs(self)
    switch order {
    case 2: return length(over: axes)
    case 1: return size.summed(over: axes)
    case .infinity: return try size.nonEmpty("norm", axes).reduced(.largest, over: axes)
    case -.infinity: return try size.nonEmpty("norm", axes).reduced(.smallest, over: axes)
    case 0: return asBool.asFloat.summed(over: axes).stopped
    default:
      guard order.isFinite else { throw Refusal("norm wants a number for 'ord', not NaN") }
      guard extent(of: axes) > 0 else { return powerNorm(order, over: axes) }
      // Of shares of the greatest, whose powers neither overflow nor vanish; the norm is as many times greater.
      let greatest = size.reduced(.largest, over: axes, keepsAxes: true).stopped
      let isUsable = Symbol.logic(.and, greatest.compared(.greater, 0), .map(.isFinite, toMask: greatest))
      let unit = Symbol.select(isUsable, greatest, builder.constant(1))
      let norm = (self / unit).powerNorm(order, over: axes, isNothing: greatest.compared(.equal, 0))
      return norm * unit.reshaped(norm.shape)
    }
  }

  /// sum(|x|^order)^(1 / order), as smooth at 0 as its own formula says; where that has no slope, nothing flows to where
  /// all are 0.
  private func powerNorm(_ order: Double, over axes: [Int], isNothing: Symbol? = nil) -> Symbol {
    let hole = order > 1 ? nil : isNothing
    let base = hole.map { Operator.abs(self).substituting(1, where: $0) } ?? Symbol.map(.size, self)
    let sum = Operator.pow(base, builder.constant(order)).summed(over: axes)
    var root = Operator.pow(sum, builder.constant(1 / order))
    if let hole { root = root.substituting(0, where: hole.reshaped(root.shape)) }
    return builder.add(.quietPower, [root, sum, builder.constant(order)], shape: root.shape, type: root.type)
  }

  /// The sum of the singular values; those at 0 have no slope.
  private func nuclearNorm(over axes: [Int]) -> Symbol {
    let x = transposed((0..<rank).filter { !axes.contains($0) } + axes)
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let k = Swift.min(m, n)
    let values = x.packed(.svd, count: m * k + k + k * n).unpacked(m * k, [k])
    return Operator.abs(values).summed(over: [values.rank - 1])
  }

  /// sqrt(sum(x²)), whose slope at 0 is 0.
  func length(over axes: [Int]) -> Symbol {
    let squares = squared().summed(over: axes)
    let root = Symbol.restated(addedUp(.norm, over: axes), as: Operator.sqrt(squares))
    return builder.add(.quietRoot, [root, squares], shape: squares.shape, type: squares.type)
  }
}
