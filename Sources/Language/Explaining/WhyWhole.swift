import Graphs
import Printing
import Syntax
import Tensors

/// All entries of a tensor by their causes, and an example of each.
extension Why {
  func summarise(_ symbol: Symbol, _ expression: Expression, isBrief: Bool = false, position: Int = 0) {
    let shape = symbol.shape
    let title = title(symbol.reference, expression, position: position)
    guard shape.count <= 1 << 24 else {
      say("\(title) has \(shape.count) entries: ask for one")
      say(":why \(expression.description)[\(Array(repeating: "0", count: shape.rank).joined(separator: ", "))]")
      return
    }
    evidence.settle(symbol)
    guard let value = evidence.value(symbol.reference), value.count > 0 else { return say("\(title) has no entries") }
    var found: [Kind: (first: Int, count: Int)] = [:]
    for flat in 0..<value.count {
      let kind = Kind(evidence.cause(symbol.reference, shape.place(of: flat)), value[flat: flat])
      let before = found[kind] ?? (0, 0)
      // Of numbers the largest stands for all.
      let isFirst = before.count == 0 || kind == .live && abs(value[flat: flat]) > abs(value[flat: before.first])
      found[kind] = (isFirst ? flat : before.first, before.count + 1)
    }
    let present = Kind.allCases.filter { (found[$0]?.count ?? 0) > 0 }
    let counts = present.map { "\(found[$0]?.count ?? 0) \($0.rawValue)" }.joined(separator: ", ")
    say("\(title)  \(shape.spelled(evidence.session.display)): \(counts)")
    if isBrief { return }
    if let lines = value.equalLines { add("all \(lines) are equal") }
    // The first sentence about an example of each.
    for kind in present.prefix(Self.lineLimit - 1) {
      let place = shape.place(of: found[kind]?.first ?? 0)
      let one = Why(evidence.session)
      guard let lines = try? one.explainEntry(place, of: expression), let first = lines.first else { continue }
      let term = first.hasSuffix(":") && lines.count > 1 ? " \(lines[1].drop { $0 == " " })" : ""
      add("\(place.indexText)  \(first)\(term)")
    }
  }

  func explainEntry(_ place: [Int], of expression: Expression) throws(Diagnostic) -> [String] {
    evidence.question = expression.description
    try evaluator.withTargets(evaluator.leaves(of: expression)) { () throws(Diagnostic) in
      let symbol = try evaluator.tensor(expression)
      evidence.settle(symbol)
      describe(symbol.reference, place, expression)
    }
    return lines
  }

  private func title(_ reference: Graph.Reference, _ expression: Expression, position: Int) -> String {
    if let (pass, node) = asked(reference, expression) {
      return evidence.cotangent(of: node, in: pass)?.text ?? expression.description
    }
    return evidence.name(of: reference) ?? expression.description
  }

  /// What an entry is, in a summary.
  private enum Kind: String, CaseIterable {
    case live, zero, off, removed, infinite = "inf", nan = "NaN"

    init(_ cause: Cause, _ value: Double) {
      switch cause {
      case .structural: self = .removed
      case .gated: self = .off
      case .exact: self = .zero
      case .live: self = value.isNaN ? .nan : value.isInfinite ? .infinite : .live
      }
    }
  }
}
