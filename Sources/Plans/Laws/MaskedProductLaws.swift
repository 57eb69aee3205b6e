import CKernels
import Graphs
import Tensors

extension Simplify.Law {
  /// For what is repeated: right while all products are finite.
  static func inLoop(_ masks: [Int: SparseMask]) -> [Simplify.Law] {
    masks.isEmpty ? speculative + exact : masked(masks) + speculative + exact + transposing
  }

  /// Products with masked weights by lists of what is kept; masks by their parameter's number.
  static func masked(_ masks: [Int: SparseMask]) -> [Simplify.Law] {
    /// The mask and the weights of `keep(mask, w)`.
    @Sendable func masked(_ graph: Graph, _ reference: Graph.Reference) -> (SparseMask, Graph.Reference)? {
      guard case .apply(let primitive, let x) = graph[reference].kind, case .keep = primitive.kernel,
        case .parameter(let number) = graph[x[0]].kind, let mask = masks[number],
        graph[x[0]].shape == graph[x[1]].shape
      else { return nil }
      return (mask, x[1])
    }
    let product = Self("x @ (m · w) = sparse product", guarded: .result) { graph, node in
      guard case .apply(let primitive, let x) = node.kind, case .matrixProduct = primitive.kernel,
        node.shape.rank == 2
      else { return nil }
      let batch = graph[x[0]].shape[0]
      if let (mask, w) = masked(graph, x[1]), mask.isWorthwhile(batch: batch) {
        return graph.sparse(mask, .forward, x[0], w, node)
      }
      guard case .apply(let outer, let inner) = graph[x[1]].kind, case .transpose = outer.kernel,
        let (mask, w) = masked(graph, inner[0]), mask.isWorthwhile(batch: batch)
      else { return nil }
      return graph.sparse(mask, .input, x[0], w, node)
    }
    let weight = Self("m · (x.T @ g + c) = sparse product + m · c", guarded: .result) { graph, node in
      guard case .apply(let primitive, let x) = node.kind, case .keep = primitive.kernel,
        case .parameter(let number) = graph[x[0]].kind, let mask = masks[number],
        graph[x[0]].shape == node.shape, graph[x[1]].shape == node.shape
      else { return nil }
      return graph.kept(x[1], mask, primitive, x[0])
    }
    return [product, weight]
  }
}

extension Graph {
  /// Only what a mask keeps of a product, or of a sum with a product in it; nil for anything else.
  fileprivate mutating func kept(
    _ reference: Reference, _ mask: SparseMask, _ keep: Primitive, _ parameter: Reference
  ) -> Reference? {
    // Terms before their sums, without recursion: a gradient may have as many terms as a loop has steps.
    var results: [Reference: Reference?] = [:]
    var waiting = [(reference, isEntered: false)]
    while let (next, isEntered) = waiting.popLast() {
      guard isEntered || results[next] == nil else { continue }
      let node = self[next]
      results[next] = .some(nil)
      guard case .apply(let primitive, let x) = node.kind else { continue }
      switch primitive.kernel {
      case .matrixProduct where x.count == 2 && mask.isWorthwhile(batch: self[x[1]].shape[0]):
        let product = MaskedProduct(mask: mask, role: .weight).primitive
        let g = transposed(x[1])
        results[next] = add(Node(kind: .apply(product, [x[0], g]), shape: node.shape, type: node.type))
      case .zip(let op) where op == .add && x.allSatisfy { self[$0].shape == node.shape }:
        guard isEntered else {
          waiting += [(next, true)] + x.reversed().map { ($0, false) }
          continue
        }
        let parts = x.map { results[$0] ?? nil }
        guard parts.contains(where: { $0 != nil }) else { continue }
        let terms = zip(parts, x).map { part, whole in
          part
            ?? add(
              Node(kind: .apply(keep, [parameter, whole]), shape: node.shape, type: self[whole].type))
        }
        results[next] = add(Node(kind: .apply(primitive, terms), shape: node.shape, type: node.type))
      default: break
      }
    }
    return results[reference] ?? nil
  }

  fileprivate mutating func sparse(
    _ mask: SparseMask, _ role: MaskedProduct.Role, _ x: Reference, _ w: Reference, _ node: Node
  ) -> Reference {
    let kind = Node.Kind.apply(MaskedProduct(mask: mask, role: role).primitive, [transposed(x), w])
    let inner = add(Node(kind: kind, shape: Shape([node.shape[1], node.shape[0]]), type: node.type))
    return add(Node(kind: .apply(.transpose([1, 0]), [inner]), shape: node.shape, type: node.type))
  }
}
