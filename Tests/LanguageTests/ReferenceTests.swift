import Graphs
import Language
import Syntax
import Testing

/// The generated manual page.
@Suite struct ReferenceTests {
  @Test func namesEveryOperator() {
    for operation in Operator.table { #expect(Reference.text.contains("\n## \(operation.name)\n")) }
  }

  @Test func itsExamplesRun() {
    let report = Transcript.test(Source(name: "reference.md", text: Reference.text)) { Session() }
    #expect(report.failed == 0, "\(report.text)")
    #expect(report.passed > 50)
  }
}
