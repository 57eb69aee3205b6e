import Language
import Syntax

/// A piece of source to be timed, and the name under which peers do the same work.
struct Workload {
  let name: String
  let key: String
  let setUp: String
  let code: String
  /// Steps that one run of the code takes.
  var steps = 1
  /// How often the code is run for one figure; nil: as often as takes a moment.
  var repeats: Int? = 1

  static let all: [Workload] =
    [
      Workload(
        name: "statement a + b of 3×2, parse to value", key: "statement", setUp: "a = rand(3, 2)\nb = rand(3, 2)",
        code: "a + b;", repeats: 10_000),
      Workload(
        name: "seed network, a step in a repeat", key: "seed",
        setUp: """
          w = weights(3, 2); b = weights(2); m = mask([[0, 1], [1, 0], [0, 1]]); x = rand(1, 3)
          y := relu(x @ (w * m) + b)
          loss := mse(y, [[1, 1]])
          """,
        code: "repeat 1000000 { w -= 0.1 * grad(loss, w) }", steps: 1_000_000),
      Workload(
        name: "sum(relu(a*b+c)*0.5) of 10 M", key: "chain",
        setUp: "a = rand(10000000)\nb = rand(10000000)\nc = rand(10000000)", code: "sum(relu(a*b+c)*0.5);", repeats: 20),
    ]
    + [64, 256, 1024, 2048].map { n in
      let steps = max(100_000_000 / (n * n), 10)
      return Workload(
        name: "matrix product \(n), in a repeat", key: "product\(n)",
        setUp: "a = rand(\(n), \(n)); b = eye(\(n)) + 1e-30",
        code: "repeat \(steps) { a = a @ b }", steps: steps)
    }
    + [
      network("784-256-128-10, batch 128, dense", "mlp", density: 1),
      network("784-256-128-10, batch 128, 90 % masked", "mlp90", density: 0.1),
      network("784-256-128-10, batch 128, 99 % masked", "mlp99", density: 0.01),
    ]

  /// Training steps of a network whose first two layers are masked at random.
  static func network(_ name: String, _ key: String, density: Double, batch: Int = 128, steps: Int = 1_000) -> Workload
  {
    let mask = density < 1 ? "m1 = bernoulli(\(density), 784, 256); m2 = bernoulli(\(density), 256, 128)\n" : ""
    let (v1, v2) = density < 1 ? ("(m1 * w1)", "(m2 * w2)") : ("w1", "w2")
    let given = density < 1 ? (", mask=m1", ", mask=m2") : ("", "")
    return Workload(
      name: name, key: key,
      setUp: """
        x = rand(\(batch), 784); labels = randint(0, 10, \(batch))
        \(mask)w1 = weights(784, 256\(given.0)); w2 = weights(256, 128\(given.1)); w3 = weights(128, 10)
        b1 = zeros(256); b2 = zeros(128); b3 = zeros(10)
        loss := cross_entropy(relu(relu(x @ \(v1) + b1) @ \(v2) + b2) @ w3 + b3, labels)
        """,
      code: """
        repeat \(steps) {
          g1, g2, g3, h1, h2, h3 = grad(loss, w1, w2, w3, b1, b2, b3)
          w1 -= 0.1 * g1; w2 -= 0.1 * g2; w3 -= 0.1 * g3; b1 -= 0.1 * h1; b2 -= 0.1 * h2; b3 -= 0.1 * h3
        }
        """, steps: steps)
  }

  /// Microseconds a step for each of several runs; empty if the source has an error.
  func run(times: Int) -> [Double] {
    var session = Session()
    do throws(Failure) {
      try session.run(Source(name: nil, text: setUp)) { _ in }
      let source = Source(name: nil, text: code)
      try session.run(source) { _ in }
      let began = ContinuousClock.now
      if repeats == nil { try session.run(source) { _ in } }
      let repeats = repeats ?? min(max(Int(.milliseconds(30) / (ContinuousClock.now - began)), 1), 2_000)
      var runs: [Double] = []
      for _ in 0..<times {
        let start = ContinuousClock.now
        for _ in 0..<repeats { try session.run(source) { _ in } }
        runs.append((ContinuousClock.now - start) / .microseconds(1) / Double(steps * repeats))
      }
      return runs
    } catch {
      print(name, "failed:", error.diagnostics.first?.message ?? "")
      return []
    }
  }
}

/// The middle one, the higher of two.
func median(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.sorted()[values.count / 2] }

/// The median time of several runs, in seconds.
func medianSeconds(of runs: Int, _ body: () -> Void) -> Double {
  median((0..<runs).map { _ in ContinuousClock().measure(body) / .seconds(1) })
}

/// Three digits.
func rounded(_ value: Double) -> String {
  if value >= 100 { return "\(Int(value.rounded()))" }
  return value >= 1 ? "\((value * 10).rounded() / 10)" : "\((value * 1000).rounded() / 1000)"
}
