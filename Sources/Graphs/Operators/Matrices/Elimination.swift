import CKernels
import Refusals

/// A square matrix taken apart by Gaussian elimination with partial pivoting.
struct Elimination {
  /// The factors in one matrix, below and above the diagonal.
  private var factors: Matrix
  private var order: [Int]
  /// 1, or -1 where rows have changed places an odd number of times.
  private(set) var sign = 1.0
  /// A pivot is nothing but rounding.
  private(set) var isSingular = false

  init(_ matrix: Matrix) throws(Refusal) {
    let n = matrix.rows
    factors = matrix
    order = Array(0..<n)
    let noise = Self.noise(in: matrix)
    if n > Block.small, eliminateByLibrary() {
      isSingular = (0..<n).contains {
        abs(factors[$0, $0]) <= noise && isNoise(in: matrix, column: $0, isDivided: true)
      }
    } else if n > 0 {
      try eliminate(columns: 0..<n, of: matrix, noise: noise)
    }
  }

  /// What is larger is more than rounding.
  private static func noise(in matrix: Matrix) -> Double { 1e-8 * matrix.values.reduce(0) { max($0, abs($1)) } }

  /// Of a square matrix; nil where it has none.
  static func inverse(of matrix: Matrix) throws(Refusal) -> Matrix? {
    let elimination = try Elimination(matrix)
    return elimination.isSingular ? nil : try elimination.solved(Matrix(identity: matrix.rows))
  }

  /// In one call where a library is there and ends soon; no look at pivots yet.
  private mutating func eliminateByLibrary() -> Bool {
    let n = factors.rows
    var (pivots, result) = ([Int32](repeating: 0, count: n), factors.values)
    guard unsafe gk_lapack_lu(factors.values, n, &result, &pivots) != 0 else { return false }
    factors.values = result
    for (row, pivot) in pivots.enumerated() where Int(pivot) - 1 != row {
      order.swapAt(row, Int(pivot) - 1)
      sign = -sign
    }
    return true
  }

  /// Half of the columns first, whose multiples are then taken from the other half as one product.
  private mutating func eliminate(columns: Range<Int>, of matrix: Matrix, noise: Double) throws(Refusal) {
    let n = factors.rows
    guard columns.count > Block.small else {
      if gk_is_interrupted() != 0 { throw .interrupted }
      return eliminateOneByOne(columns: columns, of: matrix, noise: noise)
    }
    let left = columns.lowerBound..<columns.lowerBound + columns.count / 2
    let right = left.upperBound..<columns.upperBound
    try eliminate(columns: left, of: matrix, noise: noise)
    if isSingular { return }
    try factors.withBlock { whole throws(Refusal) in
      let (above, below) = (whole.part(left, right), whole.part(left.upperBound..<n, right))
      try above.solve(whole.part(left, left), isLower: true, isUnit: true)
      try below.subtract(whole.part(left.upperBound..<n, left), times: above)
    }
    try eliminate(columns: right, of: matrix, noise: noise)
  }

  private mutating func eliminateOneByOne(columns: Range<Int>, of matrix: Matrix, noise: Double) {
    let n = factors.rows
    for k in columns {
      var pivot = k
      for i in k..<n where abs(factors[i, k]) > abs(factors[pivot, k]) { pivot = i }
      if abs(factors[pivot, k]) <= noise, isNoise(in: matrix, column: k) {
        isSingular = true
        return
      }
      if pivot != k {
        factors.swapRows(k, pivot)
        order.swapAt(k, pivot)
        sign = -sign
      }
      for i in k + 1..<max(n, k + 1) where factors[i, k] != 0 {
        let factor = factors[i, k] / factors[k, k]
        factors[i, k] = factor
        factors.subtract(factor, row: k, from: i, columns: k + 1..<columns.upperBound)
      }
    }
  }

  /// Whether what is left of a column is no larger than the rounding of the terms that made it, which grows as the root of
  /// their number.
  ///
  /// - Parameter isDivided: what stands below the pivot has been divided by it.
  private func isNoise(in matrix: Matrix, column k: Int, isDivided: Bool = false) -> Bool {
    let rounding = 2 * Double.ulpOfOne * max(1, (Double(k) / Double(Block.small)).squareRoot())
    return (k..<matrix.rows).allSatisfy { i in
      var bound = abs(matrix[order[i], k])
      for j in 0..<k { bound += abs(factors[i, j] * factors[j, k]) }
      let left = isDivided && i > k ? factors[i, k] * factors[k, k] : factors[i, k]
      return abs(left) <= rounding * bound
    }
  }

  var pivots: [Double] { (0..<factors.rows).map { factors[$0, $0] } }

  var determinant: Double {
    if isSingular { return 0 }
    return pivots.reduce(sign, *)
  }

  /// x with matrix · x = b.
  func solved(_ b: Matrix) throws(Refusal) -> Matrix {
    var (x, factors) = (Matrix(zeros: b.rows, b.columns), factors)
    if x.values.isEmpty { return x }
    for i in 0..<b.rows { for j in 0..<b.columns { x[i, j] = b[order[i], j] } }
    try factors.withBlock { factors throws(Refusal) in
      try x.withBlock { x throws(Refusal) in
        try x.solve(factors, isLower: true, isUnit: true)
        try x.solve(factors, isLower: false, isUnit: false)
      }
    }
    // A zero has no sign.
    for i in x.values.indices { x.values[i] += 0 }
    return x
  }
}

extension Matrix {
  /// The matrix of cofactors, exact for singular matrices too: complete pivoting leaves the last pivot undivided.
  var cofactors: Matrix {
    let n = rows
    if n == 0 { return self }
    var (u, below) = (self, Matrix(identity: n))
    var (rowOrder, columnOrder) = (Array(0..<n), Array(0..<n))
    var scale = 1.0
    for k in 0..<n - 1 {
      var (p, q) = (k, k)
      for i in k..<n { for j in k..<n where abs(u[i, j]) > abs(u[p, q]) { (p, q) = (i, j) } }
      if u[p, q] == 0 { return Matrix(zeros: n, n) }
      if p != k { scale = -scale }
      if q != k { scale = -scale }
      u.swapRows(k, p)
      u.swapColumns(k, q)
      rowOrder.swapAt(k, p)
      columnOrder.swapAt(k, q)
      for j in 0..<k {
        let kept = below[k, j]
        below[k, j] = below[p, j]
        below[p, j] = kept
      }
      scale *= u[k, k]
      for i in k + 1..<n {
        below[i, k] = u[i, k] / u[k, k]
        u.subtract(below[i, k], row: k, from: i, columns: k..<n)
      }
    }
    // adj(U) = scale · [[d W, -W w], [0, 1]], where U = [[V, w], [0, d]], W = V⁻¹, scale = det V.
    let last = u[n - 1, n - 1]
    var adjugate = Matrix(zeros: n, n)
    for j in 0..<n {
      adjugate[j, j] = j == n - 1 ? 1 : last / u[j, j]
      for i in (0..<j).reversed() {
        var sum = 0.0
        for k in i + 1...j { sum += u[i, k] * adjugate[k, j] }
        adjugate[i, j] = -sum / u[i, i]
      }
    }
    // adj(X) = Q adj(U) L⁻¹ P up to the sign; the cofactors are its transpose.
    for k in (0..<n).reversed() {
      for j in 0..<k where below[k, j] != 0 {
        for i in 0..<n { adjugate[i, j] -= adjugate[i, k] * below[k, j] }
      }
    }
    var result = Matrix(zeros: n, n)
    for i in 0..<n { for j in 0..<n { result[rowOrder[j], columnOrder[i]] = scale * adjugate[i, j] + 0 } }
    return result
  }

  /// The lower triangular root of a symmetric matrix, or nil if that isn't positive definite.
  func choleskyRoot() throws(Refusal) -> Matrix? {
    var root = self
    if rows == 0 { return root }
    let status = rows > Block.small ? unsafe gk_lapack_cholesky(&root.values, rows) : 0
    if status == 2 { return nil }
    if status != 1 {
      guard try root.withBlock({ whole throws(Refusal) in try whole.takeRoot() }) else { return nil }
    }
    for i in 0..<rows { for j in i + 1..<max(columns, i + 1) { root[i, j] = 0 } }
    return root
  }
}
