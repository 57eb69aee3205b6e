/// What each name stands for.
///
/// Copies share all that hasn't changed since, so that a state of the session can be kept with
/// every statement.
struct NameTable: Sequence {
  private static let partCount = 256
  private var parts = [[String: Binding]](repeating: [:], count: partCount)
  /// For each part the latest version in it, or a later one.
  private var newest = [Int](repeating: 0, count: partCount)
  private(set) var count = 0
  /// The version at which a name last meant something else than before; new names change nothing that is there.
  private(set) var replaced = 0
  /// Inputs that have no value yet.
  private(set) var waiting: Set<String> = []
  /// Bytes of all values; those that several names share are counted for each.
  private(set) var byteCount = 0

  private static func part(of name: String) -> Int {
    // FNV-1a: the same in every process, and quicker than the dictionary's own hash.
    var hash: UInt32 = 2_166_136_261
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int((hash ^ hash >> 16) % UInt32(partCount))
  }

  subscript(name: String) -> Binding? {
    get { parts[Self.part(of: name)][name] }
    _modify {
      let part = Self.part(of: name)
      let old = parts[part][name]
      let before = (count: parts[part].count, bytes: old?.byteCount ?? 0, isNew: old == nil)
      defer {
        let after = parts[part][name]
        count += parts[part].count - before.count
        byteCount += (after?.byteCount ?? 0) - before.bytes
        newest[part] = Swift.max(newest[part], after?.version ?? 0)
        if !before.isNew || Function<Held>.builtIn(name) != nil || name == "pi" || name == "e" {
          replaced = Swift.max(replaced, after?.version ?? .max)
        }
        if case .unset? = after?.content {
          waiting.insert(name)
        } else if !waiting.isEmpty {
          waiting.remove(name)
        }
      }
      yield &parts[part][name]
    }
  }

  var keys: [String] { parts.flatMap(\.keys) }

  /// What was given its value after a time of the session's clock.
  func newer(than clock: Int) -> [(key: String, value: Binding)] {
    var result: [(key: String, value: Binding)] = []
    for part in parts.indices where newest[part] > clock {
      for (name, binding) in parts[part] where binding.version > clock { result.append((name, binding)) }
    }
    return result
  }

  var isEmpty: Bool { count == 0 }

  func makeIterator() -> some IteratorProtocol<(key: String, value: Binding)> { parts.lazy.joined().makeIterator() }
}
