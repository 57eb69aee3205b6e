import Tensors

/// A body that is gone through so many times, and what is kept of it: side by side in one vector.
public struct GraphLoop: Hashable, Sendable {
  /// One of the things that a loop leaves.
  public enum Result: Hashable, Sendable {
    /// A carried value after the last round.
    case last(Int)
    /// An output of every round, along a new first axis.
    case outputs(Int)
    /// A carried value before every round, along a new first axis.
    case states(Int)
  }

  /// Where a result lies in the vector.
  public struct Part: Sendable {
    public let result: Result
    public let offset: Int
    public let shape: Shape
    public let type: ElementType

    public var places: Range<Int> { offset..<offset.addingClamped(shape.count) }
  }

  public let body: LoopBody
  public let count: Int
  /// Rows are walked over, and outputs kept, from the last one to the first.
  public let isReversed: Bool
  public let kept: [Result]

  public init(_ body: LoopBody, count: Int, isReversed: Bool, kept: [Result]) {
    (self.body, self.count, self.isReversed, self.kept) = (body, count, isReversed, kept)
  }

  public func keeping(_ kept: [Result]) -> GraphLoop {
    GraphLoop(body, count: count, isReversed: isReversed, kept: kept)
  }

  /// The row that a round has to do with.
  public func row(inRound round: Int) -> Int { isReversed ? count - 1 - round : round }

  /// The node of the body that a result is made of.
  public func source(of result: Result) -> Graph.Reference {
    switch result {
    case .last(let number): body.next[number]
    case .outputs(let number): body.outputs[number]
    case .states(let number):
      // A carried value's own parameter; it has the shape and type of what takes its place.
      body.parameters[number] ?? body.next[number]
    }
  }

  public var parts: [Part] {
    var offset = 0
    return kept.map { result in
      let node = body.graph[source(of: result)]
      let shape =
        switch result {
        case .last: node.shape
        case .outputs, .states: Shape([count] + node.shape.extents)
        }
      defer { offset = offset.addingClamped(shape.count) }
      // A literal has no axes: of every round it is kept in double precision.
      let type = node.type == .literal && shape.rank > 0 ? .float64 : node.type
      return Part(result: result, offset: offset, shape: shape, type: type)
    }
  }

  /// The vector's length and type: one that holds each result as it is.
  public var shape: Shape { Shape([parts.reduce(0) { $0.addingClamped($1.shape.count) }]) }

  public var type: ElementType {
    let types = parts.map(\.type)
    let isWide = types.contains { $0 == .literal || $0 == .float64 }
    return isWide ? .float64 : types.max() ?? .float32
  }

  public var primitive: Primitive { .loop(self) }

  /// Its rounds, for people.
  var attributeText: String { "\(count) rounds of \(body.graph.nodes.count - body.parameterCount) nodes" }
}

extension GraphLoop {
  /// The numbers of the body's parameters that what is kept, and another node of the body, follow from in any round.
  ///
  /// - Parameter operands: what a node of the body reads.
  public func parametersRead(
    also other: Graph.Reference? = nil, by operands: (Graph.Reference) -> [Graph.Reference]
  ) -> Set<Int> {
    var met = [Bool](repeating: false, count: body.graph.nodes.count)
    var waiting = kept.map(source) + (other.map { [$0] } ?? [])
    for result in kept {
      if case .last(let number) = result, let parameter = body.parameters[number] { waiting.append(parameter) }
    }
    var numbers: Set<Int> = []
    while let next = waiting.popLast() {
      if met[next.index] { continue }
      met[next.index] = true
      switch body.graph[next].kind {
      case .parameter(let number):
        numbers.insert(number)
        if number < body.carriedCount { waiting.append(body.next[number]) }
      case .apply: waiting += operands(next)
      }
    }
    return numbers
  }
}

extension GraphLoop.Result {
  /// The output that it is made of, if it is made of one.
  public var output: Int? { if case .outputs(let number) = self { number } else { nil } }
}

extension Kernel {
  /// What is gone through again and again; nil for anything else.
  public var loop: GraphLoop? { if case .loop(let loop) = self { loop } else { nil } }
}

extension Graph.Node {
  public var isLoop: Bool { if case .apply(let primitive, _) = kind { primitive.kernel.loop != nil } else { false } }
}

extension GraphLoop {
  /// What must be true of a loop: operands as the body reads them, rounds that go on as they began, a vector that holds
  /// what is kept.
  func check(_ x: Operands, _ y: Graph.Node) throws(Flaw) {
    guard count >= 0, x.count == body.parameterCount else { throw Flaw("wants an operand for each of its parameters") }
    guard body.next.count == body.carriedCount else { throw Flaw("wants each carried value to go on") }
    let nodes = body.graph.nodes
    func isThere(_ reference: Graph.Reference) -> Bool { nodes.indices.contains(reference.index) }
    guard body.next.allSatisfy(isThere), body.outputs.allSatisfy(isThere) else { throw Flaw("keeps what isn't there") }
    for (number, parameter) in body.parameters.enumerated() {
      guard let parameter else { throw Flaw("lacks its parameter \(number)") }
      let (node, operand) = (nodes[parameter.index], x[number])
      let isRow = body.rows.contains(number)
      let shape = isRow ? Shape([count] + node.shape.extents) : node.shape
      let isRead = node.type == operand.type || isRow && node.type == .literal && operand.type == .float64
      guard operand.shape == shape, isRead else {
        throw Flaw("reads operand \(number + 1), \(operand.shape) \(operand.type), as \(shape) \(node.type)")
      }
      guard number < body.carriedCount else { continue }
      let next = nodes[body.next[number].index]
      guard next.shape == node.shape, next.type == node.type else {
        throw Flaw("hands \(next.shape) \(next.type) on as \(node.shape) \(node.type)")
      }
    }
    for result in kept {
      switch result {
      case .last(let number), .states(let number):
        guard body.next.indices.contains(number) else { throw Flaw("keeps a carried value that isn't there") }
      case .outputs(let number):
        guard body.outputs.indices.contains(number) else { throw Flaw("keeps an output that isn't there") }
      }
    }
    guard y.shape == shape, y.type == type else { throw Flaw("leaves \(shape) \(type)") }
  }
}
