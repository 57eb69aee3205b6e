import CKernels
import Graphs
import Tensors

/// A smaller graph that gives the same bits, by named laws.
struct Simplify {
  /// One law: what a node may be replaced by, found by looking at the simplified graph so far.
  struct Law: Sendable {
    /// Which node has to turn out finite for the law to be right; otherwise the graph has to be run without it.
    enum Guard: Sendable {
      /// What the law leaves.
      case result
      /// The operand of this number, which has to be computed for something else too.
      case operand(Int)
    }

    let name: String
    var guarded: Guard?
    let rewrite: @Sendable (inout Graph, Graph.Node) -> Graph.Reference?
  }

  private(set) var graph = Graph()
  /// The names of the laws that found something to do.
  private(set) var fired: [String] = []
  /// Nodes that must turn out finite.
  private(set) var guarded: Set<Graph.Reference> = []
  /// Those that were an operand: something else has to need them.
  private var guardedOperands: Set<Graph.Reference> = []
  private var moved: [Graph.Reference?]

  init(_ whole: Graph, outputs: [Graph.Reference], laws: [Law]) {
    guard whole.nodes.contains(where: \.isLoop) else {
      self.init(trimmed: whole, outputs: outputs, laws: laws)
      return
    }
    let trimming = LoopTrimming(whole, outputs: outputs, laws: laws)
    self.init(trimmed: trimming.graph, outputs: outputs.map { trimming[$0] }, laws: laws)
    moved = trimming.moved.map { $0.flatMap { moved[$0.index] } }
    for name in trimming.fired where !fired.contains(name) { fired.append(name) }
  }

  /// A graph whose loops do only what is read of them.
  private init(trimmed whole: Graph, outputs: [Graph.Reference], laws: [Law]) {
    moved = [Graph.Reference?](repeating: nil, count: whole.nodes.count)
    let needed = whole.needed(for: outputs)
    for (index, node) in whole.nodes.enumerated() where needed[index] {
      // A plan that nobody waits for needn't be a good one.
      moved[index] = move(node, gk_is_interrupted() != 0 ? [] : laws)
    }
    let remaining = graph.needed(for: outputs.map { self[$0] })
    if guardedOperands.contains(where: { !remaining[$0.index] }) {
      self = Simplify(trimmed: whole, outputs: outputs, laws: laws.filter { $0.guarded?.isOperand != true })
      return
    }
    guarded = guarded.union(guardedOperands).filter { remaining[$0.index] }
    removeGuardsOfTerms()
  }

  /// A sum isn't finite if a term isn't.
  private mutating func removeGuardsOfTerms() {
    for sum in guarded {
      guard case .zip(let op)? = graph.primitive(of: sum)?.kernel, op == .add || op == .subtract else { continue }
      for term in graph.operands(of: sum) { guarded.remove(graph.turnedSource(of: term)) }
    }
  }

  subscript(reference: Graph.Reference) -> Graph.Reference {
    guard let result = moved[reference.index] else { preconditionFailure("only what is needed is simplified") }
    return result
  }

  private mutating func move(_ node: Graph.Node, _ laws: [Law]) -> Graph.Reference {
    guard case .apply(let primitive, let operands) = node.kind else { return graph.add(node) }
    let kind = Graph.Node.Kind.apply(primitive, operands.map { self[$0] })
    var next = Graph.Node(kind: kind, shape: node.shape, type: node.type)
    // A law may open the way for another; each makes the graph smaller, so few rounds are enough.
    for _ in 0..<8 {
      guard let (law, result) = apply(laws, to: next) else { return graph.add(next) }
      if !fired.contains(law.name) { fired.append(law.name) }
      switch law.guarded {
      case .result: guarded.insert(graph.turnedSource(of: result))
      case .operand(let number):
        guard case .apply(_, let x) = next.kind else { break }
        guardedOperands.insert(graph.turnedSource(of: x[number]))
      case nil: break
      }
      guard case .apply = graph[result].kind, law.guarded == nil, !Self.hasReaders(result, in: graph) else {
        return result
      }
      next = graph[result]
    }
    return graph.add(next)
  }

  private static func hasReaders(_ reference: Graph.Reference, in graph: Graph) -> Bool {
    reference.index != graph.nodes.count - 1
  }

  private mutating func apply(_ laws: [Law], to node: Graph.Node) -> (Law, Graph.Reference)? {
    for law in laws {
      guard let result = law.rewrite(&graph, node) else { continue }
      checkInDebug(law, node, result)
      return (law, result)
    }
    return nil
  }

  /// What takes a node's place has its shape and type: readers don't look again.
  private func checkInDebug(_ law: Law, _ node: Graph.Node, _ result: Graph.Reference) {
    #if DEBUG
      guard graph.fits(result, node) else {
        fatalError("a fault of Gradus: the law \(law.name) leaves \(graph.line(result)) for \(node.shape) \(node.type)")
      }
    #endif
  }
}

extension Simplify.Law.Guard {
  fileprivate var isOperand: Bool { if case .operand = self { true } else { false } }
}

extension Simplify.Law {
  /// Right for all values, NaN, infinities and the sign of zero included.
  static let exact: [Simplify.Law] =
    [
      convertFill, moveFill, foldNumbers, timesOne, minusZero, twice, twiceTransposed, twiceReshaped, otherName, same,
      broadcastInto, widened, overlaid, pieceOfJoined,
    ] + ordering

  static let convertFill = Self("convert(number) = number") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .convert = primitive.kernel,
      let value = graph.number(x[0])
    else { return nil }
    let rounded: Double =
      switch node.type {
      case .bool: value != 0 ? 1 : 0
      case .float32: Double(Float(value))
      case .literal, .float64: value
      }
    return graph.fill(rounded, node.shape, node.type)
  }

  static let moveFill = Self("broadcast(number) = number") { graph, node in
    guard case .apply(let primitive, let x) = node.kind else { return nil }
    switch primitive.kernel {
    case .broadcast, .transpose, .slice:
      guard let value = graph.number(x[0]), graph[x[0]].type == node.type else { return nil }
      return graph.fill(value, node.shape, node.type)
    default: return nil
    }
  }

  static let foldNumbers = Self("number + number = number") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .zip(let op) = primitive.kernel,
      let a = graph.number(x[0]), let b = graph.number(x[1])
    else { return nil }
    let isSingle = node.type == .float32
    let result: Double
    switch op {
    case .add: result = isSingle ? Double(Float(a) + Float(b)) : a + b
    case .subtract: result = isSingle ? Double(Float(a) - Float(b)) : a - b
    case .multiply: result = isSingle ? Double(Float(a) * Float(b)) : a * b
    case .divide: result = isSingle ? Double(Float(a) / Float(b)) : a / b
    default: return nil
    }
    // The payload of a NaN is the kernel's business.
    return result.isNaN ? nil : graph.fill(result, node.shape, node.type)
  }

  static let timesOne = Self("x · 1 = x") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .zip(let op) = primitive.kernel else { return nil }
    if op == .multiply || op == .divide, graph.repeatedNumber(x[1]) == 1, graph.fits(x[0], node) { return x[0] }
    if op == .multiply, graph.repeatedNumber(x[0]) == 1, graph.fits(x[1], node) { return x[1] }
    return nil
  }

  /// x + 0 is not x where x is -0.
  static let minusZero = Self("x - 0 = x") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .zip(let op) = primitive.kernel, op == .subtract,
      let value = graph.number(x[1]), value == 0, value.sign == .plus, graph.fits(x[0], node)
    else { return nil }
    return x[0]
  }

  static let twice = Self("-(-x) = x, not not m = m") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, let inner = graph.primitive(of: x[safe: 0]) else {
      return nil
    }
    switch (primitive.kernel, inner.kernel) {
    case (.map(let a), .map(let b)) where a == .negative && b == .negative: return graph.operands(of: x[0])[0]
    case (.not, .not): return graph.operands(of: x[0])[0]
    default: return nil
    }
  }

  static let twiceTransposed = Self("transpose(transpose(x)) = x") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .transpose(let outer) = primitive.kernel,
      case .apply(let other, let y) = graph[x[0]].kind, case .transpose(let inner) = other.kernel,
      outer.enumerated().allSatisfy({ inner[$1] == $0 })
    else { return nil }
    return y[0]
  }

  static let twiceReshaped = Self("reshape(reshape(x)) = reshape(x)") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, primitive === Primitive.reshape,
      case .apply(let other, let y) = graph[x[0]].kind, other === Primitive.reshape
    else { return nil }
    if graph.fits(y[0], node) { return y[0] }
    return graph.add(Graph.Node(kind: .apply(primitive, [y[0]]), shape: node.shape, type: node.type))
  }

  static let otherName = Self("name(x) = x") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .reshape = primitive.kernel, graph.fits(x[0], node)
    else { return nil }
    return x[0]
  }

  static let same = Self("m and m = m") { graph, node in
    guard case .apply(let primitive, let x) = node.kind, case .logic(let op) = primitive.kernel, op != .xor,
      x[0] == x[1], graph.fits(x[0], node)
    else { return nil }
    return x[0]
  }

  /// The loops stretch their operands themselves.
  static let broadcastInto = Self("broadcast(x) + y = x + y") { graph, node in
    guard case .apply(let primitive, var x) = node.kind, primitive.kernel.traits.contains(.broadcasts) else {
      return nil
    }
    for position in x.indices {
      guard let other = graph.primitive(of: x[position]), case .broadcast = other.kernel else { continue }
      let inner = graph.operands(of: x[position])[0]
      var shape: Shape? = graph[inner].shape
      for (place, operand) in x.enumerated() where place != position {
        shape = shape?.broadcast(with: graph[operand].shape)
      }
      guard shape == node.shape, graph[inner].type == graph[x[position]].type else { continue }
      x[position] = inner
      let kind = Graph.Node.Kind.apply(primitive, x)
      return graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
    }
    return nil
  }

  init(
    _ name: String, guarded: Guard? = nil,
    _ rewrite: @escaping @Sendable (inout Graph, Graph.Node) -> Graph.Reference?
  ) {
    (self.name, self.guarded, self.rewrite) = (name, guarded, rewrite)
  }
}

extension Graph {
  /// The number that fills a node.
  func number(_ reference: Reference) -> Double? {
    guard case .apply(let primitive, _) = self[reference].kind, case .fill(let constant) = primitive.kernel else {
      return nil
    }
    return constant.value
  }

  /// The number that a node repeats, whatever its shape has been.
  fileprivate func repeatedNumber(_ reference: Reference) -> Double? {
    switch primitive(of: reference)?.kernel {
    case .reshape, .broadcast: repeatedNumber(operands(of: reference)[0])
    default: number(reference)
    }
  }

  mutating func fill(_ value: Double, _ shape: Shape, _ type: ElementType) -> Reference {
    add(Node(kind: .apply(.fill(Constant(value)), []), shape: shape, type: type))
  }

  /// Whether it is made by a step that can look at its result.
  func canBeGuarded(_ reference: Reference) -> Bool {
    primitive(of: turnedSource(of: reference))?.kernel.traits.contains(.guardable) == true
  }

  func fits(_ reference: Reference, _ node: Node) -> Bool {
    self[reference].shape == node.shape && self[reference].type == node.type
  }

  fileprivate func primitive(of reference: Reference?) -> Primitive? { reference.flatMap { primitive(of: $0) } }
}

extension [Graph.Reference] {
  fileprivate subscript(safe position: Int) -> Graph.Reference? { position < count ? self[position] : nil }
}
