import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Calls of `train` that take one step, again and again, by what was kept of them, held against the same calls understood
/// anew each time.
@Suite struct KeptStepTests {
  private static let setUp = """
    m = mask([[0, 1], [1, 0], [0, 1]]); x = rand(4, 3); t = rand(4, 2); r = 0.1; k = 2
    w = weights(3, 2); v = weights(2, 2); u = weights(3, 2, mask=m); n = (a=weights(2), o=1); labels = [0, 1, 1, 0]
    f(q, s) = tanh(x @ q) @ s
    loss := mse(f(w, v), t)
    held = mse(x @ u, t) + k
    masked := mse(relu(x @ u) + x @ w, t)
    both := mse(relu(x @ u) + x @ w, t) + sum(n.a ** 2)

    """

  private static let programs = [
    "train(loss, w, steps=1)", "train(loss, steps=1, using=\"adam\")",
    "repeat 4 { train(loss, w, steps=1, rate=r); train(loss, v, steps=1, rate=r / 2, momentum=0.9) }",
    "repeat 4 { a = train(loss, w, steps=1, using=\"adam\", clip=0.1); v -= 0.1 * a[0] }",
    "for i in 0:4 { train(masked, u, steps=1, decay=0.1); train(masked, w, steps=1) }", "train(held, u, steps=1)",
    "train(both, n.a, steps=1)", "train(both, steps=1)", "train(mse(dropout(x, 0.5) @ w, t), w, steps=1)",
    "train(loss, w, steps=1, fresh=true)", "train(loss, w, steps=1, rate=1e30)",
    "train(mse(f(w, v) * k, t), w, steps=1, using=\"adamw\")", "train(loss, w, steps=1, freeze=w > 0)",
    "repeat 3 { train(-loss, x, steps=1); train(loss, w, steps=1) }",
    "train(loss, w, steps=1, using=\"rmsprop\"); loss", "train(cross_entropy(x @ w, labels), w, steps=1)",
    "for i in 0:4 { train(mse(x[i:i + 1] @ w, t[i:i + 1]), w, steps=1) }",
    "train(sum((x @ w)[labels > 0]), w, steps=1)",
  ]

  private static let changes = [
    "", "", "", "r = 0.2", "r = [1, 2]", "k = 3", "k = x", "w = weights(3, 2)", "w = rand(3, 2)", "w += 1",
    "w = w * nan",
    "w[0, 0] = inf", "freeze w", "thaw w", "freeze w[0, 0]", "freeze u", "thaw u", "u = weights(3, 2)",
    "m = mask(x[:3, :2] > 0.5)",
    "u = weights(3, 2, mask=m)", "x = x * 2", "x = rand(3, 3); t = rand(3, 2)", "t = rand(4, 2)", "v = rand(2, 2)",
    "del v",
    "v = weights(2, 2)", "loss := mse(f(w, v), t) * 2", "loss = mse(f(w, v), t)", "held = mse(x @ u, t) + k",
    "f(q, s) = relu(x @ q) @ s", "train(loss, w, steps=3)", "train(loss, w, steps=2, using=\"adam\")", "seed(4)",
    "normal(2)",
    ":undo", ":undo\n:undo", ":redo", ":set precision float64", ":precision float32", "n.a = [1, 2]", "tanh(q) = q",
    "labels = [1, 1, 0, 0]", "labels = [0, 2, 1, 0]", "labels[2] = 0", "labels = randint(0, 2, 4)", ":undo",
    "del tanh", "mse(a, b) = sum(a - b)", "del mse", "i = 3", "a = 1",
  ]

  private static func run(_ lines: [String], keeping: Bool) -> (texts: [String], served: Int) {
    var session = Session()
    session.keepsRepetitions = keeping
    var texts = [printed(setUp, in: &session)]
    for line in lines {
      texts.append(printed(line, in: &session))
      texts += session.fingerprint
      let states = session.state.optimisers.sorted { $0.key < $1.key }
      texts.append("\(states.map { "\($0.key) \($0.value.steps) \($0.value.tensors.map(\.values))" })")
    }
    return (texts, session.keptSteps.served)
  }

  private func compare(_ lines: [String]) -> Int {
    let (fast, slow) = (Self.run(lines, keeping: true), Self.run(lines, keeping: false))
    if let (a, b) = zip(fast.texts, slow.texts).first(where: { $0 != $1 }) { Issue.record("\(lines)\n\(a)\n\(b)") }
    #expect(fast.texts.count == slow.texts.count && slow.served == 0)
    return fast.served
  }

  @Test(arguments: programs) func stepsAreTheSame(program: String) {
    _ = compare([String](repeating: program, count: 5))
    var random = SplitMix(program.utf8.reduce(7) { $0 &* 31 &+ Int($1) } & 0xFFFF)
    for _ in 0..<8 {
      let lines = (0..<9).flatMap { round in
        let change = Self.changes[Int(random.next() % UInt64(Self.changes.count))]
        return round > 0 && !change.isEmpty ? [change, program] : [program]
      }
      _ = compare(lines)
    }
  }

  @Test func stepsThatComeAgainAreKept() {
    #expect(compare([String](repeating: Self.programs[0], count: 5)) == 3)
    #expect(compare([Self.programs[2]]) == 4)
    #expect(compare([Self.programs[4], Self.programs[4]]) > 4)
    #expect(compare([String](repeating: "train(masked, u, steps=1)", count: 5)) == 3)
    #expect(compare([String](repeating: Self.programs[8], count: 5)) == 0)
    // On lines of one script, too.
    #expect(compare([[String](repeating: "train(masked, u, steps=1)", count: 4).joined(separator: "\n")]) == 2)
    // What shapes a graph has to be what it was.
    let labelled = "train(cross_entropy(x @ w, labels), w, steps=1)"
    #expect(compare([String](repeating: labelled, count: 5)) == 3)
    #expect(compare([labelled, labelled, "labels = [1, 1, 0, 0]", labelled, labelled]) == 1)
  }
}
