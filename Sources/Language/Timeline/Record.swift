import Tensors

/// What has to be done again to come to a session's state: its statements, in order.
package struct Record: Sendable {
  package enum Entry: Sendable {
    /// What a file held when the next statement read it.
    case file(name: String, text: String)
    /// A statement that finished.
    case statement(String)
    /// A statement that ended early: after so many inner statements, with the number of the next random draw.
    case part(String, steps: Int, draw: Int)
    /// A statement that would not give the same again: statements that give its outcome follow.
    case unrepeatable(String, draw: Int)
    case outcome(String)
  }

  /// What became of a record: whoever keeps a copy follows it.
  package enum Change: Sendable {
    case appended([Entry], to: Record)
    case replaced(Record)
  }

  /// The state that the first statement found.
  package var head: Head
  package private(set) var entries: [Entry] = []
  /// The entries that were typed as statements.
  package private(set) var statementCount = 0

  init(head: Head = Head()) { self.head = head }

  mutating func append(_ entry: Entry) {
    entries.append(entry)
    if entry.typed != nil { statementCount += 1 }
  }

  /// Forgets everything behind the first entries.
  mutating func cut(to count: Int) {
    entries.removeSubrange(min(count, entries.count)...)
    statementCount = entries.count { $0.typed != nil }
  }

  /// The statements as they were typed.
  var statements: [String] { entries.compactMap(\.typed) }
}

extension Record {
  /// The settings that a session begins with.
  package struct Head: Sendable, Equatable {
    var precision = ElementType.float32
    var digits: Int? = 5
    var seed: UInt64 = 0
    var draw = 0
    var refusesMutualBroadcast = false
    var arguments: [String] = []
  }
}

extension Record.Entry {
  /// What was typed; nil for what only belongs to another entry.
  var typed: String? {
    switch self {
    case .statement(let text), .part(let text, _, _), .unrepeatable(let text, _): text
    case .file, .outcome: nil
    }
  }
}
