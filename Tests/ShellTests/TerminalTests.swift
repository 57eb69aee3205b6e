import Shell
import Testing

@Suite struct TerminalTests {
  private func terminal(_ environment: [String: String], isTerminal: Bool = true) -> Terminal {
    Terminal(
      environment: { environment[$0] }, isInputTerminal: isTerminal, isOutputTerminal: isTerminal,
      isErrorTerminal: isTerminal)
  }

  @Test func coloursAreForTerminals() {
    let usual = terminal(["TERM": "xterm"])
    #expect(usual.isColored(.auto, isTerminal: true))
    #expect(!usual.isColored(.auto, isTerminal: false))
    #expect(usual.isColored(.always, isTerminal: false))
    #expect(!usual.isColored(.never, isTerminal: true))
    #expect(!terminal(["TERM": "dumb"]).isColored(.auto, isTerminal: true))
    #expect(!terminal([:]).isColored(.auto, isTerminal: true))
  }

  @Test func theEnvironmentHasASay() {
    let quiet = terminal(["TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "1"])
    #expect(!quiet.isColored(.auto, isTerminal: true))
    #expect(quiet.isColored(.always, isTerminal: true))
    #expect(terminal(["FORCE_COLOR": "1"]).isColored(.auto, isTerminal: false))
    #expect(!terminal(["CLICOLOR_FORCE": "0"]).isColored(.auto, isTerminal: false))
  }

  @Test(arguments: [
    (["LANG": "de_DE.UTF-8"], false), (["LC_ALL": "C", "LANG": "de_DE.UTF-8"], true), (["LANG": "C"], true),
    (["LC_CTYPE": "C.utf8"], false), (["LANG": "de_DE.UTF-8@euro"], false), (["LANG": "de_DE.ISO-8859-1"], true),
    ([:], true),
  ])
  func theLocaleDecidesAboutASCII(environment: [String: String], isASCII: Bool) {
    #expect(terminal(environment).isASCII == isASCII)
  }

  @Test func withoutAnyLocaleAPipeIsUTF8() {
    #expect(!terminal([:], isTerminal: false).isASCII)
  }

  @Test func theSizeCanBeGiven() {
    let size = terminal(["COLUMNS": "100", "LINES": "31"]).size
    #expect(size.columns == 100 && size.rows == 31)
  }
}
