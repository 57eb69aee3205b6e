import CKernels
import Refusals

extension Matrix {
  /// e to the power of this square matrix: a quotient of polynomials of a small fraction of it, squared again and again.
  ///
  /// Higham: The scaling and squaring method for the matrix exponential revisited (2005), whose degrees and bounds these
  /// are.
  func exponential() throws(Refusal) -> Matrix {
    let size = columnNorm
    for (degree, bound) in Self.degrees where size <= bound { return try quotient(degree: degree) }
    let greatest = Self.degrees[Self.degrees.count - 1]
    guard size.isFinite else {
      return Matrix([Double](repeating: .nan, count: values.count), rows: rows, columns: rows)
    }
    var halvings = 0
    while size / twoTo(halvings) > greatest.bound { halvings += 1 }
    var result = try scaled(by: 1 / twoTo(halvings)).quotient(degree: greatest.degree)
    for _ in 0..<halvings { result = try result.times(result) }
    return result
  }

  private static let degrees: [(degree: Int, bound: Double)] = [
    (3, 1.495585217958292e-2), (5, 2.539398330063230e-1), (7, 9.504178996162932e-1), (9, 2.097847961257068),
    (13, 5.371920351148152),
  ]

  private func twoTo(_ power: Int) -> Double { Double(sign: .plus, exponent: power, significand: 1) }

  /// The Padé approximant of e^x with numerator and denominator of one degree: even powers and odd ones, added and
  /// subtracted.
  private func quotient(degree: Int) throws(Refusal) -> Matrix {
    // (2d - k)! d! / ((2d)! k! (d - k)!), each from the one before.
    var weights = [1.0]
    for k in 0..<degree { weights.append(weights[k] * Double(degree - k) / Double((2 * degree - k) * (k + 1))) }
    let square = try times(self)
    var (even, odd) = (Matrix(zeros: rows, rows), Matrix(zeros: rows, rows))
    // Horner's rule, from the highest power down.
    for k in stride(from: degree - 1, through: 0, by: -2) {
      even = try even.times(square)
      odd = try odd.times(square)
      for i in 0..<rows {
        even[i, i] += weights[k]
        odd[i, i] += weights[k + 1]
      }
    }
    odd = try times(odd)
    let numerator = Matrix(Swift.zip(even.values, odd.values).map { $0 + $1 }, rows: rows, columns: rows)
    let denominator = Matrix(Swift.zip(even.values, odd.values).map { $0 - $1 }, rows: rows, columns: rows)
    return try Elimination(denominator).solved(numerator)
  }

  private var columnNorm: Double {
    (0..<columns).map { j in (0..<rows).reduce(0) { $0 + abs(self[$1, j]) } }.max() ?? 0
  }

  private func scaled(by factor: Double) -> Matrix {
    Matrix(values.map { $0 * factor }, rows: rows, columns: columns)
  }

  private func times(_ other: Matrix) throws(Refusal) -> Matrix {
    var result = Matrix(zeros: rows, other.columns)
    unsafe gk_matmul_f64(
      values, columns, 1, other.values, other.columns, 1, &result.values, rows, columns, other.columns)
    if gk_is_interrupted() != 0 { throw .interrupted }
    return result
  }
}
