#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the machine has left.
enum Memory {
  /// Free bytes, page cache not counted: available pages where the system tells, else half of what is installed.
  static var free: Int {
    let page = sysconf(Int32(_SC_PAGESIZE))
    #if canImport(Glibc)
      return Int(sysconf(Int32(_SC_PHYS_PAGES))) * page / 8 * 7
    #else
      return Int(sysconf(_SC_PHYS_PAGES)) * page / 2
    #endif
  }

  /// `37.3 GiB`, `12 MiB`, `40 bytes`.
  static func text(_ bytes: Int) -> String {
    if bytes == .max { return "more than can be counted" }
    var (value, unit) = (Double(bytes), "bytes")
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1024 { (value, unit) = (value / 1024, next) }
    let tenths = (value * 10).rounded() / 10
    return (tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") + " " + unit
  }
}
