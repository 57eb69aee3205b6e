import Foundation
import Language
import Syntax
import Testing

/// Other projects' test suites as scripts, where they lie beside the checkout.
@Suite struct ForeignTests {
  static let folder = TranscriptTests.root.deletingLastPathComponent().path + "/shared/fixtures/foreign"

  static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".grad") }.sorted()

  /// How many of a file's cases are known not to pass, with the reason.
  static let open: [String: (cases: Int, reason: String)] = [:]

  @Test(arguments: files) func casesPass(file: String) throws {
    let text = try String(contentsOfFile: Self.folder + "/" + file, encoding: .utf8)
    let report = Transcript.test(Source(name: file, text: text)) { Session() }
    #expect(report.failed == Self.open[file]?.cases ?? 0, "\(report.text.prefix(2_000))")
    #expect(report.passed > 0)
  }
}
