import Testing

@testable import Language

/// Sums, means and lengths of data that cost digits where they are added up carelessly.
@Suite struct HostileDataTests {
  /// What a script of expectations complains of.
  private func expectQuiet(_ script: String, _ comment: Comment? = nil) {
    #expect(printed(script) == "", comment)
  }

  @Test func runningResultsAreAsGoodAsReductions() {
    expectQuiet(
      """
      expect cumsum(full([1000000], 0.1))[-1] == float32(sum(float64(full([1000000], 0.1))))
      expect cumsum(full([2, 1000000], 0.1), axis=1)[1, -1] == cumsum(full([1000000], 0.1))[-1]
      expect cumsum(full([1000000, 3], 0.1), axis=0)[-1] == full([3], cumsum(full([1000000], 0.1))[-1])
      expect cumsum(ones(20000000))[-1] == 20000000
      expect cumprod(full([1000000], 1.0000001))[-1] == float32(prod(float64(full([1000000], 1.0000001))))
      x = full([1000000], 0.1)
      expect vjp(cumsum(x), x, x)[0] == cumsum(x)[-1]
      expect cumsum([inf, 1, 2]) ~ [inf, inf, inf]
      expect cumsum(float64([1e308, 1e308, -1e308])) ~ [1e308, inf, inf]
      expect isnan(cumsum(float64([inf, -inf, 1]))) == [false, true, true]
      # Each term is lost by itself.
      y = float64(full([1000001], 1e-17))
      y[0] = 1
      expect cumsum(y)[-1] - 1 ~ 1e-11, rtol=1e-4, atol=0
      """)
  }

  @Test func meansAreRoundedOnce() {
    expectQuiet(
      """
      expect mean(full([33554432], 0.1)) == float32(0.1)
      expect mean(full([4, 100000], 0.1), axis=1) == full([4], float32(0.1))
      expect mean(full([100000, 4], 0.1), axis=0) == full([4], float32(0.1))
      expect mean(full([3, 1000, 5], 0.1), axis=[0, 2]) == full([1000], float32(0.1))
      expect mean([3e38, 3e38, 3e38]) == float32(3e38)
      a = zeros(16777217)
      a[0] = 16777215
      expect mean(a) == float32(0.99999988)
      expect mean(full([33554432], float64(0.1))) ~ 0.1, rtol=3e-16, atol=0
      x = ones(3)
      expect grad(mean(x ^ 2), x) ~ [2, 2, 2] / 3
      expect grad(mean(x * [3e38, 3e38, 3e38]), x) ~ [1e38, 1e38, 1e38]
      """)
  }

  /// The exact values are known: all but one entry are the same.
  @Test(arguments: ["1e8", "1e30", "1e-30", "16777216", "-3e37"])
  func spreadsOfLargeMeansAreExact(size: String) {
    expectQuiet(
      """
      n = 33554432
      x = full([n], \(size))
      x[5] = 2 * x[0]
      d = float64(x[0])
      expect mean(x) ~ d * (1 + 1 / n), rtol=1.2e-7, atol=0
      expect var(float32(x / d)) ~ (n - 1) / float64(n) ^ 2, rtol=2.4e-7, atol=0
      expect std(x) ~ abs(d) * sqrt(float64(n - 1)) / n, rtol=2.4e-7, atol=0
      """, "\(size)")
  }

  @Test func tinyDistancesFromALargeMeanKeepTheirDigits() {
    // float32 numbers 0.0009765625 apart; their variance is that of 0 … 15 times its square.
    expectQuiet(
      """
      k = arange(16)
      x = float32(10000 + k / 1024)
      expect var(x) ~ 21.25 / 1024 ^ 2, rtol=2.4e-7, atol=0
      expect std(x) ~ sqrt(21.25) / 1024, rtol=2.4e-7, atol=0
      expect layer_norm(x, eps=0) ~ (k - 7.5) / sqrt(21.25), rtol=2.4e-7, atol=0
      expect grad(var(x), x) ~ (k - 7.5) / 1024 / 8, rtol=2.4e-7, atol=0
      expect grad(std(x), x) ~ (k - 7.5) / sqrt(21.25) / 16, rtol=3.6e-7, atol=0
      y = float64(1e12) + k / 1024
      expect var(y) ~ 21.25 / 1024 ^ 2, rtol=5e-16, atol=0
      expect layer_norm(y, eps=0) ~ (k - 7.5) / sqrt(float64(21.25)), rtol=9e-16, atol=0
      m = reshape(x, 4, 4)
      expect var(m, axis=1) ~ full([4], 1.25 / 1024 ^ 2), rtol=2.4e-7, atol=0
      expect var(m, axis=0, correction=1) ~ full([4], 80 / 3 / 1024 ^ 2), rtol=2.4e-7, atol=0
      """)
  }

  @Test func lengthsNeitherOverflowNorVanish() {
    expectQuiet(
      """
      for s in [1e-38, 1e-30, 1e-22, 1, 1e18, 1e25, 1e37] {
        v = float32(s) * [3, 4]
        expect norm(v) ~ 5 * s, rtol=3e-7, atol=0
        expect grad(norm(v), v) ~ [0.6, 0.8], rtol=3e-7, atol=0
        expect norm([v, 2 * v], axis=1) ~ [5 * s, 10 * s], rtol=3e-7, atol=0
        expect norm(v, 3) ~ 91 ^ (1 / 3) * s, rtol=6e-7, atol=0
        expect grad(norm(v, 3), v) ~ [9, 16] / 91 ^ (2 / 3), rtol=1e-6, atol=0
      }
      """)
    expectQuiet(
      """
      :precision float64
      for s in [1e-306, 1e-200, 1e-150, 1, 1e150, 1e200, 1e306] {
        v = s * [3, 4]
        expect norm(v) ~ 5 * s, rtol=1e-15, atol=0
        expect grad(norm(v), v) ~ [0.6, 0.8], rtol=1e-15, atol=0
        expect norm([[3, 4], [0, 0]] * s, axis=1) ~ [5 * s, 0], rtol=1e-15, atol=0
        expect norm([[3, 0], [4, 0]] * s, axis=0) ~ [5 * s, 0], rtol=1e-15, atol=0
        expect std(v) ~ 0.5 * s, rtol=1e-15, atol=0
        expect layer_norm(s * [1, 2, 3, 4], eps=0) ~ [-3, -1, 1, 3] / sqrt(5), rtol=1e-15, atol=0
      }
      expect norm([inf, 1]) == inf
      expect isnan(norm([inf, nan]))
      expect norm([0, 0]) == 0
      expect shape(norm(zeros(0, 3), axis=0)) == [3]
      """)
  }

  @Test func spreadsNeitherOverflowNorVanish() {
    expectQuiet(
      """
      w = [1, 2, 4, 8]
      for s in [1e-25, 1e-12, 1, 1e12, 1e25] {
        x = float32(s) * [1, 2, 4, 7]
        expect std(x) ~ std([1, 2, 4, 7]) * s, rtol=3e-7, atol=0
        y = x / float32(s)
        expect grad(std(x), x) ~ grad(std(y), y), rtol=1e-6, atol=0
        expect layer_norm(x, eps=0) ~ layer_norm(y, eps=0), rtol=1e-6, atol=0
        expect grad(sum(layer_norm(x, eps=0) * w), x) * s ~ grad(sum(layer_norm(y, eps=0) * w), y), rtol=1e-5, atol=1e-6
      }
      """)
  }
}
