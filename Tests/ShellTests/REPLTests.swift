import Language
import Shell
import Testing

@Suite struct REPLTests {
  /// What was asked, printed and remembered while some lines were read.
  final class Conversation {
    var lines: [REPL.Line]
    var pending: [String] = []
    var results: [String] = []
    var notices: [String] = []
    var remembered: [String] = []

    init(_ lines: [REPL.Line]) { self.lines = lines }

    func run() -> Shell.ExitStatus {
      var loop = REPL(
        session: Session(),
        readLine: { request in
          self.pending.append(request.pending)
          return self.lines.isEmpty ? .end : self.lines.removeFirst()
        },
        print: { output in
          switch output {
          case .result(let text), .shown(let text, _): self.results.append(text)
          case .notice(let text), .progress(let text, _, _): self.notices.append(text)
          case .cleared: break
          }
        },
        remember: { self.remembered.append($0) })
      return loop.run()
    }
  }

  @Test func answersEachLine() {
    let talk = Conversation([.text("20 + 22"), .text(""), .text("a = 5;"), .text("a + 1")])
    #expect(talk.run() == .success)
    #expect(talk.results == ["42", "6"])
    #expect(talk.notices.isEmpty)
    #expect(talk.remembered == ["20 + 22", "a = 5;", "a + 1"])
  }

  @Test func anUnfinishedLineAsksForMore() {
    let talk = Conversation([.text("(20 +"), .text("22"), .text(")")])
    _ = talk.run()
    #expect(talk.results == ["42"])
    #expect(talk.pending == ["", "(20 +", "(20 +\n22", ""])
    #expect(talk.remembered == ["(20 +\n22\n)"])
  }

  @Test func anEmptyLineGivesUp() {
    let talk = Conversation([.text("(20 +"), .text(""), .text("20 + 22")])
    _ = talk.run()
    #expect(talk.results == ["42"])
    #expect(talk.notices.count == 1)
    #expect(talk.notices.first?.hasPrefix("error: ") == true)
  }

  @Test func theEndOfInputGivesUpToo() {
    let talk = Conversation([.text("(20 +"), .end, .text("20 + 22")])
    _ = talk.run()
    #expect(talk.results == ["42"])
    #expect(talk.notices.count == 1)
  }

  @Test func anErrorEndsNothing() {
    let talk = Conversation([.text("nobody_knows_me"), .text("20 + 22")])
    #expect(talk.run() == .success)
    #expect(talk.notices.count == 1)
    #expect(talk.results == ["42"])
    #expect(talk.remembered.count == 2)
  }

  @Test func interruptsDropWhatWasTyped() {
    let talk = Conversation([
      .interrupt(wasEmpty: false), .text("(1 +"), .interrupt(wasEmpty: false), .interrupt(wasEmpty: true),
      .interrupt(wasEmpty: true), .text("20 + 22"),
    ])
    _ = talk.run()
    #expect(talk.results == ["42"])
    #expect(talk.notices == ["Ctrl-D or :quit to leave"])
    #expect(talk.remembered == ["20 + 22"])
  }

  @Test func quitIsAStatement() {
    let talk = Conversation([.text(":quit"), .text("20 + 22")])
    #expect(talk.run() == .success)
    #expect(talk.results.isEmpty)
  }

  @Test func aSignalIsTheStatus() {
    #expect(Conversation([.signal(15), .text("1")]).run() == Shell.ExitStatus(rawValue: 143))
  }

  @Test func aTranscriptIsRunWithoutItsAnswers() {
    let talk = Conversation([.text("> a = 20;\n> (a +\n… 22)\n42\n> a\n20")])
    _ = talk.run()
    #expect(talk.results == ["42", "20"])
    #expect(talk.remembered == ["a = 20;\n(a +\n22)\na"])
  }

  @Test func whatIsLeftBehindChangesNothing() {
    var notices: [Output] = []
    var lines: [REPL.Line] = [.text("1"), .end]
    var loop = REPL(
      session: Session(), readLine: { _ in lines.removeFirst() }, print: { notices.append($0) },
      perform: { _, _ in nil })
    #expect(loop.run() == .success)
    #expect(notices == [.notice("abandoned; everything is as it was before")])
  }

  @Test func longWorkIsTimed() {
    var notices: [Output] = []
    var lines: [REPL.Line] = [.text("1"), .text("2"), .end]
    var durations = [999_999_999, 3_280_000_000]
    var loop = REPL(
      session: Session(), readLine: { _ in lines.removeFirst() }, print: { notices.append($0) },
      perform: { session, _ in REPL.Outcome(session: session, nanoseconds: durations.removeFirst()) })
    _ = loop.run()
    #expect(notices == [.notice("took 3.2 s")])
  }
}
