import Files
import Language
import Refusals
import Syntax
import Text

/// Compares scripts and documents with the answers written in them, or writes those answers.
struct TranscriptRunner {
  var configure: () -> Session
  var printer: Printer

  func test(_ files: [String]) -> ExitStatus {
    var passed = 0
    var failed = 0
    for file in files {
      guard let source = read(file) else { return .usage }
      let report = Transcript.test(source, configure: configure)
      passed += report.passed
      failed += report.failed
      if !report.text.isEmpty { printer.print(.result(report.text)) }
      if Interrupt.isRequested { return .interrupted }
    }
    printer.print(.result("\(passed) passed, \(failed) failed"))
    return failed == 0 ? .success : .differences
  }

  func bless(_ files: [String]) -> ExitStatus {
    var changed = 0
    for file in files {
      guard let source = read(file) else { return .usage }
      let text = Transcript.blessed(source, configure: configure)
      if Interrupt.isRequested { return .interrupted }
      guard text != source.text else { continue }
      if let error = System.replace(file: file, with: [Bytes(text)]) {
        printer.refuse("cannot write \(file): \(error.message)")
        return .failure
      }
      printer.print(.result("rewrote \(file.shown)"))
      changed += 1
    }
    printer.print(.result("\(files.count) read, \(changed) rewritten"))
    return .success
  }

  private func read(_ file: String) -> Source? {
    do throws(Refusal) {
      return try Input.file(file)
    } catch {
      printer.refuse(error.message)
      return nil
    }
  }
}
