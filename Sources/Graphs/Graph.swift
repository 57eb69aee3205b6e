import Tensors

/// Operations in order, each naming earlier ones by number; equal nodes are one node.
public struct Graph: Sendable {
  /// A node's number.
  public struct Reference: Hashable, Sendable, Comparable {
    public let index: Int

    public init(index: Int) { self.index = index }

    public static func < (a: Self, b: Self) -> Bool { a.index < b.index }
  }

  public struct Node: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// A value given when the graph is run.
      case parameter(Int)
      case apply(Primitive, [Reference])
    }

    public let kind: Kind
    public let shape: Shape
    public let type: ElementType

    public init(kind: Kind, shape: Shape, type: ElementType) {
      (self.kind, self.shape, self.type) = (kind, shape, type)
    }
  }

  public private(set) var nodes: [Node] = []
  private var known: [Node: Reference] = [:]

  public init() {}

  /// Nodes as they are, whatever they are.
  init(unverified nodes: [Node]) { self.nodes = nodes }

  public subscript(reference: Reference) -> Node { nodes[reference.index] }

  /// Adds a node, or finds the equal one already there.
  public mutating func add(_ node: Node) -> Reference {
    if let reference = known[node] { return reference }
    checkInDebug(node)
    let reference = Reference(index: nodes.count)
    nodes.append(node)
    known[node] = reference
    return reference
  }

  public func operands(of reference: Reference) -> [Reference] {
    if case .apply(_, let operands) = self[reference].kind { operands } else { [] }
  }

  public func primitive(of reference: Reference) -> Primitive? {
    if case .apply(let primitive, _) = self[reference].kind { primitive } else { nil }
  }

  /// For each node, whether one of `outputs` needs it.
  public func needed(for outputs: [Reference]) -> [Bool] {
    var needed = [Bool](repeating: false, count: nodes.count)
    for output in outputs { needed[output.index] = true }
    for index in nodes.indices.reversed() where needed[index] {
      for operand in operands(of: Reference(index: index)) { needed[operand.index] = true }
    }
    return needed
  }
}

extension Graph: CustomStringConvertible {
  /// One line a node: `%3 [2, 3] = multiply %0 %2`.
  public var description: String {
    nodes.indices.map { line(Reference(index: $0)) }.joined(separator: "\n")
  }

  public func line(_ reference: Reference) -> String {
    let node = self[reference]
    let head = "%\(reference.index) \(node.shape)\(node.type == .float32 ? "" : " \(node.type.name)") = "
    switch node.kind {
    case .parameter(let number): return head + "parameter \(number)"
    case .apply(let primitive, let operands):
      let parts =
        [primitive.name] + operands.map { "%\($0.index)" } + [primitive.kernel.attributeText].compactMap { $0 }
      return head + parts.joined(separator: " ")
    }
  }
}

extension Graph.Node {
  public var byteCount: Int { Self.byteCount(shape, type) }

  /// The bytes of a tensor; `Int.max` where they can't be counted.
  public static func byteCount(_ shape: Shape, _ type: ElementType) -> Int {
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: type.stride)
    return overflow ? .max : bytes
  }

  /// The same shape and type, made otherwise.
  public func made(by kind: Kind) -> Graph.Node { Graph.Node(kind: kind, shape: shape, type: type) }
}

extension Graph {
  /// A node that says whether all elements of another are finite.
  public mutating func isFinite(_ reference: Reference) -> Reference {
    let node = self[reference]
    let each = Node(kind: .apply(.isFinite, [reference]), shape: node.shape, type: .bool)
    let axes = Array(0..<node.shape.rank)
    return add(Node(kind: .apply(.all(axes), [add(each)]), shape: .scalar, type: .bool))
  }

  public mutating func and(_ a: Reference, _ b: Reference) -> Reference {
    add(Node(kind: .apply(.and, [a, b]), shape: .scalar, type: .bool))
  }
}
