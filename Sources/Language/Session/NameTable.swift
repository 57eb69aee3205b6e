/// What each name stands for.
///
/// Copies share all that hasn't changed since, so that a state of the session can be kept with
/// every statement.
struct NameTable: Sequence {
  /// Parts of parts: a change copies one of each, whatever there is besides.
  private struct Branch {
    static let partCount = 64
    var parts = [[String: Binding]](repeating: [:], count: partCount)
    /// For each part the latest version in it, or a later one.
    var newest = [Int](repeating: 0, count: partCount)
  }

  private static let branchCount = 64
  private var branches = [Branch](repeating: Branch(), count: branchCount)
  /// For each branch the same.
  private var newest = [Int](repeating: 0, count: branchCount)
  private(set) var count = 0
  /// The version at which a name last meant something else than before; new names change nothing that is there.
  private(set) var replaced = 0
  /// Inputs that have no value yet.
  private(set) var waiting: Set<String> = []
  /// Bytes of all values; those that several names share are counted for each.
  private(set) var byteCount = 0
  /// Told of every name that is asked for.
  var witness: NameWitness?

  private static func place(of name: String) -> (branch: Int, part: Int) {
    // FNV-1a: the same in every process, and quicker than the dictionary's own hash.
    var hash: UInt32 = 2_166_136_261
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let number = Int(hash ^ hash >> 16)
    return (number % branchCount, number / branchCount % Branch.partCount)
  }

  subscript(name: String) -> Binding? {
    get {
      witness?.note(name)
      let (branch, part) = Self.place(of: name)
      return branches[branch].parts[part][name]
    }
    _modify {
      witness?.note(name)
      let (branch, part) = Self.place(of: name)
      let old = branches[branch].parts[part][name]
      let before = (count: branches[branch].parts[part].count, bytes: old?.byteCount ?? 0, isNew: old == nil)
      defer {
        let after = branches[branch].parts[part][name]
        count += branches[branch].parts[part].count - before.count
        byteCount += (after?.byteCount ?? 0) - before.bytes
        let version = after?.version ?? 0
        if version > newest[branch] { newest[branch] = version }
        if version > branches[branch].newest[part] { branches[branch].newest[part] = version }
        if !before.isNew || Function<Held>.builtIn(name) != nil || name == "pi" || name == "e" {
          replaced = Swift.max(replaced, after?.version ?? .max)
        }
        if case .unset? = after?.content {
          waiting.insert(name)
        } else if !waiting.isEmpty {
          waiting.remove(name)
        }
      }
      yield &branches[branch].parts[part][name]
    }
  }

  var keys: [String] {
    witness?.noteOthers()
    return branches.flatMap { $0.parts.flatMap(\.keys) }
  }

  /// What was given its value after a time of the session's clock.
  func newer(than clock: Int) -> [(key: String, value: Binding)] {
    var result: [(key: String, value: Binding)] = []
    for (branch, latest) in zip(branches, newest) where latest > clock {
      for (part, latest) in zip(branch.parts, branch.newest) where latest > clock {
        for (name, binding) in part where binding.version > clock { result.append((name, binding)) }
      }
    }
    return result
  }

  var isEmpty: Bool { count == 0 }

  func makeIterator() -> some IteratorProtocol<(key: String, value: Binding)> {
    witness?.noteOthers()
    return branches.lazy.flatMap(\.parts).joined().makeIterator()
  }
}
