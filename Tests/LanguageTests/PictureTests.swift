import Files
import Foundation
import Language
import Printing
import Refusals
import Synchronization
import Syntax
import Tensors
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Values and expressions as pictures of characters.
@Suite struct PictureTests {
  private func lines(_ text: String, width: Int? = nil, height: Int? = nil, ascii: Bool = false) -> [Substring] {
    printed(text) {
      $0.display.width = width
      $0.display.height = height
      $0.display.isASCII = ascii
    }.split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test(arguments: [
    "plot(sin(linspace(0, 9, 300)))", "plot(randn(2000), randn(2000), style=\"braille\")", "plot([1, nan, inf, 2])",
    "plot(zeros(5))", "plot([1e30, -1e30])", "hist(randn(1000))", "hist([nan])", "hist(zeros(3, 3))",
    "heat(randn(100, 100))", "heat(randn(3, 4) * mask(eye(3, 4)))", "heat([1, 2, 3])", "spy(eye(300))",
    "spy(bernoulli(0.1, 7, 9))", "spy(relu(randn(5, 5)))", "heat([nan, inf, 0])",
    "plot((sin(linspace(0, 9, 300)), cos(linspace(0, 9, 300))))", "plot([1, 10, 1000, 0, -1], log=\"y\")",
    "plot([1, 2, 4], ([1, 2, 3], [nan, 1, inf]), log=\"xy\")",
  ])
  func everyLineFits(call: String) {
    for (width, height) in [(80, 24), (40, 12), (120, 40)] {
      for ascii in [false, true] {
        let lines = lines(call, width: width, height: height, ascii: ascii)
        #expect(lines.allSatisfy { $0.unicodeScalars.count <= width }, "\(lines)")
        #expect(lines.count < height + (call.hasPrefix("plot") || call.hasPrefix("hist") ? 12 : 0))
        #expect(!ascii || lines.allSatisfy { $0.allSatisfy(\.isASCII) }, "\(lines)")
      }
    }
  }

  @Test func aStraightLineIsStraight() {
    #expect(
      printed("plot([0, 1, 2, 3], style=\"ascii\", rows=2)") { $0.display.width = 20 } == """
        [0, 1, 2, 3]
        3 │        ......'''
        0 │...'''''
           0               3
        """)
  }

  @Test func severalLinesHaveSignsOfTheirOwn() {
    let crossing = printed("a = [0, 1, 2]; b = [2, 1, 0]; plot((a, b), rows=3)") { $0.display.width = 20 }.split(
      separator: "\n")
    #expect(crossing[0] == "● a  × b")
    #expect(crossing[1].hasPrefix("2 │×") && crossing[1].hasSuffix("●"), "\(crossing)")
    #expect(crossing[3].hasPrefix("0 │●") && crossing[3].hasSuffix("×"), "\(crossing)")
    let lines = printed("plot([1, 10, 100], log=\"y\", rows=3, style=\"ascii\")") { $0.display.width = 20 }.split(
      separator: "\n")
    #expect(lines[0].contains("log y") && lines[1].hasPrefix("100 "), "\(lines)")
    #expect(printed("plot([1, -1, nan], log=true)").contains("1 not finite · 1 not above 0 · log y"))
  }

  /// Files that a session writes, kept here.
  private func saved(_ line: String) throws -> (text: String, error: String?) {
    let written = Mutex("")
    var session = Session()
    session.files.save = { _, pieces throws(Refusal) in
      let text = String(decoding: pieces.flatMap(\.array), as: UTF8.self)
      written.withLock { $0 = text }
    }
    do throws(Failure) {
      try session.run(Source(name: nil, text: line)) { _ in }
      return (written.withLock { $0 }, nil)
    } catch {
      let first = error.diagnostics[0]
      return ("", first.message + (first.help.map { " / " + $0 } ?? ""))
    }
  }

  @Test(arguments: [
    "plot([1, nan, 3], log=\"y\")", "plot((randn(9000), [1, 2]))", "plot([nan])", "plot(zeros(0))", "plot([1])",
    "hist(randn(50) * 0 + 1)", "hist([nan])", "heat([[1, 0, -3, nan]] * [[true, true, false, true]])",
    "heat(randn(300, 200))", "heat(zeros(0, 2))", "spy(eye(400))", "spy(relu([[-1, 1]]) * [[true, false]])",
    "plot([1e38, -1e38])",
  ]) func picturesAreWellFormed(call: String) throws {
    let (svg, error) = try saved("save(\"a.svg\", \(call))")
    #expect(error == nil)
    #expect(svg.hasPrefix("<svg xmlns") && svg.hasSuffix("</svg>\n"))
    let parser = XMLParser(data: Data(svg.utf8))
    #expect(parser.parse(), "\(svg.prefix(300))")
    #expect(!svg.contains("nan\"") && !svg.contains("inf\"") && svg.utf8.count < 4_000_000)
  }

  @Test(arguments: [
    (
      "save(\"a.svg\", [1, 2])",
      "a picture is what plot(…), hist(…), heat(…) or spy(…) draws / save(\"a.svg\", plot([1, 2]))"
    ),
    ("save(\"a.png\", plot([1]))", "programs can't be run here"),
    ("save(\"a.svg\", plot([1]), plot([2]))", "a file has one picture / save(\"a.svg\", plot((losses, others)))"),
    ("save(\"a.svg\", nothing)", "unknown name 'nothing'"),
  ]) func whatIsNoPictureIsRefused(line: String, message: String) throws {
    let error = try saved(line).error ?? ""
    #expect(error.hasPrefix(message), "\(error)")
  }

  @Test func removedEntriesAreNoZeros() {
    #expect(lines("spy([[1, 0, 3]] * [[true, true, false]])")[1] == "  ■ 0 ⋅")
    #expect(lines("hist([[1, 0, 3]] * [[true, true, false]])")[0].contains("2 values · 1 removed"))
    #expect(lines("heat([[1, 0, -3]] * [[true, true, false]])")[1] == "  ██ 0 ⋅")
  }

  @Test(arguments: [
    ("plot(eye(3))", "plot shows a vector; eye(3) is 3×3"), ("plot(3)", "plot shows a vector; 3 is a number"),
    ("plot([1], [1, 2])", "x has 1 entries, y has 2"), ("heat(zeros(2, 2, 2))", "heat shows a matrix"),
    ("hist()", "hist takes one tensor"), ("plot([1], style=\"oil\")", "the styles are"),
    ("plot(([1], [[1]]))", "plot shows a vector; [[1]] is 1×1"), ("plot([1], log=\"z\")", "log is"),
    ("plot([1], ([1], [1, 2]))", "x has 1 entries, [1, 2] has 2"), ("plot(([1], \"a\"))", "plot shows vectors"),
    ("hist([1], bins=0)", "bins is a whole number"), ("spy([[1]], n=1)", "spy has no argument 'n'"),
  ])
  func mistakesAreNamed(call: String, message: String) {
    #expect(printed(call).hasPrefix("error: \(message)"), "\(printed(call))")
  }

  @Test func picturesAreTexts() {
    #expect(printed("p = spy([[1]])\np").hasPrefix("[[1]] · 1×1"))
  }
}

/// Drawings of the dataflow.
@Suite struct DataflowTests {
  private static let names = """
    w = weights(3, 2); m = mask([[0, 1], [1, 0], [0, 1]]); b = weights(2); input x: [n, 3]
    y := relu(x @ (w * m) + b); loss := mse(y, [[1, 1]]); z = sum(w * 2)\n
    """

  @Test func aChainIsALine() {
    #expect(
      printed(Self.names + ":graph exp(x) * 2") == """
         x
         │ n×3
        exp
         │ n×3
        * 2
        """)
  }

  @Test func namesAreFollowedAndMarked() {
    let text = printed(Self.names + ":graph loss + z")
    for word in ["w (weights)", "m (mask)", "b (weights)", "y = relu", "loss = mse", "z = sum", "│ n×2", "│ 3×2"] {
      #expect(text.contains(word), "\(text)")
    }
  }

  @Test func whatIsTooWideIsAList() {
    let text = printed(Self.names + ":graph loss") { $0.display.width = 30 }
    #expect(text.contains("%9  loss = mse  %7 %8"))
    #expect(text.split(separator: "\n").count == 10)
  }

  @Test func mistakesAreNamed() {
    #expect(printed(Self.names + ":graph x @ x").contains("x is n×3"))
    #expect(printed(":graph").contains("an expression is missing"))
    #expect(printed(":export svg loss").contains("a file name is missing"))
  }

  @Test func exportsAreFiles() {
    let files = RecordTests.Folder()
    var session = Session()
    files.connect(&session)
    #expect(
      printed(Self.names + ":export dot loss + z \"a.dot\"\n:export svg loss a.svg", in: &session)
        == "wrote \"a.dot\"\nwrote \"a.svg\"")
    let (dot, svg) = files.contents.withLock { ($0["a.dot"] ?? "", $0["a.svg"] ?? "") }
    #expect(dot.hasPrefix("digraph {") && dot.hasSuffix("}\n") && dot.contains("n1 -> n3 [label=\"3×2\"]"))
    #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n") && svg.contains(">loss = mse</text>"))
  }
}
