import Tensors

/// Lines through points, for `plot`.
package struct Curve: Drawing {
  package struct Series: Sendable {
    let x: [Double]?
    let y: [Double]
    let title: String

    /// Without x the points are counted from 0.
    package init(x: [Double]? = nil, y: [Double], title: String) { (self.x, self.y, self.title) = (x, y, title) }
  }

  /// Which axes go in powers of ten.
  package enum Logarithmic: String, Sendable, CaseIterable {
    case x, y, xy = "xy"

    var isAcross: Bool { self != .y }
    var isUp: Bool { self != .x }
  }

  let series: [Series]
  let title: String
  let style: Canvas.Style
  let rows: Int
  let logarithmic: Logarithmic?

  package init(
    _ series: [Series], title: String, style: Canvas.Style, rows: Int = 8, logarithmic: Logarithmic? = nil
  ) {
    self.series = series
    self.title = title
    self.style = style
    self.rows = rows
    self.logarithmic = logarithmic
  }

  /// The points as the axes count them, nil where one isn't on them, and the axes.
  private struct Layout {
    var lines: [[(x: Double, y: Double)?]] = []
    var across = Axis(low: 0, high: 0, isLogarithmic: false)
    var up = Axis(low: 0, high: 0, isLogarithmic: false)
    var remarks: [String] = []
    var isEmpty = true
  }

  private var layout: Layout {
    var layout = Layout()
    let (isAcross, isUp) = (logarithmic?.isAcross == true, logarithmic?.isUp == true)
    var range: (left: Double, right: Double, bottom: Double, top: Double)?
    var (missing, outside) = (0, 0)
    for line in series {
      var points: [(x: Double, y: Double)?] = []
      points.reserveCapacity(line.y.count)
      for index in Stoppable(line.y.indices) {
        let (x, y) = (line.x?[index] ?? Double(index), line.y[index])
        guard let left = Axis.place(x, isLogarithmic: isAcross), let bottom = Axis.place(y, isLogarithmic: isUp) else {
          if x.isFinite, y.isFinite { outside += 1 } else { missing += 1 }
          points.append(nil)
          continue
        }
        points.append((left, bottom))
        let known = range ?? (left, left, bottom, bottom)
        range = (min(known.left, left), max(known.right, left), min(known.bottom, bottom), max(known.top, bottom))
      }
      layout.lines.append(points)
    }
    if missing > 0 { layout.remarks.append("\(missing) not finite") }
    if outside > 0 { layout.remarks.append("\(outside) not above 0") }
    if series.allSatisfy(\.y.isEmpty) { layout.remarks.append("empty") }
    if let logarithmic { layout.remarks.append("log \(logarithmic == .xy ? "x and y" : logarithmic.rawValue)") }
    guard let range else { return layout }
    layout.isEmpty = false
    layout.across = Axis(low: range.left, high: range.right, isLogarithmic: isAcross)
    layout.up = Axis(low: range.bottom, high: range.top, isLogarithmic: isUp)
    return layout
  }

  // MARK: Text

  /// What lines are drawn with where there are several.
  private static let signs = (unicode: Array("●×+∘■-"), ascii: Array("*x+o#-"))

  package func text(_ display: Display) -> String {
    let layout = layout
    let known = display.isASCII ? Self.signs.ascii : Self.signs.unicode
    let signs = series.indices.map { String(known[$0 % known.count]) }
    let legend = series.count > 1 ? zip(signs, series).map { "\($0) \(display.spelled($1.title))" } : []
    // What the lines are called is their title.
    let words = (legend + [title]).filter { !$0.isEmpty }
    let frame = Frame(display, title: words.joined(separator: "  "))
    let heading = frame.heading(layout.remarks)
    guard !layout.isEmpty else { return heading }
    let (bottom, top) = (layout.up.value(at: layout.up.low), layout.up.value(at: layout.up.high))
    let columns = frame.columns(top: top, bottom: bottom)
    let lines =
      series.count > 1
      ? signed(layout, signs, columns)
      : drawn(layout.lines.first ?? [], layout, on: Canvas(columns: columns, rows: rows, style: style)).lines
    let axes = frame.axes(
      lines, top: top, bottom: bottom, left: layout.across.value(at: layout.across.low),
      right: layout.across.value(at: layout.across.high))
    return ([heading] + axes).joined(separator: "\n")
  }

  /// A line's dots on a canvas, joined where both ends are there.
  private func drawn(_ points: [(x: Double, y: Double)?], _ layout: Layout, on empty: Canvas) -> Canvas {
    var canvas = empty
    var last: (x: Int, y: Int)?
    for index in Stoppable(points.indices) {
      guard let point = points[index] else {
        last = nil
        continue
      }
      let dot = (
        x: Self.place(layout.across.share(point.x), in: canvas.width),
        y: canvas.height - 1 - Self.place(layout.up.share(point.y), in: canvas.height)
      )
      canvas.draw(from: last ?? dot, to: dot)
      last = dot
    }
    return canvas
  }

  /// The dot of a share among so many; the middle of all where there is only one place.
  private static func place(_ share: Double, in count: Int) -> Int {
    share == 0.5 ? (count - 1) / 2 : Int((share * Double(count - 1)).rounded())
  }

  /// Several lines, each with a sign of its own, the first in front.
  private func signed(_ layout: Layout, _ signs: [String], _ columns: Int) -> [String] {
    let canvases = layout.lines.map { drawn($0, layout, on: Canvas(cells: columns, rows)) }
    return (0..<rows).map { row in
      var line = ""
      for column in 0..<columns {
        line += canvases.firstIndex { $0[column, row] }.map { signs[$0] } ?? " "
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  // MARK: SVG

  private static let height = 300.0
  /// More points than that across can't be told apart.
  private static let mostPoints = 2_000

  package func svg(_ display: Display) -> String {
    let layout = layout
    let frame = Frame(display, title: title)
    var markup = Markup(height: Self.height)
    let heading = ([title] + layout.remarks).filter { !$0.isEmpty }.joined(separator: " · ")
    guard !layout.isEmpty else { return markup.svg(heading: heading) }
    let area = (left: 64.0, right: Markup.width - 16, top: 30.0, bottom: Self.height - 30)
    func x(_ place: Double) -> Double { area.left + layout.across.share(place) * (area.right - area.left) }
    func y(_ place: Double) -> Double { area.bottom - layout.up.share(place) * (area.bottom - area.top) }
    for tick in layout.up.ticks {
      markup.line(area.left, y(tick), area.right, y(tick))
      markup.text(frame.number(layout.up.value(at: tick)), area.left - 6, y(tick) + 4, anchor: .end)
    }
    for tick in layout.across.ticks {
      markup.line(x(tick), area.bottom, x(tick), area.bottom + 4, color: "#888")
      markup.text(frame.number(layout.across.value(at: tick)), x(tick), area.bottom + 18, anchor: .middle)
    }
    markup.line(area.left, area.bottom, area.right, area.bottom, color: "#888")
    for (number, points) in layout.lines.enumerated().reversed() {
      let shown = Self.thinned(points).map { point in point.map { (x: x($0.x), y: y($0.y)) } }
      markup.polyline(shown, color: Markup.colors[number % Markup.colors.count])
    }
    for (number, line) in series.enumerated() where series.count > 1 {
      let top = area.top + 10 + Double(number) * 16
      markup.rectangle(area.right - 14, top - 4, 12, 4, fill: Markup.colors[number % Markup.colors.count])
      markup.text(line.title, area.right - 20, top + 2, anchor: .end)
    }
    return markup.svg(heading: heading)
  }

  /// Of each stretch of many points the lowest and the highest, in their order.
  private static func thinned(_ points: [(x: Double, y: Double)?]) -> [(x: Double, y: Double)?] {
    guard points.count > mostPoints else { return points }
    let parts = mostPoints / 2
    return (0..<parts).flatMap { part -> [(x: Double, y: Double)?] in
      let stretch = points[part * points.count / parts..<(part + 1) * points.count / parts]
      let low = stretch.indices.filter { stretch[$0] != nil }.min { stretch[$0]?.y ?? 0 < stretch[$1]?.y ?? 0 }
      let high = stretch.indices.filter { stretch[$0] != nil }.max { stretch[$0]?.y ?? 0 < stretch[$1]?.y ?? 0 }
      guard let low, let high else { return [nil] }
      return low == high ? [stretch[low]] : [stretch[min(low, high)], stretch[max(low, high)]]
    }
  }
}
