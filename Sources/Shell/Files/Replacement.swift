import Files
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Whole files that take the place of others.
extension System {
  /// Puts pieces in the place of a file, or leaves the old one as it was; a pipe or a device takes them as they come.
  ///
  /// Links stay: what they lead to is replaced. So does the old file's mode, and its owner and group where that is
  /// allowed; one that may not be written to is refused. What has been put in place outlasts a loss of power.
  ///
  /// - Parameter mode: a new file's, less what the umask takes.
  static func replace(file path: String, with pieces: [Bytes], mode: mode_t = 0o644) -> ErrorNumber? {
    replace(file: path, with: pieces, mode: mode, Flag())
  }

  /// The same for as long as it is wanted, which is asked again and again: where it no longer is, the old file stays,
  /// and nobody waits for the disk.
  static func replace(
    file path: String, with pieces: [Bytes], mode: mode_t = 0o644, isWanted: () -> Bool
  ) -> ErrorNumber? {
    if !isWanted() { return ErrorNumber(code: ECANCELED) }
    let isLeft = Flag()
    let work = Work { replace(file: path, with: pieces, mode: mode, isLeft) }
    guard let work else { return replace(file: path, with: pieces, mode: mode, isLeft) }
    if let result = work.value(isWanted: isWanted) { return result }
    isLeft.value.store(true, ordering: .relaxed)
    // It clears up, at once if the disk has the time.
    let start = nanoseconds()
    return work.value { nanoseconds() - start < 100_000_000 } ?? ErrorNumber(code: ECANCELED)
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  private static func replace(file path: String, with pieces: [Bytes], mode: mode_t, _ isLeft: Flag) -> ErrorNumber? {
    switch replaceAndHold(file: path, with: pieces, mode: mode, isWanted: { !isLeft.value.load(ordering: .relaxed) }) {
    case .failure(let error): error
    case .success(let descriptor): close(descriptor) == 0 ? nil : ErrorNumber(code: errno)
    }
  }

  /// As `replace`; the new file is open at its end, and locked until it is closed.
  static func replaceAndHold(
    file path: String, with pieces: [Bytes], mode: mode_t, isWanted: () -> Bool = { true }
  ) -> Result<Int32, ErrorNumber> {
    if let obstacle = Confinement.obstacle(.writing) { return .failure(obstacle) }
    var old = stat()
    let isThere = unsafe stat(path, &old) == 0
    guard isThere || errno == ENOENT else { return .failure(ErrorNumber(code: errno)) }
    if isThere, old.st_mode & S_IFMT != S_IFREG { return fill(path, with: pieces, isWanted) }
    let path = target(of: path)
    if isThere, let obstacle = obstacle(toOpening: path, O_WRONLY) { return .failure(obstacle) }
    let folder = Path.split(path).folder
    removeLeftovers(inFolder: folder)
    return temporary(inFolder: folder, mode: isThere ? 0o600 : mode).flatMap { name, descriptor, note in
      defer { if let note { remove(note) } }
      var failure = write(pieces, to: descriptor, isWanted)
      if failure == nil, isThere { keep(old, descriptor) }
      if failure == nil { failure = flush(descriptor) }
      if !isWanted() { failure = ErrorNumber(code: ECANCELED) }
      if failure == nil { failure = move(name, to: path) }
      guard let failure else {
        flush(folder: folder)
        return .success(descriptor)
      }
      remove(name)
      close(descriptor)
      return .failure(failure)
    }
  }

  /// What isn't a file is written to as it is; it may be that nobody reads, and then nobody waits.
  private static func fill(
    _ path: String, with pieces: [Bytes], _ isWanted: () -> Bool
  ) -> Result<Int32, ErrorNumber> {
    open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY).flatMap { descriptor in
      guard let failure = write(pieces, to: descriptor, isWanted) else { return .success(descriptor) }
      close(descriptor)
      return .failure(failure)
    }
  }

  private static func write(
    _ pieces: [Bytes], to descriptor: Int32, _ isWanted: () -> Bool
  ) -> ErrorNumber? {
    for piece in pieces {
      if let failure = write(piece, to: descriptor, isWanted: isWanted) { return failure }
    }
    return nil
  }

  // MARK: Temporary files

  private static let (beginning, ending) = (".gradus-", ".tmp")

  /// A new file under a name that nobody can foresee, locked as long as it is being written.
  private static func temporary(
    inFolder folder: String, mode: mode_t
  ) -> Result<(name: String, descriptor: Int32, note: String?), ErrorNumber> {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW
    for _ in 0..<100 {
      let number = String(UInt64.random(in: 0...UInt64.max), radix: 16)
      let name = folder + beginning + String(repeating: "0", count: 16 - number.count) + number + ending
      // First, so that no kill comes between.
      let note = noteUnfinished(name)
      var isKept = false
      defer { if !isKept, let note { remove(note) } }
      switch open(name, flags, mode: mode) {
      case .success(let descriptor):
        var status = stat()
        // Someone who clears up may have come between; where there are no locks, nobody clears up.
        let isOurs = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
        if isOurs, unsafe fstat(descriptor, &status) == 0, status.st_nlink > 0 {
          isKept = true
          return .success((name, descriptor, note))
        }
        close(descriptor)
      case .failure(ErrorNumber(code: EEXIST)): continue
      case .failure(var error):
        error.isOfFolder = true
        return .failure(error)
      }
    }
    return .failure(ErrorNumber(code: EEXIST))
  }

  /// Removes what runs that were killed have left in a folder: temporary files that nobody holds.
  private static func removeLeftovers(inFolder folder: String) {
    for name in names(inFolder: folder.isEmpty ? "." : folder) where isTemporary(name) { removeLeftover(folder + name) }
  }

  /// Whether nothing of it is left.
  @discardableResult
  private static func removeLeftover(_ path: String) -> Bool {
    switch open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK) {
    case .failure(let error): return error.code == ENOENT || error.code == ENOTDIR
    case .success(let descriptor):
      defer { close(descriptor) }
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG,
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
      else { return false }
      return remove(path) == nil
    }
  }

  /// Notes, as a link in our own folder, that a file is being written, so that the next start finds what a kill leaves;
  /// nil where there is no such folder.
  private static func noteUnfinished(_ path: String) -> String? {
    let (folder, name) = Path.split(path)
    guard let notes = Path.unfinished, let place = real(folder.isEmpty ? "." : folder) else { return nil }
    let note = "\(notes)/\(name)"
    var failure = makeLink(note, to: "\(place)/\(name)")
    if failure?.code == ENOENT { failure = makeFolders(notes) ?? makeLink(note, to: "\(place)/\(name)") }
    return failure == nil ? note : nil
  }

  /// Removes what killed runs have left wherever they were writing: at each start.
  static func removeUnfinished() {
    guard let notes = Path.unfinished else { return }
    for name in names(inFolder: notes) where isTemporary(name) {
      guard let path = destination(of: "\(notes)/\(name)"), Path.split(path).name == name else { continue }
      if removeLeftover(path) { remove("\(notes)/\(name)") }
    }
  }

  private static func isTemporary(_ name: String) -> Bool {
    let digits = name.utf8.dropFirst(beginning.utf8.count).dropLast(ending.utf8.count)
    return digits.count == 16 && name.hasPrefix(beginning) && name.hasSuffix(ending)
      && digits.allSatisfy { "0123456789abcdef".utf8.contains($0) }
  }

  /// Makes an open file what an old one was: its group and owner where that is allowed, and its mode.
  private static func keep(_ old: stat, _ descriptor: Int32) {
    var new = stat()
    guard unsafe fstat(descriptor, &new) == 0 else { return }
    var mode = old.st_mode & 0o777
    // Another group may do no more than everybody.
    if new.st_gid != old.st_gid, fchown(descriptor, .max, old.st_gid) != 0 { mode &= ~0o070 | (mode & 0o007) << 3 }
    if new.st_uid != old.st_uid { _ = fchown(descriptor, old.st_uid, .max) }
    fchmod(descriptor, mode)
  }
}
