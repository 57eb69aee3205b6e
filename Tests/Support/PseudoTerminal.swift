#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
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

  /// As if its window had another size now.
  package func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(descriptor, UInt(TIOCSWINSZ), &size)
  }

  /// Whether it keeps lines, echoes and sends signals for keys, as a shell leaves it.
  package var isAsFound: Bool {
    var settings = termios()
    guard unsafe tcgetattr(descriptor, &settings) == 0 else { return false }
    let wanted = tcflag_t(ICANON | ECHO | ISIG)
    return settings.c_lflag & wanted == wanted
  }

  package func type(_ text: String) { type(bytes: Array(text.utf8)) }

  /// In one write, as far as the terminal takes it.
  package func type(bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until the text was shown after what earlier calls have waited for, colours and cursor movements left out.
  package func shows(_ text: String, raw: Bool = false, within seconds: Double = 30) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      let shown = raw ? seen : Self.plain(seen)
      if let range = shown.firstRange(of: text) {
        seen = String(shown[range.upperBound...])
        return true
      }
      if !read(), ContinuousClock.now > end { return false }
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
    // What nobody has looked for in so much isn't looked for any more.
    if seen.utf8.count > 1 << 16 { seen = String(seen.suffix(1 << 12)) }
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

extension PseudoTerminal {
  /// The built program at this terminal, at home in a folder.
  ///
  /// - Parameters:
  ///   - environment: what there is beside the usual, or instead of it.
  ///   - directory: where it runs; here, if there is none.
  ///   - output: a file for its results.
  package func child(
    _ arguments: [String] = ["-q", "--no-init"], home folder: Folder, _ environment: [String: String] = [:],
    directory: String? = nil, output: String? = nil
  ) -> Child? {
    let usual = ["HOME": folder.path, "XDG_STATE_HOME": folder.path, "TERM": "xterm", "LANG": "C.UTF-8"]
    let own = (path: path, flags: Self.flags)
    return Child(
      arguments, streams: [own, output.map { ($0, O_WRONLY | O_CREAT) } ?? own, own],
      environment: usual.merging(environment) { $1 }, directory: directory)
  }
}
