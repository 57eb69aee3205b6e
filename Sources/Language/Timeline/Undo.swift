/// A session as it was, and the statement that led away from it.
final class Snapshot: Sendable {
  enum History: Sendable {
    /// So many entries of the record that came after it.
    case first(Int)
    case whole(Record)
  }

  let statement: String
  let moment: Session.Moment
  let record: History
  /// What is kept only by this snapshot.
  let byteCount: Int

  init(statement: String, moment: Session.Moment, record: History, byteCount: Int = 0) {
    (self.statement, self.moment, self.record, self.byteCount) = (statement, moment, record, byteCount)
  }
}

/// The states that can be gone back to, the latest last.
struct Past: Sendable {
  private(set) var snapshots: [Snapshot] = []
  /// Bytes that only they keep.
  private(set) var byteCount = 0

  mutating func append(_ snapshot: Snapshot) {
    snapshots.append(snapshot)
    byteCount += snapshot.byteCount
  }

  mutating func popLast() -> Snapshot? {
    let last = snapshots.popLast()
    byteCount -= last?.byteCount ?? 0
    return last
  }

  mutating func removeFirst() { byteCount -= snapshots.removeFirst().byteCount }
}

/// States to go back to.
extension Session {
  /// States that can be gone back to, and the bytes that only they may keep: every line would take new memory until then.
  static let undoLimit = 100
  static let undoBytes = 1 << 28

  /// Bytes that only states to go back to keep.
  var undoableBytes: Int { past.byteCount }

  /// What can be undone gives way where memory gets short.
  mutating func makeRoom() {
    guard undoableBytes > 0 || !future.isEmpty, names.byteCount + undoableBytes > memoryBudget / 2 else { return }
    future = []
    while undoableBytes > 0, heldBytes > memoryBudget / 2 { past.removeFirst() }
  }

  mutating func push(_ snapshot: Snapshot) {
    future = []
    past.append(snapshot)
    while past.snapshots.count > Self.undoLimit || undoableBytes > Self.undoBytes, past.snapshots.count > 1 {
      past.removeFirst()
    }
  }

  // MARK: There and back

  /// Goes back to the state before the last statement that changed something; gives that statement.
  mutating func undo() -> String? {
    guard let snapshot = past.popLast() else { return nil }
    future.append(Snapshot(statement: snapshot.statement, moment: moment, record: .whole(record)))
    move(to: snapshot)
    return snapshot.statement
  }

  /// The way back from an undo.
  mutating func redo() -> String? {
    guard let snapshot = future.popLast() else { return nil }
    past.append(Snapshot(statement: snapshot.statement, moment: moment, record: .first(record.entries.count)))
    move(to: snapshot)
    return snapshot.statement
  }

  private mutating func move(to snapshot: Snapshot) {
    moment = snapshot.moment
    switch snapshot.record {
    case .whole(let whole): record = whole
    case .first(let count): record.cut(to: count)
    }
  }
}
