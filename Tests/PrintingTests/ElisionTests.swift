import Printing
import Tensors
import Testing

/// What a terminal that is too small shows.
struct ElisionTests {
  private func text(
    _ values: [Double], _ extents: [Int], width: Int, height: Int? = 24, all: Bool = false, title: String = "x"
  ) -> String {
    var display = Display()
    display.width = width
    display.height = height
    let tensor = Tensor(values, shape: Shape(extents), type: .float32)
    return display.text(of: Shown(tensor, title: title, isElisionOff: all))
  }

  /// Sixths with signs, without a pattern.
  private func samples(_ count: Int) -> [Double] { (0..<count).map { Double(($0 * 37 + 11) % 101 - 50) / 30 } }

  @Test func gapsNarrowThenDigitsThenColumns() {
    let values = samples(24)
    let wide = text(values, [4, 6], width: 60)
    #expect(wide.hasPrefix("x  4×6\n"))
    let narrow = text(values, [4, 6], width: 50)
    #expect(narrow.hasPrefix("x  4×6\n"))
    #expect(narrow.split(separator: "\n").count == 5)
    let fewer = text(values, [4, 6], width: 46)
    #expect(fewer.hasPrefix("x  4×6 · 3 digits\n"))
    let elided = text(values, [4, 6], width: 30)
    #expect(elided.hasPrefix("x  4×6\n"))
    #expect(elided.contains("…"))
    #expect(elided.contains("columns hidden · :all"))
  }

  @Test func tallOnesShowBothEnds() {
    let expected = """
      x  100×2
           0   1
       0   0   1
       1   2   3
       2   4   5
       ⋮   ⋮   ⋮
      98 196 197
      99 198 199
      """
    let shown = text((0..<200).map(Double.init), [100, 2], width: 80, height: 11)
    #expect(shown.filter { $0 != " " }.hasPrefix(expected.filter { $0 != " " }))
    #expect(shown.hasSuffix("mean 99.5  sd 57.7\n  95 rows hidden · :all · x[0:5, :]"))
    #expect(shown.split(separator: "\n").count == 10)
  }

  @Test func longVectorsNumberTheirEntries() {
    let expected = """
      x  1000
        0  1  2  3  4     996  997  998  999
        0  1  2  3  4  …  996  997  998  999
      """
    let shown = text((0..<1000).map(Double.init), [1000], width: 40)
    #expect(shown.hasPrefix(expected))
    #expect(shown.hasSuffix("991 entries hidden · :all · x[0:5]"))
  }

  @Test func allMeansAll() {
    let shown = text(samples(3000), [300, 10], width: 20, height: 5, all: true)
    #expect(shown.split(separator: "\n").count == 301)
    #expect(!shown.contains("…"))
  }

  /// A slice is named as it can be typed.
  @Test func whatCannotBeTypedIsTheAnswer() {
    for (title, name) in [("∂w", "∂w"), ("α₁", "α₁"), ("∂loss/∂w", "ans")] {
      #expect(text(samples(1000), [1000], width: 50, title: title).hasSuffix(" · \(name)[0:5]"))
    }
  }

  @Test func hiddenEntriesAreCountedInTheHeader() {
    var values = samples(1000)
    values[500] = .nan
    #expect(text(values, [1000], width: 40).hasPrefix("x  1000 · 1 NaN\n"))
  }

  @Test func distributionsAreDrawn() {
    let values = (0..<1000).map { Double($0 % 4 == 0 ? 9 : $0 % 2) }
    #expect(text(values, [1000, 1], width: 80).contains("0 [▅█▁▁▁▁▁▁▁▅] 9   mean 2.75  sd 3.63"))
    let same = text([Double](repeating: 2, count: 1000), [1000], width: 40)
    #expect(same.contains("2 [▁▁▁▁▁█▁▁▁▁] 2   mean 2  sd 0"))
  }
}
