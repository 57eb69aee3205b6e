import CKernels
import Foundation
import Tensors
import TestSupport
import Testing

/// LAPACK behind its doors: where matrices lie, or by way of double, large ones in a child process; in either type.
@Suite(.enabled(if: gk_lapack_is_available() != 0)) struct DecompositionTests {
  /// Rows and columns on either side of where a child pays for an svd.
  static let extents = [(6, 4), (4, 6), (300, 280), (280, 300), (900, 700)]

  /// Whether work is done in float32, and how far off it may be then.
  static let precisions: [(Int32, Double)] = [(0, 1e-10), (1, 1e-3)]

  private static func matrix(_ rows: Int, _ columns: Int) -> [Double] {
    var random = SplitMix(rows)
    return (0..<rows * columns).map { _ in Double.random(in: -1...1, using: &random) }
  }

  private static func product(_ a: [Double], _ b: [Double], _ m: Int, _ k: Int, _ n: Int) -> [Double] {
    var c = [Double](repeating: 0, count: m * n)
    unsafe gk_matmul_f64(a, k, 1, b, n, 1, &c, m, k, n)
    return c
  }

  private static func difference(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }

  @Test(arguments: extents, precisions)
  func factorsMultiplyToTheMatrix(extents: (rows: Int, columns: Int), precision: (isSingle: Int32, tolerance: Double)) {
    let ((rows, columns), (isSingle, tolerance)) = (extents, precision)
    let (x, k) = (Self.matrix(rows, columns), min(rows, columns))
    var u = [Double](repeating: 0, count: rows * k)
    var (s, vh) = ([Double](repeating: 0, count: k), [Double](repeating: 0, count: k * columns))
    #expect(unsafe gk_lapack_svd(x, rows, columns, isSingle, &u, &s, &vh) == 1)
    #expect(zip(s, s.dropFirst()).allSatisfy { $0 >= $1 } && s.allSatisfy { $0 > 0 })
    let scaled = u.indices.map { u[$0] * s[$0 % k] }
    #expect(Self.difference(Self.product(scaled, vh, rows, k, columns), x) < tolerance)

    var (q, r) = ([Double](repeating: 0, count: rows * k), [Double](repeating: 0, count: k * columns))
    #expect(unsafe gk_lapack_qr(x, rows, columns, isSingle, &q, &r) == 1)
    #expect((0..<k).allSatisfy { i in (0..<i).allSatisfy { r[i * columns + $0] == 0 } })
    #expect(Self.difference(Self.product(q, r, rows, k, columns), x) < tolerance)
  }

  @Test(arguments: [5, 290], precisions)
  func eigenvectorsAreStretched(extent: Int, precision: (isSingle: Int32, tolerance: Double)) {
    let half = Self.matrix(extent, extent)
    let x = half.indices.map { half[$0] + half[$0 % extent * extent + $0 / extent] }
    var (values, vectors) = ([Double](repeating: 0, count: extent), [Double](repeating: 0, count: extent * extent))
    #expect(unsafe gk_lapack_eigh(x, extent, precision.isSingle, &values, &vectors) == 1)
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
    let stretched = vectors.indices.map { vectors[$0] * values[$0 % extent] }
    #expect(Self.difference(Self.product(x, vectors, extent, extent, extent), stretched) < precision.tolerance)
  }

  // MARK: In the type of the operands

  /// What a decomposition leaves where its results shall lie; nil where it leaves that to others.
  private static func decomposed<Element: BinaryFloatingPoint>(
    _ kind: gk_decomposition, _ type: gk_type, _ x: [Double], _ extent: Int, _ b: [Double] = [], as: Element.Type,
    count: Int
  ) -> [Double]? {
    let (x, b) = (x.map { Element($0) }, b.map { Element($0) })
    var y = [Element](repeating: 0, count: count)
    let right = b.count / extent
    let isDone = unsafe x.withUnsafeBytes { x in
      unsafe b.withUnsafeBytes { b in
        unsafe y.withUnsafeMutableBytes { y in
          unsafe gk_lapack_decompose(
            kind, type, x.baseAddress, extent, extent, right > 0 ? b.baseAddress : nil, right, y.baseAddress)
        }
      }
    }
    return isDone == 0 ? nil : y.map { Double($0) }
  }

  private static func decomposed(
    _ kind: gk_decomposition, isSingle: Int32, _ x: [Double], _ extent: Int, _ b: [Double] = [], count: Int
  ) -> [Double]? {
    isSingle != 0
      ? decomposed(kind, GK_F32, x, extent, b, as: Float.self, count: count)
      : decomposed(kind, GK_F64, x, extent, b, as: Double.self, count: count)
  }

  /// Few right sides and many, of which some are left over when they are divided.
  @Test(arguments: [65, 200, 301], precisions)
  func solutionsSolve(extent: Int, precision: (isSingle: Int32, tolerance: Double)) throws {
    let x = Self.matrix(extent, extent).map { Double(Float($0)) }
    for columns in [1, 2, 40, 300] {
      let expected = Self.matrix(extent, columns)
      let b = Self.product(x, expected, extent, extent, columns)
      let y = try #require(
        Self.decomposed(GK_SOLUTION, isSingle: precision.isSingle, x, extent, b, count: extent * columns))
      #expect(Self.difference(Self.product(x, y, extent, extent, columns), b) < precision.tolerance * 10)
    }
    let inverse = try #require(
      Self.decomposed(GK_INVERSE, isSingle: precision.isSingle, x, extent, count: extent * extent))
    let identity = x.indices.map { $0 / extent == $0 % extent ? 1.0 : 0 }
    #expect(Self.difference(Self.product(x, inverse, extent, extent, extent), identity) < precision.tolerance * 10)
  }

  /// A vector's solution in float32 is the one of double, rounded: what elimination in float32 loses is made good.
  @Test func fewRightSidesAreRefined() throws {
    let extent = 300
    let x = Self.matrix(extent, extent).map { Double(Float($0)) }
    let b = Self.matrix(extent, 1).map { Double(Float($0)) }
    let expected = try #require(Self.decomposed(GK_SOLUTION, isSingle: 0, x, extent, b, count: extent))
    let y = try #require(Self.decomposed(GK_SOLUTION, isSingle: 1, x, extent, b, count: extent))
    let largest = expected.map(abs).max() ?? 0
    #expect(Self.difference(y, expected) <= 2 * Double(Float.ulpOfOne) * largest)
  }

  @Test(arguments: precisions) func rootsAndDeterminants(precision: (isSingle: Int32, tolerance: Double)) throws {
    let extent = 100
    let half = Self.matrix(extent, extent)
    var x = half.indices.map { half[$0] + half[$0 % extent * extent + $0 / extent] }
    for i in 0..<extent { x[i * extent + i] += 60 }
    let root = try #require(
      Self.decomposed(GK_CHOLESKY, isSingle: precision.isSingle, x, extent, count: extent * extent))
    let turned = root.indices.map { root[$0 % extent * extent + $0 / extent] }
    #expect(Self.difference(Self.product(root, turned, extent, extent, extent), x) < precision.tolerance)
    #expect((0..<extent).allSatisfy { i in (i + 1..<extent).allSatisfy { root[i * extent + $0] == 0 } })
    let logarithm = (0..<extent).reduce(0) { $0 + 2 * log(root[$1 * extent + $1]) }
    let found = try #require(Self.decomposed(GK_LOG_DETERMINANT, isSingle: precision.isSingle, x, extent, count: 1))
    #expect(abs(found[0] - logarithm) < precision.tolerance)
    // Two rows that change places change the sign.
    let swapped = Array(x[extent..<2 * extent] + x[..<extent] + x[(2 * extent)...])
    for (matrix, sign) in [(x, 1.0), (swapped, -1)] {
      #expect(Self.decomposed(GK_DETERMINANT_SIGN, isSingle: precision.isSingle, matrix, extent, count: 1) == [sign])
    }
  }

  /// Left to those who know more: small ones, singular ones, those that aren't finite or have no root, long ones.
  @Test(arguments: precisions) func othersAreLeft(precision: (isSingle: Int32, tolerance: Double)) {
    func isDone(_ kind: gk_decomposition, _ x: [Double], _ extent: Int) -> Bool {
      Self.decomposed(kind, isSingle: precision.isSingle, x, extent, count: 2 * extent * extent + extent) != nil
    }
    let (x, small) = (Self.matrix(70, 70), Int(GK_SMALL_MATRIX))
    let kinds = [
      GK_INVERSE, GK_DETERMINANT, GK_DETERMINANT_SIGN, GK_LOG_DETERMINANT, GK_EIGH, GK_SVD, GK_QR,
    ]
    for kind in kinds {
      #expect(isDone(kind, x, 70))
      #expect(!isDone(kind, Self.matrix(small, small), small))
      for odd in [Double.nan, .infinity] { #expect(!isDone(kind, x.dropLast() + [odd], 70)) }
    }
    let twice = Array(x[..<70] + x.dropLast(70))
    for kind in kinds.prefix(4) { #expect(!isDone(kind, twice, 70)) }
    #expect(!isDone(GK_CHOLESKY, x.map { -abs($0) }, 70))
    #expect(!isDone(GK_SVD, [Double](repeating: 1, count: 900 * 900), 900))
  }

  @Test(arguments: precisions) func threadsLeaveTheSameBits(precision: (isSingle: Int32, tolerance: Double)) {
    let extent = 301
    let x = Self.matrix(extent, extent)
    let threads = gk_thread_count()
    defer { gk_set_thread_count(threads) }
    for kind in [GK_SOLUTION, GK_INVERSE, GK_QR, GK_EIGH] {
      let results = [1, 2, 3].map { count in
        gk_set_thread_count(Int32(count))
        return Self.decomposed(
          kind, isSingle: precision.isSingle, x, extent, kind == GK_SOLUTION ? x : [], count: 2 * extent * extent)
      }
      #expect(results[0] != nil && results[1] == results[0] && results[2] == results[0])
    }
  }
}
