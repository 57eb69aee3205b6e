import Graphs
import Refusals
import Tensors

/// A graph on its way out: named inputs with their values, named outputs, and the nodes between them.
package struct ExportedProgram {
  package struct Input {
    package var name: String
    package var reference: Graph.Reference
    package var value: Tensor
    /// Made by `weights(…)`.
    package var isTrainable: Bool
    /// It has a name in the session.
    package var isNamed = true
  }

  package struct Output {
    package var name: String
    package var reference: Graph.Reference
  }

  package let graph: Graph
  package internal(set) var inputs: [Input] = []
  package let outputs: [Output]
  /// Small tensors that are part of the program, not of its data.
  let constants: [Graph.Reference: Tensor]
  /// What the nodes are called, where they have a name.
  let labels: [Graph.Reference: String]
  /// Outputs that take the place of inputs in the next step.
  package var carried: [String: String] = [:]
  /// The weights that inputs belong to which an optimiser keeps for them.
  package var owners: [String: String] = [:]
  /// What names are the values of, as they were written: `y := relu(x @ w + b)`.
  package var formulas: [String: String] = [:]
  /// Calls of operators as they were written, by what they give.
  package var calls: [Graph.Reference: ExportedCall] = [:]
  /// Sizes of inputs that are left open.
  package var sizes: SymbolicSizes?
  /// Every node that is needed and is neither an input nor a constant, operands first.
  let order: [Graph.Reference]

  /// - Parameters:
  ///   - outputs: with names that differ.
  ///   - labels: names that some nodes have in the session.
  ///   - names: for parameters that have no name of their own, as an optimiser's state.
  ///   - draws: whether random numbers are drawn by the program even where they are always the same.
  package init(
    _ builder: Builder, outputs: [(name: String, symbol: Symbol)], labels: [Graph.Reference: String] = [:],
    names: [Int: String] = [:], trainable: Set<String> = [], draws: Bool = false
  ) throws(Refusal) {
    graph = builder.graph
    self.labels = labels
    self.outputs = outputs.map { Output(name: $0.name, reference: $0.symbol.reference) }
    let walk = Walk(builder, outputs: self.outputs.map(\.reference), names, draws: draws)
    var constants: [Graph.Reference: Tensor] = [:]
    var used: Set<String> = []
    func unused(_ name: String) -> String {
      var (free, number) = (name, 2)
      while !used.insert(free).inserted {
        free = "\(name)_\(number)"
        number += 1
      }
      return free
    }
    for reference in walk.leaves {
      var (name, value): (String?, Tensor)
      if case .parameter(let number) = graph[reference].kind {
        (name, value) = (builder.parameters[number].name ?? names[number], builder.parameters[number].value)
      } else {
        do throws(Refusal) { (name, value) = (nil, try builder.value(of: builder.symbol(reference))) } catch {
          throw Refusal("a value that the program needs can't be computed")
        }
      }
      if name == nil, !graph[reference].isDrawn, value.count <= 32, value.values.allSatisfy(\.isFinite) {
        constants[reference] = value
      } else {
        inputs.append(
          Input(
            name: unused(name ?? (graph[reference].isDrawn ? "random" : "constant")), reference: reference,
            value: value,
            isTrainable: name.map(trainable.contains) ?? false, isNamed: name != nil))
      }
    }
    self.constants = constants
    inputs.sort { ($0.isTrainable ? 0 : 1, $0.name) < ($1.isTrainable ? 0 : 1, $1.name) }
    order = walk.order
  }

  /// A graph as it is: each parameter is an input, in the order of the numbers, of which only shape and type are known.
  package init(_ graph: Graph, outputs: [Graph.Reference]) {
    self.graph = graph
    self.outputs = outputs.map { Output(name: "result", reference: $0) }
    (constants, labels) = ([:], [:])
    var parameters: [(number: Int, input: Input)] = []
    var order: [Graph.Reference] = []
    for (index, node) in graph.nodes.enumerated() {
      let reference = Graph.Reference(index: index)
      if case .parameter(let number) = node.kind {
        let value = Tensor.hollow(node.shape, node.type)
        parameters.append((number, Input(name: "p\(number)", reference: reference, value: value, isTrainable: false)))
      } else {
        order.append(reference)
      }
    }
    inputs = parameters.sorted { $0.number < $1.number }.map(\.input)
    self.order = order
  }

  /// What a node really reads: a reshape its first operand alone (what is restated, its formula, which other libraries have
  /// words for), a product without the patterns of its zeros, a loop what the rounds need.
  package static func operands(of reference: Graph.Reference, in graph: Graph) -> [Graph.Reference] {
    guard case .apply(let primitive, let operands) = graph[reference].kind else { return [] }
    if primitive === Primitive.restated { return operands.suffix(1) }
    if case .reshape = primitive.kernel { return [operands[0]] }
    if case .matrixProduct = primitive.kernel { return Array(operands.prefix(2)) }
    if let loop = primitive.kernel.loop { return ExportedLoop(loop).parameters.map { operands[$0] } }
    return operands
  }

  /// Whether it is a step that is handed its random numbers, always the same ones.
  package var repeatsDraws: Bool {
    !carried.isEmpty && inputs.contains { !$0.isNamed && graph[$0.reference].isRandom }
  }

  func isLeaf(_ reference: Graph.Reference) -> Bool {
    constants[reference] != nil || inputs.contains { $0.reference == reference }
  }

  /// What a loss is taken of: the last value with a name and a formula that weights lead to.
  var forward: Graph.Reference? {
    guard outputs.count == 1, graph[outputs[0].reference].shape.count == 1 else { return nil }
    var isTrained: Set<Graph.Reference> = Set(inputs.filter(\.isTrainable).map(\.reference))
    var last: Graph.Reference?
    for reference in order where operands(of: reference).contains(where: isTrained.contains) {
      isTrained.insert(reference)
      guard reference != outputs[0].reference, graph[reference].type.isFloat, graph[reference].shape.rank > 0,
        let label = labels[reference], formulas[label] != nil
      else { continue }
      last = reference
    }
    return last
  }

  func operands(of reference: Graph.Reference) -> [Graph.Reference] { Self.operands(of: reference, in: graph) }
}

extension Graph.Node {
  fileprivate var isRandom: Bool {
    guard case .apply(let primitive, _) = kind else { return false }
    return primitive === Primitive.uniform || primitive === Primitive.normal
  }

  fileprivate var isDrawn: Bool {
    guard case .apply(let primitive, _) = kind else { return false }
    switch primitive.kernel {
    case .uniform, .normal, .host: return true
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan, .take,
      .takeAdjoint, .gather, .gatherAdjoint, .matrixProduct, .planned, .loop:
      return false
    }
  }
}

extension Refusal {
  /// What another language has no words for.
  static func lacking(_ language: String, _ operation: String) -> Refusal {
    Refusal("\(language) has no \(operation)")
  }
}

/// The needed nodes, split into those that are given and those that are computed.
private struct Walk {
  private(set) var leaves: [Graph.Reference] = []
  private(set) var order: [Graph.Reference] = []

  init(_ builder: Builder, outputs: [Graph.Reference], _ names: [Int: String], draws: Bool) {
    let graph = builder.graph
    let count = graph.nodes.count
    var needed = [Bool](repeating: false, count: count)
    /// Whether a node depends on something that has a name.
    var isOpen = [Bool](repeating: false, count: count)
    for index in 0..<count {
      let reference = Graph.Reference(index: index)
      if case .parameter(let number) = graph[reference].kind {
        isOpen[index] = builder.parameters[number].name != nil || names[number] != nil
      } else {
        isOpen[index] = ExportedProgram.operands(of: reference, in: graph).contains { isOpen[$0.index] }
      }
    }
    for output in outputs { needed[output.index] = true }
    for index in (0..<count).reversed() where needed[index] {
      let reference = Graph.Reference(index: index)
      if Self.isGiven(graph, reference, isOpen: isOpen[index], draws: draws) { continue }
      for operand in ExportedProgram.operands(of: reference, in: graph) { needed[operand.index] = true }
    }
    for index in 0..<count where needed[index] {
      let reference = Graph.Reference(index: index)
      if Self.isGiven(graph, reference, isOpen: isOpen[index], draws: draws) {
        leaves.append(reference)
      } else {
        order.append(reference)
      }
    }
  }

  /// Parameters; random numbers, and what only this program can compute, where they don't depend on any name.
  private static func isGiven(_ graph: Graph, _ reference: Graph.Reference, isOpen: Bool, draws: Bool) -> Bool {
    guard case .apply(let primitive, _) = graph[reference].kind else { return true }
    switch primitive.kernel {
    case .uniform, .normal: return !isOpen && !draws
    case .host: return !isOpen
    case .map, .zip, .compare, .test, .logic, .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast,
      .transpose, .slice, .embed, .window, .windowAdjoint, .concat, .reduce, .reduceLogic, .argument, .scan, .take,
      .takeAdjoint, .gather, .gatherAdjoint, .matrixProduct, .planned, .loop:
      return false
    }
  }
}
