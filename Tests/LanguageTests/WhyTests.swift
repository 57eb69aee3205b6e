import Language
import Testing

/// The sentences of `:why`.
@Suite struct WhyTests {
  static let network = """
    weights = weights(value=[[0.7, 0.5], [1.0, -0.3], [0.9, 0.25]])
    bias = weights(value=[-3, -0.1752912998199463])
    mask = mask([[0, 1], [1, 0], [0, 1]])
    x = [[0.5, 0.5, 0.4318242371082306]]
    y := relu(x @ (weights * mask) + bias)
    loss := mse(y, [[1, 1]])

    """

  @Test func namesTheMask() {
    let alive = Self.network + "bias = weights(value=[1.1853195428848267, -0.1752912998199463])\n"
    #expect(
      printed(alive + ":why grad(loss, weights)[0, 0]") == """
        ⋅ masked by mask[0, 0], line 3
        were it there: 0.51766 with weights[0, 0] = 0.7, 0.34266 with a 0 there
        """)
  }

  @Test func namesTheRelu() {
    #expect(
      printed(Self.network + ":why grad(loss, weights)[1, 0]") == """
        0 because relu is off:  y[0, 0] = relu(-2.5), line 5
          (x @ (weights * mask) + bias)[0, 0] = -2.5
        without relu there, this entry would be -1.75
        """)
    #expect(printed(Self.network + ":why y[0, 0]").hasPrefix("0 because relu is off:  y[0, 0] = relu(-2.5)"))
  }

  @Test func saysWhereNaNBegan() {
    #expect(
      printed("p = [0.5, -0.25]\nq = log(p) * 2\n:why q[1]") == """
        note: NaN first appeared in log(p) at line 2
        NaN = log(-0.25) in log(p)[1], line 2
          p[1] = -0.25, line 1
        log(maximum(x, 1e-6)), or xlogy(x, x) for x log(x); cross_entropy for a loss
        """)
    #expect(printed("x = [1, inf]\n:why (x * 2)[1]").hasPrefix("inf"))
  }

  @Test func namesTheZero() {
    #expect(printed("x = [1, 0]\n:why (x * 3)[1]") == "0 because x[1] is 0, line 1")
    #expect(printed("x = [1, 2]\n:why (x - x)[1]").hasPrefix("0 = 2 - 2"))
  }

  @Test func listsTheLargestTerms() {
    let text = printed("a = [[1, 2, 3, 4]]\nb = [[1], [10], [100], [1000]]\n:why (a @ b)[0, 0]")
    #expect(text.split(separator: "\n").count == 4)
    #expect(text.contains("4000 = a[0, 3] · b[3, 0] = 4 · 1000"))
  }

  @Test func tellsOfAllEntries() {
    #expect(printed("x = [1, 0]\n:why x").hasPrefix("x  2: 1 live, 1 zero"))
    #expect(printed("x = [1, 2]\n:why x[5]").contains("out of range"))
    #expect(printed(":why").contains("an expression is missing"))
  }

  @Test func blockedFrozenMaskedAndNotReadAreFourWords() {
    let w = "w = weights(value=[0.6, -0.2, 1.5])\n"
    #expect(
      printed(w + "f := (sum([1, 2, 3] * sign(w)) - 1)^2\n:why grad(f, w)[0]") == """
        ⋅ blocked by sign(w), line 2: a step, derivative 0 everywhere
        ∂f/∂sign(w)[0] = 2 arrives there and goes no further
        to let it through:  w + stop_gradient(sign(w) - w)
        """)
    #expect(printed(w + ":why grad(sum(w * stop_gradient(w)) + sum(0 * w), w)[0]").hasPrefix("0.6 = "))
    #expect(
      printed(w + "d = mask([1, 0, 1])\nf := sum(where(d, w, stop_gradient(w))^2)\n:why grad(f, w)[1]") == """
        ⋅ frozen by stop_gradient(w)[1], line 3: its value counts, no gradient goes through
        without stop_gradient there: -0.4
        """)
    #expect(printed(w + ":why grad(w[1], w)[0]").hasPrefix("⋅ not read"))
    #expect(printed(w + "m = mask([1, 0, 1])\n:why grad(sum((w * m)^2), w)[1]").hasPrefix("⋅ masked by m[1], line 2"))
  }

  @Test func eachOperationHasItsVerb() {
    let x = "x = [1.8, 1.4]\n"
    #expect(printed(x + ":why max(x)") == "1.8 is the greatest of 2:  x[0] = 1.8;  x[1] = 1.4 loses")
    #expect(printed(x + ":why min(x)") == "1.4 is the least of 2:  x[1] = 1.4;  x[0] = 1.8 loses")
    #expect(printed(x + ":why prod(x)").hasPrefix("2.52 is a product of 2:"))
    #expect(printed(x + ":why any(x > 1.5)").hasPrefix("true: (x > 1.5)[0] = true"))
    #expect(printed(x + ":why sum(x)").hasPrefix("3.2 is a sum of 2:"))
  }

  @Test func waysAreToldApart() {
    let f = "x = [2, 3]\na := x * 2\nb := x^2\nf := sum(a * b)\n"
    #expect(printed(f + ":why grad(f, x)[0]").hasPrefix("24 = 16 by way of b + 8 by way of a"))
    #expect(printed(f + ":why grad(f, x)[0] by a, b") == "24 = 8 from a + 16 from b")
    #expect(printed(f + ":why grad(f, x)[0] by c").contains("c does not lie between f and x"))
    #expect(printed(f + ":why grad(f, x)[0] as md").hasPrefix("**`:why grad(f, x)[0]`**\n\n    24 = "))
  }

  @Test func trainGaveTheValue() {
    let text = "w = weights(value=[1, 2])\n\nl = train(sum(w^2), steps=2)\n:why w[0]"
    #expect(printed(text) == "w[0] = 0.9604, train, line 3")
  }

  @Test func infinityTimesZeroIsTold() {
    let text = printed("v = [0, 0]\n:why grad(sqrt(sum(v ^ 2)), v)[0]")
    #expect(text.hasPrefix("NaN = inf · 0 in ∂sqrt(sum(v ^ 2))/∂v[0]"))
    #expect(text.contains("slope of sqrt at sum(v ^ 2) = 0 is inf"))
    #expect(text.contains("norm(x) has gradient 0 there"))
  }
}
