import Language
import Refusals
import Syntax
import TestSupport
import Testing

/// Other projects' test suites, and cases of our own making, as scripts, where they lie beside the checkout.
@Suite(.slow) struct ForeignTests {
  @Test(arguments: Checkout.fixtures("foreign")) func casesPass(file: String) throws {
    let text = try Checkout.text(ofFixture: "foreign/" + file)
    let report = Transcript.test(Source(name: file, text: text)) { Session() }
    #expect(report.failed == 0, "\(report.text.prefix(2_000))")
    #expect(report.passed > 0)
  }

  /// Functions with values from NumPy, SciPy and PyTorch.
  @Test(arguments: ["elementwise", "making", "moving", "polynomials", "reductions", "sets-and-counting"])
  func functionsGiveTheSame(set: String) throws {
    let name = set + ".grad"
    guard Checkout.fixtures("functions").contains(name) else { return }
    let text = try Checkout.text(ofFixture: "functions/" + name)
    let report = Transcript.test(Source(name: name, text: text)) { Session() }
    #expect(report.failed == 0, "\(report.text.prefix(2_000))")
    #expect(report.passed > 0)
  }

  /// Operators × kinds of operand × places × modes: each file by the program itself, so that a crash is its own.
  @Test(arguments: Checkout.fixtures("joints")) func jointsHold(file: String) throws {
    let folder = try Folder()
    let run = try Child.run(["--test", Checkout.fixture("joints/" + file)], in: folder)
    #expect(run.status == 0, "\(run.status): \(run.output.suffix(2_000))\(run.errors.suffix(500))")
    #expect(run.output.hasSuffix(" passed, 0 failed\n"), "\(run.output.suffix(200))")
  }
}
