import Testing

@testable import Language

/// Transforms of any length, real and complex, cut and padded, against sums of waves.
@Suite struct FourierTests {
  private static func holds(_ program: String) {
    let text = printed(":precision float64\nseed(2)\n" + program)
    #expect(text == "", "\(text)")
  }

  /// Powers of two, products of small primes, primes on either side of what is worth a square, and beyond.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 12, 30, 31, 49, 61, 64, 67, 97, 134, 210, 257, 1_000, 2_017])
  func anyLengthIsASumOfWaves(n: Int) {
    Self.holds(
      """
      a, b = (normal(2, \(n)), normal(2, \(n)))
      k = arange(\(n))
      angles = 2 * pi / \(n) * (k[:, new] * k % \(n))
      c, s = (cos(angles), sin(angles))
      z = fft((re=a, im=b))
      limit = 1e-12 * \(n)
      expect z.re ~ a @ c + b @ s, atol=limit
      expect z.im ~ b @ c - a @ s, atol=limit
      w = ifft(z)
      expect w.re ~ a, atol=1e-12
      expect w.im ~ b, atol=1e-12
      half = rfft(a)
      whole = fft(a)
      expect half.re ~ whole.re[:, :\(n / 2 + 1)], atol=limit
      expect half.im ~ whole.im[:, :\(n / 2 + 1)], atol=limit
      expect irfft(half, n=\(n)) ~ a, atol=1e-12
      """)
  }

  @Test func axesAndLengths() {
    Self.holds(
      """
      x = normal(3, 4, 5)
      z = fft(x, axis=1)
      expect shape(z.re) ~ [3, 4, 5]
      expect z.im[2, :, 3] ~ fft(x[2, :, 3]).im
      expect shape(rfft(x, n=7, axis=0).re) ~ [4, 4, 5]
      expect fft([1, 2, 3], n=2).re ~ fft([1, 2]).re
      expect fft([1, 2], n=3).im ~ fft([1, 2, 0]).im
      expect irfft((re=[1, 2, 3], im=[9, 0, 9])) ~ irfft([1, 2, 3])
      expect irfft((re=[1, 2], im=[nan, 0]), n=2) ~ [1.5, -0.5]
      expect irfft([4], n=1) ~ [4]
      expect error "from 1 on" in { irfft([4]) }
      expect error "from 1 on" in { fft([1, 2], n=0) }
      expect error "of nothing" in { fft(zeros(0)) }
      expect error "number" in { fft(3) }
      expect error "no axis 1" in { fft([1, 2], axis=1) }
      expect error "one shape" in { ifft((re=[1, 2], im=[1])) }
      expect error "(re=" in { fft((re=[1, 2], om=[1, 2])) }
      expect error "real" in { rfft((re=[1, 2], im=[1, 2])) }
      expect fft([1, 0, 0, 0, 0, 0]).im == 0
      """)
  }
}
