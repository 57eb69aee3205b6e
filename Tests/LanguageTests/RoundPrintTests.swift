import Testing

@testable import Language

/// What is printed in the rounds of loops in functions, which are nodes all the same.
@Suite struct RoundPrintTests {
  private static let setUp = "seed(5); w = normal(3); m = mask([1, 0, 1]); X = normal(12, 3); big = normal(5, 40)\n"

  /// Bodies of a function of `x`; each has a loop of more than a handful of rounds.
  private static let bodies = [
    "for i in 0:12 { x = x * 0.9; print(i, x) }; x",
    "for i in 0:12 { x = x * 0.9; if i % 4 == 0 { print(\"{i}: {sum(x):.3f}\") } }; x",
    "for i in 0:12 { if x[0] > i * 0.1 { print(\"over\", i) } else { print(\"under\", x[1]) }; x = tanh(x) }; x",
    "for i in 0:12 { if i % 2 == 0 { if sum(x) > 0 { print(i) } else { print(-i) } }; x = x * -0.9 }; x",
    "for i in 0:12 { if i % 3 == 1 { continue }; print(i, sep=\"\", end=\";\"); x = x + 1 }; x",
    "for i in 0:12 { print(\"same\"); x += 1 }; x", "repeat 12 { x = x * 0.5; print(x * m) }; x",
    "k = 0; while sum(x * x) > 1e-3 { x = x * 0.8; k += 1; print(\"{k:>3} {sum(x * x):.2e}\") }; x",
    "k = 0; while k < 40 { x = x * 0.8; k += 1; print(k); if sum(abs(x)) < 0.1 { break } }; x",
    "for i in 0:10 { for j in 0:9 { x = x * 0.99; if j == i { print(i, j, x[0]) } }; print(\"row\", i) }; x",
    "for i in 0:10 { if i % 2 == 0 { for j in 0:9 { print(i * j); x += j * 0.01 } } }; x",
    "for i in 0:3 { for j in 0:9 { print(i, j) } }; for i in 0:12 { for j in 0:3 { print(i, j) } }; x",
    "p = (w=x, n=0); for i in 0:11 { p.w = p.w * 0.5; p.n += 1; print(p) }; p.w",
    "for row in X { x = x + row; print(row, x) }; x",
    "for i, row in enumerate(X) { print(i, row[0], row > 0) }; x",
    "for i in 0:12 { print(0.1 * i, float64(0.1) * i, x * i) }; x",
    "for i in 0:12 { x.print(); x = x + 1 }; x", "for i in 0:12 { print(big * i) }; x",
    "say(i, v) = { print(\"step {i}\"); print(v); v * 0.5 }; for i in 0:12 { x = say(i, x) }; x",
    "for i in 0:12 { print([i, i + 1], (i, x)); x += 1 }; x",
    "print(\"before\"); for i in 0:12 { print(i) }; print(\"between\"); repeat 10 { x = x * 0.5; print(x) }; print(\"after\"); x",
    "y = fold((h, row) -> { print(h); h + row }, x, X); y", "for i in 0:12 { x = x + uniform(3); print(x) }; x",
    "for i in 0:600 { if i % 7 == 0 { print(i) }; x = x * 0.99 }; x",
    // Texts that a round makes in other ways are written round by round.
    "t = \"\"; for i in 0:12 { t = t + \"{i}\"; print(t) }; x", "for i in 0:12 { print(upper(\"a{i}\")) }; x",
    // A name has a value after a round has been gone through.
    "for i in 0:12 { if i == 0 { best = x } else { best = maximum(best, x * i) } }; best",
    "for i in 0:12 { if i % 3 == 0 { k = i }; x = x + k; print(k) }; x",
  ]

  /// Ways to come to the rounds.
  private static let calls = ["f(w)", "grad(sum(f(w)), w)", "v = f(w) * 2; v", "f(w); f(w * 2)", "(f(w), f(w))"]

  @Test(arguments: bodies) func roundsPrintWhatTheyPrintedWrittenOut(body: String) {
    for call in Self.calls {
      for precision in ["float32", "float64"] {
        let program = ":precision \(precision)\n" + Self.setUp + "f(x) = { \(body) }\n\(call)"
        let (node, writtenOut) = (printed(program), printed(program) { $0.surroundings.compilesLoops = false })
        #expect(node == writtenOut, "\(call)")
        #expect(!node.contains("error"), "\(node)")
      }
    }
  }

  @Test(arguments: bodies.dropLast(4).filter { !$0.contains("while") }) func suchLoopsAreNodes(body: String) {
    let plan = printed(Self.setUp + "f(x) = { \(body) }\n:plan f(w)")
    #expect(!plan.contains("error") && !plan.contains("written out"), "\(plan)")
  }

  /// What can't be written yet when a round is left early comes before the error, as it does round by round.
  @Test func errorsComeBehindWhatWasPrinted() {
    let program = "f(x) = { for i in 0:12 { print(i) }; x + [1, 2] }\nf([1, 2, 3])"
    let (node, writtenOut) = (printed(program), printed(program) { $0.surroundings.compilesLoops = false })
    #expect(node == writtenOut)
    #expect(node.contains("error"))
  }
}
