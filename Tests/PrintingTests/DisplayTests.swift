import Printing
import Tensors
import Testing

/// The pictures of the design, and what its rules say beyond them.
struct DisplayTests {
  private static let weights: [Double] = [
    0.5, 0.17923, -0.16449, 0, 0, 0,
    0.036113, 0.804112, 0, -0.372331, 0, 0,
    0, -0.558333, -0.0175999, 0.41724, -0.80654, 0,
    0, 0, -1.10497, 2.5e-6, -0.76047, 0.16281,
  ]

  /// Written as in JSON.
  private static func causes(_ text: String) -> [Cause] {
    text.filter { !$0.isWhitespace }.map {
      switch $0 {
      case ".": .structural
      case "o": .gated
      case "0": .exact
      default: .live
      }
    }
  }

  private func text(
    _ values: [Double], _ extents: [Int], _ type: ElementType = .float32, title: String? = nil,
    isTrainable: Bool = false, causes: String? = nil, width: Int? = nil, digits: Int? = 5,
    _ change: (inout Display) -> Void = { _ in }
  ) -> String {
    var display = Display()
    display.width = width
    display.height = width == nil ? nil : 24
    display.digits = digits
    change(&display)
    let tensor = Tensor(values, shape: Shape(extents), type: type)
    let causes = causes.map(DisplayTests.causes)
    return display.text(of: Shown(tensor, title: title, isTrainable: isTrainable, causes: causes))
  }

  @Test(arguments: [
    (1.0 / 3, "0.33333"), (0.5, "0.5"), (1, "1"), (-0.0, "-0"), (0, "0"), (1_099_511_627_776, "1099511627776"),
    (9_999_999, "9999999"), (1e7, "10000000"), (12345.678, "12345.7"), (0.999_999, "1.0000"), (0.00052, "5.2e-4"),
    (0.0001234567, "1.2346e-4"), (.nan, "NaN"), (-.infinity, "-inf"), (0.30000000000000004, "0.30000"),
    (.leastNonzeroMagnitude, "5e-324"),
    (1.7976931348623157e308, "1.7977e308"), (0.125, "0.125"), (123456.789, "123456.8"),
  ])
  func numbersStandAlone(value: Double, expected: String) {
    #expect(text([value], [], .literal) == expected)
  }

  @Test func truthValuesStandAlone() {
    #expect(text([1], [], .bool) == "true")
    #expect(text([0], [], .bool) == "false")
    #expect(text([0], [], causes: ".") == "⋅")
    #expect(text([0], [], causes: "0") == "0")
  }

  @Test func vectorsAreOneRow() {
    #expect(text([1, 2, 3], [3]) == "3\n  1  2  3")
    #expect(text([0, -0.0, 1.0 / 3, 1e-7, 2], [5], title: "v") == "v  5\n  0  -0  0.33333  1e-7  2")
    #expect(text([12345.678, 0.333333], [2]) == "2\n  12345.7  0.33333")
  }

  @Test func removedWeightsAreDots() {
    let expected = """
      4×6 · 9 of 24 removed
        0.5      0.1792  -0.1645   ⋅        ⋅       ⋅
        0.0361   0.8041   0       -0.3723   ⋅       ⋅
        ⋅       -0.5583  -0.0176   0.4172  -0.8065  ⋅
        ⋅        ⋅       -1.1050   2.5e-6  -0.7605  0.1628
      """
    let causes = "---... --0-.. .----. ..----"
    #expect(text(DisplayTests.weights, [4, 6], causes: causes) == expected)
    let ascii = expected.replacing("⋅", with: ".").replacing("×", with: "x").replacing(" · ", with: "  ")
    #expect(text(DisplayTests.weights, [4, 6], causes: causes) { $0.isASCII = true } == ascii)
  }

  @Test func headersSayWhatIsUnusual() {
    func header(_ text: String) -> Substring { text.prefix { $0 != "\n" } }
    let causes = "---... --o-.. .----. ..----"
    let gradient = text(DisplayTests.weights, [4, 6], title: "∂loss/∂weights", causes: causes)
    #expect(header(gradient) == "∂loss/∂weights  4×6 · 9 removed · 1 gated")
    #expect(gradient.contains("0.8041   ∘       -0.3723"))
    #expect(header(text([1, 2], [2], title: "w", isTrainable: true)) == "w  2 · trainable")
    #expect(header(text([1, 2], [2], .float64)) == "2 · float64")
    #expect(header(text([1, 2], [2], .float64) { $0.defaultType = .float64 }) == "2")
    #expect(header(text([1, 2], [2], .float32) { $0.defaultType = .float64 }) == "2 · float32")
    #expect(text([], [0, 3]) == "0×3  (empty)")
    #expect(text([], [0], title: "x") == "x  0  (empty)")
    #expect(header(text([1, 2], [2], title: "∂a/∂b") { $0.isASCII = true }) == "da/db  2")
  }

  @Test func masksAreOnesAndDots() {
    let expected = """
      mask  2×6 · mask · 7 on
        1 1 1 ⋅ ⋅ ⋅
        ⋅ 1 1 1 1 ⋅
      """
    #expect(text([1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0], [2, 6], .bool, title: "mask") == expected)
  }

  @Test func specialValuesStandToTheRight() {
    let expected = """
      x  2×3 · 1 NaN, 1 inf
        NaN   0.25  -0
        inf  -1.5    3
      """
    #expect(text([.nan, 0.25, -0.0, .infinity, -1.5, 3], [2, 3], title: "x") == expected)
  }

  @Test func mixedMagnitudesGoByColumn() {
    let expected = """
      F  3×4
        0.00012  12345.7   0.5      1
        0.25         3     0.33333  0
          1e-12      7    -0.125    1
      """
    let values = [0.0001234, 12345.678, 0.5, 1, 0.25, 3, 1.0 / 3, 0, 1e-12, 7, -0.125, 1]
    #expect(text(values, [3, 4], title: "F") == expected)
    let features = """
      features  4×4
        -0.06415    745.2  2   1.44e-5
         0.20004   5766.9  1  -6.76e-6
         0.07623  -1887.8  2   2.03e-6
        -0.11993   6829.1  4  -4.63e-6
      """
    let table = [
      -0.064153, 745.2, 2, 1.44e-5, 0.20004, 5766.9, 1, -6.76e-6,
      0.076233, -1887.8, 2, 2.03e-6, -0.11993, 6829.1, 4, -4.63e-6,
    ]
    #expect(text(table, [4, 4], title: "features") == features)
  }

  @Test func oneOutlierSpoilsNoNeighbour() {
    #expect(text([0.25, 1.5, 1e22, 0.125], [4, 1]) == "4×1\n  0.25\n  1.5\n   1e22\n  0.125")
    #expect(text([1.2e17, 9.5e16, 8e16], [3, 1]) == "3×1\n  1.2e17\n  9.5e16\n    8e16")
    #expect(text([1_234_567, 5], [2, 1]) == "2×1\n  1234567\n        5")
  }

  @Test func slicesStandSideBySide() {
    let expected = """
      T  2×3×4
        [0, :, :]       [1, :, :]
        0  1   2   3    12  13  14  15
        4  5   6   7    16  17  18  19
        8  9  10  11    20  21  22  23
      """
    let values = (0..<24).map(Double.init)
    #expect(text(values, [2, 3, 4], title: "T") == expected)
    #expect(text(values, [2, 3, 4], title: "T", width: 80) == expected)
    #expect(text(values, [2, 3, 4], title: "T", width: 30).split(separator: "\n").count == 9)
  }

  @Test func highRanksShowTheEnds() {
    let values = (0..<48).map(Double.init)
    let expected = """
      2×2×3×4
        [0, 0, :, :]    [1, 1, :, :]
        0  1   2   3    36  37  38  39
        4  5   6   7    40  41  42  43
        8  9  10  11    44  45  46  47
        0 [
      """
    let shown = text(values, [2, 2, 3, 4], width: 80)
    #expect(shown.hasPrefix(expected))
    #expect(shown.hasSuffix("47   mean 23.5  sd 13.9\n  2 slices hidden · :all · ans[0, 1, :, :]"))
    #expect(text(values, [2, 2, 3, 4]).contains("[1, 0, :, :]"))
  }

  @Test func digitsAreAChoice() {
    let expected = """
      1×3 · float64
        0.17923  0.5  0.333
      """
    #expect(text([0.17923, 0.5, 0.333], [1, 3], .float64, digits: nil) == expected)
    #expect(text([1.0 / 3, 2.5], [2], digits: 8) == "2\n  0.3333333  2.5")
    #expect(text([0.1], [], digits: nil) == "0.1")
    #expect(text([1.0 / 3], [], digits: nil) == "0.33333334")
  }

  @Test func colourIsDimAndRedOnly() {
    let shown = text([.nan, 0, 1], [3], causes: "-.-") { $0.isColored = true }
    #expect(shown == "\u{1B}[2m3 · 1 of 3 removed · 1 NaN\u{1B}[0m\n  \u{1B}[31mNaN\u{1B}[0m  \u{1B}[2m⋅\u{1B}[0m  1")
  }
}
