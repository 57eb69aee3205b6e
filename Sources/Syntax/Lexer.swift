import Text

/// Cuts source text into tokens, one at a time, on its UTF-8 bytes.
///
/// Nothing here throws: what is no token becomes an `invalid` one, and `problem` says why.
struct Lexer {
  /// The text, followed by zeros so that looking a few bytes ahead needs no check.
  let bytes: [UInt8]
  /// How many of the bytes are text.
  let count: Int
  /// What is added to positions to give the ranges of tokens.
  let base: Int
  var position = 0
  /// Why the last `invalid` token is one.
  var problem: Diagnostic?

  init(_ text: String, base: Int = 0) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 4)
    bytes.append(contentsOf: text.utf8)
    count = bytes.count
    bytes.append(contentsOf: [0, 0, 0, 0])
    self.bytes = bytes
    self.base = base
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The next token; at the end of the text, `end` for ever.
  mutating func next() -> Token {
    let from = position
    let startsLine = skipBlanks() || from == 0
    var token = token()
    token.startsLine = startsLine
    token.followsSpace = token.range.lowerBound > from + base
    return token
  }

  /// The source text of a range of tokens.
  func text(_ range: SourceRange) -> String {
    String(decoding: bytes[range.lowerBound - base..<range.upperBound - base], as: UTF8.self)
  }

  /// The rest of the line without blanks at its ends, read past: what a command is told.
  mutating func takeLine() -> SourceRange {
    var start = position
    while position < count, bytes[position] != UInt8(ascii: "\n"), bytes[position] != UInt8(ascii: "\r") {
      position += 1
    }
    var end = position
    while start < end, isBlank(bytes[start]) { start += 1 }
    while start < end, isBlank(bytes[end - 1]) { end -= 1 }
    return start + base..<end + base
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// Moves past blanks, comments and line breaks, and says whether there was a line break.
  private mutating func skipBlanks() -> Bool {
    var sawLineBreak = false
    while position < count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0B, 0x0C: position += 1
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        sawLineBreak = true
        position += 1
      case UInt8(ascii: "#"):
        while position < count, bytes[position] != UInt8(ascii: "\n"), bytes[position] != UInt8(ascii: "\r") {
          position += 1
        }
      case 0x80...:
        let (scalar, length) = scalar(at: position)
        guard scalar.properties.generalCategory == .spaceSeparator else { return sawLineBreak }
        position += length
      default: return sawLineBreak
      }
    }
    return sawLineBreak
  }

  private mutating func token() -> Token {
    guard position < count else { return Token(kind: .end, range: count + base..<count + base) }
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
    case UInt8(ascii: "."):
      return isDigit(bytes[position + 1]) ? number() : symbol()
    case UInt8(ascii: ","): return take(.comma, 1)
    case UInt8(ascii: "["): return take(.openBracket, 1)
    case UInt8(ascii: "]"): return take(.closeBracket, 1)
    case UInt8(ascii: "\""): return textLiteral()
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
      return name()
    case 0x80...:
      return scalar(at: position).scalar.startsName ? name() : symbol()
    default: return symbol()
    }
  }

  private mutating func name() -> Token {
    let start = position
    skipName()
    let range = start + base..<position + base
    // The longest reserved word has six letters.
    guard range.count <= 6, let word = Token.reserved[text(range)] else { return Token(kind: .name, range: range) }
    return Token(kind: word, range: range)
  }

  /// Moves past letters, digits and `_`.
  mutating func skipName() {
    while true {
      switch bytes[position] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        position += 1
      case 0x80...:
        let (scalar, length) = scalar(at: position)
        guard scalar.continuesName else { return }
        position += length
      default: return
      }
    }
  }

  /// A name could begin at the position.
  var isAtName: Bool { scalar(at: position).scalar.startsName }

  /// The Unicode scalar that starts at a position, and its length in bytes.
  func scalar(at position: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let first = UInt32(bytes[position])
    if first < 0x80 { return (Unicode.Scalar(UInt8(first)), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    var value = first & (0xFF >> UInt32(length + 1))
    for offset in 1..<length { value = value << 6 | UInt32(bytes[position + offset]) & 0x3F }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }

  /// A token of the given kind and length that starts at the position, read past.
  mutating func take(_ kind: Token.Kind, _ length: Int, value: Double = 0) -> Token {
    defer { position += length }
    return Token(kind: kind, range: position + base..<position + length + base, value: value)
  }

  /// An `invalid` token of the given length, with its message, read past.
  mutating func refuse(_ length: Int, _ message: String, help: String? = nil, note: String? = nil) -> Token {
    let token = take(.invalid, length)
    problem = Diagnostic(message, at: token.range, help: help, note: note)
    return token
  }

  func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
