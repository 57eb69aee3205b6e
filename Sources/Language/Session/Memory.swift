import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the machine has.
enum Memory {
  /// Bytes that values may take: most of what is free when this is first asked.
  static let limit: Int = {
    let page = sysconf(Int32(_SC_PAGESIZE))
    #if canImport(Glibc)
      return (available ?? Int(sysconf(Int32(_SC_PHYS_PAGES))) * page) / 8 * 7
    #else
      return Int(sysconf(_SC_PHYS_PAGES)) * page / 2
    #endif
  }()

  #if canImport(Glibc)
    /// What Linux would give without swapping, and its control group allows.
    private static var available: Int? {
      func text(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        return String(decoding: bytes.prefix(unsafe fread(&bytes, 1, 4_096, file)), as: UTF8.self)
      }
      let line = text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
      guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
      let group = text("/sys/fs/cgroup/memory.max")?.split(separator: "\n").first.flatMap { Int($0) }
      return min(kibibytes * 1_024, group ?? .max)
    }
  #endif
}

extension Session {
  var memoryBudget: Int { memoryLimit ?? Memory.limit }

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
    for cached in cache.values { count(cached.held.tensor.storage) }
    return bytes
  }
}
