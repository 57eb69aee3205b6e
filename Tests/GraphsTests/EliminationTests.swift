import Foundation
import TestSupport
import Testing

@testable import Graphs

/// Elimination by halves against the same one column after the other.
struct EliminationTests {
  /// Around where halves begin.
  static let extents = [1, 2, 3, 15, 16, 17, 32, 33, 63, 100, 157]

  private static func matrix(_ rows: Int, _ columns: Int, _ seed: Int) -> Matrix {
    var random = SplitMix(seed)
    return Matrix(
      (0..<rows * columns).map { _ in Double.random(in: -1...1, using: &random) }, rows: rows, columns: columns)
  }

  private static func product(_ a: Matrix, _ b: Matrix) -> Matrix {
    var c = Matrix(zeros: a.rows, b.columns)
    for i in 0..<a.rows {
      for k in 0..<a.columns { for j in 0..<b.columns { c[i, j] += a[i, k] * b[k, j] } }
    }
    return c
  }

  private static func difference(_ a: Matrix, _ b: Matrix) -> Double {
    zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
  }

  /// The determinant's sign and logarithm, column by column.
  private static func oneByOne(_ matrix: Matrix) -> (isNegative: Bool, logarithm: Double) {
    var (a, isNegative, logarithm) = (matrix, false, 0.0)
    for k in 0..<a.rows {
      let pivot = (k..<a.rows).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
      if pivot != k { isNegative.toggle() }
      a.swapRows(k, pivot)
      if a[k, k] < 0 { isNegative.toggle() }
      logarithm += log(abs(a[k, k]))
      for i in k + 1..<max(a.rows, k + 1) {
        let factor = a[i, k] / a[k, k]
        for j in k..<a.rows { a[i, j] -= factor * a[k, j] }
      }
    }
    return (isNegative, logarithm)
  }

  @Test(arguments: extents) func solutionsSolve(n: Int) throws {
    let (a, b) = (Self.matrix(n, n, n), Self.matrix(n, 3, n + 1))
    let elimination = try Elimination(a)
    #expect(!elimination.isSingular)
    #expect(Self.difference(Self.product(a, try elimination.solved(b)), b) < 1e-10 * Double(n))
    let inverse = try elimination.solved(Matrix(identity: n))
    #expect(Self.difference(Self.product(inverse, a), Matrix(identity: n)) < 1e-9 * Double(n))
    let (sign, logarithm) = elimination.signAndLogarithm
    let expected = Self.oneByOne(a)
    #expect((sign < 0) == expected.isNegative && abs(logarithm - expected.logarithm) < 1e-9 * Double(n))
  }

  /// A row that is a sum of others: nothing is left of it but rounding, which for larger matrices isn't always told apart.
  @Test(arguments: extents.filter { 3..<64 ~= $0 }) func singularMatricesAreSeen(n: Int) throws {
    var a = Self.matrix(n, n, n)
    for j in 0..<n { a[n / 2, j] = a[0, j] - a[n - 1, j] }
    #expect(try Elimination(a).isSingular)
  }

  @Test(arguments: extents) func rootsMultiply(n: Int) throws {
    let x = Self.matrix(n, n, n)
    var a = Self.product(x, x.transposed)
    for i in 0..<n { a[i, i] += 0.1 }
    let root = try #require(try a.choleskyRoot())
    #expect(Self.difference(Self.product(root, root.transposed), a) < 1e-11 * Double(n))
    for i in 0..<n { for j in i + 1..<max(n, i + 1) { #expect(root[i, j] == 0) } }
    a[n - 1, n - 1] = -1
    #expect(try a.choleskyRoot()?.values == nil)
  }

  @Test(arguments: extents, [true, false]) func trianglesAreSolved(n: Int, isLower: Bool) throws {
    var triangle = Self.matrix(n, n, n)
    for i in 0..<n { triangle[i, i] = 2 + Double(i % 3) }
    var read = triangle
    for i in 0..<n { for j in 0..<n where isLower ? j > i : j < i { read[i, j] = 0 } }
    for i in 0..<n { for j in 0..<n where i != j { read[i, j] /= Double(n) } }
    for i in 0..<n { for j in 0..<n where i != j { triangle[i, j] /= Double(n) } }
    let b = Self.matrix(n, 2, n + 7)
    let x = try triangle.solvedTriangle(b, isLower: isLower, isUnit: false)
    #expect(Self.difference(Self.product(read, x), b) < 1e-12 * Double(n))
  }
}
