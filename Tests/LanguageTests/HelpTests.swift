import Files
import Graphs
import Refusals
import Synchronization
import Syntax
import TestSupport
import Testing

@testable import Language

/// What can be looked up at the prompt, and sessions written to be read.
@Suite struct HelpTests {
  @Test func everyWordsExampleRuns() throws {
    for entry in HelpWord.all {
      for word in entry.words where word != "?" && word != "()" && word != "(" && word != ")" {
        #expect(printed(":help \(word)").contains(entry.text), "\(word)")
      }
      if entry.example.contains(".grad") { continue }
      let text = printed(entry.example)
      #expect(!text.contains("error:"), "\(entry.example): \(text)")
    }
  }

  @Test func everyReservedWordIsThere() {
    for word in ["repeat", "for", "while", "if", "else", "in", "and", "or", "not", "xor", "true", "inf", "nan", "new"] {
      #expect(HelpWord.named[word] != nil, "\(word)")
    }
  }

  @Test func functionsAreListedByKind() throws {
    let page = printed(":help functions")
    let names = page.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    for name in ["inv", "conv2d", "train", "randint", "enumerate", "cross_entropy"] { #expect(names.contains(name)) }
    #expect(page.split(separator: "\n").allSatisfy { $0.count <= 81 })
    for kind in ["matrices", "losses", "chance", "shapes"] {
      let text = printed(":help \(kind)")
      for line in text.split(separator: "\n").dropFirst() where line.hasPrefix("  ") {
        #expect(line.count <= 85, "\(line)")
      }
    }
    #expect(printed(":help matrices").contains("inv   "))
    for line in printed(":help chance").split(separator: "\n").dropFirst() {
      let name = String(line.split(separator: " ")[0])
      #expect(Operator.named[name] != nil || Builtin.named[name] != nil, "\(name)")
    }
  }

  @Test(arguments: [
    ("inverse", "inv"), ("convolution", "conv2d"), ("average", "mean"), ("eigenvalues", "eigh"),
    ("equal parts", "split"),
    ("random numbers", "rand"), ("loss", "mse"), ("undo", ":undo"), ("derivative", "grad"), ("loop", "for i in"),
    ("matrix product", "matmul"), ("notebook", ":save"),
  ])
  func wordsAreSearchedFor(words: String, name: String) {
    let text = printed(":help \(words)")
    #expect(text.contains(name) && !text.contains("error:"), "\(text)")
  }

  @Test func whatIsNowhereIsNotFound() {
    #expect(printed(":help qwertzuiop").contains("there is no help on 'qwertzuiop'"))
  }

  /// The user's own names can be looked up as well, functions as they were written.
  @Test(
    arguments: [
      (":help f", "f  function of (x, k)\n  f(x, k=2) = {\n    y = x^k\n    y + 1\n  }"), ("g?", "g  function sin"),
      ("?loss", "loss  live · := sum(w ^ 2)"), ("help(w)", "w  2 · trainable"), ("w?", "w  2 · trainable"),
    ] as [(String, String)])
  func ownNamesAreToldOf(line: String, text: String) {
    let program = "f(x, k=2) = {\n  y = x^k\n  y + 1\n}\ng = sin\nw = weights(value=[1, 2]);\nloss := sum(w^2)\n"
    #expect(printed(program + line).hasSuffix(text))
  }

  @Test func aNameOfBothKindsIsToldOfTwice() {
    let text = printed("mean(x) = sum(x) / 2\n:help mean")
    #expect(text.hasPrefix("mean  function of (x)\n  mean(x) = sum(x) / 2\n\nmean("))
  }

  @Test func namesAreListedAsAskedFor() {
    #expect(printed("a = 1\nbcd = [1, 2]\nf(x) = x\n:vars f a") == "f  function of (x)\na  1")
    #expect(printed("a = 1\n:vars a q").contains("unknown name 'q'"))
  }

  /// A word that a command has no use for isn't left aside in silence.
  @Test func noWordIsLeftAside() {
    for command in Command.all where command.usage == ":\(command.name)" {
      #expect(printed(":\(command.name) nonsense").contains("':\(command.name)' takes nothing behind it"))
    }
  }

  @Test(arguments: Tool.allCases) func aToolsHabitsStandSideBySide(tool: Tool) {
    let lines = printed(":help \(tool.rawValue)").split(separator: "\n")
    #expect(lines.count > 10, "\(tool)")
    #expect(lines.allSatisfy { $0.count <= 83 }, "\(tool)")
  }

  @Test(arguments: [
    "loops", "text", "records", "types", "keys", "loop", "syntax", "dtype", "torch", "matlab", "slicing",
  ])
  func subjectsHavePages(topic: String) {
    let lines = printed(":help \(topic)").split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count > 5 && !lines[0].hasPrefix("error"), "\(topic)")
    #expect(lines.allSatisfy { $0.count <= 84 }, "\(topic)")
  }

  @Test func theCourseForPyTorchCanBeFinished() {
    var session = Session()
    #expect(printed(":learn pytorch", in: &session).hasPrefix("1 of 8  "))
    for step in 1...8 {
      let hint = printed(":learn hint", in: &session)
      let answer = printed(String(hint.dropFirst(6)), in: &session)
      #expect(answer.contains("✓ "), "\(step): \(answer)")
      #expect(answer.contains(step == 8 ? "That was all." : "\(step + 1) of 8  "), "\(answer)")
      #expect(answer.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(answer)")
    }
    #expect(printed(":learn hint", in: &session).contains("no lesson has been begun"))
  }

  // MARK: Sessions to be read

  private func saved(as name: String, after text: String) throws -> (file: String, session: Session) {
    let files = RecordTests.Folder([:])
    var session = Session()
    files.connect(&session)
    _ = printed(text, in: &session)
    let answer = printed(":save \(name)", in: &session)
    #expect(answer.hasPrefix("saved as "), "\(answer)")
    return (try #require(files.contents.withLock { $0[name] }), session)
  }

  static let program = """
    w = weights(2, 2)
    x = rand(3, 2)
    y := relu(x @ w)
    sum(y)
    f(a) = {
      b = a * 2
      b + 1
    }
    f(3)
    for i in 0:2 { print("round {i}") }
    train(mean(y ^ 2), steps=3);
    w
    """

  @Test func aScriptWithItsAnswersPasses() throws {
    let (file, _) = try saved(as: "a.grad", after: Self.program)
    #expect(file.contains("#> 7"), "\(file)")
    let report = Transcript.test(Source(name: "a.grad", text: file)) { Session() }
    #expect(report.failed == 0 && report.passed > 2, "\(report.text)")
  }

  @Test func aPageWithItsAnswersPasses() throws {
    let (file, _) = try saved(as: "a.md", after: Self.program)
    #expect(file.contains("```gradus"))
    let report = Transcript.test(Source(name: "a.md", text: file)) { Session() }
    #expect(report.failed == 0 && report.passed > 2, "\(report.text)")
  }

  @Test func aNotebookHasACellForEachStatement() throws {
    let (file, session) = try saved(as: "a.ipynb", after: Self.program)
    let cells = try #require(try JSON(Bytes(file))["cells"]?.array)
    #expect(cells.count == session.record.statementCount, "\(file)")
  }

  @Test func eachCommandNamesTheOther() throws {
    let files = RecordTests.Folder([
      "s.session": "gradus session 1\ndo a = 1\n", "b.grad": "1 + 1\n", "mine.grad": "2\n",
    ])
    var session = Session()
    files.connect(&session)
    #expect(printed("run \"s.session\"", in: &session).contains(":load s.session"))
    #expect(printed(":load b.grad", in: &session).contains("help: run \"b.grad\""))
    #expect(printed("1\n:save mine.grad", in: &session).contains("is there already"))
  }
}
