import Files

/// What a request can ask for: a row of the protocol.
///
/// `ServePage` says the same to people.
struct Operation: Sendable {
  let name: String
  /// What it reads besides what every request may have.
  let fields: [String]
  let answer: @Sendable (inout Server, Request, @escaping (String) -> Void) throws(Complaint) -> Answer

  /// What every request may have.
  static let common = ["id", "op", "session"]

  private init(
    _ name: String, _ fields: [String] = [],
    _ answer:
      @escaping @Sendable (inout Server, Request, @escaping (String) -> Void) throws(Complaint) -> Answer
  ) {
    (self.name, self.fields, self.answer) = (name, fields, answer)
  }

  static let all = [
    hello, run, check, complete, inspect, get, set, open, close, keep, interrupt, shutdown,
  ]

  static func named(_ name: String) -> Operation? { all.first { $0.name == name } }

  private static let hello = Operation("hello", ["version"]) { server, request, _ throws(Complaint) in
    try server.greet(request)
  }

  private static let run = Operation(
    "run", ["code", "columns", "rows", "full", "rich", "stream"]
  ) { server, request, tell throws(Complaint) in
    let code = try request.text("code", "the text to run")
    let answer = try server.with(request) { session throws(Complaint) in session.run(code, request, tell: tell) }
    return try server.settled(answer, request)
  }

  private static let check = Operation("check", ["code"]) { server, request, _ throws(Complaint) in
    let code = try request.text("code", "the text so far")
    return try server.with(request) { session throws(Complaint) in session.check(code) }
  }

  private static let complete = Operation("complete", ["code", "cursor"]) { server, request, _ throws(Complaint) in
    let code = try request.text("code", "the text so far")
    return try server.with(request) { session throws(Complaint) in session.complete(code, request["cursor"]?.whole) }
  }

  private static let inspect = Operation("inspect", ["name"]) { server, request, _ throws(Complaint) in
    let name = try request.text("name", "what to tell about")
    return try server.with(request) { session throws(Complaint) in session.inspect(name) }
  }

  private static let get = Operation("get", ["code", "file"]) { server, request, _ throws(Complaint) in
    let code = try request.text("code", "a name, or an expression")
    let file = try request.text("file")
    return try server.with(request) { session throws(Complaint) in try session.value(of: code, file: file) }
  }

  private static let set = Operation("set", ["name", "value"]) { server, request, _ throws(Complaint) in
    let name = try request.text("name", "what is given a value")
    guard let value = request["value"] else { throw Complaint(.field, "'value' is missing: what it is given") }
    return try server.with(request) { session throws(Complaint) in try session.give(value, to: name) }
  }

  private static let open = Operation("open") { server, request, _ throws(Complaint) in try server.open(request) }

  private static let close = Operation("close") { server, request, _ throws(Complaint) in try server.close(request) }

  private static let keep = Operation("keep", ["name"]) { server, request, _ throws(Complaint) in
    let name = try request.text("name") ?? ""
    return try server.with(request) { session throws(Complaint) in try session.keep(name) }
  }

  /// Whoever reads has interrupted what there was: here nothing can be at work.
  private static let interrupt = Operation("interrupt", ["of"]) { server, request, _ throws(Complaint) in
    try server.interrupted(0, hasNamedOne: request["of"] != nil)
  }

  private static let shutdown = Operation("shutdown", ["restart"]) { server, request, _ throws(Complaint) in
    server.shutDown(isRestart: request.isOn("restart"))
  }
}

/// What is said to a request, but for its identifier.
struct Answer {
  enum Status: String { case ok, error, interrupted, output }

  var status: Status
  var members: [JSON.Member]

  init(_ members: [JSON.Member], _ status: Status = .ok) { (self.members, self.status) = (members, status) }

  /// On a line.
  func text(_ id: JSON?) -> String {
    JSON.object([JSON.Member("id", id ?? .null), JSON.Member("status", .string(status.rawValue))] + members).text
  }
}
