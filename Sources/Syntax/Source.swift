/// A text to read statements from, and the name of the file it came from.
package struct Source: Equatable, Sendable {
  /// The file's name, or nil for what was typed.
  package var name: String?
  package var text: String { didSet { lineStarts = Self.lineStarts(in: text) } }
  /// The offset at which each line begins.
  private var lineStarts: [Int]

  package init(name: String? = nil, text: String) {
    self.name = name
    self.text = text
    lineStarts = Self.lineStarts(in: text)
  }

  /// The line and the column of an offset, both counted from 1, the column in characters; offsets beyond the text are
  /// taken to be at its ends.
  package func position(of offset: Int) -> (line: Int, column: Int) {
    let offset = clamped(offset)
    let line = lineRange(at: offset)
    return (lineNumber(at: line.lowerBound) + 1, slice(line.lowerBound..<min(offset, line.upperBound)).count + 1)
  }

  /// The number of the line that an offset lies in, from 0.
  package func lineNumber(at offset: Int) -> Int {
    var (low, high) = (0, lineStarts.count)
    while low < high {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return max(low - 1, 0)
  }

  /// Where a line begins, counted from 0; nil where there are fewer.
  package func lineStart(_ number: Int) -> Int? { lineStarts.indices.contains(number) ? lineStarts[number] : nil }

  /// Where the line of an offset begins and ends, without its line break.
  package func lineRange(at offset: Int) -> SourceRange {
    let bytes = text.utf8.span
    var start = clamped(offset)
    // Between the two halves of a CRLF is the end of the line before them.
    if start > 0, start < bytes.count, bytes[start] == 0x0A, bytes[start - 1] == 0x0D { start -= 1 }
    var end = start
    while start > 0, !Self.endsLine(bytes, start - 1) { start -= 1 }
    while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
    return start..<end
  }

  /// The text between two offsets, whole characters or not.
  package func slice(_ range: SourceRange) -> String {
    let start = text.utf8.index(text.startIndex, offsetBy: clamped(range.lowerBound))
    let end = text.utf8.index(text.startIndex, offsetBy: clamped(range.upperBound))
    return String(decoding: text.utf8[start..<end], as: UTF8.self)
  }

  var hasSeveralLines: Bool { lineStarts.count > 1 && lineStarts[1] < text.utf8.count }

  /// A stretch as one short line.
  func brief(_ range: SourceRange) -> String {
    let words = slice(range).split { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\t" }.joined(separator: " ")
    return words.count > 60 ? words.prefix(59) + "…" : words
  }

  func clamped(_ offset: Int) -> Int { max(0, min(offset, text.utf8.count)) }

  private static func lineStarts(in text: String) -> [Int] {
    let bytes = text.utf8.span
    var starts = [0]
    for index in 0..<bytes.count where endsLine(bytes, index) { starts.append(index + 1) }
    return starts
  }

  private static func endsLine(_ bytes: borrowing Span<UInt8>, _ index: Int) -> Bool {
    bytes[index] == 0x0A || bytes[index] == 0x0D && (index + 1 >= bytes.count || bytes[index + 1] != 0x0A)
  }
}
