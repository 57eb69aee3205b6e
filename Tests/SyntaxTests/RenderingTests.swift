import Refusals
import Syntax
import Testing

@Suite struct RenderingTests {
  @Test func matrixProduct() {
    let error = Diagnostic(
      "inner dimensions differ in a matrix product", at: 6..<7,
      labels: [Diagnostic.Label(4..<5, "x is 3×5"), Diagnostic.Label(8..<9, "w is 4×6")], help: "x @ w.T is 3×4")
    #expect(
      error.rendered(in: Source(text: "y = x @ w + b")) == """
        error: inner dimensions differ in a matrix product
          y = x @ w + b
              ~ ^ ~
              │   └ w is 4×6
              └ x is 3×5
        help: x @ w.T is 3×4
        """)
    #expect(
      error.rendered(in: Source(text: "y = x @ w + b"), ascii: true) == """
        error: inner dimensions differ in a matrix product
          y = x @ w + b
              ~ ^ ~
              |   ` w is 4x6
              ` x is 3x5
        help: x @ w.T is 3x4
        """)
  }

  /// Of a long chain of calls both ends are told.
  @Test(arguments: [0, 3, 4, 5, 8, 9, 100_000]) func callsThatLedThere(count: Int) {
    var error = Diagnostic("too deep", at: 0..<1)
    error.source = Source(text: "f")
    for number in 0..<count { error.callers.append(Diagnostic.Caller(0..<1, words: "in f\(number)")) }
    let told = error.rendered(in: Source(text: "g")).split(separator: "\n").dropFirst(3).map(String.init)
    let (innermost, outermost) = (0..<min(count, 4), max(count - 4, min(count, 4))..<count)
    var wanted = (Array(innermost) + Array(outermost)).map { "  in f\($0)" }
    if count > 8 { wanted.insert("  … \(count - 8) more calls", at: 4) }
    #expect(told == wanted)
  }

  @Test func unknownName() {
    let source = Source(name: "model.grad", text: "a = 1\r\n  y = rleu(x)\r\nb")
    let error = Diagnostic("unknown function 'rleu'", at: 13..<17, help: "did you mean 'relu'?", note: "because")
    #expect(
      error.rendered(in: source) == """
        error: unknown function 'rleu'
        model.grad:2:7
            y = rleu(x)
                ^~~~
        help: did you mean 'relu'?
        note: because
        """)
    #expect(
      error.rendered(in: source, colored: true) == """
        \u{1B}[1;31merror:\u{1B}[0m unknown function 'rleu'
        \u{1B}[2mmodel.grad:2:7\u{1B}[0m
            y = rleu(x)
          \u{1B}[31m      ^~~~\u{1B}[0m
        \u{1B}[2mhelp:\u{1B}[0m did you mean 'relu'?
        \u{1B}[2mnote:\u{1B}[0m because
        """)
  }

  @Test func withoutAPlace() {
    let source = Source(name: "a.grad", text: "x")
    #expect(Diagnostic("out of memory").rendered(in: source) == "error: out of memory")
    #expect(Diagnostic(.interrupted).rendered(in: source) == "interrupted")
  }

  @Test func wideCharactersTabsAndControls() {
    #expect(Diagnostic("m", at: 9..<12).rendered(in: Source(text: "重み = 高x")) == "error: m\n  重み = 高x\n         ^~")
    #expect(Diagnostic("m", at: 3..<4).rendered(in: Source(text: "\ta\tb")) == "error: m\n      a   b\n          ^")
    #expect(Diagnostic("a\u{1B}[m\nb", at: 1..<2).rendered(in: Source(text: "\u{1B}b")) == "error: a?[m b\n  ?b\n   ^")
    #expect(Diagnostic("m", at: 3..<4).rendered(in: Source(text: "e\u{301}x")) == "error: m\n  e\u{301}x\n   ^")
  }

  @Test func labelsElsewhereAndTooMany() {
    let source = Source(name: "f", text: "(1,\n 2]")
    let label = Diagnostic.Label(0..<1, "opened here")
    #expect(
      Diagnostic("m", at: 6..<7, labels: [label]).rendered(in: source)
        == "error: m\nf:2:3\n   2]\n    ^\n  opened here: line 1, column 1")
    let many = Diagnostic("m", at: 0..<1, labels: Array(repeating: label, count: 20), help: "h", note: "n")
    #expect(many.rendered(in: source).split(separator: "\n").count == 8)
  }

  @Test(arguments: [0, 1, 50, 99, 500, 5000, 9_998])
  func longLines(_ place: Int) {
    var characters = Array(repeating: Character("a"), count: 10_000)
    characters[place] = "X"
    let lines = Diagnostic("m", at: place..<place + 1).rendered(in: Source(text: String(characters))).split(
      separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines[1].count >= 50)
    let marked = lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) } ?? 0
    #expect(Array(lines[1])[marked] == "X")
    #expect(lines[1].hasSuffix("…") == (place < 9_998))
    #expect(lines[1].hasPrefix("  …") == (place > 90))
  }

  @Test func anyRange() {
    let texts = ["", "a", "\n", "a\n", "\r\n\r\n", "重み\n\t重", String(repeating: "重", count: 3000), "a\rb"]
    for text in texts {
      for start in [-5, 0, 1, 2, 3, 5, 700, 8999, 9000, 1 << 40] {
        for length in [0, 1, 4, 1 << 40] {
          let range = start..<start + length
          let error = Diagnostic("m", at: range, labels: [Diagnostic.Label(range, "l"), Diagnostic.Label(0..<1, "k")])
          for ascii in [false, true] {
            let lines = error.rendered(in: Source(name: "f", text: text), colored: true, ascii: ascii)
            #expect(lines.split(separator: "\n").count <= 8)
          }
        }
      }
    }
  }

  @Test func positions() {
    let source = Source(text: "ab\r\n重x\n\ny\rz")
    func place(_ offset: Int) -> [Int] { [source.position(of: offset).line, source.position(of: offset).column] }
    #expect(
      [0, 2, 3, 4, 7, 8, 9, 10, 12, 13, 99, -1].map(place) == [
        [1, 1], [1, 3], [1, 3], [2, 1], [2, 2], [2, 3], [3, 1], [4, 1], [5, 1], [5, 2], [5, 2], [1, 1],
      ])
    #expect(source.slice(source.lineRange(at: 7)) == "重x")
    #expect(source.slice(source.lineRange(at: 9)) == "")
    #expect(source.slice(source.lineRange(at: 99)) == "z")
  }
}
