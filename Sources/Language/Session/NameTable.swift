/// What each name stands for.
///
/// Copies share all that hasn't changed since, so that a state of the session can be kept with
/// every statement.
struct NameTable: Sequence {
  /// A few names side by side, or sixteen parts by four bits more of a hash: a change copies those on its way down, whatever
  /// there is besides.
  private enum Part {
    /// The name with its hash, and what it stands for: one reference, however much that is, for all states that have it.
    final class Entry: Sendable {
      let name: String
      let hash: UInt32
      let binding: Binding

      init(_ name: String, _ hash: UInt32, _ binding: Binding) {
        (self.name, self.hash, self.binding) = (name, hash, binding)
      }
    }

    static let mostNames = 4
    static let width = 16
    /// As many as a hash has bits for; those below hold any number of names.
    static let mostLevels = 8

    case names([Entry])
    /// With the latest version in it, or a later one.
    case parts([Part], newest: Int)

    private static func place(of hash: UInt32, at level: Int) -> Int { Int(hash >> (4 * UInt32(level))) % width }

    private static func index(of name: String, _ hash: UInt32, in entries: [Entry]) -> Int? {
      entries.firstIndex { $0.hash == hash && $0.name == name }
    }

    func binding(_ name: String, _ hash: UInt32, level: Int = 0) -> Binding? {
      switch self {
      case .names(let entries): Self.index(of: name, hash, in: entries).map { entries[$0].binding }
      case .parts(let parts, _): parts[Self.place(of: hash, at: level)].binding(name, hash, level: level + 1)
      }
    }

    /// Taken out, so that nothing else holds its value while it is changed.
    mutating func take(_ name: String, _ hash: UInt32, level: Int = 0) -> Binding? {
      switch self {
      case .names(var entries):
        guard let index = Self.index(of: name, hash, in: entries) else { return nil }
        self = .names([])
        defer { self = .names(entries) }
        return entries.remove(at: index).binding
      case .parts(var parts, let newest):
        self = .names([])
        defer { self = .parts(parts, newest: newest) }
        return parts[Self.place(of: hash, at: level)].take(name, hash, level: level + 1)
      }
    }

    /// A name that isn't in it.
    mutating func put(_ entry: Entry, level: Int = 0) {
      switch self {
      case .names(var entries):
        self = .names([])
        entries.append(entry)
        guard entries.count > Self.mostNames, level < Self.mostLevels else { return self = .names(entries) }
        self = .parts([Part](repeating: .names([]), count: Self.width), newest: 0)
        for entry in entries { put(entry, level: level) }
      case .parts(var parts, let newest):
        self = .names([])
        parts[Self.place(of: entry.hash, at: level)].put(entry, level: level + 1)
        self = .parts(parts, newest: Swift.max(newest, entry.binding.version))
      }
    }

    func forEach(newerThan clock: Int, _ body: (Entry) -> Void) {
      switch self {
      case .names(let entries): for entry in entries where entry.binding.version > clock { body(entry) }
      case .parts(let parts, let newest):
        if newest > clock { for part in parts { part.forEach(newerThan: clock, body) } }
      }
    }
  }

  private var root = Part.names([])
  private(set) var count = 0
  /// The version at which a name last meant something else than before; new names change nothing that is there.
  private(set) var replaced = 0
  /// Inputs that have no value yet.
  private(set) var waiting: Set<String> = []
  /// Bytes of all values; those that several names share are counted for each.
  private(set) var byteCount = 0
  /// Told of every name that is asked for.
  var witness: NameWitness?

  /// FNV-1a: the same in every process, and quicker than a dictionary's.
  private static func hash(_ name: String) -> UInt32 {
    var hash: UInt32 = 2_166_136_261
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return hash ^ hash >> 16
  }

  subscript(name: String) -> Binding? {
    get {
      witness?.note(name)
      return root.binding(name, Self.hash(name))
    }
    _modify {
      witness?.note(name)
      let hash = Self.hash(name)
      var binding = root.take(name, hash)
      let before = (bytes: binding?.byteCount ?? 0, isNew: binding == nil)
      defer {
        count += (binding == nil ? 0 : 1) - (before.isNew ? 0 : 1)
        byteCount += (binding?.byteCount ?? 0) - before.bytes
        if !before.isNew || Function<Held>.builtIn(name) != nil || name == "pi" || name == "e" {
          replaced = Swift.max(replaced, binding?.version ?? .max)
        }
        if case .unset? = binding?.content {
          waiting.insert(name)
        } else if !waiting.isEmpty {
          waiting.remove(name)
        }
        if let binding { root.put(Part.Entry(name, hash, binding)) }
      }
      yield &binding
    }
  }

  private var entries: [(key: String, value: Binding)] { newer(than: .min) }

  var keys: [String] {
    witness?.noteOthers()
    return entries.map(\.key)
  }

  /// What was given its value after a time of the session's clock.
  func newer(than clock: Int) -> [(key: String, value: Binding)] {
    var result: [(key: String, value: Binding)] = []
    root.forEach(newerThan: clock) { result.append(($0.name, $0.binding)) }
    return result
  }

  var isEmpty: Bool { count == 0 }

  func makeIterator() -> some IteratorProtocol<(key: String, value: Binding)> {
    witness?.noteOthers()
    return entries.makeIterator()
  }
}
