import CKernels
import Refusals
import Text

extension JSON {
  /// Reads one value; anything behind it but blanks is an error.
  package init(_ bytes: Bytes) throws(Refusal) {
    var parser = JSONParser(bytes.array)
    self = try parser.whole()
  }

  /// A member of an object as it is written there, numbers with all their digits; nil where there is none.
  package static func source(ofMember name: String, in bytes: Bytes) -> JSON? {
    var parser = JSONParser(bytes.array)
    return parser.source(ofMember: name).map { .written($0) }
  }
}

/// Reads JSON by RFC 8259, nested 100 deep at most.
private struct JSONParser {
  private let bytes: [UInt8]
  private var place = 0
  private var depth = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func whole() throws(Refusal) -> JSON {
    let value = try value()
    skipBlanks()
    guard place == bytes.count else { throw unexpected() }
    return value
  }

  private mutating func value() throws(Refusal) -> JSON {
    skipBlanks()
    guard place < bytes.count else { throw unexpected() }
    switch bytes[place] {
    case UInt8(ascii: "{"): return try nested { parser throws(Refusal) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(Refusal) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t") where take("true"): return .bool(true)
    case UInt8(ascii: "f") where take("false"): return .bool(false)
    case UInt8(ascii: "n") where take("null"): return .null
    default: return try number()
    }
  }

  private mutating func nested(_ body: (inout Self) throws(Refusal) -> JSON) throws(Refusal) -> JSON {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 100 else { throw Refusal("its JSON is nested more than 100 deep") }
    place += 1
    // Only long texts take long.
    if bytes.count > 1 << 20, gk_is_interrupted() != 0 { throw .interrupted }
    return try body(&self)
  }

  private mutating func object() throws(Refusal) -> JSON {
    var members: [JSON.Member] = []
    var names: Set<String> = []
    if takeByte("}") { return .object([]) }
    repeat {
      skipBlanks()
      let name = try string()
      guard names.insert(name).inserted else { throw Refusal("its JSON has the name '\(name.shownBriefly)' twice") }
      guard takeByte(":") else { throw unexpected() }
      members.append(JSON.Member(name, try value()))
    } while takeByte(",")
    guard takeByte("}") else { throw unexpected() }
    return .object(members)
  }

  fileprivate mutating func source(ofMember wanted: String) -> String? {
    guard takeByte("{"), !takeByte("}") else { return nil }
    repeat {
      skipBlanks()
      guard let name = try? string(), takeByte(":") else { return nil }
      skipBlanks()
      let start = place
      guard (try? value()) != nil else { return nil }
      if name == wanted { return String(decoding: bytes[start..<place], as: UTF8.self) }
    } while takeByte(",")
    return nil
  }

  private mutating func array() throws(Refusal) -> JSON {
    var parts: [JSON] = []
    if takeByte("]") { return .array([]) }
    repeat { parts.append(try value()) } while takeByte(",")
    guard takeByte("]") else { throw unexpected() }
    return .array(parts)
  }

  private mutating func string() throws(Refusal) -> String {
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw unexpected() }
    place += 1
    var content: [UInt8] = []
    while true {
      guard place < bytes.count, bytes[place] >= 0x20 else { throw unexpected() }
      let byte = bytes[place]
      place += 1
      if byte == UInt8(ascii: "\"") { break }
      guard byte == UInt8(ascii: "\\") else {
        content.append(byte)
        continue
      }
      content += Array(String(Character(try escaped())).utf8)
    }
    guard let text = String(validating: content, as: UTF8.self) else { throw Refusal("its JSON isn't UTF-8") }
    return text
  }

  private mutating func escaped() throws(Refusal) -> Unicode.Scalar {
    guard place < bytes.count else { throw unexpected() }
    place += 1
    switch bytes[place - 1] {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "u"):
      let unit = try hexadecimal()
      if unit & 0xFC00 == 0xD800, take("\\u") {
        let second = try hexadecimal()
        if second & 0xFC00 == 0xDC00 {
          return Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + second & 0x3FF) ?? "\u{FFFD}"
        }
        throw unexpected()
      }
      guard let scalar = Unicode.Scalar(unit) else {
        throw Refusal("its JSON has half a character, \\u\(String(unit, radix: 16)), at byte \(place - 5)")
      }
      return scalar
    default: throw unexpected()
    }
  }

  private mutating func hexadecimal() throws(Refusal) -> UInt32 {
    guard place + 4 <= bytes.count else { throw unexpected() }
    let digits = bytes[place..<place + 4]
    guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw unexpected() }
    place += 4
    return value
  }

  private mutating func number() throws(Refusal) -> JSON {
    let start = place
    _ = take("-")
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else { throw unexpected(at: start) }
    if take(".") { guard digits() > 0 else { throw unexpected() } }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw unexpected() }
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if text != "-0", let number = Int(text) { return .integer(number) }
    return .number(Double(text) ?? .infinity)
  }

  private mutating func digits() -> Int {
    let start = place
    while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
    return place - start
  }

  private mutating func take(_ word: String) -> Bool {
    let word = Array(word.utf8)
    guard bytes.count - place >= word.count, bytes[place..<place + word.count].elementsEqual(word) else { return false }
    place += word.count
    return true
  }

  /// A mark, blanks in front of it.
  private mutating func takeByte(_ mark: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard place < bytes.count, bytes[place] == UInt8(ascii: mark) else { return false }
    place += 1
    return true
  }

  private mutating func skipBlanks() {
    while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
  }

  private func unexpected(at place: Int? = nil) -> Refusal {
    let place = place ?? self.place
    return Refusal(
      place < bytes.count ? "its JSON makes no sense at byte \(place + 1)" : "its JSON ends too early")
  }
}
