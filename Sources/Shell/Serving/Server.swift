import Files
import Language
import Text

/// Answers requests of another program, one JSON object a line, for several sessions.
///
/// It knows no descriptors: whoever owns them hands it lines and takes its answers away.
package struct Server {
  /// The versions of the protocol that are spoken: in the first one, which needs no hello, what isn't known is passed over.
  static let versions = 1...2
  /// More sessions at once are none that anybody works with.
  static let sessionLimit = 100

  /// What a session begins with.
  private let start: Session
  private var sessions: [String: ServedSession]
  package private(set) var version = versions.lowerBound
  package private(set) var wantsToEnd = false

  /// The first session's.
  package var session: Session { sessions[""]?.session ?? start }

  package init(session: Session) {
    start = session
    sessions = ["": ServedSession(session)]
  }

  /// The answer to one line.
  ///
  /// - Parameter tell: takes what is to be told before that, where the request asks for it.
  package mutating func answer(_ line: String, tell: @escaping (String) -> Void = { _ in }) -> String {
    let id = Request.id(of: line)
    do throws(Complaint) {
      let request = try Request(line, id: id, isStrict: version > 1)
      return try request.operation.answer(&self, request, tell).text(id)
    } catch {
      return Self.refusal(error, id)
    }
  }

  /// The answer to a line that came behind the one that ended the session.
  package static func answerAfterTheEnd(_ line: String) -> String {
    refusal(Complaint(.ended, "the session has ended"), Request.id(of: line))
  }

  static func refusal(_ complaint: Complaint, _ id: JSON? = nil) -> String {
    Answer([complaint.errors], .error).text(id)
  }

  // MARK: Versions

  mutating func greet(_ request: Request) throws(Complaint) -> Answer {
    let asked = request["version"] ?? .integer(Self.versions.upperBound)
    guard let number = asked.whole, Self.versions ~= number else {
      let known = Self.versions.map { "\($0)" }.joined(separator: " and ")
      throw Complaint(.version, "version \(asked.text.shownBriefly) isn't spoken here", help: "versions \(known) are")
    }
    version = number
    return Answer([
      JSON.Member("version", .integer(number)),
      JSON.Member("versions", .array(Self.versions.map { .integer($0) })),
      JSON.Member("program", .string(Usage.version)),
      JSON.Member("ops", .array(Operation.all.map { .string($0.name) })),
      JSON.Member("dtypes", .array(SentTensor.types.map { .string($0) })),
      JSON.Member("outputs", .array(ServedSession.media.map { .string($0) })),
      JSON.Member("longest", .integer(ServerLoop.lineLimit)),
      JSON.Member("safe", .bool(Confinement.isOn)),
    ])
  }

  // MARK: Sessions

  /// Does something with the session that a request means.
  mutating func with(
    _ request: Request, _ body: (inout ServedSession) throws(Complaint) -> Answer
  ) throws(Complaint) -> Answer {
    let name = try request.session()
    guard var session = sessions.removeValue(forKey: name) else { throw Self.unknown(name) }
    defer { sessions[name] = session }
    return try body(&session)
  }

  private static func unknown(_ name: String) -> Complaint {
    Complaint(.session, "no session is called '\(name.shownBriefly)'", help: "\"op\": \"open\" begins it")
  }

  mutating func open(_ request: Request) throws(Complaint) -> Answer {
    let name = try request.session()
    guard sessions[name] == nil else { throw Complaint(.session, "there is a session '\(name.shownBriefly)'") }
    guard sessions.count < Self.sessionLimit else {
      throw Complaint(.session, "there are \(Self.sessionLimit) sessions at most", help: "\"op\": \"close\" ends one")
    }
    sessions[name] = ServedSession(start)
    return Answer([])
  }

  mutating func close(_ request: Request) throws(Complaint) -> Answer {
    let name = try request.session()
    guard let session = sessions[name] else { throw Self.unknown(name) }
    guard !name.isEmpty else {
      throw Complaint(.session, "the first session ends with the program", help: "\"op\": \"shutdown\"")
    }
    session.forget()
    sessions[name] = nil
    return Answer([])
  }

  /// A session may have ended itself; with the first one all of them end.
  mutating func settled(_ answer: Answer, _ request: Request) throws(Complaint) -> Answer {
    let name = try request.session()
    guard sessions[name]?.session.wantsToQuit == true else { return answer }
    if name.isEmpty { return ended(answer) }
    sessions[name] = nil
    return answer
  }

  private mutating func ended(_ answer: Answer) -> Answer {
    wantsToEnd = true
    return answer
  }

  mutating func shutDown(isRestart: Bool) -> Answer {
    wantsToEnd = true
    // What is to begin anew may bring back what it had.
    if !isRestart { for session in sessions.values { session.forget() } }
    return Answer([])
  }

  // MARK: Interrupts

  /// A request to stop work, which whoever reads answers at once.
  package struct Interruption {
    let id: JSON?
    /// The request that is meant, as it was written; nil: all that came before.
    let target: String?
    /// The session whose requests are meant; nil: all of them.
    let session: String?

    /// Whether a line with a request is meant.
    func means(_ line: String) -> Bool {
      if let target, Request.id(of: line)?.text != target { return false }
      guard let session else { return true }
      return (JSON.source(ofMember: "session", in: Bytes(line))?.text ?? "\"\"") == session
    }
  }

  /// Whether a line asks to stop work; what is wrong with it is said as for any other line.
  package static func interruption(_ line: String) -> Interruption? {
    guard line.utf8.count < 4_096, line.contains("interrupt"),
      let request = try? Request(line, id: nil, isStrict: false), request.operation.name == "interrupt"
    else { return nil }
    func written(_ name: String) -> String? { JSON.source(ofMember: name, in: Bytes(line))?.text }
    return Interruption(id: Request.id(of: line), target: written("of"), session: written("session"))
  }

  /// The answer, once so many requests are being stopped.
  package static func answer(to interruption: Interruption, stopped count: Int, version: Int) -> String {
    do throws(Complaint) {
      return try interrupted(count, hasNamedOne: interruption.target != nil, version: version).text(interruption.id)
    } catch {
      return refusal(error, interruption.id)
    }
  }

  func interrupted(_ count: Int, hasNamedOne: Bool) throws(Complaint) -> Answer {
    try Self.interrupted(count, hasNamedOne: hasNamedOne, version: version)
  }

  private static func interrupted(_ count: Int, hasNamedOne: Bool, version: Int) throws(Complaint) -> Answer {
    if count == 0, hasNamedOne { throw Complaint(.interrupt, "that request isn't at work and doesn't wait") }
    if count == 0, version > 1 { throw Complaint(.interrupt, "nothing is at work and nothing waits") }
    return Answer(version > 1 ? [JSON.Member("stopped", .integer(count))] : [])
  }
}
