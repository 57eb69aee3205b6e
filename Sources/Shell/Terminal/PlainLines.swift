#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Lines read where nothing can be edited: from a pipe, or from a terminal that can't be written to.
final class PlainLines {
  private var waiting: [UInt8] = []
  private var isAtEnd = false

  /// The next line, or the end; a last line need not be ended.
  func next() -> REPL.Line {
    while true {
      if let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
        defer { waiting.removeSubrange(...end) }
        return decoded(waiting[..<end])
      }
      if isAtEnd {
        if waiting.isEmpty { return .end }
        defer { waiting = [] }
        return decoded(waiting[...])
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = unsafe read(STDIN_FILENO, &chunk, chunk.count)
      if count > 0 {
        waiting.append(contentsOf: chunk[..<count])
      } else if count < 0, errno == EINTR {
        return .interrupt(wasEmpty: false)
      } else {
        isAtEnd = true
      }
    }
  }

  /// Of a longer line a terminal keeps only the beginning.
  private static let terminalLine = 4095
  private let isTerminal = isatty(STDIN_FILENO) == 1

  private func decoded(_ line: ArraySlice<UInt8>) -> REPL.Line {
    if isTerminal, line.count >= Self.terminalLine { return .cut }
    let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    return .text(String(decoding: line, as: UTF8.self))
  }
}
