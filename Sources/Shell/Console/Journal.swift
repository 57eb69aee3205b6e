import Files
import Language
import Refusals
import Synchronization
import Syntax

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The statements of this process in a file of its own, each added as soon as it has finished.
///
/// The file is locked while the process lives and removed when it ends as it should; one that is there without a lock
/// belongs to a session that was cut off.
package final class Journal: Sendable {
  private struct State {
    var descriptor: Int32?
    /// A line could not be written: the file is written anew, so that nothing follows half a line.
    var isCut = false
    var hasComplained = false
    /// The lost session that is being brought back.
    var taken: String?
    var values: JournalValues
  }

  /// So many lost sessions are kept, the newest.
  private static let kept = 10
  private static let ending = ".journal"

  private let folder: String
  private let path: String
  private let complain: @Sendable (String) -> Void
  private let state: Mutex<State>
  /// Off while whoever waits no longer does.
  private let waits = Atomic(true)

  package init(folder: String, complain: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.complain = complain
    let base = "\(folder)/\(System.secondsSince1970())-\(getpid())"
    path = base + Self.ending
    state = Mutex(State(values: JournalValues(base: base)))
  }

  deinit { state.withLock { if let descriptor = $0.descriptor { close(descriptor) } } }

  // MARK: This session

  private var isWanted: Bool { waits.load(ordering: .relaxed) }

  /// Values that are being written are given up, until they are wanted again.
  package func setWanted(_ isWanted: Bool) { waits.store(isWanted, ordering: .relaxed) }

  /// Follows a record; the file begins with the first change.
  package func follow(_ change: Record.Change) {
    state.withLock { state in
      switch change {
      case .appended(let entries, let record):
        guard let descriptor = state.descriptor, !state.isCut else { return begin(record, &state) }
        let failure = System.write(entries.map(\.line).joined().utf8, to: descriptor)
        state.isCut = failure != nil
        tell(failure, &state)
      case .kept(let record): keep(record, &state)
      case .replaced(let record): begin(record, &state)
      }
    }
  }

  /// The session ends as it should: nothing has to be brought back.
  package func remove() {
    state.withLock { state in
      if let descriptor = state.descriptor {
        System.remove(path)
        close(descriptor)
      }
      state.values.remove()
      state.descriptor = nil
    }
  }

  /// Puts the newest values in a file beside this one, then says so in a line.
  private func keep(_ record: Record, _ state: inout State) {
    guard let descriptor = state.descriptor, !state.isCut, let kept = record.kept.last else {
      return begin(record, &state)
    }
    switch state.values.write([kept], isWanted: { self.isWanted }) {
    case .failure(ErrorNumber(code: ECANCELED)): break
    case .failure(let error): tell(error, &state)
    case .success(let places):
      let failure = System.write(kept.line(places[0]).utf8, to: descriptor)
      state.isCut = failure != nil
      tell(failure, &state)
      if failure == nil { state.values.removeAll(but: record) }
    }
  }

  /// Writes the whole record to a new file that takes the old one's place.
  private func begin(_ record: Record, _ state: inout State) {
    var places: [[Kept.Stored]] = []
    if !record.kept.isEmpty {
      switch state.values.write(record.kept, isWanted: { self.isWanted }) {
      case .failure(let error): tell(error.code == ECANCELED ? nil : error, &state)
      case .success(let written): places = written
      }
    }
    func begun() -> Result<Int32, ErrorNumber> {
      System.replaceAndHold(file: path, with: [Bytes(record.text(keptAt: places))], mode: 0o600)
    }
    var result = begun()
    if case .failure(ErrorNumber(code: ENOENT, isOfFolder: true)) = result {
      if let failure = System.makeFolders(folder) { return tell(failure, &state) }
      result = begun()
    }
    switch result {
    case .failure(let error): tell(error, &state)
    case .success(let descriptor):
      if let old = state.descriptor { close(old) }
      state.descriptor = descriptor
      state.isCut = false
      state.values.removeAll(but: record)
    }
  }

  private func tell(_ failure: ErrorNumber?, _ state: inout State) {
    guard let failure, !state.hasComplained else { return }
    state.hasComplained = true
    complain("this session cannot be kept in \(folder): \(failure.message)")
  }

  // MARK: Lost sessions

  /// A sentence about the newest session that was cut off, if there is one; older formats are set aside.
  package func noteOfLost() -> String? {
    let lost = lostPaths
    for path in lost.dropFirst(Self.kept) { System.remove(path) }
    JournalValues.clear(folder: folder, besides: Array(lost.prefix(Self.kept)))
    guard let path = lost.first else { return nil }
    switch Self.contents(path) {
    case .failure(let error): return setAside(path, because: error.message)
    case .success(let text):
      do throws(Diagnostic) {
        let count = try Record(text: text).statementCount
        let others = lost.count > 1 ? " (and then \(min(lost.count, Self.kept) - 1) older)" : ""
        return
          "the last session was cut off; :restore brings back its \(count) statement\(count == 1 ? "" : "s")\(others)"
      } catch { return setAside(path, because: error.message) }
    }
  }

  /// The newest session that was cut off.
  package func lost() throws(Refusal) -> StoredSession {
    guard let path = lostPaths.first else { throw Refusal("no session was cut off: there is nothing to restore") }
    switch Self.contents(path) {
    case .failure(let error): throw Refusal("cannot read \(path): \(error.message)")
    case .success(let text):
      state.withLock { $0.taken = path }
      let values = JournalValues.Reader(folder: folder)
      return StoredSession(text: text) { file, range throws(Refusal) in try values.part(of: file, range) }
    }
  }

  package func settle(_ what: FileAccess.LostSession) {
    let taken = state.withLock { state in
      defer { state.taken = nil }
      return state.taken
    }
    switch what {
    case .restored: if let taken { discard(taken) }
    case .unreadable: if let taken { _ = setAside(taken, because: "") }
    case .forgotten: if let path = lostPaths.first { discard(path) }
    }
  }

  /// A lost session that isn't needed any more, and its values.
  private func discard(_ path: String) {
    System.remove(path)
    JournalValues.clear(folder: folder, besides: lostPaths)
  }

  /// Under another name the file no longer is offered.
  private func setAside(_ path: String, because reason: String) -> String {
    let other = path.dropLast(Self.ending.count) + ".unreadable"
    let isMoved = System.move(path, to: String(other)) == nil
    return "a session that was cut off cannot be read: \(reason); its file is kept as \(isMoved ? String(other) : path)"
  }

  /// The files that no process holds, the newest first.
  private var lostPaths: [String] {
    let names = System.names(inFolder: folder).filter { $0.hasSuffix(Self.ending) }
    let paths = names.map { "\(folder)/\($0)" }.filter { $0 != path && !Self.isHeld($0) }
    return paths.map { ($0, System.modified($0)) }.sorted { $0.1 > $1.1 }.map(\.0)
  }

  private static func isHeld(_ path: String) -> Bool {
    switch System.open(path, O_RDONLY) {
    case .failure(let error): return error.code != EACCES
    case .success(let descriptor):
      defer { close(descriptor) }
      return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }
  }

  private static func contents(_ path: String) -> Result<String, ErrorNumber> {
    guard System.size(path) <= System.longestText else { return .failure(ErrorNumber(code: EFBIG)) }
    return System.contents(ofFile: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
