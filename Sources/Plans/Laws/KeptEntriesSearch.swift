import CKernels
import Graphs
import Tensors

/// Which nodes can do with the kept entries of one mask.
struct KeptEntriesSearch {
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
    case .apply(let primitive, _):
      if let product = primitive.kernel.maskedProduct {
        return product.role == .weight && !product.isCompact && product.mask.keepsTheSame(as: mask)
      }
      if case .fill = primitive.kernel { return true }
      return primitive.kernel.traits.contains(.elementwise)
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
    case .apply(let primitive, let x):
      if case .planned = primitive.kernel { break }
      guard x.allSatisfy({ isCompact[$0.index] || graph[$0].shape.count == 1 }) else { return false }
    }
    for (position, output) in outputs.enumerated() where output == reference {
      guard
        graph.nodes.indices.contains(where: { isCompact[$0] && graph.nodes[$0].kind == .parameter(carried[position]) })
      else { return false }
    }
    if case .parameter = graph.nodes[index].kind, !isCarried { return true }
    return readers.allSatisfy { reader in
      guard case .apply(let primitive, let x) = graph.nodes[reader].kind else { return false }
      if let product = primitive.kernel.maskedProduct {
        // Its other operands are read in full, also where they happen to have the mask's shape.
        return product.role != .weight && product.mask.keepsTheSame(as: mask) && x[1] == reference && x[0] != reference
      }
      switch primitive.kernel {
      case .reduce(let op, let axes): return op == .sum && axes.count == 2 && removed[index] == .number(0)
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
    case .apply(let primitive, let x):
      let operands = x.map { removed[$0.index] }
      switch primitive.kernel {
      case .planned: return .number(0)
      case .fill(let constant): return .number(constant.value)
      case .keep where operands[0] == .number(0): return .number(0)
      case .select where operands[0] == .number(0): return operands[2]
      case .keep where operands[0] == .number(1), .select where operands[0] == .number(1): return operands[1]
      case .zip(let op) where (op == .subtract || op == .add) && operands[1] == .number(0):
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
    case .apply(let primitive, let x):
      if case .fill(let constant) = primitive.kernel { return constant.value }
      guard primitive.kernel.traits.contains(.elementwise), x.allSatisfy({ graph[$0].shape.count == 1 }) else {
        return nil
      }
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
      Graph.Node(kind: .apply(primitive, references), shape: .scalar, type: node.type))
    return (try? small.interpret([result], parameters: values)).map { .number($0[0][flat: 0]) }
  }
}
