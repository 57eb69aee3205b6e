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
  private enum Operation: String, CaseIterable { case run, complete, inspect, check, keep, interrupt, shutdown }

  package private(set) var session: Session
  package private(set) var wantsToEnd = false
  /// What was done is kept here until the session ends as it should.
  private var journal: Journal?

  /// The screen that results are for, if the client doesn't say: a cell of a notebook.
  private static let screen = (columns: 100, rows: 30)

  package init(session: Session) { self.session = session }

  /// The answer to one line.
  ///
  /// - Parameter tell: takes what is to be told before that, where the request asks for it.
  package mutating func answer(_ line: String, tell: @escaping (String) -> Void = { _ in }) -> String {
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
      session.surroundings.isRich = request["rich"] == .bool(true)
      session.surroundings.showsProgress = request["stream"] == .bool(true)
      session.slides = session.surroundings.isRich
      return run(code, id, tell: request["stream"] == .bool(true) ? tell : nil)
    case .check:
      guard let code = request["code"]?.string else { return Self.refusal(id, "'code' is missing: the text so far") }
      return check(code, id)
    case .keep: return keep(request["name"]?.string ?? "", id)
    case .complete:
      guard let code = request["code"]?.string else { return Self.refusal(id, "'code' is missing: the text so far") }
      return complete(code, request["cursor"]?.whole, id)
    case .inspect:
      guard let name = request["name"]?.string else { return Self.refusal(id, "'name' is missing: what to tell about") }
      return inspect(name, id)
    case .interrupt: return Self.answer(id, "ok", [])
    case .shutdown:
      wantsToEnd = true
      // What is to begin anew may bring back what it had.
      if request["restart"] != .bool(true) { journal?.remove() }
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

  private mutating func run(_ code: String, _ id: JSON?, tell: ((String) -> Void)?) -> String {
    var results: [JSON] = []
    var notices: [JSON] = []
    var outputs: [JSON] = []
    func take(_ output: Output) {
      if let text = output.result { results.append(.string(text)) }
      if case .notice(let text) = output { notices.append(.string(text)) }
      let described = Self.described(output)
      outputs.append(described)
      tell?(Self.answer(id, "output", [JSON.Member("output", described)]))
    }
    let entry = REPL.Entry(code)
    journal?.begin(entry.source.text, after: session.recordSoFar)
    var outcome = REPL.outcome(of: entry, in: session, print: take)
    journal?.end()
    if let slide = outcome.session.takeSlide(), outcome.failure == nil { take(slide.page(of: outcome.session)) }
    session = outcome.session
    if session.wantsToQuit {
      wantsToEnd = true
      journal?.remove()
      notices.append(.string("the session ends here, and what it held with it"))
    }
    let status = outcome.failure.map { $0.isInterrupt ? "interrupted" : "error" } ?? "ok"
    var members = [
      JSON.Member("results", .array(results)), JSON.Member("notices", .array(notices)),
      JSON.Member("milliseconds", .number(Double(outcome.nanoseconds / 1_000) / 1_000)),
    ]
    if session.surroundings.isRich { members.append(JSON.Member("outputs", .array(outputs))) }
    if let failure = outcome.failure {
      members.append(
        JSON.Member("errors", .array(failure.diagnostics.prefix(3).map { Self.described($0, in: failure.source) })))
    }
    return Self.answer(id, status, members)
  }

  /// A result by the types of what it is given as, text among them; or a notice.
  private static func described(_ output: Output) -> JSON {
    switch output {
    case .result(let text): return .object([JSON.Member("text/plain", .string(text))])
    case .notice(let text): return .object([JSON.Member("notice", .string(text))])
    case .shown(let text, let rich):
      let others = [("text/html", rich.html), ("text/latex", rich.latex), ("image/svg+xml", rich.svg)]
      return .object(
        [JSON.Member("text/plain", .string(text))]
          + others.compactMap { type, contents in contents.map { JSON.Member(type, .string($0)) } })
    }
  }

  /// Whether code is whole, and how far its next line is indented if not.
  private func check(_ code: String, _ id: JSON?) -> String {
    let entry = REPL.Entry(code)
    let state = entry.program.diagnostics.isEmpty ? "complete" : entry.isUnfinished ? "incomplete" : "invalid"
    let indent = entry.isUnfinished ? String(repeating: "  ", count: Layout.depth(of: code)) : ""
    return Self.answer(id, "ok", [JSON.Member("code", .string(state)), JSON.Member("indent", .string(indent))])
  }

  /// From now on what is done is kept, so that a session under the same name can bring it back.
  private mutating func keep(_ name: String, _ id: JSON?) -> String {
    guard !Confinement.isOn, let folder = Path.journals else {
      return Self.refusal(id, "nothing is kept here: what a session did is lost with it")
    }
    let plain = String(
      name.unicodeScalars.map { $0.properties.isAlphabetic || ("0"..."9").contains($0) ? Character($0) : "_" }.suffix(
        100))
    let journal = Journal(folder: "\(folder)/served-\(plain)") { _ in }
    let lost = journal.noteOfLost()
    session.files.lost = { () throws(Refusal) in try journal.lost() }
    session.files.settle = { journal.settle($0) }
    session.surroundings.follow = { journal.follow($0) }
    self.journal = journal
    return Self.answer(id, "ok", lost.map { [JSON.Member("lost", .string($0))] } ?? [])
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
