import Syntax
import Tensors

extension Evaluator {
  /// What the evaluators of one statement share.
  final class Shared {
    /// The live names and formulas that are being followed, and the functions (with brackets) that are being called.
    var open: Set<String> = []
    /// Values of live names that were computed for this statement.
    var caches: [String: Cached] = [:]
    /// Of those that were computed before, whether they still hold.
    fileprivate var areFresh: [String: Bool] = [:]
  }

  /// A live name's value, if it has been computed, and nothing that leads to it has changed since.
  func cached(_ name: String) -> Cached? {
    if let cached = shared.caches[name] { return cached }
    return isFresh(name) ? session.cache[name] : nil
  }

  /// So many live names are followed into each other for a shape: what numbers say about it comes from near by.
  private static let outlook = 32

  /// A live name's shape and type, where it lies too far off to be followed, and no name has changed its meaning since.
  func outline(_ name: String) -> Tensor? {
    guard shared.open.count > Self.outlook, let outline = session.names[name]?.outline,
      session.names.replaced <= outline.time
    else { return nil }
    return outline.tensor
  }

  /// Goes down to the ends of a chain of live names first, so that each is looked at once.
  private func isFresh(_ name: String) -> Bool {
    var waiting: [(name: String, isEntered: Bool)] = [(name, false)]
    while let next = waiting.popLast() {
      let name = next.name
      if !next.isEntered {
        guard shared.areFresh[name] == nil else { continue }
        shared.areFresh[name] = false
        guard let cached = session.cache[name], cached.reads.allSatisfy({ session.isCurrent($0.key, $0.value) }) else {
          continue
        }
        waiting.append((name, true))
        waiting += cached.reads.keys.filter { $0 != name && isLive($0) }.map { ($0, false) }
      } else if let cached = session.cache[name] {
        shared.areFresh[name] = cached.reads.keys.allSatisfy { read in
          guard read != name, isLive(read) else { return true }
          return shared.areFresh[read] == true && (session.cache[read]?.time ?? .max) <= cached.time
        }
      }
    }
    return shared.areFresh[name] == true
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
