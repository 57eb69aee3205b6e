import Sessions
import Syntax
import Tensors

/// The median seconds of several runs.
func median(of runs: Int, _ body: () -> Void) -> Double {
  let clock = ContinuousClock()
  let times = (0..<runs).map { _ in
    let duration = clock.measure(body)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
  return times.sorted()[runs / 2]
}

KeyPress.becomeConsoleIfAsked()
let peers = Peers.figures()

/// Prepares a session, then times a piece of source in it, beside the peers' figures for the same work.
func time(_ name: String, setUp: String, _ code: String, per count: Int = 1, runs: Int = 7, as work: String = "") {
  var session = Session()
  do throws(Failure) {
    try session.run(Source(name: nil, text: setUp)) { _ in }
    let source = Source(name: nil, text: code)
    try session.run(source) { _ in }
    let seconds = median(of: runs) { try? session.run(source) { _ in } }
    let each = seconds / Double(count) * 1e6
    let ratios = (peers[work] ?? []).map { peer in
      "  \(peer.peer) \((peer.microseconds * 100).rounded() / 100) µs, ×\((peer.microseconds / each * 100).rounded() / 100)"
    }
    print(
      name + String(repeating: " ", count: max(44 - name.count, 1)) + "\((each * 100).rounded() / 100) µs"
        + ratios.joined())
  } catch {
    print(name, "failed:", error.diagnostics.first?.message ?? "")
  }
}

let seed = """
  w = weights(3, 2); b = weights(2); m = mask([[0, 1], [1, 0], [0, 1]]); x = rand(1, 3)
  y := relu(x @ (w * m) + b)
  loss := mse(y, [[1, 1]])
  """
time("statement a + b of 3×2, parse to value", setUp: "a = rand(3, 2)\nb = rand(3, 2)", "a + b;")
time(
  "seed network, one step in a repeat", setUp: seed, "repeat 100000 { w -= 0.1 * grad(loss, w) }", per: 100_000,
  as: "seed")
time(
  "sum(relu(a*b+c)*0.5), 10M", setUp: "a = rand(10000000)\nb = rand(10000000)\nc = rand(10000000)",
  "sum(relu(a*b+c)*0.5);", as: "chain")
for n in [64, 256, 1024, 2048] {
  time("matrix product \(n)", setUp: "a = rand(\(n), \(n))\nb = rand(\(n), \(n))", "a @ b;", as: "product\(n)")
}
for (density, words) in [(1.0, "dense"), (0.1, "90 % masked"), (0.01, "99 % masked")] {
  let mask = density < 1 ? "m1 = bernoulli(\(density), 784, 256); m2 = bernoulli(\(density), 256, 128)\n" : ""
  let (v1, v2) = density < 1 ? ("(m1 * w1)", "(m2 * w2)") : ("w1", "w2")
  let given = density < 1 ? (", mask=m1", ", mask=m2") : ("", "")
  let network = """
    x = rand(128, 784); labels = randint(0, 10, 128)
    \(mask)w1 = weights(784, 256\(given.0)); w2 = weights(256, 128\(given.1)); w3 = weights(128, 10)
    b1 = zeros(256); b2 = zeros(128); b3 = zeros(10)
    loss := cross_entropy(relu(relu(x @ \(v1) + b1) @ \(v2) + b2) @ w3 + b3, labels)
    """
  let step = """
    g1, g2, g3, h1, h2, h3 = grad(loss, w1, w2, w3, b1, b2, b3)
    w1 -= 0.1 * g1; w2 -= 0.1 * g2; w3 -= 0.1 * g3; b1 -= 0.1 * h1; b2 -= 0.1 * h2; b3 -= 0.1 * h3
    """
  time("784-256-128-10, batch 128, \(words)", setUp: network, "repeat 200 {\n\(step)\n}", per: 200, runs: 3, as: "mlp")
}
print("strong zeros in a masked training step: \((StrongZeros.cost() * 1000).rounded() / 1000) times the time without")
if let (median, slowest) = KeyPress.latency(names: 1000) {
  print(
    "key press to redraw, 1,000 names, 60 characters: \((median * 1e6).rounded()) µs at the median, "
      + "\((slowest * 1e6).rounded()) µs at most")
}
