import Refusals
import Syntax
import Text

/// What became of the checks in a text.
package struct TranscriptReport: Sendable {
  package var passed = 0
  package var failed = 0
  /// The differences, to print, without a line break at the end.
  package var text = ""
}

/// Scripts and documents with their answers.
package enum Transcript {
  /// Runs a text and compares what it prints with the answers in it.
  package static func test(_ source: Source, configure: () -> Session) -> TranscriptReport {
    let text = TranscriptText(source)
    var player = Player(text: text, session: configure())
    var report = TranscriptReport()
    var failures: [String] = []
    var failedCases: Set<Int> = []
    let hasCases = !text.caseLines.isEmpty
    for step in text.steps where !failedCases.contains(step.caseNumber) {
      let outcome = player.play(step, keepsOutput: !step.answers.isEmpty)
      if outcome.error?.diagnostic.isInterrupt == true { break }
      let complaint = player.complaint(about: step, outcome)
      if let complaint {
        failures.append(complaint)
        report.failed += 1
        if hasCases { failedCases.insert(step.caseNumber) }
      } else if !hasCases {
        report.passed += step.answers.isEmpty ? step.expectationCount : 1
      }
    }
    if hasCases { report.passed = text.caseLines.count - failedCases.filter { $0 >= 0 }.count }
    report.text = failures.joined(separator: "\n")
    return report
  }

  /// The text with its answers replaced by what is printed now.
  package static func blessed(_ source: Source, configure: () -> Session) -> String {
    var source = source
    // New answers move the lines that messages speak of.
    for _ in 0..<3 {
      let (text, movesLines) = blessedOnce(source, configure)
      if !movesLines { return text }
      source.text = text
    }
    return source.text
  }

  private static func blessedOnce(
    _ source: Source, _ configure: () -> Session
  ) -> (text: String, movesLines: Bool) {
    let text = TranscriptText(source)
    var player = Player(text: text, session: configure())
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.text.utf8.count)
    var line = 0
    var movesLines = false
    for step in text.steps {
      let outcome = player.play(step, keepsOutput: true)
      if outcome.error?.diagnostic.isInterrupt == true { return (source.text, false) }
      while line < step.lines.upperBound {
        bytes += text.rawLine(line)
        line += 1
      }
      // A failed check is no answer to get used to.
      if step.answers.isEmpty, outcome.error != nil, step.expectationCount > 0 || step.caseNumber >= 0 { continue }
      let lines = player.lines(of: outcome)
      movesLines = movesLines || lines.count != step.answers.count
      bytes.append(answer: lines, below: text.rawLine(step.lines.lowerBound))
      line = max(line, step.answers.upperBound)
      if line == text.lineCount, source.text.utf8.last != UInt8(ascii: "\n"), bytes.last == UInt8(ascii: "\n") {
        bytes.removeLast()
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
      }
    }
    while line < text.lineCount {
      bytes += text.rawLine(line)
      line += 1
    }
    return (String(decoding: bytes, as: UTF8.self), movesLines)
  }
}

/// What a step printed, and the error that ended it.
private struct Outcome {
  var output: [String] = []
  var error: (diagnostic: Diagnostic, offset: Int)?
}

/// Runs steps, and words what is wrong with them.
private struct Player {
  let text: TranscriptText
  var session: Session

  mutating func play(_ step: TranscriptText.Step, keepsOutput: Bool) -> Outcome {
    var outcome = Outcome()
    for entry in step.entries {
      switch entry {
      case .broken(let diagnostic, let range):
        outcome.error = (session.advised(diagnostic, in: text.source), range.lowerBound)
        return outcome
      case .statement(let statement):
        do throws(Diagnostic) {
          try session.execute(statement, in: text.source) { printed in
            guard keepsOutput else { return }
            switch printed {
            case .result(let line), .notice(let line), .shown(let line, _), .progress(let line, _, _):
              outcome.output.append(line)
            case .cleared: break
            }
          }
        } catch {
          outcome.error = (session.advised(error, in: text.source, at: statement.range), statement.range.lowerBound)
          return outcome
        }
      }
    }
    return outcome
  }

  /// What a step printed, its error included, without blanks at the ends of lines.
  func lines(of outcome: Outcome) -> [String] {
    var lines = outcome.output.flatMap(Self.lines)
    if let error = outcome.error { lines += Self.lines(rendered(error.diagnostic)) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// Why a step fails, or nil if it passes.
  func complaint(about step: TranscriptText.Step, _ outcome: Outcome) -> String? {
    if step.answers.isEmpty {
      guard let error = outcome.error else { return nil }
      let body = Self.lines(rendered(error.diagnostic))
      return ([place(step, line: text.line(of: error.offset))] + Self.indented(body)).joined(separator: "\n")
    }
    var expected = text.answer(of: step)
    while expected.last == "" { expected.removeLast() }
    let printed = lines(of: outcome)
    if printed == expected { return nil }
    let head = place(step, line: step.lines.lowerBound) + ": " + text.title(of: step).shown
    return
      ([head, "  expected:"] + Self.indented(expected, by: "    ") + ["  got:"]
      + Self.indented(printed.isEmpty ? ["(nothing)"] : printed, by: "    ")).joined(separator: "\n")
  }

  private func place(_ step: TranscriptText.Step, line: Int) -> String {
    let place = "\((text.source.name ?? "input").shown):\(line + 1)"
    return step.caseNumber < 0 ? place : place + ": case " + text.caseName(step.caseNumber).shown
  }

  /// Without the file's name: an answer reads as at the prompt.
  private func rendered(_ diagnostic: Diagnostic) -> String {
    diagnostic.rendered(in: Source(text: text.source.text), colored: false, ascii: false)
  }

  private static func indented(_ lines: [String], by blanks: String = "  ") -> [String] {
    lines.map { $0.isEmpty ? $0 : blanks + $0.shown(keeping: ["\t"]) }
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line
      while let last = line.last, last == " " || last == "\t" || last == "\r" { line.removeLast() }
      return String(line)
    }
  }
}

extension TranscriptText.Step {
  fileprivate var expectationCount: Int {
    entries.count { entry in
      if case .statement(let statement) = entry, case .expect = statement.kind { true } else { false }
    }
  }
}

extension [UInt8] {
  /// Appends answer lines, indented and ended as the line of the statement is.
  fileprivate mutating func append(answer: [String], below line: ArraySlice<UInt8>) {
    guard !answer.isEmpty else { return }
    let indentation = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let ending = line.suffix(2).elementsEqual("\r\n".utf8) ? "\r\n" : "\n"
    if last != UInt8(ascii: "\n") { self += ending.utf8 }
    for text in answer {
      self += indentation
      self += (text.isEmpty ? "#>" : "#> " + text).utf8
      self += ending.utf8
    }
  }
}
