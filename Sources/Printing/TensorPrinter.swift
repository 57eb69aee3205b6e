import Tensors
import Text

/// Prints a tensor for a person: a header, numbers aligned in columns, and a footer where places are left out.
struct TensorPrinter {
  private let shown: Shown
  private let display: Display
  private let glyphs: Glyphs

  init(_ shown: Shown, display: Display) {
    self.shown = shown
    self.display = display
    glyphs = display.glyphs
  }

  var text: String {
    let tensor = shown.tensor
    if tensor.shape.rank == 0 { return scalar }
    if tensor.count == 0 {
      let summary = TensorSummary(tensor, distribution: false)
      let header = Header(shown, display: display, summary: summary, glyphs: glyphs, digits: nil)
      return joined(lines(of: header, isEmpty: true))
    }
    // How values are distributed is told only where places are left out, as of few they seldom are.
    let isCounted = display.width != nil && !shown.isElisionOff && tensor.count > Self.few
    let summary = TensorSummary(tensor, distribution: isCounted)
    // Measured with the longest header there may be: one that says how many digits are left.
    var header = Header(shown, display: display, summary: summary, glyphs: glyphs, digits: 3)
    let headerLines = lines(of: header, isEmpty: false).count
    let arrangement = WindowFitting(
      shown, display: display, summary: summary, glyphs: glyphs, headerLines: headerLines
    ).arrangement
    header = Header(shown, display: display, summary: summary, glyphs: glyphs, digits: arrangement.digits)
    var lines = lines(of: header, isEmpty: false) + arrangement.lines
    if arrangement.isElided {
      // A name that ASCII can't spell isn't offered for typing there.
      let title = shown.title.flatMap { display.spelled($0) == $0 ? $0 : nil }
      let whole = isCounted ? summary : TensorSummary(tensor, distribution: true)
      let footer = Footer(arrangement, shape: tensor.shape, title: title, summary: whole)
      let hidden = footer.hidden(glyphs: glyphs)
      for parts in [footer.statistics(glyphs: glyphs), hidden] where !parts.isEmpty {
        lines += wrapped(parts, indent: Arrangement.indent)
      }
    }
    return joined(lines)
  }

  private static let few = 400

  private var dim: Style? { display.isColored ? .dim : nil }

  /// A number without header.
  private var scalar: String {
    var line = Line()
    switch Entries(shown.tensor, causes: shown.causes)[0] {
    case .number(let value):
      return NumberFormat.alone(value, digits: display.digits, type: shown.tensor.type).text
    case .word(let word): line.append(word, style: display.isColored ? .red : nil)
    case .removed where shown.tensor.type == .bool: line.append("false")
    case .removed: line.append(glyphs.removed, style: dim)
    case .gated: line.append(glyphs.gated, style: dim)
    case .on: line.append("true")
    }
    return joined([line])
  }

  private func lines(of header: Header, isEmpty: Bool) -> [Line] {
    wrapped(header.parts(glyphs: glyphs, isEmpty: isEmpty), indent: 0)
  }

  /// Parts on one line, or on more where they don't fit.
  private func wrapped(_ parts: [(separator: String, text: String)], indent: Int) -> [Line] {
    let limit = shown.isElisionOff ? nil : display.width
    var texts: [String] = []
    var text = ""
    for part in parts {
      let start = texts.isEmpty ? indent : Arrangement.indent
      if text.isEmpty {
        text = part.text
      } else if let limit, start + (text + part.separator + part.text).columns > limit {
        texts.append(text)
        text = part.text
      } else {
        text += part.separator + part.text
      }
    }
    texts.append(text)
    return texts.enumerated().map { index, text in
      let start = index == 0 ? indent : Arrangement.indent
      var line = Line()
      line.skip(start)
      line.append(limit.map { text.cut(to: $0 - start, mark: glyphs.ellipsis) } ?? text, style: dim)
      return line
    }
  }

  /// One buffer for all of it.
  private func joined(_ lines: [Line]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lines.reduce(0) { $0 + $1.bytes.count + 1 })
    for (index, line) in lines.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "\n")) }
      bytes.append(contentsOf: line.bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
