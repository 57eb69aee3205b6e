/// Bytes from outside as the text of a program: UTF-8 without byte order mark, each line ended by a newline alone.
package enum ProgramText {
  /// The first thing that no program text has, and where (both from 1).
  package struct Flaw: Error, Equatable, Sendable {
    package var message: String
    package var line: Int
    package var column: Int

    package init(message: String, line: Int, column: Int) {
      self.message = message
      self.line = line
      self.column = column
    }
  }

  package static func decoded(_ bytes: [UInt8]) throws(Flaw) -> String {
    var content = bytes[...]
    if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
    if let place = content.firstIndex(of: 0) { throw flaw("there is a NUL character", content[..<place]) }
    if content.contains(UInt8(ascii: "\r")) { content = withoutReturns(content)[...] }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw flaw("this is not UTF-8", validStart(of: content))
    }
    return text
  }

  private static func withoutReturns(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    bytes.indices.compactMap { index in
      let isReturn = bytes[index] == UInt8(ascii: "\r")
      let next = index + 1 < bytes.endIndex ? bytes[index + 1] : 0
      return isReturn && next == UInt8(ascii: "\n") ? nil : bytes[index]
    }
  }

  private static func validStart(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var length = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { length += UTF8.width(scalar) }
    return bytes.prefix(length)
  }

  private static func flaw(_ message: String, _ before: ArraySlice<UInt8>) -> Flaw {
    let lines = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let column = String(decoding: lines.last ?? [], as: UTF8.self).unicodeScalars.count + 1
    return Flaw(message: message, line: max(lines.count, 1), column: column)
  }
}
