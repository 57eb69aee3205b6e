import CKernels
import Refusals
import Tensors

/// Places in sorted values, and what is done with them.
extension Operator {
  public static let searchsorted: Operator = Operator(
    "searchsorted(sorted, values, side=\"left\")",
    "Where each value would go into a sorted vector: before its equals, or with side \"right\" behind them.",
    derivative: "zero everywhere", trials: [], examples: ["searchsorted([1, 3, 5], 3)": "1"]
  ) { arguments throws(Refusal) in
    let (sorted, values) = (try arguments.tensor(0).asFloat, try arguments.tensor(1).asFloat)
    let side = try arguments.choice("side", of: ["left", "right"])
    guard sorted.rank == 1 else { throw Refusal("searchsorted wants a sorted vector, not \(sorted.shape)") }
    return .tensor(values.searched(in: sorted, isRight: side == "right"))
  }

  public static let interp: Operator = Operator(
    "interp(x, xp, fp, left?, right?)",
    "The value at x on the lines through the points (xp, fp), xp ascending; outside left and right, else the end's fp.",
    derivative: "the slope by x, 0 outside; the shares by fp; -slope times them by xp",
    trials: [
      "interp(a, cumsum(exp(v)) - 3, v)", "interp(a, [-1.5, 0, 1.3], v, left=sum(b))", "interp(2 * a, [0], v[:1])",
    ],
    examples: ["interp(1.5, [1, 2], [10, 20])": "15"]
  ) { arguments throws(Refusal) in
    let (x, xp, fp) = (try arguments.tensor(0).asFloat, try arguments.tensor(1), try arguments.tensor(2))
    guard xp.rank == 1, fp.rank == 1, xp.shape == fp.shape, xp.shape[0] > 0 else {
      throw Refusal("interp wants two vectors of points of one length, not \(xp.shape) and \(fp.shape)")
    }
    let numbers = try arguments.value(of: xp).values
    for (before, after) in Swift.zip(numbers, numbers.dropFirst()) where !(before < after) {
      throw Refusal("interp wants ascending points xp, not \(before.text) before \(after.text)")
    }
    let left = try arguments.optionalTensor("left")?.asFloat
    let right = try arguments.optionalTensor("right")?.asFloat
    for end in [left, right] where end.map({ $0.rank > 0 }) == true {
      throw Refusal("interp wants one number for 'left' and for 'right'")
    }
    return .tensor(x.interpolated(xp.asFloat, fp.asFloat, left, right))
  }

  static let search: [Operator] = [searchsorted, interp]
}

extension Primitive {
  /// Of a sorted vector and values: for each how many entries are less, or not greater; NaN counts as the greatest.
  static let search: Family<HostAttribute> = Family(
    "searchsorted",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .side(let isRight) = attribute else { preconditionFailure("a search has a side") }
          let (sorted, values) = (x[0].values, x[1].values)
          var places = [Double](repeating: 0, count: values.count)
          guard unsafe gk_search(sorted, sorted.count, values, values.count, isRight ? 1 : 0, &places) != 0 else {
            throw .outOfMemory(needed: sorted.count * MemoryLayout<Int>.stride, free: 0)
          }
          if gk_is_interrupted() != 0 { throw .interrupted }
          return places
        }, attribute)
    }, told: .whole, zero: .lost, gradient: nil)
}

extension Symbol {
  /// For each element its place in a sorted vector.
  func searched(in sorted: Symbol, isRight: Bool) -> Symbol {
    let type: ElementType = sorted.shape[0] >= 1 << 24 ? .float64 : builder.defaultType
    return builder.add(.search(.side(isRight: isRight)), [sorted, self], shape: shape, type: type)
  }

  /// On the lines through points, and outside at both ends.
  fileprivate func interpolated(_ xp: Symbol, _ fp: Symbol, _ left: Symbol?, _ right: Symbol?) -> Symbol {
    let count = xp.shape[0]
    func end(_ points: Symbol, _ place: Int) -> Symbol {
      points.sliced(axis: 0, from: place, count: 1).reshaped(.scalar)
    }
    let (first, last) = (end(xp, 0), end(xp, count - 1))
    // At the last point begins what is outside.
    var inside = end(fp, count - 1).broadcast(to: shape).unlessNaN(self)
    if count > 1 {
      let flat = reshaped(Shape([shape.count]))
      let place = Symbol.zip(.minimum, flat.searched(in: xp, isRight: true), builder.constant(Double(count - 1)))
      let before = (Symbol.zip(.maximum, place, builder.constant(1)) - 1).stopped
      let (x0, x1) = (xp.taken(before, axis: 0), xp.taken(before + 1, axis: 0))
      let (f0, f1) = (fp.taken(before, axis: 0), fp.taken(before + 1, axis: 0))
      let line = f0 + (flat - x0) / (x1 - x0) * (f1 - f0)
      inside = .select(.compare(.equal, self, last), inside, line.reshaped(shape))
    }
    let above = Symbol.select(.compare(.greater, self, last), right ?? end(fp, count - 1), inside)
    let result = Symbol.select(.compare(.less, self, first), left ?? end(fp, 0), above)
    // Which points are the neighbours is known of this x alone.
    return builder.add(.live, [result], shape: result.shape, type: result.type)
  }
}
