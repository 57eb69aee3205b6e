import Syntax
import TestSupport
import Testing

@Suite struct RobustnessTests {
  private static let pieces = [
    "a", "f", "x", "重み", "∂w", "1", "2.5", "1e9", ".5", "\"t\"", "(", ")", "[", "]", "{", "}", ",", ";", "\n", ":", "=",
    ":=",
    "+=", "==", "<", "+", "-", "*", "@", "^", "'", ".T", ".", "...", "?", "~", "->", "|>", "#", "\r\n", "\"", " ", " ",
    " ", "not ",
    " and ", "repeat ", "for ", " in ", "if ", "else ", "while ", "input ", "expect ", "error ", "run ", "custom_grad ",
    "with ", "new",
    "\u{0}", "\u{FFFD}", "é", "\\", "!", "//", "\t", "true", "inf", "_", "$",
  ]

  private func check(_ text: String, _ comment: Comment) {
    let program = Parser.parse(text)
    #expect(program.diagnostics.count <= 3, comment)
    let size = text.utf8.count
    for diagnostic in program.diagnostics {
      let range = diagnostic.range ?? 0..<0
      #expect(0...size ~= range.lowerBound && range.upperBound <= size, comment)
      let lines = diagnostic.rendered(in: Source(name: "f", text: text)).split(separator: "\n")
      #expect(lines.count <= 8, comment)
    }
    var last = 0
    for statement in program.statements {
      #expect(last <= statement.range.lowerBound && statement.range.upperBound <= size, comment)
      last = statement.range.upperBound
    }
  }

  @Test func randomBytes() {
    var random = SplitMix(2)
    for round in 0..<4000 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      check(String(decoding: bytes, as: UTF8.self), "round \(round) of seed 2")
    }
  }

  @Test func randomPieces() {
    var random = SplitMix(3)
    for round in 0..<6000 {
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? ""
      }
      check(text.joined(), "round \(round) of seed 3")
    }
  }

  @Test(arguments: [
    "(", "[", "-", "not ", "2^", "f(", "x[", "repeat 2 {", "f(x) = {", "if a {} else ", "[-", "(a, ", "a + (", "x[0:(",
  ])
  func deepNesting(_ piece: String) {
    let refused = Parser.parse(String(repeating: piece, count: 1_000_000 / piece.utf8.count))
    #expect(refused.diagnostics.map(\.message) == ["nested more than 256 levels deep"])
    #expect(refused.statements.isEmpty)
    #expect(Parser.parse(String(repeating: piece, count: 100)).diagnostics.count == 1)
  }

  @Test(arguments: [" + a", "'", "(a)", "[0]", ".T", " |> f", " and a", " @ a"])
  func longChains(_ piece: String) {
    let longest = Parser.parse("a" + String(repeating: piece, count: 10_000))
    #expect(longest.diagnostics.isEmpty)
    #expect(longest.statements.count == 1)
    let refused = Parser.parse("a" + String(repeating: piece, count: 100_000) + "\nb")
    #expect(refused.diagnostics.map(\.message) == ["the expression has more than 10000 operators in a row"])
    #expect(refused.statements.map { Outline.of($0) } == ["b"])
  }

  @Test func chainsInsideChainsCountTogether() {
    let inner = "(a" + String(repeating: "+a", count: 6000) + ")"
    #expect(Parser.parse(inner + String(repeating: "*a", count: 6000)).diagnostics.count == 1)
    #expect(Parser.parse("a + " + inner + String(repeating: "*a", count: 3000)).diagnostics.isEmpty)
  }

  @Test func longTexts() {
    #expect(Parser.parse(String(repeating: ")", count: 1_000_000)).diagnostics.count == 1)
    #expect(Parser.parse(String(repeating: ")\n", count: 1_000_000)).diagnostics.count == 3)
    #expect(Parser.parse(String(repeating: "#", count: 1_000_000)).diagnostics.isEmpty)
    #expect(Parser.parse("a" + String(repeating: "b", count: 1_000_000)).statements.count == 1)
    let refused = Parser.parse(String(repeating: " ", count: (64 << 20) + 1))
    #expect(refused.diagnostics.map(\.message) == ["the text is 65 MB long; the limit is 64 MB"])
  }
}
