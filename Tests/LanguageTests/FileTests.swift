import Files
import Language
import Refusals
import Synchronization
import Syntax
import TestSupport
import Testing

/// `load`, `save` and `:files`, with a shelf in the place of a disk.
@Suite struct FileTests {
  private final class Shelf: Sendable {
    let files = Mutex<[String: [UInt8]]>([:])

    var access: FileAccess {
      var access = FileAccess { _ throws(Refusal) in "" }
      access.bytes = { path throws(Refusal) in
        guard let bytes = self.files.withLock({ $0[path] }) else { throw Refusal("cannot open \"\(path)\"") }
        return ByteSource(Bytes(bytes))
      }
      access.save = { path, pieces throws(Refusal) in
        self.files.withLock { $0[path] = pieces.flatMap(\.array) }
      }
      return access
    }
  }

  private let shelf = Shelf()

  private func output(_ text: String) -> String {
    let access = shelf.access
    return printed(text) { $0.files = access }
  }

  @Test(arguments: FileFormat.written.map(\.name)) func valuesComeBack(ending: String) {
    let text = output(
      """
      w = [0.1, -2; 3, inf]
      save("w.\(ending)", w)
      v = load("w.\(ending)"\(FileFormat(path: "w." + ending)?.holdsSeveral == true ? ", \"w\"" : ""))
      expect v == w
      """)
    #expect(text.isEmpty, "\(text)")
  }

  /// What the help page, the functions' lines, the errors and the README say of formats is the table of formats.
  @Test func everyListOfFormatsIsTheTable() throws {
    let page = output(":help files")
    for format in FileFormat.all {
      #expect(page.contains("  \(format.name) ") && page.contains(format.summary), "\(format.name)")
    }
    let longest = page.split(separator: "\n").map(\.count).max() ?? 0
    #expect(longest <= 80)
    #expect(output("?load").contains(FileFormat.list(FileFormat.all, joint: "or")))
    #expect(output("?save").contains(FileFormat.list(FileFormat.written, joint: "or")))
    #expect(output("save(\"w.bmp\", 1)").contains("help: \(FileFormat.list(FileFormat.written)) are written"))
    shelf.files.withLock { $0["x"] = [1, 2, 3] }
    #expect(output("load(\"x\")").contains("help: \(FileFormat.list(FileFormat.all)) are read"))
    let readme = try Checkout.text(of: "README.md")
    #expect(readme.contains(FileFormat.overview))
  }

  @Test func severalTensorsHaveNames() {
    let text = output(
      """
      w = weights(3, 2)
      m = mask([1, 0])
      save("m.npz", w, m, half=w / 2)
      save("m.safetensors", w, m, half=w / 2)
      expect load("m.npz", "half") == w / 2
      a, b, c = load("m.safetensors")
      expect a == w
      expect b == m
      :files m.npz
      :files "m.safetensors"
      [1, 2] * load("m.npz", "m")
      """)
    #expect(
      text == """
        w     3×2  float32
        m     2  bool
        half  3×2  float32
        w     3×2  float32
        m     2  bool
        half  3×2  float32
        2 · 1 of 2 removed
          1  ⋅
        """)
  }

  @Test func precisionDecidesWhatTextBecomes() {
    shelf.files.withLock { $0["t.csv"] = Array("0.1,0.2\n".utf8) }
    #expect(output("expect load(\"t.csv\") == float32([[0.1, 0.2]])").isEmpty)
    #expect(output(":precision float64\nexpect load(\"t.csv\") == [[0.1, 0.2]]").isEmpty)
  }

  @Test func whatIsLiveMayLoad() {
    shelf.files.withLock { $0["t.csv"] = Array("1,2\n".utf8) }
    #expect(output("d := load(\"t.csv\")\nexpect sum(d) == 3").isEmpty)
  }

  @Test(arguments: [
    ("load(\"gone.npy\")", "error: cannot open \"gone.npy\""),
    ("load(3)", "error: load wants a file name in quotes"),
    ("load(\"t.csv\", \"a\")", "error: cannot read \"t.csv\": its columns have no names"),
    ("load(\"bad.csv\")", "error: cannot read \"bad.csv\": 'x' stands where a number should, at line 2, column 1"),
    ("save(\"w.bmp\", [1])", "error: \"w.bmp\" doesn't end in the name of a format"),
    ("save(\"w.png\", [1])", "error: a picture is what plot(…), hist(…), heat(…) or spy(…) draws"),
    ("save(\"w.npz\", [1])", "error: what is saved here needs a name"),
    ("save(\"w.npy\")", "error: save wants a file name in quotes and what to put in it"),
    ("save(\"w.npy\", [1], [2])", "error: cannot write \"w.npy\": it holds one tensor, not 2"),
    ("save(\"w.csv\", zeros(2, 2, 2))", "error: cannot write \"w.csv\": a table has rows and columns; this is 2×2×2"),
    ("x = save(\"w.npy\", 1)", "error: save stands on a line of its own"),
    (":files", "error: a file name is missing"),
  ]) func errors(program: String, message: String) {
    shelf.files.withLock { $0 = ["t.csv": Array("1,2\n".utf8), "bad.csv": Array("1\nx\n".utf8)] }
    let text = output(program)
    #expect(text.hasPrefix(message), "\(text)")
  }

  @Test func namesThatAreMissingSuggest() {
    #expect(
      output("weight = 1\nsave(\"m.npz\", weight)\nload(\"m.npz\", \"wieght\")").contains(
        "help: did you mean 'weight'?"))
  }

  /// A file's name without quotes is answered with the line that has them.
  @Test(arguments: [
    ("load(a.npy)", "load(\"a.npy\")"), ("w = load(my folder/x.npy)", "w = load(\"my folder/x.npy\")"),
    ("save(w.npy, [1])", "save(\"w.npy\", [1])"), ("load(../a.npz, names)", "load(\"../a.npz\", names)"),
  ])
  func namesWithoutQuotes(line: String, help: String) {
    #expect(output(line).contains("help: " + help))
  }

  @Test func othersWithPointsAreLeftAlone() {
    #expect(!output("c = (path=\"gone.npy\", n=1)\nload(c.path)").contains("help: load(\"c.path"))
  }

  @Test func undoDoesNotSaveAgain() {
    var session = Session()
    session.files = shelf.access
    session.isInteractive = true
    _ = printed("w = [1, 2];\nsave(\"w.npy\", w);\nv = 1;\nu = 2;", in: &session)
    shelf.files.withLock { $0 = [:] }
    for _ in 0..<3 { _ = printed(":undo", in: &session) }
    _ = printed(":redo\n:redo", in: &session)
    #expect(shelf.files.withLock { $0.isEmpty })
  }

  @Test func nothingIsReadWhileALineIsTyped() {
    var session = Session()
    session.files = shelf.access
    shelf.files.withLock { $0["t.csv"] = Array("1,2\n".utf8) }
    #expect(session.shapePreview(of: "load(\"t.csv\")") == nil)
  }
}
