import Graphs
import Syntax

/// Which names and expressions a graph's nodes came from.
struct Origins {
  /// An expression that a node stands for.
  struct Text {
    let text: String
    /// An index can follow it without brackets around it.
    let isClosed: Bool
    /// The name whose formula it is part of, if it is part of one.
    let owner: String?
  }

  private(set) var names: [Graph.Reference: String] = [:]
  private var texts: [Graph.Reference: Text] = [:]
  /// What was written once and computed more than once, in rounds of a loop or calls of a function, in order.
  private var repeated: [String: [Graph.Reference]] = [:]
  /// Names that a function gave to what it was called with, or made: no line of the session gave them their values.
  private var locals: Set<Graph.Reference> = []

  /// A name wins over an expression, and what was noted first over what comes later.
  mutating func note(
    _ reference: Graph.Reference, _ expression: Expression, owner: String?, isInFunction: Bool, isLocal: Bool
  ) {
    let isNew = if case .name = expression.kind { names[reference] == nil } else { texts[reference] == nil }
    if isInFunction, isNew {
      let text = expression.description
      if repeated[text]?.last != reference { repeated[text, default: []].append(reference) }
    }
    if case .name(let name) = expression.kind {
      guard names[reference] == nil else { return }
      names[reference] = name
      if isLocal { locals.insert(reference) }
    } else if texts[reference] == nil {
      let isClosed: Bool
      switch expression.kind {
      case .call, .index, .list, .number, .member: isClosed = true
      case .boolean, .text, .interpolation, .name, .rows, .tuple, .record, .range, .unary, .binary, .transpose, .arrow,
        .conditional, .importing, .hole:
        isClosed = false
      }
      texts[reference] = Text(text: expression.description, isClosed: isClosed, owner: owner)
    }
  }

  func name(of reference: Graph.Reference) -> String? { names[reference] }
  func text(of reference: Graph.Reference) -> String? { texts[reference]?.text }
  func expression(of reference: Graph.Reference) -> Text? { texts[reference] }
  func isLocal(_ reference: Graph.Reference) -> Bool { locals.contains(reference) }

  /// Which of several times it is that a text was computed, from 1; nil where it was only once.
  func ordinal(of reference: Graph.Reference, _ text: String) -> Int? {
    guard let all = repeated[text], all.count > 1 else { return nil }
    return all.firstIndex(of: reference).map { $0 + 1 }
  }
}
