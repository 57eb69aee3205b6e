import Tensors

extension Graph {
  /// What is wrong with a graph, by its first wrong node: an operand that comes later, a literal with a rank, or a rule
  /// of its loop that is broken; nil if nothing is.
  public var fault: String? {
    for index in nodes.indices {
      do throws(Flaw) { try check(Reference(index: index)) } catch { return Self.fault(nodes[index], index, error) }
    }
    return nil
  }

  /// Whether a node reads what comes before it, by the rules of its loop.
  public func check(_ reference: Reference) throws(Flaw) {
    let node = nodes[reference.index]
    if case .apply(_, let operands) = node.kind {
      for operand in operands where operand.index >= reference.index || operand.index < 0 {
        throw Flaw("reads what comes after it")
      }
    }
    try check(node)
  }

  /// What the strided loops can count.
  private static let mostAxes = 16

  /// Whether a node may be added to those there are.
  func check(_ node: Node) throws(Flaw) {
    guard node.type != .literal || node.shape.rank == 0 else {
      throw Flaw("is a literal, but no number: \(node.shape)")
    }
    guard node.shape.rank <= Self.mostAxes, node.shape.extents.allSatisfy({ $0 >= 0 }) else {
      throw Flaw("has an impossible shape")
    }
    switch node.kind {
    case .parameter(let number): if number < 0 { throw Flaw("has no number") }
    case .apply(let primitive, let operands):
      try primitive.kernel.check(Operands(graph: self, references: operands), node)
    }
  }

  static func fault(_ node: Node, _ index: Int, _ flaw: Flaw) -> String {
    let name = if case .apply(let primitive, _) = node.kind { primitive.name } else { "parameter" }
    return "a fault of Gradus: node \(index) (\(name)) \(flaw.text)"
  }

  /// In debug builds every node is looked at when it is added, by whichever part of the program.
  func checkInDebug(_ node: Node) {
    #if DEBUG
      do throws(Flaw) { try check(node) } catch {
        let operands = if case .apply(_, let x) = node.kind { x.map { line($0) } } else { [String]() }
        fatalError(
          ([Self.fault(node, nodes.count, error)] + operands + ["\(node.shape) \(node.type)"]).joined(separator: "\n"))
      }
    #endif
  }
}
