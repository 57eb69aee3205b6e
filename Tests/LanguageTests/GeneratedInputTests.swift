import Foundation
import Language
import Syntax
import TestSupport
import Testing

/// Whatever is typed, a session answers or refuses; it never crashes and keeps what it had.
@Suite struct GeneratedInputTests {
  static let words = [
    "a", "b", "m", "x", "w", "loss", "f", "1", "2.5", "-3", "[1, 2]", "[[1, 2], [3, 4]]", "[true, false]", "+", "-",
    "*", "/", "@", "^", "%", "==", "<", "and", "not", "(", ")", "[", "]", ",", ";", "\n", "=", ":=", "+=", ":", "sum(",
    "relu(", "grad(", "zeros(2)", "mask(", "exp(", "where(", "reshape(", "repeat 2 {", "for i in 0:3 {", "if", "}",
    "{", "'", ".T", "inf", "nan", "new", "...", "\"t\"", "expect", "~", "input q: [n]", "?", ":vars", ":help", "|>",
    "weights(2, 2)", "softmax(", "max(", "axis=0", "concat(", "0:4", "einsum(", "cumsum(", "#", "\\", "é", "\u{0}",
  ]

  @Test(arguments: 0..<20) func randomProgramsAreAnswered(block: Int) {
    for number in 0..<500 {
      var random = SplitMix(block * 500 + number)
      let count = Int.random(in: 1...14, using: &random)
      let program = (0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }.joined(separator: " ")
      survive(program, seed: block * 500 + number)
    }
  }

  @Test(arguments: TranscriptTests.documents.dropFirst()) func editedExamplesAreAnswered(path: String) throws {
    let text = try Checkout.text(of: path)
    for number in 0..<60 {
      var random = SplitMix(number)
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = UInt8.random(in: 32..<127, using: &random)
        default: bytes.insert(contentsOf: Array((Self.words.randomElement(using: &random) ?? "").utf8), at: place)
        }
      }
      survive(String(decoding: bytes, as: UTF8.self), seed: number)
    }
  }

  private func survive(_ program: String, seed: Int) {
    var session = Session()
    session.memoryLimit = 1 << 24
    _ = printed("kept = 41", in: &session)
    let text = printed(program, in: &session)
    #expect(text.utf8.count >= 0)
    if !program.contains("kept") { #expect(printed("kept + 1", in: &session) == "42", "seed \(seed): \(program)") }
  }
}
