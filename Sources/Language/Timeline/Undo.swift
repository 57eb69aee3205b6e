import Printing
import Syntax
import Tensors

/// A state of a session, and the statement that led away from it.
struct Snapshot: Sendable {
  enum History: Sendable {
    /// So many entries of the record that came after it.
    case first(Int)
    case whole(Record)
  }

  var statement: String
  /// Without record and snapshots of its own.
  var session: Session
  var record: History
  /// What is kept only by this snapshot.
  var byteCount = 0
}

/// States to go back to.
extension Session {
  /// States that can be gone back to, and the bytes that only they may keep.
  static let undoLimit = 100
  static let undoBytes = 1 << 30

  /// The session without what leads to other states.
  var bare: Session {
    var copy = self
    copy.record = Record()
    copy.past = []
    copy.future = []
    copy.progress = nil
    copy.follow = nil
    return copy
  }

  /// Bytes that only states to go back to keep.
  var undoableBytes: Int { past.reduce(0) { $0 + $1.byteCount } }

  /// What can be undone gives way where memory gets short.
  mutating func makeRoom() {
    guard undoableBytes > 0 || !future.isEmpty, names.byteCount + undoableBytes > memoryBudget / 2 else { return }
    future = []
    while undoableBytes > 0, heldBytes > memoryBudget / 2 { past.removeFirst() }
  }

  mutating func push(_ snapshot: Snapshot) {
    future = []
    past.append(snapshot)
    var bytes = undoableBytes
    while past.count > Self.undoLimit || bytes > Self.undoBytes, past.count > 1 {
      bytes -= past.removeFirst().byteCount
    }
  }

  // MARK: There and back

  /// Goes back to the state before the last statement that changed something; gives that statement.
  mutating func undo() -> String? {
    guard let snapshot = past.popLast() else { return nil }
    let now = Snapshot(statement: snapshot.statement, session: bare, record: .whole(record))
    move(to: snapshot, past: past, future: future + [now])
    return snapshot.statement
  }

  /// The way back from an undo.
  mutating func redo() -> String? {
    guard let snapshot = future.popLast() else { return nil }
    let now = Snapshot(statement: snapshot.statement, session: bare, record: .first(record.entries.count))
    move(to: snapshot, past: past + [now], future: future)
    return snapshot.statement
  }

  private mutating func move(to snapshot: Snapshot, past: [Snapshot], future: [Snapshot]) {
    var target = snapshot.session
    switch snapshot.record {
    case .whole(let whole): target.record = whole
    case .first(let count):
      target.record = record
      target.record.cut(to: count)
    }
    (target.past, target.future) = (past, future)
    target.adopt(surroundings: self)
    self = target
  }

}
