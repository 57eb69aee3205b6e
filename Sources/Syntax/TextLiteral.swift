// text = '"' { character | "\" ( '"' | "\" | "n" | "t" | "r" | "u{" hexadecimal "}" ) | braces } '"'
// The braces are read in TextPieces.swift.

extension Lexer {
  mutating func textLiteral() -> Token {
    var end = position + 1
    var hasLoneBrace = false
    while true {
      let byte = bytes[end]
      if end >= count || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        return refuse(end - position, "the text is never closed", help: "end it with \" on the same line")
      }
      if byte == UInt8(ascii: "\"") { break }
      if byte == 0 { return refuse(end + 1 - position, "the text contains a NUL character") }
      if byte == 0xEF, bytes[end + 1] == 0xBF, bytes[end + 2] == 0xBD {
        return refuse(end + 3 - position, "the text contains bytes that are not UTF-8")
      }
      switch byte {
      case UInt8(ascii: "\\"): end = endOfEscape(from: end)
      // Quotes may stand in the braces; a brace that never closes is told when the text is read.
      case UInt8(ascii: "{") where bytes[end + 1] == UInt8(ascii: "{"): end += 2
      case UInt8(ascii: "{") where !hasLoneBrace:
        let close = endOfBraces(from: end)
        hasLoneBrace = close == nil
        end = (close ?? end) + 1
      default: end += 1
      }
    }
    return take(.text, end + 1 - position)
  }

  /// What a text literal says that stands where no value can be put in.
  func contents(of token: Token) throws(Diagnostic) -> String {
    let pieces = try pieces(of: token)
    guard pieces.count == 1, case .text(let text) = pieces[0] else {
      throw Diagnostic("this text is taken as it is", at: token.range, help: "{{ and }} are braces")
    }
    return text
  }

  /// A stretch of a text without braces.
  func plain(_ range: Range<Int>) throws(Diagnostic) -> String {
    let inner = bytes[range]
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    var result = ""
    var run = inner.startIndex
    var index = run
    while index < inner.endIndex {
      guard inner[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      result += String(decoding: inner[run..<index], as: UTF8.self)
      let (scalar, length) = try escape(at: index, before: inner.endIndex)
      result.unicodeScalars.append(scalar)
      index += length
      run = index
    }
    return result + String(decoding: inner[run..<index], as: UTF8.self)
  }

  /// What stands before the next `'` on the line, if it is short and plain: someone else's text literal.
  func singleQuoted(from start: Int) -> String? {
    let start = start - base
    let rest = bytes[start..<min(count, start + 40)]
    guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "'") || $0 < 0x20 || $0 == UInt8(ascii: "\"") }),
      bytes[end] == UInt8(ascii: "'")
    else { return nil }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private func escape(at start: Int, before end: Int) throws(Diagnostic) -> (scalar: Unicode.Scalar, length: Int) {
    switch bytes[start + 1] {
    case UInt8(ascii: "\""): return ("\"", 2)
    case UInt8(ascii: "\\"): return ("\\", 2)
    case UInt8(ascii: "n"): return ("\n", 2)
    case UInt8(ascii: "t"): return ("\t", 2)
    case UInt8(ascii: "r"): return ("\r", 2)
    case UInt8(ascii: "u"):
      if let close = bytes[start..<end].firstIndex(of: UInt8(ascii: "}")), bytes[start + 2] == UInt8(ascii: "{"),
        let value = UInt32(String(decoding: bytes[start + 3..<close], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(value)
      {
        return (scalar, close + 1 - start)
      }
    default: break
    }
    throw Diagnostic(
      "unknown escape in a text", at: start + base..<start + 1 + scalar(at: start + 1).length + base,
      help: "\\\" \\\\ \\n \\t \\r \\u{3b1}; a backslash itself is \\\\")
  }
}
