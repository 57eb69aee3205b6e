import Syntax
import Testing

@testable import Language

/// Random numbers: as often as they should be, the same again from the same seed, and constants for derivatives.
@Suite struct DrawTests {
  /// A function that draws, a call of it for n numbers, and what they come to.
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    /// With n where the number of numbers stands.
    let call: String
    let mean: Double
    let variance: Double
    /// The mean fourth power of the distance from the mean, by which the variance scatters.
    let fourth: Double
    /// Whether a number is the same however many others are drawn with it.
    var isByElement = true

    var testDescription: String { call }

    func call(_ n: String) -> String {
      var words = [""]
      for letter in call {
        if letter.isLetter || letter == "_" {
          words[words.count - 1].append(letter)
        } else {
          words += [String(letter), ""]
        }
      }
      return words.map { $0 == "n" ? n : $0 }.joined()
    }
  }

  static let rows = [
    Row(name: "uniform", call: "uniform(n)", mean: 0.5, variance: 1 / 12, fourth: 1 / 80),
    Row(name: "normal", call: "normal(n, mean=2)", mean: 2, variance: 1, fourth: 3),
    Row(name: "randint", call: "randint(0, 4, n)", mean: 1.5, variance: 1.25, fourth: 2.5625),
    Row(name: "bernoulli", call: "bernoulli(0.3, n)", mean: 0.3, variance: 0.21, fourth: 0.0777),
    Row(
      name: "permutation", call: "permutation(n) / n", mean: 0.499975, variance: 1 / 12, fourth: 1 / 80,
      isByElement: false),
    Row(
      name: "shuffle", call: "shuffle(arange(n)) / n", mean: 0.499975, variance: 1 / 12, fourth: 1 / 80,
      isByElement: false),
    Row(name: "dropout", call: "dropout(ones(n), 0.2)", mean: 1, variance: 0.25, fourth: 0.203125),
    Row(
      name: "weights", call: "flatten(weights(n / 100, 100))", mean: 0, variance: 2 / 300, fourth: 0.00008,
      isByElement: false),
    Row(name: "exponential", call: "exponential(n, scale=2)", mean: 2, variance: 4, fourth: 144),
    Row(name: "laplace", call: "laplace(n, loc=1, scale=0.5)", mean: 1, variance: 0.5, fourth: 1.5),
    Row(name: "gumbel", call: "gumbel(n)", mean: 0.57721566, variance: 1.64493407, fourth: 14.6114),
    Row(name: "gamma", call: "gamma(0.3, n)", mean: 0.3, variance: 0.3, fourth: 2.07),
    Row(name: "gamma", call: "gamma(5, n, scale=2)", mean: 10, variance: 20, fourth: 1_680),
    Row(name: "beta", call: "beta(2, 3, n)", mean: 0.4, variance: 0.04, fourth: 0.0037714),
    Row(name: "beta", call: "beta(0.01, 0.02, n)", mean: 1 / 3, variance: 0.21575, fourth: 0.07085),
    Row(name: "poisson", call: "poisson(3.5, n)", mean: 3.5, variance: 3.5, fourth: 40.25),
    Row(name: "poisson", call: "poisson(12, n)", mean: 12, variance: 12, fourth: 444),
    Row(name: "poisson", call: "poisson(1e9, n)", mean: 1e9, variance: 1e9, fourth: 3e18),
    Row(name: "choice", call: "choice(4, n)", mean: 1.5, variance: 1.25, fourth: 2.5625),
    Row(name: "choice", call: "choice(3, n, p=[0.2, 0.5, 0.3])", mean: 1.1, variance: 0.49, fourth: 0.4897),
    Row(
      name: "choice", call: "choice(n, n, replace=false) / n", mean: 0.499975, variance: 1 / 12, fourth: 1 / 80,
      isByElement: false),
    Row(name: "categorical", call: "categorical(log([2, 5, 3]), n)", mean: 1.1, variance: 0.49, fourth: 0.4897),
    Row(
      name: "multinomial", call: "multinomial(2 * n, ones(n) / n)", mean: 2, variance: 2, fourth: 14,
      isByElement: false),
    Row(
      name: "multinomial", call: "multinomial(1000 * n, ones(n) / n)", mean: 1_000, variance: 1_000, fourth: 3e6,
      isByElement: false),
  ]

  @Test func everyDrawHasARow() {
    let names = Builtin.all.filter { $0.traits.contains(.draws) }.map(\.name)
    #expect(Set(names) == Set(Self.rows.map(\.name)))
  }

  /// Within six standard errors.
  @Test(arguments: rows) func momentsAreRight(row: Row) {
    let n = 20_000.0
    let limits = [
      (row.variance / n).squareRoot() * 6, ((row.fourth - row.variance * row.variance) / n).squareRoot() * 6,
    ]
    let text = printed(
      """
      :precision float64
      seed(5)
      x = \(row.call("20000"))
      expect size(x) == 20000
      expect abs(mean(x) - \(row.mean)) < \(limits[0] + 1e-12 * row.mean)
      expect abs(var(x * 1) - \(row.variance)) < \(limits[1])
      """)
    #expect(text == "")
  }

  @Test(arguments: rows, ["float32", "float64"]) func theSeedSaysAll(row: Row, precision: String) {
    let text = printed(
      """
      :precision \(precision)
      seed(3)
      a = \(row.call("400"))
      b = \(row.call("400"))
      seed(3)
      c = \(row.call("400"))
      d = \(row.call("400"))
      seed(4)
      f = \(row.call("400"))
      expect all(a == c) and all(b == d)
      expect any(a != b) and any(a != f)
      """)
    #expect(text == "")
  }

  @Test(arguments: rows.filter(\.isByElement)) func aNumberKnowsNoOthers(row: Row) {
    let text = printed("seed(3)\na = \(row.call("9"))\nseed(3)\nexpect all(a == (\(row.call("500")))[:9])")
    #expect(text == "")
  }

  /// Loops draw the same whether they are followed once or step by step.
  @Test(arguments: rows) func loopsDrawOn(row: Row) {
    let program = "x = zeros(100)\nfor i in 0:5 { x += \(row.call("100")) }\nx"
    let both = [true, false].map { compiles in printed(program) { $0.surroundings.compilesLoops = compiles } }
    #expect(both[0] == both[1] && !both[0].contains("error"), "\(both[0])")
    #expect(printed(program + "\nexpect any(x != 5 * \(row.call("100")))").contains("error") == false)
  }

  /// Rounds of loops in functions that draw in one branch, in each as often, or differently often.
  private static let branching = [
    "for i in 0:14 { if x[0] > 0 { x = x - 0.5 * uniform(2) } else { x = x + normal(2) } }; x",
    "for i in 0:14 { if sum(x) > 1 { x = x * uniform(2) } }; x + uniform(2)",
    "for i in 0:14 { if i % 3 == 0 { x = x + normal(2) + normal(2) } else { x = x + uniform(2) } }; x",
    "for i in 0:14 { u = uniform(); if u < 0.3 { x = x + normal(2) }; x = x * 0.9 + uniform(2) }; (x, uniform())",
    "for i in 0:14 { if i % 2 == 0 { if uniform() < 0.5 { x = x + normal(2) } } else { x = x - uniform(2) } }; x",
    "for i in 0:10 { for j in 0:9 { if uniform() < 0.4 { x = x + 0.1 * normal(2) } } }; x * uniform(2)",
    "for i in 0:10 { if i % 2 == 0 { for j in 0:9 { x = x + 0.1 * normal(2) } } }; x * uniform(2)",
    "k = 0; while sum(x * x) < 40 { if uniform() < 0.5 { x = x + abs(normal(2)) }; k += 1 }; (x, k, uniform())",
    "for i in 0:14 { if uniform() < 0.2 { continue }; x = x + normal(2) }; x + uniform(2)",
    "for i in 0:40 { if uniform() < 0.05 { break }; if x[0] > 1 { x = x * uniform(2) } }; x + uniform(2)",
    "step(x) = if uniform() < 0.5 { x + normal(2) } else { x }; for i in 0:14 { x = step(x) }; x * uniform(2)",
    "for i in 0:14 { if x[1] > 0 { x = x - uniform(2); print(i, x) } else { x = x + normal(2) } }; x",
    "(s, ys) = scan((s, i) -> (if uniform() < 0.5 { s + normal(2) } else { s }, sum(s)), x, arange(12)); (s, ys, uniform())",
  ]

  @Test(arguments: branching) func roundsDrawInBranches(body: String) {
    for call in [
      "f(v)", "grad(sum(f(v)), v)", "f(v); f(v)",
      "w = weights(value=[1, 2]); loss := sum(f(w)^2); train(loss, steps=4, rate=0.001); w",
    ] {
      if call.contains("sum(f"), body.contains("(x,") || body.contains("(s,") { continue }
      if call.contains("train"), body.contains("while") || body.contains("break") { continue }
      let program = "seed(8); v = [0.3, -0.2]\nf(x) = { \(body) }\n\(call)\nuniform(3)"
      let both = [true, false].map { compiles in printed(program) { $0.surroundings.compilesLoops = compiles } }
      #expect(both[0] == both[1] && !both[0].contains("error"), "\(call): \(both[0])")
    }
    #expect(!printed("v = [0.3, -0.2]\nf(x) = { \(body) }\n:plan f(v)").contains("error"))
  }

  // MARK: Arguments

  @Test(arguments: [
    ("exponential(2, scale=-1)", "scale"), ("exponential(scale=nan)", "scale"), ("laplace(2, scale=-1)", "scale"),
    ("gumbel(2, scale=[1, -1])", "scale"), ("gamma(0, 2)", "'a'"), ("gamma(-1, 2)", "'a'"), ("gamma(inf, 2)", "'a'"),
    ("gamma(1, 2, scale=-1)", "scale"), ("beta(0, 1, 2)", "'a'"), ("beta(1, [1, 0], 2)", "'b'"),
    ("poisson(-1, 2)", "rate"), ("poisson(nan, 2)", "rate"), ("poisson(inf, 2)", "rate"),
    ("poisson([1, 2], 3)", "doesn't stretch"), ("choice(3, 4, replace=false)", "without replacing"),
    ("choice(2, 1, p=[0.5, 0.6])", "add up to 1"), ("choice(2, 1, p=[1])", "'p' for each"),
    ("choice(2, 1, p=[-0.5, 1.5])", "from 0 on"), ("choice(2, 1, p=[nan, 1])", "from 0 on"),
    ("choice(3, 2, p=[0, 0, 1], replace=false)", "above 0"), ("choice(0, 1)", "nothing"),
    ("choice(-1, 1)", "not -1"), ("choice(2.5, 1)", "whole"), ("choice(zeros(0), 1)", "nothing"),
    ("categorical(1)", "last axis"), ("categorical(zeros(2, 0))", "last axis"), ("categorical([-inf, -inf])", "NaN"),
    ("multinomial(-1, [1])", "whole"), ("multinomial(2.5, [1])", "whole"), ("multinomial(3, [0.5, 0.7])", "add up"),
    ("multinomial(3, zeros(0))", "vector"), ("multinomial(3, 1)", "vector"),
  ])
  func whatCanNotBeDrawnIsRefused(call: String, word: String) {
    let text = printed(call)
    #expect(text.contains("error") && text.lowercased().contains(word.lowercased()), "\(call): \(text)")
  }

  @Test func parametersStretchAndAreConstants() {
    let text = printed(
      """
      :precision float64
      w = [1, 2]
      x = exponential(3, 2, scale=w)
      expect shape(x) ~ [3, 2]
      expect structural(grad(sum(exponential(3, 2, scale=w)), w)) ~ [false, false]
      expect structural(grad(sum(gamma(w, 3, 2)), w)) ~ [false, false]
      expect grad(sum(1 + w * exponential(2)), w) > 0
      expect mean(poisson([0, 100], 50, 2), axis=0)[0] == 0
      expect shape(categorical(zeros(4, 3), 5)) ~ [5, 4]
      expect rank(categorical([0, 1])) == 0
      expect all(categorical([[0, -inf], [-inf, 0]], 9)[:, 1] == 1)
      expect sort(choice([5, 6, 7], 3, replace=false)) ~ [5, 6, 7]
      expect sort(choice(3, 2, p=[0.5, 0, 0.5], replace=false)) ~ [0, 2]
      expect sum(grad(sum(choice(w, 7)), w)) == 7
      expect sum(multinomial(1e15, [0.2, 0.3, 0.5])) == 1e15
      expect multinomial(0, [0.5, 0.5]) ~ [0, 0]
      """)
    #expect(text == "")
  }
}
