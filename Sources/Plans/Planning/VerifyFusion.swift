import CKernels
import Graphs
import Tensors

/// The strips of a fused step while its parts are gone through without being run.
struct FusionVerification {
  /// A value that a strip or a target holds.
  struct Value {
    var reference: Graph.Reference
    var shape: Shape
    var type: ElementType
    /// The reduction with which it rests.
    var end: Int?
  }

  private let graph: Graph
  private let step: Plan.Step
  private let fusion: Fusion
  private let guarded: Set<Graph.Reference>
  private var strips: [Value?]
  /// What each target holds.
  private(set) var results: [Value?]

  init(_ graph: Graph, _ step: Plan.Step, _ fusion: Fusion, _ guarded: Set<Graph.Reference>) throws(Flaw) {
    (self.graph, self.step, self.fusion, self.guarded) = (graph, step, fusion, guarded)
    let domain = fusion.domain
    guard fusion.stripCount >= 0, fusion.stripCount < 1 << 20, !fusion.targets.isEmpty else {
      throw Flaw("has no strips or results")
    }
    strips = [Value?](repeating: nil, count: fusion.stripCount)
    results = [Value?](repeating: nil, count: fusion.targets.count)
    guard domain.rows > 0, domain.columns > 0, domain.rows * domain.columns == domain.shape.count else {
      throw Flaw("walks over another shape")
    }
    guard fusion.walks.count == step.operands.count, !fusion.writesOut || strips.count >= step.operands.count else {
      throw Flaw("walks over other operands")
    }
    for (operand, walk) in zip(step.operands, fusion.walks) {
      guard !operand.isTransposed, operand.shape.broadcast(with: domain.shape) == domain.shape,
        domain.walk(operand.shape) == walk
      else { throw Flaw("walks its operands wrongly") }
      let count =
        switch walk {
        case .whole: domain.shape.count
        case .row: domain.columns
        case .column: domain.rows
        case .number: 1
        }
      guard operand.shape.count == count else { throw Flaw("walks its operands wrongly") }
    }
  }

  /// Whether every target has been written.
  var isComplete: Bool { results.allSatisfy { $0 != nil } }

  mutating func check(_ part: Fusion.Part) throws(Flaw) {
    guard part.primitive.kernel.traits.contains(.elementwise) else { throw Flaw("has a part that isn't elementwise") }
    let node = try node(part.reference, part.primitive, part.operands, part.end)
    guard node.shape == fusion.shape, node.type == part.type else { throw Flaw("has a part of another type") }
    guard part.operandType == graph[part.operands[part.operands.count - 1].source].type else {
      throw Flaw("has a part of operands of another type")
    }
    guard part.isGuarded == guarded.contains(part.reference), !part.isGuarded || part.type.isFloat else {
      throw Flaw("doesn't look whether a part is finite")
    }
    if let end = part.end {
      guard !part.isGuarded, fusion.ends.indices.contains(end), fusion.ends[end].type == .bool,
        case .strip = part.result
      else { throw Flaw("lets a part rest that is needed") }
    }
    for operand in part.operands where operand.place == part.result {
      guard part.primitive.kernel.traits.contains(.overwrites), graph[operand.source].type == part.type else {
        throw Flaw("has a part that writes over what it reads")
      }
    }
    let value = Value(reference: part.reference, shape: node.shape, type: part.type, end: part.end)
    switch part.result {
    case .strip(let number):
      guard strips.indices.contains(number), !fusion.writesOut || number >= step.operands.count else {
        throw Flaw("has a part without a strip of its own")
      }
      strips[number] = value
    case .target(let number):
      guard results.indices.contains(number), results[number] == nil else { throw Flaw("writes a result twice") }
      results[number] = value
    case .outside: throw Flaw("writes to an operand")
    }
  }

  mutating func check(_ end: Fusion.End) throws(Flaw) {
    let number = fusion.ends.firstIndex { $0.reference == end.reference }
    let node = try node(end.reference, end.primitive, [end.operand], number)
    guard node.type == end.type, graph[end.operand.source].shape == fusion.shape else {
      throw Flaw("ends in another type")
    }
    switch end.primitive.kernel {
    case .reduce(let op, let axes):
      guard op.canEndFused(end.operandType), end.operandType == graph[end.operand.source].type else {
        throw Flaw("ends in what can't be fused")
      }
      guard end.isOfColumns ? isOfColumns(axes) : fusion.domain.isFlat else { throw Flaw("adds up other columns") }
    case .reduceLogic(let op, _):
      guard op != .xor, !end.isOfColumns else { throw Flaw("ends in what can't be fused") }
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .argument, .scan, .take, .takeAdjoint, .gather,
      .gatherAdjoint, .matrixProduct, .planned, .loop, .uniform, .normal, .host:
      throw Flaw("ends in what can't be fused")
    }
    guard end.isOfColumns || node.shape.rank == 0 else { throw Flaw("ends in another type") }
    guard results.indices.contains(end.target), results[end.target] == nil else { throw Flaw("writes a result twice") }
    results[end.target] = Value(reference: end.reference, shape: node.shape, type: end.type)
  }

  /// Whether these axes are the rows of the domain, whose columns are gone through one beside the other.
  private func isOfColumns(_ axes: [Int]) -> Bool {
    let (shape, domain) = (fusion.shape, fusion.domain)
    return axes == Array(0..<axes.count) && axes.count < shape.rank && !fusion.writesOut
      && shape.extents.prefix(axes.count).reduce(1, *) == domain.rows && domain.columns > Fusion.shortRow
  }

  /// The node that a part computes, from what it reads.
  private func node(
    _ reference: Graph.Reference, _ own: Primitive, _ operands: [Fusion.Operand], _ end: Int?
  ) throws(Flaw) -> Graph.Node {
    guard graph.nodes.indices.contains(reference.index) else { throw Flaw("computes what isn't there") }
    let node = graph[reference]
    guard case .apply(let primitive, let x) = node.kind, primitive === own, x.count == operands.count,
      !x.isEmpty
    else { throw Flaw("has another part than node \(reference.index)") }
    for (operand, reference) in zip(operands, x) {
      guard operand.source == graph.source(of: reference) else { throw Flaw("has a part that reads another value") }
      try check(operand, under: graph[reference].shape, end)
    }
    try graph.check(reference)
    return node
  }

  /// Whether an operand is where a part reads it.
  private func check(_ operand: Fusion.Operand, under shape: Shape, _ end: Int?) throws(Flaw) {
    let value: Value?
    switch operand.place {
    case .outside(let number):
      guard step.operands.indices.contains(number), step.operands[number].source == operand.source,
        step.operands[number].shape == shape
      else { throw Flaw("has a part that reads another operand") }
      return
    case .strip(let number): value = strips.indices.contains(number) ? strips[number] : nil
    case .target(let number): value = results.indices.contains(number) ? results[number] : nil
    }
    guard let value, value.reference == operand.source, value.shape == shape else {
      throw Flaw("has a part that reads what isn't there")
    }
    // What rests isn't computed any more.
    guard value.end == nil || value.end == end else { throw Flaw("lets a part rest that is needed") }
  }
}
