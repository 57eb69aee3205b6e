import Graphs
import Language
import Testing

/// Slopes that a rule chose where there is none, and what is smooth although it is written with them.
@Suite struct KinkTests {
  private static let precisions = ["float32", "float64"]

  private static func result(_ program: String, _ precision: String = "float32") -> String {
    printed(":precision \(precision)\nv = zeros(2); m = [[0, 0], [1, 2]]; z = 0; y = 0; c = [3, 3]\n" + program)
  }

  /// Squares of lengths, sizes and deviations, and their second derivatives.
  static let smooth = [
    ("norm(v) ^ 2", "v", "2 * eye(2)"), ("square(norm(v))", "v", "2 * eye(2)"),
    ("norm(v) * norm(v)", "v", "2 * eye(2)"),
    ("(-norm(v)) ^ 2", "v", "2 * eye(2)"),
    ("(norm(v) / 0.5) ^ 2", "v", "8 * eye(2)"), ("(3 * norm(v)) ^ 2", "v", "18 * eye(2)"),
    ("exp(-norm(v) ^ 2)", "v", "-2 * eye(2)"), ("exp(-(norm(v) / 0.5) ^ 2 / 2)", "v", "-4 * eye(2)"),
    ("norm(v) ^ 4", "v", "zeros(2, 2)"), ("abs(z) ^ 2", "z", "2"), ("abs(z) * abs(z)", "z", "2"),
    ("hypot(z, y) ^ 2", "z", "2"), ("hypot(z, 0) ^ 2", "z", "2"), ("std(c) ^ 2", "c", "hessian(var(c), c)"),
    ("log(1 + std(c) ^ 2)", "c", "hessian(var(c), c)"), ("norm([z, 0]) ^ 2", "z", "2"),
    ("sum(norm(m, axis=1) ^ 2)", "m", "hessian(sum(m ^ 2), m)"),
    ("norm(m, axis=1)[0] ^ 2", "m", "hessian(sum(m[0] ^ 2), m)"),
    ("sum(norm(m, axis=1, keepdims=true) ^ 2)", "m", "hessian(sum(m ^ 2), m)"),
    ("norm(norm(m, axis=1)) ^ 2", "m", "hessian(sum(m ^ 2), m)"),
  ]

  @Test(arguments: smooth, precisions)
  func squaresHaveAllDerivatives(trial: (expression: String, name: String, expected: String), precision: String) {
    let (expression, name) = (trial.expression, trial.name)
    let text = Self.result(
      """
      expect hessian(\(expression), \(name)) ~ \(trial.expected)
      expect not any(isnan(grad(\(expression), \(name))))
      check(\(expression), \(name), order=2)
      """, precision)
    #expect(text.contains("\(name): agrees") && !text.contains("error"), "\(expression): \(text)")
  }

  /// What has a slope that was chosen has no second derivative.
  static let kinked = [
    ("norm(v)", "v"), ("norm(v, 1)", "v"), ("norm(v, 3)", "v"), ("norm(v, inf)", "v"), ("abs(z)", "z"),
    ("hypot(z, y)", "z"), ("std(c)", "c"), ("max(c)", "c"), ("min(c)", "c"), ("maximum(z, y)", "z"),
    ("minimum(z, y)", "z"), ("max_pool(m[:1], [1, 2])[0, 0]", "m"), ("sum(norm(m, axis=1))", "m"), ("mae(z, y)", "z"),
    ("z * abs(z)", "z"), ("sin(norm(v))", "v"),
  ]

  @Test(arguments: kinked, precisions)
  func chosenSlopesHaveNone(trial: (expression: String, name: String), precision: String) {
    let (expression, name) = trial
    let text = Self.result(
      """
      expect any(isnan(hessian(\(expression), \(name))))
      expect not any(isnan(grad(\(expression), \(name))))
      check(\(expression), \(name), order=2)
      """, precision)
    #expect(!text.contains("error") && !text.contains("DIFFERS"), "\(expression): \(text)")
  }

  @Test func rowsOffTheKinkStayAsTheyAre() {
    let text = Self.result(
      "h = hessian(sum(norm(m, axis=1)), m)\nexpect h[1, :, 1] ~ [[4, -2], [-2, 1]] / 5 ^ 1.5\nexpect h[1, :, 0] == 0")
    #expect(!text.contains("error"), "\(text)")
    #expect(!Self.result("x = [1, 0]\nexpect not any(isnan(hessian(norm(x, 3), x)))").contains("error"))
    #expect(!Self.result("expect jvp(norm(v), v, [1, 2]) == 0").contains("error"))
  }

  /// A rule's own 0 is an exact one: nothing is promised of other values.
  @Test(arguments: [
    ("norm(v)", "v"), ("norm(v, 3)", "v"), ("hypot(z, y)", "z"), ("std(c)", "c"), ("abs(z)", "z"),
    ("sum(xlogy(v, v))", "v"), ("exp(-norm(v))", "v"), ("norm(3 * v)", "v"),
    ("sum(norm(m, axis=1))", "m"), ("cross_entropy(m, m)", "m"),
  ]) func rulesPromiseNothing(expression: String, name: String) {
    let text = Self.result("grad(\(expression), \(name))")
    #expect(!text.contains("∘") && !text.contains("⋅") && text.contains("0"), "\(expression): \(text)")
  }

  // MARK: check

  @Test func checkLooksAtTheSecondOrderWhereItIsAsked() {
    let wrong = "custom_grad f(x) = x ^ 3 with g -> g * 3 * x * stop_gradient(x)\nx = 2\n"
    #expect(printed(wrong + "check(f(x), x)").hasPrefix("x: agrees in 1 entries;"))
    let text = printed(wrong + "check(f(x), x, order=2)")
    #expect(
      text.hasPrefix("x: DIFFERS in 2 entries of the first and second order; worst at [0, 0]: second derivative 6"))
    #expect(
      printed("f(x) = sum(x ^ 3)\ncheck(f, [1, 2], order=2)").hasPrefix("f's first argument: agrees in 6 entries"))
    #expect(printed("x = 1\ncheck(x * x, x, order=3)").contains("check looks at derivatives of order 1 or 2"))
    #expect(printed("x = 1\ncheck(x * x, x, ordr=2)").contains("check(loss, w, order=2)"))
  }

  /// What a function has captured goes along, whatever it is.
  @Test(arguments: [
    "f(k) = x -> sum(x ^ 3) * k\ncheck(f(3), [1, 2])", "check(warmup(10), 3)", "check(warmup(-4294967297), 2)",
    "f(k, m) = x -> sum((x * m) ^ 2) + k[0]\ncheck(f([1, 2], mask([1, 0])), [1, 2], order=2)",
    "f(g) = x -> sum(g(x))\ncheck(f(sin), [1, 2])",
    "f(p) = { h(x) = sum(x * p.w); h }\ncheck(f((w=[2, 3], t=\"a\")), [1, 2])",
    "f(k) = { g(x) = x * k; x -> sum(g(x)) }\ncheck(f(2.5), [1, 2], order=2)",
    "k = 2\ncheck(x -> sum(x ^ 2) * k, [1, 2])",
    "check(grad(x -> x ^ 3), 2)", "f(k) = grad(x -> k * x ^ 3)\ncheck(f(2), 2)",
  ])
  func functionsWithCapturesAreChecked(program: String) {
    let text = printed(program)
    #expect(text.contains("first argument: agrees") || text.contains("check needs a scalar"), "\(text)")
  }

  // MARK: Losses

  /// Losses with a term that has the weight or the label 0, by what would spoil it, and what is left without it.
  static let absent = [
    ("cross_entropy([[x, 0]], [[0, 1]])", "-inf"), ("cross_entropy([[x, 0], [0, 0]], [1, 0], weights=[0, 1])", "nan"),
    ("nll([[x, 0]], [[0, 1]])", "nan"), ("nll([[x, 0]], [[0, 1]])", "-inf"),
    ("bce_with_logits(x, 0)", "-inf"), ("bce_with_logits(x, 1)", "inf"),
    ("mse([1, x], [1, 2], weights=[1, 0])", "nan"), ("mae([1, x], [1, 2], weights=[1, 0])", "inf"),
    ("huber([1, x], [1, 2], weights=[1, 0])", "nan"), ("mse(x, 2, weights=0)", "nan"),
    ("bce_with_logits([1, x], [1, 0], weights=[1, 0], reduction=\"sum\")", "nan"),
    ("kl_div([1, 0], [1, x])", "nan"), ("kl_div([1, 0], [1, x])", "0"), ("nll([[x, 1]], [0], weights=[0])", "nan"),
    ("sum(mse([1, x], [1, 2], weights=[1, 0], reduction=\"none\"))", "inf"),
    ("kl_div([[1, 0], [x, 1]], [[1, 0.5], [1, 1]], weights=[1, 0])", "nan"),
  ]

  @Test(arguments: absent, precisions)
  func whatWeighsNothingIsAbsent(trial: (expression: String, value: String), precision: String) {
    // What is NaN throughout is absent, too, but no logit is where its row has others.
    let reached = """
      reached := \(Self.through("sqrt(u - 2) * x", trial.expression))
      expect grad(reached, u) == 0
      """
    let text = Self.result(
      """
      x = \(trial.value); u = 1
      loss := \(trial.expression)
      expect isfinite(loss)
      expect grad(loss, x) == 0
      \(trial.expression.contains("with_logits(x") || trial.expression.contains("[[x, 0]], [[0") ? "" : reached)
      """, precision)
    #expect(!text.contains("error"), "\(trial.expression): \(text)")
  }

  private static func through(_ inner: String, _ expression: String) -> String {
    var (result, previous) = ("", Character(" "))
    for letter in expression {
      result += letter == "x" && !previous.isLetter ? "(\(inner))" : String(letter)
      previous = letter
    }
    return result
  }

  @Test func weightsAndLabelsKeepTheirGradients() {
    let text = printed(
      """
      t = [[0, 1]]; z = [[1, 2]]; w = [0, 1]; p = [1, 3]
      expect grad(cross_entropy(z, t), t) ~ -log_softmax(z)
      expect grad(mse(p, [0, 0], weights=w, reduction="sum"), w) ~ [1, 9]
      expect grad(bce_with_logits(p, w, reduction="sum"), w) ~ -p
      expect grad(sum(xlogy(w, p)), w) ~ log(p)
      g := grad(sum(xlogy(w, p)), p)
      expect jacobian(g, w) ~ diag(1 / p)
      """)
    #expect(!text.contains("error"), "\(text)")
  }

  /// Factors that are shared, and long rows of signs, cost what they have, not what their paths would.
  @Test(arguments: [
    "f(x) = { repeat 1000 { x = x * x }; x }\nf(1.0)",
    "f(v) = { x = norm(v); repeat 1000 { x = x * -x }; x ^ 2 }\nf([1, 0])",
    "f(x) = { repeat 50000 { x = -x }; x * x }\nf(1)",
  ]) func rootsAreLookedForOnce(program: String) {
    let start = ContinuousClock.now
    #expect(printed(program) == "1")
    #expect(.now - start < .seconds(20))
  }
}
