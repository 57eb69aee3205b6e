import Tensors

/// A graph without the rule that strong zeros absorb NaN and infinity, and the test that it made no difference.
///
/// Where every product that the rule guards comes out finite, a strong zero contributes a plain 0 by itself. So a graph is
/// run without masks beside its products first; only if one of these isn't finite does the guarded graph run instead.
package struct Relaxed {
  package private(set) var graph = Graph()
  package private(set) var outputs: [Graph.Reference] = []
  /// A mask of one entry: true if the outputs are those of the guarded graph.
  package private(set) var holds: Graph.Reference

  /// Nil where no product is guarded.
  package init?(_ guarded: Graph, outputs: [Graph.Reference]) {
    let needed = guarded.needed(for: outputs)
    let isGuarded = guarded.nodes.indices.contains { index in
      needed[index] && guarded.isGuarded(Graph.Reference(index: index))
    }
    guard isGuarded else { return nil }
    let kept = guarded.neededWithoutGuards(for: outputs)
    var moved: [Graph.Reference: Graph.Reference] = [:]
    var products: [Graph.Reference] = []
    for (index, node) in guarded.nodes.enumerated() {
      let reference = Graph.Reference(index: index)
      if !kept[index], guarded.primitive(of: reference) != nil { continue }
      guard case .apply(let primitive, let operands, let attributes) = node.kind else {
        moved[reference] = graph.add(node)
        continue
      }
      let sources = guarded.isGuarded(reference) ? guarded.unguardedOperands(of: reference) : operands
      let inner = sources.compactMap { moved[$0] }
      if primitive == .strongKeep {
        moved[reference] = inner[0]
      } else {
        let kind = Graph.Node.Kind.apply(primitive, inner, attributes: attributes)
        moved[reference] = graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
      }
      if guarded.isGuarded(reference), let product = moved[reference] { products.append(product) }
    }
    var all: Graph.Reference?
    for product in products {
      let test = Graph.Node.Kind.apply(.allFinite, [product], attributes: [])
      var next = graph.add(Graph.Node(kind: test, shape: .scalar, type: .bool))
      if let before = all {
        let both = Graph.Node.Kind.apply(.and, [before, next], attributes: [])
        next = graph.add(Graph.Node(kind: both, shape: .scalar, type: .bool))
      }
      all = next
    }
    guard let all else { return nil }
    holds = all
    self.outputs = outputs.compactMap { moved[$0] }
  }
}

extension Graph {
  /// A product with masks that say which of its operands' entries are strong zeros.
  fileprivate func isGuarded(_ reference: Reference) -> Bool {
    guard case .apply(let primitive, let operands, _) = self[reference].kind else { return false }
    return primitive == .strongKeep || primitive == .matrixProduct && operands.count == 4
  }

  fileprivate func unguardedOperands(of reference: Reference) -> [Reference] {
    let operands = operands(of: reference)
    return primitive(of: reference) == .strongKeep ? [operands[1]] : Array(operands[..<2])
  }

  /// As `needed`, with the masks of guarded products left out.
  fileprivate func neededWithoutGuards(for outputs: [Reference]) -> [Bool] {
    var needed = [Bool](repeating: false, count: nodes.count)
    for output in outputs { needed[output.index] = true }
    for index in nodes.indices.reversed() where needed[index] {
      let reference = Reference(index: index)
      for operand in isGuarded(reference) ? unguardedOperands(of: reference) : operands(of: reference) {
        needed[operand.index] = true
      }
    }
    return needed
  }
}

extension Graph {
  /// The outputs' values: without guards if that changes nothing, else with them.
  package func run(
    _ outputs: [Reference], parameters: [Tensor], memoryLimit: Int = .max
  ) throws(ExecutionError) -> [Tensor] {
    if let relaxed = Relaxed(self, outputs: outputs) {
      let plan = Plan(relaxed.graph, outputs: relaxed.outputs + [relaxed.holds])
      var values = try plan.run(parameters, memoryLimit: memoryLimit)
      if values.removeLast()[flat: 0] != 0 { return values }
    }
    return try Plan(self, outputs: outputs).run(parameters, memoryLimit: memoryLimit)
  }
}
