/// Messages behind headers, cut out of a stream.
package struct Frames {
  package enum Frame: Equatable {
    case message(String)
    /// A message that can't be read; the next one can.
    case fault(String)
    /// Nobody knows where the next one begins.
    case lost(String)
  }

  /// A message and its headers are no longer than this.
  package static let messageLimit = 1 << 26
  private static let headerLimit = 1 << 12

  private var bytes: [UInt8] = []
  private var start = 0
  /// How long the message is whose headers have been read.
  private var length: Int?

  package init() {}

  package mutating func append(_ more: some Sequence<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next one that is whole.
  package mutating func next() -> Frame? {
    if length == nil {
      guard let end = headerEnd else {
        return bytes.count - start > Self.headerLimit ? .lost("the headers of a message don't end") : nil
      }
      let headers = String(decoding: bytes[start..<end], as: UTF8.self)
      start = end + 4
      guard let length = Self.length(in: headers), 0...Self.messageLimit ~= length else {
        return .lost("a message needs the header Content-Length, of at most \(Self.messageLimit) bytes")
      }
      self.length = length
    }
    guard let length, bytes.count - start >= length else { return nil }
    let message = bytes[start..<start + length]
    start += length
    self.length = nil
    guard let text = String(validating: message, as: UTF8.self) else { return .fault("the message isn't UTF-8") }
    return .message(text)
  }

  /// Where the empty line begins that ends the headers.
  private var headerEnd: Int? {
    let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    let last = min(bytes.count, start + Self.headerLimit) - 4
    return start > last ? nil : (start...last).first { bytes[$0] == 0x0D && bytes[$0..<$0 + 4].elementsEqual(end) }
  }

  private static func length(in headers: String) -> Int? {
    for line in headers.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].lowercased() == "content-length" {
        return Int(parts[1].trimmingPrefix { $0 == " " })
      }
    }
    return nil
  }
}
