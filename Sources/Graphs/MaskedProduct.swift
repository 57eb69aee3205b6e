import CKernels
import Tensors

/// Which entries of a matrix are kept, listed for a product from either side.
package final class SparseMask: Sendable {
  /// For each output the entries that make it: the input each reads, and where its weight lies.
  struct Lists: Sendable {
    var starts: [UInt32] = [0]
    var inputs: [UInt32] = []
    var offsets: [UInt32] = []

    var outputs: Int { starts.count - 1 }
  }

  let byColumn: Lists
  let byRow: Lists
  let density: Double

  /// Nil where it has too many entries to be worth it, or isn't a matrix.
  init?(_ mask: Tensor) {
    guard mask.type == .bool, mask.shape.rank == 2, mask.count > 0, mask.count < 1 << 31 else { return nil }
    let (rows, columns) = (mask.shape[0], mask.shape[1])
    var (byRow, byColumn) = (Lists(), Lists())
    for row in 0..<rows {
      for column in 0..<columns where mask[flat: row * columns + column] != 0 {
        byRow.inputs.append(UInt32(column))
        byRow.offsets.append(UInt32(row * columns + column))
      }
      byRow.starts.append(UInt32(byRow.inputs.count))
    }
    density = Double(byRow.inputs.count) / Double(mask.count)
    for column in 0..<columns {
      for row in 0..<rows where mask[flat: row * columns + column] != 0 {
        byColumn.inputs.append(UInt32(row))
        byColumn.offsets.append(UInt32(row * columns + column))
      }
      byColumn.starts.append(UInt32(byColumn.inputs.count))
    }
    (self.byRow, self.byColumn) = (byRow, byColumn)
  }

  /// Measured: below a quarter the lists win, if the batch fills the vectors and the matrix pays for the transposes.
  func isWorthwhile(batch: Int) -> Bool {
    density < 0.25 && batch >= 16 && byRow.outputs >= 32 && byColumn.outputs >= 32
  }
}

/// A product in which one matrix is masked: its operands and its result have the batch innermost.
package struct MaskedProduct: Sendable {
  enum Role: Sendable {
    /// x [rows, batch] and w: [columns, batch].
    case forward
    /// The adjoint [columns, batch] and w: [rows, batch].
    case input
    /// x and the adjoint: what w's kept entries get, 0 elsewhere.
    case weight
  }

  let mask: SparseMask
  let role: Role

  var keptCount: Double { Double(mask.byRow.inputs.count) }

  var primitive: Primitive {
    let percent = (mask.density * 1_000).rounded() / 10
    let name =
      switch role {
      case .forward, .input: "sparse_matmul(\(percent) %)"
      case .weight: "sparse_gradient(\(percent) %)"
      }
    return Primitive(name, .masked(self), zero: .lost, gradient: nil)
  }
}

extension Simplify.Law {
  /// Products with masked weights by lists of what is kept; masks by their parameter's number.
  static func masked(_ masks: [Int: SparseMask]) -> [Simplify.Law] {
    /// The mask and the weights of `keep(mask, w)`.
    @Sendable func masked(_ graph: Graph, _ reference: Graph.Reference) -> (SparseMask, Graph.Reference)? {
      guard case .apply(let primitive, let x, _) = graph[reference].kind, case .keep = primitive.kernel,
        case .parameter(let number) = graph[x[0]].kind, let mask = masks[number],
        graph[x[0]].shape == graph[x[1]].shape
      else { return nil }
      return (mask, x[1])
    }
    let product = Self("x @ (m · w) = sparse product", isGuarded: true) { graph, node in
      guard case .apply(let primitive, let x, _) = node.kind, case .matrixProduct = primitive.kernel,
        node.shape.rank == 2
      else { return nil }
      let batch = graph[x[0]].shape[0]
      if let (mask, w) = masked(graph, x[1]), mask.isWorthwhile(batch: batch) {
        return graph.sparse(mask, .forward, x[0], w, node)
      }
      guard case .apply(let outer, let inner, _) = graph[x[1]].kind, case .transpose = outer.kernel,
        let (mask, w) = masked(graph, inner[0]), mask.isWorthwhile(batch: batch)
      else { return nil }
      return graph.sparse(mask, .input, x[0], w, node)
    }
    let weight = Self("m · (x.T @ g) = sparse product", isGuarded: true) { graph, node in
      guard case .apply(let primitive, let x, _) = node.kind, case .keep = primitive.kernel,
        case .parameter(let number) = graph[x[0]].kind, let mask = masks[number],
        graph[x[0]].shape == node.shape, case .apply(let inner, let y, _) = graph[x[1]].kind,
        case .matrixProduct = inner.kernel, y.count == 2, graph[x[1]].shape == node.shape,
        mask.isWorthwhile(batch: graph[y[1]].shape[0])
      else { return nil }
      let g = graph.transposed(y[1])
      let kind = Graph.Node.Kind.apply(
        MaskedProduct(mask: mask, role: .weight).primitive, [y[0], g], attributes: [])
      return graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
    }
    return [product, weight]
  }
}

extension Graph {
  fileprivate mutating func transposed(_ reference: Reference) -> Reference {
    let node = self[reference]
    if case .apply(let primitive, let x, _) = node.kind, case .transpose = primitive.kernel { return x[0] }
    let shape = Shape([node.shape[1], node.shape[0]])
    return add(Node(kind: .apply(.transpose, [reference], attributes: [1, 0]), shape: shape, type: node.type))
  }

  fileprivate mutating func sparse(
    _ mask: SparseMask, _ role: MaskedProduct.Role, _ x: Reference, _ w: Reference, _ node: Node
  ) -> Reference {
    let kind = Node.Kind.apply(MaskedProduct(mask: mask, role: role).primitive, [transposed(x), w], attributes: [])
    let inner = add(Node(kind: kind, shape: Shape([node.shape[1], node.shape[0]]), type: node.type))
    return add(Node(kind: .apply(.transpose, [inner], attributes: [1, 0]), shape: node.shape, type: node.type))
  }
}

extension Execution {
  func multiplyMasked(_ step: Plan.Step, _ product: MaskedProduct) {
    let x = unsafe pointer(step, 0)
    let z = unsafe pointer(step, 1)
    let y = unsafe buffers[step.target].bytes
    let batch = step.operands[0].shape[1]
    let isSingle = step.type == .float32
    switch product.role {
    case .forward, .input:
      let lists = product.role == .forward ? product.mask.byColumn : product.mask.byRow
      if isSingle {
        unsafe gk_masked_product_f32(
          z.floats, lists.starts, lists.inputs, lists.offsets, x.floats, lists.outputs, batch, y.floats)
      } else {
        unsafe gk_masked_product_f64(
          z.doubles, lists.starts, lists.inputs, lists.offsets, x.doubles, lists.outputs, batch, y.doubles)
      }
    case .weight:
      let lists = product.mask.byColumn
      unsafe y.initializeMemory(as: UInt8.self, repeating: 0, count: step.shape.count * step.type.stride)
      if isSingle {
        unsafe gk_masked_gradient_f32(
          x.floats, z.floats, lists.starts, lists.inputs, lists.offsets, lists.outputs, batch, y.floats)
      } else {
        unsafe gk_masked_gradient_f64(
          x.doubles, z.doubles, lists.starts, lists.inputs, lists.offsets, lists.outputs, batch, y.doubles)
      }
    }
  }
}
