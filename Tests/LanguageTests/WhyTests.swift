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
        ⋅ removed by mask[0, 0], line 3
        were it there, this entry would be 0.34266
        """)
  }

  @Test func namesTheRelu() {
    #expect(
      printed(Self.network + ":why grad(loss, weights)[1, 0]") == """
        0 because relu is off:  y[0, 0] = relu(-2.5)
        (x @ (weights * mask) + bias)[0, 0] = -2.5
        were it on, this entry would be -0.5
        """)
    #expect(printed(Self.network + ":why y[0, 0]").hasPrefix("0 because relu is off:  y[0, 0] = relu(-2.5)"))
  }

  @Test func saysWhereNaNBegan() {
    #expect(
      printed("p = [0.5, -0.25]\nq = log(p) * 2\n:why q[1]") == """
        note: NaN first appeared in log(p) at line 2
        NaN first appears in log(p)[1]
        of p[1] = -0.25
        """)
    #expect(printed("x = [1, inf]\n:why (x * 2)[1]").hasPrefix("inf"))
  }

  @Test func namesTheZero() {
    #expect(printed("x = [1, 0]\n:why (x * 3)[1]") == "0 because x[1] is 0, line 1")
    #expect(printed("x = [1, 2]\n:why (x - x)[1]").hasPrefix("0 because it cancels"))
  }

  @Test func listsTheLargestTerms() {
    let text = printed("a = [[1, 2, 3, 4]]\nb = [[1], [10], [100], [1000]]\n:why (a @ b)[0, 0]")
    #expect(text.split(separator: "\n").count == 4)
    #expect(text.contains("4000 from a[0, 3] = 4, b[3, 0] = 1000"))
  }

  @Test func asksForOneEntry() {
    #expect(printed("x = [1, 2]\n:why x").contains("one entry is wanted: 1 indices for 2"))
    #expect(printed("x = [1, 2]\n:why x[5]").contains("out of range"))
    #expect(printed(":why").contains("an expression is missing"))
  }
}
