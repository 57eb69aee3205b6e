/// Where the entries of a matrix stand in a picture: squares, as large as fits and no larger than serves.
struct MatrixCells {
  let rows: Int
  let columns: Int
  private let side: Double
  private static let (left, top) = (8.0, 28.0)

  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    side = max(min((Markup.width - 16) / Double(max(columns, 1)), 480 / Double(max(rows, 1)), 28), 1)
  }

  /// Down to the end of the last row.
  var height: Double { Self.top + side * Double(rows) }

  private var gap: Double { side >= 8 ? 1 : 0 }

  func fill(_ row: Int, _ column: Int, _ color: String, _ title: String?, _ markup: inout Markup) {
    markup.rectangle(
      Self.left + Double(column) * side, Self.top + Double(row) * side, side - gap, side - gap, fill: color,
      title: title)
  }

  /// A zero for a reason: removed for good, or off by relu and the like.
  func dot(_ row: Int, _ column: Int, isRemoved: Bool, _ markup: inout Markup) {
    let center = ((Double(column) + 0.5) * side - gap / 2, (Double(row) + 0.5) * side - gap / 2)
    markup.circle(
      Self.left + center.0, Self.top + center.1, radius: side * (isRemoved ? 0.08 : 0.16),
      fill: isRemoved ? "#999" : "none", stroke: isRemoved ? "none" : "#d55e00")
  }
}
