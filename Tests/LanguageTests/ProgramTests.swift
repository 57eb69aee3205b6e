import Syntax
import TestSupport
import Testing

@testable import Language

/// The language by example, and programs made at random.
@Suite struct ProgramTests {
  @Test(.slow, arguments: Checkout.fixtures("language")) func casesPass(file: String) throws {
    let folder = try Folder()
    let run = try Child.run(["--test", Checkout.fixture("language/" + file)], in: folder)
    #expect(run.status == 0, "\(run.status): \(run.output.suffix(2_000))\(run.errors.suffix(500))")
  }

  @Test(.slow, arguments: Checkout.fixtures("programs")) func publicProgramsGiveTheirNumbers(file: String) throws {
    let text = try Checkout.text(ofFixture: "programs/" + file)
    let report = Transcript.test(Source(name: file, text: text)) { Session() }
    #expect(report.failed == 0 && report.passed > 0, "\(report.text.prefix(2_000))")
  }

  /// Blocks nested three deep, smooth where they are looked at.
  private static func block(_ generator: inout SplitMix, depth: Int) -> String {
    let constant = Double(Int.random(in: 2...9, using: &generator)) / 10
    let simple = [
      "y = y + \(constant) * sin(x)", "y = y * \(constant) + x", "y += \(constant) * x * y / (1 + y^2)",
      "y = tanh(y) + \(constant) * x^2", "y = g(y, x)",
    ]
    guard depth > 0 else { return simple.randomElement(using: &generator) ?? "" }
    let inner = (0..<Int.random(in: 1...2, using: &generator)).map { _ in block(&generator, depth: depth - 1) }
    let body = inner.joined(separator: "; ")
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: return "if y > \(constant) { \(body) } else { \(block(&generator, depth: depth - 1)) }"
    case 1: return "repeat 2 { \(body) }"
    case 2: return "for i in 0:3 { \(body); if i == 1 { break } }"
    case 3: return "n = 0; while n < 2 { n += 1; \(body) }"
    case 4: return "y = fold((s, v) -> s * \(constant) + v * x, y, [1, 0.5])"
    case 5: return "y, ys = scan((s, v) -> (tanh(s) + v * x, s), y, [0.3, 0.2]); y += sum(ys)"
    default: return "h(v) = v * \(constant) + x; y = h(y); \(body)"
    }
  }

  @Test(arguments: 0..<60) func gradientsGoAlongTheWayThatWasTaken(seed: Int) {
    var generator = SplitMix(seed)
    let program = """
      g(a, b, n=2) = if n == 0 { a } else { 0.5 * g(a, b, n - 1) + 0.1 * b }
      f(x) = { y = x; \(Self.block(&generator, depth: 3)); \(Self.block(&generator, depth: 3)); y }
      """
    let point = Double(Int.random(in: 1...9, using: &generator)) / 7
    let text = printed(
      """
      :precision float64
      \(program)
      x = \(point)
      h = 1e-5
      expect f(x + h) + f(x - h) < inf
      slope = (f(x + h) - f(x - h)) / (2 * h)
      expect grad(f)(x) ~ slope, rtol=1e-5, atol=1e-7
      l := f(x)
      expect grad(l, x) ~ slope, rtol=1e-5, atol=1e-7
      """)
    #expect(text.isEmpty, "\(program)\n\(text)")
  }

  /// Errors in functions show the line that failed, its operands, and the calls that led there.
  @Test func errorsShowTheWay() {
    let text = printed("scale(a) = a @ zeros(7, 2)\nlayer(b) = {\n  c = b + 1\n  scale(c)\n}\nlayer(ones(2, 3))")
    for part in ["a @ zeros(7, 2)", "a is 2×3", "called by scale(c), line 4", "called by layer(ones(2, 3)), line 6"] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
  }

  @Test func printingKeepsItsOrder() {
    #expect(printed("f(x) = { print(\"in {x}\"); x * 2 }\nf(3)") == "in 3\n6")
    #expect(printed("print(1, 2, sep=\"-\", end=\"\")\nprint()") == "1-2\n")
    #expect(
      printed("for i in 0:2 { print(i) }\nf(x) = { print(\"before\"); x @ [1, 2] }\nf([1])").hasPrefix(
        "0\n1\nbefore\nerror"))
  }

  /// Five steps and five more are ten, through a file, too.
  @Test(arguments: ["sgd", "adam", "adamw", "rmsprop", "adagrad", "lion"]) func trainingGoesOn(using: String) {
    let setting = """
      w = (a=weights(value=[1, -2]), b=weights(value=[0.5]))
      l := sum(w.a^2) * 2 + sum((w.b - 1)^4)
      """
    let five = "train(l, steps=5, rate=0.05, using=\"\(using)\");\n"
    let text = printed(
      """
      \(setting)
      train(l, steps=10, rate=0.05, using="\(using)");
      ten = w
      \(setting)
      \(five)kept = checkpoint()
      \(five)
      expect w ~ ten, rtol=1e-6
      \(setting)
      restore(kept)
      \(five)
      expect w ~ ten, rtol=1e-6
      """)
    #expect(text.isEmpty, "\(text)")
  }
}
