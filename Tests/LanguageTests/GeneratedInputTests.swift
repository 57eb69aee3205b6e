import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Whatever is typed, a session answers or refuses, each time the same; it never crashes and keeps what it had.
@Suite struct GeneratedInputTests {
  static let words = [
    "a", "b", "m", "x", "w", "loss", "f", "1", "2.5", "-3", "[1, 2]", "[[1, 2], [3, 4]]", "[true, false]", "+", "-",
    "*", "/", "@", "^", "%", "==", "<", "and", "not", "(", ")", "[", "]", ",", ";", "\n", "=", ":=", "+=", ":", "sum(",
    "relu(", "grad(", "zeros(2)", "mask(", "exp(", "where(", "reshape(", "repeat 2 {", "for i in 0:3 {", "if", "}",
    "{", "'", ".T", "inf", "nan", "new", "...", "\"t\"", "expect", "~", "input q: [n]", "?", ":vars", ":help", "|>",
    "weights(2, 2)", "softmax(", "max(", "axis=0", "concat(", "0:4", "einsum(", "cumsum(", "#", "\\", "é", "\u{0}",
  ]

  @Test(arguments: 0..<20) func randomProgramsAreAnswered(block: Int) {
    for number in 0..<(Pace.isQuick ? 30 : 400) {
      let seed = block * 500 + number
      expectAnswered(Self.program(seed), "seed \(seed)")
    }
  }

  static func program(_ seed: Int) -> String {
    var random = SplitMix(seed)
    let count = Int.random(in: 1...14, using: &random)
    return (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
  }

  @Test(.slow, arguments: TranscriptTests.documents.dropFirst()) func editedExamplesAreAnswered(path: String) throws {
    let text = try Checkout.text(of: path)
    for seed in 0..<40 {
      var random = SplitMix(seed)
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = UInt8.random(in: 32..<127, using: &random)
        default: bytes.insert(contentsOf: Array((Self.words.randomElement(using: &random) ?? "").utf8), at: place)
        }
      }
      expectAnswered(String(decoding: bytes, as: UTF8.self), "\(path), seed \(seed)")
    }
  }

  /// What was printed, and what was refused.
  private struct Answer: Equatable {
    var lines: [String] = []
    /// The bytes of the text that the refusals point into.
    var size = 0
    var diagnostics: [Diagnostic] = []

    static func == (a: Answer, b: Answer) -> Bool {
      a.lines == b.lines && a.diagnostics.map(\.message) == b.diagnostics.map(\.message)
        && a.diagnostics.map(\.range) == b.diagnostics.map(\.range)
    }
  }

  private func answer(_ program: String, in session: inout Session) -> Answer {
    var answer = Answer()
    do throws(Failure) {
      try session.run(Source(name: nil, text: program)) { output in
        switch output {
        case .result(let text), .notice(let text), .shown(let text, _), .progress(let text, _, _):
          answer.lines.append(text)
        case .cleared: break
        }
      }
    } catch { (answer.diagnostics, answer.size) = (error.diagnostics, error.source.text.utf8.count) }
    return answer
  }

  private func session() -> Session {
    var session = Session()
    session.memoryLimit = 1 << 24
    _ = printed("kept = 41", in: &session)
    return session
  }

  private func expectAnswered(_ program: String, _ comment: Comment) {
    let (first, second) = (session(), session())
    var (session, other) = (first, second)
    let answer = answer(program, in: &session)
    // Times are told as they are.
    if !program.contains(":time"), !program.contains(":env") {
      #expect(self.answer(program, in: &other) == answer, comment)
    }
    for diagnostic in answer.diagnostics {
      #expect(!diagnostic.message.isEmpty && !diagnostic.message.contains("\n"), comment)
      for range in [diagnostic.range].compactMap({ $0 }) + diagnostic.labels.map(\.range) {
        #expect(
          0 <= range.lowerBound && range.lowerBound <= range.upperBound && range.upperBound <= answer.size, comment)
      }
    }
    if !program.contains("kept") { #expect(printed("kept + 1", in: &session) == "42", comment) }
  }

  /// What is a syntax error is one in any precision, before anything runs.
  @Test(arguments: 0..<4) func aPrecisionChangesNoGrammar(block: Int) {
    for number in 0..<100 {
      let program = Self.program(90_000 + block * 100 + number)
      var (single, double) = (session(), session())
      _ = printed(":precision float64", in: &double)
      let expected = Parser.parse(program).diagnostics.map(\.message)
      guard !expected.isEmpty else { continue }
      for answer in [answer(program, in: &single), answer(program, in: &double)] {
        #expect(Array(answer.diagnostics.map(\.message).prefix(expected.count)) == expected, "\(program)")
      }
    }
  }

  // MARK: Large values

  private static let large = [
    "a + b", "a * k", "relu(a @ s)", "sum(a)", "max(b, axis=0)", "a[::-1, ::2]", "a[:, :60].T @ b", "cumsum(a, axis=1)",
    "where(k, a, b)", "softmax(a)", "sort(b)", "exp(a) - b", "a % 0.3", "mean(a * b)", "grad(sum(tanh(a @ s)), s)",
    "grad(mse(relu(a), b), a)", "std(a, axis=0)", "argmax(a, axis=1)", "concat([a, b])", "normal(700, 900)",
  ]

  /// The second thread changes no bit: there is no other order to sum in.
  ///
  /// The largest products are left out: where there is OpenBLAS, they are its own.
  @Test(.slow, arguments: ["float32", "float64"]) func oneThreadGivesWhatTwoGive(precision: String) {
    var session = Session()
    _ = printed(
      ":precision \(precision)\na = randn(700, 900); b = randn(700, 900); s = randn(900, 80); k = a > 0.3", in: &session
    )
    defer { Session.setThreads(2) }
    for expression in Self.large {
      let bits = [1, 2].map { threads in
        var copy = session
        Session.setThreads(threads)
        #expect(printed("r = \(expression)", in: &copy).isEmpty)
        return copy.held("r")?.tensor.values.map(\.bitPattern)
      }
      #expect(bits[0] != nil && bits[0] == bits[1], "\(expression)")
    }
  }
}
