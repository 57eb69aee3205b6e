import Graphs
import Syntax

/// Which names and expressions a graph's nodes came from.
struct Origins {
  private(set) var names: [Graph.Reference: String] = [:]
  private var texts: [Graph.Reference: String] = [:]
  private var closed: Set<Graph.Reference> = []

  /// A name wins over an expression, and what was noted first over what comes later.
  mutating func note(_ reference: Graph.Reference, _ expression: Expression) {
    if case .name(let name) = expression.kind {
      if names[reference] == nil { names[reference] = name }
    } else if texts[reference] == nil {
      texts[reference] = expression.description
      switch expression.kind {
      case .call, .index, .list, .number: closed.insert(reference)
      default: break
      }
    }
  }

  func name(of reference: Graph.Reference) -> String? { names[reference] }
  func text(of reference: Graph.Reference) -> String? { texts[reference] }

  /// An index can follow the text without brackets around it.
  func isClosed(_ reference: Graph.Reference) -> Bool { closed.contains(reference) }
}
