extension System {
  /// Bytes that the machine would give without swapping, and its control group allows; nil where it doesn't tell.
  static var freeMemory: Int? {
    func text(_ path: String) -> String? {
      (try? contents(ofFile: path, limit: 1 << 20, as: .starter).get()).map { String(decoding: $0, as: UTF8.self) }
    }
    let line = text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
    let group = text("/sys/fs/cgroup/memory.max")?.split(separator: "\n").first.flatMap { Int($0) }
    return min(kibibytes * 1_024, group ?? .max)
  }
}
