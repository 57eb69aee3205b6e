import CKernels
import Graphs
import Tensors

/// Which entries of a matrix are kept, listed for a product from either side.
public final class SparseMask: Sendable {
  /// For each output the entries that make it: the input each reads, and where its weight lies.
  struct Lists: Sendable {
    var starts: [UInt32] = [0]
    var inputs: [UInt32] = []
    var offsets: [UInt32] = []

    var outputs: Int { starts.count - 1 }
  }

  let byColumn: Lists
  let byRow: Lists
  /// The same lists for weights of which the kept ones alone are stored, column by column.
  let compactByColumn: Lists
  let compactByRow: Lists
  let shape: Shape
  let density: Double

  var keptCount: Int { byColumn.inputs.count }

  /// Nil where it has too many entries to be worth it, or isn't a matrix.
  init?(_ mask: Tensor) {
    guard mask.type == .bool, mask.shape.rank == 2, mask.count > 0, mask.count < 1 << 31 else { return nil }
    shape = mask.shape
    let (rows, columns) = (mask.shape[0], mask.shape[1])
    let keeps = unsafe UnsafeBufferPointer(start: mask.storage.bytes.bytes, count: mask.count)
    var (byRow, byColumn) = (Lists(), Lists())
    var ends = [UInt32](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns where unsafe keeps[row * columns + column] != 0 {
        byRow.inputs.append(UInt32(column))
        byRow.offsets.append(UInt32(row * columns + column))
        ends[column] += 1
      }
      byRow.starts.append(UInt32(byRow.inputs.count))
    }
    let count = byRow.inputs.count
    density = Double(count) / Double(mask.count)
    for column in 0..<columns { byColumn.starts.append(byColumn.starts[column] + ends[column]) }
    byColumn.inputs = [UInt32](repeating: 0, count: count)
    byColumn.offsets = byColumn.inputs
    var (compactByColumn, compactByRow) = (byColumn, byRow)
    var next = byColumn.starts
    for row in 0..<rows {
      for entry in Int(byRow.starts[row])..<Int(byRow.starts[row + 1]) {
        let column = Int(byRow.inputs[entry])
        let place = Int(next[column])
        next[column] += 1
        byColumn.inputs[place] = UInt32(row)
        byColumn.offsets[place] = byRow.offsets[entry]
        compactByRow.offsets[entry] = UInt32(place)
      }
    }
    compactByColumn.inputs = byColumn.inputs
    compactByColumn.offsets = (0..<UInt32(count)).map { $0 }
    (self.byRow, self.byColumn) = (byRow, byColumn)
    (self.compactByRow, self.compactByColumn) = (compactByRow, compactByColumn)
  }

  /// Measured: below a quarter the lists win, if the batch fills the vectors and the matrix pays for the transposes.
  func isWorthwhile(batch: Int) -> Bool {
    density < 0.25 && batch >= 16 && byRow.outputs >= 32 && byColumn.outputs >= 32
  }

  /// Whether the same entries are kept.
  func keepsTheSame(as other: SparseMask) -> Bool {
    self === other || byColumn.starts == other.byColumn.starts && byColumn.offsets == other.byColumn.offsets
  }
}

extension SparseMask {
  /// Masks that are given and keep few entries, by their parameter's number.
  static func all(in graph: Graph, _ parameters: [Tensor], besides variables: Set<Int>) -> [Int: SparseMask] {
    var masks: [Int: SparseMask] = [:]
    for node in graph.nodes {
      guard case .parameter(let number) = node.kind, node.type == .bool, node.shape.rank == 2,
        node.shape.count >= 1_024, !variables.contains(number)
      else { continue }
      masks[number] = SparseMask(parameters[number])
    }
    return masks
  }
}

extension Plan {
  /// What a loop repeats, with products by lists of kept entries; nil where no mask makes them worth it.
  public static func inLoop(_ graph: Graph, outputs: [Graph.Reference], parameters: [Tensor]) -> Plan? {
    let masks = SparseMask.all(in: graph, parameters, besides: [])
    let simplified = Simplify(graph, outputs: outputs, laws: Simplify.Law.inLoop(masks))
    let plan = Plan(
      simplified: simplified.graph, outputs: outputs.map { simplified[$0] }, guarded: simplified.guarded)
    let hasLists = plan.steps.contains { step in
      step.primitive.kernel.maskedProduct != nil
    }
    return hasLists ? plan : nil
  }
}

/// A product in which one matrix is masked: its operands and its result have the batch innermost.
public final class MaskedProduct: PlannedKernel {
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
  /// Of w, or of what it gets, the kept entries alone are stored.
  let isCompact: Bool

  init(mask: SparseMask, role: Role, isCompact: Bool = false) {
    (self.mask, self.role, self.isCompact) = (mask, role, isCompact)
  }

  /// The same with weights, or their gradient, by kept entries alone.
  var compact: MaskedProduct { MaskedProduct(mask: mask, role: role, isCompact: true) }

  var lists: SparseMask.Lists {
    switch role {
    case .forward, .weight: isCompact ? mask.compactByColumn : mask.byColumn
    case .input: isCompact ? mask.compactByRow : mask.byRow
    }
  }

  var primitive: Primitive {
    let percent = (mask.density * 1_000).rounded() / 10
    let name =
      switch role {
      case .forward, .input: "sparse_matmul(\(percent) %)"
      case .weight: "sparse_gradient(\(percent) %)"
      }
    return Primitive(name, .planned(self), zero: .lost, gradient: nil)
  }
}

extension Kernel {
  /// The product by lists of kept entries that this is, if it is one.
  var maskedProduct: MaskedProduct? {
    if case .planned(let kernel) = self { kernel as? MaskedProduct } else { nil }
  }
}

extension Simplify.Law {
  /// For what is repeated: right while all products are finite.
  static func inLoop(_ masks: [Int: SparseMask]) -> [Simplify.Law] {
    masks.isEmpty ? speculative + exact : masked(masks) + speculative + exact + transposing
  }

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
    let product = Self("x @ (m · w) = sparse product", guarded: .result) { graph, node in
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
    let weight = Self("m · (x.T @ g + c) = sparse product + m · c", guarded: .result) { graph, node in
      guard case .apply(let primitive, let x, _) = node.kind, case .keep = primitive.kernel,
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
    let node = self[reference]
    guard case .apply(let primitive, let x, _) = node.kind else { return nil }
    switch primitive.kernel {
    case .matrixProduct where x.count == 2 && mask.isWorthwhile(batch: self[x[1]].shape[0]):
      let product = MaskedProduct(mask: mask, role: .weight).primitive
      let g = transposed(x[1])
      return add(Node(kind: .apply(product, [x[0], g], attributes: []), shape: node.shape, type: node.type))
    case .zip(let op) where op == GK_ADD && x.allSatisfy { self[$0].shape == node.shape }:
      let parts = x.map { kept($0, mask, keep, parameter) }
      guard parts.contains(where: { $0 != nil }) else { return nil }
      let terms = zip(parts, x).map { part, whole in
        part
          ?? add(
            Node(kind: .apply(keep, [parameter, whole], attributes: []), shape: node.shape, type: self[whole].type))
      }
      return add(Node(kind: .apply(primitive, terms, attributes: []), shape: node.shape, type: node.type))
    default: return nil
    }
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
    if product.role == .weight, !product.isCompact {
      unsafe y.initializeMemory(as: UInt8.self, repeating: 0, count: step.shape.count * step.type.stride)
    }
    unsafe product.lists.withEntries { entries in
      switch (product.role, isSingle) {
      case (.weight, true): unsafe gk_masked_gradient_f32(entries, x.floats, z.floats, batch, y.floats)
      case (.weight, false): unsafe gk_masked_gradient_f64(entries, x.doubles, z.doubles, batch, y.doubles)
      case (_, true): unsafe gk_masked_product_f32(entries, z.floats, x.floats, batch, y.floats)
      case (_, false): unsafe gk_masked_product_f64(entries, z.doubles, x.doubles, batch, y.doubles)
      }
    }
  }
}

extension SparseMask.Lists {
  func withEntries(_ body: (UnsafePointer<gk_entries>) -> Void) {
    unsafe starts.withUnsafeBufferPointer { starts in
      unsafe inputs.withUnsafeBufferPointer { inputs in
        unsafe offsets.withUnsafeBufferPointer { offsets in
          // Without entries there is nothing to point at, nor anything that is read.
          guard let first = starts.baseAddress else { return }
          var entries = unsafe gk_entries(
            outputs: outputs, starts: first, index: inputs.baseAddress ?? first, place: offsets.baseAddress ?? first)
          unsafe body(&entries)
        }
      }
    }
  }
}
