import CKernels
import Tensors
import TestSupport
import Testing

/// LAPACK behind its two doors: small matrices at once, large ones in a child process; in either type.
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

  @Test(arguments: [5, 140], precisions)
  func inversesInvert(extent: Int, precision: (isSingle: Int32, tolerance: Double)) {
    let x = Self.matrix(extent, extent)
    var inverse = [Double](repeating: 0, count: extent * extent)
    #expect(unsafe gk_lapack_inverse(x, extent, precision.isSingle, 1e-8, &inverse) == 1)
    let identity = x.indices.map { $0 / extent == $0 % extent ? 1.0 : 0 }
    #expect(Self.difference(Self.product(x, inverse, extent, extent, extent), identity) < precision.tolerance * 100)
    // A pivot that is too small is left to others.
    #expect(unsafe gk_lapack_inverse(x, extent, precision.isSingle, 1e8, &inverse) == 0)
  }
}
