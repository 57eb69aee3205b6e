#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What all ratios say together, and what has changed since the last run.
struct Summary {
  struct Figure {
    let key: String
    let microseconds: Double
    /// The best peer's time over ours; nil without one.
    let ratio: Double?
  }

  let figures: [Figure]

  /// Where the figures of the last run are kept.
  static let file = ".build/benchmarks.tsv"

  func tell() {
    let ratios = figures.compactMap(\.ratio).filter { $0.isFinite && $0 > 0 }
    if !ratios.isEmpty {
      let mean = exp(ratios.reduce(0) { $0 + log($1) } / Double(ratios.count))
      let slow = ratios.count { $0 < 0.8 }
      print("best peer over ours: \(rounded(mean)) in the geometric mean of \(ratios.count), \(slow) below 0.8")
      let worst = figures.filter { $0.ratio != nil }.sorted { $0.ratio ?? 0 < $1.ratio ?? 0 }.prefix(10)
      print("the worst:", worst.map { "\($0.key) \(rounded($0.ratio ?? 0))" }.joined(separator: ", "))
    }
    let before = Self.kept
    let changes = figures.compactMap { figure -> String? in
      guard let last = before[figure.key], last > 0 else { return nil }
      let share = figure.microseconds / last
      return 1 / 1.25...1.25 ~= share ? nil : "\(figure.key) \(rounded(share)) ×"
    }
    if !before.isEmpty {
      print(
        "time beside the last run's, by more than a quarter:",
        changes.isEmpty ? "none" : changes.joined(separator: ", "))
    }
  }

  /// Takes the place of the last run's figures, those of workloads that weren't run excepted.
  func keep() {
    var all = Self.kept
    for figure in figures where figure.microseconds.isFinite { all[figure.key] = figure.microseconds }
    guard let file = unsafe fopen(Self.file, "w") else {
      return print("the figures of this run can't be kept in", Self.file)
    }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { unsafe fputs("\(key)\t\(value)\n", file) }
    unsafe fclose(file)
  }

  private static var kept: [String: Double] {
    guard let file = unsafe fopen(file, "r") else { return [:] }
    var all: [String: Double] = [:]
    var buffer = [CChar](repeating: 0, count: 4_096)
    while unsafe fgets(&buffer, 4_096, file) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let parts = line.split(whereSeparator: \.isWhitespace)
      if parts.count == 2, let value = Double(parts[1]) { all[String(parts[0])] = value }
    }
    unsafe fclose(file)
    return all
  }
}
