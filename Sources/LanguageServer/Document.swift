import Files
import Language
import Syntax

/// A script that is open in an editor.
struct Document {
  let uri: String
  private(set) var version: Int?
  private(set) var source: Source
  /// Whether columns are counted in bytes; in halves of UTF-16 if not.
  let countsBytes: Bool
  /// What stands where, read when it is asked for.
  private var reading: (program: Program, occurrences: Occurrences)?
  /// What its names hold; of an earlier version while the next is being looked at.
  var survey: Survey?
  var isSurveyed = false

  init(uri: String, version: Int?, text: String, countsBytes: Bool) {
    self.uri = uri
    self.version = version
    self.countsBytes = countsBytes
    source = Source(name: Self.path(of: uri), text: text)
  }

  /// The file that an address names; the address itself where it is of no file.
  static func path(of uri: String) -> String {
    guard uri.hasPrefix("file://") else { return uri }
    var bytes: [UInt8] = []
    var rest = Substring(uri.dropFirst(7)).utf8[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func uri(of path: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
    let hexadecimal = Array("0123456789ABCDEF")
    return "file://"
      + path.utf8.map { byte in
        plain.contains(byte)
          ? String(Character(Unicode.Scalar(byte)))
          : "%\(hexadecimal[Int(byte >> 4)])\(hexadecimal[Int(byte & 15)])"
      }.joined()
  }

  // MARK: Changes

  /// Applies one change; nil ranges stand for the whole text.
  mutating func change(_ range: SourceRange?, to text: String, version: Int?) {
    self.version = version ?? self.version
    var bytes = Array(source.text.utf8)
    bytes.replaceSubrange(range ?? 0..<bytes.count, with: text.utf8)
    source.text = String(decoding: bytes, as: UTF8.self)
    reading = nil
    isSurveyed = false
  }

  // MARK: Reading

  mutating func read() -> (program: Program, occurrences: Occurrences) {
    if let reading { return reading }
    let program = Parser.parse(source)
    let made = (program, Occurrences(in: program.statements, of: source))
    reading = made
    return made
  }

  // MARK: Places

  /// The offset of a place as the protocol tells it; what lies outside of the text is taken to be at its edge.
  func offset(_ place: JSON?) -> Int? {
    guard let line = place?["line"]?.whole, let column = place?["character"]?.whole else { return nil }
    if line < 0 { return 0 }
    guard let start = source.lineStart(line) else { return source.text.utf8.count }
    let text = source.slice(start..<source.lineRange(at: start).upperBound)
    return start + bytes(of: text, upTo: max(column, 0))
  }

  private func bytes(of text: String, upTo column: Int) -> Int {
    var (bytes, units) = (0, 0)
    for scalar in text.unicodeScalars {
      let length = UTF8.width(scalar)
      units += countsBytes ? length : UTF16.width(scalar)
      if units > column { return bytes }
      bytes += length
    }
    return bytes
  }

  func place(_ offset: Int) -> JSON {
    let number = source.lineNumber(at: offset)
    let start = source.lineStart(number) ?? 0
    let text = source.slice(start..<min(offset, source.lineRange(at: start).upperBound))
    let column = countsBytes ? text.utf8.count : text.utf16.count
    return .object([.init("line", .integer(number)), .init("character", .integer(column))])
  }

  func range(_ range: SourceRange) -> JSON {
    .object([.init("start", place(range.lowerBound)), .init("end", place(range.upperBound))])
  }

  func offsets(_ range: JSON?) -> SourceRange? {
    guard let start = offset(range?["start"]), let end = offset(range?["end"]) else { return nil }
    return min(start, end)..<max(start, end)
  }

  func location(_ range: SourceRange) -> JSON {
    .object([.init("uri", .string(uri)), .init("range", self.range(range))])
  }
}
