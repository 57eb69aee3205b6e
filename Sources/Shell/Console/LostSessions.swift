import Language
import Refusals
import Syntax

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The journals in a folder that no process holds any more.
struct LostSessions {
  static let ending = ".journal"

  /// So many are kept, the newest.
  private static let kept = 10

  let folder: String
  /// The path of the journal that is written here.
  let own: String

  struct Found: Sendable {
    var path: String
    var text: String
    var record: Record
  }

  /// The newest with anything in it; those that ended before anything was done go.
  func newest() throws(Refusal) -> Found {
    do throws(Unreadable) {
      if let found = try first() { return found }
    } catch {
      setAside(error.path)
      throw Refusal("the session cannot be brought back: \(error.reason)", note: "its file is kept beside")
    }
    throw Refusal("no session was cut off: there is nothing to restore")
  }

  /// A sentence about it, if there is one; one of another format is set aside.
  func note() -> String? {
    for path in paths.dropFirst(Self.kept) { System.remove(path) }
    var sentence: String?
    do throws(Unreadable) {
      if let found = try first() { sentence = note(on: found.record, others: paths.count - 1) }
    } catch {
      let other = setAside(error.path)
      sentence = "a session that was cut off cannot be read: \(error.reason); its file is kept as \(other)"
    }
    JournalValues.clear(folder: folder, besides: paths)
    return sentence
  }

  private func note(on record: Record, others: Int) -> String {
    let count = record.statementCount
    let statements = "its \(count) statement\(count == 1 ? "" : "s")"
    let (end, what) =
      if record.unfinished == nil {
        ("", "brings back \(statements)")
      } else if count == 0 {
        (" at its first statement", "shows it")
      } else {
        (" at work", "brings back \(statements) and shows the one it was at")
      }
    return "the last session was cut off\(end); :restore \(what)\(others > 0 ? " (and then \(others) older)" : "")"
  }

  private struct Unreadable: Error {
    var path: String
    var reason: String
  }

  private func first() throws(Unreadable) -> Found? {
    for path in paths {
      let text: String
      switch Self.contents(path) {
      case .failure(let error): throw Unreadable(path: path, reason: error.message)
      case .success(let contents): text = contents
      }
      let record: Record
      do throws(Diagnostic) { record = try Record(text: text) } catch {
        throw Unreadable(path: path, reason: error.message)
      }
      if record.statementCount > 0 || record.unfinished != nil { return Found(path: path, text: text, record: record) }
      System.remove(path)
    }
    return nil
  }

  /// Nobody needs it any more, nor its values.
  func discard(_ path: String) {
    System.remove(path)
    JournalValues.clear(folder: folder, besides: paths)
  }

  func discardNewest() {
    if let path = paths.first { discard(path) }
  }

  /// Under another name, which is given, the file no longer is offered.
  @discardableResult
  func setAside(_ path: String) -> String {
    let other = path.dropLast(Self.ending.count) + ".unreadable"
    return System.move(path, to: String(other)) == nil ? String(other) : path
  }

  /// The newest first.
  private var paths: [String] {
    let names = System.names(inFolder: folder).filter { $0.hasSuffix(Self.ending) }
    let paths = names.map { "\(folder)/\($0)" }.filter { $0 != own && !Self.isHeld($0) }
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
