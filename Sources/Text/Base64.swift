/// Bytes as text: four signs for three of them.
///
/// - Note: RFC 4648, section 4.
public enum Base64 {
  private static let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let filler = UInt8(ascii: "=")

  /// What each byte stands for as a sign; 255: none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, sign) in signs.enumerated() { values[Int(sign)] = UInt8(value) }
    return values
  }()

  public static func text(of bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = UInt32(bytes[start]) << 16
      if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
      if count > 2 { group |= UInt32(bytes[start + 2]) }
      text.append(signs[Int(group >> 18)])
      text.append(signs[Int(group >> 12 & 63)])
      text.append(count > 1 ? signs[Int(group >> 6 & 63)] : filler)
      text.append(count > 2 ? signs[Int(group & 63)] : filler)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil where a sign is none, or one is missing.
  public static func bytes(of text: String) -> [UInt8]? {
    let text = Array(text.utf8)
    guard text.count % 4 == 0 else { return nil }
    let fillers = text.suffix(2).count { $0 == filler }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    for start in stride(from: 0, to: text.count, by: 4) {
      let count = start + 4 == text.count ? 4 - fillers : 4
      var group: UInt32 = 0
      for place in 0..<4 {
        let value = place < count ? values[Int(text[start + place])] : 0
        // What stands behind a filler is one, too.
        guard value < 64, place < count || text[start + place] == filler else { return nil }
        group = group << 6 | UInt32(value)
      }
      bytes.append(UInt8(group >> 16))
      if count > 2 { bytes.append(UInt8(group >> 8 & 255)) }
      if count > 3 { bytes.append(UInt8(group & 255)) }
    }
    return bytes
  }
}
