import Files
import Language
import Refusals
import Synchronization
import Syntax

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The statements of this process in a file of its own, each added as soon as it has finished, and before that what was
/// entered, so that nothing is lost that was typed.
///
/// The file is locked while the process lives and removed when it ends as it should; one that is there without a lock
/// belongs to a session that was cut off.
package final class Journal: Sendable {
  private struct State {
    var descriptor: Int32?
    /// A line could not be written: the file is written anew, so that nothing follows half a line.
    var isCut = false
    var hasComplained = false
    /// What was entered and hasn't ended.
    var begun: Begun?
    /// The lost session that is being brought back.
    var taken: LostSessions.Found?
    /// What a lost session had not finished.
    var offered: String?
    var values: JournalValues
  }

  private let folder: String
  private let path: String
  private let complain: @Sendable (String) -> Void
  private let state: Mutex<State>
  private let flusher = Flusher()
  /// Off while whoever waits no longer does.
  private let waits = Atomic(true)

  package init(folder: String, complain: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.complain = complain
    let base = "\(folder)/\(System.secondsSince1970())-\(getpid())"
    path = base + LostSessions.ending
    state = Mutex(State(values: JournalValues(base: base)))
  }

  deinit { state.withLock { if let descriptor = $0.descriptor { close(descriptor) } } }

  // MARK: This session

  private var isWanted: Bool { waits.load(ordering: .relaxed) }

  /// Values that are being written are given up, until they are wanted again.
  package func setWanted(_ isWanted: Bool) { waits.store(isWanted, ordering: .relaxed) }

  /// What was entered is about to run; the file begins with the first.
  package func begin(_ text: String, after record: Record) {
    state.withLock { state in
      state.begun = Begun(text, after: record)
      if state.descriptor == nil || state.isCut { begin(record, &state) } else { add(state.begun?.line ?? "", &state) }
    }
  }

  /// It has ended, one way or the other.
  package func end() {
    state.withLock { state in
      state.begun = nil
      if state.descriptor != nil, !state.isCut { add(Begun.ended, &state) }
    }
  }

  private func add(_ lines: String, _ state: inout State) {
    guard let descriptor = state.descriptor else { return }
    let failure = System.write(lines.utf8, to: descriptor)
    state.isCut = failure != nil
    tell(failure, &state)
    if failure == nil { flusher.flush(descriptor) }
  }

  /// Follows a record.
  package func follow(_ change: Record.Change) {
    state.withLock { state in
      switch change {
      case .appended(let entries, let record):
        guard state.descriptor != nil, !state.isCut else { return begin(record, &state) }
        add(entries.map(\.line).joined(), &state)
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
    guard state.descriptor != nil, !state.isCut, let kept = record.kept.last else {
      return begin(record, &state)
    }
    switch state.values.write([kept], isWanted: { self.isWanted }) {
    case .failure(ErrorNumber(code: ECANCELED)): break
    case .failure(let error): tell(error, &state)
    case .success(let places):
      add(kept.line(places[0]), &state)
      if !state.isCut { state.values.removeAll(but: record) }
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
      System.replaceAndHold(file: path, with: [Bytes(record.text(keptAt: places, begun: state.begun))], mode: 0o600)
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

  private var lostOnes: LostSessions { LostSessions(folder: folder, own: path) }

  /// A sentence about the newest session that was cut off, if there is one.
  package func noteOfLost() -> String? { lostOnes.note() }

  /// The newest session that was cut off.
  package func lost() throws(Refusal) -> StoredSession {
    let found = try lostOnes.newest()
    state.withLock { $0.taken = found }
    let values = JournalValues.Reader(folder: folder)
    return StoredSession(text: found.text) { file, range throws(Refusal) in try values.part(of: file, range) }
  }

  package func settle(_ what: FileAccess.LostSession) {
    let taken = state.withLock { state in
      defer { state.taken = nil }
      if what == .restored { state.offered = state.taken?.record.unfinished }
      return state.taken?.path
    }
    switch what {
    case .restored: if let taken { lostOnes.discard(taken) }
    case .unreadable: if let taken { lostOnes.setAside(taken) }
    case .forgotten: lostOnes.discardNewest()
    }
  }

  /// What the session that was brought back had not finished, once.
  package func takeOffered() -> String? {
    state.withLock { state in
      defer { state.offered = nil }
      return state.offered
    }
  }
}
