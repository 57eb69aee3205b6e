import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The screen shows the line that is there, whatever was done to it.
@Suite struct EditingTests {
  private static let keys = [
    "\u{1}", "\u{5}", "\u{2}", "\u{6}", "\u{7F}", "\u{1B}[3~", "\u{17}", "\u{B}", "\u{19}", "\u{14}", "\u{1B}b",
    "\u{1B}f", "\u{1B}d", "\u{1B}[D", "\u{1B}[C", "\u{1B}[D\u{1B}[D\u{1B}[D\u{1B}[D\u{1B}[D", "x", "7*(", "漢",
    "e\u{301}",
    "\u{301}", "👨\u{200D}👩", "\u{202E}", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
  ]

  /// Two thousand edits, each compared with the line drawn anew.
  @Test(.slow, arguments: 1...10) func everyEditLooksLikeADrawing(seed: Int) throws {
    var chance = SplitMix(seed)
    for _ in 0..<2 {
      let columns = 20 + Int(chance.next() % 101)
      let session = try ConsoleSession(columns: UInt16(columns), rows: 24)
      let letters = Array("abc +*()[]0123456789")
      session.type("\u{C}" + String((0..<1 + Int(chance.next() % 500)).map { _ in letters[Int(chance.next() % 20)] }))
      for step in 0..<100 {
        let key = Self.keys[Int(chance.next() % UInt64(Self.keys.count))]
        session.type(key)
        let (shown, cursor) = (session.screen.text, session.screen.cursor)
        session.type("\u{C}")
        #expect(shown == session.screen.text, "seed \(seed), \(columns) columns, step \(step), \(key.debugDescription)")
        #expect(cursor == session.screen.cursor, "seed \(seed), \(columns) columns, step \(step)")
        if shown != session.screen.text { return }
      }
    }
  }

  @Test(arguments: [":clear", "clear", "clear()"]) func theScreenIsClearedWhenAsked(words: String) throws {
    let session = try ConsoleSession(environment: ["NO_COLOR": "1"])
    session.terminal.type("1 + 1\r")
    #expect(session.waits { $0.contains("2") })
    session.terminal.type(words + "\r")
    #expect(
      session.waits { $0.filter { !$0.isEmpty && !$0.hasPrefix(">") }.isEmpty && $0.contains { $0.hasPrefix(">") } })
  }

  @Test func aWrappedLineIsShownWhole() throws {
    let session = try ConsoleSession()
    session.type((0..<40).map(String.init).joined(separator: " + "))
    session.type("\u{1}")
    session.type("7*(")
    #expect(session.lines.joined().hasSuffix("36 + 37 + 38 + 39"))
    #expect(session.lines.first?.hasPrefix("> 7*(0 + 1 + 2") == true)
  }

  @Test func combiningCharactersGoWithTheirLetters() throws {
    let session = try ConsoleSession()
    session.type("\"e\u{301}a\u{308}\" ")
    session.type("\u{7F}\u{7F}\u{7F}")
    #expect(session.lines.last?.hasPrefix("> \"e\u{301}a") == true)
    #expect(session.lines.last?.contains("\u{308}") == false)
    session.type("\u{1}Z")
    #expect(session.lines.last?.hasPrefix("> Z\"e\u{301}a") == true)
    session.type("\u{1}\u{4}\u{4}\u{4}")
    // A mark that has lost its letter is still seen.
    #expect(session.lines.last?.hasPrefix("> \u{25CC}\u{301}a") == true)
  }

  @Test(arguments: [
    "\u{1B}OP", "\u{1B}[15~", "\u{1B}[20~", "\u{1B}[24~", "\u{1B}[5~", "\u{1B}[6~", "\u{1B}[2~", "\u{1B}[Z",
    "\u{1B}[1;2D",
    "\u{1B}[1;2C", "\u{1B}[1;2A", "\u{1B}[3;5~", "\u{1B}[3;2~", "\u{1B}[1;6H", "\u{1B}[1;3A", "\u{1B}[5;5~",
    "\u{1B}[<0;1;1M", "\u{1B}[M !!", "\u{1B}[?1;2c", "\u{1B}[27u", "\u{1B}[13;5u", "\u{1B}[27;5;13~", "\u{1B}[5;10R",
    "\u{1B}]11;rgb:0000/0000/0000\u{1B}\\", "\u{1B}]11;rgb:0/0/0\u{7}", "\u{1B}P1$r0m\u{1B}\\",
    "\u{1B}_Gi=1;OK\u{1B}\\",
    "\u{1B}[[A", "\u{1B}[201~", "\u{1B}O5P", "\u{1B}\u{1B}[Z", "\u{1B}[I\u{1B}[O", "\u{9B}", "\u{1B}[7^", "\u{1D}",
    "\u{1E}",
    "\u{1B}[15;2~", "\u{1B}[1 q", "\u{1B}[>0;276;0c",
    "\u{1B}[1;10;20;30;40;50;60;70;80;90;100;110;120;130;140;150;160z",
  ]) func unknownSequencesLeaveNothing(sequence: String) throws {
    let session = try ConsoleSession()
    session.type("12" + sequence + "3")
    #expect(session.waits { $0.last?.hasPrefix("> 123 ") == true || $0.last == "> 123" }, "\(session.lines)")
    session.terminal.type("\u{15}40")
    for byte in sequence.utf8 { session.terminal.type(bytes: [byte]) }
    session.terminal.type("2\r")
    #expect(session.waits { $0.contains("402") }, "\(session.lines)")
  }

  /// Lines are indented by the brackets that are open; Up and Enter go into the middle, and the block runs from its end.
  @Test func aBlockIsEditedAsOne() throws {
    let session = try ConsoleSession()
    let shown = ["> f(a) = {", "…   b = 0", "…   for i in 0:3 {", "…     b += a", "…   }", "…   b"]
    for (count, line) in zip(1..., ["f(a) = {", "b = 0", "for i in 0:3 {", "b += a", "}", "b"]) {
      session.terminal.type(line)
      #expect(session.waits(within: 5) { $0 == Array(shown[..<count]) }, "\(session.lines)")
      if count < shown.count { session.terminal.type("\r") }
      #expect(session.waits(within: 5) { $0.count == min(count + 1, shown.count) })
    }
    session.terminal.type("\u{1B}[A\u{1B}[A\u{5} * i")
    #expect(session.waits { $0.contains("…     b += a * i") })
    session.terminal.type("\r")
    #expect(session.waits { $0.count == 7 })
    session.terminal.type("b += 1")
    #expect(
      session.waits { $0.dropFirst(3) == ["…     b += a * i", "…     b += 1", "…   }", "…   b"] }, "\(session.lines)")
    session.terminal.type("\u{1B}[B\u{1B}[B\u{5}")
    session.terminal.type("\r}\rf(10)\r")
    #expect(session.waits { $0.contains("33") }, "\(session.lines)")
    // What is cut stays within its line, and can be put back into another one.
    session.terminal.type("\u{1B}[A\u{1B}[A\u{1B}[A\u{1B}[A\u{1}\u{B}b = 7\u{1B}[B\u{5} \u{19}")
    #expect(session.waits { $0.suffix(3) == ["… b = 7", "…   b   }", "… }"] }, "\(session.lines)")
    session.terminal.type("\u{3}")
    _ = session.waits { $0.last == "> " || $0.last == ">" }
    // The whole block comes back.
    session.terminal.type("\u{1B}[A\u{1B}[A")
    #expect(session.waits { $0.last == "… }" && $0.suffix(8).first == "> f(a) = {" }, "\(session.lines)")
    session.terminal.type("\u{3}")
    #expect(session.waits { $0.last == "> " || $0.last == ">" })
  }

  /// The first Tab completes, the second lists, each further one takes the next that fits.
  @Test func tabGoesThroughWhatFits() throws {
    let session = try ConsoleSession()
    for name in ["qqxa", "qqxb", "qqxc"] { _ = session.answer("\(name) = 1") }
    session.type("2 + qq\t")
    #expect(session.lines.last?.hasPrefix("> 2 + qqx") == true)
    session.type("\t")
    #expect(session.lines.contains { $0.contains("qqxa") && $0.contains("qqxc") })
    for name in ["qqxa", "qqxb", "qqxc", "qqxa"] {
      session.type("\t")
      #expect(session.lines.last?.hasPrefix("> 2 + \(name) ") == true, "\(session.lines)")
    }
    // What is typed ends it.
    session.type(" * 2\t")
    #expect(session.lines.last?.hasPrefix("> 2 + qqxa * 2") == true)
  }

  /// `:page` hands all of a value to the program that is asked for, and goes on where that ends.
  @Test(arguments: ["head -n 3", "no-such-pager-here"]) func pagesAreShownByAProgram(pager: String) throws {
    let session = try ConsoleSession(environment: ["PAGER": pager, "LESS": "-EX"])
    _ = session.answer("x = reshape(0:200, 100, 2);")
    session.terminal.type(":page x\r")
    #expect(session.waits { $0.contains("    2    3") }, "\(session.lines)")
    // Where it isn't found, less or more show it.
    if !pager.hasPrefix("head") { session.terminal.type("q") }
    #expect(session.waits { $0.last == ">" || $0.last == "> " })
    #expect(session.answer("1 + 2").contains("3"))
  }

  /// What is whole in another language waits for nothing.
  @Test func aLoopOfPythonIsAnswered() throws {
    let session = try ConsoleSession()
    #expect(session.answer("for i in range(3): print(i)").contains("help: for i in 0:3 { print(i) }"))
  }

  /// An empty last line gives up, and says what is missing.
  @Test func anEmptyLineGivesTheBlockUp() throws {
    let session = try ConsoleSession()
    session.terminal.type("sum([1,")
    _ = session.waits { $0.last?.hasSuffix("[1,") == true }
    session.terminal.type("\r")
    #expect(session.waits { $0.last?.hasPrefix("…") == true })
    session.terminal.type("\r")
    #expect(session.waits { $0.contains { $0.hasPrefix("error: expected a value, but the input ends") } })
    session.terminal.type("{\r\r3 + 4\r")
    #expect(session.waits { $0.contains("7") })
  }

  @Test func aNarrowWindowKeepsTheBlock() throws {
    let session = try ConsoleSession(columns: 80, rows: 20)
    session.terminal.type("[1, 2,\r")
    #expect(session.waits { $0.last?.hasPrefix("…") == true })
    session.terminal.type("3, 4")
    _ = session.waits { $0.last?.contains("3, 4") == true }
    session.terminal.resize(columns: 15, rows: 20)
    usleep(200_000)
    session.terminal.type("]\r")
    #expect(session.waits { $0.suffix(3).joined(separator: "\n") == "4\n  1  2  3  4\n>" }, "\(session.lines)")
    // All that a person can do at full width goes on.
    session.terminal.resize(columns: 3, rows: 20)
    usleep(100_000)
    session.terminal.type("6 *\u{1B}\r7\u{1B}[D")
    usleep(100_000)
    session.terminal.resize(columns: 60, rows: 20)
    usleep(100_000)
    session.terminal.type("\r")
    #expect(session.waits { $0.suffix(2) == ["42", ">"] }, "\(session.lines)")
  }

  @Test func longLinesArriveWhole() throws {
    let line = "x = " + Array(repeating: "1", count: 3000).joined(separator: "+") + "\r"
    for session in [try ConsoleSession(columns: 15), try ConsoleSession(environment: ["TERM": "dumb"])] {
      session.terminal.type(line)
      session.terminal.type("x\r")
      #expect(session.waits { $0.contains("x  3000") }, "\(session.lines)")
    }
    // With its results in a file.
    let folder = try Folder()
    let session = try ConsoleSession(folder: folder, output: folder.path + "/out")
    session.terminal.type(line)
    session.terminal.type("x\r")
    let end = ContinuousClock.now + .seconds(30)
    while folder.contents(of: "out")?.hasSuffix("3000\n") != true, ContinuousClock.now < end { session.listen() }
    #expect(folder.contents(of: "out")?.hasSuffix("3000\n") == true)
  }

  @Test func fastInputIsShownOnceItIsThere() throws {
    let session = try ConsoleSession()
    let slowness = Pace.slowness
    let start = ContinuousClock.now
    session.terminal.type("y = " + Array(repeating: "1", count: 4000).joined(separator: "+"))
    session.type("")
    let taken = ContinuousClock.now - start
    #expect(taken < .seconds(0.3 * slowness * 2), "\(taken)")
    session.terminal.type("\r")
    session.terminal.type("y\r")
    #expect(session.waits { $0.contains("y  4000") })
  }

  @Test func ctrlBackslashAsks() throws {
    let session = try ConsoleSession()
    session.terminal.type("1 + 1\u{1C}")
    #expect(session.waits { $0.last?.hasPrefix("leave at once?") == true })
    session.terminal.type("n\r")
    #expect(session.waits { $0.suffix(2) == ["2", ">"] }, "\(session.lines)")
    session.terminal.type("\u{1C}")
    #expect(session.waits { $0.last?.hasPrefix("leave at once?") == true })
    session.terminal.type("y")
    #expect(session.child.status() == 131)
  }
}
