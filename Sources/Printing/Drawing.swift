import Text

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A picture of values, as text for a terminal and as SVG for everything else.
package protocol Drawing: Sendable {
  func text(_ display: Display) -> String
  func svg(_ display: Display) -> String
}

/// An SVG picture under construction: black on white, so that it is the same wherever it is shown.
struct Markup {
  static let width = 640.0
  private var parts: [String] = []
  private let height: Double

  init(height: Double) { self.height = height }

  /// Six colours that people tell apart who see colours differently (Okabe and Ito).
  static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

  /// To a tenth of a pixel.
  static func number(_ value: Double) -> String {
    let tenths = (min(max(value, -1e6), 1e6) * 10).rounded()
    return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10))" : "\(tenths / 10)"
  }

  enum Anchor: String { case start, middle, end }

  mutating func text(
    _ text: String, _ x: Double, _ y: Double, anchor: Anchor = .start, color: String = "#333", size: Int = 12
  ) {
    guard !text.isEmpty else { return }
    parts.append(
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor.rawValue)\" fill=\"\(color)\" font-size=\"\(size)\">\(HTML.escaped(text.shown))</text>"
    )
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String = "#ddd") {
    parts.append(
      "<path d=\"M\(Self.number(x1)) \(Self.number(y1))L\(Self.number(x2)) \(Self.number(y2))\" stroke=\"\(color)\"/>")
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, title: String? = nil
  ) {
    let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    let start = "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" \(size) fill=\"\(fill)\""
    parts.append(title.map { start + "><title>\(HTML.escaped($0))</title></rect>" } ?? start + "/>")
  }

  mutating func circle(_ x: Double, _ y: Double, radius: Double, fill: String, stroke: String = "none") {
    parts.append(
      "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\" fill=\"\(fill)\" stroke=\"\(stroke)\"/>"
    )
  }

  /// One after the other; a gap where a point is missing, a dot where one stands alone.
  mutating func polyline(_ points: [(x: Double, y: Double)?], color: String) {
    var path = ""
    for part in points.split(omittingEmptySubsequences: true, whereSeparator: { $0 == nil }) {
      let ends = part.compactMap { $0 }
      if ends.count == 1 { circle(ends[0].x, ends[0].y, radius: 2, fill: color) }
      path += ends.enumerated().map { place, point in
        "\(place == 0 ? "M" : "L")\(Self.number(point.x)) \(Self.number(point.y))"
      }.joined()
    }
    if !path.isEmpty {
      parts.append(
        "<path d=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>")
    }
  }

  /// The heading stands above, on a row of its own.
  func svg(heading: String) -> String {
    var whole = self
    whole.text(heading, 8, 17, color: "#555")
    let size = "\(Self.number(Self.width)) \(Self.number(height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(Self.number(Self.width))" \
      height="\(Self.number(height))" font-family="Helvetica, Arial, sans-serif">
      <rect width="100%" height="100%" fill="#fff"/>
      \(whole.parts.joined(separator: "\n"))
      </svg>

      """
  }
}

/// Where the numbers of an axis stand: from one end to the other, in equal steps or in powers of ten.
struct Axis {
  let low: Double
  let high: Double
  let isLogarithmic: Bool

  /// The share of the way from the low end; the middle if both ends are one.
  func share(_ value: Double) -> Double {
    if low == high { return 0.5 }
    return (value / 2 - low / 2) / (high / 2 - low / 2)
  }

  /// A value as the axis counts it: for a logarithmic one nothing but positive numbers are on it.
  static func place(_ value: Double, isLogarithmic: Bool) -> Double? {
    guard value.isFinite else { return nil }
    if !isLogarithmic { return value }
    return value > 0 ? log10(value) : nil
  }

  func value(at place: Double) -> Double { isLogarithmic ? pow(10, place) : place }

  /// Round numbers along it, as the axis counts them, about five.
  var ticks: [Double] {
    let span = high - low
    guard span > 0, span.isFinite else { return [low] }
    var step = pow(10, log10(span / 5).rounded(.down))
    if let factor = [1.0, 2, 5, 10].first(where: { step * $0 >= span / 5 }) { step *= factor }
    if isLogarithmic { step = max(step.rounded(), 1) }
    let first = (low / step).rounded(.up)
    let count = Int((high / step).rounded(.down) - first)
    guard step > 0, 0...50 ~= count else { return [low, high] }
    let ticks = (0...count).map { (first + Double($0)) * step }
    return isLogarithmic && ticks.count < 2 ? [low, high] : ticks
  }
}
