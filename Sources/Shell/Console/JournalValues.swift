import Files
import Language
import Refusals
import Synchronization
import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The values beside a journal: files of elements, one each time something is kept, for nobody else to read.
///
/// What an earlier file holds and nothing has changed isn't written again.
struct JournalValues {
  fileprivate static let ending = ".values"

  /// Nobody waits for more than so many bytes once they aren't wanted.
  private static let portion = 1 << 23

  private struct Known {
    weak var storage: Storage?
    var place: Kept.Stored
  }

  /// The path of the journal without its ending.
  private let base: String
  private var number = 0
  /// Files that are there.
  private var files: Set<String> = []
  private var known: [ObjectIdentifier: Known] = [:]

  init(base: String) { self.base = base }

  /// The places of all parts, those that are new in one file.
  mutating func write(_ kept: [Kept], isWanted: () -> Bool) -> Result<[[Kept.Stored]], ErrorNumber> {
    let path = "\(base)-\(number + 1)\(Self.ending)"
    let name = Path.split(path).name
    known = known.filter { $0.value.storage != nil }
    var pieces: [Bytes] = []
    var offset = 0
    var added: [ObjectIdentifier: Known] = [:]
    let places = kept.map { kept in
      kept.parts.compactMap { part -> Kept.Stored? in
        // What was read is here; what could not be read is kept no longer.
        guard case .value(let tensor) = part else { return nil }
        let storage = tensor.storage
        let count = tensor.count * tensor.type.stride
        if let old = added[ObjectIdentifier(storage)] ?? known[ObjectIdentifier(storage)], old.storage === storage,
          old.place.byteCount == count
        {
          var place = old.place
          (place.shape, place.type) = (tensor.shape, tensor.type)
          return place
        }
        let bytes = Bytes(of: tensor)
        let place = Kept.Stored(
          shape: tensor.shape, type: tensor.type, sum: Kept.sum(of: bytes), file: name, offset: offset)
        offset += count
        pieces += stride(from: 0, to: count, by: Self.portion).compactMap {
          bytes.part(from: $0, count: min(Self.portion, count - $0))
        }
        added[ObjectIdentifier(storage)] = Known(storage: storage, place: place)
        return place
      }
    }
    guard !pieces.isEmpty else { return .success(places) }
    let folder = Path.split(base).folder
    var failure = System.replace(file: path, with: pieces, mode: 0o600, isWanted: isWanted)
    if failure == ErrorNumber(code: ENOENT, isOfFolder: true) {
      failure = System.makeFolders(folder) ?? System.replace(file: path, with: pieces, mode: 0o600, isWanted: isWanted)
    }
    if let failure { return .failure(failure) }
    number += 1
    files.insert(name)
    known.merge(added) { $1 }
    return .success(places)
  }

  /// Removes the files that hold nothing of what a record keeps.
  mutating func removeAll(but record: Record) {
    var used: [ObjectIdentifier: Known] = [:]
    for case .value(let tensor) in record.kept.flatMap(\.parts) {
      let storage = ObjectIdentifier(tensor.storage)
      used[storage] = known[storage]
    }
    // What the record holds on to isn't written to in its place; of anything else nothing is known any more.
    known = used
    let folder = Path.split(base).folder
    let wanted = Set(used.values.map(\.place.file))
    for file in files.subtracting(wanted) { System.remove(folder + file) }
    files = wanted
  }

  mutating func remove() {
    let folder = Path.split(base).folder
    for file in files { System.remove(folder + file) }
    (files, known) = ([], [:])
  }

  // MARK: Those of other sessions

  /// Reads the values of a lost session, each file once.
  final class Reader: Sendable {
    private let folder: String
    private let files = Mutex<[String: ByteSource]>([:])

    init(folder: String) { self.folder = folder }

    func part(of file: String, _ range: Range<Int>) throws(Refusal) -> Bytes {
      guard let part = try contents(of: file).part(from: range.lowerBound, count: range.count) else {
        throw Refusal("its values are cut short")
      }
      return part
    }

    private func contents(of file: String) throws(Refusal) -> ByteSource {
      if let known = files.withLock({ $0[file] }) { return known }
      guard !file.contains("/"), file.hasSuffix(JournalValues.ending) else { throw Refusal("its values are elsewhere") }
      switch System.bytes(ofFile: "\(folder)/\(file)") {
      case .failure(let error): throw Refusal("its values can't be read: \(error.message)")
      case .success(let bytes):
        files.withLock { $0[file] = bytes }
        return bytes
      }
    }
  }

  /// Removes the values of sessions that have ended, but for those of journals, the newest first, as long as they are no
  /// more than one session may have; the others would be computed again.
  static func clear(folder: String, besides journals: [String]) {
    var left: [String: [String]] = [:]
    for name in System.names(inFolder: folder) where name.hasSuffix(ending) {
      // TIME-PROCESS-NUMBER.values
      let words = name.dropLast(ending.count).split(separator: "-")
      guard words.count == 3, let process = pid_t(words[1]), process > 0, Int(words[2]) != nil else { continue }
      if kill(process, 0) == 0 || errno == EPERM { continue }
      left["\(folder)/\(words[0])-\(words[1])", default: []].append("\(folder)/\(name)")
    }
    var room = Kept.limit
    for journal in journals {
      let base = journal.prefix(upTo: journal.lastIndex(of: ".") ?? journal.endIndex)
      guard let paths = left[String(base)] else { continue }
      let bytes = paths.reduce(0) { $0 + System.size($1) }
      guard bytes <= room else { continue }
      room -= bytes
      left[String(base)] = nil
    }
    for path in left.values.joined() { System.remove(path) }
  }
}
