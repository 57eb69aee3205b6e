import Language
import Syntax
import TestSupport
import Testing

/// Other projects' test suites, and cases of our own making, as scripts, where they lie beside the checkout.
@Suite(.slow) struct ForeignTests {
  @Test(arguments: Checkout.fixtures("foreign")) func casesPass(file: String) throws {
    try expectAllPass("foreign/" + file)
  }

  private func expectAllPass(_ path: String) throws {
    let text = try Checkout.text(ofFixture: path)
    let report = Transcript.test(Source(name: path, text: text)) { Session() }
    #expect(report.failed == 0, "\(report.text.prefix(2_000))")
    #expect(report.passed > 0)
  }
}
