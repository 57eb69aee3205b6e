import Refusals
import Tensors

/// A graph under construction together with the values of its parameters; lives for one statement.
public final class Builder {
  /// A value that enters from outside.
  public struct Parameter {
    public var value: Tensor
    /// The name it has in the session, if any.
    public var name: String?
    /// The same for every value of weights and inputs: a mask that a name holds, a random key.
    public var isFixed: Bool
    /// Where the value isn't structurally zero, and where it isn't strongly zero; nil: everywhere.
    public var pattern: Pattern<Tensor>
    /// Only its shape is known; its elements are never read.
    public var isAbstract = false
  }

  public private(set) var graph = Graph()
  public private(set) var parameters: [Parameter] = []
  /// What a literal becomes when nothing else decides: the session's precision.
  public let defaultType: ElementType
  /// Bytes a result may take; checked before anything is allocated.
  public let memoryLimit: Int
  /// The first two shapes that met and don't fit.
  private var misfit: (Shape, Shape)?
  var patterns: [Graph.Reference: Pattern<Graph.Reference>] = [:]
  var fixed: [Graph.Reference: Bool] = [:]
  /// The square of a node without the root in it, nil where there is none, once it has been asked for.
  var squares: [Graph.Reference: Graph.Reference?] = [:]
  /// Values that were asked for while the graph was built: the graph is right only as long as they are.
  private var demanded: [Graph.Reference: Tensor] = [:]
  /// Values that were computed on the way, which shape nothing by themselves.
  private var onTheWay: [Graph.Reference: Tensor] = [:]
  /// A value was asked for that this graph can't know.
  public internal(set) var hasDemandedUnknown = false
  /// What was wrong with plans that were not run: the slow twin gave their answers.
  public var faults: [String] { runner.faults }
  /// The elements that a value may have, and what it is computed from, to be computed while the graph is built.
  public var demandLimit = Int.max
  let runner: any Runner
  /// Reverse passes are kept, for who asks where an adjoint came from.
  public var keepsPasses = false
  /// Those that were written while they were kept, in order.
  public internal(set) var passes: [ReversePass] = []
  /// Some gradient met what stops it on its way: an operation without a derivative, or one that picks entries.
  public internal(set) var hasStoppedGradients = false
  /// Strong zeros are left out of products; off only in tests that measure the rule.
  public var hasStrongZeros = true

  public init(defaultType: ElementType, memoryLimit: Int, runner: any Runner) {
    self.defaultType = defaultType
    self.memoryLimit = memoryLimit
    self.runner = runner
  }

  /// A value from outside; equal calls give different parameters.
  public func parameter(
    _ value: Tensor, name: String? = nil, isFixed: Bool = false, pattern: Pattern<Tensor> = .full
  ) -> Symbol {
    parameters.append(Parameter(value: value, name: name, isFixed: isFixed, pattern: pattern))
    let kind = Graph.Node.Kind.parameter(parameters.count - 1)
    return Symbol(self, graph.add(Graph.Node(kind: kind, shape: value.shape, type: value.type)))
  }

  /// A value of which only the shape and type are known.
  public func abstractParameter(shape: Shape, type: ElementType) -> Symbol {
    let value = Tensor.hollow(shape, type)
    parameters.append(Parameter(value: value, name: nil, isFixed: false, pattern: .full, isAbstract: true))
    return Symbol(self, graph.add(Graph.Node(kind: .parameter(parameters.count - 1), shape: shape, type: type)))
  }

  /// A value that is given anew each time the graph is run; while it is built, only what is said here is known.
  public func variable(
    shape: Shape, type: ElementType, name: String? = nil, isFixed: Bool = false, pattern: Pattern<Tensor> = .full
  ) -> Symbol {
    let symbol = abstractParameter(shape: shape, type: type)
    parameters[parameters.count - 1].name = name
    parameters[parameters.count - 1].isFixed = isFixed
    parameters[parameters.count - 1].pattern = pattern
    return symbol
  }

  /// The value as it is when it is read back from a name: its own past is out of sight, its zeros are settled.
  public func named(_ symbol: Symbol, isFixed: Bool) -> Symbol {
    let pattern = pattern(of: symbol).shown
    let result = separate(symbol)
    fixed[result.reference] = isFixed
    patterns[result.reference] = pattern.map { mask in
      let mask = separate(mask)
      fixed[mask.reference] = true
      return mask.reference
    }
    return result
  }

  /// The numbers of the variables that a value depends on.
  public func variables(of symbol: Symbol) -> [Int] {
    let needed = graph.needed(for: [symbol.reference])
    return graph.nodes.indices.compactMap { index in
      guard needed[index], case .parameter(let number) = graph.nodes[index].kind else { return nil }
      return parameters[number].isAbstract ? number : nil
    }
  }

  /// The number that a node is everywhere, whatever type it has; nil for any other.
  public func constantNumber(_ reference: Graph.Reference) -> Double? {
    var source = reference
    while let primitive = graph.primitive(of: source), case .convert = primitive.kernel {
      source = graph.operands(of: source)[0]
    }
    guard case .fill(let constant)? = graph.primitive(of: source)?.kernel else { return nil }
    return constant.value
  }

  /// A value that is given anew each time, with zeros that are, too.
  public func variable(
    shape: Shape, type: ElementType, name: String?, isFixed: Bool, masks: Pattern<Symbol>
  ) -> Symbol {
    let symbol = variable(shape: shape, type: type, name: name, isFixed: isFixed)
    patterns[symbol.reference] = masks.map(\.reference)
    return symbol
  }

  /// What makes further steps of this graph unlike the first is out of the question: the caller gives up.
  public func demandUnknown() { hasDemandedUnknown = true }

  /// The same number everywhere.
  public func constant(_ value: Double, shape: Shape = .scalar, type: ElementType = .literal) -> Symbol {
    add(.fill(Constant(value)), [], shape: shape, type: type)
  }

  public func constant(_ value: Bool, shape: Shape = .scalar) -> Symbol {
    constant(value ? 1 : 0, shape: shape, type: .bool)
  }

  /// Zeros that no value of anything changes: where no path leads from a result to a name.
  public func nothing(shape: Shape, type: ElementType) -> Symbol {
    add(.nothing, [], shape: shape, type: type)
  }

  /// A small tensor known while the graph is built.
  public func constant(_ tensor: Tensor) -> Symbol { parameter(tensor, isFixed: true) }

  /// The type that a tensor of this shape has: only a number can wait as a literal for what it meets.
  public func settled(_ type: ElementType, _ shape: Shape) -> ElementType {
    type == .literal && shape.rank > 0 ? defaultType : type
  }

  /// Adds a node; its shape has been settled by the caller, literals take the type of what they meet here.
  public func add(
    _ primitive: Primitive, _ operands: [Symbol], shape: Shape, type: ElementType
  ) -> Symbol {
    for operand in operands { precondition(operand.builder === self, "operands belong to one graph") }
    let type = settled(type, shape)
    var references = operands.map(\.reference)
    if type != .literal, type.isFloat {
      for (number, operand) in operands.enumerated()
      where operand.type == .literal && primitive.kernel.sharesType(operand: number) {
        references[number] = operand.converted(to: type).reference
      }
    }
    let kind = Graph.Node.Kind.apply(primitive, references)
    return Symbol(self, graph.add(Graph.Node(kind: kind, shape: shape, type: type)))
  }

  /// The value of a symbol while the graph is still being built: for extents, indices and counts.
  public func value(of symbol: Symbol) throws(Refusal) -> Tensor {
    if let value = demanded[symbol.reference] { return value }
    if let value = onTheWay[symbol.reference] {
      demanded[symbol.reference] = value
      return value
    }
    let value = try computed([symbol.reference])[0]
    demanded[symbol.reference] = value
    return value
  }

  func noteDemand(of reference: Graph.Reference, _ value: Tensor) { demanded[reference] = value }

  /// How many values have been asked for while the graph was being built.
  public var demandCount: Int { demanded.count }

  /// Computes values that others will be demanded of, so that none of what led to them has to be computed again.
  public func settle(_ symbols: [Symbol]) {
    var seen: Set<Graph.Reference> = []
    let open = symbols.map(\.reference).filter {
      graph[$0].shape.count <= 1 << 16 && onTheWay[$0] == nil && demanded[$0] == nil && seen.insert($0).inserted
    }
    guard !open.isEmpty, let values = try? computed(open) else { return }
    for (reference, value) in zip(open, values) { onTheWay[reference] = value }
  }

  /// How many rounds a loop goes through until its only output says no, by the values that its operands have now.
  public func rounds(of loop: GraphLoop, operands: [Symbol]) throws(Refusal) -> Int {
    let open = operands.map(\.reference).filter { demanded[$0] == nil }
    if !open.isEmpty { for (reference, value) in zip(open, try computed(open)) { demanded[reference] = value } }
    return try runner.rounds(
      of: loop, operands: operands.compactMap { demanded[$0.reference] }, memoryLimit: memoryLimit)
  }

  /// What lies between some nodes and what has been computed already, as a graph of its own.
  private struct Remainder {
    var graph = Graph()
    var outputs: [Graph.Reference] = []
    var parameters: [Tensor] = []
  }

  private func computed(_ outputs: [Graph.Reference]) throws(Refusal) -> [Tensor] {
    let rest = try remainder(of: outputs)
    return try runner.valuesHere(
      rest.graph, outputs: rest.outputs, parameters: rest.parameters, memoryLimit: memoryLimit)
  }

  private func remainder(of outputs: [Graph.Reference]) throws(Refusal) -> Remainder {
    guard !demanded.isEmpty || !onTheWay.isEmpty else {
      return Remainder(
        graph: graph, outputs: try known(outputs.map(symbol)), parameters: parameters.map(\.value))
    }
    let between = try nodes(upTo: outputs)
    var rest = Remainder()
    var places: [Graph.Reference: Graph.Reference] = [:]
    for reference in between {
      let node = graph[reference]
      switch node.kind {
      case .apply(let primitive, let operands) where value(known: reference) == nil:
        places[reference] = rest.graph.add(node.made(by: .apply(primitive, operands.compactMap { places[$0] })))
      case .apply, .parameter:
        if case .parameter(let number) = node.kind { rest.parameters.append(parameters[number].value) }
        if case .apply = node.kind, let value = value(known: reference) { rest.parameters.append(value) }
        places[reference] = rest.graph.add(node.made(by: .parameter(rest.parameters.count - 1)))
      }
    }
    rest.outputs = outputs.compactMap { places[$0] }
    return rest
  }

  private func value(known reference: Graph.Reference) -> Tensor? { demanded[reference] ?? onTheWay[reference] }

  /// What some nodes are computed from, down to what is known, in order; refused where something has no value.
  private func nodes(upTo outputs: [Graph.Reference]) throws(Refusal) -> [Graph.Reference] {
    var met: Set<Graph.Reference> = []
    var waiting = outputs
    while let next = waiting.popLast() {
      guard met.insert(next).inserted else { continue }
      if case .parameter(let number) = graph[next].kind, parameters[number].isAbstract {
        hasDemandedUnknown = true
        throw .unknownValue
      }
      guard graph[next].shape.count <= demandLimit, met.count <= demandLimit else { throw .unknownValue }
      if value(known: next) == nil { waiting += graph.operands(of: next) }
    }
    return met.sorted()
  }

  /// What has been computed on the way isn't computed again.
  public func values(of symbols: [Symbol]) throws(Refusal) -> [Tensor] {
    let numbers = symbols.compactMap { graph.writtenNumber($0.reference) }
    if numbers.count == symbols.count { return numbers }
    let rest = try remainder(of: symbols.map(\.reference))
    return try runner.values(
      rest.graph, outputs: rest.outputs, parameters: rest.parameters, memoryLimit: memoryLimit)
  }

  /// The nodes of these symbols, if everything they are computed from has a value, and isn't too much to be asked for.
  private func known(_ symbols: [Symbol]) throws(Refusal) -> [Graph.Reference] {
    let outputs = symbols.map(\.reference)
    if parameters.contains(where: \.isAbstract) {
      let needed = graph.needed(for: outputs)
      for (index, node) in graph.nodes.enumerated() where needed[index] {
        if case .parameter(let number) = node.kind, parameters[number].isAbstract {
          hasDemandedUnknown = true
          throw .unknownValue
        }
      }
    }
    if demandLimit < .max {
      let needed = graph.needed(for: outputs)
      let isSmall = graph.nodes.indices.allSatisfy { !needed[$0] || graph.nodes[$0].shape.count <= demandLimit }
      guard isSmall, needed.count(where: { $0 }) <= demandLimit else { throw .unknownValue }
    }
    return outputs
  }

  // MARK: Shapes that don't fit

  /// Two shapes met that don't stretch to one: what is being built is none.
  func note(misfit a: Shape, _ b: Shape) { if misfit == nil { misfit = (a, b) } }

  /// What a call has built, if all shapes fitted that met in it, those of its keywords among each other too.
  public func fitting<T>(in name: String, _ body: () throws(Refusal) -> T) throws(Refusal) -> T {
    let result = try body()
    guard let (a, b) = misfit else { return result }
    misfit = nil
    throw .doesNotBroadcast(a, b, in: name)
  }

  /// Whether a value that shaped the graph, an extent or an index, came from one of these symbols.
  public func hasDemanded(valuesFrom symbols: [Symbol]) -> Bool {
    var met: Set<Graph.Reference> = []
    var waiting = Array(demanded.keys)
    while let next = waiting.popLast() {
      guard met.insert(next).inserted else { continue }
      let operands = graph.operands(of: next)
      // Which entries of a loop's results can't move follows from masks alone, whatever else the loop goes through.
      if let loop = graph.primitive(of: next)?.kernel.loop {
        waiting += loop.parametersRead(by: loop.body.graph.operands).map { operands[$0] }
      } else {
        waiting += operands
      }
    }
    return symbols.contains { met.contains($0.reference) }
  }

  /// The names that held values which shaped the graph.
  public var demandedNames: Set<String> {
    if demanded.isEmpty { return [] }
    let needed = graph.needed(for: Array(demanded.keys))
    var names: Set<String> = []
    for (index, node) in graph.nodes.enumerated() where needed[index] {
      if case .parameter(let number) = node.kind, let name = parameters[number].name { names.insert(name) }
    }
    return names
  }

  /// Whether a value is the same whatever the session's floats are.
  public func isFixed(_ reference: Graph.Reference) -> Bool {
    var waiting = [reference]
    while let next = waiting.last {
      if fixed[next] == nil {
        switch graph[next].kind {
        case .parameter(let number): fixed[next] = parameters[number].isFixed
        case .apply(_, let operands):
          if operands.contains(where: { fixed[$0] == false }) {
            fixed[next] = false
          } else if let unknown = operands.first(where: { fixed[$0] == nil }) {
            waiting.append(unknown)
            continue
          } else {
            fixed[next] = true
          }
        }
      }
      waiting.removeLast()
    }
    return fixed[reference] ?? false
  }

  public func symbol(_ reference: Graph.Reference) -> Symbol { Symbol(self, reference) }
}

extension Graph {
  /// A number as it was written, of which nothing has to be computed.
  fileprivate func writtenNumber(_ reference: Reference) -> Tensor? {
    let node = self[reference]
    guard case .apply(let primitive, _) = node.kind, case .fill(let constant) = primitive.kernel, node.shape.count == 1
    else { return nil }
    return Tensor([constant.value], shape: node.shape, type: node.type)
  }
}
