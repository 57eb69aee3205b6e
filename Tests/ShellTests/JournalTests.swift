import Foundation
import Language
import Refusals
import Shell
import Syntax
import TestSupport
import Testing

/// Sessions that end before their time.
@Suite struct JournalTests {
  /// The program at a terminal, its state in a folder.
  private static func start(_ folder: Folder, _ terminal: PseudoTerminal) throws -> Child {
    try #require(terminal.child(home: folder))
  }

  private static func journals(_ folder: Folder) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/gradus/sessions")) ?? []).sorted()
  }

  @Test func aKilledSessionComesBack() throws {
    let folder = try Folder()
    var terminal = try PseudoTerminal(columns: 80, rows: 24)
    var child: Child? = try Self.start(folder, terminal)
    try terminal.expect("> ")
    terminal.type("w = weights(2, 2);\r")
    try terminal.expect("\n> ")
    terminal.type("w -= rand(2, 2); :repr w\r")
    try terminal.expect("[[")
    try terminal.expect("\n> ")
    child = nil
    #expect(Self.journals(folder).count == 1)

    terminal = try PseudoTerminal(columns: 80, rows: 24)
    child = try Self.start(folder, terminal)
    try terminal.expect("the last session was cut off; :restore brings back its 2 statements")
    try terminal.expect("\n> ")
    terminal.type(":restore\r")
    try terminal.expect("2 statements done again")
    try terminal.expect("\n> ")
    #expect(Self.journals(folder).count == 1)
    terminal.type("w = w + 1\r")
    try terminal.expect("\n> ")
    terminal.type("\u{4}")
    #expect(child?.status() == 0)
    #expect(Self.journals(folder).isEmpty)
  }

  /// Enters a line, kills the program, and gives a new one; with a statement at work, or behind it.
  private static func killed(
    _ lines: [String], _ folder: Folder, isAtWork: Bool
  ) throws -> (terminal: PseudoTerminal, child: Child) {
    let terminal = try PseudoTerminal(columns: 100, rows: 24)
    var child: Child? = try Self.start(folder, terminal)
    try terminal.expect("\u{1B}[?2004h", raw: true)
    for (number, line) in lines.enumerated() {
      terminal.type(line + "\r")
      try terminal.expect("\u{1B}[?2004l", raw: true)
      if isAtWork, number == lines.count - 1 { break }
      try terminal.expect("\u{1B}[?2004h", raw: true)
    }
    usleep(300_000)
    #expect(child != nil)
    child = nil
    let next = try PseudoTerminal(columns: 100, rows: 24)
    return (next, try start(folder, next))
  }

  @Test func whatWasAtWorkIsShown() throws {
    let folder = try Folder()
    let (terminal, child) = try Self.killed(
      ["a = 1", "a += 1; repeat 1e12 { a = a * 1.5 }; b = 2"], folder, isAtWork: true)
    try terminal.expect("cut off at work; :restore brings back its 2 statements and shows the one it was at")
    try terminal.expect("\n> ")
    terminal.type(":restore\r")
    try terminal.expect("2 statements done again")
    try terminal.expect("this had not finished: repeat 1e12 { a = a * 1.5 }; b = 2; Up brings it back")
    try terminal.expect("\n> ")
    terminal.type("a\r")
    try terminal.expect("\na  2\n")
    terminal.type("\u{1B}[A\u{1B}[A")
    try terminal.expect("repeat 1e12 { a = a * 1.5 }; b = 2")
    terminal.type("\u{3}\u{4}")
    #expect(child.status() == 0)
    #expect(Self.journals(folder).isEmpty)
  }

  @Test func theFirstStatementIsShownToo() throws {
    let folder = try Folder()
    var (terminal, child) = try Self.killed(["repeat 1e12 { z = 1 }"], folder, isAtWork: true)
    try terminal.expect("cut off at its first statement; :restore shows it")
    terminal.type("x = 5\r:restore\r")
    try terminal.expect("this had not finished: repeat 1e12 { z = 1 }; Up brings it back")
    terminal.type("x\r")
    try terminal.expect("\nx  5\n")
    terminal.type("\u{4}")
    #expect(child.status() == 0)
    // Nor is anything lost where that is cut off.
    (terminal, child) = try Self.killed(["repeat 1e12 { z = 1 }"], folder, isAtWork: true)
    terminal.type(":vars\r")
    try terminal.expect("\n> ")
    (terminal, child) = try Self.killed([":vars"], folder, isAtWork: false)
    try terminal.expect("cut off at its first statement; :restore shows it")
    _ = child
  }

  @Test(arguments: ["nope", ":help", "a", "expect a == 2", "repeat 3 { a += 1; nope }", "(((]"])
  func whatHasEndedIsNotShown(line: String) throws {
    let folder = try Folder()
    let (terminal, child) = try Self.killed(["a = 1", line], folder, isAtWork: false)
    try terminal.expect("the last session was cut off; :restore brings back its ")
    terminal.type(":restore\r")
    try terminal.expect("done again")
    try terminal.expect("\n> ")
    #expect(!terminal.everything.contains("not finished"))
    _ = child
  }

  @Test func aLivingSessionIsNotOffered() throws {
    let folder = try Folder()
    let (first, second) = (try PseudoTerminal(columns: 80, rows: 24), try PseudoTerminal(columns: 80, rows: 24))
    let one = try Self.start(folder, first)
    try first.expect("> ")
    first.type("a = 1\r")
    try first.expect("\n> ")
    let two = try Self.start(folder, second)
    try second.expect("> ")
    second.type(":restore\r")
    try second.expect("no session was cut off")
    _ = (one, two)
  }

  @Test func badJournalsAreSetAside() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(atPath: folder.path + "/j", withIntermediateDirectories: true)
    for text in ["garbage\u{0}", "gradus session 7\nx\n", "gradus session 1\nset x y\n"] {
      _ = folder.write("j/1-1.journal", text)
      let journal = Journal(folder: folder.path + "/j") { _ in }
      let note = journal.noteOfLost()
      #expect(note?.hasPrefix("a session that was cut off cannot be read") == true, "\(note ?? "")")
      #expect(folder.contents(of: "j/1-1.unreadable") == text)
      #expect(journal.noteOfLost() == nil)
    }
  }

  @Test func aFolderThatCannotBeWrittenIsSaidOnce() throws {
    let folder = try Folder()
    _ = folder.write("file", "")
    let said = Said()
    let journal = Journal(folder: folder.path + "/file") { said.texts.append($0) }
    var session = Session()
    session.surroundings.follow = { journal.follow($0) }
    try session.run(Source(text: "a = 1\nb = 2")) { _ in }
    #expect(said.texts.count == 1)
  }

  final class Said: @unchecked Sendable { var texts: [String] = [] }

  /// Half of GRADUS_KILLS sessions, 10 if not told otherwise, each killed at a random moment.
  @Test(.slow) func everyFinishedStatementSurvivesAKill() throws {
    let kills = ProcessInfo.processInfo.environment["GRADUS_KILLS"].flatMap(Int.init) ?? 20
    var random = SystemRandomNumberGenerator()
    for _ in 0..<(kills + 1) / 2 { try killOnce(&random) }
  }

  private static let pool = [
    "a = rand(3, 2);", "w = weights(3, 2);", "w -= 0.1 * randn(3, 2);", "m = bernoulli(0.5, 3, 2);", "s = 0.1;",
    "repeat 40 { w -= 0.01 * grad(sum(square(w * m)), w) }", "a[0, 0] = 7;", ":undo", "b = a; c = b + s;", "nope",
    "y := relu(a * w)", "f(x) = {\nx * s + 1 }", "for i in 0:9 { s += i; if s > 20 { nope } }", ":precision float64",
    "rand(2);", ":redo",
  ]

  private func killOnce(_ random: inout SystemRandomNumberGenerator) throws {
    let folder = try Folder()
    let terminal = try PseudoTerminal(columns: 80, rows: 24)
    var child: Child? = try Self.start(folder, terminal)
    try terminal.expect("> ")
    // What each statement leaves behind, done here as well.
    var reference = Session()
    var states = [reference]
    var inputs = ["a = rand(3, 2); w = weights(3, 2); m = a > 0.5; s = 0.1;"]
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      inputs.append(Self.pool.randomElement(using: &random) ?? "1;")
    }
    for input in inputs {
      for statement in Parser.parse(input).statements {
        let alone = Source(text: Source(text: input).slice(statement.range))
        try? reference.run(alone) { _ in }
        states.append(reference)
      }
    }
    var seen = 0
    for (number, input) in inputs.enumerated() {
      terminal.type("\u{1B}[200~\(input)\u{1B}[201~\r")
      if number == inputs.count - 1 { break }
      try terminal.expect("\n> ")
      seen += Parser.parse(input).statements.count
    }
    usleep(UInt32.random(in: 0...20_000, using: &random))
    #expect(child != nil)
    child = nil

    let journal = Journal(folder: folder.path + "/gradus/sessions") { _ in }
    var session = Session()
    let last = inputs[inputs.count - 1]
    session.files.lost = { () throws(Refusal) in
      let stored = try journal.lost()
      // What was entered last is there, too, until it has ended.
      let unfinished = (try? Record(text: stored.text))?.unfinished
      #expect(unfinished.map { last.hasSuffix($0) } != false, "\(last): \(unfinished ?? "")")
      return stored
    }
    do {
      try session.run(Source(text: ":restore")) { _ in }
    } catch {
      // Killed before the very first statement had finished, or back at the beginning.
      #expect(states[seen...].contains { $0.record.text == Session().record.text }, "\(error)")
      return
    }
    try noLeftovers(folder)
    let match = states[seen...].first { $0.record.entries.map(\.line) == session.record.entries.map(\.line) }
    let expected = try #require(match, "\(inputs): \(session.record.text)")
    #expect(Self.values(session) == Self.values(expected), "\(inputs)")
  }

  /// The next start, of whatever kind, clears up.
  private func noLeftovers(_ folder: Folder) throws {
    let environment = ["HOME": folder.path, "XDG_STATE_HOME": folder.path]
    #expect(try Child.run(["-e", "1"], environment: environment).status == 0)
    let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    #expect(!all.contains { $0.hasSuffix(".tmp") }, "\(all)")
  }

  /// What every name holds, to the last bit, and the next random numbers.
  private static func values(_ session: Session) -> [String] {
    var copy = session
    var lines: [String] = []
    let text = session.variableNames.map { ":repr \($0)\n" }.joined() + "rand(3)\n:repr ans\n"
    try? copy.run(Source(text: text)) { if case .result(let text) = $0 { lines.append(text) } }
    return lines
  }
}
