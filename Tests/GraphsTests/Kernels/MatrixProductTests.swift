import CKernels
import Testing

/// Dense matrix products against plain loops.
struct MatrixProductTests {
  @Test(arguments: [
    (0, 3, 4), (3, 0, 4), (1, 1, 1), (3, 3, 3), (2, 5, 1), (1, 9, 33), (13, 17, 31), (16, 16, 16), (40, 70, 65),
    (129, 130, 131), (300, 270, 40), (3, 300, 600),
  ])
  func productsAgreeWithPlainLoops(m: Int, k: Int, n: Int) {
    // Small integers: every order of sums gives the same.
    for (aColumnwise, bColumnwise) in [(false, false), (false, true), (true, false), (true, true)] {
      let a = (0..<m * k).map { Double($0 * 7919 % 15 - 7) }, b = (0..<k * n).map { Double($0 * 104_729 % 13 - 6) }
      let (ar, ac) = aColumnwise ? (1, m) : (k, 1), (br, bc) = bColumnwise ? (1, k) : (n, 1)
      var expected = [Double](repeating: 0, count: m * n)
      for i in 0..<m {
        for p in 0..<k {
          for j in 0..<n { expected[i * n + j] += a[i * ar + p * ac] * b[p * br + j * bc] }
        }
      }
      var c = [Double](repeating: .nan, count: m * n), d = [Float](repeating: .nan, count: m * n)
      unsafe gk_matmul_f64(a, ar, ac, b, br, bc, &c, m, k, n)
      unsafe gk_matmul_f32(a.map { Float($0) }, ar, ac, b.map { Float($0) }, br, bc, &d, m, k, n)
      #expect(c == expected && d.map { Double($0) } == expected)
      if unsafe gk_blas_matmul_f64(a, ar, ac, b, br, bc, &c, m, k, n) != 0 { #expect(c == expected) }
    }
  }

  @Test func productsKeepInfinitiesAndNaN() {
    var c = [Float](repeating: 1, count: 4)
    unsafe gk_matmul_f32([0, 0, 1, 1], 2, 1, [.infinity, 1, 1, .nan], 2, 1, &c, 2, 2, 2)
    #expect(c[0].isNaN && c[1].isNaN && c[2] == .infinity && c[3].isNaN)
  }

  @Test func broadcastOperandsNeedNoCopies() {
    var c = [Float](repeating: 0, count: 6)
    unsafe gk_matmul_f32([1, 2, 3], 0, 1, [1, 10, 100], 1, 0, &c, 2, 3, 3)
    #expect(c == [321, 321, 321, 321, 321, 321])
  }
}
