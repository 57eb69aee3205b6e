import Language
import Syntax
import Testing

/// What is told about an expression without computing it, and about values that went wrong.
@Suite struct UnderstandingTests {
  private static let names = "x = ones(3, 5); w = ones(5, 2); b = [1, 2]; input q: [n, 5]\n"

  @Test func everyPartHasItsShape() {
    #expect(
      printed(Self.names + ":shapes relu(q @ w + b) * 2") == """
        relu(q @ w + b) * 2  n×2
          relu(q @ w + b)    n×2
            q @ w + b        n×2
              q @ w          n×2
                q            n×5
                w            5×2
              b              2
        """)
    #expect(printed(Self.names + ":shapes x @ b").hasPrefix("x @ b  ✗ 5 ≠ 2\n  x    3×5"))
  }

  @Test(arguments: [
    ("x @ ? + b", "? is 5×2  → 3×2  w\n? is 5×1  → 3×2"), ("? @ w", "? is j×5  → j×2  x\n? is 5    → 2"),
    ("q @ ?", "? is 5×j  → n×j  w\n? is 5    → n"), ("concat([x, ?], axis=0)", "? is j×5  → j+3×5"),
    ("? + ?", "error: one ? at a time"), ("x @ w @ ? @ x", "? is 2×3  → 3×5"),
  ])
  func holesAreFilled(text: String, answer: String) {
    #expect(printed(Self.names + text).hasPrefix(answer), "\(printed(Self.names + text))")
  }

  @Test func costsAreCounted() {
    #expect(
      printed(Self.names + ":cost sum(relu(x @ w + b))") == """
        operations  78 in 4 steps
        moved       256 bytes
        buffers     28 bytes
        most        matmul 77%, add 8%, relu 8%, sum 8%
        """)
    #expect(printed("m = ones(2000, 2000); :cost m").contains("operations  0 in 0 steps"))
    #expect(printed("m = ones(2000, 2000)\n:cost m @ m @ m").contains("operations  32.0 billion in 2 steps"))
  }

  @Test func theFirstNaNIsExplainedOnce() {
    #expect(
      printed("p = [0.5, 0, -1];\ny = 2 * log(p) + 1;\nz = log(p - 5);")
        == "note: NaN first appeared in log(p) at line 2")
    #expect(printed("y = [nan, 1]\nz = y + 1;").isEmpty)
    #expect(printed("t = 0; l := inf * t\nl").hasSuffix("NaN\nnote: NaN first appeared in inf * t at line 2"))
    #expect(printed("f(x) = sqrt(x - 2)\nf(1);") == "note: NaN first appeared in sqrt(x - 2) at line 2")
    #expect(printed("sqrt(-1);") { $0.isInteractive = true } == "note: NaN first appeared in sqrt(-1)")
  }

  @Test func helpFitsOneScreen() {
    let lines = printed(":help").split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 24 && lines.allSatisfy { $0.count <= 80 }, "\(lines.count)")
    for page in ["pictures", "sessions", "shapes", "masks", "zeros"] {
      #expect(printed(":help").contains(page))
      let lines = printed(":help \(page)").split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count > 5 && lines.count <= 24 && lines.allSatisfy { $0.count <= 84 }, "\(page)")
    }
  }

  @Test func theCourseCanBeFinished() {
    var session = Session()
    #expect(printed(":learn", in: &session).hasPrefix("1 of 10  "))
    #expect(printed("nothing = 1", in: &session).isEmpty)
    for step in 1...10 {
      let hint = printed(":learn hint", in: &session)
      #expect(hint.hasPrefix("type  "))
      let answer = printed(String(hint.dropFirst(6)), in: &session)
      #expect(answer.contains("✓ "), "\(step): \(answer)")
      #expect(answer.contains(step == 10 ? "That was all." : "\(step + 1) of 10  "))
    }
    #expect(printed(":learn hint", in: &session).contains("no lesson has been begun"))
    #expect(printed(":learn 3\n:learn skip\n:learn stop", in: &session).contains("4 of 10"))
  }
}
