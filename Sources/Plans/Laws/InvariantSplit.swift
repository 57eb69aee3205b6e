import Graphs
import Refusals
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
      case .apply(_, let operands): depends[index] = operands.contains { depends[$0.index] }
      }
    }
    for (index, node) in whole.nodes.enumerated() {
      if case .parameter(let number) = node.kind, variables.contains(number) {
        _ = move(Graph.Reference(index: index))
      }
    }
  }

  func place(of parameter: Int) -> Int? { places[parameter] }

  /// A parameter that has its place whether anything reads it or not.
  mutating func enter(parameter number: Int, like tensor: Tensor) {
    enter(parameter: number, shape: tensor.shape, type: tensor.type)
  }

  mutating func enter(parameter number: Int, shape: Shape, type: ElementType) {
    if places[number] != nil { return }
    places[number] = parameters.count
    _ = enter(.outer(number), Graph.Node(kind: .parameter(number), shape: shape, type: type))
  }

  func images(of references: Set<Graph.Reference>) -> Set<Graph.Reference> {
    Set(references.compactMap { depends[$0.index] ? moved[$0] : nil })
  }

  /// What the parameters of the smaller graph are: those of the whole, and what doesn't depend on the variables, computed
  /// once.
  func values(_ outer: [Tensor], guarded: Set<Graph.Reference>, memoryLimit: Int) throws(Refusal) -> [Tensor] {
    let computed = try Plan(simplified: whole, outputs: invariants, guarded: guarded)
      .run(outer, memoryLimit: memoryLimit)
    return parameters.map { parameter in
      switch parameter {
      case .outer(let number): outer[number]
      case .invariant(let number): computed[number]
      }
    }
  }

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
      // A parameter as it is, or what another name has become as well: copied, each time anew.
      let node = whole[reference]
      let copy = Primitive("convert", .convert, told: .moved, zero: .converted, gradient: nil)
      let kind = Graph.Node.Kind.apply(copy, [output])
      return graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
    }
  }

  /// - Parameters:
  ///   - isView: what reads it can read through a transpose, so that is left beside its reader.
  private mutating func move(_ reference: Graph.Reference, isView: Bool = false) -> Graph.Reference {
    let node = whole[reference]
    if isView, !depends[reference.index], case .apply(let primitive, let x) = node.kind,
      case .transpose = primitive.kernel
    {
      let kind = Graph.Node.Kind.apply(primitive, [move(x[0])])
      return graph.add(Graph.Node(kind: kind, shape: node.shape, type: node.type))
    }
    if let known = moved[reference] { return known }
    let result: Graph.Reference
    switch node.kind {
    case .parameter(let number):
      places[number] = parameters.count
      result = enter(.outer(number), node)
    case .apply(let primitive, let operands):
      let isProduct = if case .matrixProduct = primitive.kernel { true } else { false }
      let isName = if case .reshape = primitive.kernel { true } else { false }
      if !depends[reference.index], !isName {
        invariants.append(reference)
        result = enter(.invariant(invariants.count - 1), node)
      } else {
        let moved = operands.map { move($0, isView: isProduct) }
        let kind = Graph.Node.Kind.apply(primitive, moved)
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
