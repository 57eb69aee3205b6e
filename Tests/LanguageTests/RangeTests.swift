import Testing

@testable import Language

/// Ranges whose steps are decimals have as many entries as the decimals say.
@Suite struct RangeTests {
  /// Every start, step and count of a kind: written as decimals, the stop is never reached.
  @Test(arguments: ["0.1", "0.05", "0.3", "0.7", "0.01", "1e-6", "2.5e-4", "0.125", "7"], ["float32", "float64"])
  func decimalsSayHowMany(step: String, precision: String) throws {
    for start in ["0", "1", "0.69", "1250", "-3.3"] {
      for count in [1, 3, 6, 30, 61, 997] {
        for (sign, open) in [("", "-"), ("-", "")] {
          let stop = "(\(start) + \(sign)\(step) * \(count))"
          let text = printed(
            """
            :precision \(precision)
            expect size(arange(\(start), \(stop), \(sign)\(step))) == \(count)
            expect size(\(start):\(stop):\(sign)\(step)) == \(count)
            expect size(arange(\(start), \(stop) + \(sign)\(step) / 2, \(sign)\(step))) == \(count + 1)
            expect size(arange(\(start), \(stop), \(open)\(step))) == 0
            """)
          #expect(text == "", "\(start), \(sign)\(step), \(count) in \(precision)")
        }
      }
    }
  }

  @Test func reportedRanges() {
    #expect(
      printed(
        """
        expect arange(1, 1.6, 0.1) ~ [1, 1.1, 1.2, 1.3, 1.4, 1.5]
        expect size(arange(1250, 1350 + 0.005, 0.005)) == 20001
        expect size(arange(0, float32(0.3), float32(0.1))) == 3
        expect size(arange(0, 0.1 + 0.2, 0.1)) == 3
        expect size(arange(0, 1, 1 / 3)) == 3
        expect arange(5, 0, -2) == [5, 3, 1]
        expect size(arange(0)) == 0
        expect size(arange(2, 2.0000001, 0.1)) == 1
        expect arange(16777215, 16777220)[2] == 16777217
        expect error "too many" in { arange(0, 1e300) }
        n = 0
        for t in 0:0.3:0.1 { n += 1 }
        expect n == 3
        """) == "")
  }

  @Test func uniformNumbersStayBelowTheirEnd() {
    #expect(
      printed(
        """
        seed(1)
        x = uniform(100000, low=1, high=1.0000005)
        expect all(x >= 1)
        expect all(x < float32(1.0000005))
        y = uniform(1000, low=3, high=3)
        expect all(y == 3)
        z = uniform(1000, low=1, high=0)
        expect all(z > 0)
        expect all(z <= 1)
        """) == "")
  }
}
