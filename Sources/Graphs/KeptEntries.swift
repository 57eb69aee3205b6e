import CKernels
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
      guard case .apply(let primitive, _, _) = node.kind, case .masked(let product) = primitive.kernel,
        !seen.contains(where: { $0.keepsTheSame(as: product.mask) })
      else { continue }
      seen.append(product.mask)
    }
    for mask in seen {
      let search = Search(
        self.graph, self.outputs, mask, parameters: self.parameters, carried: carried, variables: variables)
      if search.carriedCount > 0 { store(search, carried) }
    }
  }

  private mutating func store(_ search: Search, _ carried: [Int]) {
    let old = graph
    graph = Graph()
    let shape = Shape([search.mask.keptCount])
    var dense = [Graph.Reference?](repeating: nil, count: old.nodes.count)
    var compact = dense
    /// Masks that keep all that is stored.
    var keepsAll: Set<Graph.Reference> = []
    let needed = old.needed(for: outputs)
    for (index, node) in old.nodes.enumerated() where needed[index] {
      switch node.kind {
      case .parameter(let number):
        if search.isCompact[index] {
          var place = number
          let kept = search.mask.kept(of: parameters[number])
          if carried.contains(number) {
            masks[number] = search.mask
            parameters[number] = kept
          } else {
            place = parameters.count
            parameters.append(kept)
          }
          let reference = graph.add(Graph.Node(kind: .parameter(place), shape: shape, type: node.type))
          compact[index] = reference
          if kept.type == .bool, kept.values.allSatisfy({ $0 != 0 }) { keepsAll.insert(reference) }
          if carried.contains(number) { continue }
        }
        dense[index] = graph.add(node)
      case .apply(let primitive, let x, let attributes):
        if search.isCompact[index] {
          if case .masked(let product) = primitive.kernel {
            var smaller = product
            smaller.isCompact = true
            let kind = Graph.Node.Kind.apply(smaller.primitive, x.compactMap { dense[$0.index] }, attributes: [])
            compact[index] = graph.add(Graph.Node(kind: kind, shape: shape, type: node.type))
            continue
          }
          let operands = x.compactMap { compact[$0.index] ?? dense[$0.index].map { graph.scalar($0) } }
          if primitive.kernel.isChoice, keepsAll.contains(operands[0]) {
            compact[index] = operands[1]
          } else {
            let kind = Graph.Node.Kind.apply(primitive, operands, attributes: attributes)
            compact[index] = graph.add(Graph.Node(kind: kind, shape: shape, type: node.type))
          }
          continue
        }
        var kind = Graph.Node.Kind.apply(
          primitive, x.compactMap { dense[$0.index] ?? compact[$0.index] }, attributes: attributes)
        if case .masked(let product) = primitive.kernel, let w = compact[x[1].index], let x = dense[x[0].index] {
          var smaller = product
          smaller.isCompact = true
          kind = .apply(smaller.primitive, [x, w], attributes: [])
        } else if case .reduce = primitive.kernel, let x = compact[x[0].index] {
          kind = .apply(primitive, [x], attributes: [0])
        }
        dense[index] = graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
      }
    }
    func moved(_ reference: Graph.Reference) -> Graph.Reference? { compact[reference.index] ?? dense[reference.index] }
    outputs = outputs.compactMap(moved)
    guarded = Set(guarded.compactMap(moved))
  }
}

/// Which nodes can do with the kept entries of one mask.
private struct Search {
  /// What becomes of the entries that aren't kept.
  enum Removed: Equatable {
    case number(Double)
    /// They stay what a carried parameter has there.
    case unchanged(Int)
  }

  let mask: SparseMask
  private let graph: Graph
  private let outputs: [Graph.Reference]
  private let parameters: [Tensor]
  private let carried: [Int]
  private let variables: Set<Int>
  private(set) var isCompact: [Bool]
  private var removed: [Removed?]

  init(
    _ graph: Graph, _ outputs: [Graph.Reference], _ mask: SparseMask, parameters: [Tensor], carried: [Int],
    variables: Set<Int>
  ) {
    (self.graph, self.outputs, self.mask, self.parameters) = (graph, outputs, mask, parameters)
    (self.carried, self.variables) = (carried, variables)
    isCompact = [Bool](repeating: false, count: graph.nodes.count)
    removed = [Removed?](repeating: nil, count: graph.nodes.count)
    let needed = graph.needed(for: outputs)
    for index in graph.nodes.indices where needed[index] {
      isCompact[index] = isCandidate(index)
      removed[index] = removed(in: index)
    }
    var readers = [[Int]](repeating: [], count: graph.nodes.count)
    for index in graph.nodes.indices where needed[index] {
      for operand in graph.operands(of: Graph.Reference(index: index)) { readers[operand.index].append(index) }
    }
    var changes = true
    while changes {
      changes = false
      for index in graph.nodes.indices where isCompact[index] && !qualifies(index, readers[index]) {
        isCompact[index] = false
        changes = true
      }
    }
  }

  var carriedCount: Int {
    graph.nodes.indices.count { index in
      if case .parameter(let number) = graph.nodes[index].kind {
        isCompact[index] && carried.contains(number)
      } else {
        false
      }
    }
  }

  private func isCandidate(_ index: Int) -> Bool {
    let node = graph.nodes[index]
    guard node.shape == mask.shape else { return false }
    switch node.kind {
    case .parameter(let number): return carried.contains(number) || !variables.contains(number)
    case .apply(let primitive, _, _):
      if case .masked(let product) = primitive.kernel {
        return product.role == .weight && !product.isCompact && product.mask.keepsTheSame(as: mask)
      }
      if case .fill = primitive.kernel { return true }
      return primitive.kernel.isElementwise
    }
  }

  /// Whether a candidate's operands are there by their kept entries, and nothing wants its other ones.
  private func qualifies(_ index: Int, _ readers: [Int]) -> Bool {
    let reference = Graph.Reference(index: index)
    var isCarried = false
    switch graph.nodes[index].kind {
    case .parameter(let number):
      guard let position = carried.firstIndex(of: number) else { break }
      isCarried = true
      guard isCompact[outputs[position].index], let next = removed[outputs[position].index], next == removed[index]
      else {
        return false
      }
    case .apply(let primitive, let x, _):
      if case .masked = primitive.kernel { break }
      guard x.allSatisfy({ isCompact[$0.index] || graph[$0].shape.count == 1 }) else { return false }
    }
    for (position, output) in outputs.enumerated() where output == reference {
      guard
        graph.nodes.indices.contains(where: { isCompact[$0] && graph.nodes[$0].kind == .parameter(carried[position]) })
      else { return false }
    }
    if case .parameter = graph.nodes[index].kind, !isCarried { return true }
    return readers.allSatisfy { reader in
      guard case .apply(let primitive, let x, let attributes) = graph.nodes[reader].kind else { return false }
      switch primitive.kernel {
      case .masked(let product):
        // Its other operands are read in full, also where they happen to have the mask's shape.
        return product.role != .weight && product.mask.keepsTheSame(as: mask) && x[1] == reference && x[0] != reference
      case .reduce(let op): return op == GK_SUM && attributes.count == 2 && removed[index] == .number(0)
      default: return isCompact[reader]
      }
    }
  }

  private func removed(in index: Int) -> Removed? {
    let node = graph.nodes[index]
    if node.shape.count == 1 { return number(node).map { .number($0) } }
    guard isCompact[index] else { return nil }
    switch node.kind {
    case .parameter(let number):
      if let value = mask.removedValue(of: parameters[number]) { return .number(value) }
      return carried.contains(number) ? .unchanged(number) : nil
    case .apply(let primitive, let x, let attributes):
      let operands = x.map { removed[$0.index] }
      switch primitive.kernel {
      case .masked: return .number(0)
      case .fill: return .number(Double(bitPattern: UInt64(bitPattern: Int64(attributes[0]))))
      case .keep where operands[0] == .number(0): return .number(0)
      case .select where operands[0] == .number(0): return operands[2]
      case .keep where operands[0] == .number(1), .select where operands[0] == .number(1): return operands[1]
      case .zip(let op) where (op == GK_SUBTRACT || op == GK_ADD) && operands[1] == .number(0):
        if case .unchanged? = operands[0] { return operands[0] }
      default: break
      }
      return value(primitive, node, x, operands)
    }
  }

  /// A number that no step changes.
  private func number(_ node: Graph.Node) -> Double? {
    switch node.kind {
    case .parameter(let number):
      return variables.contains(number) ? nil : parameters[number][flat: 0]
    case .apply(let primitive, let x, let attributes):
      if case .fill = primitive.kernel { return Double(bitPattern: UInt64(bitPattern: Int64(attributes[0]))) }
      guard primitive.kernel.isElementwise, x.allSatisfy({ graph[$0].shape.count == 1 }) else { return nil }
      let operands = x.map { removed[$0.index] }
      guard case .number(let value)? = value(primitive, node, x, operands) else { return nil }
      return value
    }
  }

  /// What an elementwise operation makes of numbers.
  private func value(
    _ primitive: Primitive, _ node: Graph.Node, _ x: [Graph.Reference], _ operands: [Removed?]
  ) -> Removed? {
    var small = Graph()
    var values: [Tensor] = []
    var references: [Graph.Reference] = []
    for (operand, reference) in zip(operands, x) {
      guard case .number(let value)? = operand else { return nil }
      let type = graph[reference].type
      references.append(small.add(Graph.Node(kind: .parameter(values.count), shape: .scalar, type: type)))
      values.append(Tensor(value, type: type))
    }
    let result = small.add(
      Graph.Node(kind: .apply(primitive, references, attributes: []), shape: .scalar, type: node.type))
    return (try? small.interpret([result], parameters: values)).map { .number($0[0][flat: 0]) }
  }
}

extension SparseMask {
  /// The kept entries of a matrix, column by column.
  func kept(of tensor: Tensor) -> Tensor {
    Tensor(byColumn.offsets.map { tensor[flat: Int($0)] }, shape: Shape([keptCount]), type: tensor.type)
  }

  /// The number that all other entries are, bit for bit, if they are.
  func removedValue(of tensor: Tensor) -> Double? {
    var isKept = [Bool](repeating: false, count: tensor.count)
    for offset in byColumn.offsets { isKept[Int(offset)] = true }
    var value: Double?
    for index in isKept.indices where !isKept[index] {
      let entry = tensor[flat: index]
      if let value, value.bitPattern != entry.bitPattern { return nil }
      value = entry
    }
    return value
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
    return add(Node(kind: .apply(.reshape, [reference], attributes: []), shape: .scalar, type: node.type))
  }
}

extension Kernel {
  /// The first operand is a mask that says where the second one counts.
  fileprivate var isChoice: Bool {
    switch self {
    case .keep, .select: true
    default: false
    }
  }
}
