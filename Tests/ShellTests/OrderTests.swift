import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A Ctrl-C acts on what was typed before it, and on nothing else, however fast they come.
@Suite struct OrderTests {
  @Test func enterBehindCtrlCRunsNothing() throws {
    let session = try ConsoleSession()
    for round in 0..<10 {
      session.terminal.type("abc\(round) = 5")
      if round % 2 == 0 { usleep(20_000) }
      session.terminal.type("\u{3}\r")
      let shown = session.answer("abc\(round)")
      #expect(shown.contains { $0.contains("unknown name") }, "\(shown)")
    }
    session.terminal.type("\"ab")
    session.terminal.type("\u{3}1+1\r")
    #expect(session.waits { $0.suffix(2) == ["2", ">"] })
  }

  @Test func inAContinuationAndInASearch() throws {
    let session = try ConsoleSession()
    _ = session.answer("seven = 7")
    session.terminal.type("[1,\r2\u{3}]\r")
    #expect(session.waits { lines in lines.contains { $0.contains("closes nothing") } }, "\(session.lines)")
    session.terminal.type("[1,\r\u{3}8 + 9\r")
    #expect(session.waits { $0.suffix(2) == ["17", ">"] }, "\(session.lines)")
    _ = session.answer("seven = 8")
    session.terminal.type("\u{12}= 7\u{3}\r")
    #expect(session.answer("seven") == ["seven  8"])
  }

  /// Enter and Ctrl-C in one write: the line is begun and stopped, what follows runs.
  @Test func ctrlCBehindEnterStopsTheLine() throws {
    let session = try ConsoleSession()
    for _ in 0..<5 {
      session.terminal.type("while true { a = 1 }\r\u{3}20 + 3\r")
      #expect(session.waits { $0.suffix(2) == ["23", ">"] }, "\(session.lines)")
      #expect(session.lines.contains { $0.contains("interrupted") })
      session.type("\u{C}")
    }
    // Lines before it that haven't been begun go with it.
    session.terminal.type("while true { a = 1 }\rb = 4\r\u{3}20 + 4\r")
    #expect(session.waits { $0.suffix(2) == ["24", ">"] }, "\(session.lines)")
    #expect(session.answer("b").contains { $0.contains("unknown name") })
  }
}
