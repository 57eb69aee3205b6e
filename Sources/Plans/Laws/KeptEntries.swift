import CKernels
import Graphs
import Tensors

/// A step's graph in which masked matrices that go from step to step are stored by their kept entries alone.
///
/// A carried matrix qualifies if all that is done with it is elementwise or a product by lists, and if a step leaves what
/// it doesn't keep alone: the entry stays what it is, or some number. Then nothing but kept entries is ever computed.
struct KeptEntries {
  private(set) var graph: Graph
  private(set) var outputs: [Graph.Reference]
  private(set) var guarded: Set<Graph.Reference>
  private(set) var parameters: [Tensor]
  /// The carried parameters that hold kept entries only.
  private(set) var masks: [Int: SparseMask] = [:]

  init(
    _ graph: Graph, outputs: [Graph.Reference], guarded: Set<Graph.Reference>, parameters: [Tensor],
    carried: [Int], variables: Set<Int>
  ) {
    (self.graph, self.outputs, self.guarded, self.parameters) = (graph, outputs, guarded, parameters)
    var seen: [SparseMask] = []
    for node in graph.nodes {
      guard case .apply(let primitive, _) = node.kind, let product = primitive.kernel.maskedProduct,
        !seen.contains(where: { $0.keepsTheSame(as: product.mask) })
      else { continue }
      seen.append(product.mask)
    }
    for mask in seen {
      let search = KeptEntriesSearch(
        self.graph, self.outputs, mask, parameters: self.parameters, carried: carried, variables: variables)
      if search.carriedCount > 0 { store(search, carried) }
    }
  }

  private mutating func store(_ search: KeptEntriesSearch, _ carried: [Int]) {
    var rewriting = KeptEntriesRewriting(graph, search, parameters: parameters, carried: carried)
    let needed = graph.needed(for: outputs)
    for index in graph.nodes.indices where needed[index] { rewriting.add(index) }
    graph = rewriting.graph
    outputs = outputs.compactMap(rewriting.moved)
    guarded = Set(guarded.compactMap(rewriting.moved))
    parameters = rewriting.parameters
    for number in rewriting.stored { masks[number] = search.mask }
  }
}

/// The graph written anew, node by node, with the compact ones by their kept entries.
private struct KeptEntriesRewriting {
  private(set) var graph = Graph()
  private(set) var parameters: [Tensor]
  /// The carried parameters that hold kept entries only.
  private(set) var stored: [Int] = []
  private let old: Graph
  private let search: KeptEntriesSearch
  private let carried: [Int]
  /// What became of each old node, in full and by its kept entries.
  private var dense: [Graph.Reference?]
  private var compact: [Graph.Reference?]
  /// Masks that keep all that is stored.
  private var keepsAll: Set<Graph.Reference> = []

  init(_ graph: Graph, _ search: KeptEntriesSearch, parameters: [Tensor], carried: [Int]) {
    (old, self.search, self.parameters, self.carried) = (graph, search, parameters, carried)
    dense = [Graph.Reference?](repeating: nil, count: graph.nodes.count)
    compact = dense
  }

  func moved(_ reference: Graph.Reference) -> Graph.Reference? { compact[reference.index] ?? dense[reference.index] }

  mutating func add(_ index: Int) {
    let node = old.nodes[index]
    switch node.kind {
    case .parameter(let number):
      if search.isCompact[index] { addCompact(parameter: number, index) }
      if !stored.contains(number) { dense[index] = graph.add(node) }
    case .apply(let primitive, let x):
      if search.isCompact[index] {
        addCompact(primitive, x, index)
      } else {
        let kind = reading(primitive, x)
        dense[index] = graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
      }
    }
  }

  /// A carried parameter gives way; another one stays, since nodes that aren't compact may read it too.
  private mutating func addCompact(parameter number: Int, _ index: Int) {
    let kept = search.mask.kept(of: parameters[number])
    var place = number
    if carried.contains(number) {
      stored.append(number)
      parameters[number] = kept
    } else {
      place = parameters.count
      parameters.append(kept)
    }
    let reference = addCompact(.parameter(place), index)
    if kept.type == .bool, kept.values.allSatisfy({ $0 != 0 }) { keepsAll.insert(reference) }
  }

  private mutating func addCompact(
    _ primitive: Primitive, _ x: [Graph.Reference], _ index: Int
  ) {
    if let product = primitive.kernel.maskedProduct {
      let operands = x.compactMap { dense[$0.index] }
      addCompact(.apply(product.compact.primitive, operands), index)
      return
    }
    let operands = x.compactMap { compact[$0.index] ?? dense[$0.index].map { graph.scalar($0) } }
    if primitive.kernel.traits.contains(.chooses), keepsAll.contains(operands[0]) {
      compact[index] = operands[1]
    } else {
      addCompact(.apply(primitive, operands), index)
    }
  }

  @discardableResult
  private mutating func addCompact(_ kind: Graph.Node.Kind, _ index: Int) -> Graph.Reference {
    let shape = Shape([search.mask.keptCount])
    let reference = graph.add(Graph.Node(kind: kind, shape: shape, type: old.nodes[index].type))
    compact[index] = reference
    return reference
  }

  /// An operation in full that may read kept entries: a product by lists, or a sum of all.
  private func reading(_ primitive: Primitive, _ x: [Graph.Reference]) -> Graph.Node.Kind {
    if let product = primitive.kernel.maskedProduct, let w = compact[x[1].index], let x = dense[x[0].index] {
      return .apply(product.compact.primitive, [x, w])
    }
    if case .reduce = primitive.kernel, let whole = primitive.over([0]), let x = compact[x[0].index] {
      return .apply(whole, [x])
    }
    return .apply(primitive, x.compactMap { dense[$0.index] ?? compact[$0.index] })
  }
}

extension SparseMask {
  /// The kept entries of a matrix, column by column.
  func kept(of tensor: Tensor) -> Tensor {
    Tensor(byColumn.offsets.map { tensor[flat: Int($0)] }, shape: Shape([keptCount]), type: tensor.type)
  }

  /// The number that all other entries are, bit for bit, if they are.
  func removedValue(of tensor: Tensor) -> Double? {
    let bytes = unsafe tensor.storage.bytes
    let place =
      switch tensor.type.stride {
      case 1: unsafe removedPlace(in: bytes.assumingMemoryBound(to: UInt8.self), tensor.count)
      case 4: unsafe removedPlace(in: bytes.assumingMemoryBound(to: UInt32.self), tensor.count)
      default: unsafe removedPlace(in: bytes.assumingMemoryBound(to: UInt64.self), tensor.count)
      }
    return place.map { tensor[flat: $0] }
  }

  /// Where the first of the other entries lies, if they are all the same.
  private func removedPlace<Word: FixedWidthInteger>(in words: UnsafeMutablePointer<Word>, _ count: Int) -> Int? {
    var (first, next, entry) = (Int?.none, 0, 0)
    while next < count {
      let end = entry < byRow.offsets.count ? Int(byRow.offsets[entry]) : count
      if next < end {
        let word = unsafe words[first ?? next]
        for place in next..<end where unsafe words[place] != word { return nil }
        first = first ?? next
      }
      (next, entry) = (end + 1, entry + 1)
    }
    return first
  }

  /// Puts the kept entries in their places.
  func scatter(_ kept: Tensor, into tensor: Tensor) {
    let (x, y) = unsafe (kept.storage.bytes, tensor.storage.bytes)
    for (place, offset) in byColumn.offsets.enumerated() {
      if tensor.type == .float32 { unsafe y.floats[Int(offset)] = x.floats[place] }
      if tensor.type == .float64 { unsafe y.doubles[Int(offset)] = x.doubles[place] }
    }
  }
}

extension Graph {
  /// The only element of a node, without axes.
  fileprivate mutating func scalar(_ reference: Reference) -> Reference {
    let node = self[reference]
    if node.shape.rank == 0 { return reference }
    return add(Node(kind: .apply(.reshape, [reference]), shape: .scalar, type: node.type))
  }
}
