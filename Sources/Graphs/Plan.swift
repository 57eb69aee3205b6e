import Tensors

/// Steps over reused buffers that compute some of a graph's nodes.
package struct Plan: Sendable {
  /// Where a value lives while the plan runs.
  enum Place: Hashable, Sendable {
    case parameter(Int)
    case slot(Int)
  }

  /// An operand as a step reads it.
  struct Operand: Sendable {
    var place: Place
    var shape: Shape
    var type: ElementType
    /// The last two axes are read the other way round.
    var isTransposed = false
  }

  /// One kernel call (or a loop of them) into one slot.
  struct Step: Sendable {
    var reference: Graph.Reference
    var primitive: Primitive
    var operands: [Operand]
    var attributes: [Int]
    var target: Int
    var shape: Shape
    var type: ElementType
    /// For kernels that broadcast.
    var loop: BroadcastLoop?
  }

  private(set) var steps: [Step] = []
  /// The bytes of each slot.
  private(set) var slots: [Int] = []
  private(set) var outputs: [Operand] = []

  /// Bytes that all slots take together.
  package var byteCount: Int {
    slots.reduce(0) { total, bytes in
      let (sum, overflow) = total.addingReportingOverflow(bytes)
      return overflow ? .max : sum
    }
  }

  package init(_ graph: Graph, outputs: [Graph.Reference]) {
    var planner = Planner(graph, outputs: outputs)
    planner.plan()
    steps = planner.steps
    slots = planner.slots
    self.outputs = planner.places(of: outputs)
  }
}

/// Turns a graph into steps: what is read through, what is read last where, which buffer is free again.
private struct Planner {
  let graph: Graph
  let outputs: [Graph.Reference]
  var steps: [Plan.Step] = []
  var slots: [Int] = []
  private var placed: [Plan.Place?]
  /// For each node, how many readers (outputs among them) are still to come.
  private var readers: [Int]
  private var free: [Int] = []

  init(_ graph: Graph, outputs: [Graph.Reference]) {
    self.graph = graph
    self.outputs = outputs
    placed = [Plan.Place?](repeating: nil, count: graph.nodes.count)
    readers = [Int](repeating: 0, count: graph.nodes.count)
    for output in outputs { readers[source(of: output).index] += 1 }
    for index in graph.nodes.indices.reversed() where readers[index] > 0 {
      for read in reads(of: Graph.Reference(index: index)) { readers[read.source.index] += 1 }
    }
  }

  mutating func plan() {
    for (index, node) in graph.nodes.enumerated() where readers[index] > 0 {
      let reference = Graph.Reference(index: index)
      switch node.kind {
      case .parameter(let number): placed[index] = .parameter(number)
      case .apply(let primitive, _, let attributes):
        var operands = reads(of: reference).map(operand)
        var loop: BroadcastLoop?
        if primitive.kernel.broadcasts {
          loop = BroadcastLoop(operands.map(\.shape), over: node.shape)
          if loop?.isChoppy == true {
            stretch(&operands, to: node.shape, at: reference)
            loop = BroadcastLoop(operands.map(\.shape), over: node.shape)
          }
        }
        let target = slot(for: node, reading: operands, of: reference, loop)
        placed[index] = .slot(target)
        steps.append(
          Plan.Step(
            reference: reference, primitive: primitive, operands: operands, attributes: attributes, target: target,
            shape: node.shape, type: node.type, loop: loop))
        for read in reads(of: reference) { release(read.source) }
      }
    }
  }

  func places(of references: [Graph.Reference]) -> [Plan.Operand] {
    references.map { operand(Read(source: source(of: $0), shape: graph[$0].shape)) }
  }

  /// The node whose buffer holds a value: a reshape is only another name.
  private func source(of reference: Graph.Reference) -> Graph.Reference {
    var reference = reference
    while let primitive = graph.primitive(of: reference), case .reshape = primitive.kernel {
      reference = graph.operands(of: reference)[0]
    }
    return reference
  }

  /// What a step reads: the node that owns the buffer, under the shape it is read with.
  private struct Read {
    var source: Graph.Reference
    var shape: Shape
    var isTransposed = false
  }

  private func reads(of reference: Graph.Reference) -> [Read] {
    guard case .apply(let primitive, let operands, _) = graph[reference].kind else { return [] }
    if case .reshape = primitive.kernel { return [] }
    return operands.enumerated().map { position, operand in
      if case .matrixProduct = primitive.kernel, position < 2, let inner = swapped(operand) {
        return Read(source: source(of: inner), shape: graph[inner].shape, isTransposed: true)
      }
      return Read(source: source(of: operand), shape: graph[operand].shape)
    }
  }

  /// What a swap of the last two axes swaps.
  private func swapped(_ reference: Graph.Reference) -> Graph.Reference? {
    guard case .apply(let primitive, let operands, let permutation) = graph[reference].kind,
      case .transpose = primitive.kernel
    else { return nil }
    let rank = permutation.count
    var expected = Array(0..<rank)
    expected.swapAt(rank - 1, rank - 2)
    return permutation == expected ? operands[0] : nil
  }

  private func operand(_ read: Read) -> Plan.Operand {
    guard let place = placed[read.source.index] else { preconditionFailure("an operand is placed before it is read") }
    return Plan.Operand(
      place: place, shape: read.shape, type: graph[read.source].type, isTransposed: read.isTransposed)
  }

  private mutating func release(_ reference: Graph.Reference) {
    readers[reference.index] -= 1
    if readers[reference.index] == 0, case .slot(let slot) = placed[reference.index] { free.append(slot) }
  }

  /// A buffer for a result: a dying operand's own where the loop may write over what it reads, else a free one.
  private mutating func slot(
    for node: Graph.Node, reading operands: [Plan.Operand], of reference: Graph.Reference, _ loop: BroadcastLoop?
  ) -> Int {
    let bytes = node.byteCount
    if graph.primitive(of: reference)?.kernel.mayOverwrite == true {
      for (position, read) in reads(of: reference).enumerated()
      where readers[read.source.index] == 1 && read.shape == node.shape && graph[read.source].type == node.type {
        guard case .slot(let slot) = placed[read.source.index], operands[position].place == .slot(slot),
          slots[slot] == bytes
        else { continue }
        // Taken back out of circulation by keeping one reader more than there are.
        readers[read.source.index] += 1
        return slot
      }
    }
    if let position = free.firstIndex(where: { slots[$0] == bytes }) { return free.remove(at: position) }
    slots.append(bytes)
    return slots.count - 1
  }

  /// Copies stretched operands out, so that the loop over them has long runs.
  private mutating func stretch(_ operands: inout [Plan.Operand], to shape: Shape, at reference: Graph.Reference) {
    for position in operands.indices where operands[position].shape != shape && operands[position].shape.count > 1 {
      let operand = operands[position]
      slots.append(Graph.Node.byteCount(shape, operand.type))
      steps.append(
        Plan.Step(
          reference: reference, primitive: .broadcast, operands: [operand], attributes: [], target: slots.count - 1,
          shape: shape, type: operand.type))
      operands[position] = Plan.Operand(place: .slot(slots.count - 1), shape: shape, type: operand.type)
    }
  }
}

extension Graph.Node {
  var byteCount: Int { Self.byteCount(shape, type) }

  /// The bytes of a tensor; `Int.max` where they can't be counted.
  static func byteCount(_ shape: Shape, _ type: ElementType) -> Int {
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: type.stride)
    return overflow ? .max : bytes
  }
}

extension Kernel {
  var broadcasts: Bool {
    switch self {
    case .zip, .compare, .logic, .select, .keep: true
    default: false
    }
  }

  /// The loop reads each element before it writes the same place.
  var mayOverwrite: Bool {
    switch self {
    case .map, .zip, .keep: true
    default: false
    }
  }
}

extension Plan: CustomStringConvertible {
  /// One line a step, then the buffers.
  package var description: String {
    let lines = steps.map { step in
      let operands = step.operands.map { operand in
        let place =
          switch operand.place {
          case .parameter(let number): "p\(number)"
          case .slot(let slot): "b\(slot)"
          }
        return operand.isTransposed ? place + ".T" : place
      }
      return (["b\(step.target)", "←", step.primitive.name] + operands + ["", "\(step.shape)"]).joined(separator: " ")
    }
    return (lines + ["\(steps.count) steps, \(slots.count) buffers, \(byteCount) bytes"]).joined(separator: "\n")
  }
}
