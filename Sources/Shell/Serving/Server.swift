import Files
import Language
import Printing
import Refusals
import Syntax
import Text

/// Answers requests of another program, one JSON object a line: run, complete, inspect, interrupt.
///
/// It knows no descriptors: whoever owns them hands it lines and takes its answers away.
package struct Server {
  /// What a request asks for; an interrupt has been dealt with by whoever reads.
  private enum Operation: String, CaseIterable { case run, complete, inspect, interrupt, shutdown }

  package private(set) var session: Session
  package private(set) var wantsToEnd = false

  /// The screen that results are for, if the client doesn't say: a cell of a notebook.
  private static let screen = (columns: 100, rows: 30)

  package init(session: Session) { self.session = session }

  /// The answer to one line.
  package mutating func answer(_ line: String) -> String {
    let request: JSON
    do throws(Refusal) { request = try JSON(Bytes(line)) } catch {
      return Self.refusal(nil, "the request can't be read: \(error.message)")
    }
    guard case .object = request else { return Self.refusal(nil, "a request is a JSON object") }
    // Handed back as it came: whatever it is to the client, it isn't a number to count with.
    let id = request["id"] == nil ? nil : JSON.source(ofMember: "id", in: Bytes(line))
    guard let name = request["op"]?.string, let operation = Operation(rawValue: name) else {
      let names = Operation.allCases.map(\.rawValue).joined(separator: ", ")
      return Self.refusal(id, "'op' is one of \(names)")
    }
    switch operation {
    case .run:
      guard let code = request["code"]?.string else { return Self.refusal(id, "'code' is missing: the text to run") }
      session.display.width = request["columns"]?.whole.map { max($0, 20) } ?? Self.screen.columns
      session.display.height = request["rows"]?.whole.map { max($0, 5) } ?? Self.screen.rows
      return run(code, id)
    case .complete:
      guard let code = request["code"]?.string else { return Self.refusal(id, "'code' is missing: the text so far") }
      return complete(code, request["cursor"]?.whole, id)
    case .inspect:
      guard let name = request["name"]?.string else { return Self.refusal(id, "'name' is missing: what to tell about") }
      return inspect(name, id)
    case .interrupt: return Self.answer(id, "ok", [])
    case .shutdown:
      wantsToEnd = true
      return Self.answer(id, "ok", [])
    }
  }

  /// The answer to a line that came behind the one that ended the session.
  package static func answerAfterTheEnd(_ line: String) -> String {
    refusal(JSON.source(ofMember: "id", in: Bytes(line)), "the session has ended")
  }

  /// Whether a line asks to stop the work at hand; it is answered like any other.
  package static func isInterrupt(_ line: String) -> Bool {
    guard line.utf8.count < 4_096, line.contains("interrupt"), let request = try? JSON(Bytes(line)) else {
      return false
    }
    return request["op"]?.string == Operation.interrupt.rawValue
  }

  private mutating func run(_ code: String, _ id: JSON?) -> String {
    var results: [JSON] = []
    var notices: [JSON] = []
    let outcome = REPL.outcome(of: REPL.Entry(code), in: session) { output in
      switch output {
      case .result(let text): results.append(.string(text))
      case .notice(let text): notices.append(.string(text))
      }
    }
    session = outcome.session
    if session.wantsToQuit {
      wantsToEnd = true
      notices.append(.string("the session ends here, and what it held with it"))
    }
    let status = outcome.failure.map { $0.isInterrupt ? "interrupted" : "error" } ?? "ok"
    var members = [
      JSON.Member("results", .array(results)), JSON.Member("notices", .array(notices)),
      JSON.Member("milliseconds", .number(Double(outcome.nanoseconds / 1_000) / 1_000)),
    ]
    if let failure = outcome.failure {
      members.append(
        JSON.Member("errors", .array(failure.diagnostics.prefix(3).map { Self.described($0, in: failure.source) })))
    }
    return Self.answer(id, status, members)
  }

  /// A place in UTF-8 bytes and as line and column from 1, and the words as a terminal would show them.
  private static func described(_ diagnostic: Diagnostic, in source: Source) -> JSON {
    var members = [JSON.Member("message", .string(diagnostic.message.shown))]
    if let help = diagnostic.help { members.append(JSON.Member("help", .string(help.shown))) }
    if let note = diagnostic.note { members.append(JSON.Member("note", .string(note.shown))) }
    if let range = diagnostic.outermost {
      let place = source.position(of: range.lowerBound)
      members += [
        JSON.Member("start", .integer(range.lowerBound)), JSON.Member("end", .integer(range.upperBound)),
        JSON.Member("line", .integer(place.line)), JSON.Member("column", .integer(place.column)),
      ]
    }
    if diagnostic.isUnfinished { members.append(JSON.Member("unfinished", .bool(true))) }
    members.append(JSON.Member("text", .string(diagnostic.rendered(in: source, colored: false, ascii: false))))
    return .object(members)
  }

  private func complete(_ code: String, _ cursor: Int?, _ id: JSON?) -> String {
    let length = code.utf8.count
    let completion = session.completions(of: code, at: min(max(cursor ?? length, 0), length))
    let matches = completion.candidates.map { candidate in
      var members = [JSON.Member("text", .string(candidate.text))]
      if let detail = candidate.detail { members.append(JSON.Member("detail", .string(detail))) }
      return JSON.object(members)
    }
    return Self.answer(
      id, "ok",
      [
        JSON.Member("start", .integer(completion.range.lowerBound)),
        JSON.Member("end", .integer(completion.range.upperBound)), JSON.Member("matches", .array(matches)),
      ])
  }

  private func inspect(_ name: String, _ id: JSON?) -> String {
    let (shape, help) = (session.briefShape(of: name), session.help(name))
    var members = [JSON.Member("found", .bool(shape != nil || help != nil && !name.isBlank))]
    if let shape { members.append(JSON.Member("shape", .string(shape))) }
    if let help, !name.isBlank { members.append(JSON.Member("help", .string(help))) }
    return Self.answer(id, "ok", members)
  }

  private static func answer(_ id: JSON?, _ status: String, _ members: [JSON.Member]) -> String {
    JSON.object([JSON.Member("id", id ?? .null), JSON.Member("status", .string(status))] + members).text
  }

  static func refusal(_ id: JSON?, _ message: String) -> String {
    answer(id, "error", [JSON.Member("errors", .array([.object([JSON.Member("message", .string(message.shown))])]))])
  }
}
