import Language
import Text

/// The candidates of a completion in columns, as many as a screen can take.
struct CandidateList {
  private static let limit = 100
  private let cells: [(text: String, detail: String)]
  private let hidden: Int

  init(_ candidates: [Completion.Candidate]) {
    cells = candidates.prefix(Self.limit).map { ($0.text.shown, ($0.detail ?? "").shown) }
    hidden = candidates.count - cells.count
  }

  /// Read from top to bottom, then from left to right.
  func text(columns: Int, style: ErrorStyle) -> String {
    let width = cells.map { self.width($0) }.max() ?? 0
    // A shape stands closer to its name than to the next column.
    let gap = cells.contains { !$0.detail.isEmpty } ? 4 : 2
    let across = max(1, (columns + gap) / (width + gap))
    let rows = (cells.count + across - 1) / across
    var lines = (0..<rows).map { row in
      stride(from: row, to: cells.count, by: rows).map { index in
        let cell = cells[index]
        let isLast = index + rows >= cells.count
        let padding = isLast ? "" : String(repeating: " ", count: width + gap - self.width(cell))
        return cell.text + (cell.detail.isEmpty ? "" : "  " + style.dim(cell.detail)) + padding
      }.joined()
    }
    if hidden > 0 { lines.append(style.dim("and \(hidden) more")) }
    return lines.joined(separator: "\n")
  }

  private func width(_ cell: (text: String, detail: String)) -> Int {
    cell.text.columns + (cell.detail.isEmpty ? 0 : 2 + cell.detail.columns)
  }
}
