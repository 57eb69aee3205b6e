import Files
import Language
import Refusals
import Syntax

/// Answers an editor's requests about scripts, as version 3.17 of the Language Server Protocol has them.
///
/// It knows no descriptors: whoever owns them hands it messages and takes its answers away. Nothing is run; what is said
/// of shapes is what `--check` knows.
package struct LanguageServer {
  /// How the server was ended; nil while it goes on.
  package private(set) var end: End?

  /// Asked for as the protocol wants it, or without a word before.
  package enum End: Sendable { case orderly, abrupt }

  var documents: [String: Document] = [:]
  /// What a script begins with.
  let session: Session
  private let version: String
  private var isInitialised = false
  private var isShutDown = false
  private var countsBytes = false
  /// Messages that nobody has asked for.
  private var notices: [JSON] = []

  package init(session: Session, version: String) {
    self.session = session
    self.version = version
  }

  /// The answers to one message, if it wants any.
  package mutating func answer(_ message: String) -> [String] {
    let request: JSON
    do throws(Refusal) { request = try JSON(Bytes(message)) } catch {
      return [Self.failure(.null, Fault(.parse, error.message))]
    }
    guard case .object = request else { return [Self.failure(.null, Fault(.invalidRequest, "a request is an object"))] }
    let id = JSON.source(ofMember: "id", in: Bytes(message))
    guard let name = request["method"]?.string else {
      // An answer to a question of ours; there are none.
      if request["result"] != nil || request["error"] != nil { return [] }
      return [Self.failure(id ?? .null, Fault(.invalidRequest, "a request has a method"))]
    }
    var answers: [String] = []
    do throws(Fault) {
      let result = try answer(name, request["params"] ?? .null, isRequest: id != nil)
      if let id { answers.append(Self.envelope([.init("id", id), .init("result", result)])) }
    } catch {
      if let id { answers.append(Self.failure(id, error)) }
    }
    defer { notices = [] }
    return answers + notices.map(\.text)
  }

  private mutating func answer(_ name: String, _ parameters: JSON, isRequest: Bool) throws(Fault) -> JSON {
    if name == "exit" {
      end = isShutDown ? .orderly : .abrupt
      return .null
    }
    guard let method = Method.named[name] else {
      // A notice that isn't known is left alone.
      if !isRequest { return .null }
      throw Fault(.methodNotFound, "there is no \(name)")
    }
    guard isInitialised || method.comesFirst else { throw Fault(.notInitialised, "initialize comes first") }
    guard !isShutDown else { throw Fault(.invalidRequest, "the server has been shut down") }
    return try method.answer(&self, parameters)
  }

  private static func envelope(_ members: [JSON.Member]) -> String {
    JSON.object([JSON.Member("jsonrpc", .string("2.0"))] + members).text
  }

  /// The answer to what is no message at all.
  package static func refusal(_ sentence: String) -> String { failure(.null, Fault(.parse, sentence)) }

  private static func failure(_ id: JSON, _ fault: Fault) -> String {
    let error = JSON.object([.init("code", .integer(fault.code.rawValue)), .init("message", .string(fault.sentence))])
    return envelope([.init("id", id), .init("error", error)])
  }

  // MARK: Life

  mutating func initialise(_ parameters: JSON) -> JSON {
    isInitialised = true
    let encodings = parameters["capabilities"]?["general"]?["positionEncodings"]?.array ?? []
    countsBytes = encodings.contains(.string("utf-8"))
    let synchronisation = JSON.object([
      .init("openClose", .bool(true)), .init("change", .integer(2)), .init("save", .bool(false)),
    ])
    let capabilities =
      [
        JSON.Member("positionEncoding", .string(countsBytes ? "utf-8" : "utf-16")),
        JSON.Member("textDocumentSync", synchronisation),
      ] + Method.all.compactMap(\.capability)
    let server = JSON.object([.init("name", .string("gradus")), .init("version", .string(version))])
    return .object([.init("capabilities", .object(capabilities)), .init("serverInfo", server)])
  }

  mutating func shutDown() { isShutDown = true }

  // MARK: Documents

  mutating func open(_ parameters: JSON) throws(Fault) {
    let item = parameters["textDocument"]
    guard let uri = item?["uri"]?.string, let text = item?["text"]?.string else {
      throw Fault(.invalidParameters, "textDocument has a uri and a text")
    }
    documents[uri] = Document(uri: uri, version: item?["version"]?.whole, text: text, countsBytes: countsBytes)
  }

  mutating func change(_ parameters: JSON) throws(Fault) {
    var document = try document(parameters)
    for change in parameters["contentChanges"]?.array ?? [] {
      guard let text = change["text"]?.string else { throw Fault(.invalidParameters, "a change has a text") }
      let range = change["range"].flatMap { document.offsets($0) }
      if change["range"] != nil, range == nil { throw Fault(.invalidParameters, "a range has a start and an end") }
      document.change(range, to: text, version: parameters["textDocument"]?["version"]?.whole)
    }
    documents[document.uri] = document
  }

  mutating func close(_ parameters: JSON) throws(Fault) {
    let document = try document(parameters)
    documents[document.uri] = nil
    publish([], of: document)
  }

  func document(_ parameters: JSON) throws(Fault) -> Document {
    guard let uri = parameters["textDocument"]?["uri"]?.string else {
      throw Fault(.invalidParameters, "textDocument has a uri")
    }
    guard let document = documents[uri] else { throw Fault(.invalidParameters, "\(uri) is not open") }
    return document
  }

  // MARK: Mistakes

  /// There are scripts that haven't been looked at since they were changed.
  package var hasWork: Bool { documents.values.contains { !$0.isSurveyed } }

  /// Looks at one of them, and tells its mistakes; an interrupt leaves it for later.
  package mutating func work() -> [String] {
    guard let uri = documents.values.filter({ !$0.isSurveyed }).map(\.uri).min() else { return [] }
    survey(uri)
    defer { notices = [] }
    return notices.map(\.text)
  }

  /// What a document's names hold now, if that is known or can be found out at once.
  mutating func survey(_ uri: String, atMost size: Int = .max) {
    guard var document = documents[uri], !document.isSurveyed, document.source.text.utf8.count <= size else { return }
    let survey = Survey(of: document.source, in: session)
    if survey.isPartial { return }
    document.survey = survey
    document.isSurveyed = true
    documents[uri] = document
    publish(survey.mistakes, of: document)
  }

  private mutating func publish(_ mistakes: [Diagnostic], of document: Document) {
    var members = [JSON.Member("uri", .string(document.uri))]
    if let version = document.version { members.append(.init("version", .integer(version))) }
    members.append(.init("diagnostics", .array(mistakes.map { Self.described($0, in: document) })))
    notices.append(
      .object([
        .init("jsonrpc", .string("2.0")), .init("method", .string("textDocument/publishDiagnostics")),
        .init("params", .object(members)),
      ]))
  }

  static func described(_ mistake: Diagnostic, in document: Document) -> JSON {
    let range = mistake.outermost ?? 0..<document.source.lineRange(at: 0).upperBound
    var text = mistake.message
    if let help = mistake.help { text += "\nhelp: \(help)" }
    if let note = mistake.note { text += "\nnote: \(note)" }
    var members = [
      JSON.Member("range", document.range(range)), JSON.Member("severity", .integer(1)),
      JSON.Member("source", .string("gradus")), JSON.Member("message", .string(text)),
    ]
    let labels = mistake.source == nil ? mistake.labels : []
    if !labels.isEmpty {
      let related = labels.map { label in
        JSON.object([.init("location", document.location(label.range)), .init("message", .string(label.text))])
      }
      members.append(.init("relatedInformation", .array(related)))
    }
    return .object(members)
  }
}

/// Why a request has no answer, in the protocol's own form.
struct Fault: Error {
  enum Code: Int {
    case parse = -32_700
    case invalidRequest = -32_600
    case methodNotFound = -32_601
    case invalidParameters = -32_602
    case notInitialised = -32_002
    case requestFailed = -32_803
  }

  let code: Code
  let sentence: String

  init(_ code: Code, _ sentence: String) {
    self.code = code
    self.sentence = sentence
  }
}
