import Tensors

/// A graph taken apart into what depends on some parameters and what can be computed beforehand.
struct InvariantSplit {
  enum Parameter {
    /// A parameter of the whole graph.
    case outer(Int)
    /// A value computed beforehand.
    case invariant(Int)
  }

  private let whole: Graph
  /// What depends on the variables.
  private(set) var graph = Graph()
  private(set) var parameters: [Parameter] = []
  private(set) var invariants: [Graph.Reference] = []
  private var depends: [Bool]
  private var moved: [Graph.Reference: Graph.Reference] = [:]
  private var places: [Int: Int] = [:]

  init(_ whole: Graph, variables: Set<Int>) {
    self.whole = whole
    depends = [Bool](repeating: false, count: whole.nodes.count)
    for (index, node) in whole.nodes.enumerated() {
      switch node.kind {
      case .parameter(let number): depends[index] = variables.contains(number)
      case .apply(_, let operands, _): depends[index] = operands.contains { depends[$0.index] }
      }
    }
    for (index, node) in whole.nodes.enumerated() {
      if case .parameter(let number) = node.kind, variables.contains(number) {
        _ = move(Graph.Reference(index: index))
      }
    }
  }

  func place(of parameter: Int) -> Int? { places[parameter] }

  /// The outputs in the smaller graph, each computed into a buffer of its own.
  mutating func outputs(_ references: [Graph.Reference]) -> [Graph.Reference] {
    let needed = whole.needed(for: references)
    for index in whole.nodes.indices where needed[index] && depends[index] { _ = move(Graph.Reference(index: index)) }
    var taken: Set<Graph.Reference> = []
    return references.map { reference in
      let output = move(reference)
      var source = output
      while let primitive = graph.primitive(of: source), case .reshape = primitive.kernel {
        source = graph.operands(of: source)[0]
      }
      if graph.primitive(of: source) != nil, taken.insert(source).inserted { return output }
      // A parameter as it is, or what another name has become as well: copied.
      let node = whole[reference]
      let kind = Graph.Node.Kind.apply(.convert, [output], attributes: [taken.count, graph.nodes.count])
      return graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
    }
  }

  private mutating func move(_ reference: Graph.Reference) -> Graph.Reference {
    if let known = moved[reference] { return known }
    let node = whole[reference]
    let result: Graph.Reference
    switch node.kind {
    case .parameter(let number):
      places[number] = parameters.count
      result = enter(.outer(number), node)
    case .apply(let primitive, let operands, let attributes):
      if !depends[reference.index], !primitive.kernel.isView {
        invariants.append(reference)
        result = enter(.invariant(invariants.count - 1), node)
      } else {
        let kind = Graph.Node.Kind.apply(primitive, operands.map { move($0) }, attributes: attributes)
        result = graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
      }
    }
    moved[reference] = result
    return result
  }

  private mutating func enter(_ parameter: Parameter, _ node: Graph.Node) -> Graph.Reference {
    parameters.append(parameter)
    let kind = Graph.Node.Kind.parameter(parameters.count - 1)
    return graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
  }
}

extension Kernel {
  /// The planner reads through it, so that it is better left beside what reads it.
  var isView: Bool {
    switch self {
    case .reshape, .transpose: true
    default: false
    }
  }
}
