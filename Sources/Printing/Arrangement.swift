/// Which slices, rows and columns of a tensor are visible, and the blocks they make.
struct Arrangement {
  /// Blanks before every line of numbers.
  static let indent = 2
  /// Blanks between slices side by side.
  static let slit = 4

  var slices: Visible
  var blocks: [Block]
  /// Blocks that stand side by side, from the top.
  var bands: [Range<Int>]
  /// Said in the header where it isn't what was asked for.
  var digits: Int?

  var rows: Visible { blocks.first?.grid.rows ?? .all(0) }
  var columns: Visible { blocks.first?.grid.columns ?? .all(0) }
  var isElided: Bool { slices.isElided || rows.isElided || columns.isElided }

  init(slices: Visible, blocks: [Block], width: Int?, digits: Int?) {
    self.slices = slices
    self.blocks = blocks
    self.digits = digits
    bands = []
    var start = 0
    var used = Arrangement.indent
    for (index, block) in blocks.enumerated() {
      if index > start, let width, used + Arrangement.slit + block.width > width {
        bands.append(start..<index)
        start = index
        used = Arrangement.indent
      }
      used += block.width + (index > start ? Arrangement.slit : 0)
    }
    if start < blocks.count { bands.append(start..<blocks.count) }
  }

  /// The columns of the widest line.
  var width: Int {
    bands.map { band in
      band.reduce(Arrangement.indent + Arrangement.slit * (band.count - 1)) { $0 + blocks[$1].width }
    }.max() ?? 0
  }

  /// The lines of the body.
  var height: Int { bands.reduce(0) { $0 + (blocks[$1.lowerBound].height) } }

  var lines: [Line] {
    var lines: [Line] = []
    for band in bands {
      let first = lines.count
      var column = Arrangement.indent
      for block in blocks[band] {
        for (index, part) in block.lines.enumerated() {
          if first + index == lines.count { lines.append(Line()) }
          lines[first + index].skip(to: column)
          lines[first + index].append(part)
        }
        column += block.width + Arrangement.slit
      }
    }
    return lines
  }
}
