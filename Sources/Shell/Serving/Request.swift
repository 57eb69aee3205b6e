import Files
import Refusals
import Text

/// What another program asks for, on one line.
struct Request {
  /// Handed back as it came: whatever it is to the client, it isn't a number to count with.
  let id: JSON?
  let operation: Operation
  private let members: JSON

  /// Says no more of a line than its identifier.
  static func id(of line: String) -> JSON? { JSON.source(ofMember: "id", in: Bytes(line)) }

  /// - Parameter isStrict: a member that nothing is known of is a mistake.
  init(_ line: String, id: JSON?, isStrict: Bool) throws(Complaint) {
    self.id = id
    do throws(Refusal) { members = try JSON(Bytes(line)) } catch {
      throw Complaint(.json, "the request can't be read: \(error.message)")
    }
    guard case .object(let all) = members else { throw Complaint(.json, "a request is a JSON object") }
    guard let name = members["op"]?.string, let operation = Operation.named(name) else {
      throw Complaint(.operation, "'op' is one of \(Operation.all.map(\.name).joined(separator: ", "))")
    }
    self.operation = operation
    let known = Operation.common + operation.fields
    if isStrict, let stranger = all.first(where: { !known.contains($0.name) }) {
      throw Complaint(
        .field, "'\(name)' has no '\(stranger.name.shownBriefly)'", help: operation.fields.joined(separator: ", "))
    }
  }

  subscript(name: String) -> JSON? { members[name] }

  /// The session that is meant; "" is the first one.
  func session() throws(Complaint) -> String { try text("session") ?? "" }

  func text(_ name: String) throws(Complaint) -> String? {
    guard let value = members[name], value != .null else { return nil }
    guard let text = value.string else { throw Complaint(.field, "'\(name)' is a text") }
    return text
  }

  /// - Parameter meaning: what is missing if it is.
  func text(_ name: String, _ meaning: String) throws(Complaint) -> String {
    guard let text = members[name]?.string else { throw Complaint(.field, "'\(name)' is missing: \(meaning)") }
    return text
  }

  func isOn(_ name: String) -> Bool { members[name] == .bool(true) }
}

/// Why a request is refused, rather than what it asks for.
struct Complaint: Error {
  /// What a client may act on.
  enum Reason: String, CaseIterable {
    case json, encoding, length, operation = "op", field, version, session, interrupt, value, kept, ended
  }

  let reason: Reason
  let message: String
  let help: String?

  init(_ reason: Reason, _ message: String, help: String? = nil) {
    (self.reason, self.message, self.help) = (reason, message, help)
  }

  /// An answer's errors.
  var errors: JSON.Member {
    let help = help.map { [JSON.Member("help", .string($0.shown))] } ?? []
    let members =
      [JSON.Member("message", .string(message.shown))] + help + [JSON.Member("reason", .string(reason.rawValue))]
    return JSON.Member("errors", .array([.object(members)]))
  }
}
