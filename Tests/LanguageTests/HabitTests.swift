import Foundation
import Printing
import Syntax
import TestSupport
import Testing

@testable import Language

/// Lines of other languages and libraries, and what is offered in their place.
@Suite struct HabitTests {
  static let session = HabitPages.scene

  /// What the tools themselves gave: NumPy 2.4, SciPy 1.17, JAX 0.10, PyTorch 2.13, CPython 3.11, and what is known of others.
  static let values: [String: String] = {
    var values: [String: String] = [:]
    for line in (try? Checkout.text(of: "Tests/Fixtures/habits/values.tsv"))?.split(separator: "\n") ?? [] {
      let parts = line.split(separator: "\t", maxSplits: 1)
      values[String(parts[0])] = String(parts[1])
    }
    return values
  }()

  @Test func valuesAreThere() { #expect(Self.values.count > 700) }

  /// Every row: its example leads to a line that runs and gives what the tool gives, or to its sentence.
  @Test(arguments: Tool.allCases) func everyRowsExampleIsAnswered(tool: Tool) {
    for habit in Habit.all where habit.tool == tool {
      let example = habit.example
      switch Self.session.advice(for: example) {
      case .line(let line):
        check(line, for: example)
      case .sentence(let sentence):
        #expect(sentence.count > 10, "\(example)")
        #expect(Self.values[example] == nil, "\(example): \(sentence)")
      case nil:
        // It runs as it is.
        check(example, for: example)
      }
    }
  }

  private func check(_ line: String, for example: String) {
    var session = Self.session
    session.display.format = .json
    var printed: [String] = []
    // Files aren't there.
    if line.contains("load(") || line.contains("save(") || line.hasPrefix("run ") { return }
    do throws(Failure) {
      try session.run(Source(text: line)) { if case .result(let text) = $0 { printed.append(text) } }
      // What is only given a name is shown by it.
      if printed.isEmpty, !line.hasPrefix("expect "), line.contains("=") {
        let name = String(line.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        try session.run(Source(text: name)) { if case .result(let text) = $0 { printed.append(text) } }
      }
    } catch {
      Issue.record("\(example) → \(line): \(error.diagnostics.first?.message ?? "")")
      return
    }
    guard let wanted = Self.values[example] else { return }
    #expect(
      agrees(printed, wanted),
      "\(example) → \(line) gives \(printed.joined(separator: " ").prefix(200)), not \(wanted.prefix(200))")
  }

  private func agrees(_ printed: [String], _ wanted: String) -> Bool {
    let outputs = printed.flatMap { $0.split(separator: "\n") }.compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    guard let last = outputs.last,
      let value = try? JSONSerialization.jsonObject(with: Data(wanted.utf8), options: .fragmentsAllowed)
    else { return false }
    if let shape = (value as? [String: Any])?["shape"] as? [Int] { return last["shape"] as? [Int] == shape }
    let numbers = numbers(in: (value as? [String: Any])?["tuple"] ?? value)
    let isWhole = (value as? [String: Any])?["tuple"] == nil
    let given =
      (isWhole && outputs.count > 1 && self.numbers(in: last["data"] ?? []).count == numbers.count ? [last] : outputs)
      .flatMap { self.numbers(in: $0["data"] ?? []) }
    guard given.count == numbers.count else { return false }
    return zip(given, numbers).allSatisfy { a, b in
      a.isNaN && b.isNaN || a == b || abs(a - b) <= 2e-5 + 2e-4 * abs(b)
    }
  }

  private func numbers(in value: Any) -> [Double] {
    switch value {
    case let list as [Any]: list.flatMap { numbers(in: $0) }
    case let text as String: [text == "NaN" ? .nan : text == "Infinity" ? .infinity : -.infinity]
    case let number as NSNumber: [number.doubleValue]
    default: []
    }
  }

  @Test(arguments: [
    ("x = tf.placeholder(tf.float32, shape=(None, 3))", "input x: [n, 3]"),
    ("for i in range(3): print(i)", "for i in 0:3 { print(i) }"),
    ("disp(x[0])", "print(x[0])"),
    ("for i = 1:3, disp(x(i)), end", "for i in 1:4 { print(flatten(x.T)[i - 1]) }"),
    ("for i in range(3):\n    print(i)\n    print(np.sum(x))", "for i in 0:3 { print(i); print(sum(x)) }"),
    ("def f(x):\n    y = x ** 2\n    return y + 1", "f(x) = { y = x ^ 2; y + 1 }"),
    ("function y = f(x)\n  y = x .^ 2\nend", "f(x) = { y = x ^ 2; y }"),
    ("if x[0, 0] > 1: print('a')\nelse: print('b')", #"if x[0, 0] > 1 { print("a") } else { print("b") }"#),
    ("x(end, 1)", "x[-1, 0]"), ("v(end+1) = 5", "v = append(v, [5])"), ("x(2, :) = []", "x = delete(x, 1, axis=0)"),
    ("A .* B + A * B", "A * B + A @ B"), ("[1 2]' * [3 4]", "outer([1, 2], [3, 4])"), ("A(A > 1)", "A[A > 1]"),
    (#"print("z = %.2f of %d" % (3.14159, 2))"#, #"print("z = {3.14159:.2f} of {2}")"#),
    (#"print("loss: {:.3f}".format(loss))"#, #"print("loss: {loss:.3f}")"#),
    ("for (i in 1:3) { print(i) }", "for i in 1:4 { print(i) }"),
    ("while true, break, end", "while true { break }"), ("for i in range(2): pass", "for i in 0:2 {  }"),
    ("assert x.shape == (2, 3)", "expect all(x.shape == [2, 3])"), ("x.float()", "float32(x)"),
    ("x //= 2", "x = floor(x / 2)"), ("[a * 2 for a in v if a > 1]", "(v * 2)[v > 1]"),
    ("jax.grad(lambda w: jnp.sum(w ** 2))(w)", "grad(w -> sum(w ^ 2))(w)"), (">>> np.sum(x)", "sum(x)"),
    ("In [3]: np.sum(x)", "sum(x)"), ("%timeit np.sum(x)", ":time sum(x)"),
    ("1 < np.sum(x) < 5", "1 < sum(x) and sum(x) < 5"),
    ("(x > 1) == (np.abs(x) > 1)", "(x > 1) == (abs(x) > 1)"),
  ])
  func linesAreRewritten(line: String, ours: String) { #expect(Self.session.advice(for: line) == .line(ours)) }

  /// Mistakes of their own, words that have another meaning here, and what nobody can read.
  @Test(arguments: [
    "np.zeros(foo)", "np.zeros((2, 3", "np.reshape(x, (4, 4))", "np.nothing_like_it(x)", "x.foo()", "x @ y",
    "sum(x, 7)",
    "np.", "tf.matmul(x)", "for i in range(3: print(i)", "lambda", "def", "A(1, 2, 3, 4)", "x(0", "[1 2; 3", "'abc",
    "np.sum(x, axis=lss)", "a b c", "((((((", "torch.cat(x, y, z, 1)", "x |> inv", "f'{x'", "@", "with", "class",
  ])
  func nothingWrongIsOffered(line: String) {
    if case .line(let ours)? = Self.session.advice(for: line) { Issue.record("\(line) → \(ours)") }
  }

  /// Of a page with something in it that has no counterpart the other lines are told what they are here.
  @Test func eachLineIsToldItsOwn() {
    let text = printed(
      """
      import numpy as np
      def sigmoid(x):
          return 1 / (1 + np.exp(-x))

      class Net:
          pass
      """)
    let errors = text.split(separator: "error: ")
    #expect(errors.first?.contains("no import is needed") == true)
    #expect(errors.dropFirst().first?.contains("sigmoid(x) = 1 / (1 + exp(-x))") == true)
    #expect(errors.contains { $0.hasPrefix("'class'") == $0.contains("there are no classes") }, "\(text)")
  }

  @Test func aNameThatHidesAWordIsMeant() {
    var session = Session()
    #expect(printed("exit = 3\nexit", in: &session) == "3")
    #expect(!session.wantsToQuit)
    #expect(!printed("exit()", in: &session).contains(":quit"))
    _ = printed("np = 2", in: &session)
    #expect(session.advice(for: "np.sum(x)") == nil)
  }

  @Test(arguments: [
    ("1:2:7", "arange(1, 8, 2)"), ("5:-1:1", "arange(5, 0, -1)"), ("x = 3; x <- 5", "x = 5"),
    ("normal(0, 1, 3)", "normal(3, mean=0, std=1)"),
  ])
  func whatRunsAndMeansSomethingElseIsNotedOnce(line: String, ours: String) {
    let text = printed(line + "\n" + line)
    #expect(text.contains("note: ") && text.contains(ours), "\(text)")
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("note: ") }.count == 1, "\(text)")
  }

  /// The seed's TensorFlow program, each line replaced by what is offered for it, ends in its gradient.
  @Test func aTensorFlowProgramEndsInItsGradient() {
    let program = #"""
      import numpy as np, scipy as sp, tensorflow as tf
      x = tf.placeholder(tf.float32, shape=(None, 3))
      weights = tf.get_variable("weights", [3, 2])
      bias = tf.get_variable("bias", [2])
      mask = tf.constant(np.asarray([[0, 1], [1, 0], [0, 1]], dtype=np.float32))
      masked_weights = tf.multiply(weights, mask)
      y = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, masked_weights), bias))
      loss = tf.losses.mean_squared_error(tf.constant(np.asarray([[1, 1]], dtype=np.float32)), y)
      weights_grad = tf.gradients(loss, weights)
      sess = tf.Session()
      sess.run(tf.global_variables_initializer())
      print("Masked weights=\n", sess.run(masked_weights))
      data = np.random.rand(1, 3)
      print("Gradient of weights\n=", sess.run(weights_grad, feed_dict={x: data}))
      """#
    var session = Session()
    var last = ""
    for line in program.split(separator: "\n") {
      do throws(Failure) { try session.run(Source(text: String(line))) { _ in } } catch {
        let error = error.diagnostics[0]
        #expect(error.help != nil, "\(line): \(error.message)")
        guard let offer = error.offer else { continue }
        last = printed(offer, in: &session)
        #expect(!last.contains("error:"), "\(line) → \(offer): \(last)")
      }
    }
    #expect(last.hasPrefix("weights_grad  3×2"), "\(last)")
  }

  /// Whatever is cut out of lines of other languages: no crash.
  @Test func piecesOfForeignLinesAreNoTrouble() {
    var random = SplitMix(7)
    for habit in Habit.all where random.next() % 4 == 0 {
      var letters = Array(habit.example)
      let place = Int(random.next() % UInt64(letters.count))
      switch random.next() % 3 {
      case 0: letters.remove(at: place)
      case 1:
        letters.insert(
          contentsOf: "(]{}'\"=:,.*"[
            ..<"(]{}'\"=:,.*".index("(]{}'\"=:,.*".startIndex, offsetBy: Int(random.next() % 11))], at: place)
      default: letters.swapAt(place, Int(random.next() % UInt64(letters.count)))
      }
      _ = Self.session.advice(for: String(letters))
    }
  }
}
