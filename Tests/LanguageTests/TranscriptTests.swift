import Files
import Foundation
import Language
import Refusals
import Syntax
import TestSupport
import Testing

/// Documents that run: the README, the examples, and foreign suites where they are present.
@Suite struct TranscriptTests {
  static let documents = ["README.md"] + Checkout.names(in: "Examples", ending: ".grad").map { "Examples/" + $0 }

  @Test(arguments: documents) func answersAreWhatIsPrinted(path: String) throws {
    let text = try Checkout.text(of: path)
    let report = Transcript.test(Source(name: path, text: text)) { Self.session }
    #expect(report.failed == 0, "\(report.text)")
    #expect(report.passed > 0)
  }

  /// With the files of the checkout.
  private static var session: Session {
    var session = Session()
    session.files.read = { path throws(Refusal) in
      guard let text = try? Checkout.text(of: path) else { throw Refusal("cannot open \"\(path)\"") }
      return text
    }
    session.files.bytes = { path throws(Refusal) in
      guard let data = FileManager.default.contents(atPath: Checkout.root.path + "/" + path) else {
        throw Refusal("cannot open \"\(path)\"")
      }
      return ByteSource(Bytes([UInt8](data)))
    }
    return session
  }

  @Test func examplesAreFound() { #expect(Self.documents.count >= 6) }

  @Test func differencesAreReported() {
    let report = Transcript.test(Source(name: "t.grad", text: "1 + 1\n#> 3\n2\n#> 2\n")) { Session() }
    #expect(report.passed == 1)
    #expect(report.failed == 1)
  }

  @Test func blessingRewritesAnswers() {
    let blessed = Transcript.blessed(Source(name: "t.grad", text: "1 + 1\n#> 3\n# words\n2 * 2\n")) { Session() }
    #expect(blessed == "1 + 1\n#> 2\n# words\n2 * 2\n#> 4\n")
  }
}
