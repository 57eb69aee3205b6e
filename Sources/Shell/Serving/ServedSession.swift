import Files
import Language
import Printing
import Refusals
import Syntax
import Text

/// A session that another program works with.
struct ServedSession {
  private(set) var session: Session
  /// What was done is kept here until the session ends as it should.
  private var journal: Journal?

  /// The screen that results are for, if the client doesn't say: a cell of a notebook.
  private static let screen = (columns: 100, rows: 30)
  /// What a rich result may be given as.
  static let media = ["text/plain", "text/html", "text/latex", "image/svg+xml"]

  init(_ session: Session) { self.session = session }

  /// Nothing of it is to be brought back.
  func forget() { journal?.remove() }

  // MARK: Running

  mutating func run(_ code: String, _ request: Request, tell: @escaping (String) -> Void) -> Answer {
    let isFull = request.isOn("full")
    session.display.width =
      isFull ? nil : request["columns"]?.whole.map { max($0, 20) } ?? Self.screen.columns
    session.display.height = isFull ? nil : request["rows"]?.whole.map { max($0, 5) } ?? Self.screen.rows
    session.surroundings.isRich = request.isOn("rich")
    session.surroundings.showsProgress = request.isOn("stream")
    session.slides = session.surroundings.isRich
    var results: [JSON] = []
    var notices: [JSON] = []
    var outputs: [JSON] = []
    func take(_ output: Output) {
      switch output {
      case .result(let text), .shown(let text, _): results.append(.string(text))
      case .notice(let text), .progress(let text, _, _): notices.append(.string(text))
      // Whoever is told a page at a time has no screen.
      case .cleared: return
      }
      let described = Self.described(output)
      outputs.append(described)
      if request.isOn("stream") { tell(Answer([JSON.Member("output", described)], .output).text(request.id)) }
    }
    let entry = REPL.Entry(code)
    journal?.begin(entry.source.text, after: session.recordSoFar)
    var outcome = REPL.outcome(of: entry, in: session, print: take)
    journal?.end()
    if let slide = outcome.session.takeSlide(), outcome.failure == nil { take(slide.page(of: outcome.session)) }
    session = outcome.session
    if session.wantsToQuit {
      forget()
      notices.append(.string("the session ends here, and what it held with it"))
    }
    var members = [
      JSON.Member("results", .array(results)), JSON.Member("notices", .array(notices)),
      JSON.Member("milliseconds", .number(Double(outcome.nanoseconds / 1_000) / 1_000)),
    ]
    if session.surroundings.isRich { members.append(JSON.Member("outputs", .array(outputs))) }
    guard let failure = outcome.failure else { return Answer(members) }
    return Self.failed(failure, members)
  }

  private static func failed(_ failure: Failure, _ members: [JSON.Member] = []) -> Answer {
    let errors = failure.diagnostics.prefix(3).map { described($0, in: failure.source) }
    return Answer(
      members + [JSON.Member("errors", .array(errors))], failure.isInterrupt ? .interrupted : .error)
  }

  /// A result by the types of what it is given as, text among them; or a notice.
  private static func described(_ output: Output) -> JSON {
    switch output {
    case .result(let text): return .object([JSON.Member("text/plain", .string(text))])
    case .notice(let text): return .object([JSON.Member("notice", .string(text))])
    case .cleared: return .object([])
    case .progress(let text, let done, let count):
      let progress = [JSON.Member("done", .integer(done)), JSON.Member("of", .integer(count))]
      return .object([JSON.Member("notice", .string(text)), JSON.Member("progress", .object(progress))])
    case .shown(let text, let rich):
      let others = zip(media.dropFirst(), [rich.html, rich.latex, rich.svg])
      return .object(
        [JSON.Member("text/plain", .string(text))]
          + others.compactMap { type, contents in contents.map { JSON.Member(type, .string($0)) } })
    }
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

  // MARK: What an editor asks

  /// Whether code is whole, and how far its next line is indented if not.
  func check(_ code: String) -> Answer {
    let entry = REPL.Entry(code)
    let state = entry.program.diagnostics.isEmpty ? "complete" : entry.isUnfinished ? "incomplete" : "invalid"
    let indent = entry.isUnfinished ? String(repeating: " ", count: Layout.indent(behind: code)) : ""
    return Answer([JSON.Member("code", .string(state)), JSON.Member("indent", .string(indent))])
  }

  func complete(_ code: String, _ cursor: Int?) -> Answer {
    let length = code.utf8.count
    let completion = session.completions(of: code, at: min(max(cursor ?? length, 0), length))
    let matches = completion.candidates.map { candidate in
      var members = [JSON.Member("text", .string(candidate.text))]
      if let detail = candidate.detail { members.append(JSON.Member("detail", .string(detail))) }
      return JSON.object(members)
    }
    return Answer([
      JSON.Member("start", .integer(completion.range.lowerBound)),
      JSON.Member("end", .integer(completion.range.upperBound)), JSON.Member("matches", .array(matches)),
    ])
  }

  func inspect(_ name: String) -> Answer {
    let (shape, help) = (session.briefShape(of: name), session.help(name))
    var members = [JSON.Member("found", .bool(shape != nil || help != nil && !name.isBlank))]
    if let shape { members.append(JSON.Member("shape", .string(shape))) }
    if let help, !name.isBlank { members.append(JSON.Member("help", .string(help))) }
    return Answer(members)
  }

  // MARK: Values

  /// - Parameter file: where a tensor is to be written, instead of coming along.
  func value(of code: String, file: String?) throws(Complaint) -> Answer {
    let value: PlainValue
    do throws(Failure) { value = try session.value(of: code) } catch { return Self.failed(error) }
    do throws(Refusal) {
      guard let file else { return Answer([JSON.Member("value", try value.json(limit: ServerLoop.lineLimit))]) }
      guard case .tensor(let tensor) = value else { throw Refusal("'file' is for a tensor") }
      guard let format = FileFormat(path: file) else {
        throw Refusal("no format's files end so", help: FileFormat.writtenOnes)
      }
      try session.files.save(file, try format.written([(name: "value", tensor: tensor)], path: file))
      return Answer([
        JSON.Member("value", .object(PlainValue.outline(of: tensor) + [JSON.Member("file", .string(file))]))
      ])
    } catch {
      throw Complaint(.value, error.message, help: error.help)
    }
  }

  mutating func give(_ value: JSON, to place: String) throws(Complaint) -> Answer {
    let plain: PlainValue?
    do throws(Refusal) { plain = value["file"] == nil ? try PlainValue(value) : nil } catch {
      throw Complaint(.value, error.message, help: error.help)
    }
    do throws(Failure) {
      if let plain {
        try session.give(plain, to: place)
      } else {
        try session.give(file: value["file"]?.string ?? "", to: place)
      }
    } catch { return Self.failed(error) }
    return Answer([])
  }

  // MARK: Bringing back

  /// From now on what is done is kept, so that a session under the same name can bring it back.
  mutating func keep(_ name: String) throws(Complaint) -> Answer {
    guard !Confinement.isOn, let folder = Path.journals else {
      throw Complaint(.kept, "nothing is kept here: what a session did is lost with it")
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
    return Answer(lost.map { [JSON.Member("lost", .string($0))] } ?? [])
  }
}
