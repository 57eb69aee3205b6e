import CKernels
import Refusals
import Tensors

/// The operations beneath `Decompositions`; each works on the last two axes. What stands here is done to matrices that are
/// small, singular or take long, and where there is no LAPACK.
extension Primitive {
  private static let singular = Refusal(
    "the matrix is singular; it has no inverse", help: "pinv(x) is its pseudoinverse")

  static let inverse: Primitive = Primitive(
    "inv",
    .host(
      { x, _ throws(Refusal) in
        let n = x[0].extents[x[0].extents.count - 1]
        return try x[0].eachMatrix(count: n * n) { matrix throws(Refusal) in
          guard let inverse = try Elimination.inverse(of: matrix) else { throw singular }
          return inverse.values
        }
      }, .decomposition(GK_INVERSE)), told: .whole, zero: .lost
  ) { g, y, _, _ in
    let transposed = y.matrixTransposed
    return [-transposed.times(g).times(transposed)]
  }

  /// Operands with equal batches.
  static let solution: Primitive = Primitive(
    "solve",
    .host(
      { x, _ throws(Refusal) in
        var result: [Double] = []
        for (matrix, right) in Swift.zip(x[0].matrices, x[1].matrices) {
          guard matrix.isFinite else {
            result += [Double](repeating: .nan, count: right.values.count)
            continue
          }
          let elimination = try Elimination(matrix)
          if elimination.isSingular {
            throw Refusal("the matrix is singular; solve has no one answer", help: "lstsq(a, b) gives the shortest")
          }
          result += try elimination.solved(right).values
        }
        return result
      }, .decomposition(GK_SOLUTION)), told: .whole, zero: .lost
  ) { g, y, x, _ in
    let right = Symbol.solution(x[0].matrixTransposed, g)
    return [-right.times(y.matrixTransposed), right]
  }

  static let determinant: Primitive = Primitive(
    "det",
    .host(
      { x, _ throws(Refusal) in
        try x[0].eachMatrix(count: 1) { matrix throws(Refusal) in [try Elimination(matrix).determinant] }
      }, .decomposition(GK_DETERMINANT)), told: .whole, zero: .lost
  ) { g, _, x, _ in
    let cofactors = g.builder.add(.cofactors, [x[0]], shape: x[0].shape, type: x[0].type)
    return [g.reshaped(Shape(g.shape.extents + [1, 1])) * cofactors]
  }

  /// The second order by the minors' determinants, exact for singular matrices; of large matrices by the inverse.
  static let cofactors: Primitive = Primitive(
    "cofactors",
    .host(
      { x, _ throws(Refusal) in
        let n = x[0].extents[x[0].extents.count - 1]
        return try x[0].eachMatrix(count: n * n) { matrix throws(Refusal) in matrix.cofactors.values }
      }, .none), told: .whole, zero: .lost
  ) { g, y, x, _ in
    let n = x[0].shape[x[0].rank - 1]
    if n < 2 { return [nil] }
    if n <= 12 { return g.builder.gradient(of: x[0].signedMinors, withRespectTo: [x[0]], seed: g) }
    let inverse = g.builder.add(.inverse, [x[0]], shape: x[0].shape, type: x[0].type).matrixTransposed
    let inner = (g * inverse).summed(over: [g.rank - 2, g.rank - 1], keepsAxes: true)
    return [inner * y - y.times(g.matrixTransposed).times(inverse)]
  }

  /// Of a symmetric operand.
  static let cholesky: Primitive = Primitive(
    "cholesky",
    .host(
      { x, _ throws(Refusal) in
        let n = x[0].extents[x[0].extents.count - 1]
        return try x[0].eachMatrix(count: n * n) { matrix throws(Refusal) in
          guard let root = try matrix.choleskyRoot() else {
            throw Refusal("the matrix is not positive definite; it has no Cholesky factor")
          }
          return root.values
        }
      }, .decomposition(GK_CHOLESKY)), told: .whole, zero: .lost
  ) { g, y, _, _ in
    let upper = y.matrixTransposed
    let inner = upper.times(g)
    let halved = inner.part(k: -1, .lessEqual) + inner.part(k: 0, .equal) * 0.5
    let left = Symbol.solution(upper, halved)
    let whole = Symbol.solution(upper, left.matrixTransposed)
    return [(whole + whole.matrixTransposed) * 0.5]
  }

  /// Of a symmetric operand; packed: values, vectors.
  static let eigh: Primitive = Primitive(
    "eigh",
    .host(
      { x, _ throws(Refusal) in
        let n = x[0].extents[x[0].extents.count - 1]
        return try x[0].eachMatrix(count: n + n * n) { matrix throws(Refusal) in
          let (values, vectors) = try LAPACK.eigh(matrix)
          return values + vectors.values
        }
      }, .decomposition(GK_EIGH)), told: .whole, zero: .lost
  ) { g, y, x, _ in
    [y.adjointOfEigenvectors(g, x[0]).mixed]
  }

  /// Packed: U, S, Vh.
  static let svd: Primitive = Primitive(
    "svd",
    .host(
      { x, _ throws(Refusal) in
        let (m, n) = (x[0].extents[x[0].extents.count - 2], x[0].extents[x[0].extents.count - 1])
        let k = Swift.min(m, n)
        return try x[0].eachMatrix(count: m * k + k + k * n) { matrix throws(Refusal) in
          let (u, s, vh) = try LAPACK.svd(matrix, for: "svd")
          return u.values + s + vh.values
        }
      }, .decomposition(GK_SVD)), told: .whole, zero: .lost
  ) { g, y, x, _ in
    [y.adjointOfSingularVectors(g, x[0]).mixed]
  }

  /// Packed: Q, R.
  static let qr: Primitive = Primitive(
    "qr",
    .host(
      { x, _ throws(Refusal) in
        let (m, n) = (x[0].extents[x[0].extents.count - 2], x[0].extents[x[0].extents.count - 1])
        let k = Swift.min(m, n)
        return try x[0].eachMatrix(count: m * k + k * n) { matrix throws(Refusal) in
          let (q, r) = try LAPACK.qr(matrix)
          return q.values + r.values
        }
      }, .decomposition(GK_QR)), told: .whole, zero: .lost
  ) { g, y, x, _ in
    let (m, n) = (x[0].shape[x[0].rank - 2], x[0].shape[x[0].rank - 1])
    let k = Swift.min(m, n)
    let last = x[0].rank - 1
    let (q, r) = (y.unpacked(0, [m, k]), y.unpacked(m * k, [k, n]))
    var (gQ, gR) = (g.unpacked(0, [m, k]), g.unpacked(m * k, [k, n]).part(k: 0, .greaterEqual))
    let square = r.sliced(axis: last, from: 0, count: k)
    var rest: Symbol?
    if n > k {
      // The columns beyond the square part are Q times what R holds there.
      let gBeyond = gR.sliced(axis: last, from: k, count: n - k)
      gQ = gQ + x[0].sliced(axis: last, from: k, count: n - k).times(gBeyond.matrixTransposed)
      gR = gR.sliced(axis: last, from: 0, count: k)
      rest = q.times(gBeyond)
    }
    let inner = square.times(gR.matrixTransposed) - gQ.matrixTransposed.times(q)
    let mirrored = inner.part(k: 0, .lessEqual) + inner.part(k: -1, .lessEqual).matrixTransposed
    let right = gQ + q.times(mirrored)
    let (whole, isSingular) = square.regular
    let own = Symbol.solution(whole, right.matrixTransposed).matrixTransposed * isSingular.asNaN
    return [rest.map { .concatenated([own, $0], axis: last) } ?? own]
  }

  /// The rule holds where the rank stays.
  static let pseudoinverse: Family<HostAttribute> = Family(
    "pinv",
    { attribute in
      .host(
        { x, attribute throws(Refusal) in
          guard case .tolerance(let tolerance) = attribute else { preconditionFailure("pinv has a tolerance") }
          let count = x[0].extents[x[0].extents.count - 2] * x[0].extents[x[0].extents.count - 1]
          return try x[0].eachMatrix(count: count) { matrix throws(Refusal) in
            try LAPACK.pinv(matrix, relativeTolerance: tolerance.value).values
          }
        }, attribute)
    }, told: .whole, zero: .lost
  ) { g, y, x, _ in
    let (m, n) = (x[0].shape[x[0].rank - 2], x[0].shape[x[0].rank - 1])
    let (yT, gT) = (y.matrixTransposed, g.matrixTransposed)
    var result = -yT.times(g).times(yT)
    let beyondRows = gT - x[0].times(y).times(gT)
    let beyondColumns = gT - gT.times(y).times(x[0])
    if m > 0, n > 0 { result = result + beyondRows.times(y).times(yT) + yT.times(y).times(beyondColumns) }
    return [result]
  }
}
