import CKernels
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A graph that is run again and again, each time on what it gave the time before.
///
/// What no step changes is computed once. Each carried value has two buffers that change places from step to step, so the
/// state of the last whole step outlives an interrupted one.
package final class Recurrence {
  /// A parameter and what takes its place after a step.
  package struct Carried {
    package let parameter: Int
    package let next: Graph.Reference

    package init(parameter: Int, next: Graph.Reference) {
      (self.parameter, self.next) = (parameter, next)
    }
  }

  package let plan: Plan
  /// Steps that are done.
  package private(set) var count = 0
  /// The executions of steps with an even and with an odd number.
  private let executions: [Execution]
  private let instructions: [[Instruction]]
  /// For each carried value its parameter's number in the plan.
  private let places: [Int]
  /// The last output says whether the step may count.
  private let hasTest: Bool
  /// Values that the caller sets before each step, by their number in the graph.
  private var inputs: [Int: Tensor] = [:]

  /// - Parameters:
  ///   - parameters: the graph's; those of carried values are the state before the first step.
  ///   - inputs: numbers of parameters that are set before each step.
  ///   - isGuarded: strong zeros are guarded in every step; else a step in which they matter throws `needsGuards`.
  package init(
    _ graph: Graph, parameters: [Tensor], carried: [Carried], inputs: [Int], isGuarded: Bool = false, memoryLimit: Int
  ) throws(ExecutionError) {
    let relaxed = isGuarded ? nil : Relaxed(graph, outputs: carried.map(\.next))
    let whole = relaxed?.graph ?? graph
    var split = InvariantSplit(whole, variables: Set(carried.map(\.parameter) + inputs))
    let next = relaxed.map { $0.outputs + [$0.holds] } ?? carried.map(\.next)
    let outputs = split.outputs(next)
    hasTest = relaxed != nil
    let invariant = try Plan(whole, outputs: split.invariants).run(parameters, memoryLimit: memoryLimit)
    plan = Plan(split.graph, outputs: outputs)
    var even = split.parameters.map { parameter in
      switch parameter {
      case .outer(let number): parameters[number]
      case .invariant(let number): invariant[number]
      }
    }
    for number in inputs {
      guard let place = split.place(of: number) else { continue }
      even[place] = try Self.copy(parameters[number])
      self.inputs[number] = even[place]
    }
    var odd = even
    let own = try Execution(plan, parameters: even, memoryLimit: memoryLimit)
    var buffers = own.buffers
    var places: [Int] = []
    for (value, output) in zip(carried, plan.outputs) {
      guard let place = split.place(of: value.parameter), case .slot(let slot) = output.place else {
        preconditionFailure("a carried value has a parameter and a buffer of its own")
      }
      places.append(place)
      even[place] = try Self.copy(parameters[value.parameter])
      odd[place] = Tensor(shape: even[place].shape, type: even[place].type, storage: own.buffers[slot])
      buffers[slot] = even[place].storage
    }
    self.places = places
    let executions = [
      Execution(parameters: even, buffers: own.buffers), Execution(parameters: odd, buffers: buffers),
    ]
    self.executions = executions
    let steps = plan.steps
    instructions = executions.map { execution in steps.map(execution.instruction) }
  }

  private static func copy(_ tensor: Tensor) throws(ExecutionError) -> Tensor {
    let bytes = tensor.count * tensor.type.stride
    guard let storage = Storage(uninitialized: bytes) else { throw .memory(needed: bytes, free: 0) }
    unsafe storage.bytes.copyMemory(from: tensor.storage.bytes, byteCount: bytes)
    return Tensor(shape: tensor.shape, type: tensor.type, storage: storage)
  }

  /// Gives an input its value for the next step.
  package func set(_ input: Int, to value: Tensor) {
    guard let tensor = inputs[input] else { return }
    let bytes = tensor.count * tensor.type.stride
    unsafe tensor.storage.bytes.copyMemory(from: value.storage.bytes, byteCount: bytes)
  }

  /// Gives an input that is one number its value for the next step.
  package func set(_ input: Int, to number: Double) {
    guard let tensor = inputs[input] else { return }
    unsafe tensor.storage.bytes.storeBytes(of: number, as: Double.self)
  }

  /// One step; one that throws leaves the state as it was.
  package func step() throws(ExecutionError) {
    let parity = count & 1
    let (execution, instructions) = (executions[parity], instructions[parity])
    for number in instructions.indices {
      if !instructions[number].run() { try execution.run(plan.steps[number]) }
      if gk_is_interrupted() != 0 { throw .interrupted }
    }
    if hasTest, let test = plan.outputs.last, execution.tensor(test)[flat: 0] == 0 { throw .needsGuards }
    count += 1
  }

  /// The carried values after the last whole step, copied.
  package func state() throws(ExecutionError) -> [Tensor] {
    let parameters = executions[count & 1].parameters
    var result: [Tensor] = []
    for place in places { result.append(try Self.copy(parameters[place])) }
    return result
  }
}

/// A graph taken apart into what depends on some parameters and what can be computed beforehand.
private struct InvariantSplit {
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
