import Syntax
import TestSupport
import Testing

@testable import Language

/// Whatever a person can deepen works, or is refused in a sentence, on the smallest stack that the program works with.
@Suite struct DepthTests {
  /// Programs of any depth, and the last statement's answer where it is the same for all depths that there is room for.
  private static let programs: [(name: String, text: @Sendable (Int) -> String)] = [
    ("pipes", { "x = 1\nx" + String(repeating: "|>sin", count: $0) }),
    ("quotes", { "x = 1\nx" + String(repeating: "'", count: $0) }),
    ("turns", { "x = [[1]]\nx" + String(repeating: ".T", count: $0) }),
    ("indices", { "x = [[1]]\nx" + String(repeating: "[0:1]", count: $0) }),
    ("members", { "x = 1\nx" + String(repeating: ".a", count: $0) }),
    ("calls of calls", { "f(x) = x\nf" + String(repeating: "(f)", count: $0) }),
    ("sums", { "x = 1\nx" + String(repeating: " + x", count: $0) }),
    ("powers", { "x = 1\nx" + String(repeating: " ^ x", count: $0) }),
    ("functions", { chain($0, "f$(x) = x + 1", "f$(x) = f%(x) + 1", "f$(1)") }),
    ("defaults", { chain($0, "f$(x=1) = x", "f$(x=f%()) = x", "f$()") }),
    ("functions' gradients", { chain($0, "f$(x) = x + 1", "f$(x) = f%(x) + 1", "grad(f$)(1)") }),
    (
      "custom gradients",
      {
        chain($0, "f$(x) = x", "custom_grad f$(x) = x with g -> f%(g)", "grad(f$)(1)")
      }
    ),
    ("live names", { chain($0, "l$ := 1", "l$ := l% + 1", "l$") }),
    ("live names' gradients", { chain($0, "w = weights(value=1)\nl$ := w", "l$ := l% + 1", "grad(l$, w)") }),
    ("live calls", { chain($0, "f(x) = x + 1\nl$ := 1", "l$ := f(l%)", "l$") }),
    ("formulas", { chain($0, "l$ = 1", "l$ = l% + 1", "grad(l$, l0)") }),
    ("formulas' hessians", { chain($0, "l$ = [1, 2]", "l$ = l% + 1", "hessian(sum(l$^2), l0)") }),
    ("formulas of two", { chain($0, "l$ = 1; k$ = 1", "l$, k$ = (l% + 1, k%)", "grad(l$, l0)") }),
    ("formulas checked", { chain($0, "l$ = 1.5", "l$ = l% + 1", "check(l$, l0)") }),
    ("formulas shown", { chain($0, "l$ = 1", "l$ = l% + 1", ":graph l$") }),
    ("formulas explained", { chain($0, "l$ = [1, 2]", "l$ = l% + 1", ":why grad(sum(l$), l0)[0]") }),
    ("formulas exported", { chain($0, "l$ = 1", "l$ = l% + 1", ":export jax l$ deep.py") }),
    (
      "formulas trained",
      {
        chain($0, "l$ = weights(value=[1, 2])", "l$ = l% + 1", "loss := sum(l$^2)\ntrain(loss, steps=2)")
      }
    ),
    ("formulas watched", { chain($0, "l$ := 1", "l$ := l% + 1", ":set watch l$\n:diff l$\n:undo") }),
    ("loops", { "f(x) = { repeat \(10 * $0) { x = sin(x) }; x }\nf(1)" }),
    ("loops' gradients", { "f(x) = { repeat \(10 * $0) { x = sin(x) }; x }\ngrad(f)(1)" }),
    ("loops planned", { "f(x) = { repeat \(10 * $0) { x = sin(x) }; x }\n:cost f(1)" }),
    ("loops of conversions", { "f(x) = { repeat \(10 * $0) { x = float64(float32(x)) }; x * nan }\nf(1)" }),
    ("loops of turns", { "f(x) = { repeat \($0) { x = reshape(x.T, 2, 3) }; x }\nf(ones(2, 3))" }),
    (
      "loops of sums",
      {
        "m = mask([[1, 0], [0, 1]]); w = weights(2, 2)\nf(x) = { y = x; repeat \($0) { y = y + x @ (m * w) }; sum(y) }\n"
          + "loss := f(ones(40, 2))\ntrain(loss, steps=2)"
      }
    ),
    ("tuples of tuples", { "f(x) = { repeat \($0) { x = (x, 1) }; x }\nf(1)" }),
    ("lists of lists", { "f(x) = { repeat \($0) { x = [x, [1, 2, 3]] }; x }\nf([1, 2])" }),
    ("derivatives of derivatives", { "h(x) = x\nf(g) = { repeat \($0) { g = grad(g) }; g(1) }\nf(h)" }),
    ("pictures", { "x = 1\n:graph x" + String(repeating: " + sin(x)", count: $0) }),
    ("pictures of calls", { "x = 1\n:graph x" + String(repeating: " |> sin", count: $0) }),
    ("trees", { "x = 1\n:tree x" + String(repeating: " |> sin", count: $0) }),
    ("shapes", { "x = 1\n:shapes x" + String(repeating: " |> sin", count: $0) }),
    ("holes", { "x = 1\n? + x" + String(repeating: " |> sin", count: $0) }),
    ("explained", { "x = [1]\n:why (x" + String(repeating: " |> sin", count: $0) + ")[0]" }),
    ("NaN", { "x = [0]\nx / 0" + String(repeating: " |> sin", count: $0) }),
    ("plans", { "x = [1]\n:plan x" + String(repeating: " |> sin", count: $0) }),
    ("expectations", { "x = 1\nexpect x" + String(repeating: "'", count: $0) + " ~ 1" }),
    ("signs", { "x = 1\n" + String(repeating: "-", count: $0) + "x" }),
    ("brackets", { String(repeating: "(", count: $0) + "1" + String(repeating: ")", count: $0) }),
    ("blocks", { String(repeating: "repeat 1 { ", count: $0) + "x = 1" + String(repeating: " }", count: $0) }),
  ]

  /// `$` is the number of a definition, `%` that of the one before.
  private static func chain(_ count: Int, _ first: String, _ next: String, _ last: String) -> String {
    func numbered(_ text: String, _ number: Int) -> String {
      text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "\(number)")
        .split(separator: "%", omittingEmptySubsequences: false).joined(separator: "\(number - 1)")
    }
    return ([numbered(first, 0)] + (1..<count).map { numbered(next, $0) } + [numbered(last, count - 1)]).joined(
      separator: "\n")
  }

  private static let sentences = [
    "lie too deep in each other here", "nested more than 256", "more than 10000 operators in a row",
    "the graph has more than 400 nodes", "behind a point is called", "has nothing called",
    "files can't be written here",
    "derivatives are taken of derivatives more than 256 deep", "deep in each other", "takes 1 argument",
    "brackets stack tensors of one shape",
    "the record has no entry", "has no entry",
    "no shape of up to three axes fits",
  ]

  @Test(arguments: programs.indices) func deepProgramsAreAnsweredOrRefused(number: Int) {
    let (name, text) = Self.programs[number]
    for depth in [300, 1_000, 2_500] {
      if Pace.isQuick, depth > 1_000 { continue }
      let program = text(depth)
      let start = ContinuousClock.now
      let answer = onStack(ofBytes: 8 << 20) { printed(program) { $0.memoryLimit = 1 << 30 } }
      let time = (.now - start) / .seconds(1)
      let error = answer.split(separator: "\n").first { $0.hasPrefix("error: ") }
      if let error {
        #expect(Self.sentences.contains { error.contains($0) }, "\(name), \(depth): \(error)")
      }
      #expect(time < 30, "\(name), \(depth): \(time) s")
    }
  }

  /// What is looked at before it is run, or while it is typed.
  @Test(.slow, arguments: programs.indices) func deepProgramsAreLookedAt(number: Int) {
    let (name, text) = Self.programs[number]
    let program = text(1_000)
    let start = ContinuousClock.now
    onStack(ofBytes: 8 << 20) {
      var check = ShapeCheck(Session())
      _ = check.check(Source(text: program))
      var session = Session()
      let lines = program.split(separator: "\n").map(String.init)
      _ = printed(lines.dropLast().joined(separator: "\n"), in: &session)
      let last = lines.last ?? ""
      _ = session.completions(of: last + "s", at: last.utf8.count + 1)
      _ = session.shapePreview(of: last)
    }
    let time = (.now - start) / .seconds(1)
    #expect(time < 30, "\(name): \(time) s")
  }

  /// A long row of names isn't a deep one.
  @Test func depthsThatThereIsRoomFor() {
    let answers: [(String, String)] = [
      ("functions", "1001"), ("live names", "1000"), ("formulas", "1"), ("live names' gradients", "1"),
      ("functions' gradients", "1"), ("formulas of two", "1"), ("sums", "1001"), ("quotes", "1"),
    ]
    for (name, expected) in answers {
      guard let program = Self.programs.first(where: { $0.name == name }) else {
        Issue.record("there is no \(name)")
        continue
      }
      let answer = onStack(ofBytes: 64 << 20) { printed(program.text(1_000)) }
      #expect(answer.split(separator: "\n").last.map { $0.filter { $0 != " " } } == expected, "\(name): \(answer)")
    }
  }

  /// A call that meets itself, however long each of them takes, is refused at once.
  @Test(arguments: [
    "f(x) = f(x)\nf(1)", "f(x) = f(1)\nf(1)", "f(x) = g(x); g(x) = f(x)\nf([1, 2])", "f(x, k=2) = 1 + f(x, k=k)\nf(1)",
    "f(x) = { y = x * 2; f(x) }\nf([1, 2])", "f(t) = f(t)\nf(\"a\")", "f(p) = f((p[0], 2))\nf((1, 2))",
    "f(x) = f([1, 2, 3])\nf([1, 2])", "f(g) = f(g)\nf(x -> x + 1)", "f(g) = f(sin)\nf(cos)", "f() = f()\nf()",
    "x = [1, 2]\nf(v) = f(check(sum(x^2), x))\nf(x)", "f(n) = if n == 3 { f(3) } else { f(n + 1) }\nf(0)",
    "f(x) = { for i in 0:20 { if i == 12 { x = f(1) } }; x }\nf(1)",
  ])
  func callsThatNeverEnd(program: String) {
    let start = ContinuousClock.now
    let answer = onStack(ofBytes: 8 << 20) { printed(program) }
    #expect(answer.contains("calls itself with the same arguments and so never ends"), "\(answer)")
    #expect(.now - start < .seconds(5))
  }

  /// What tries one thing and then another doesn't do so at each level.
  @Test(arguments: [
    "x = [1, 2]\nf(u) = check(sum(f(normal(3))), x)\nf(1)", "f(u) = check(f(u + 1), 3)\nf(1)",
    "f(u) = grad(f(u + 1), u)\nf(1)", "f(u) = jacobian(f(u + 1))(u)\nf(1)",
    "f(u) = value_and_grad(f(u + 1)[0])(u)\nf(1)",
  ])
  func triesDoNotDouble(program: String) {
    let start = ContinuousClock.now
    let answer = onStack(ofBytes: 2 << 20) { printed(program) }
    #expect(answer.contains("error"), "\(answer)")
    #expect(.now - start < .seconds(30))
  }

  /// Others that look like it do end.
  @Test func callsThatEnd() {
    #expect(printed("f(n) = if n == 0 { 0 } else { f(n - 1) }\nf(50)") == "0")
    #expect(printed("f(x) = x + 1\ng = f\nf(x) = g(x)\nf(1)") == "2")
    #expect(printed("seed(1)\nf(x) = if uniform() < 0.2 { x } else { f(x) }\nf(3)") == "3")
    #expect(printed("f(g, n) = if n == 0 { 1 } else { f(x -> g(x), n - 1) }\nf(sin, 3)") == "1")
    #expect(printed("f(x) = f2(x, 1); f2(x, k) = if k > 2 { x } else { f2(x, k + 1) }\nf(4)") == "4")
  }

  /// Names as long as a text may be stall no search for near ones.
  @Test func longNames() {
    let (a, b) = (String(repeating: "a", count: 1_000_000), String(repeating: "b", count: 1_000_000))
    let start = ContinuousClock.now
    for text in [
      "\(a) = 1\n\(a)b", "\(a) = 1\n\(b)", "\(a)(x) = x\n\(b)(1)", ":\(a)", "sum([1], \(a)=1)", ":help \(a)",
      "weights(2, init=\"\(a)\")",
    ] {
      #expect(printed(text).contains("error: "))
    }
    #expect(.now - start < .seconds(20))
  }
}
