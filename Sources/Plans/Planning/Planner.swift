import Graphs
import Tensors

/// Turns a graph into steps: what is read through, what is read last where, which buffer is free again.
struct Planner {
  /// What a step reads: the node that owns the buffer, under the shape it is read with.
  struct Read: Hashable {
    var source: Graph.Reference
    var shape: Shape
    var isTransposed = false
  }

  let graph: Graph
  let outputs: [Graph.Reference]
  var steps: [Plan.Step] = []
  var slots: [Int] = []
  var placed: [Plan.Place?]
  /// For each node, how many readers (outputs among them) are still to come.
  var readers: [Int]
  private(set) var grouping: Grouping
  let guarded: Set<Graph.Reference>
  private var free: [Int] = []
  private var emitted: Set<Int> = []

  init(_ graph: Graph, outputs: [Graph.Reference], guarded: Set<Graph.Reference>) {
    self.guarded = guarded
    self.graph = graph
    self.outputs = outputs
    placed = [Plan.Place?](repeating: nil, count: graph.nodes.count)
    readers = [Int](repeating: 0, count: graph.nodes.count)
    grouping = Grouping(graph, outputs: outputs)
    for output in outputs { readers[graph.source(of: output).index] += 1 }
    for index in graph.nodes.indices where grouping.needed[index] {
      for source in sources(ofUnitWith: index) { readers[source.index] += 1 }
    }
  }

  mutating func plan() {
    for index in graph.nodes.indices where grouping.needed[index] { emit(index) }
  }

  func places(of references: [Graph.Reference]) -> [Plan.Operand] {
    references.map { operand(Read(source: graph.source(of: $0), shape: graph[$0].shape)) }
  }

  /// What a node reads if it is a step of its own; what its group reads if it is the group's last member.
  private func sources(ofUnitWith index: Int) -> [Graph.Reference] {
    guard let group = grouping.group(of: index) else {
      return graph.reads(of: Graph.Reference(index: index)).map(\.source)
    }
    return grouping.members(of: group).last == index ? grouping.reads(of: group).map(\.source) : []
  }

  /// A node, or the group it is in, behind what it reads, without recursion: groups may wait for each other in a long row.
  private mutating func emit(_ first: Int) {
    var waiting: [(index: Int, reads: [Read]?)] = [(first, nil)]
    while let (index, known) = waiting.popLast() {
      let group = grouping.group(of: index)
      var reads = known
      if reads == nil {
        guard placed[index] == nil else { continue }
        if case .parameter(let number) = graph.nodes[index].kind {
          placed[index] = .parameter(number)
          continue
        }
        if let group, !emitted.insert(group).inserted { continue }
        let found = group.map { grouping.reads(of: $0) } ?? graph.reads(of: Graph.Reference(index: index))
        guard found.allSatisfy({ placed[$0.source.index] != nil }) else {
          waiting.append((index, found))
          waiting += found.reversed().map { ($0.source.index, nil) }
          continue
        }
        reads = found
      }
      guard let reads, placed[index] == nil || group != nil else { continue }
      if let group { emit(group, reading: reads) } else { emitStep(index, reading: reads) }
      for read in reads { release(read.source) }
    }
  }

  private mutating func emitStep(_ index: Int, reading reads: [Read]) {
    let node = graph.nodes[index]
    guard let primitive = graph.primitive(of: Graph.Reference(index: index)) else { return }
    let reference = Graph.Reference(index: index)
    var operands = reads.map(operand)
    var loop: BroadcastLoop?
    if primitive.kernel.traits.contains(.broadcasts) {
      loop = BroadcastLoop(operands.map(\.shape), over: node.shape)
      if loop?.isChoppy == true {
        stretch(&operands, to: node.shape)
        loop = BroadcastLoop(operands.map(\.shape), over: node.shape)
      }
    }
    let target = slot(
      for: node, reading: operands, of: reads, mayOverwrite: primitive.kernel.traits.contains(.overwrites))
    placed[index] = .slot(target)
    steps.append(
      Plan.Step(
        reference: reference, primitive: primitive, operands: operands, target: target,
        shape: node.shape, type: node.type, loop: loop, isGuarded: guarded.contains(reference),
        rounds: primitive.kernel.loop.map(LoopPlan.init)))
  }

  func operand(_ read: Read) -> Plan.Operand {
    guard let place = placed[read.source.index] else { preconditionFailure("an operand is placed before it is read") }
    return Plan.Operand(
      source: read.source, place: place, shape: read.shape, type: graph[read.source].type,
      isTransposed: read.isTransposed)
  }

  private mutating func release(_ reference: Graph.Reference) {
    readers[reference.index] -= 1
    if readers[reference.index] == 0, case .slot(let slot) = placed[reference.index] { free.append(slot) }
  }

  /// A buffer for a result: a dying operand's own where the loop may write over what it reads, else a free one.
  private mutating func slot(
    for node: Graph.Node, reading operands: [Plan.Operand], of reads: [Read], mayOverwrite: Bool
  ) -> Int {
    if mayOverwrite {
      for (position, read) in reads.enumerated()
      where readers[read.source.index] == 1 && read.shape == node.shape && graph[read.source].type == node.type {
        guard case .slot(let slot) = placed[read.source.index], operands[position].place == .slot(slot),
          slots[slot] == node.byteCount
        else { continue }
        // Taken back out of circulation by keeping one reader more than there are.
        readers[read.source.index] += 1
        return slot
      }
    }
    return slot(ofBytes: node.byteCount)
  }

  mutating func slot(ofBytes bytes: Int) -> Int {
    if let position = free.firstIndex(where: { slots[$0] == bytes }) { return free.remove(at: position) }
    slots.append(bytes)
    return slots.count - 1
  }

  /// Copies stretched operands out, so that the loop over them has long runs.
  private mutating func stretch(_ operands: inout [Plan.Operand], to shape: Shape) {
    for position in operands.indices where operands[position].shape != shape && operands[position].shape.count > 1 {
      let operand = operands[position]
      slots.append(Graph.Node.byteCount(shape, operand.type))
      steps.append(
        Plan.Step(
          reference: operand.source, primitive: .broadcast, operands: [operand],
          target: slots.count - 1,
          shape: shape, type: operand.type))
      operands[position] = Plan.Operand(
        source: operand.source, place: .slot(slots.count - 1), shape: shape, type: operand.type)
    }
  }
}

extension Graph {
  /// The node whose buffer holds a value: a reshape is only another name.
  func source(of reference: Reference) -> Reference {
    var reference = reference
    while let primitive = primitive(of: reference), case .reshape = primitive.kernel {
      reference = operands(of: reference)[0]
    }
    return reference
  }

  /// What a node's step reads.
  func reads(of reference: Reference) -> [Planner.Read] {
    guard case .apply(let primitive, let operands) = self[reference].kind else { return [] }
    if case .reshape = primitive.kernel { return [] }
    return operands.enumerated().map { position, operand in
      if case .matrixProduct = primitive.kernel, position < 2, let inner = swapped(operand) {
        return Planner.Read(source: source(of: inner), shape: self[inner].shape, isTransposed: true)
      }
      return Planner.Read(source: source(of: operand), shape: self[operand].shape)
    }
  }

  /// What a swap of the last two axes swaps.
  func swapped(_ reference: Reference) -> Reference? {
    guard case .apply(let primitive, let operands) = self[reference].kind,
      case .transpose(let permutation) = primitive.kernel
    else { return nil }
    let rank = permutation.count
    var expected = Array(0..<rank)
    expected.swapAt(rank - 1, rank - 2)
    return permutation == expected ? operands[0] : nil
  }
}
