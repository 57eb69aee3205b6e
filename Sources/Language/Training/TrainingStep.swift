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
  let carried: [Recurrence.Carried]
  private let inputs: [Recurrence.Input]
  private var recurrence: Recurrence?
  private let memoryLimit: Int
  private let isExact: Bool
  private let device: (any Device)?
  let time: Int
  /// Parameters that are given anew in each step.
  private let drawPlace: Int
  private let ratePlace: Int?
  private let batchPlaces: [(name: String, parameter: Int)]
  /// Random draws of one step.
  let drawCount: Int
  /// The same graph serves every step.
  let isReusable: Bool
  /// It would be but for what the rows of a batch are: their numbers were looked at.
  let isSteady: Bool
  /// For each name, where its entries can move at all; nil: everywhere.
  let movable: [Tensor?]
  let lossType: ElementType
  private let nameCount: Int
  private let count: Int
  /// The loss, the names' next values, the next state.
  let outputs: [Symbol]
  private let next: Symbol
  /// The slopes that the optimiser is given.
  private let gradients: [Symbol]
  /// All places have come equally far, and all their entries can move.
  let isPlain: Bool

  /// - Parameters:
  ///   - start: what the optimiser goes on from.
  ///   - order: which rows of the data each step sees.
  ///   - count: the steps that are done already.
  init(
    _ evaluator: Evaluator, _ call: Training, _ start: TrainingStart, order: BatchOrder?, count: Int = 0
  ) throws(Diagnostic) {
    let builder = evaluator.builder
    (self.count, memoryLimit) = (count, builder.memoryLimit)
    device = evaluator.mode.isAbstract ? nil : evaluator.session.device
    isExact = !evaluator.session.surroundings.compilesLoops
    var entered = Entered(builder: builder)
    var leaves: [String: Value] = [:]
    var moved: [Symbol] = []
    for place in call.places {
      let name = place.name.text
      guard let stored = evaluator.session.names[name]?.stored,
        case .tensor(let held) = stored[place.positions[...]]
      else { throw Diagnostic("\(place.label) is no tensor", at: place.name.range) }
      let symbol = entered.enter(held.tensor, Pattern(structural: held.pattern.structural, strong: nil))
      moved.append(symbol)
      leaves[name, default: evaluator.enter(stored, name)][place.positions[...]] = .tensor(symbol)
    }
    let batch = Self.enter(order, step: count, builder)
    for (name, symbol) in zip(order?.batches.names ?? [], batch.symbols) { leaves[name] = .tensor(symbol) }
    time = builder.parameters.count
    let t = builder.parameter(Tensor(1))
    let rateParameter = call.rates.count > 1 ? builder.parameters.count : nil
    let rate = rateParameter == nil ? builder.constant(call.rates[0]) : builder.parameter(Tensor(call.rates[0]))
    let draw = builder.parameters.count
    let firstDraw = builder.parameter(Tensor(Double(evaluator.draw)))
    (drawPlace, ratePlace) = (draw, rateParameter)
    batchPlaces = zip(order?.batches.names ?? [], batch.inputs).map { ($0, $1.parameter) }
    let drawStart = evaluator.draw
    evaluator.freshDraws = (firstDraw, drawStart)
    let loss = try evaluator.withTargets(leaves) { () throws(Diagnostic) in try evaluator.tensor(call.loss) }
    evaluator.freshDraws = nil
    drawCount = evaluator.draw - drawStart
    guard loss.shape.count == 1, loss.type != .bool else { throw Self.notScalar(call, loss) }
    var gradients = builder.gradient(of: loss.asFloat, withRespectTo: moved)
    gradients = zip(zip(gradients, moved), call.places).map { pair, place in
      let (gradient, w) = pair
      let kept = builder.pattern(of: w).structural.map { Symbol.keep($0, gradient) } ?? gradient
      return call.freezing(kept, at: place, evaluator.session)
    }
    if let clip = call.clip { gradients = Self.clipped(gradients, to: clip) }
    // The optimiser's count of steps goes on from the last call's.
    let done = start.steps(0)

    let result = loss.asFloat.reshaped(.scalar)
    var updates: [Update] = []
    for (position, (w, gradient)) in zip(moved, gradients).enumerated() {
      let kept = call.optimiser.stateCount(call.settings)
      let old = (0..<kept).map { start.tensor($0, of: position, count: kept) ?? .zeros(like: w) }
      let ahead = start.steps(position) - done
      let time = ahead == 0 ? t : t + Double(ahead)
      updates.append(try Update(of: w, by: gradient, call, old.map { entered.enter($0) }, time, rate, evaluator))
    }
    outputs = [result] + updates.map(\.next) + updates.flatMap(\.states)
    next = t + 1
    movable = updates.map(\.movable)
    self.gradients = gradients
    isPlain =
      movable.allSatisfy { $0 == nil } && start.isEven(call)
    lossType = outputs[0].type == .literal ? builder.defaultType : outputs[0].type
    nameCount = moved.count
    isSteady = !builder.hasDemanded(valuesFrom: moved + [firstDraw])
    isReusable = isSteady && !builder.hasDemanded(valuesFrom: batch.symbols)
    // What goes on has to be read: the last loss is chosen against.
    let last = entered.enter(Tensor([0], shape: .scalar, type: outputs[0].type))
    let noted = Symbol.select(builder.constant(false), last, outputs[0])
    carried = zip(entered.places, outputs.dropFirst() + [noted]).map {
      Recurrence.Carried(parameter: $0, next: $1.reference)
    }
    let passed = Double(count * drawCount)
    var inputs =
      batch.inputs + [
        Recurrence.Input(parameter: time, values: .counting(from: 1 + Double(done), by: 1)),
        Recurrence.Input(
          parameter: draw, values: .counting(from: Double(drawStart) - passed, by: Double(drawCount))),
      ]
    if let rateParameter { inputs.append(Recurrence.Input(parameter: rateParameter, values: .numbers(call.rates))) }
    self.inputs = inputs
    values = builder.parameters.map(\.value)
    graph = builder.graph
  }

  /// The rows of a step as parameters, and where the next ones come from.
  private static func enter(
    _ order: BatchOrder?, step: Int, _ builder: Builder
  ) -> (symbols: [Symbol], inputs: [Recurrence.Input]) {
    guard let order else { return ([], []) }
    var symbols: [Symbol] = []
    var inputs: [Recurrence.Input] = []
    for tensor in order.batches.tensors {
      let parameter = builder.parameters.count
      symbols.append(builder.parameter(order.rows(of: tensor, in: step)))
      inputs.append(Recurrence.Input(parameter: parameter, values: .tensors { order.rows(of: tensor, in: $0) }))
    }
    return (symbols, inputs)
  }

  /// Gradients made shorter together where their norm is larger.
  private static func clipped(_ gradients: [Symbol], to limit: Double) -> [Symbol] {
    let squares = gradients.map { Operator.sum($0.squared()) }
    guard let first = squares.first else { return gradients }
    let norm = Operator.sqrt(squares.dropFirst().reduce(first) { $0 + $1 })
    let scale = Symbol.select(
      Operator.greater(norm, norm.builder.constant(limit)), limit / norm, norm.builder.constant(1))
    return gradients.map { $0 * scale }
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
    for (position, place) in call.places.enumerated() {
      names[carried[position].parameter] = place.label
      free.insert(place.label)
      results.append((place.label, outputs[1 + position]))
    }
    let stateCount = call.optimiser.stateCount(call.settings)
    var owners: [String: String] = [:]
    for place in nameCount..<carried.count - 1 {
      let (owner, number) = (place - nameCount).quotientAndRemainder(dividingBy: stateCount)
      let name = "\(call.places[owner].label)_\(call.optimiser.name)\(number + 1)"
      guard free.insert(name).inserted else { throw Refusal("the name \(name) is taken") }
      names[carried[place].parameter] = name
      owners[name] = call.places[owner].label
      results.append((name, outputs[1 + place]))
    }
    if readsTime { results.append(("step", next)) }
    var program = try ExportedProgram(
      outputs[0].builder, outputs: results, labels: labels, names: names, trainable: trainable)
    program.owners = owners
    let inputs = Set(program.inputs.map(\.name))
    for (name, _) in results where name != "loss" && inputs.contains(name) { program.carried[name] = name }
    return program
  }

  /// Whether another step does the same: with the same graph, and the same tensors but for what each step is given.
  func isLike(_ other: TrainingStep) -> Bool {
    let given = Set(
      carried.map(\.parameter) + batchPlaces.map(\.parameter) + [time, drawPlace] + (ratePlace.map { [$0] } ?? []))
    guard graph.nodes == other.graph.nodes, outputs.map(\.reference) == other.outputs.map(\.reference),
      values.count == other.values.count
    else { return false }
    return values.indices.allSatisfy { given.contains($0) || values[$0].values == other.values[$0].values }
  }

  /// The step as part of a whole training, and what the inputs are called that the optimiser keeps for each place.
  func part(
    _ call: Training, _ labels: [Graph.Reference: String], trainable: Set<String>
  ) throws(Refusal) -> (program: ExportedProgram, slopes: ExportedProgram, states: [[String]]) {
    var results: [(name: String, symbol: Symbol)] = [(TrainingProgram.loss, outputs[0])]
    var names = [time: TrainingProgram.step, drawPlace: TrainingProgram.draw]
    if let ratePlace { names[ratePlace] = TrainingProgram.rate }
    for (name, parameter) in batchPlaces { names[parameter] = name }
    for (position, place) in call.places.enumerated() {
      names[carried[position].parameter] = place.label
      results.append((place.label, outputs[1 + position]))
    }
    let stateCount = call.optimiser.stateCount(call.settings)
    var states = [[String]](repeating: [], count: nameCount)
    for place in nameCount..<carried.count - 1 {
      let (owner, number) = (place - nameCount).quotientAndRemainder(dividingBy: stateCount)
      let name = "\(call.optimiser.name) \(number + 1) of \(call.places[owner].label)"
      names[carried[place].parameter] = name
      states[owner].append(name)
      results.append((name, outputs[1 + place]))
    }
    var program = try ExportedProgram(
      outputs[0].builder, outputs: results, labels: labels, names: names, trainable: trainable, draws: true)
    for (name, _) in results.dropFirst() { program.carried[name] = name }
    let found = zip(call.places, gradients).map { (name: "slope of \($0.label)", symbol: $1) }
    var slopes = try ExportedProgram(
      outputs[0].builder, outputs: [results[0]] + found, labels: labels, names: names, trainable: trainable, draws: true
    )
    // A part of a step, too: its weights are given, and no module's own.
    for (name, _) in found { slopes.carried[name] = name }
    return (program, slopes, states)
  }

  /// Whether the number of the step matters.
  private var readsTime: Bool {
    let needed = graph.needed(for: outputs.map(\.reference))
    return graph.nodes.indices.contains { index in
      if case .parameter(time) = graph.nodes[index].kind { needed[index] } else { false }
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

  mutating func enter(_ tensor: Tensor, _ pattern: Pattern<Tensor> = .full) -> Symbol {
    places.append(builder.parameters.count)
    return builder.parameter(tensor, pattern: pattern)
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
    of w: Symbol, by gradient: Symbol, _ call: Training, _ old: [Symbol], _ time: Symbol, _ rate: Symbol,
    _ evaluator: Evaluator
  ) throws(Diagnostic) {
    let builder = evaluator.builder
    let (new, next) = call.optimiser.step(w, gradient, old, time, rate: rate, call.settings)
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
  static func zeros(_ shape: Shape, _ type: ElementType) -> Tensor {
    Tensor(shape: shape, type: type, storage: Storage(zeroed: shape.count * type.stride))
  }

  fileprivate static func zeros(like symbol: Symbol) -> Tensor { zeros(symbol.shape, symbol.type) }
}
