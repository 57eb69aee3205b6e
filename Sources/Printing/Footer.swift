import Tensors
import Text

/// The lines under a value of which places are left out: its distribution, and how to see the rest.
struct Footer {
  private let arrangement: Arrangement
  private let shape: Shape
  private let title: String?
  private let summary: TensorSummary

  private static let digits = 3
  private static let parts = 10

  init(_ arrangement: Arrangement, shape: Shape, title: String?, summary: TensorSummary) {
    self.arrangement = arrangement
    self.shape = shape
    self.title = title
    self.summary = summary
  }

  /// `-4.50 [▁▁▂▃▇█▅▂▁▁] 4.06   mean -0.0018  sd 0.999`; nothing for a mask or where no entry is finite.
  func statistics(glyphs: Glyphs) -> [(separator: String, text: String)] {
    guard let mean = summary.mean, let deviation = summary.deviation else { return [] }
    let counts = summary.counts(parts: Footer.parts)
    let most = max(counts.max() ?? 1, 1)
    let bars = counts.map { glyphs.bars[Int((Double($0) / Double(most) * 7).rounded(.up))] }.joined()
    return [
      ("", "\(short(summary.minimum)) [\(bars)] \(short(summary.maximum))"),
      ("   ", "mean \(short(mean))"),
      ("  ", "sd \(short(deviation))"),
    ]
  }

  /// `507 rows, 121 columns hidden · :all · x[0:5, :]`.
  func hidden(glyphs: Glyphs) -> [(separator: String, text: String)] {
    var counts: [String] = []
    if arrangement.slices.isElided { counts.append(counted(arrangement.slices.hidden, "slice")) }
    if arrangement.rows.isElided { counts.append(counted(arrangement.rows.hidden, "row")) }
    if arrangement.columns.isElided {
      let hidden = arrangement.columns.hidden
      counts.append(shape.rank > 1 ? counted(hidden, "column") : hidden == 1 ? "1 entry" : "\(hidden) entries")
    }
    var parts = counts.enumerated().map { ($0 == 0 ? "" : ", ", $1) }
    parts[parts.count - 1].1 += " hidden"
    return parts + [(glyphs.separator, ":all"), (glyphs.separator, example)]
  }

  /// A slice that shows some of what is left out, as it is typed.
  private var example: String {
    var indices = Array(repeating: ":", count: shape.rank)
    if arrangement.slices.isElided {
      indices.replaceSubrange(..<(shape.rank - 2), with: [shape.place(ofSlice: 1)])
    } else {
      let isTall = arrangement.rows.isElided
      let axis = isTall ? shape.rank - 2 : shape.rank - 1
      if shape.rank > 2 { indices.replaceSubrange(..<(shape.rank - 2), with: [shape.place(ofSlice: 0)]) }
      indices[indices.count - (shape.rank - axis)] = "0:\(min(5, shape[axis]))"
    }
    let name = title.flatMap { $0.isName ? $0 : nil } ?? "ans"
    return "\(name)[\(indices.joined(separator: ", "))]"
  }

  private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  private func short(_ value: Double) -> String {
    if value.isFinite { return NumberFormat.alone(value, digits: Footer.digits, type: .float64).text }
    return value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf"
  }
}
