import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What is typed while work is done is kept, whole and in its order, and never in the way of Ctrl-C.
@Suite(.serialized) struct TypedAheadTests {
  /// The edges of what a terminal keeps for itself, and beyond what the system keeps for it.
  private static let sizes = [1, 4_095, 4_096, 4_097, 65_536]

  private static let setup = "w = weights(value=[3, 4]); M = rand(1500000, 3); write = rand(3000000, 3)"

  /// Each goes on for seconds.
  private static let works = [
    "repeat 1e12 { z = 1 }", "train(sum(w), steps=1e9);", ":repr M", "save(\"big.csv\", write)", "load(\"fifo\")",
  ]

  /// So many bytes of short lines that would be seen if one of them ran.
  private static func lines(_ count: Int) -> String {
    let whole = String(repeating: "typed = 1\r", count: count / 10)
    return whole + String(repeating: "\r", count: count - whole.utf8.count)
  }

  @Test(.slow, arguments: works) func neverInTheWayOfCtrlC(work: String) throws {
    let session = try ConsoleSession()
    #expect(unsafe mkfifo(session.folder.path + "/fifo", 0o600) == 0)
    _ = session.answer(Self.setup)
    var times: [String: Double] = [:]
    let slowness = Pace.slowness
    for size in Self.sizes {
      // Behind the line while it is still edited, and once the work is on its way.
      for isAtOnce in [true, false] {
        let typed = Self.lines(size)
        if isAtOnce {
          session.terminal.type(work + "\r" + typed)
          usleep(300_000)
        } else {
          session.terminal.type(work + "\r")
          try session.terminal.expect("\u{1B}[?2004l", raw: true)
          usleep(200_000)
          session.terminal.type(typed)
          usleep(100_000)
        }
        _ = session.terminal.shows("\u{1B}[?2004h", raw: true, within: 0.1)
        let start = ContinuousClock.now
        session.terminal.type("\u{3}")
        try session.terminal.expect("\u{1B}[?2004h", raw: true)
        let taken = (ContinuousClock.now - start).components
        times["\(size), \(isAtOnce)"] = Double(taken.seconds) + Double(taken.attoseconds) / 1e18
        // None of the lines has run, nor is any still to come.
        #expect(session.answer("typed")[0].contains("unknown name"), "\(size) bytes, at once: \(isAtOnce)")
      }
    }
    for (place, time) in times { #expect(time <= 0.5 * slowness + 0.2, "\(place): \(time)") }
  }

  /// A session at work until its pipe is written to and closed.
  private static func busy(_ session: ConsoleSession) throws -> Int32 {
    let path = session.folder.path + "/fifo"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    session.terminal.type("run \"fifo\"\r")
    let sender = unsafe open(path, O_WRONLY | O_CLOEXEC)
    #expect(sender >= 0)
    try session.terminal.expect("\u{1B}[?2004l", raw: true)
    return sender
  }

  /// Each step counts, and so does its place.
  private static func steps(_ count: Int) -> (lines: [String], result: Int) {
    var result = 0
    let lines = (1...count).map { number in
      result = (result * 31 + number) % 65_521
      return "x = (x * 31 + \(number)) % 65521"
    }
    return (lines, result)
  }

  /// Lines in one piece, a long one among them; as a paste that announces itself; and as they come from a keyboard.
  @Test(.slow, arguments: [1, 100, 2_000], [false, true]) func nothingIsLostOrDoubled(count: Int, isPaste: Bool) throws
  {
    let session = try ConsoleSession()
    _ = session.answer("x = 0")
    let sender = try Self.busy(session)
    var (lines, result) = Self.steps(count)
    lines.insert("long = " + Array(repeating: "1", count: 9_000).joined(separator: "+"), at: count / 2)
    if isPaste {
      session.terminal.type("\u{1B}[200~" + lines.joined(separator: "\r") + "\u{1B}[201~\r")
    } else {
      session.terminal.type(lines.joined(separator: "\r") + "\r")
    }
    session.terminal.type("x + long")
    usleep(200_000)
    close(sender)
    session.terminal.type("\r")
    #expect(session.waits { $0.suffix(2) == [String(result + 9_000), ">"] }, "\(session.lines.suffix(3))")
  }

  @Test func keysTypedAheadEditTheLine() throws {
    let session = try ConsoleSession()
    _ = session.answer("seven = 7")
    let sender = try Self.busy(session)
    session.terminal.type(
      "1 +\u{7F}\u{7F}- 2\r\u{1B}[A\u{7F}3\rsev\t\rä = 4\u{1B}[D\u{1B}[D\u{1B}[D\u{1B}[D\u{5}1\rä + \u{1}1 + ")
    usleep(100_000)
    close(sender)
    #expect(session.waits { $0.last == "> 1 + ä +" || $0.last?.hasPrefix("> 1 + ä + ") == true }, "\(session.lines)")
    session.terminal.type("\u{5}2\r")
    #expect(session.waits { $0.suffix(2) == ["44", ">"] }, "\(session.lines)")
    #expect(session.lines.contains("-1") && session.lines.contains("-2") && session.lines.contains("seven  7"))
  }

  /// What comes behind a Ctrl-C is for the next prompt, even if the work takes its time to end.
  @Test func ctrlCTakesAwayWhatWasTypedBeforeIt() throws {
    let session = try ConsoleSession()
    for pause in [0, 200_000] as [UInt32] {
      _ = session.answer("y = 0; z = 0")
      let sender = try Self.busy(session)
      usleep(pause)
      session.terminal.type("y = 1\ry = 2")
      usleep(pause)
      session.terminal.type("\u{3}")
      usleep(pause)
      session.terminal.type("z = 5\rz + y\r")
      #expect(session.waits { $0.suffix(2) == ["5", ">"] }, "\(session.lines)")
      close(sender)
      #expect(unsafe unlink(session.folder.path + "/fifo") == 0)
    }
  }

  /// Before the program runs the terminal keeps lines, and of each no more than it has room for.
  @Test(arguments: [4_000, 4_096, 20_000]) func aLineFromBeforeTheStartIsWholeOrRefused(length: Int) throws {
    let folder = try Folder()
    let terminal = try PseudoTerminal(columns: 80, rows: 24)
    let other = unsafe open(terminal.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    defer { close(other) }
    terminal.type("x = " + Array(repeating: "1", count: length / 2 - 2).joined(separator: "+") + "\r")
    let child = try #require(terminal.child(home: folder))
    // A line that isn't cut is drawn behind the prompt, and then runs.
    try terminal.expect("> ")
    _ = terminal.shows("\n> ", within: 1)
    let isRefused = terminal.everything.contains("left out: more was typed ahead than is kept")
    #expect(isRefused == (length > 4_095))
    terminal.type("x\r")
    try terminal.expect(isRefused ? "unknown name 'x'" : "\nx  \(length / 2 - 2)\n")
    terminal.type("\u{4}")
    #expect(child.status() == 0)
  }

  @Test(.slow) func tooMuchIsRefusedAsAWhole() throws {
    let session = try ConsoleSession()
    let sender = try Self.busy(session)
    let line = "x = 1" + String(repeating: " ", count: 1_000) + "\r"
    session.terminal.type(String(repeating: line, count: 18_000))
    usleep(100_000)
    close(sender)
    #expect(session.waits { $0.contains("left out: more was typed ahead than is kept") }, "\(session.lines.suffix(4))")
    #expect(session.answer("x")[0].contains("unknown name 'x'"))
  }

  /// However the program ends, the terminal is as it was; so it is for whatever runs while it is stopped.
  @Test(arguments: ["\u{4}", ":quit\r", "TERM", "HUP", "\u{1C}"], [false, true])
  func theTerminalIsGivenBack(end: String, isAtWork: Bool) throws {
    let session = try ConsoleSession()
    #expect(!session.terminal.isAsFound)
    if isAtWork {
      session.terminal.type("repeat 1e12 { z = 1 }\r")
      try session.terminal.expect("\u{1B}[?2004l", raw: true)
      usleep(100_000)
    }
    switch end {
    case "TERM": session.child.signal(SIGTERM)
    case "HUP": session.child.signal(SIGHUP)
    case "\u{1C}":
      session.terminal.type(end)
      usleep(200_000)
      session.terminal.type(isAtWork ? end : "y")
    default: session.terminal.type((isAtWork ? "\u{3}" : "") + end)
    }
    #expect(session.child.status() >= 0)
    #expect(session.terminal.isAsFound)
  }
}
