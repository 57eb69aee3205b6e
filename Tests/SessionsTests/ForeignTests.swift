import Foundation
import Sessions
import Syntax
import Testing

/// Other projects' test suites as scripts, where they lie beside the checkout.
@Suite struct ForeignTests {
  static let folder = TranscriptTests.root.deletingLastPathComponent().path + "/shared/fixtures/foreign"

  static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".grad") }.sorted()

  /// The share of a file's cases that are known not to pass yet, with the reason.
  static let open: [String: (cases: Int, reason: String)] = [
    "autograd-linalg.grad": (10, "det, inv, solve and their relatives"),
    "onnx-linalg.grad": (1, "det"),
    "onnx-reduce.grad": (1, "an empty reduction"),
    "opinfo-activation.grad": (2, "softmax of nothing"),
    "opinfo-index.grad": (1, "an index kind"),
    "opinfo-linalg.grad": (43, "det, inv, solve and their relatives"),
    "opinfo-reduce.grad": (5, "reductions of nothing"),
    "seed.grad": (3, "train"),
  ]

  @Test(arguments: files) func casesPass(file: String) throws {
    let text = try String(contentsOfFile: Self.folder + "/" + file, encoding: .utf8)
    let report = Transcript.test(Source(name: file, text: text)) { Session() }
    #expect(report.failed <= Self.open[file]?.cases ?? 0, "\(report.text.prefix(2_000))")
    #expect(report.passed > 0)
  }
}
