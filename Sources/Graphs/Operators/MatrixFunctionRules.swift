import CKernels
import Refusals
import Tensors

/// The operations beneath `MatrixFunctions`; each works on the last two axes.
extension Primitive {
  static let signOfDeterminant: Primitive = Primitive(
    "sign_of_det",
    .host(
      { x, _ throws(Refusal) in
        try x[0].eachMatrix(count: 1) { matrix throws(Refusal) in [try Elimination(matrix).signAndLogarithm.sign] }
      }, .decomposition(GK_DETERMINANT_SIGN)), told: .whole, zero: .lost, gradient: nil)

  /// Of the size of the determinant.
  static let logOfDeterminant: Primitive = Primitive(
    "log_of_det",
    .host(
      { x, _ throws(Refusal) in
        try x[0].eachMatrix(count: 1) { matrix throws(Refusal) in [try Elimination(matrix).signAndLogarithm.logarithm] }
      }, .decomposition(GK_LOG_DETERMINANT)), told: .whole, zero: .lost
  ) { g, _, x, _ in
    let inverse = g.builder.add(.inverse, [x[0]], shape: x[0].shape, type: x[0].type)
    return [g.reshaped(Shape(g.shape.extents + [1, 1])) * inverse.matrixTransposed]
  }

  /// The slope in a direction is the corner of the exponential of two blocks on a diagonal and the direction beside them.
  static let exponential: Primitive = Primitive(
    "expm",
    .host(
      { x, _ throws(Refusal) in
        let n = x[0].extents[x[0].extents.count - 1]
        return try x[0].eachMatrix(count: n * n) { matrix throws(Refusal) in try matrix.exponential().values }
      }, .none), told: .whole, zero: .lost
  ) { g, _, x, _ in
    let (n, last) = (x[0].shape[x[0].rank - 1], x[0].rank - 1)
    let flow = x[0].matrixTransposed
    let upper = Symbol.concatenated([flow, g], axis: last)
    let lower = Symbol.concatenated([g.builder.zeros(flow.shape, type: flow.type), flow], axis: last)
    let blocks = Symbol.concatenated([upper, lower], axis: last - 1)
    let whole = g.builder.add(.exponential, [blocks], shape: blocks.shape, type: blocks.type)
    return [whole.sliced(axis: last - 1, from: 0, count: n).sliced(axis: last, from: n, count: n)]
  }

  /// Packed: P, L, U.
  static let lu: Primitive = Primitive(
    "lu",
    .host(
      { x, _ throws(Refusal) in
        let (m, n) = (x[0].extents[x[0].extents.count - 2], x[0].extents[x[0].extents.count - 1])
        let k = Swift.min(m, n)
        return try x[0].eachMatrix(count: m * m + m * k + k * n) { matrix throws(Refusal) in
          let (p, l, u) = try matrix.triangles()
          return p.values + l.values + u.values
        }
      }, .none), told: .whole, zero: .lost
  ) { g, y, x, _ in
    let (m, n) = (x[0].shape[x[0].rank - 2], x[0].shape[x[0].rank - 1])
    let (k, last) = (Swift.min(m, n), x[0].rank - 1)
    let p = y.unpacked(0, [m, m])
    let (l, u) = (y.unpacked(m * m, [m, k]), y.unpacked(m * m + m * k, [k, n]))
    let (gL, gU) = (g.unpacked(m * m, [m, k]), g.unpacked(m * m + m * k, [k, n]))
    func rows(_ x: Symbol, _ from: Int, _ count: Int) -> Symbol { x.sliced(axis: last - 1, from: from, count: count) }
    func columns(_ x: Symbol, _ from: Int, _ count: Int) -> Symbol { x.sliced(axis: last, from: from, count: count) }
    let (top, gTop) = (rows(l, 0, k), rows(gL, 0, k))
    let (square, gSquare) = (columns(u, 0, k), columns(gU, 0, k))
    let (whole, isSingular) = square.regular
    func overU(_ x: Symbol) -> Symbol {
      let triangle = HostAttribute.triangle(isLower: false, isUnit: false)
      // x @ inv(u).T, by a solve with u from the other side.
      return Symbol.solution(whole, x.matrixTransposed, by: .triangularSolution(triangle)).matrixTransposed
    }
    func overL(_ x: Symbol) -> Symbol {
      .solution(top.matrixTransposed, x, by: .triangularSolution(.triangle(isLower: false, isUnit: true)))
    }
    // What one part turns into through the other, where there are more rows or more columns.
    var below = top.matrixTransposed.times(gTop)
    var above = gSquare.times(square.matrixTransposed)
    var gRest: Symbol?
    if n > k {
      let (beside, gBeside) = (columns(u, k, n - k), columns(gU, k, n - k))
      below = below - gBeside.times(beside.matrixTransposed)
      gRest = overL(gBeside)
    }
    if m > k {
      let under = overU(rows(gL, k, m - k))
      above = above - rows(l, k, m - k).matrixTransposed.times(rows(gL, k, m - k))
      gRest = under
    }
    let middle = below.part(k: -1, .lessEqual) + above.part(k: 0, .greaterEqual)
    let own = overU(overL(middle)) * isSingular.asNaN
    let ordered = gRest.map { Symbol.concatenated([own, $0], axis: n > k ? last : last - 1) } ?? own
    return [p.times(ordered).mixed]
  }

  /// Operands with equal batches, a triangle and what stands right of the equals sign.
  static let triangularSolution: Family<HostAttribute> = Family(
    "solve_triangular",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .triangle(let isLower, let isUnit) = attribute else { preconditionFailure("a half is read") }
          var result: [Double] = []
          for (matrix, right) in Swift.zip(x[0].matrices, x[1].matrices) {
            result += try matrix.solvedTriangle(right, isLower: isLower, isUnit: isUnit).values
          }
          return result
        }, attribute)
    }, told: .whole, zero: .lost
  ) { g, y, x, kernel in
    guard case .host(_, .triangle(let isLower, let isUnit)) = kernel else { preconditionFailure("a half is read") }
    let other = HostAttribute.triangle(isLower: !isLower, isUnit: isUnit)
    let right = Symbol.solution(x[0].matrixTransposed, g, by: .triangularSolution(other))
    let whole = -right.times(y.matrixTransposed)
    let beyond = isUnit ? 1 : 0
    return [isLower ? whole.part(k: -beyond, .lessEqual) : whole.part(k: beyond, .greaterEqual), right]
  }
}
