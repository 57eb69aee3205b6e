import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Loops with branches, loops, places and draws in them, held against the same loops run statement by statement.
@Suite struct LoopProgramTests {
  static let setUp = """
    w = weights(3, 2); b = weights(2); m = mask([[0, 1], [1, 0], [0, 1]]); x = rand(4, 3); t = rand(4, 2)
    y := relu(x @ (w * m) + b)
    loss := mse(y, t)
    c(q) = sum(q ** 2)
    a = [1, 2, 3]; k = 0; n = 0; s = 0; v = [[1, 2], [3, 4]]; h = zeros(6); Q = zeros(3, 2); z = m * w; p = (u=[1, 2], o=3)
    vel = 0.5 * grad(loss, w); pair = (a=w, b=grad(loss, w)); both = [w, grad(loss, w)]; zr = relu(m * w); masked = m * w

    """

  static let programs = [
    "for i in 0:6 { w -= 0.1 * grad(loss, w); h[i] = c(w) }",
    "for i in 0:9 { a[i % 3] += i }",
    "for i in 0:9 { a[i % 3 - 3] += i }",
    "for i in 0:7 { h[i] = i }",
    "for i in 0:9 { a[i / 2] = 1 }",
    "for i in 0:9 { if i % 3 == 0 { k = i } }",
    "for i in 0:9 { if i % 3 == 2 { k = w[0, 0]; e1 = k } }",
    "for i in 0:9 { if i % 3 == 2 { fresh = i } else { k += 1 } }",
    "repeat 5 { repeat 3 { k += 1; a += k } }",
    "repeat 5 { for j in 0:3 { a[j] += n; n += 1 }; k += sum(a) }",
    "repeat 5 { for j in 0:n { k += j }; n += 1 }",
    "repeat 5 { for q in a { k += q }; a = a * 1.5 }",
    "repeat 5 { for row in v { k += sum(row) }; v = v * 0.5 }",
    "repeat 5 { for j, q in enumerate(x) { k += sum(q) * j } }",
    "for i, q in enumerate(x) { k += sum(q) * i }",
    "for q, r in zip(x, t) { k += sum(q) * sum(r) }",
    "while n < 9 { n += 1; if n == 5 { k = n } }",
    "while k < 20 { k += sum(a); n += 1 }",
    "repeat 6 { s = 0; for j in 0:3 { s += a[j] }; k += s }",
    "for i in 0:9 { Q[i % 3, 0] += 1; Q[argmax(Q[:, 0]), 1] = i }",
    "for i in 0:9 { k = a[argmax(a)]; a[argmax(a)] = 0 }",
    "for i in 0:9 { expect i < 8 }",
    "for i in 0:9 { n += 1; expect n ~ i + 1; k = n }",
    "for i in 0:9 { print(\"{i} {k}\"); k += i }",
    "for i in 0:9 { if i % 4 == 0 { print(i) }; k += i }",
    "for i in 0:9 { k += i; if k > 10 { break } }",
    "for i in 0:9 { if i == 3 { continue }; k += i }",
    "for i in 0:5 { for j in 0:9 { if j > i { break }; k += j; if j == 1 { continue }; n += 1 } }",
    "for i in 0:9 { a += normal(3); if a[0] > 1 { a = normal(3); g = a * 2 } }",
    "for i in 0:9 { if a[0] > 2 { q = sum(normal(2)) }; a = a * 1.2 }",
    "repeat 9 { z = relu(z - 0.1); k += sum(z) }",
    "repeat 9 { if n % 2 == 0 { z = relu(z - 0.1) } else { z = m * (z + 0.05) }; n += 1 }",
    "for i in 0:9 { l = loss; if i % 2 == 0 { w -= 0.1 }; g = grad(l, w) }",
    "for i in 0:9 { l = loss; g = grad(l, w); if i % 2 == 0 { w -= 0.1 * g } }",
    "for i in 0:9 { k += 1; l = k * 2; if l > 6 { o2 = l + k } }",
    "for i in 0:9 { xb = x[i % 3 : i % 3 + 2]; k += sum(xb) }",
    "for i in 0:3 { for j in 0:2 { xb = x[2 * j : 2 * j + 2]; w -= 0.1 * grad(mse(xb @ w, t[2 * j : 2 * j + 2]), w) } }",
    "repeat 4 { train(loss, steps=1, using=\"sgd\"); k += sum(w) }",
    "repeat 4 { repeat 2 { train(loss, steps=1) }; h[0] += 1 }",
    "for i in 0:9 { a[[0, i % 3]] = i }",
    "for i in 0:9 { a[a > 2] = 0; a += 0.5 }",
    "for i in 0:9 { p.u[i % 2] += 1 }",
    "repeat 9 { p = p * 1.5; k += p.o }",
    "repeat 5 { a = concat([a, [1]]); k += 1 }",
    "repeat 5 { if n > 2 { a = [1] }; n += 1 }",
    "for i in 0:9 { if i == 7 { a = undefinedname }; k += i }",
    "for i in 0:9 { k += i; if i == 7 { a = a @ v } }",
    "repeat 3 { repeat 4 { k += 1; if k == 6 { a[9] = 1 } } }",
    "for i in 0:9 { w[i % 3, 0] = 1; k += 1 }",
    "for i in 0:9 { h[i % 5 : i % 5 + 2] = i }",
    "for i in 0:9 { Q[i % 3] = [i, 1] }",
    "for i in 0:9 { v = v * nan * m[0, 0]; if i > 3 { k = v[0, 0] } }",
    "for i in 0:9 { f = a > 2; if any(f) { a -= 1 } else { a += 2 }; k += sum(f) }",
    "for i in 0:9 { n = i; while n > 1 { n = n / 2; k += 1 } }",
    "for i in 0:4 { a; k += 1; }",
    "for i in 0:9 { flags = a > i; if all(not flags) { k = 100 } }",
    "for i in 0:9 { if a { k = 1 } }",
    "for i in 0:9 { repeat k { n += 1 }; k += 0.5 }",
  ]

  /// What a program prints and leaves.
  static func state(_ program: String, compiled: Bool, _ type: ElementType) -> [String] {
    var session = Session()
    session.surroundings.compilesLoops = compiled
    session.setPrecision(type)
    let text = printed(setUp, in: &session) + printed(program, in: &session)
    return [text] + session.fingerprint + [printed("k; a; w\ny; normal(2)\nz = w * 2", in: &session)]
  }

  @Test(arguments: programs, [ElementType.float32, .float64])
  func programsGiveTheSame(program: String, type: ElementType) {
    let (fast, slow) = (Self.state(program, compiled: true, type), Self.state(program, compiled: false, type))
    if fast != slow {
      for (a, b) in zip(fast, slow) where a != b { Issue.record("\(program)\n\(a)\n\(b)") }
    }
    #expect(fast.count == slow.count)
  }

  /// Statements that come again are evaluated by what was kept of them, as long as names hold values of the same kind.
  @Test(arguments: [ElementType.float32, .float64])
  func statementsThatComeAgain(type: ElementType) {
    let statements = [
      "q = a + 1", "a = a * 1.1", "a + k;", "grad(loss, w);", "w -= 0.1 * grad(loss, w)", "q = x @ w",
      "g = grad(c(q), w)",
      "k = 2", "k = [1, 2, 3]", "a = [3, 2, 1]", "m = mask([[1, 1], [1, 0], [0, 1]])", "z = w * m", "grad(sum(z), w);",
      "c(u) = sum(u)", "freeze w", "thaw w", "q = 3", "a[0];", "q = a[k > 1]", "loss := mse(y, t) * 2", "q = normal(3)",
      "q = z * nan", "q = relu(w)", "q * 2;", "ans + 1;", "b = weights(2)", "y := relu(x @ (w * m))", "del q",
      "l, g = value_and_grad(loss, w)",
      "q = sum(w)", "x = x * 2", "q = pi * a", "pi = 3", "q = p.u", "p = (u=a, o=1)", "q = not (a > 2)", "q = y",
      "print(k)", "j = 1", "j = 2", "j = 5", "q = a[j]", "q = x[j - 1:j + 1]", "a[j] = 4", "labels = [0, 1, 0, 1]",
      "labels = [0, 1, 1]", "labels[0] = 1", "grad(cross_entropy(x @ w, labels), w);", "q = a[a > 1]",
      "q = one_hot(labels, 3)", ":undo",
      ":set precision float64", "a = a * 1.1",
      "f(q) = { repeat 20 { q = tanh(q * 1.1) + sum(b) }; sum(q) }", "f(w);",
      "grad(f(w), w);", "q = f(a * 0.1)", "f(q) = { for i in 0:12 { q = q * a[i % n + 1] }; sum(q) }", "n = 1", "n = 2",
      "n = 3", "f(q) = { for i in 0:n + 9 { q = q + normal(3) }; sum(q) }", "a = [1, 2, 3, 4]",
      "f(q) = { for i in 0:20 { if q[0] > 2 { q = q * 0.5 } else { q = q + a[0] } }; sum(q) }", "f(a);",
      "grad(f(a), a);",
      "f(q) = { while q[0] < k { q = q + 1 }; sum(q) }",
      "f(q) = { h = zeros(20); for i in 0:20 { h[i] = q[0] * i }; sum(h) }",
    ]
    for seed in 0..<90 {
      var random = SplitMix(seed)
      let picked = (0..<4).map { _ in statements[Int(random.next() % UInt64(statements.count))] }
      let program = (0..<40).map { _ in
        random.next() % 3 == 0
          ? statements[Int(random.next() % UInt64(statements.count))] : picked[Int(random.next() % 4)]
      }
      var (fast, slow) = (Session(), Session())
      slow.keepsRepetitions = false
      for session in [0, 1] {
        var own = session == 0 ? fast : slow
        own.setPrecision(type)
        _ = printed(Self.setUp, in: &own)
        if session == 0 { fast = own } else { slow = own }
      }
      for line in program {
        let (a, b) = (printed(line, in: &fast), printed(line, in: &slow))
        #expect(a == b, "\(program)")
        #expect(fast.fingerprint == slow.fingerprint, "\(line) in \(program)")
        let (x, y) = (fast.answerTensor, slow.answerTensor)
        #expect(x?.tensor.values.map(\.bitPattern) == y?.tensor.values.map(\.bitPattern), "\(line) in \(program)")
      }
    }
  }

  @Test func plansOfLoopsSayWhatIsntFollowed() {
    let text = printed(Self.setUp + ":plan for i in 0:9 { h[i % 6] = c(w); if i % 2 == 0 { k = i }; print(i) }")
    #expect(text.contains("if i % 2 == 0:"))
    #expect(text.contains("statement by statement: print(i): it gives an answer"))
  }

  /// Weights were made of no name, so that nothing else leads to them: not in the first round, and not in those after it.
  @Test func plansOfTrainingLoopsAreWhole() {
    let text = printed(
      """
      x = rand(4, 3); w = weights(3, 2); u = weights(2, 2)
      loss := sum(relu(x @ w) @ u)
      :plan repeat 9 { g, h = grad(loss, w, u); w -= 0.1 * g; u -= 0.1 * h }
      """)
    #expect(text.contains("matmul"), "\(text)")
    #expect(!text.contains("statement by statement"), "\(text)")
  }

  /// Writes loops by chance: statements that fit together, and some that don't.
  struct Writer {
    var random: SplitMix

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int(random.next() % UInt64(choices.count))] }

    mutating func number(_ depth: Int) -> String {
      let leaves = ["k", "n", "s", "i", "2", "0.5", "sum(a)", "a[i % 3]", "c(w)", "Q[i % 3, 1]", "max(a)", "h[n % 6]"]
      if depth == 0 { return pick(leaves) }
      let (x, y) = (number(depth - 1), number(depth - 1))
      return pick(leaves + ["\(x) + \(y)", "\(x) - \(y)", "tanh(\(x)) * \(y)", "min(\(x), 9)"].map { "(\($0))" })
    }

    mutating func vector(_ depth: Int) -> String {
      let leaves = ["a", "normal(3)", "[1, i, 2]", "relu(a - 1)", "w[:, 0]", "x[i % 4]", "a[[2, 0, 1]]"]
      if depth == 0 { return pick(leaves) }
      return pick(
        leaves + ["tanh(\(vector(depth - 1))) * \(number(depth - 1))", "\(vector(depth - 1)) + \(number(0))"])
    }

    mutating func test() -> String {
      pick(["i % 2 == 0", "i % 3 == 1", "a[0] > 1", "\(number(0)) > \(number(0))", "n % 2 == 0", "any(a > 2)", "k < 3"])
    }

    mutating func place() -> String { pick(["i % 3", "n % 3", "argmax(a)", "i % 3 - 3", "0"]) }

    mutating func statement(_ depth: Int) -> String {
      var kinds = [
        "k = \(number(1))", "k += \(number(0))", "n += 1", "s = 0", "s += \(number(1))", "a = tanh(\(vector(1)))",
        "a += \(vector(0))", "a[\(place())] = \(number(1))", "a[\(place())] += \(number(0))",
        "Q[\(place()), i % 2] += \(number(0))", "h[i % 6] = \(number(1))", "w -= 0.1 * grad(loss, w)",
        "b -= 0.05 * grad(loss, b)", "g = grad(c(w) * \(number(0)), w)", "l = loss; w -= 0.01 * grad(l, w)",
        "z = m * (z + \(number(0)))", "z = relu(z - 0.1)", "r = \(vector(1))", "e1 = \(number(1))", "n = argmax(a)",
        "a = a / (1 + sum(a * a))", "q = sum(w * z)", "w += 0.01 * grad(q, w)",
      ]
      if depth > 0 {
        kinds += [
          "if \(test()) { \(block(depth - 1)) }", "if \(test()) { \(block(depth - 1)) } else { \(block(depth - 1)) }",
          "repeat 3 { \(block(depth - 1)) }", "for j in 0:3 { s += a[j]; \(block(depth - 1)) }",
          "for j in 0:n % 4 { \(block(depth - 1)) }", "if \(test()) { \(pick(["break", "continue"])) }",
          "for q1 in a { k += q1; \(block(depth - 1)) }", "expect \(number(0)) < 50", "print(\(number(0)))",
          "for row in v { s += sum(row) }", "u = 0; while u < 4 { u += 1; \(block(depth - 1)) }",
        ]
        if random.next() % 2 == 0 { kinds = Array(kinds.suffix(11)) }
      }
      return pick(kinds)
    }

    mutating func block(_ depth: Int) -> String {
      (0...random.next() % 3).map { _ in statement(depth) }.joined(separator: "; ")
    }

    mutating func loop() -> String {
      let count = 5 + random.next() % 8
      return "for i in 0:\(count) { \(block(2)); \(block(1)) }"
    }
  }

  @Test(arguments: 0..<10, [ElementType.float32, .float64])
  func randomProgramsGiveTheSame(part: Int, type: ElementType) {
    for number in 0..<40 {
      var writer = Writer(random: SplitMix(part * 1_000 + number))
      let program = writer.loop()
      let (fast, slow) = (Self.state(program, compiled: true, type), Self.state(program, compiled: false, type))
      for (a, b) in zip(fast, slow) where a != b { Issue.record("\(program)\n\(a)\n\(b)") }
      #expect(fast.count == slow.count, "\(program)\n\(Set(fast).symmetricDifference(slow))")
    }
  }
}
