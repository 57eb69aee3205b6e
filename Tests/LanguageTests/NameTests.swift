import TestSupport
import Testing

@testable import Language

/// A person's name holds one thing, whichever came last; only what is built in stays callable behind a value.
@Suite struct NameTests {
  /// A program and what its last statement prints; of a refusal the sentence.
  private static let programs: [(text: String, answer: String)] = [
    // A value where a function was.
    ("s(x) = x * 2\ns = [1, 2]\na = exp(s)\ngrad(sum(a), s)", "2\n  2.7183  7.3891"),
    ("s = [1, 2]\ns(x) = x * 2\ns = [1, 2]\na = exp(s)\ngrad(sum(a), s)", "2\n  2.7183  7.3891"),
    ("s(x) = x * 2\ns = [1, 2]\na := exp(s)\ngrad(sum(a), s)", "2\n  2.7183  7.3891"),
    (
      "s(x) = x * 2\ns = [1, 2]\na = exp(s)\ns = [0, 0]\ngrad(sum(a), s)",
      "error: a was computed from an earlier s (s changed at line 4)"
    ),
    ("w(x) = x\nw = weights(value=[1, 2])\nl = sum(w^2)\ngrad(l)", "2\n  2  4"),
    (
      "w(x) = x\nw = weights(value=[1, 2])\nl := sum(w^2)\ntrain(l, steps=1, rate=0.5, using=\"sgd\");\nw + 0",
      "2\n  0  0"
    ),
    ("m(x) = x\nm = mask([1, 0])\nm * [3, 4]", "2 · 1 of 2 removed\n  3  ⋅"),
    ("s(x) = x\ninput s: [2]\nl := sum(s^2)\ns = [1, 2]\ngrad(l, s)", "2\n  2  4"),
    ("s(x) = x\ns := [1, 2]\nsum(s)", "3"),
    ("s(x) = x\nfor s in 1:3 { t = s }\ns + t", "4"),
    ("s(x) = x\ns, t = ([1], [2])\ns + t", "1\n  3"),
    ("s(x) = 2 * x\ns = 3\ns(1)", "error: s is a value, not a function"),
    ("s(x) = 2 * x\ns = 3\ns(s)", "error: s is a value, not a function"),
    ("s(x) = 2 * x\nf(s) = s(1)\nf(3)", "error: s is a value, not a function"),
    ("s(x) = 2 * x\nf(y) = { s = y; s(1) }\nf(3)", "error: s is a value, not a function"),
    ("s(x) = 2 * x\ns += 1", "error: a tensor is wanted here; this is a function"),
    ("s(x) = 2 * x\ns[0] = 1", "error: the entries of a function can't be given values"),
    ("s(x) = 2 * x\ngrad(s(3), s)", "error: a tensor is wanted here; this is a function"),
    // A function where a value was.
    ("s = 3\ns(x) = 2 * x\ns(1)", "2"),
    ("s = [1, 2]\ns(x) = 2 * x\ns + 1", "error: a tensor is wanted here; this is a function"),
    ("s = [1, 2]\na = exp(s)\ns(x) = 2 * x\nx = 1\ngrad(sum(a), x)", "error: sum(a) does not depend on x"),
    ("s = 2\nl := s + 1\ns(x) = x\nl", "error: a tensor is wanted here; this is a function"),
    ("e(x) = 2 * x\ne(1)", "2"),
    ("ans(x) = x", "error: 'ans' is reserved and can't be given another value"),
    ("grad(x) = x", "error: grad can't be given another meaning"),
    // Of two functions the last.
    ("f(x) = x\nf(x) = 3 * x\nf(2)", "6"),
    (
      "f(x) = x\nx = [1, 2]\na = f(x)\nf(x) = 3 * x\ngrad(sum(a), x)",
      "error: a was computed from an earlier f (f changed at line 4)"
    ),
    ("f(x) = x\nl := f(2)\nl;\nf(x) = 3 * x\nl", "6"),
    // What is built in stays behind a value, not behind a function.
    ("mask = mask([1, 0])\nsum(mask(mask))", "1"),
    ("mask = mask([1, 0])\nmask = mask([0, 1])\nsum(mask * [3, 4])", "4"),
    ("max = 3\nmax([1, 7])", "7"),
    ("max = 3\nf(x) = max(x) + max\nf([1, 7])", "10"),
    ("max(x) = 0\nmax([1, 7])", "0"),
    ("max(x) = 0\nmax = 3\nmax([1, 7])", "7"),
    ("f(max) = max([1, 7]) + max\nf(1)", "8"),
    ("sum = [1, 2]\nx = [3, 4]\na = sum(x * sum)\ngrad(a, x)", "2\n  1  2"),
    ("sum = [1, 2]\nx = [3, 4]\na = sum(x * sum)\ngrad(a, sum)", "2\n  3  4"),
    (
      "x = [1, 2]\na = sum(exp(x))\nexp(x) = 3 * x\ngrad(a, x)",
      "error: a was computed from an earlier exp (exp changed at line 3)"
    ),
    ("x = [1, 2]\na = sum(exp(x))\nexp = 3\ngrad(a, x)", "2\n  2.7183  7.3891"),
    ("x = [1, 2]\nl := sum(exp(x))\nl;\nexp(x) = 3 * x\nl", "9"),
    ("grad = 3\ngrad + 1", "4"),
    // The names of a function that it gives values to are its own.
    ("cost(u) = { J = u; J * 2 }\nJ := cost(3)\nJ", "6"),
    ("cost(u) = { J = u; J * 2 }\nJ = cost(3)\nJ", "6"),
    ("cost(J) = J * 2\nJ := cost(3)\nJ", "6"),
    ("cost(u) = { for J in 0:2 { u = u + J }; u }\nJ := cost(3)\nJ", "4"),
    ("cost(u) = { repeat 2 { J = u; u = J + 1 }; u }\nJ := cost(3)\nJ", "5"),
    ("cost(u) = { J, k = (u, 1); J + k }\nJ := cost(3)\nJ", "4"),
    ("cost(u) = { J = J + u; J }\nJ := cost(3)", "error: J would depend on itself"),
    ("cost(u, c=J) = u * c\nJ := cost(3)", "error: J would depend on itself"),
    (
      "w = weights(value=[2])\ncost(u) = { w = u; sum(w^2) }\nx = [3]\nloss = cost(x)\ngrad(loss)",
      "error: loss depends on no name made by weights(…)"
    ),
    ("w = weights(value=[2])\ncost(u, c=w) = sum(u * c)\nloss = cost(3)\ngrad(loss)", "1\n  3"),
    ("w = weights(value=2)\ncustom_grad f(u) = u with g -> g * w\nx = 3\ngrad(f(x), x)", "2"),
    // What is read of the session, in order.
    ("x = [1, 2]\n5;\na = sum(ans * x)\n7;\ngrad(a, x)", "error: a was computed from an earlier ans"),
    (
      "x = [1, 2]\na = sum(pi * x)\npi = 1\ngrad(a, x)",
      "error: a was computed from an earlier pi (pi changed at line 3)"
    ),
  ]

  /// As many rows as nobody knows aren't gone through, where only shapes are asked for.
  @Test(arguments: ["enumerate(q)", "zip(q, q)", "map(r -> sum(r), q)"]) func rowsOfUnknownNumber(call: String) {
    #expect(printed("input q: [n, 3]\nw = \(call)").contains("help: w := \(call)"))
    #expect(printed("input q: [n, 3]\nw := \(call)\nq = ones(4, 3)\nsize(w)").hasSuffix("4"))
  }

  /// Answers before the last have names of their own, which go on with each.
  @Test func earlierAnswersHaveNames() {
    #expect(printed("3\n[1, 2]\nans2 + sum(ans)\nans3 * 10") == "3\n2\n  1  2\n6\n30")
    #expect(printed("7\nans[-2]").contains("ans2 is the answer before ans"))
    #expect(printed("7\nans2").contains("unknown name 'ans2'"))
    #expect(printed("7\n8\nans2 = 5; ans2") == "7\n8\n5")
  }

  /// They take no second place in memory, and are answers all the same.
  @Test func largeAnswersThatAreMadeAgainAreAnswers() {
    var session = Session()
    _ = printed("a = zeros(30000)\n7;\na + 1;\na + 1;\na + 1;\na + 1;\na = a + 1\na + 1;", in: &session)
    #expect(printed("[max(ans), max(ans2), max(ans5), ans6]", in: &session).hasSuffix("2  1  1  7"))
    for line in ["a + 1;", "a = 5 * a", "a + 1;", "a + 1;", ":undo", "a = 3 * a", "a + 1;"] {
      _ = printed(line, in: &session)
    }
    #expect(printed("[max(ans), max(ans2)]", in: &session).hasSuffix("4  2"))
  }

  @Test(arguments: programs.indices) func theLastMeaningCounts(number: Int) {
    let (text, answer) = Self.programs[number]
    var session = Session()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    _ = printed(lines.dropLast().joined(separator: "\n"), in: &session)
    // Lines are counted as in one text.
    let whole = printed(text)
    let last =
      answer.hasPrefix("error: ")
      ? whole.split(separator: "\n").first { $0.hasPrefix("error: ") }.map(String.init) ?? whole : whole
    #expect(answer.hasPrefix("error: ") ? last == answer : whole.hasSuffix(answer), "\(text)\n\(whole)")
  }

  /// Both ways round, undone, and in a loop that is compiled.
  @Test func namesComeBackWithAnUndo() {
    var session = Session()
    #expect(printed("s(x) = 2 * x\ns = 3\n:undo\ns(4)", in: &session).hasSuffix("8"))
    #expect(printed("s = 3\ns(x) = 2 * x\n:undo\ns + 1", in: &session).hasSuffix("4"))
    #expect(printed("f(x) = { t = x + 1; t }\nt = 1\nrepeat 10 { t = f(t) }\nt", in: &session).hasSuffix("11"))
    #expect(session.variableNames == ["s", "t"] && session.functionNames == ["f"])
  }

  /// As many functions as there is room for cost time and memory in proportion.
  @Test(.slow) func thousandsOfFunctionsCostInProportion() {
    func seconds(_ count: Int) -> Double {
      let text = (0..<count).map { "f\($0)(x) = x + \($0)" }.joined(separator: "\n")
      var session = Session()
      let start = ContinuousClock.now
      _ = printed(text, in: &session)
      let time = (.now - start) / .seconds(1)
      #expect(printed("f\(count - 1)(1)", in: &session) == "\(count)")
      return time
    }
    let (few, many) = (seconds(2_000), seconds(16_000))
    #expect(many < 8 * 3 * few + 0.5, "\(few) s for 2,000, \(many) s for 16,000")
  }
}
