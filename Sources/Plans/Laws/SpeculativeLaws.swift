import CKernels
import Graphs
import Tensors

/// Laws that are right as long as the nodes they guard turn out finite.
extension Simplify.Law {
  /// What strong zeros decide is decided anyway while all products are finite.
  static let speculative: [Simplify.Law] = convolution + [strongKeep, strongProduct, unlessNaN]

  /// What is kept was a product; its other factor may have turned out to be 1.
  static let strongKeep = Self("keep(strong, a · b) = a · b", guarded: .result) { graph, node in
    guard case .apply(let primitive, let x) = node.kind, primitive === Primitive.strongKeep, graph.fits(x[1], node),
      graph.canBeGuarded(x[1])
    else { return nil }
    return x[1]
  }

  static let strongProduct = Self("a @ b without strong zeros = a @ b", guarded: .result) { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .matrixProduct = primitive.kernel,
      x.count == 4
    else { return nil }
    let kind = Graph.Node.Kind.apply(primitive, Array(x[..<2]))
    return graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
  }

  /// The factor by which the gradients of relu, maximum and clip pass NaN on.
  static let unlessNaN = Self("where(isnan(x), x, number) = number", guarded: .operand(1)) { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .select = primitive.kernel,
      let value = graph.number(x[2]), graph.canBeGuarded(x[1]), graph.fits(x[1], node)
    else { return nil }
    let condition = graph.turnedSource(of: x[0])
    guard case .test(let test)? = graph.primitive(of: condition)?.kernel, test == .isnan,
      graph.turnedSource(of: graph.operands(of: condition)[0]) == graph.turnedSource(of: x[1])
    else { return nil }
    return graph.fill(value, node.shape, node.type)
  }
}
