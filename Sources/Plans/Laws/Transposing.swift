import Graphs
import Tensors

extension Simplify.Law {
  /// Elementwise work is done the way round its operands lie, so that matrices stay transposed from one product by lists to
  /// the next.
  static let transposing: [Simplify.Law] = [transposedElements, transposedReduction]

  static let transposedElements = Self("f(x.T) = f(x).T") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, primitive.kernel.traits.contains(.elementwise),
      node.shape.rank == 2, x.contains(where: { graph[$0].shape == node.shape && graph.untransposed($0) != nil })
    else { return nil }
    let operands = x.map { graph.turned($0) }
    let kind = Graph.Node.Kind.apply(primitive, operands)
    let inner = graph.add(Graph.Node(kind: kind, shape: node.shape.turned, type: node.type))
    return graph.transposed(inner)
  }

  static let transposedReduction = Self("sum(x.T, axis=0) = sum(x, axis=1)") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, let axes = primitive.kernel.reducedAxes, axes.count == 1,
      let turned = primitive.over([1 - axes[0]]), let inner = graph.untransposed(x[0])
    else { return nil }
    return graph.add(Graph.Node(kind: .apply(turned, [inner]), shape: node.shape, type: node.type))
  }
}

extension Graph {
  mutating func transposed(_ reference: Reference) -> Reference {
    if let inner = untransposed(reference) { return inner }
    let node = self[reference]
    return add(
      Node(kind: .apply(.transpose([1, 0]), [reference]), shape: node.shape.turned, type: node.type))
  }

  /// What a node is the transpose of, as matrices are transposed.
  func untransposed(_ reference: Reference) -> Reference? {
    guard case .apply(let primitive, let x) = self[reference].kind, case .transpose([1, 0]) = primitive.kernel
    else { return nil }
    return x[0]
  }

  /// What a node holds the elements of, perhaps the other way round or under another shape.
  func turnedSource(of reference: Reference) -> Reference {
    var source = source(of: reference)
    while let inner = untransposed(source) { source = self.source(of: inner) }
    return source
  }

  /// An operand for a loop over the other way round.
  fileprivate mutating func turned(_ reference: Reference) -> Reference {
    let node = self[reference]
    if node.shape.count == 1 { return reference }
    if case .apply(let primitive, _) = node.kind, case .fill = primitive.kernel {
      return add(Node(kind: .apply(primitive, []), shape: node.shape.turned, type: node.type))
    }
    if node.shape.rank == 2, node.shape[0] != 1, node.shape[1] != 1 { return transposed(reference) }
    return add(Node(kind: .apply(.reshape, [reference]), shape: node.shape.turned, type: node.type))
  }
}

extension Shape {
  /// Rows for columns; a vector is a row.
  fileprivate var turned: Shape { rank == 2 ? Shape([self[1], self[0]]) : Shape([self[rank - 1], 1]) }
}
