// piece = "{{" | "}}" | "{" whole [ ":" format ] "}" | character

extension Lexer {
  /// How deep texts may lie in the braces of texts.
  private static let depthLimit = 16

  /// Where the braces that open at a position close again on the same line, texts and brackets in them included.
  func endOfBraces(from start: Int, in level: Int = 0) -> Int? {
    guard level < Self.depthLimit else { return nil }
    var depth = 0
    var index = start
    while index < count, bytes[index] != UInt8(ascii: "\n"), bytes[index] != UInt8(ascii: "\r") {
      switch bytes[index] {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return index }
      case UInt8(ascii: "\""):
        guard let end = endOfText(from: index, in: level + 1) else { return nil }
        index = end
      default: break
      }
      index += 1
    }
    return nil
  }

  /// Where the text that opens at a position closes.
  func endOfText(from start: Int, in level: Int = 0) -> Int? {
    var index = start + 1
    while index < count, bytes[index] >= 0x20 || bytes[index] == UInt8(ascii: "\t") {
      switch bytes[index] {
      case UInt8(ascii: "\""): return index
      case UInt8(ascii: "\\"): index = endOfEscape(from: index)
      case UInt8(ascii: "{"):
        if bytes[index + 1] == UInt8(ascii: "{") {
          index += 2
        } else {
          guard let end = endOfBraces(from: index, in: level) else { return nil }
          index = end + 1
        }
      default: index += 1
      }
    }
    return nil
  }

  /// Behind an escape; whether it is one is checked when it is read.
  func endOfEscape(from start: Int) -> Int {
    if bytes[start + 1] == UInt8(ascii: "u"), bytes[start + 2] == UInt8(ascii: "{") {
      var index = start + 3
      while index < count, index < start + 12, bytes[index] >= 0x20 {
        if bytes[index] == UInt8(ascii: "}") { return index + 1 }
        if bytes[index] == UInt8(ascii: "\"") { break }
        index += 1
      }
    }
    return start + (start + 1 < count && bytes[start + 1] >= 0x20 ? 2 : 1)
  }

  /// The parts of a text literal.
  func pieces(of token: Token) throws(Diagnostic) -> [TextPiece] {
    let end = token.range.upperBound - base - 1
    var pieces: [TextPiece] = []
    var run = token.range.lowerBound - base + 1
    var index = run
    var text = ""
    func take(to end: Int) throws(Diagnostic) { text += try plain(run..<end) }
    while index < end {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index = endOfEscape(from: index)
      case UInt8(ascii: "{"), UInt8(ascii: "}"):
        let brace = bytes[index]
        if bytes[index + 1] == brace, index + 1 < end {
          try take(to: index + 1)
          index += 2
          run = index
          continue
        }
        guard brace == UInt8(ascii: "{"), let close = endOfBraces(from: index), close < end else { throw lone(index) }
        try take(to: index)
        if !text.isEmpty { pieces.append(.text(text)) }
        text = ""
        pieces.append(try value(in: index + 1..<close))
        index = close + 1
        run = index
      default: index += 1
      }
    }
    try take(to: end)
    if !text.isEmpty || pieces.isEmpty { pieces.append(.text(text)) }
    return pieces
  }

  private func lone(_ index: Int) -> Diagnostic {
    let brace = bytes[index] == UInt8(ascii: "{") ? "{" : "}"
    return Diagnostic(
      "a lone '\(brace)' in a text", at: index + base..<index + 1 + base,
      help: "\(brace)\(brace) is the brace itself; {x} puts the value of x there")
  }

  /// `x`, `x:.3f`.
  private func value(in range: Range<Int>) throws(Diagnostic) -> TextPiece {
    let end = formatStart(in: range)
    let inner = text(range.lowerBound + base..<(end ?? range.upperBound) + base)
    guard inner.utf8.contains(where: { $0 != UInt8(ascii: " ") }) else {
      throw Diagnostic(
        "there is nothing between the braces", at: range.lowerBound - 1 + base..<range.upperBound + 1 + base,
        help: "{{ and }} are braces; {x} puts the value of x there")
    }
    let expression = try Parser.parseExpression(inner, offset: range.lowerBound + base)
    return .value(expression, format: end.map { text($0 + 1 + base..<range.upperBound + base) })
  }

  /// The first colon that no bracket and no text holds.
  private func formatStart(in range: Range<Int>) -> Int? {
    var depth = 0
    var index = range.lowerBound
    while index < range.upperBound {
      switch bytes[index] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: "\""): index = endOfText(from: index) ?? index
      case UInt8(ascii: ":") where depth == 0: return index
      default: break
      }
      index += 1
    }
    return nil
  }
}
