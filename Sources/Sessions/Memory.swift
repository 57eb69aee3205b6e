#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the machine has.
enum Memory {
  /// Bytes that values may take: most of what is installed.
  static let limit: Int = {
    let page = sysconf(Int32(_SC_PAGESIZE))
    #if canImport(Glibc)
      return Int(sysconf(Int32(_SC_PHYS_PAGES))) * page / 8 * 7
    #else
      return Int(sysconf(_SC_PHYS_PAGES)) * page / 2
    #endif
  }()

  /// `37.3 GiB`, `12 MiB`, `40 bytes`.
  static func text(_ bytes: Int) -> String {
    if bytes == .max { return "more than can be counted" }
    var (value, unit) = (Double(bytes), "bytes")
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1024 { (value, unit) = (value / 1024, next) }
    let tenths = (value * 10).rounded() / 10
    return (tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") + " " + unit
  }
}
