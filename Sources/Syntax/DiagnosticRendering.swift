import Refusals
import Text

extension Diagnostic {
  /// The error as a person sees it: the sentence, the place in a file, the line with marks under it, help and note.
  ///
  /// At most eight lines and one for each call that led there, without a line break at the end.
  package func rendered(in source: Source, colored: Bool = false, ascii: Bool = false) -> String {
    DiagnosticRenderer(diagnostic: self, outer: source, colored: colored, ascii: ascii).lines().joined(separator: "\n")
  }
}

extension Diagnostic {
  /// All that is told of it, but for the line that was run, which whoever asks has written.
  package func told(in source: Source) -> String {
    let renderer = DiagnosticRenderer(diagnostic: self, outer: source, colored: false, ascii: false)
    guard self.source == nil else { return renderer.lines().joined(separator: "\n") }
    let parts = [message] + labels.map(\.text) + [help, note].compactMap { $0 }
    return (parts + renderer.callers()).joined(separator: "\n")
  }
}

private struct DiagnosticRenderer {
  private static let lineLimit = 8
  /// Of the source line and what is drawn under it.
  private static let width = 100
  private static let indent = "  "

  /// Colours a terminal is asked for, by the number it knows them by.
  private enum Style: String {
    case dim = "2"
    case red = "31"
    case heading = "1;31"
  }

  let diagnostic: Diagnostic
  /// The text that was run.
  let outer: Source
  /// The text that the place is in.
  var source: Source { diagnostic.source ?? outer }
  let colored: Bool
  let ascii: Bool

  func lines() -> [String] {
    let message = clean(diagnostic.message)
    var lines = [diagnostic.isInterrupt ? message : paint("error:", .heading) + " " + message]
    var last: [String] = []
    if let help = diagnostic.help { last.append(paint("help:", .dim) + " " + clean(help)) }
    if let note = diagnostic.note { last.append(paint("note:", .dim) + " " + clean(note)) }
    if let focus = (diagnostic.range ?? diagnostic.labels.first?.range)?.lowerBound {
      if let name = source.name {
        let place = source.position(of: focus)
        lines.append(paint("\(clean(name)):\(place.line):\(place.column)", .dim))
      }
      lines += excerpt(around: focus, lineLimit: Self.lineLimit - lines.count - last.count)
    }
    return lines + last + callers()
  }

  func callers() -> [String] {
    let callers = diagnostic.callers
    let omitted = callers.omitted > 0 ? ["\(sign("…")) \(callers.omitted) more calls"] : []
    return (callers.innermost.map(words) + omitted + callers.rest.map(words)).map { Self.indent + paint($0, .dim) }
  }

  private func words(for caller: Diagnostic.Caller) -> String {
    let text = caller.source ?? outer
    if let words = caller.words { return clean(words) }
    var place = ""
    if text.hasSeveralLines || text.name != nil {
      let line = text.position(of: caller.range.lowerBound).line
      place = text.name == nil || text.name == outer.name ? ", line \(line)" : ", \(text.name ?? ""):\(line)"
    }
    return "called by \(clean(text.brief(caller.range)))\(clean(place))"
  }

  private func excerpt(around focus: Int, lineLimit: Int) -> [String] {
    let excerpt = Excerpt(
      of: source, around: focus, width: Self.width - Self.indent.count, ellipsis: sign("…"))
    var lines = [Self.indent + excerpt.text, Self.indent + paint(marks(in: excerpt), .red)]
    var drawn: [(column: Int, text: String)] = []
    var elsewhere: [String] = []
    for label in diagnostic.labels.prefix(lineLimit - lines.count) {
      if let column = excerpt.columns(of: label.range)?.lowerBound {
        drawn.append((column, clean(label.text)))
      } else {
        let place = source.position(of: label.range.lowerBound)
        elsewhere.append("\(Self.indent)\(clean(label.text)): line \(place.line), column \(place.column)")
      }
    }
    drawn.sort { $0.column < $1.column }
    while let label = drawn.popLast() {
      var line = ""
      for other in drawn where other.column < label.column && other.column >= line.count {
        line += String(repeating: " ", count: other.column - line.count) + sign("│")
      }
      line += String(repeating: " ", count: label.column - line.count) + sign("└")
      lines.append(Self.indent + line + " " + label.text)
    }
    return lines + elsewhere
  }

  /// `^~~~` under the place itself, `~` under what the labels speak of.
  private func marks(in excerpt: Excerpt) -> String {
    var marks: [Character] = []
    func mark(_ columns: Range<Int>?, _ first: Character) {
      guard let columns else { return }
      if columns.upperBound > marks.count { marks += Array(repeating: " ", count: columns.upperBound - marks.count) }
      for column in columns { marks[column] = column == columns.lowerBound ? first : "~" }
    }
    for label in diagnostic.labels { mark(excerpt.columns(of: label.range), "~") }
    if let range = diagnostic.range { mark(excerpt.columns(of: range), "^") }
    return String(marks)
  }

  /// One line of text that can't disturb the terminal.
  private func clean(_ text: String) -> String { (ascii ? ASCII.likeness(ofSentence: text) : text).shown }

  private func sign(_ sign: Character) -> String { ascii ? ASCII.likeness(of: sign) : String(sign) }

  private func paint(_ text: String, _ style: Style) -> String {
    colored && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
