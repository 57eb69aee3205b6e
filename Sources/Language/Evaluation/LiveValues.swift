import Syntax
import Tensors

extension Evaluator {
  /// What the evaluators of one statement share.
  final class Shared {
    /// The live names and formulas that are being followed, and the functions (with brackets) that are being called.
    var open: Set<String> = []
    /// Values of live names that were computed for this statement.
    var caches: [String: Cached] = [:]
    /// Of those that were computed before, and of shapes, whether they still hold.
    fileprivate var areFresh: [String: Bool] = [:]
    fileprivate var areOutlinesFresh: [String: Bool] = [:]
  }

  /// A live name's value, if it has been computed, and nothing that leads to it has changed since.
  func cached(_ name: String) -> Cached? {
    if let cached = shared.caches[name] { return cached }
    return isFresh(name, \.areFresh) { session.cache[$0] } ? session.cache[name] : nil
  }

  /// So many live names are followed into each other for a shape: what numbers say about it comes from near by.
  private static let outlook = 32

  /// A live name's shape and type, where it lies too far off to be followed, and nothing that leads to it has changed.
  func outline(_ name: String) -> Tensor? {
    guard shared.open.count > Self.outlook, isFresh(name, \.areOutlinesFresh, { session.names[$0]?.outline }) else {
      return nil
    }
    return session.names[name]?.outline?.held.tensor
  }

  /// Goes down to the ends of a chain of live names first, so that each is looked at once.
  private func isFresh(
    _ name: String, _ known: ReferenceWritableKeyPath<Shared, [String: Bool]>, _ find: (String) -> Cached?
  ) -> Bool {
    var waiting: [(name: String, isEntered: Bool)] = [(name, false)]
    while let next = waiting.popLast() {
      let name = next.name
      if !next.isEntered {
        guard shared[keyPath: known][name] == nil else { continue }
        shared[keyPath: known][name] = false
        guard let cached = find(name), cached.reads.allSatisfy({ isCurrent($0.key, $0.value) }) else {
          continue
        }
        waiting.append((name, true))
        waiting += cached.reads.keys.filter { $0 != name && isLive($0) }.map { ($0, false) }
      } else if let cached = find(name) {
        shared[keyPath: known][name] = cached.reads.keys.allSatisfy { read in
          guard read != name, isLive(read) else { return true }
          return shared[keyPath: known][read] == true && (find(read)?.time ?? .max) <= cached.time
        }
      }
    }
    return shared[keyPath: known][name] == true
  }

  private func isLive(_ name: String) -> Bool {
    if case .live? = session.names[name]?.content { true } else { false }
  }

  /// The versions of all names that were read, those that live names read included.
  var allReads: [String: Int] {
    var all = reads
    var waiting = Array(reads.keys)
    while let name = waiting.popLast() {
      guard isLive(name), let cached = shared.caches[name] ?? session.cache[name] else { continue }
      for (read, version) in cached.reads where all[read, default: 0] == 0 {
        if all.updateValue(version, forKey: read) == nil { waiting.append(read) }
      }
    }
    return all
  }
}
