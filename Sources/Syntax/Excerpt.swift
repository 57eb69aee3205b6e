import Text

/// The part of one source line that an error shows, laid out in columns.
struct Excerpt {
  /// A character as it is shown, and the bytes it stands for.
  private struct Glyph {
    var range: SourceRange
    var column: Int
    var width: Int
    var text: String
  }

  private static let tabWidth = 4
  /// How many bytes around the focus are looked at; more than can be shown.
  private static let reach = 1000

  private var glyphs: [Glyph] = []
  /// What stands for the text left out before and after.
  private var prefix = ""
  private var suffix = ""
  /// Where the whole line begins and ends in the source.
  let line: SourceRange

  /// At most `width` columns of the line that `focus` lies in, with the focus among them.
  init(of source: Source, around focus: Int, width: Int, ellipsis: String) {
    let focus = source.clamped(focus)
    line = source.lineRange(at: focus)
    let part = max(line.lowerBound, focus - Self.reach)..<min(line.upperBound, focus + Self.reach)
    read(source, part)
    let isCut = part != line
    if !isCut, end <= width { return }
    let room = width - 2 * ellipsis.count
    let middle = column(of: focus)
    let left = middle < room * 3 / 4 ? 0 : max(0, min(middle - room / 2, end - room))
    if left > 0 || part.lowerBound > line.lowerBound { prefix = ellipsis }
    // A glyph may be wider than a column, so the window is cut at whole glyphs.
    let first = glyphs.firstIndex { $0.column >= left } ?? glyphs.endIndex
    let shift = (first < glyphs.endIndex ? glyphs[first].column : end) - prefix.count
    let last = glyphs.firstIndex { $0.column + $0.width - shift - prefix.count > room } ?? glyphs.endIndex
    if last < glyphs.endIndex || part.upperBound < line.upperBound { suffix = ellipsis }
    glyphs = glyphs[min(first, last)..<last].map { glyph in
      Glyph(range: glyph.range, column: glyph.column - shift, width: glyph.width, text: glyph.text)
    }
  }

  private mutating func read(_ source: Source, _ part: SourceRange) {
    var offset = part.lowerBound
    var column = 0
    for character in source.slice(part) {
      let length = character.utf8.count
      let width: Int
      let text: String
      switch character {
      case "\t":
        width = Self.tabWidth - column % Self.tabWidth
        text = String(repeating: " ", count: width)
      case _ where character.isHidden: (width, text) = (1, "?")
      default: (width, text) = (character.columns, String(character))
      }
      glyphs.append(Glyph(range: offset..<offset + length, column: column, width: width, text: text))
      column += width
      offset += length
    }
  }

  /// The line as it is shown.
  var text: String { prefix + glyphs.reduce(into: "") { $0 += $1.text } + suffix }

  private var end: Int { glyphs.last.map { $0.column + $0.width } ?? prefix.count }

  private func column(of offset: Int) -> Int { glyphs.first { $0.range.upperBound > offset }?.column ?? end }

  /// The columns that a range takes, at least one; nil if none of it lies in what is shown.
  func columns(of range: SourceRange) -> Range<Int>? {
    guard line.lowerBound <= range.lowerBound, range.lowerBound <= line.upperBound else { return nil }
    let shown = (glyphs.first?.range.lowerBound ?? line.lowerBound)...(glyphs.last?.range.upperBound ?? line.upperBound)
    guard shown.contains(range.lowerBound) || range.overlaps(Range(shown)) else { return nil }
    let start = column(of: range.lowerBound)
    let stop = glyphs.last { $0.range.lowerBound < range.upperBound }.map { $0.column + $0.width } ?? start
    return start..<max(stop, start + 1)
  }
}
