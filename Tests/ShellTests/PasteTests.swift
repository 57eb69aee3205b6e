import Shell
import Testing

@Suite struct PasteTests {
  private func statements(_ text: String) -> String {
    Paste.statements(of: text) { $0.filter { $0 == "(" }.count > $0.filter { $0 == ")" }.count }
  }

  @Test func textWithoutPromptsStaysAsItIs() {
    #expect(statements("a = 1\n\n  b > 2\n#> 3") == "a = 1\n\n  b > 2\n#> 3")
    #expect(statements("") == "")
  }

  @Test func promptsGoAndAnswersToo() {
    #expect(statements("> x\n2×2\n  1  2\n  3  4\n>\n> y") == "x\n\ny")
  }

  @Test func continuationsStay() {
    #expect(statements("> (1 +\n… 2)\n3") == "(1 +\n2)")
    #expect(statements("> (1 +\n... 2)\n3") == "(1 +\n2)")
    #expect(statements("> (1 +\n2)\n3") == "(1 +\n2)")
  }
}
