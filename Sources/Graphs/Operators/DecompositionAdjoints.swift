import Tensors

/// The adjoints of what `eigh` and `svd` pack.
extension Symbol {
  /// Of values and vectors, by the adjoint of both.
  func adjointOfEigenvectors(_ g: Symbol, _ x: Symbol) -> Symbol {
    let n = x.shape[x.rank - 1]
    if n == 0 { return builder.zeros(x.shape, type: type) }
    let (values, vectors) = (unpacked(0, [n]), unpacked(n, [n, n]))
    let gValues = g.unpacked(0, [n])
    func back(_ middle: Symbol) -> Symbol { vectors.times(middle).times(vectors.matrixTransposed) }
    if g.isOnly(at: 0, count: n) {
      let degeneracy = Degeneracy(frame: Frame(from: self, to: self, parts: []), values: values)
      return back(degeneracy.shared(gValues, hasZeros: false).onDiagonal)
    }
    let last = values.rank - 1
    let frame = Frame(from: self, to: g, parts: [(values, [last]), (vectors, [last + 1])])
    var degeneracy = Degeneracy(frame: frame, values: values)
    func turning(_ g: Symbol, _ vectors: Symbol) -> (numerator: Symbol, sizes: Symbol) {
      let gVectors = g.unpacked(n, [n, n])
      let sizes = gVectors.columnSizes
      return (vectors.matrixTransposed.times(gVectors).skew * 0.5, sizes + sizes.matrixTransposed)
    }
    let (changes, size) = frame.changes(along: degeneracy.directions.dropLast())
    degeneracy.rounded = size
    let slopes = changes.map { turning($0, vectors).numerator }
    let turn = degeneracy.turn(among: degeneracy.isSame, by: 0.7)
    let turned = vectors.times(turn)
    let other = frame.result(for: .packed([values.reshaped(values.shape), turned.flat], like: self))
    let (numerator, sizes) = turning(g, vectors)
    let quotient = degeneracy.quotient(
      numerator, degeneracy.gaps, limit: degeneracy.apart(slopes), sizes: sizes, isMeant: degeneracy.isSame,
      inOtherBasis: turning(other, turned))
    let middle = quotient + gValues.onDiagonal
    let isTorn = degeneracy.isTorn(middle, left: turn, right: turn, diagonal: other.unpacked(0, [n]))
    return back(middle * isTorn.asNaN.expanded(at: last + 1))
  }

  /// Of U, S and Vh, by the adjoint of all three.
  func adjointOfSingularVectors(_ g: Symbol, _ x: Symbol) -> Symbol {
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let k = Swift.min(m, n)
    if k == 0 { return builder.zeros(x.shape, type: type) }
    func parts(_ packed: Symbol) -> (u: Symbol, s: Symbol, v: Symbol) {
      let v = packed.unpacked(m * k + k, [k, n]).matrixTransposed
      return (packed.unpacked(0, [m, k]), packed.unpacked(m * k, [k]), v)
    }
    let (u, s, v) = parts(self)
    let gS = parts(g).s
    if g.isOnly(at: m * k, count: k) {
      let degeneracy = Degeneracy(frame: Frame(from: self, to: self, parts: []), values: s)
      return u.times(degeneracy.shared(gS, hasZeros: true).onDiagonal).times(v.matrixTransposed)
    }
    let last = s.rank - 1
    let vh = unpacked(m * k + k, [k, n])
    let frame = Frame(from: self, to: g, parts: [(u, [last + 1]), (s, [last]), (vh, [last])])
    var degeneracy = Degeneracy(frame: frame, values: s)
    degeneracy.offset = m * k
    let (changes, size) = frame.changes(along: degeneracy.directions)
    degeneracy.rounded = size
    let slopes = changes.map { SingularTurning(parts($0), u, v) }
    let turn = degeneracy.turn(among: degeneracy.isSame, by: 0.7)
    let mirror = (1 - degeneracy.isZero.converted(to: type) * 2).expanded(at: last)
    // Vectors of singular values that are 0 turn for themselves, and point either way.
    let leftTurn = turn.times(degeneracy.turn(among: degeneracy.areZero, by: 0.4)) * mirror
    let (otherU, otherV) = (u.times(leftTurn), v.times(turn))
    let packed = Symbol.packed([otherU.flat, s.reshaped(s.shape), otherV.matrixTransposed.flat], like: self)
    let other = parts(frame.result(for: packed))
    let (own, others) = (SingularTurning(parts(g), u, v), SingularTurning(other, otherU, otherV))
    guard let even = slopes.last else { preconditionFailure("there is a way in which all values grow") }
    let together = degeneracy.quotient(
      own.together, degeneracy.gaps, limit: degeneracy.apart(slopes.map(\.together)), sizes: own.pairSizes,
      isMeant: degeneracy.isSame, inOtherBasis: (others.together, others.pairSizes))
    let against = degeneracy.quotient(
      own.against, degeneracy.sums, limit: even.against * 0.5, sizes: own.pairSizes, isMeant: degeneracy.areZero,
      inOtherBasis: (others.against, others.pairSizes))
    func outside(_ part: KeyPath<SingularTurning, Symbol>) -> Symbol {
      let isMeant = degeneracy.isZero.expanded(at: last).broadcast(to: own[keyPath: part].shape)
      return degeneracy.quotient(
        own[keyPath: part], degeneracy.row, limit: even[keyPath: part], sizes: own.sizes, isMeant: isMeant,
        inOtherBasis: (others[keyPath: part], others.sizes))
    }
    let middle = together + against + gS.onDiagonal
    let isTorn = degeneracy.isTorn(middle, left: leftTurn, right: turn, diagonal: other.s)
    var result = u.times(middle * isTorn.asNaN.expanded(at: last + 1)).times(v.matrixTransposed)
    if m > k { result = result + outside(\.outsideU).times(v.matrixTransposed) }
    if n > k { result = result + u.times(outside(\.outsideV).matrixTransposed) }
    return result
  }

  /// Matrices as the rows that a decomposition packs.
  fileprivate var flat: Symbol {
    reshaped(Shape(shape.extents.dropLast(2) + [shape[rank - 2] * shape[rank - 1]]))
  }

  fileprivate static func packed(_ parts: [Symbol], like whole: Symbol) -> Symbol {
    .concatenated(parts, axis: whole.rank - 1).converted(to: whole.type)
  }

  /// A triangle, or the identity where it can't be solved by; and whether that is so.
  var regular: (Symbol, isSingular: Symbol) {
    let n = shape[rank - 1]
    if n == 0 { return (self, builder.constant(false)) }
    let axes = [rank - 2, rank - 1]
    let one = builder.diagonalMask(rows: n, columns: n, k: 0, .equal)
    let rounding = type == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let limit = Operator.abs(self).reduced(.largest, over: axes, keepsAxes: true) * (rounding * Double(n + 4))
    let isSmall = Symbol.logic(.and, one, .compare(.lessEqual, Operator.abs(self), limit))
    let isSingular = isSmall.reduced(.any, over: axes, keepsAxes: true)
    return (.select(isSingular, one.converted(to: type), self), isSingular)
  }
}

/// How a result turns with the vectors of pairs of singular values.
private struct SingularTurning {
  /// With both sides, and with one against the other.
  let (together, against): (Symbol, Symbol)
  /// With vectors that are not among the reduced ones.
  let (outsideU, outsideV): (Symbol, Symbol)
  let sizes: Symbol

  init(_ g: (u: Symbol, s: Symbol, v: Symbol), _ u: Symbol, _ v: Symbol) {
    let (left, right) = (u.matrixTransposed.times(g.u), v.matrixTransposed.times(g.v))
    (together, against) = ((left.skew + right.skew) * 0.5, (left.skew - right.skew) * 0.5)
    (outsideU, outsideV) = (g.u - u.times(left), g.v - v.times(right))
    sizes = g.u.columnSizes + g.v.columnSizes
  }

  var pairSizes: Symbol { sizes + sizes.matrixTransposed }
}
