import Syntax
import Tensors
import Testing

@testable import Language

/// Loops whose products go by lists of kept entries, held against the same loops in full.
@Suite struct MaskedLoopTests {
  private static let setUp = """
    x = rand(20, 64); t = rand(20, 40)
    m1 = bernoulli(0.1, 64, 48); m2 = bernoulli(0.05, 48, 40)
    w1 = weights(64, 48, mask=m1); w2 = weights(48, 40, mask=m2); b = rand(48)
    loss := mse(tanh(x @ (m1 * w1) + b) @ (w2 * m2), t)

    """

  private static let steps = [
    "repeat 12 { g1, g2, h = grad(loss, w1, w2, b); w1 -= 0.5 * g1; w2 -= 0.5 * g2; b -= 0.5 * h }",
    """
    v1 = zeros(64, 48); v2 = zeros(48, 40); rate = 0.5
    repeat 12 {
      g1, g2 = grad(loss, w1, w2)
      v1 = 0.9 * v1 + g1; v2 = 0.9 * v2 + g2
      w1 -= rate * v1; w2 = w2 - rate * v2 - 0.001 * (m2 * w2)
    }
    """,
    "u = loss; repeat 12 { g1, g2 = grad(loss + 0.01 * sum((m1 * w1) ^ 2), w1, w2); w1 -= 0.5 * g1; w2 -= 0.5 * g2; u = sum(w1) }",
    "repeat 12 { g1, g2 = grad(loss, w1, w2); w1 -= 0.5 * sign(g1) + 0.1; w2 -= 0.5 * g2 * loss }",
    """
    hidden := relu(x @ (m1 * w1) + b); loss := mse(relu(hidden @ (w2 * m2)), t); v1 = 0.5 * grad(loss, w1)
    repeat 12 { g1, g2 = grad(loss, w1, w2); v1 = 0.9 * v1 + g1; w1 -= 0.5 * v1; w2 -= 0.5 * g2 }
    """,
    "train(loss, w1, w2, b, steps=12, rate=0.1, using=\"adam\", decay=0.01)",
    "train(loss, w1, w2, b, steps=12, rate=0.1, momentum=0.9)",
  ]

  @Test(arguments: [
    "", "x[3, 5] = nan", "x[:, 7] = inf", "w1 = where(m1, w1, nan)", "w2[1, 1] = inf",
    "w1 = where(m1, w1, -inf); x[0, 0] = nan",
  ])
  func sparseAndDenseAgree(wild: String) {
    for loop in Self.steps { check(wild, loop) }
  }

  private func check(_ wild: String, _ loop: String) {
    func state(compiled: Bool) -> [[Double]] {
      var session = Session()
      session.surroundings.compilesLoops = compiled
      _ = printed(Self.setUp + wild + "\n" + loop, in: &session)
      return ["w1", "w2", "b", "g1", "g2", "v1", "v2", "u"].map { name in
        if case .tensor(let held, _)? = session.names[name]?.content { held.tensor.values } else { [] }
      }
    }
    for (sparse, dense) in zip(state(compiled: true), state(compiled: false)) {
      #expect(sparse.count == dense.count)
      let differs = zip(sparse, dense).contains { a, b in
        !(a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-5 * max(abs(b), 1))
      }
      #expect(!differs)
    }
  }

  /// Loops in functions go by the lists, too: held against the same statements outside, one by one.
  @Test(
    arguments: [
      "for i in 0:20 { w = w - 0.3 * grad(cost)(w, x) }",
      "h = zeros(20); for i in 0:20 { h[i] = cost(w, x); w = w - 0.3 * grad(cost)(w, x) }; w = w + sum(h)",
      "h = zeros(20, 2); for i in 0:20 { h[i] = [cost(w, x), i]; w = w - 0.3 * grad(cost)(w, x) }; w = w + sum(h)",
      "v = 0 * w; repeat 20 { v = 0.9 * v + grad(cost)(w, x); w = w - v }",
      "for s in parts { w = w - 0.3 * grad(cost)(w, s) }",
      "u = x; repeat 40 { u = tanh(u + 0.1 * (u @ (m * w)) @ q) }; w = w + sum(u)",
    ], ["", "w1 = where(m, w1, nan)", "x[2, 3] = inf; parts[5, 1, 1] = nan", "w1 = where(m, w1, inf)"])
  func functionsGoByLists(body: String, wild: String) {
    func value(_ statements: String) -> [Double] {
      var session = Session()
      (session.surroundings.compilesLoops, session.keepsRepetitions) = (false, false)
      _ = printed(
        """
        seed(3); x = rand(64, 200); t = rand(64, 160); m = bernoulli(0.05, 200, 160); q = rand(160, 200) / 200
        parts = rand(20, 64, 200); w1 = weights(200, 160, mask=m); cost(w, x) = mse(relu(x @ (m * w)), t)
        \(wild)
        \(statements)
        """, in: &session)
      if case .tensor(let held, _)? = session.names["w2"]?.content { return held.tensor.values }
      return []
    }
    let sparse = value("fit(w) = { \(body); w }\nw2 = fit(w1)")
    let dense = value("w = w1\n\(body)\nw2 = w")
    #expect(sparse.count == 32_000 && dense.count == 32_000)
    let differs = zip(sparse, dense).contains { a, b in
      !(a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-4 * max(abs(b), 1))
    }
    #expect(!differs)
  }

  /// Long enough for the loop to try how many cores it wants.
  @Test(arguments: ["mask=bernoulli(0.1, 300, 200)", "mask=ones(300, 200)"])
  func coresDontChangeResults(mask: String) {
    func weights(threads: Int) -> [UInt64] {
      var session = Session()
      Session.setThreads(threads)
      _ = printed(
        """
        x = rand(64, 300); t = rand(64, 200); w = weights(300, 200, \(mask))
        loss := mse(relu(x @ w), t)
        repeat 120 { w -= 0.5 * grad(loss, w) }
        """, in: &session)
      guard case .tensor(let held, _)? = session.names["w"]?.content else { return [] }
      return held.tensor.values.map(\.bitPattern)
    }
    let (alone, shared) = (weights(threads: 1), weights(threads: 2))
    let agrees = alone == shared && alone.count == 60_000
    #expect(agrees)
  }

  @Test func plansAndCostsShowTheLists() {
    var session = Session()
    _ = printed(Self.setUp, in: &session)
    let plan = printed(":plan grad(loss, w1)", in: &session)
    #expect(plan.contains("in a loop:") && plan.contains("sparse_gradient("))
    #expect(printed(":plan loss", in: &session).contains("sparse_matmul("))
    #expect(printed(":plan grad(loss, w1, w2)", in: &session).contains("sparse_gradient("))
    #expect(printed(":cost grad(loss, w1, w2)", in: &session).contains("in a loop"))
    let cost = printed(":cost loss", in: &session)
    #expect(cost.contains("in a loop") && cost.contains("sparse_matmul("))
  }
}
