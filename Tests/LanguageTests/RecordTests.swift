import Files
import Language
import Refusals
import Synchronization
import Syntax
import TestSupport
import Testing

/// Sessions that are written down and brought back.
@Suite struct RecordTests {
  /// Files that exist only while a test runs.
  final class Folder: Sendable {
    let contents: Mutex<[String: String]>
    init(_ contents: [String: String] = [:]) { self.contents = Mutex(contents) }

    func connect(_ session: inout Session) {
      session.files.read = { path throws(Refusal) in
        guard let text = self.contents.withLock({ $0[path] }) else { throw Refusal("no such file") }
        return text
      }
      session.files.bytes = { path throws(Refusal) in
        guard let text = self.contents.withLock({ $0[path] }) else { throw Refusal("no such file") }
        return ByteSource(Bytes(text))
      }
      session.files.save = { path, pieces throws(Refusal) in
        self.contents.withLock { $0[path] = String(decoding: pieces.flatMap(\.array), as: UTF8.self) }
      }
    }
  }

  /// What every name holds, to the last bit, and the next random number.
  static func state(_ session: Session) -> String {
    var copy = session
    let names = session.variableNames.map { ":repr \($0)" }.joined(separator: "\n")
    return printed(":vars\n\(names)\n:env\n:digits full\nans\nrand(2)\n:repr ans", in: &copy)
  }

  /// A session that was saved and loaded by another one.
  private func reloaded(_ session: inout Session, _ files: Folder) -> Session {
    files.connect(&session)
    #expect(printed(":save s", in: &session).hasPrefix("saved"))
    var other = Session()
    files.connect(&other)
    #expect(printed(":load s", in: &other).contains("done again"))
    return other
  }

  @Test func everythingComesBackBitForBit() {
    var session = Session()
    _ = printed(
      """
      :precision float64
      x = randn(3, 4)
      :precision float32
      w = weights(4, 2); m = mask([[1, 0], [0, 1], [1, 1], [0, 0]])
      input a: [n, 3]
      f(x, k=2) = { z = x * k; z + 1 }
      y := relu(f(float32(x)) @ (w * m))
      loss := sum(square(y))
      repeat 5 { w -= 0.01 * grad(loss, w) }
      p, q = (1, [2, 3])
      text = "a \\"b\\"\\n"
      lr = 0.1
      s = float32(0.1)
      bad = [nan, inf, -inf, -0]
      seed(7)
      r = rand(2)
      nope
      for i in 0:9 { s += i; if i == 4 { nope } }
      1 / 3
      """, in: &session)
    let other = reloaded(&session, Folder())
    #expect(Self.state(other) == Self.state(session))
    #expect(other.record.text == session.record.text)
    var (a, b) = (session, other)
    #expect(printed("grad(loss, w)", in: &a) == printed("grad(loss, w)", in: &b))
  }

  @Test func whatAFileHeldIsKept() {
    let files = Folder(["f.grad": "a = rand(2)\nf(x) = x + a\n"])
    var session = Session()
    files.connect(&session)
    _ = printed("run \"f.grad\"\nb = f(1)", in: &session)
    files.contents.withLock { $0["f.grad"] = "a = 5" }
    let other = reloaded(&session, files)
    #expect(Self.state(other) == Self.state(session))
  }

  /// A large file is read again, not written out, whether it has a name or was only shown.
  @Test func largeDataStaysInItsFile() {
    var session = Session()
    let file = ByteSource(Bytes(String(repeating: "1\n", count: 200_000)))
    session.files.bytes = { _ throws(Refusal) in file }
    #expect(printed("load(\"x.csv\");\ny = load(\"x.csv\")\ny, z = (y, 1)", in: &session).isEmpty)
    #expect(session.record.text.utf8.count < 1_000)
  }

  @Test func undoneStatementsAreNotKept() {
    var session = Session()
    _ = printed("a = 1\nb = 2\n:undo\nc = rand(2)", in: &session)
    #expect(!session.record.text.contains("b = 2"))
    #expect(Self.state(reloaded(&session, Folder())) == Self.state(session))
  }

  @Test func aLoadCanBeUndone() {
    let files = Folder()
    var session = Session()
    _ = printed("a = 1", in: &session)
    _ = reloaded(&session, files)
    var other = Session()
    files.connect(&other)
    #expect(printed("b = 2\n:load s\n:vars\n:undo\n:vars", in: &other).hasSuffix("undone: :load \"s\"\nb  2"))
  }

  @Test(arguments: [
    ("hello\n", "it is no saved session"),
    ("gradus session 9\nnew things\n", "it is of format 9; this program reads formats 1 to 2"),
    ("gradus session 1\ndo a = 1\nnonsense\n", "line 3 of it can't be understood"),
    ("gradus session 1\nset digits 99\n", "line 2 of it can't be understood"),
    ("gradus session 1\ndo a = \\q\n", "line 2 of it can't be understood"),
    ("gradus session 1\ndo a = 1\ndo nope\n", "entry 2 fails: unknown name 'nope'"),
    ("gradus session 1\ndo (((\n", "entry 1 fails"),
    ("", "it is no saved session"),
    ("gradus session 1", "it is no saved session"),
  ])
  func badFilesAreRefused(text: String, reason: String) {
    var session = Session()
    let files = Folder(["bad": text])
    files.connect(&session)
    let answer = printed("a = 3\n:load bad", in: &session)
    #expect(answer.contains("cannot load \"bad\": \(reason)"), "\(answer)")
    #expect(printed("a", in: &session) == "3")
  }

  @Test func anUnfinishedLastLineIsNoLine() {
    var session = Session()
    Folder(["cut": "gradus session 1\ndo a = 1\ndo b = "]).connect(&session)
    #expect(printed(":load cut\n:vars", in: &session) == "1 statement done again; :vars lists the names\na  1")
  }

  /// What was entered, what is on record of it, and what of it is not.
  @Test(arguments: [
    ("a = 1; b = 2; c = 3", [], "a = 1; b = 2; c = 3"),
    ("a = 1; b = 2; c = 3", ["a = 1"], "b = 2; c = 3"),
    ("a = 1; b = 2; c = 3", ["a = 1", "b = 2"], "c = 3"),
    ("a = 1; b = 2; c = 3", ["a = 1", "b = 2", "c = 3"], nil),
    // What leaves no entry has changed nothing.
    ("a = 1; :vars\nnope; b = 2; w;\n", ["a = 1", "b = 2"], "w;"),
    ("a += 1; a += 1; a += 1", ["a += 1", "a += 1"], "a += 1"),
    ("f(x) = {\n x + 1 }\ny = f(2)  # why\n", ["f(x) = {\n x + 1 }"], "y = f(2)  # why"),
    (":restore", [], nil), (":undo; :load x", [], nil), ("train(", [], nil), ("", [], nil),
  ])
  func whatHadNotFinishedIsKnown(entered: String, done: [String], rest: String?) throws {
    let before = try Record(text: "gradus session 1\ndo a = 0\n")
    let begun = Begun(entered, after: before)
    let lines = done.map { Record.Entry.statement($0).line }.joined()
    let record = try Record(text: "gradus session 1\ndo a = 0\n" + lines)
    // As it is written at once, and line by line.
    #expect(try Record(text: record.text(keptAt: [], begun: begun)).unfinished == rest)
    let text = before.text(keptAt: [], begun: begun) + lines
    let read = try Record(text: text)
    #expect(read.unfinished == rest)
    #expect(read.text == record.text)
    #expect(try Record(text: text + Begun.ended).unfinished == nil)
    // Without it, sessions are written as ever.
    #expect(record.text.hasPrefix("gradus session 1\n"))
  }

  @Test func otherFilesAreNotOverwritten() {
    let files = Folder(["mine.grad": "a = 1"])
    var session = Session()
    files.connect(&session)
    #expect(printed("a = 1\n:save mine.grad", in: &session).contains("is there already"))
    #expect(files.contents.withLock { $0["mine.grad"] } == "a = 1")
  }

  @Test func anyTextIsOneLine() throws {
    for text in ["a\nb\r\n\tc\\n\\", "e\u{301} \u{301}", "\"\n\"", " x ", "α := 1 # ∂"] {
      let line = Record.Entry.statement(text).line
      #expect(line.utf8.count { $0 == 10 } == 1)
      let record = try Record(text: "gradus session 1\n" + line)
      #expect(record.entries.first?.line == line)
    }
  }

  /// A list that grows is an array, and its copies stay what they were.
  @Test func growingListsAreArrays() {
    var (list, array) = (GrowingList<Int>(), [Int]())
    var copies: [(GrowingList<Int>, [Int])] = []
    var random = SplitMix(4)
    for step in 0..<3_000 {
      switch random.next() % 40 {
      case 0:
        let count = Int(random.next() % UInt64(array.count + 20))
        list.cut(to: count)
        array.removeSubrange(min(count, array.count)...)
      case 1: copies.append((list, array))
      case 2 where !array.isEmpty:
        let place = Int(random.next() % UInt64(array.count))
        list[place] = -step
        array[place] = -step
      default:
        list.append(step)
        array.append(step)
      }
      #expect(list.count == array.count && list.last == array.last)
    }
    #expect(Array(list) == array)
    #expect(copies.allSatisfy { Array($0) == $1 })
    let middle = array.count / 2
    #expect(Array(list[middle...]) == Array(array[middle...]))
  }
}
