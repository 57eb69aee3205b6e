import CKernels
import Refusals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Elimination {
  /// The determinant as it neither overflows nor vanishes: its sign and the logarithm of its size.
  var signAndLogarithm: (sign: Double, logarithm: Double) {
    if isSingular { return (0, -.infinity) }
    let isNegative = pivots.count(where: { $0 < 0 }) % 2 == 1
    return (isNegative ? -sign : sign, pivots.reduce(0) { $0 + log(abs($1)) })
  }
}

extension Matrix {
  /// P, L and U with P · L · U = this: the greatest of each column comes up, the first of equals.
  func triangles() throws(Refusal) -> (p: Matrix, l: Matrix, u: Matrix) {
    let k = min(rows, columns)
    var (rest, order) = (self, Array(0..<rows))
    for step in 0..<k {
      if gk_is_interrupted() != 0 { throw .interrupted }
      var pivot = step
      for i in step..<rows where abs(rest[i, step]) > abs(rest[pivot, step]) { pivot = i }
      rest.swapRows(step, pivot)
      order.swapAt(step, pivot)
      for i in step + 1..<max(rows, step + 1) where rest[i, step] != 0 {
        let factor = rest[i, step] / rest[step, step]
        rest.subtract(factor, row: step, from: i, columns: step + 1..<columns)
        rest[i, step] = factor
      }
    }
    var (p, l, u) = (Matrix(zeros: rows, rows), Matrix(zeros: rows, k), Matrix(zeros: k, columns))
    for i in 0..<rows {
      p[order[i], i] = 1
      for j in 0..<k { l[i, j] = i == j ? 1 : i > j ? rest[i, j] : 0 }
    }
    for i in 0..<k { for j in i..<max(columns, i) { u[i, j] = rest[i, j] } }
    return (p, l, u)
  }

  /// x with this · x = b, where only one half of this is read; unit: nor its diagonal, which counts as ones.
  func solvedTriangle(_ b: Matrix, isLower: Bool, isUnit: Bool) throws(Refusal) -> Matrix {
    if !isUnit, let i = (0..<rows).first(where: { self[$0, $0] == 0 }) {
      throw Refusal(
        "the triangle has a 0 on its diagonal, in row \(i); solve_triangular has no one answer",
        help: "lstsq(a, b) gives the shortest")
    }
    var (x, triangle) = (b, self)
    if x.values.isEmpty { return x }
    try triangle.withBlock { triangle throws(Refusal) in
      try x.withBlock { x throws(Refusal) in try x.solve(triangle, isLower: isLower, isUnit: isUnit) }
    }
    return x
  }
}
