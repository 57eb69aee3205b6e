import Tensors

/// A line through points, for `plot`.
package struct Curve: Sendable {
  let x: [Double]?
  let y: [Double]
  let title: String
  let style: Canvas.Style
  let rows: Int

  /// Without x the points are counted from 0.
  package init(x: [Double]? = nil, y: [Double], title: String, style: Canvas.Style, rows: Int = 8) {
    self.x = x
    self.y = y
    self.title = title
    self.style = style
    self.rows = rows
  }

  package func text(_ display: Display) -> String {
    let frame = Frame(display, title: title)
    var points: [(x: Double, y: Double)] = []
    var missing = 0
    var range: (left: Double, right: Double, bottom: Double, top: Double)?
    for index in Stoppable(y.indices) {
      let point = (x: x?[index] ?? Double(index), y: y[index])
      points.append(point)
      if point.x.isFinite, point.y.isFinite {
        let known = range ?? (point.x, point.x, point.y, point.y)
        range = (
          min(known.left, point.x), max(known.right, point.x), min(known.bottom, point.y), max(known.top, point.y)
        )
      } else {
        missing += 1
      }
    }
    let remarks = missing == 0 ? [] : ["\(missing) not finite"]
    guard let (left, right, bottom, top) = range else { return frame.heading(points.isEmpty ? ["empty"] : remarks) }
    let columns = frame.columns(top: top, bottom: bottom)
    var canvas = Canvas(columns: columns, rows: rows, style: style)
    var last: (x: Int, y: Int)?
    for index in Stoppable(points.indices) {
      let point = points[index]
      guard point.x.isFinite, point.y.isFinite else {
        last = nil
        continue
      }
      let dot = (
        x: place(point.x, from: left, to: right, in: canvas.width),
        y: canvas.height - 1 - place(point.y, from: bottom, to: top, in: canvas.height)
      )
      canvas.draw(from: last ?? dot, to: dot)
      last = dot
    }
    let lines = frame.axes(canvas.lines, top: top, bottom: bottom, left: left, right: right)
    return ([frame.heading(remarks)] + lines).joined(separator: "\n")
  }

  /// The dot of a value among so many between two ends; the middle if those are one.
  private func place(_ value: Double, from low: Double, to high: Double, in count: Int) -> Int {
    if low == high { return (count - 1) / 2 }
    let part = (value / 2 - low / 2) / (high / 2 - low / 2)
    return Int((part * Double(count - 1)).rounded())
  }
}
