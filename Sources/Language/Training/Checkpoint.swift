import Graphs
import Refusals
import Syntax
import Tensors

/// All that training goes on from, as one record that a file can hold.
extension Builtin {
  static let checkpoint = Builtin(
    "checkpoint()",
    "Every trainable value with its optimiser's state and the place in the random numbers, as a record.",
    .values { evaluator, arguments, range throws(Diagnostic) in
      guard arguments.isEmpty else {
        throw Diagnostic("checkpoint takes nothing", at: range, help: "save(\"run.safetensors\", checkpoint())")
      }
      return evaluator.checkpoint()
    })

  static let restore = Builtin(
    "restore(record)", "Gives trainable names and their optimisers what a checkpoint holds.",
    .action(
      Action(usage: "restore(load(\"run.safetensors\"))") { session, call, emit throws(Diagnostic) in
        guard call.arguments.count == 1 else {
          throw Diagnostic("restore takes a checkpoint", at: call.range, help: "restore(load(\"run.safetensors\"))")
        }
        try session.restore(call.arguments[0].value, call.range, emit)
        return nil
      }))
}

/// The parts of a checkpoint, each a record by names and places.
private enum Part {
  static let values = "values"
  static let optimisers = "optimisers"
  static let steps = "steps"
  static let random = "random"
}

extension Evaluator {
  fileprivate func checkpoint() -> Value {
    var values: [(path: String, value: Value)] = []
    for (name, binding) in session.names where !binding.trainable.union(binding.frozen).isEmpty {
      for place in binding.stored?.tensorPlaces ?? [] where binding.trainable.union(binding.frozen).contains(place.path)
      {
        let label = name.entry(path: place.path)
        values.append((Part.values.entry(label), .tensor(enter(place.leaf, nil))))
        guard let state = session.state.optimisers[label] else { continue }
        let start = Part.optimisers.entry(state.optimiser)
        values.append((start.entry(Part.steps).entry(label), .tensor(builder.constant(Tensor(Double(state.steps))))))
        for (number, tensor) in state.tensors.enumerated() {
          values.append((start.entry("state\(number)").entry(label), .tensor(builder.constant(tensor))))
        }
      }
    }
    let random = [Double(session.settings.seed), Double(session.draw)]
    values.append((Part.random, .tensor(builder.constant(Tensor(random, shape: Shape([2]), type: .float64)))))
    return Value.structure(of: values.sorted { $0.path < $1.path }.map { ($0.path, $0.value) })
  }
}

extension Session {
  fileprivate mutating func restore(
    _ expression: Expression, _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let evaluator = Evaluator(self)
    let value = try evaluator.stored(try evaluator.evaluate(expression), expression.range, isFixed: nil)
    var held: [String: Held] = [:]
    for place in value.tensorPlaces { held[place.path] = place.leaf }
    guard held.keys.contains(where: { $0.hasPrefix(Part.values + ".") }) else {
      throw Diagnostic("this is no checkpoint", at: expression.range, help: "save(\"run.safetensors\", checkpoint())")
    }
    settle(evaluator, emit)
    var optimisers: [String: OptimiserState] = [:]
    for (path, leaf) in held.sorted(by: { $0.key < $1.key }) {
      if path.hasPrefix(Part.values + ".") {
        try put(leaf, at: String(path.dropFirst(Part.values.count + 1)), range)
      } else if path.hasPrefix(Part.optimisers + ".") {
        read(leaf.tensor, at: String(path.dropFirst(Part.optimisers.count + 1)), into: &optimisers)
      }
    }
    state.optimisers.merge(optimisers) { $1 }
    if let random = held[Part.random]?.tensor, random.count == 2, let seed = Int(whole: random[flat: 0]),
      let place = Int(whole: random[flat: 1]), seed >= 0, place >= 0
    {
      settings.seed = UInt64(seed)
      draw = place
    }
  }

  /// `adam.steps.net.w`, `adam.state0.net.w`.
  private func read(_ tensor: Tensor, at path: String, into optimisers: inout [String: OptimiserState]) {
    let parts = path.split(separator: ".", maxSplits: 2).map(String.init)
    guard parts.count == 3 else { return }
    var state = optimisers[parts[2]] ?? OptimiserState(optimiser: parts[0], steps: 0, tensors: [])
    if parts[1] == Part.steps {
      state.steps = tensor.scalar.flatMap { Int(whole: $0) } ?? 0
    } else {
      // In the order of their numbers.
      state.tensors.append(tensor)
    }
    optimisers[parts[2]] = state
  }

  /// A value at a place that is there, and has its shape.
  private mutating func put(_ new: Held, at label: String, _ range: SourceRange) throws(Diagnostic) {
    let place = ReadPlace(label)
    guard let binding = names[place.name], let stored = binding.stored,
      let leaf = stored.tensorPlaces.first(where: { $0.path == place.path })
    else {
      throw Diagnostic(
        "the checkpoint has a value for \(label), which isn't here", at: range,
        help: "make the weights first, then restore them")
    }
    guard leaf.leaf.tensor.shape == new.tensor.shape else {
      throw Diagnostic(
        "\(label) is \(leaf.leaf.tensor.shape) here and \(new.tensor.shape) in the checkpoint", at: range)
    }
    var held = leaf.leaf
    held.tensor = new.tensor.converted(to: held.tensor.type)
    put(held, at: TrainedPlace(name: Name(place.name, range), positions: leaf.positions, path: place.path), by: nil)
  }
}
