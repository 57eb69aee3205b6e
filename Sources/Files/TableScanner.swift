import CKernels
import Refusals

/// Walks over the rows of a table without haste, as the kernel does in a hurry: RFC 4180, any line end, comments.
struct TableScanner {
  /// A field, without the quotes and blanks around it.
  struct Field {
    var content: Range<Int>
    var isQuoted: Bool
  }

  enum Flaw {
    /// The quote that begins the last field isn't closed.
    case open
    /// Something follows the closing quote of the last field.
    case followed
  }

  struct Row {
    var start: Int
    /// The number of the line in which it begins, from 1 on.
    var line: Int
    var fields: [Field] = []
    var flaw: Flaw?
  }

  let bytes: Bytes
  let separator: UInt8
  let point: UInt8
  /// Whether missing values count as values.
  let fills: Bool
  private(set) var place: Int
  private(set) var line: Int
  /// The last line of a comment, without its sign.
  private(set) var comment: Range<Int>?

  private static let blank = UInt8(ascii: " ")

  init(_ bytes: Bytes, separator: UInt8, point: UInt8, fills: Bool = false, from place: Int = 0, line: Int = 1) {
    self.bytes = bytes
    self.separator = separator
    self.point = point
    self.fills = fills
    self.place = place
    self.line = line
  }

  /// The next row that is neither blank nor a comment.
  mutating func next() throws(Refusal) -> Row? {
    while place < bytes.count {
      if gk_is_interrupted() != 0 { throw .interrupted }
      let (start, first) = (place, skippingBlanks(place))
      if isLineEnd(first) {
        advance(over: first)
        continue
      }
      if isComment(first) {
        let end = lineEnd(first)
        comment = first + 1..<end
        advance(over: end)
        continue
      }
      var row = Row(start: start, line: line)
      let end = read(&row, from: first)
      if gk_is_interrupted() != 0 { throw .interrupted }
      advance(over: lineEnd(end))
      return row
    }
    return nil
  }

  /// Reads fields and gives the place behind them.
  private func read(_ row: inout Row, from first: Int) -> Int {
    var place = first
    while true {
      // The caller looks why.
      if row.fields.count & 0xFFF == 0xFFF, gk_is_interrupted() != 0 { return bytes.count }
      if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
        guard let close = closingQuote(of: place) else {
          row.fields.append(Field(content: place + 1..<bytes.count, isQuoted: true))
          row.flaw = .open
          return bytes.count
        }
        row.fields.append(Field(content: place + 1..<close, isQuoted: true))
        place = skippingBlanks(close + 1)
        let isOver =
          isLineEnd(place) || isBetween(place) || bytes[place] == UInt8(ascii: "#") && place > close + 1
        guard isOver || separator == Self.blank && place > close + 1 else {
          row.flaw = .followed
          return place
        }
        if isLineEnd(place) || bytes[place] == UInt8(ascii: "#") { return place }
      } else {
        let start = place
        var mark: Int?
        while !isLineEnd(place), !isBetween(place) {
          if bytes[place] == UInt8(ascii: "#"), mark == nil { mark = place }
          place += 1
        }
        let field = trimmed(start..<place)
        // A comment may stand behind a number, but not in a word.
        if let mark, mark == start || isBlank(bytes[mark - 1]) || bytes[mark - 1] == 0x09, !isValue(field),
          isValue(trimmed(start..<mark))
        {
          row.fields.append(Field(content: trimmed(start..<mark), isQuoted: false))
          return mark
        }
        row.fields.append(Field(content: field, isQuoted: false))
        place = skippingBlanks(place)
        if isLineEnd(place) { return place }
      }
      if separator != Self.blank { place = skippingBlanks(place + 1) }
      if separator == Self.blank, bytes[place] == UInt8(ascii: "#") { return place }
    }
  }

  // MARK: Places

  private mutating func advance(over end: Int) {
    var next = end
    if next < bytes.count {
      next += bytes[next] == 0x0D && next + 1 < bytes.count && bytes[next + 1] == 0x0A ? 2 : 1
    }
    line += Self.lineEnds(bytes, place..<next)
    place = next
  }

  /// How many lines end in some bytes.
  static func lineEnds(_ bytes: Bytes, _ range: Range<Int>) -> Int {
    var part = gk_table_part()
    (part.from, part.to) = (range.lowerBound, range.upperBound)
    unsafe bytes.withUnsafePointer {
      unsafe gk_table_count($0.assumingMemoryBound(to: CChar.self), bytes.count, &part, 1)
    }
    return part.lines
  }

  private func isLineEnd(_ place: Int) -> Bool {
    place >= bytes.count || bytes[place] == 0x0A || bytes[place] == 0x0D
  }

  private func lineEnd(_ place: Int) -> Int {
    var place = place
    while !isLineEnd(place) { place += 1 }
    return place
  }

  private func isBetween(_ place: Int) -> Bool {
    bytes[place] == separator || separator == Self.blank && bytes[place] == 0x09
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == Self.blank || byte == 0x09 && separator != 0x09 }

  private func skippingBlanks(_ place: Int) -> Int {
    var place = place
    while place < bytes.count, isBlank(bytes[place]) { place += 1 }
    return place
  }

  private func closingQuote(of place: Int) -> Int? {
    var place = place + 1
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "\"") {
        guard place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "\"") else { return place }
        place += 1
      }
      place += 1
    }
    return nil
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, bytes[start] == Self.blank || bytes[start] == 0x09 { start += 1 }
    while start < end, bytes[end - 1] == Self.blank || bytes[end - 1] == 0x09 { end -= 1 }
    return start..<end
  }

  // MARK: Meaning

  private func isComment(_ place: Int) -> Bool {
    unsafe bytes.withUnsafePointer { base in
      let text = unsafe base.assumingMemoryBound(to: CChar.self)
      return unsafe gk_table_is_comment(text + place, text + bytes.count, CChar(bitPattern: separator)) != 0
    }
  }

  private func isValue(_ range: Range<Int>) -> Bool { number(range) != nil || fills && isMissing(range) }

  /// A number, and whether float64 rounds it though it is a whole one.
  func number(_ range: Range<Int>, point: UInt8? = nil) -> (value: Double, isRounded: Bool)? {
    let range = trimmed(range)
    return unsafe bytes.withUnsafePointer { base in
      let text = unsafe base.assumingMemoryBound(to: CChar.self)
      var (value, isRounded) = (0.0, Int32(0))
      let isNumber = unsafe gk_table_number(
        text + range.lowerBound, text + range.upperBound, CChar(bitPattern: point ?? self.point), &value, &isRounded)
      return isNumber != 0 ? (value, isRounded != 0) : nil
    }
  }

  /// Nothing, or a word that says so.
  func isMissing(_ range: Range<Int>) -> Bool {
    let range = trimmed(range)
    return unsafe bytes.withUnsafePointer { base in
      let text = unsafe base.assumingMemoryBound(to: CChar.self)
      return unsafe gk_table_is_missing(text + range.lowerBound, text + range.upperBound) != 0
    }
  }

  /// A field's text, its doubled quotes single.
  func text(_ field: Field, limit: Int = .max) -> String {
    let content = bytes.part(from: field.content.lowerBound, count: min(field.content.count, limit)) ?? Bytes([])
    let text = String(decoding: content.array, as: UTF8.self)
    return field.isQuoted
      ? text.split(separator: "\"\"", omittingEmptySubsequences: false).joined(separator: "\"") : text
  }
}
