import Tensors

/// Finds the arrangement that shows most of a tensor in a window: narrower gaps, fewer digits, then places left out.
struct WindowFitting {
  private let entries: Entries
  private let shape: Shape
  private let digits: Int?
  private let width: Int?
  private let height: Int?
  private let glyphs: Glyphs
  private let isColored: Bool
  /// Whether some numbers are so large that they are shorter with an exponent.
  private let hasLarge: Bool

  private struct Step {
    var digits: Int?
    var gap: Int
    var hasLongWholes = true
  }

  /// Where there is no window, slices still stand side by side only up to here.
  private static let pageWidth = 80
  /// Lines besides the body: the header and the next prompt; with places left out, also a footer of two.
  private let usualLines: Int
  private static let footerLines = 2

  init(_ shown: Shown, display: Display, summary: TensorSummary, glyphs: Glyphs, headerLines: Int) {
    hasLarge = max(summary.maximum, -summary.minimum) >= NumberFormat.large
    usualLines = headerLines + 1
    entries = Entries(shown.tensor, causes: shown.causes)
    shape = shown.tensor.shape
    digits = display.digits
    width = shown.isElisionOff ? nil : display.width
    height = shown.isElisionOff || display.width == nil ? nil : display.height
    self.glyphs = glyphs
    isColored = display.isColored
  }

  private var rows: Int { shape.rank < 2 ? 1 : shape[shape.rank - 2] }
  private var columns: Int { shape.rank < 1 ? 1 : shape[shape.rank - 1] }
  private var slices: Int { shape.rank < 3 ? 1 : Shape(Array(shape.extents.dropLast(2))).count }
  private var isMask: Bool { entries.type == .bool }

  /// From the best to the narrowest.
  private var ladder: [Step] {
    if isMask { return [Step(digits: digits, gap: 1)] }
    let fewer = min(digits ?? 17, 3)
    let gaps = [2, 1]
    let steps = gaps.map { Step(digits: digits, gap: $0) }
    let exponents = hasLarge ? gaps.map { Step(digits: digits, gap: $0, hasLongWholes: false) } : []
    let rounded = fewer == digits ? [] : gaps.map { Step(digits: fewer, gap: $0, hasLongWholes: false) }
    return steps + exponents + rounded
  }

  var arrangement: Arrangement {
    guard let width else {
      return arrange(.all(slices), .all(rows), .all(columns), ladder[0], isIndexed: false)
    }
    let ends = Visible.some(2, of: slices)
    for slices in shape.rank > 3 || slices < 3 ? [ends] : [.all(slices), ends] {
      if let whole = unelided(slices, width: width) { return whole }
    }
    let sideBySide = elided(ends, visibleRows(bands: 1), width: width)
    return sideBySide.bands.count == 1 ? sideBySide : elided(ends, visibleRows(bands: 2), width: width)
  }

  /// All rows and columns of some slices, if they fit.
  private func unelided(_ slices: Visible, width: Int) -> Arrangement? {
    let least = 2 * columns - 1
    guard columns <= width, least + Arrangement.indent <= width else { return nil }
    let room = (height ?? .max) - usualLines - (slices.isElided ? WindowFitting.footerLines : 0)
    let perBand = max(1, (width - Arrangement.indent + Arrangement.slit) / (least + Arrangement.slit))
    let lines = rows + (shape.rank > 2 ? 1 : 0)
    guard lines <= room, (slices.count + perBand - 1) / perBand <= max(room, 1) / max(lines, 1) else { return nil }
    for step in ladder {
      let candidate = arrange(slices, .all(rows), .all(columns), step, isIndexed: false)
      if candidate.width <= width { return candidate.height <= room ? candidate : nil }
    }
    return nil
  }

  /// As many columns of some rows as fit, with their numbers.
  private func elided(_ slices: Visible, _ rows: Visible, width: Int) -> Arrangement {
    if columns <= width, 2 * columns + 1 <= width {
      for step in ladder {
        let candidate = arrange(slices, rows, .all(columns), step, isIndexed: true)
        if candidate.width <= width { return candidate }
      }
    }
    var narrowest: Arrangement?
    for least in [2, 1] {
      for step in ladder {
        var count = min(columns, max(width / (1 + step.gap), least))
        while count >= least {
          let candidate = arrange(slices, rows, .some(count, of: columns), step, isIndexed: true)
          let excess = candidate.width - width
          if excess <= 0 { return candidate }
          narrowest = candidate
          let average = candidate.width / max(count, 1)
          count -= max(1, excess / max(2 * average, 1))
        }
      }
    }
    return narrowest ?? arrange(slices, rows, .all(columns), ladder[0], isIndexed: true)
  }

  /// The rows that leave room for a header, labels, numbers and a footer.
  private func visibleRows(bands: Int) -> Visible {
    guard let height else { return .all(rows) }
    let room = (height - usualLines - WindowFitting.footerLines) / bands - (shape.rank > 2 ? 2 : 1)
    return rows <= room ? .all(rows) : .some(max(room - 1, 2), of: rows)
  }

  private func arrange(
    _ slices: Visible, _ rows: Visible, _ columns: Visible, _ step: Step, isIndexed: Bool
  ) -> Arrangement {
    let size = rows.total * columns.total
    let grids = (0..<slices.count).map { Grid(offset: slices[$0] * size, rows: rows, columns: columns) }
    let formats = FormatLadder(entries: entries, digits: step.digits, hasLongWholes: step.hasLongWholes)
      .formats(for: grids)
    let blocks = grids.indices.map { index in
      Block(
        grids[index], label: shape.rank > 2 ? label(of: slices[index]) : nil, entries: entries, formats: formats[index],
        gap: step.gap, isIndexed: isIndexed, hasRowNumbers: shape.rank > 1, glyphs: glyphs, isColored: isColored)
    }
    return Arrangement(
      slices: slices, blocks: blocks, width: width ?? WindowFitting.pageWidth,
      digits: step.digits == digits ? nil : step.digits)
  }

  /// `[0, 1, :, :]`.
  private func label(of slice: Int) -> String { "[\(shape.place(ofSlice: slice)), :, :]" }
}

extension Shape {
  /// The indices before the last two axes, as they are typed.
  func place(ofSlice slice: Int) -> String {
    Shape(extents.dropLast(2)).place(of: slice).map(String.init).joined(separator: ", ")
  }
}
