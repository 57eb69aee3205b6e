import Testing
import Text

/// What characters and words are.
@Suite struct TextTests {
  @Test func names() {
    for name in ["w", "_", "∂w", "α₁", "重み", "x2", "é"] { #expect(name.isName, "\(name)") }
    for other in ["", "2x", "a b", "∂a/∂b", "a·b", "x.y", "×"] { #expect(!other.isName, "\(other)") }
  }

  @Test(arguments: [
    ("abc", 3), ("∂w", 2), ("重み", 4), ("e\u{301}", 1), ("⋅", 1), ("⋮", 1), ("😀", 2), ("👩\u{200D}💻", 2), ("👍🏽", 2),
    ("🇨🇭", 2), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("a\u{200B}b", 2), ("\u{7}", 1),
  ]) func columns(text: String, count: Int) {
    #expect(text.columns == count)
    #expect(text.reduce(0) { $0 + $1.columns } == count)
  }

  @Test func nearestWords() {
    #expect(Spelling.nearest(to: "wieght", among: ["weights", "weight", "height"]) == "weight")
    #expect(Spelling.nearest(to: "wEIghts", among: ["weights"]) == "weights")
    #expect(Spelling.nearest(to: "abc", among: ["xyz", "abd"]) == "abd")
    #expect(Spelling.nearest(to: "abc", among: ["axy"]) == nil)
    #expect(Spelling.nearest(to: "matrxi_pwer", among: ["matrix_power"]) == "matrix_power")
    #expect(Spelling.nearest(to: "abc", among: ["xyc"]) == nil)
    #expect(Spelling.nearest(to: "ab", among: ["ac"]) == nil)
    let long = String(repeating: "a", count: 1_000_000)
    #expect(Spelling.nearest(to: long, among: [long + "b"]) == nil)
  }

  @Test func quotedTextsComeBack() {
    let odd = "a\\n\"\n\r\t\u{1}\u{2028}\0é"
    #expect(Quoting.json(odd) == "\"a\\\\n\\\"\\n\\r\\t\\u0001\\u2028\\u0000é\"")
    #expect(Quoting.literal("a\"\\\0\u{FFFD}") == "\"a\\\"\\\\\\u{0}\\u{fffd}\"")
    #expect(Quoting.text(ofLine: Quoting.line(odd)) == odd)
    let line = Quoting.line(odd)
    #expect(!line.contains("\n") && !line.contains("\r") && !line.contains("\t"))
    #expect(Quoting.text(ofLine: "\\q") == nil && Quoting.text(ofLine: "a\\") == nil)
  }

  @Test func likenesses() {
    #expect(ASCII.likeness(of: "2×3 → ∂w ü") == "2x3 -> dw ü")
    #expect(ASCII.only("∂w 重") == "dw ?")
    #expect(ASCII.likeness(ofSentence: "'×' isn't 2×3, it's \"a→b\" → c") == "'×' isn't 2x3, it's \"a→b\" -> c")
  }
}
