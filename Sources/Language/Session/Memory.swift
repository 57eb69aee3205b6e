import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Amounts of memory.
enum Memory {
  /// Bytes that values may take where nobody says: half of what is built in.
  static let assumed = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))) / 2
}

extension Session {
  var memoryBudget: Int { memoryLimit ?? Memory.assumed }

  /// Bytes that names and what can be undone hold; at most a sixteenth of the budget too many.
  var heldBytes: Int {
    let rough = names.byteCount + undoableBytes
    guard rough > memoryBudget / 16 else { return rough }
    var seen: Set<ObjectIdentifier> = []
    var bytes = undoableBytes
    func count(_ storage: Storage) {
      if seen.insert(ObjectIdentifier(storage)).inserted { bytes += storage.byteCount }
    }
    for (_, binding) in names { binding.storages.forEach(count) }
    for cached in cache.values { cached.value.leaves.forEach { count($0.tensor.storage) } }
    return bytes
  }
}
