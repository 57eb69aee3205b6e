import Graphs
import Tensors

/// The buffers of a plan while its steps are gone through without being run.
///
/// Every step is held against its node and the rules of its loop; every buffer is followed from what is written to it to
/// what is read from it.
struct PlanVerification {
  /// What a buffer holds.
  private struct Held {
    /// The node whose elements it holds; -1: nothing that may be read.
    var source = -1
    var count = 0
    var type = ElementType.bool
    /// For a copy that was stretched out: the shape of what was copied.
    var stretchedFrom: Shape?
  }

  let graph: Graph
  let slots: [Int]
  let guarded: Set<Graph.Reference>
  private var held: [Held]
  private var isRead: [Bool]
  /// The parameters that were read.
  private(set) var inputs: [Plan.Input] = []

  init(_ graph: Graph, slots: [Int], guarded: Set<Graph.Reference>) {
    (self.graph, self.slots, self.guarded) = (graph, slots, guarded)
    held = [Held](repeating: Held(), count: slots.count)
    isRead = [Bool](repeating: false, count: graph.nodes.count)
  }

  /// What is wrong with a plan as a way to compute these nodes, by the first step that is wrong; nil if nothing but what
  /// the graph says is read or written.
  mutating func fault(of plan: Plan, _ references: [Graph.Reference]) -> String? {
    for (number, step) in plan.steps.enumerated() {
      do throws(Flaw) { try check(step) } catch {
        let name = step.fusion?.names.joined(separator: "·") ?? step.primitive.name
        return "a fault of Gradus: step \(number + 1) (\(name)) \(error.text)"
      }
    }
    guard plan.outputs.count == references.count else { return "a fault of Gradus: the plan lacks an output" }
    for (number, output) in plan.outputs.enumerated() {
      do throws(Flaw) { try check(output, as: references[number]) } catch {
        return "a fault of Gradus: output \(number + 1) \(error.text)"
      }
    }
    return nil
  }

  private mutating func check(_ step: Plan.Step) throws(Flaw) {
    for operand in step.operands { try check(operand) }
    if let fusion = step.fusion { return try check(step, fusion) }
    let isStretched = step.operands.count == 1 && step.operands[0].source == step.reference
    if isStretched {
      guard case .broadcast = step.primitive.kernel, !step.operands[0].isTransposed else {
        throw Flaw("reads its own result")
      }
      let operand = step.operands[0]
      guard operand.type == step.type, operand.shape.broadcast(with: step.shape) == step.shape else {
        throw Flaw("wants an operand that stretches to its shape")
      }
    } else {
      try checkNode(step)
    }
    try checkLoop(step)
    for operand in step.operands where operand.place == .slot(step.target) {
      guard step.primitive.kernel.traits.contains(.overwrites), operand.type == step.type,
        operand.shape.count == step.shape.count
      else { throw Flaw("writes over what it reads") }
    }
    guard step.isGuarded == (!guarded.isEmpty && !isStretched && guarded.contains(step.reference)) else {
      throw Flaw(step.isGuarded ? "looks at its result without need" : "doesn't look whether its result is finite")
    }
    guard !step.isGuarded || step.type.isFloat && step.primitive.kernel.traits.contains(.guardable) else {
      throw Flaw("can't look whether its result is finite")
    }
    try write(step.target, step.reference, step.shape, step.type)
    if isStretched { held[step.target].stretchedFrom = step.operands[0].shape }
  }

  /// An output, when all steps are done.
  private mutating func check(_ output: Plan.Operand, as reference: Graph.Reference) throws(Flaw) {
    try check(output)
    guard output.source == graph.source(of: reference), output.shape == graph[reference].shape, !output.isTransposed
    else {
      throw Flaw("is another value")
    }
  }

  // MARK: Buffers

  /// Whether an operand is where it is read, as what it is read.
  private mutating func check(_ operand: Plan.Operand) throws(Flaw) {
    guard graph.nodes.indices.contains(operand.source.index) else { throw Flaw("reads what isn't there") }
    switch operand.place {
    case .parameter(let number):
      let node = graph[operand.source]
      guard case .parameter(number) = node.kind else { throw Flaw("reads another parameter") }
      guard node.type == operand.type, node.shape == operand.shape || node.shape.count == operand.shape.count else {
        throw Flaw("reads parameter \(number) as what it isn't")
      }
      guard !isRead[operand.source.index] else { return }
      isRead[operand.source.index] = true
      inputs.append(Plan.Input(number: number, count: node.shape.count, stride: node.type.stride))
    case .slot(let slot):
      guard slots.indices.contains(slot) else { throw Flaw("reads a buffer that isn't there") }
      guard held[slot].source == operand.source.index else {
        throw Flaw("reads node \(operand.source.index) from buffer \(slot), which doesn't hold it")
      }
      guard held[slot].type == operand.type, held[slot].count == operand.shape.count else {
        throw Flaw("reads buffer \(slot) as what it isn't")
      }
    }
  }

  /// A result has a buffer of its own bytes.
  private mutating func write(
    _ slot: Int, _ source: Graph.Reference, _ shape: Shape, _ type: ElementType
  ) throws(Flaw) {
    guard slots.indices.contains(slot), slots[slot] == Graph.Node.byteCount(shape, type) else {
      throw Flaw("writes \(shape) \(type) to a buffer of another size")
    }
    held[slot] = Held(source: source.index, count: shape.count, type: type)
  }

  // MARK: Steps of their own

  /// A step does what its node says, to what its node says.
  private func checkNode(_ step: Plan.Step) throws(Flaw) {
    guard graph.nodes.indices.contains(step.reference.index) else { throw Flaw("computes what isn't there") }
    let node = graph[step.reference]
    guard case .apply(let primitive, let x) = node.kind, primitive === step.primitive,
      node.shape == step.shape, node.type == step.type, x.count == step.operands.count
    else { throw Flaw("is another one than node \(step.reference.index)") }
    for (position, operand) in step.operands.enumerated() {
      let reference = x[position]
      guard graph.nodes.indices.contains(reference.index), operand.type == graph[reference].type else {
        throw Flaw("reads operand \(position + 1) as what it isn't")
      }
      if operand.isTransposed {
        guard case .matrixProduct = primitive.kernel, position < 2, let inner = graph.swapped(reference),
          operand.source == graph.source(of: inner), operand.shape == graph[inner].shape
        else { throw Flaw("reads operand \(position + 1) the wrong way round") }
      } else if operand.source != graph.source(of: reference) {
        throw Flaw("reads another value as operand \(position + 1)")
      } else if operand.shape != graph[reference].shape {
        guard primitive.kernel.traits.contains(.broadcasts), operand.shape == step.shape,
          case .slot(let slot) = operand.place,
          held[slot].stretchedFrom == graph[reference].shape
        else { throw Flaw("reads operand \(position + 1) under another shape") }
      } else if case .slot(let slot) = operand.place, held[slot].stretchedFrom != nil {
        throw Flaw("reads a stretched copy as operand \(position + 1)")
      }
    }
    guard primitive.kernel.loop == step.rounds?.loop else { throw Flaw("goes through another loop's rounds") }
    if let fault = step.rounds?.fault { throw Flaw("goes through rounds with " + fault) }
    try graph.check(step.reference)
  }

  private func checkLoop(_ step: Plan.Step) throws(Flaw) {
    guard step.primitive.kernel.traits.contains(.broadcasts) else {
      if step.loop != nil { throw Flaw("needs no loop") }
      return
    }
    guard let loop = step.loop, loop.walks(step.operands, over: step.shape) else {
      throw Flaw("walks its operands wrongly")
    }
  }

  // MARK: Fused steps

  private mutating func check(_ step: Plan.Step, _ fusion: Fusion) throws(Flaw) {
    guard step.shape == fusion.shape, !step.isGuarded, step.loop == nil else {
      throw Flaw("is another one than its parts")
    }
    var verification = try FusionVerification(graph, step, fusion, guarded)
    for part in fusion.parts { try verification.check(part) }
    for end in fusion.ends { try verification.check(end) }
    guard verification.isComplete else { throw Flaw("leaves a result unwritten") }
    // No buffer serves twice: strips are written while operands are still read.
    var taken = Set(step.operands.compactMap { if case .slot(let slot) = $0.place { slot } else { nil } })
    var scratch: [(Int, Int)] = []
    for end in fusion.ends {
      guard (end.partials != nil) == (end.type.isFloat && !end.isOfColumns) else {
        throw Flaw("lacks a buffer for the sums of its runs")
      }
      if let partials = end.partials { scratch.append((partials, fusion.runs * 8)) }
    }
    for (slot, bytes) in scratch {
      guard slots.indices.contains(slot), slots[slot] == bytes, taken.insert(slot).inserted else {
        throw Flaw("has no scratch memory of its own")
      }
      held[slot] = Held()
    }
    for (target, value) in zip(fusion.targets, verification.results) {
      guard let value, taken.insert(target.slot).inserted else { throw Flaw("writes over what it reads") }
      guard target.stride == value.type.stride else { throw Flaw("writes elements of another size") }
      try write(target.slot, value.reference, value.shape, value.type)
    }
    guard step.target == fusion.targets.first?.slot else { throw Flaw("has another result") }
  }
}

extension BroadcastLoop {
  /// Whether this is a walk over the result by these operands: axis by axis from the last one, level by level.
  func walks(_ operands: [Plan.Operand], over shape: Shape) -> Bool {
    guard extents.count == strides.count, operands.count <= 3, shape.count > 0 else { return shape.count == 0 }
    if operands.allSatisfy({ $0.shape == shape }) {
      guard extents.isEmpty, inner == shape.count else { return false }
      return operands.indices.allSatisfy { innerStrides[$0] == (inner == 1 ? 0 : 1) }
    }
    var level = extents.count
    var (length, covered) = (inner, 1)
    var own = Three([1, 1, 1])
    for axis in shape.extents.indices.reversed() {
      if shape[axis] != 1 {
        if covered == length {
          level -= 1
          if level < 0 { return false }
          (length, covered) = (extents[level], 1)
        }
        let steps = level == extents.count ? innerStrides : strides[level]
        for (position, operand) in operands.enumerated() {
          let mine = axis - (shape.rank - operand.shape.rank)
          let isStretched = mine < 0 || operand.shape[mine] == 1
          if steps[position] * covered != (isStretched ? 0 : own[position]) { return false }
        }
        covered *= shape[axis]
        if covered > length { return false }
      }
      for (position, operand) in operands.enumerated() {
        let mine = axis - (shape.rank - operand.shape.rank)
        if mine >= 0 { own[position] *= operand.shape[mine] }
      }
    }
    return level == 0 && covered == length
  }
}
