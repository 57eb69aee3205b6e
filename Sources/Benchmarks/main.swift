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

/// Prepares a session, then times a piece of source in it.
func time(_ name: String, setUp: String, _ code: String, per count: Int = 1, runs: Int = 7) {
  var session = Session()
  do throws(Failure) {
    try session.run(Source(name: nil, text: setUp)) { _ in }
    let source = Source(name: nil, text: code)
    try session.run(source) { _ in }
    let seconds = median(of: runs) { try? session.run(source) { _ in } }
    let each = seconds / Double(count) * 1e6
    print(name + String(repeating: " ", count: max(44 - name.count, 1)) + "\((each * 100).rounded() / 100) µs")
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
time("seed network, one step in a repeat", setUp: seed, "repeat 100000 { w -= 0.1 * grad(loss, w) }", per: 100_000)
time(
  "sum(relu(a*b+c)*0.5), 1M", setUp: "a = rand(1000000)\nb = rand(1000000)\nc = rand(1000000)", "sum(relu(a*b+c)*0.5);")
for n in [64, 256, 1024] {
  time("matrix product \(n)", setUp: "a = rand(\(n), \(n))\nb = rand(\(n), \(n))", "a @ b;")
}
print("strong zeros in a masked training step: \((StrongZeros.cost() * 1000).rounded() / 1000) times the time without")
