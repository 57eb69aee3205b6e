/// A number of bytes as people say it: `37.3 GiB`, `12 MiB`, `40 bytes`.
public struct ByteCount: CustomStringConvertible, Sendable {
  public let bytes: Int

  public init(_ bytes: Int) { self.bytes = bytes }

  public var description: String {
    if bytes == .max { return "more than can be counted" }
    var (value, unit) = (Double(bytes), "bytes")
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1024 { (value, unit) = (value / 1024, next) }
    let tenths = (value * 10).rounded() / 10
    return (tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") + " " + unit
  }
}
