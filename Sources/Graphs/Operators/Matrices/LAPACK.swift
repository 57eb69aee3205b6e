import CKernels
import Refusals

/// What the decompositions ask of LAPACK.
enum LAPACK {
  /// Matrices of float32 are worked on as such unless they are small.
  private static func isSingle(_ x: Matrix) -> Int32 {
    x.isSingle && min(x.rows, x.columns) > Int(GK_SMALL_MATRIX) ? 1 : 0
  }

  /// U, then the singular values descending, then V transposed.
  static func svd(_ x: Matrix, for name: String) throws(Refusal) -> (u: Matrix, s: [Double], vh: Matrix) {
    let k = min(x.rows, x.columns)
    var (u, s, vh) = (Matrix(zeros: x.rows, k), [Double](repeating: 0, count: k), Matrix(zeros: k, x.columns))
    if k == 0 { return (u, s, vh) }
    try check(unsafe gk_lapack_svd(x.values, x.rows, x.columns, isSingle(x), &u.values, &s, &vh.values), name)
    return (u, s, vh)
  }

  /// The eigenvalues of a symmetric matrix ascending, and its eigenvectors in columns.
  static func eigh(_ x: Matrix) throws(Refusal) -> (values: [Double], vectors: Matrix) {
    var (values, vectors) = ([Double](repeating: 0, count: x.rows), Matrix(zeros: x.rows, x.rows))
    if x.rows == 0 { return (values, vectors) }
    try check(unsafe gk_lapack_eigh(x.values, x.rows, isSingle(x), &values, &vectors.values), "eigh")
    return (values, vectors)
  }

  /// The eigenvalues of any square matrix, and its eigenvectors in columns, in no order.
  static func eig(_ x: Matrix) throws(Refusal) -> (re: [Double], im: [Double], vectors: (re: Matrix, im: Matrix)) {
    let n = x.rows
    var (values, re, im) = ([Double](repeating: 0, count: 2 * n), Matrix(zeros: n, n), Matrix(zeros: n, n))
    if n > 0 { try check(unsafe gk_lapack_eig(x.values, n, isSingle(x), &values, &re.values, &im.values), "eig") }
    return (Array(values[..<n]), Array(values[n...]), (re, im))
  }

  /// Reduced: orthonormal columns, then an upper triangle.
  static func qr(_ x: Matrix) throws(Refusal) -> (q: Matrix, r: Matrix) {
    let k = min(x.rows, x.columns)
    var (q, r) = (Matrix(zeros: x.rows, k), Matrix(zeros: k, x.columns))
    if k == 0 { return (q, r) }
    try check(unsafe gk_lapack_qr(x.values, x.rows, x.columns, isSingle(x), &q.values, &r.values), "qr")
    return (q, r)
  }

  /// The pseudoinverse; singular values below the rounding of the largest count as 0.
  static func pinv(_ x: Matrix, relativeTolerance: Double) throws(Refusal) -> Matrix {
    let (u, s, vh) = try svd(x, for: "pinv")
    let cutoff = (s.first ?? 0) * relativeTolerance
    let kept = s.prefix { $0 > cutoff }.count
    var scaled = u
    for i in 0..<u.rows { for k in 0..<kept { scaled[i, k] /= s[k] } }
    var result = Matrix(zeros: x.columns, x.rows)
    // Both factors transposed: V of the kept rows of vh, and U.
    unsafe gk_matmul_f64(
      vh.values, 1, vh.columns, scaled.values, 1, u.columns, &result.values, x.columns, kept, x.rows)
    if gk_is_interrupted() != 0 { throw .interrupted }
    return result
  }

  private static func check(_ status: Int32, _ name: String) throws(Refusal) {
    if gk_is_interrupted() != 0 { throw .interrupted }
    switch status {
    case 1: return
    case 0: throw Refusal("\(name) needs LAPACK", help: "install liblapack3")
    case 2: throw Refusal("\(name) did not converge")
    default: throw Refusal("\(name) has no memory for its work")
    }
  }
}
