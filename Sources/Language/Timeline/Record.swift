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
    /// The last of what it keeps as values is new.
    case kept(Record)
    case replaced(Record)
  }

  /// Where an entry began.
  struct Mark: Sendable {
    /// The session's clock, and how many answers there had been.
    var clock: Int
    var answerCount: Int
    /// Not one that belongs to the entry before or behind.
    var isStart: Bool
    /// What it took; all of a statement's entries together have it at the last one.
    var seconds: Double
    /// What everything up to here took: stretches are asked for after every statement.
    fileprivate(set) var total = 0.0
  }

  /// The state that the first statement found.
  package var head: Head
  package private(set) var entries = GrowingList<Entry>()
  /// As many as entries.
  private(set) var marks = GrowingList<Mark>()
  /// Stretches whose outcome is there as values, in order.
  package private(set) var kept: [Kept] = []
  /// The entries that were typed as statements.
  package private(set) var statementCount = 0
  /// What a file says was entered and had not ended, and how many entries there were before.
  package internal(set) var begun: Begun?

  init(head: Head = Head()) { self.head = head }

  private static let unknown = Mark(clock: 0, answerCount: 0, isStart: true, seconds: 0)

  /// One that is read from a file: nobody knows yet what it takes.
  mutating func append(_ entry: Entry) { append(entry, Self.unknown) }

  mutating func append(_ entry: Entry, _ mark: Mark) {
    var mark = mark
    mark.total = (marks.last?.total ?? 0) + mark.seconds
    entries.append(entry)
    marks.append(mark)
    if entry.typed != nil { statementCount += 1 }
  }

  /// The entries of one statement.
  mutating func append(_ added: [Entry], since before: Session.Moment, seconds: Double) {
    for (place, entry) in added.enumerated() {
      let isLast = place == added.count - 1
      append(
        entry,
        Mark(
          clock: before.state.clock, answerCount: before.state.answerCount, isStart: place == 0,
          seconds: isLast ? seconds : 0))
    }
  }

  /// An entry that belongs to the one before.
  mutating func append(_ entry: Entry, belongingSince before: Session.Moment) {
    append([entry], since: before, seconds: 0)
    marks[marks.count - 1].isStart = false
  }

  /// Values for the last entries, in the place of any that begin among them.
  mutating func keep(_ new: Kept) {
    kept.removeAll { $0.entries.upperBound > new.entries.lowerBound }
    kept.append(new)
  }

  /// Entries that are brought back as values, without being done.
  mutating func append(_ skipped: some Collection<Entry>, as new: Kept, from mark: Mark) {
    var new = new
    new.entries = entries.count..<entries.count + skipped.count
    for (place, entry) in skipped.enumerated() {
      var mark = mark
      (mark.isStart, mark.seconds) = (place == 0, place == skipped.count - 1 ? new.seconds : 0)
      append(entry, mark)
    }
    keep(new)
  }

  /// What a file keeps, as it is read; what comes later counts.
  mutating func note(_ stored: Kept) { keep(stored) }

  /// Forgets everything behind the first entries.
  mutating func cut(to count: Int) {
    entries.cut(to: count)
    marks.cut(to: count)
    kept.removeAll { $0.entries.upperBound > count }
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
