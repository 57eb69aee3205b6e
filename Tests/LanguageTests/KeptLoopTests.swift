import Plans
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Loops that are run again, by what was kept of them, held against the same loops run statement by statement.
@Suite struct KeptLoopTests {
  /// What may have changed when a loop is run again.
  private static let changes = [
    "", "", "", "k = 2", "k = [1, 2, 3]", "k := sum(a)", "n = 0; s = 0", "a = [3, 2, 1]", "a = [1, 2, 3, 4]",
    "a = a * 0.5",
    "c(q) = sum(q)", "c(q) = sum(q ** 2)", "loss := mse(y, t) * 2", "loss = mse(y, t)", "y := x @ (w * m)",
    "m = mask([[1, 1], [1, 0], [0, 1]])", "x = x * 2", "x = rand(3, 3)", "t = rand(3, 2)", "w = weights(3, 2)",
    "w = rand(3, 2)", "freeze w", "thaw w", "freeze w[0, 0]", "b = weights(2)", "z = w * m", "z = ones(3, 2)",
    "h = zeros(6)", "h = zeros(3)", "Q = zeros(3, 2)", "v = [[1, 2], [3, 4]]", "p = (u=[1, 2], o=3)", "p = (u=3, o=1)",
    "i = 3", "del k", "del a", "k = 0", "a = [1, 2, 3]", "sum = 3", "sum(q) = 2", "del sum", "tanh(q) = q", "del tanh",
    "i(q) = q", "q = normal(3)", "normal(2)", "n = true", "a = [1, nan, 3]", "w[0, 0] = inf", "g = 1", "l = 2",
    "e1 = 3",
    "fresh = 1", "k = \"text\"", "a = (1, 2, 3)", ":set precision float64", ":precision float32", ":undo", ":undo",
    ":undo\n:undo\n:undo", ":redo", "u = 4", "r = 1",
  ]

  private static let programs =
    LoopProgramTests.programs + LoopTests.programs + [
      "for i in 0:n + 5 { k += i }", "repeat n + 4 { k += 1; n += 1 }", "for i in 0:5:n + 1 { h[i % 3] = i }",
      "for q in x { k += sum(q) }", "for i in a { k += i }", "for i in [1, 2, 4, 9, 3] { k += i; if i > 3 { n += i } }",
      "for i in n:n + 6 { h[i % 3] += c(w) * i }", "for i in 0:n + 4 { h[i] = i }",
      "while k < n + 20 { k += 1; n += 0.5 }",
      "for i in 0:5 { l = loss; g = grad(l, w); w -= 0.1 * g; k = l }",
      "vel = 0.5 * grad(loss, w); repeat 3 { w -= 0.1 * vel }", "repeat 5 { w -= 0.01 * grad(loss) }",
      "for i in 0:5 { k += ans; }", "for i in 0:6 { a = tanh(a) * c(a); k = max(a) + pi }",
    ]

  private static func run(_ lines: [String], keeping: Bool, _ type: ElementType) -> (texts: [String], served: Int) {
    var session = Session()
    (session.keepsRepetitions, session.surroundings.compilesLoops) = (keeping, keeping)
    session.setPrecision(type)
    var texts = [printed(LoopProgramTests.setUp, in: &session)]
    for line in lines {
      texts.append(printed(line, in: &session))
      texts += session.fingerprint
    }
    return (texts + [printed("k; a; w\ny; normal(2)", in: &session)], session.keptLoops.served)
  }

  private func compare(_ lines: [String], _ type: ElementType) {
    let (fast, slow) = (Self.run(lines, keeping: true, type), Self.run(lines, keeping: false, type))
    let pairs = zip(fast.texts, slow.texts)
    if let (a, b) = pairs.first(where: { $0 != $1 }) { Issue.record("\(lines)\n\(a)\n\(b)") }
    #expect(fast.texts.count == slow.texts.count)
  }

  /// A program again and again, with changes in between by chance.
  private static func lines(_ program: String, _ random: inout SplitMix) -> [String] {
    (0..<7).flatMap { round in
      let change = changes[Int(random.next() % UInt64(changes.count))]
      return round > 0 && !change.isEmpty ? [change, program] : [program]
    }
  }

  @Test(arguments: programs, [ElementType.float32, .float64])
  func programsGiveTheSame(program: String, type: ElementType) {
    compare([String](repeating: program, count: 4), type)
    var random = SplitMix(program.utf8.reduce(7) { $0 &* 31 &+ Int($1) } & 0xFFFF)
    for _ in 0..<3 { compare(Self.lines(program, &random), type) }
  }

  @Test(arguments: 0..<10) func randomProgramsGiveTheSame(part: Int) {
    for number in 0..<12 {
      var writer = LoopProgramTests.Writer(random: SplitMix(700_000 + part * 1_000 + number))
      let program = writer.loop()
      compare(Self.lines(program, &writer.random), number % 2 == 0 ? .float32 : .float64)
    }
  }

  @Test(.enabled(if: CompiledCode.isAvailable), arguments: programs) func codeGivesTheSame(program: String) {
    var random = SplitMix(program.utf8.reduce(3) { $0 &* 31 &+ Int($1) } & 0xFFFF)
    let lines = [program, program] + Self.lines(program, &random)
    let fast = CompiledCode.$policy.withValue(.always) { Self.run(lines, keeping: true, .float32) }
    let slow = CompiledCode.$policy.withValue(.never) { Self.run(lines, keeping: true, .float32) }
    if let (a, b) = zip(fast.texts, slow.texts).first(where: { $0 != $1 }) { Issue.record("\(lines)\n\(a)\n\(b)") }
  }

  /// Those that have to be found again, whatever the count.
  @Test(arguments: [
    ("for i in 0:9 { w -= 0.1 * grad(c(w), w); h[i % 6] = c(w) }", "0:9", "0:12"),
    ("for i in 0:6 { h[i] = i }", "0:6", "0:5"), ("repeat 9 { n += 1; a += n }", "9", "14"),
    ("while n < 90 { n += 1 }", "", ""), ("for i in 0:9 { if i % 2 == 0 { k += 1 } }", "0:9", "0:20"),
    ("for i in 0:9 { Q[i % 3, 0] += 1 }", "0:9", "0:7"), ("for q in x { k += sum(q) }", "", ""),
  ])
  func loopsAreFoundAgain(program: String, count: String, other: String) {
    var session = Session()
    _ = printed(LoopProgramTests.setUp, in: &session)
    for _ in 0..<3 { _ = printed(program, in: &session) }
    let before = session.keptLoops.served
    _ = printed(program, in: &session)
    #expect(session.keptLoops.served > before)
    guard !count.isEmpty else { return }
    #expect(session.keptLoops.count == 1)
    _ = printed("\n  " + program.replacingFirst(count, with: other), in: &session)
    #expect(session.keptLoops.served > before + 1)
  }

  /// What was given a number before is no reason to run a round by itself.
  @Test func loopsBehindTheirStartsAreFoundAgain() {
    var session = Session()
    _ = printed(LoopProgramTests.setUp, in: &session)
    let program = "s = 0; h = zeros(6)\nfor i in 0:6 { s += i; h[i] = s }"
    for _ in 0..<4 { _ = printed(program, in: &session) }
    let tally = session.keptLoops.served
    _ = printed(program, in: &session)
    #expect(session.keptLoops.served == tally + 1)
    #expect(printed("h", in: &session) == printed("h = cumsum(0:6)\nh"))
  }

  /// What is wrong is told where it stands now.
  @Test func errorsAreToldWhereTheyAre() {
    let program = "for i in 0:9 {\n  k += 1\n  if k > n { h[i + 3] = i }\n}"
    for number in 0..<8 {
      let line = String(repeating: "\n", count: number) + (number % 2 == 0 ? "" : "k = 2; n = 7; ") + program
      let lines = ["n = 99", program, program, program, "n = \(number)", line, "a = k", line]
      compare(lines, .float32)
    }
  }

  /// A state that was left, and a copy that went its own way, count the same clock for other things.
  @Test func copiesOfASessionAreApart() {
    var session = Session()
    _ = printed("k = 0; f(q) = q + 1", in: &session)
    var copy = session
    let program = "for i in 0:9 { k = f(k) }"
    _ = printed("f(q) = q + 2", in: &session)
    _ = printed("f(q) = q + 3", in: &copy)
    for _ in 0..<4 {
      #expect(printed("k = 0\n\(program)\nk", in: &session) == "18")
      #expect(printed("k = 0\n\(program)\nk", in: &copy) == "27")
    }
  }

  @Test func statementsOfCopiesAreApart() {
    var session = Session()
    _ = printed("k = 2; f(q) = q + 1", in: &session)
    for (number, answer) in [(2, 4), (3, 5), (4, 6)] {
      _ = printed("f(q) = q + \(number)", in: &session)
      for _ in 0..<3 { #expect(printed("y = f(k)\ny", in: &session) == "\(answer)") }
      _ = printed(":undo\n:undo\n:undo\n:undo", in: &session)
    }
  }

  @Test func thereIsABound() {
    var session = Session()
    for number in 0..<40 {
      for _ in 0..<3 { _ = printed("k = 0\nfor i in 0:\(number + 4) { k += i * \(number) }", in: &session) }
    }
    #expect(session.keptLoops.count <= 16)
  }
}

extension String {
  fileprivate func replacingFirst(_ text: String, with other: String) -> String {
    guard let range = firstRange(of: text) else { return self }
    return replacingCharacters(in: range, other)
  }

  private func replacingCharacters(in range: Range<Index>, _ other: String) -> String {
    self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
