import Tensors

/// A matrix inside a tensor: where it starts and how large it is.
struct Grid {
  var offset: Int
  var rows: Visible
  var columns: Visible

  func index(row: Int, column: Int) -> Int { offset + rows[row] * columns.total + columns[column] }
}

/// Chooses the formats of matrices: common decimals while they serve, else decimals or exponents for each column.
struct FormatLadder {
  let entries: Entries
  /// nil for shortest.
  let digits: Int?
  let hasLongWholes: Bool

  /// One format for each visible column of each grid.
  func formats(for grids: [Grid]) -> [[NumberFormat]] {
    guard let digits = digits.map(NumberFormat.clamped), entries.type != .bool else {
      let format = format(.shortest, 17)
      return grids.map { Array(repeating: format, count: $0.columns.count) }
    }
    let groups = grids.map(groups(of:))
    if let format = common(to: grids, groups: groups, digits: digits) {
      return grids.map { Array(repeating: format, count: $0.columns.count) }
    }
    return groups.map { $0.map { format($0.style(digits: digits), digits) } }
  }

  private func format(_ style: NumberFormat.Style, _ digits: Int) -> NumberFormat {
    NumberFormat(style: style, digits: digits, type: entries.type, hasLongWholes: hasLongWholes)
  }

  /// The format that loses the digits of at most one entry in ten.
  private func common(to grids: [Grid], groups: [[Group]], digits: Int) -> NumberFormat? {
    var whole = Group(hasLongWholes: hasLongWholes)
    for group in groups.joined() { whole.add(group) }
    guard whole.largest >= NumberFormat.small else { return nil }
    let decimals = NumberFormat.decimals(for: whole.largest, digits: digits)
    let format = format(.decimals(decimals), digits)
    var spoilt = whole.largeCount
    for grid in grids {
      for row in Stoppable(0..<grid.rows.count) {
        for column in Stoppable(0..<grid.columns.count) {
          guard case .number(let value) = entries[grid.index(row: row, column: column)] else { continue }
          if value.magnitude < NumberFormat.large, !format.holds(value, decimals: decimals) { spoilt += 1 }
        }
        if spoilt * 10 > whole.count { return nil }
      }
    }
    return spoilt * 10 > whole.count ? nil : format
  }

  private func groups(of grid: Grid) -> [Group] {
    var groups = [Group](repeating: Group(hasLongWholes: hasLongWholes), count: grid.columns.count)
    for row in Stoppable(0..<grid.rows.count) {
      for column in Stoppable(0..<grid.columns.count) {
        if case .number(let value) = entries[grid.index(row: row, column: column)] { groups[column].add(value) }
      }
    }
    return groups
  }
}

/// The sizes of the finite numbers that share a format.
private struct Group {
  let hasLongWholes: Bool
  var count = 0
  /// The largest magnitude that needs no exponent.
  var largest = 0.0
  var largeCount = 0
  var leastLarge = Double.infinity

  init(hasLongWholes: Bool) { self.hasLongWholes = hasLongWholes }

  mutating func add(_ value: Double) {
    count += 1
    let magnitude = value.magnitude
    if magnitude < NumberFormat.large {
      largest = max(largest, magnitude)
    } else if !hasLongWholes || !NumberFormat.isWhole(value) {
      largeCount += 1
      leastLarge = min(leastLarge, magnitude)
    }
  }

  mutating func add(_ other: Group) {
    count += other.count
    largest = max(largest, other.largest)
    largeCount += other.largeCount
    leastLarge = min(leastLarge, other.leastLarge)
  }

  /// The format of a column; a few very large entries among far smaller ones keep their exponents to themselves.
  func style(digits: Int) -> NumberFormat.Style {
    let areOutliers = largeCount * 2 <= count && largest * 1000 <= leastLarge
    if largeCount > 0, !areOutliers { return .exponential }
    if largest == 0 { return .decimals(1) }
    return largest < NumberFormat.small ? .exponential : .decimals(NumberFormat.decimals(for: largest, digits: digits))
  }
}
