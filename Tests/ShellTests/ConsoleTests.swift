import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The real program in a pseudo-terminal.
@Suite struct ConsoleTests {
  @Test(.slow) func aConversation() throws {
    let folder = try Folder()
    let terminal = try PseudoTerminal(columns: 80, rows: 24)
    let child = try #require(terminal.child(["--no-init"], home: folder))
    try terminal.expect("Ctrl-D to leave\n> ")

    terminal.type("20 + 22\r")
    try terminal.expect("42\n> ")
    terminal.type("elephants = 77\r")
    try terminal.expect("\n> ")
    terminal.type("eleph\t + 1\r")
    try terminal.expect("78\n> ")
    // Up recalls what was entered last, or what began like the text that is there.
    terminal.type("\u{1B}[A + 1\r")
    try terminal.expect("79\n> ")
    terminal.type("20\u{1B}[A\r")
    try terminal.expect("42\n> ")

    terminal.type("(garbage")
    try terminal.expect("(garbage")
    terminal.type("\u{3}")
    try terminal.expect("^C")
    try terminal.expect("\n> ")
    terminal.type("5 + 6\r")
    try terminal.expect("11\n> ")
    terminal.type("(5 +\r")
    try terminal.expect("… ")
    terminal.type("7)\r")
    try terminal.expect("12\n> ")

    let lines = (1...50).map { "line\($0) = \($0)" }.joined(separator: "\r")
    terminal.type("\u{1B}[200~\(lines)\r\u{1B}[201~")
    try terminal.expect("line50 = 50")
    terminal.type("\r")
    try terminal.expect("\n> ")
    terminal.type("line50 + line49\r")
    try terminal.expect("99\n> ")

    try interrupt("repeat 1000000000000 { z = 1 }", in: terminal, saying: "in repeat (step ")
    // The answer says that the line is done, so that the next Ctrl-C can't meet it.
    terminal.type("w = weights(value=[3, 4]); 70 + 7\r")
    try terminal.expect("77\n> ")
    try interrupt("svd(rand(4000, 4000));", in: terminal, saying: "interrupted")
    try interrupt("train(sum(w), steps=1e9);", in: terminal, saying: "w keeps the values of step")
    terminal.type("w[0] < 3\r")
    try terminal.expect("true\n> ")
    terminal.type("1 + 1\r")
    try terminal.expect("2\n> ")
    terminal.type("\u{4}")
    #expect(child.status() == 0)

    let history = folder.contents(of: "gradus/history")?.split(separator: "\n") ?? []
    #expect(history.first?.hasSuffix(" 20 + 22") == true)
    #expect(history.contains { $0.contains(" (5 +\\n  7)") })
    #expect(folder.mode(of: "gradus/history") == 0o600)
  }

  /// Starts something long and stops it.
  private func interrupt(_ line: String, in terminal: PseudoTerminal, saying words: String) throws {
    terminal.type(line + "\r")
    try terminal.expect("\u{1B}[?2004l", raw: true)
    var wasInterrupted = false
    for _ in 0..<10 where !wasInterrupted {
      // By then it has begun.
      usleep(300_000)
      terminal.type("\u{3}")
      wasInterrupted = terminal.shows(words, within: 2)
    }
    #expect(wasInterrupted)
    try terminal.expect("\n> ")
  }

  @Test func aHangUpEndsIt() throws {
    let folder = try Folder()
    var terminal: PseudoTerminal? = try PseudoTerminal(columns: 80, rows: 24)
    let child = try #require(terminal?.child(home: folder))
    try terminal?.expect("> ")
    terminal = nil
    #expect([0, 1, 129].contains(child.status()))
  }
}
