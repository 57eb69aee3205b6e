import Refusals
import Tensors

/// What reverse mode wrote for one result: the adjoint of each node it came by, and what each reader of a node added.
public struct ReversePass {
  /// What one reader of a node gave to the node's adjoint.
  public struct Part {
    public let reader: Graph.Reference
    /// Which of the reader's operands the node is.
    public let operand: Int
    public let node: Graph.Reference
    /// A mask that the reader puts on the node was left out.
    public let isOpen: Bool
  }

  public let result: Graph.Reference
  /// How many nodes there were before.
  public let start: Int
  /// By the node that they are adjoints of.
  public private(set) var adjoints: [Graph.Reference: Graph.Reference] = [:]
  /// What was asked for, by the node that it was asked for; zeros where nothing flowed back.
  public private(set) var answers: [Graph.Reference: Graph.Reference] = [:]
  public private(set) var parts: [Graph.Reference: [Part]] = [:]
  /// The nodes that adjoints belong to; of equal ones the one that was met last, nearest to the names.
  public private(set) var owners: [Graph.Reference: Graph.Reference] = [:]

  init(_ result: Graph.Reference, start: Int) { (self.result, self.start) = (result, start) }

  mutating func note(_ part: Part, of node: Graph.Reference) { parts[node, default: []].append(part) }

  mutating func close(
    _ adjoints: [Graph.Reference: Symbol], _ answers: [Graph.Reference: Graph.Reference]
  ) {
    self.adjoints = adjoints.mapValues(\.reference)
    self.answers = answers
    for (node, adjoint) in self.adjoints where adjoint.index >= start {
      owners[adjoint] = owners[adjoint].map { min($0, node) } ?? node
    }
  }
}

extension Builder {
  /// How much an operand of an operation counts in its result, entry by entry: what its rule makes of ones.
  ///
  /// Nil where nothing flows back.
  public func slope(of reader: Graph.Reference, by operand: Int) -> Symbol? {
    guard case .apply(let primitive, let operands) = graph[reader].kind, let rule = primitive.gradient else {
      return nil
    }
    let y = symbol(reader)
    return rule(ones(y.shape, type: y.type), y, operands.map(symbol), primitive.kernel)[operand]
  }

  /// The value that a symbol would have if some nodes had other values than theirs, of the same shapes and types.
  public func value(of symbol: Symbol, replacing others: [Graph.Reference: Tensor]) throws(Refusal) -> Tensor {
    let needed = graph.needed(for: [symbol.reference])
    var part = Graph()
    var places: [Graph.Reference: Graph.Reference] = [:]
    var values: [Tensor] = []
    for index in graph.nodes.indices where needed[index] {
      let reference = Graph.Reference(index: index)
      let node = graph[reference]
      if let other = others[reference] {
        values.append(other)
        places[reference] = part.add(node.made(by: .parameter(values.count - 1)))
        continue
      }
      switch node.kind {
      case .parameter(let number):
        values.append(parameters[number].value)
        places[reference] = part.add(node.made(by: .parameter(values.count - 1)))
      case .apply(let primitive, let operands):
        places[reference] = part.add(node.made(by: .apply(primitive, operands.compactMap { places[$0] })))
      }
    }
    let outputs = [symbol.reference].compactMap { places[$0] }
    return try runner.valuesHere(part, outputs: outputs, parameters: values, memoryLimit: memoryLimit)[0]
  }
}
