import Foundation
import TestSupport
import Testing

@testable import Language

/// Programs with branches, loops and recursion, made at random, beside the same ones in Python under JAX.
@Suite struct ControlPeerTests {
  /// One statement, or several, in both languages.
  private struct Both {
    var ours: String
    var theirs: [String]

    init(_ ours: String, _ theirs: String...) { (self.ours, self.theirs) = (ours, theirs) }

    init(ours: String, theirs: [String]) { (self.ours, self.theirs) = (ours, theirs) }

    /// One behind the other.
    static func joined(_ parts: [Both]) -> Both {
      Both(ours: parts.map(\.ours).joined(separator: "; "), theirs: parts.flatMap(\.theirs))
    }

    func indented(_ count: Int = 1) -> [String] { theirs.map { String(repeating: "  ", count: count) + $0 } }
  }

  /// Blocks nested three deep that give `y` new values, smooth where they are looked at.
  private static func block(_ generator: inout SplitMix, depth: Int) -> Both {
    let c = Double(Int.random(in: 2...9, using: &generator)) / 10
    let simple = [
      Both("y = y + \(c) * sin(x)", "y = y + \(c) * jnp.sin(x)"), Both("y = y * \(c) + x", "y = y * \(c) + x"),
      Both("y += \(c) * x * y / (1 + y^2)", "y = y + \(c) * x * y / (1 + y**2)"),
      Both("y = tanh(y) + \(c) * x^2", "y = jnp.tanh(y) + \(c) * x**2"), Both("y = g(y, x)", "y = g(y, x)"),
    ]
    guard depth > 0 else { return simple[Int.random(in: 0..<simple.count, using: &generator)] }
    let body = Both.joined(
      (0..<Int.random(in: 1...2, using: &generator)).map { _ in block(&generator, depth: depth - 1) })
    let n = "n\(depth)"
    switch Int.random(in: 0..<8, using: &generator) {
    case 0:
      let other = block(&generator, depth: depth - 1)
      return Both(
        ours: "if y > \(c) { \(body.ours) } else { \(other.ours) }",
        theirs: ["if y > \(c):"] + body.indented() + ["else:"] + other.indented())
    case 1: return Both(ours: "repeat 12 { \(body.ours) }", theirs: ["for _ in range(12):"] + body.indented())
    case 2:
      return Both(
        ours: "for i in 0:3 { \(body.ours); if i == 1 { break } }",
        theirs: ["for i in range(3):"] + body.indented() + ["  if i == 1: break"])
    case 3:
      return Both(
        ours: "\(n) = 0; while \(n) < 2 { \(n) += 1; \(body.ours) }",
        theirs: ["\(n) = 0", "while \(n) < 2:", "  \(n) += 1"] + body.indented())
    case 4:
      return Both(
        "y = fold((s, v) -> s * \(c) + v * x, y, [1, 0.5])", "for v in [1, 0.5]: y = y * \(c) + v * x")
    case 5:
      return Both(
        "y, ys = scan((s, v) -> (tanh(s) + v * x, s), y, linspace(-1, 1, 20)); y += mean(ys)",
        "y, ys = jax.lax.scan(lambda s, v: (jnp.tanh(s) + v * x, s), jnp.asarray(y), jnp.linspace(-1, 1, 20))",
        "y = y + jnp.mean(ys)")
    case 6:
      return Both(
        ours: "while abs(y) > 0.3 { y = 0.7 * y + 0.05 * x }; \(body.ours)",
        theirs: ["while abs(y) > 0.3: y = 0.7 * y + 0.05 * x"] + body.theirs)
    default:
      return Both(
        ours: "h(v) = v * \(c) + x; y = h(y); \(body.ours)",
        theirs: ["h = lambda v: v * \(c) + x", "y = h(y)"] + body.theirs)
    }
  }

  /// Values, first and second derivatives.
  @Test(.peer(.jax), .slow) func derivativesAreJAXs() throws {
    let folder = try Folder()
    var programs: [(text: String, point: Double)] = []
    var python = """
      import jax, jax.numpy as jnp, json, sys
      jax.config.update("jax_enable_x64", True)
      results = []
      def g(a, b, n=2): return a if n == 0 else 0.5 * g(a, b, n - 1) + 0.1 * b

      """
    for seed in 0..<80 {
      var generator = SplitMix(seed)
      let body = Both.joined([Self.block(&generator, depth: 3), Self.block(&generator, depth: 2)])
      let point = Double(Int.random(in: 1...9, using: &generator)) / 7
      programs.append((body.ours, point))
      python += (["def f(x):", "  y = x"] + body.indented() + ["  return y"]).joined(separator: "\n")
      python += "\nresults.append([float(d(\(point))) for d in (f, jax.grad(f), jax.grad(jax.grad(f)))])\n"
    }
    python += "json.dump(results, open(sys.argv[1], 'w'))\n"
    let script = folder.write("programs.py", python)
    let answers = folder.path + "/results.json"
    let run = Python.run(try #require(Peer.jax.python), [script, answers])
    try #require(run.status == 0, "\(run.output.suffix(2_000))")
    let text = try #require(folder.contents(of: "results.json"))
    let results = try JSONDecoder().decode([[Double]].self, from: Data(text.utf8))
    try #require(results.count == programs.count)
    for ((body, point), expected) in zip(programs, results) {
      let text = printed(
        """
        :precision float64
        g(a, b, n=2) = if n == 0 { a } else { 0.5 * g(a, b, n - 1) + 0.1 * b }
        f(x) = { y = x; \(body); y }
        expect f(\(point)) ~ \(expected[0]), rtol=1e-9
        expect grad(f)(\(point)) ~ \(expected[1]), rtol=1e-8, atol=1e-10
        expect grad(grad(f))(\(point)) ~ \(expected[2]), rtol=1e-7, atol=1e-9
        """)
      #expect(text.isEmpty, "\(body) at \(point)\n\(text)")
    }
  }
}
