import Language
import Testing

/// The exact text of each kind of error.
@Suite struct ErrorTests {
  @Test func unknownFunctionSuggests() {
    #expect(
      printed("y = rleu(1)") == """
        error: unknown function 'rleu'
          y = rleu(1)
              ^~~~
        help: did you mean 'relu'?
        """)
  }

  @Test func gradNeedsAScalar() {
    #expect(
      printed("w = rand(3, 6)\ny = 2 * w\ngrad(y, w)") == """
        error: grad needs a scalar to differentiate; y is 3×6
          grad(y, w)
               ^
        help: grad(sum(y), w) or grad(mean(y), w)
        """)
  }

  @Test func independentNamesAreListed() {
    let text = printed("w = rand(2)\nv = rand(2)\nloss = sum(w)\ngrad(loss, v)")
    #expect(text.contains("error: loss does not depend on v"))
    #expect(text.contains("note: it reads loss, w"))
  }

  @Test func staleFormulasOfferLiveNames() {
    let text = printed("w = [1, 2]\nloss = sum(w)\nw -= 1\ngrad(loss, w)")
    #expect(text.contains("error: loss was computed from an earlier w (w changed at line 3)"))
    #expect(text.contains("help: compute loss again, or define it live:  loss := …"))
  }

  @Test func innerDimensionsAreNamed() {
    let text = printed("x = rand(3, 5)\nw = rand(4, 6)\nx @ w")
    #expect(text.contains("inner dimensions differ in a matrix product"))
    #expect(text.contains("3×5"))
    #expect(text.contains("4×6"))
  }

  @Test func inputsWithoutAValueAreNamed() {
    #expect(printed("input x: [n, 3]\nx + 1").contains("error: x has no value yet"))
    #expect(printed("input x: [n, 3]\nx = zeros(2, 4)").contains("error: x is declared as [n, 3]; this is 2×4"))
    #expect(printed("input x: [n, 3]\ny := x @ zeros(2, 2)").contains("n×3"))
  }

  @Test func memoryIsRefusedBeforeItIsTaken() {
    #expect(printed("zeros(1e9, 1e9)").contains("error: the result would need"))
  }

  @Test func badInputIsRefusedInOneSentence() {
    for program in [
      "0:1e18", "x = 3\nreshape(x, [-2])", "reshape([1, 2], [1.5])", "f(x) = f(x)\nf(1)", "a := b\nb := a",
      "[1, 2][5]", "[1, 2][0.5]", "1 +* 2", "sum([1, 2], axis=3)", "sum([1], axes=0)", "split([1, 2, 3], 2)",
      String(repeating: "(", count: 100_000), "while [1, 2] { 1 }", "max(zeros(0))", ":nonsense",
    ] {
      #expect(printed(program).contains("error: "), "\(program.prefix(40))")
    }
  }

  @Test func nothingIsAssignedAfterAnError() {
    var session = Session()
    _ = printed("x = 1", in: &session)
    _ = printed("x = [1, 2] @ [1, 2, 3]", in: &session)
    #expect(printed("x", in: &session) == "1")
  }
}

/// What an error says of numbers.
@Suite struct NumbersInErrorsTests {
  @Test(arguments: [
    ("expect -(inf - inf) ~ 0", "nan is not close to 0"), ("expect 0 * -inf ~ 1", "nan is not close to 1"),
    ("expect -(inf - inf) == 0", "nan == 0 doesn't hold"), ("expect 16777217 ~ 0", "16777217 is not close to 0"),
    ("expect [1, 2e7] ~ [1, 0]", "20000000 is not close to 0"), ("quantile([1, 2], -(inf - inf))", "not nan"),
    ("expect 1e20 ~ 0", "1e20 is not close to 0"), ("[1, 2][[-(inf - inf), 0]]", "nan"),
  ])
  func plainly(source: String, words: String) {
    let text = printed(source)
    #expect(text.contains(words) && !text.contains("-nan"), "\(text)")
  }
}
