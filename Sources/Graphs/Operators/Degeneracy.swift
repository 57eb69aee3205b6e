import Tensors

/// Adjoints of decompositions where some of their values are equal, nearly equal or 0.
///
/// Such an adjoint is a quotient: how much the result turns with a pair of basis vectors, over the distance of the
/// pair's values. What is smooth in the matrix doesn't turn where they meet, so that 0/0 has a limit: the turning's own
/// slope by that distance (a divided difference becomes a derivative). It is taken where the quotient can't be told
/// from it by rounding. What turns has no derivative there: NaN.
struct Degeneracy {
  let frame: Frame
  let values: Symbol
  let type: ElementType
  let count: Int

  init(frame: Frame, values: Symbol) {
    (self.frame, self.values, type) = (frame, values, values.type)
    count = values.shape[values.rank - 1]
  }

  private var builder: Builder { values.builder }
  /// The rounding of one operation.
  private var unit: Double { type == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne }

  /// Along the last axis.
  var row: Symbol { values.expanded(at: values.rank - 1) }
  /// Down the last axis but one.
  var column: Symbol { values.expanded(at: values.rank) }
  var gaps: Symbol { row - column }
  var sums: Symbol { row + column }

  /// How many times the noise of the values is near.
  private var nearness: Double { type == .float32 ? 1e3 : 1e8 }

  /// So many roundings of the adjoint.
  private func floor(_ times: Double) -> Symbol {
    let size = rounded ?? builder.zeros(noise.shape, type: type)
    return (size * (unit * times)).expanded(at: values.rank)
  }

  // MARK: Which values are equal

  private var noise: Symbol {
    Operator.abs(values).reduced(.largest, over: [values.rank - 1], keepsAxes: true) * (unit * Double(count + 4))
  }

  /// Pairs that rounding can't tell apart.
  var isSame: Symbol {
    .compare(.lessEqual, Operator.abs(gaps), noise.expanded(at: values.rank)).broadcast(to: gaps.shape)
  }

  /// Values that rounding can't tell from 0.
  var isZero: Symbol { .compare(.lessEqual, Operator.abs(values), noise) }

  /// Pairs of which both are 0.
  var areZero: Symbol { .logic(.and, isZero.expanded(at: values.rank - 1), isZero.expanded(at: values.rank)) }

  // MARK: Directions

  /// In how many ways the values are moved apart so that each pair is at least once.
  var ways: Int { count < 2 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount }

  private func sign(_ way: Int, _ i: Int) -> Double { i >> way & 1 == 1 ? 1 : -1 }

  /// The values moved by 1 or -1 each, by the bits of their numbers; then all by 1.
  var directions: [Symbol] {
    let moves = (0..<ways).map { way in (0..<count).map { sign(way, $0) } } + [[Double](repeating: 1, count: count)]
    let start = frame.source.rank - 1
    return moves.map { move in
      var shape = frame.source.shape
      for axis in 0..<start { shape[axis] = 1 }
      let zeros = [Int](repeating: 0, count: start)
      return builder.constant(Tensor(move, shape: Shape([count]), type: type))
        .reshaped(Shape(shape.extents.dropLast() + [count]))
        .embedded(starts: zeros + [offset], steps: zeros.map { _ in 1 } + [1], in: shape)
    }
  }

  /// Where the values begin in what the decomposition packs.
  var offset = 0

  /// What the adjoint is rounded by, in units of rounding, where its terms cancel.
  var rounded: Symbol?

  /// From the slopes in each way, those by the distance of each pair.
  func apart(_ slopes: [Symbol]) -> Symbol {
    var result = builder.zeros(Shape([count, count]), type: type)
    for way in 0..<ways {
      var (isMine, half) = ([Bool](repeating: false, count: count * count), [Double](repeating: 0, count: count))
      for j in 0..<count {
        half[j] = sign(way, j) / 2
        for i in 0..<count where i != j && (i ^ j).trailingZeroBitCount == way { isMine[i * count + j] = true }
      }
      let mask = builder.constant(Tensor(isMine, shape: Shape([count, count])))
      let halves = builder.constant(Tensor(half, shape: Shape([count]), type: type))
      result = result + (slopes[way] * halves).onlyWhere(mask)
    }
    return result
  }

  // MARK: Quotients

  /// The quotient, or its limit where rounding can't tell them apart.
  ///
  /// - Parameters:
  ///   - sizes: of what the numerator is a difference of.
  ///   - isMeant: where the divisor counts as 0, so that there is a limit or nothing.
  ///   - isSteady: the same numerator in another basis, and the sizes there: it has to vanish, too.
  func quotient(
    _ numerator: Symbol, _ divisor: Symbol, limit: Symbol, sizes: Symbol, isMeant: Symbol,
    inOtherBasis other: (numerator: Symbol, sizes: Symbol)
  ) -> Symbol {
    let isNought = Symbol.compare(.equal, divisor, builder.constant(0))
    let distance = Operator.abs(numerator - divisor * limit)
    // Near by, the limit is nearer than rounding, of which there may be much; further off it has to prove it.
    let isNear = Symbol.compare(.lessEqual, Operator.abs(divisor), noise.expanded(at: values.rank) * nearness)
    let rounding = sizes * unit + floor(1)
    let roundings = Symbol.select(isNear, builder.constant(Double(16 + count)), builder.constant(1))
    // Further off, where both may happen to be 0, the limit's own slope is another one.
    let reach = Operator.abs(values).reduced(.largest, over: [values.rank - 1], keepsAxes: true).expanded(
      at: values.rank)
    let isInReach = Symbol.compare(.lessEqual, Operator.abs(divisor), reach * (type == .float32 ? 4e-2 : 5e-5))
    let isEqual = Symbol.logic(
      .and, .compare(.lessEqual, distance, rounding * roundings.converted(to: type)), sizes.compared(.greater, 0))
    let isClose = Symbol.logic(.and, isInReach, isEqual)
    // What is 0 is so only up to the noise of the values.
    let slope = Operator.abs(limit).reduced(.largest, over: [limit.rank - 2, limit.rank - 1], keepsAxes: true)
    let slack = slope * noise.expanded(at: values.rank) * 4 + floor(1_024)
    func vanishes(_ numerator: Symbol, _ sizes: Symbol) -> Symbol {
      .compare(.lessEqual, Operator.abs(numerator), sizes * (unit * 1_024) + slack)
    }
    let isSmooth = Symbol.logic(.and, vanishes(numerator, sizes), vanishes(other.numerator, other.sizes))
    let takesLimit = Symbol.select(isMeant, isSmooth, isClose)
    let isLost = Symbol.logic(.and, .logic(.or, isMeant, isNought), .map(not: takesLimit))
    let divides = Symbol.logic(.and, .map(not: takesLimit), .map(not: isNought))
    var smooth = limit
    if !frame.isComplete {
      // The limit is right, but not how it changes.
      let isPair = numerator.shape[numerator.rank - 2] == numerator.shape[numerator.rank - 1]
      let others = builder.diagonalMask(rows: count, columns: count, k: 0, .notEqual)
      let isHere = isPair ? Symbol.logic(.and, takesLimit, others) : takesLimit
      smooth = limit.chosen(for: limit, where: isHere, of: [frame.source.firstOfEach])
    }
    let divided = (numerator / divisor.substituting(1, where: isNought)).onlyWhere(divides)
    return (divided + smooth.onlyWhere(takesLimit)).mixed * isLost.asNaN
  }

  // MARK: Values by themselves

  /// The adjoint of values that are equal: of a function that doesn't tell them apart, as it is; of one that is convex
  /// or concave there, the mean, which is the shortest subgradient.
  func shared(_ g: Symbol, hasZeros: Bool) -> Symbol {
    let last = g.rank - 1
    let (gRow, gColumn) = (g.expanded(at: last), g.expanded(at: g.rank))
    let size = Operator.abs(g).reduced(.largest, over: [last], keepsAxes: true) * (unit * 64)
    func anywhere(_ mask: Symbol) -> Symbol { mask.reduced(.any, over: [g.rank]) }
    let later = builder.diagonalMask(rows: count, columns: count, k: 0, .greater)
    let step = (gRow - gColumn) * later.converted(to: type)
    let rises = Symbol.logic(.and, isSame, .compare(.greater, step, size.expanded(at: g.rank)))
    let falls = Symbol.logic(.and, isSame, .compare(.less, step, -size.expanded(at: g.rank)))
    let group = isSame.converted(to: type)
    func inGroup(_ mask: Symbol) -> Symbol {
      // A mask over pairs, for each value whether a pair of its group is in it.
      let own = Symbol.logic(.or, anywhere(mask), anywhere(mask.matrixTransposed)).converted(to: type)
      return group.times(own.expanded(at: g.rank)).reshaped(g.shape).compared(.greater, 0)
    }
    let (up, down) = (inGroup(rises), inGroup(falls))
    let mean = (group.times(g.expanded(at: g.rank)).reshaped(g.shape)) / group.summed(over: [g.rank])
    var isChosen = Symbol.logic(.or, up, down)
    var isLost = Symbol.logic(.and, up, down)
    var chosen = mean
    if hasZeros {
      let (above, below) = (g.compared(.greater, 0), g.compared(.less, 0))
      func atZero(_ mask: Symbol) -> Symbol {
        .logic(.and, isZero, Symbol.logic(.and, isZero, mask).reduced(.any, over: [last], keepsAxes: true))
      }
      isLost = .logic(.or, .logic(.and, isLost, .map(not: isZero)), .logic(.and, atZero(above), atZero(below)))
      isChosen = .logic(.or, isChosen, .logic(.or, atZero(above), atZero(below)))
      chosen = mean.onlyWhere(.map(not: isZero))
    }
    let settled = chosen.onlyWhere(isChosen) + g.onlyWhere(.map(not: isChosen))
    return settled.chosen(for: g, where: isChosen, of: [values]) * isLost.asNaN
  }

  // MARK: Another basis

  /// A turn among equal values alone, by angles that nothing else has.
  func turn(among isEqual: Symbol, by angle: Double) -> Symbol {
    var angles = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) {
        let turn = angle + 0.3 * Double((i * 7 + j * 3) % 5) / 5
        (angles[i * count + j], angles[j * count + i]) = (turn, -turn)
      }
    }
    let skew = builder.constant(Tensor(angles, shape: Shape([count, count]), type: type)).onlyWhere(isEqual)
    let one = builder.diagonalMask(rows: count, columns: count, k: 0, .equal).converted(to: type)
    return Symbol.solution(one - skew, one + skew)
  }

  /// Where a middle, turned, has not the diagonal that the other basis gives: what makes it depends on the basis.
  func isTorn(_ middle: Symbol, left: Symbol, right: Symbol, diagonal: Symbol) -> Symbol {
    let turned = left.matrixTransposed.times(middle).times(right)
    let one = builder.diagonalMask(rows: count, columns: count, k: 0, .equal).converted(to: type)
    let own = (turned * one).summed(over: [turned.rank - 1])
    let group = isSame.converted(to: type)
    let sizes = group.times((Operator.abs(middle) * group).summed(over: [middle.rank - 1], keepsAxes: true))
      .reshaped(diagonal.shape)
    let limits = (sizes + Operator.abs(diagonal)) * (unit * 1_024) + floor(1_024).reshaped(noise.shape)
    return .compare(.greater, Operator.abs(own - diagonal), limits)
  }
}

extension Symbol {
  /// 1, but NaN where a mask is true.
  var asNaN: Symbol { .select(self, builder.constant(.nan), builder.constant(1)) }

  /// Something of each matrix in what was packed, for rules to depend on.
  var firstOfEach: Symbol { sliced(axis: rank - 1, from: 0, count: 1).expanded(at: rank - 1) }

  /// Whether the adjoint of something packed speaks of one part alone.
  func isOnly(at start: Int, count: Int) -> Bool {
    guard case .apply(let primitive, let operands) = node.kind, case .embed(let cut) = primitive.kernel else {
      return false
    }
    return cut.starts.last == start && cut.steps.last == 1
      && builder.graph[operands[0]].shape.extents.last == count
  }

  /// The sum of sizes down each column.
  var columnSizes: Symbol { Operator.abs(self).summed(over: [rank - 2], keepsAxes: true) }

  /// What is left of it by the transposed.
  var skew: Symbol { self - matrixTransposed }

  /// The same numbers, in which no zero is told to be more than one.
  var mixed: Symbol { builder.add(.mixed, [self], shape: shape, type: type) }
}

extension Primitive {
  /// The adjoint of a decomposition: every entry depends on every other.
  static let mixed: Primitive = Primitive("adjoint", .reshape, told: .moved, zero: .lost) { g, _, _, _ in [g] }
}
