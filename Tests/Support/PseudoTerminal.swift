#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A terminal without a screen: what is typed goes in, what would be shown comes out.
package final class PseudoTerminal {
  package struct Missing: Error {
    package var text: String
    package var shown: String
  }

  /// How its other end is opened.
  package static let flags = O_RDWR

  package let path: String
  private let descriptor: Int32
  private var seen = ""
  /// All that came so far, as it came.
  package private(set) var everything = ""

  package init(columns: UInt16, rows: UInt16) throws {
    var ends: (Int32, Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard unsafe openpty(&ends.0, &ends.1, &name, nil, &size) == 0 else { throw Folder.Refused() }
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    descriptor = ends.0
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    close(ends.1)
  }

  deinit { close(descriptor) }

  package func type(_ text: String) {
    var bytes = Array(text.utf8)
    while !bytes.isEmpty {
      let count = unsafe write(descriptor, bytes, bytes.count)
      guard count > 0 else { return }
      bytes.removeFirst(count)
    }
  }

  /// Waits until the text was shown after what earlier calls have waited for, colours and cursor movements left out.
  package func shows(_ text: String, raw: Bool = false, within seconds: Int = 30) -> Bool {
    var waited = 0
    while true {
      let shown = raw ? seen : Self.plain(seen)
      if let range = shown.firstRange(of: text) {
        seen = String(shown[range.upperBound...])
        return true
      }
      guard waited < seconds * 10 else { return false }
      waited += read() ? 0 : 1
    }
  }

  /// Fails with what was shown instead, if the text doesn't come.
  package func expect(_ text: String, raw: Bool = false) throws {
    if !shows(text, raw: raw) { throw Missing(text: text, shown: Self.plain(seen)) }
  }

  /// Takes what there is, after a tenth of a second at most.
  private func read() -> Bool {
    let bytes = receive()
    everything += String(decoding: bytes, as: UTF8.self)
    seen += String(decoding: bytes.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    return !bytes.isEmpty
  }

  /// The bytes that come within a tenth of a second.
  package func receive() -> [UInt8] {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&ready, 1, 100) > 0 else { return [] }
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
    return count > 0 ? Array(chunk[..<count]) : []
  }

  private static func plain(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\u{1B}" else {
        plain.append(scalar)
        continue
      }
      guard rest.popFirst() == "[" else { continue }
      while let next = rest.popFirst(), !("@"..."~" ~= next) {}
    }
    return String(plain)
  }
}
