import Tensors

/// What reads a node under construction.
extension Builder {
  /// The first operation of a name that reads a node.
  public func consumer(named name: String, of reference: Graph.Reference) -> Graph.Reference? {
    let index = graph.nodes.firstIndex { node in
      guard case .apply(let primitive, let operands) = node.kind else { return false }
      return primitive.name == name && operands.contains(reference)
    }
    return index.map { Graph.Reference(index: $0) }
  }

  /// The operations before `last` that keep or choose by a condition.
  public func choices(by condition: Graph.Reference, before last: Graph.Reference) -> [Graph.Reference] {
    (0..<last.index).map(Graph.Reference.init).filter { reference in
      guard case .apply(let primitive, let operands) = graph[reference].kind, operands.first == condition else {
        return false
      }
      return primitive.kernel.traits.contains(.chooses)
    }
  }
}
