import Exports
import Graphs
import Plans
import Refusals
import Syntax
import Tensors

/// One step of training as a graph: from the names' values and the optimiser's state to their next ones.
struct TrainingStep {
  private let graph: Graph
  /// One for each parameter of the graph, as they were before the first step.
  private var values: [Tensor]
  /// What goes from one step to the next: the trained names, then their states, then the loss.
  private let carried: [Recurrence.Carried]
  private let inputs: [Recurrence.Input]
  private var recurrence: Recurrence?
  private let memoryLimit: Int
  private let isExact: Bool
  private let device: (any Device)?
  private let time: Int
  /// Random draws of one step.
  let drawCount: Int
  /// The same graph serves every step.
  let isReusable: Bool
  /// For each name, where its entries can move at all; nil: everywhere.
  let movable: [Tensor?]
  let lossType: ElementType
  private let nameCount: Int
  private let count: Int
  /// The loss, the names' next values, the next state.
  private let outputs: [Symbol]
  private let next: Symbol

  /// - Parameters:
  ///   - state: the optimiser's tensors, name after name; zeros without it.
  ///   - count: the steps that are done already.
  init(_ evaluator: Evaluator, _ call: Training, state: [Tensor]?, count: Int = 0) throws(Diagnostic) {
    let builder = evaluator.builder
    (self.count, memoryLimit) = (count, builder.memoryLimit)
    device = evaluator.mode.isAbstract ? nil : evaluator.session.device
    isExact = !evaluator.session.surroundings.compilesLoops
    var entered = Entered(builder: builder)
    var leaves: [String: Symbol] = [:]
    for name in call.names { leaves[name.text] = entered.enter(try Self.value(of: name, evaluator)) }
    time = builder.parameters.count
    let t = builder.parameter(Tensor(1))
    let draw = builder.parameters.count
    let firstDraw = builder.parameter(Tensor(Double(evaluator.draw)))
    let start = evaluator.draw
    evaluator.freshDraws = (firstDraw, start)
    let loss = try evaluator.withTargets(leaves) { () throws(Diagnostic) in try evaluator.tensor(call.loss) }
    evaluator.freshDraws = nil
    drawCount = evaluator.draw - start
    guard loss.shape.count == 1, loss.type != .bool else { throw Self.notScalar(call, loss) }
    let names = call.names.compactMap { leaves[$0.text] }
    let gradients = builder.gradient(of: loss.asFloat, withRespectTo: names)

    let result = loss.asFloat.reshaped(.scalar)
    var updates: [Update] = []
    for (position, (w, gradient)) in zip(names, gradients).enumerated() {
      let kept = call.optimiser.stateCount(call.settings)
      let old = (0..<kept).map { state?[position * kept + $0] ?? .zeros(like: w) }
      updates.append(try Update(of: w, by: gradient, call, old.map { entered.enter($0) }, t, evaluator))
    }
    outputs = [result] + updates.map(\.next) + updates.flatMap(\.states)
    next = t + 1
    movable = updates.map(\.movable)
    lossType = outputs[0].type == .literal ? builder.defaultType : outputs[0].type
    nameCount = names.count
    isReusable = !builder.hasDemanded(valuesFrom: names + [firstDraw])
    // What goes on has to be read: the last loss is chosen against.
    let last = entered.enter(Tensor([0], shape: .scalar, type: outputs[0].type))
    let noted = Symbol.select(builder.constant(false), last, outputs[0])
    carried = zip(entered.places, outputs.dropFirst() + [noted]).map {
      Recurrence.Carried(parameter: $0, next: $1.reference)
    }
    let passed = Double(count * drawCount)
    inputs = [
      Recurrence.Input(parameter: time, values: .counting(from: 1, by: 1)),
      Recurrence.Input(
        parameter: draw, values: .counting(from: Double(start) - passed, by: Double(drawCount))),
    ]
    values = builder.parameters.map(\.value)
    graph = builder.graph
  }

  /// The next step; the loss before it.
  mutating func run() throws(Refusal) -> Double {
    let recurrence = if let recurrence { recurrence } else { try makeRecurrence() }
    try recurrence.run(to: recurrence.count + 1)
    return try recurrence.number(carried: carried.count - 1)
  }

  private mutating func makeRecurrence() throws(Refusal) -> Recurrence {
    let made = try Recurrence(
      graph, parameters: values, carried: carried, inputs: inputs, count: count, memoryLimit: memoryLimit,
      isExact: isExact, device: device)
    recurrence = made
    return made
  }

  /// Brings `current` and `state` to the last whole step.
  mutating func takeState() throws(Refusal) {
    guard let recurrence else { return }
    for (carried, value) in zip(carried, try recurrence.state()) { values[carried.parameter] = value }
  }

  /// The trained names' values.
  var current: [Tensor] { carried.prefix(nameCount).map { values[$0.parameter] } }
  /// The optimiser's tensors, name after name.
  var state: [Tensor] { carried.dropFirst(nameCount).dropLast().map { values[$0.parameter] } }

  /// The step for other programs: what it gives takes the place of what it took.
  func program(
    _ call: Training, _ labels: [Graph.Reference: String], trainable: Set<String>
  ) throws(Refusal) -> ExportedProgram {
    var results: [(name: String, symbol: Symbol)] = [("loss", outputs[0])]
    var names: [Int: String] = [time: "step"]
    var free: Set<String> = ["loss", "step"]
    for (position, name) in call.names.enumerated() {
      names[carried[position].parameter] = name.text
      free.insert(name.text)
      results.append((name.text, outputs[1 + position]))
    }
    let stateCount = call.optimiser.stateCount(call.settings)
    for place in nameCount..<carried.count - 1 {
      let (owner, number) = (place - nameCount).quotientAndRemainder(dividingBy: stateCount)
      let name = "\(call.names[owner].text)_\(call.optimiser.name)\(number + 1)"
      guard free.insert(name).inserted else { throw Refusal("the name \(name) is taken") }
      names[carried[place].parameter] = name
      results.append((name, outputs[1 + place]))
    }
    if readsTime { results.append(("step", next)) }
    var program = try ExportedProgram(
      outputs[0].builder, outputs: results, labels: labels, names: names, trainable: trainable)
    let inputs = Set(program.inputs.map(\.name))
    for (name, _) in results where name != "loss" && inputs.contains(name) { program.carried[name] = name }
    return program
  }

  /// Whether the number of the step matters.
  private var readsTime: Bool {
    let needed = graph.needed(for: outputs.map(\.reference))
    return graph.nodes.indices.contains { index in
      if case .parameter(time) = graph.nodes[index].kind { needed[index] } else { false }
    }
  }

  private static func value(of name: Name, _ evaluator: Evaluator) throws(Diagnostic) -> Tensor {
    guard let binding = evaluator.session.names[name.text] else { throw evaluator.unknown(name.text, name.range) }
    switch binding.content {
    case .tensor(let held, _):
      guard held.tensor.type.isFloat else {
        throw Diagnostic("\(name.text) is a mask; train moves numbers", at: name.range)
      }
      return held.tensor
    case .live:
      throw Diagnostic(
        "\(name.text) is live; train can't give it a value", at: name.range,
        help: "name what it reads, or \(name.text) = \(name.text) keeps its value as it is now")
    case .unset: throw Diagnostic("\(name.text) has no value yet", at: name.range)
    case .text, .tuple, .function: throw Diagnostic("\(name.text) is no tensor", at: name.range)
    }
  }

  private static func notScalar(_ call: Training, _ loss: Symbol) -> Diagnostic {
    let text = call.loss.description
    let kind = loss.type == .bool ? "a mask" : "\(loss.shape)"
    return Diagnostic(
      "train needs a scalar loss; \(text) is \(kind)", at: call.loss.range,
      help: "train(sum(\(text)), …) or train(mean(\(text)), …)")
  }
}

/// The tensors that go from one step to the next, as nodes.
private struct Entered {
  let builder: Builder
  /// The number of each one's parameter.
  private(set) var places: [Int] = []

  init(builder: Builder) { self.builder = builder }

  mutating func enter(_ tensor: Tensor) -> Symbol {
    places.append(builder.parameters.count)
    return builder.parameter(tensor)
  }
}

/// What a step makes of one name.
private struct Update {
  /// Its next value.
  let next: Symbol
  /// The optimiser's next tensors for it.
  let states: [Symbol]
  /// Where its entries can move at all; nil: everywhere.
  let movable: Tensor?

  init(
    of w: Symbol, by gradient: Symbol, _ call: Training, _ old: [Symbol], _ time: Symbol, _ evaluator: Evaluator
  ) throws(Diagnostic) {
    let builder = evaluator.builder
    let (new, next) = call.optimiser.step(w, gradient, old, time, call.settings)
    states = zip(next, old).map { $0.converted(to: $1.type) }
    let moved = new.converted(to: w.type)
    guard let structural = builder.pattern(of: gradient).structural else {
      (self.next, movable) = (moved, nil)
      return
    }
    let mask = try evaluator.value(of: structural.broadcast(to: w.shape), call.loss.range)
    (self.next, movable) = (.select(builder.constant(mask), moved, w), mask)
  }
}

extension Tensor {
  fileprivate static func zeros(like symbol: Symbol) -> Tensor {
    let bytes = symbol.shape.count * symbol.type.stride
    return Tensor(shape: symbol.shape, type: symbol.type, storage: Storage(zeroed: bytes))
  }
}
