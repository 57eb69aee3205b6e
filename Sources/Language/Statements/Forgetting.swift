import Graphs
import Syntax
import Tensors
import Text

/// Names forgotten, and places that training is to leave alone.
extension Session {
  /// `del a, b`.
  mutating func forget(_ targets: [Name]) throws(Diagnostic) {
    for target in targets where names[target.text] == nil { throw Evaluator(self).unknown(target.text, target.range) }
    for target in targets {
      names[target.text] = nil
      cache[target.text] = nil
      forgetOptimisers(of: target.text)
    }
    _ = tick()
  }

  /// `:reset`.
  mutating func forgetAll() {
    let warned = state.warned
    let (clock, draw) = (state.clock, state.draw)
    state = State()
    (state.clock, state.draw, state.warned) = (clock, draw, warned)
    _ = tick()
  }

  /// What optimisers have kept for a place and all in it.
  mutating func forgetOptimisers(of place: String) {
    guard !state.optimisers.isEmpty else { return }
    state.optimisers = state.optimisers.filter { !$0.key.isPlace(in: place) }
  }

  /// `freeze w, p.b, u[0]` and `thaw w`.
  mutating func freeze(_ places: [Place], isFrozen: Bool) throws(Diagnostic) {
    for place in places {
      let name = place.name
      guard let binding = names[name.text], let stored = binding.stored else {
        throw Evaluator(self).unknown(name.text, name.range)
      }
      let evaluator = Evaluator(self)
      guard let positions = try evaluator.positions(of: place, in: evaluator.enter(stored, name.text)) else {
        try freezeEntries(place, isFrozen: isFrozen, in: stored, evaluator)
        continue
      }
      let paths = Set(stored.tensorPlaces.filter { $0.positions.starts(with: positions) }.map(\.path))
      if !isFrozen { names[name.text]?.frozenEntries = binding.frozenEntries.filter { !paths.contains($0.key) } }
      let movable = isFrozen ? binding.trainable.intersection(paths) : binding.frozen.intersection(paths)
      guard !movable.isEmpty else {
        if !binding.trainable.union(binding.frozen).isDisjoint(with: paths) { continue }
        throw Self.notTrainable(place)
      }
      names[name.text]?.freeze(movable, isFrozen)
    }
    // Gradients that were kept were those of before.
    cache = [:]
    _ = tick()
  }

  /// `freeze w[0]`, `thaw p.w[:, rows]`.
  private mutating func freezeEntries(
    _ place: Place, isFrozen: Bool, in stored: Stored, _ evaluator: Evaluator
  ) throws(Diagnostic) {
    let name = place.name.text
    guard let binding = names[name] else { return }
    let (positions, path, steps) = try evaluator.entry(at: place, in: stored)
    guard case .tensor(let held) = stored[positions[...]] else {
      throw Diagnostic("\(place) picks from no tensor", at: place.name.range, help: "freeze \(name)")
    }
    let isWhole = binding.frozen.contains(path)
    guard isWhole || binding.trainable.contains(path) else {
      throw Self.notTrainable(Place(place.name, place.steps.dropLast(steps.count)))
    }
    let range = place.name.range
    let builder = evaluator.builder
    let shape = held.tensor.shape
    let chosen = try evaluator.updated(
      .tensor(builder.constant(false, shape: shape)), steps, nil, Expression(.boolean(true), range), at: place, range)
    let mask = try evaluator.value(of: try evaluator.symbol(chosen, range), range)
    let before = isWhole ? nil : binding.frozenEntries[path]?.mask
    let values = (0..<mask.count).map { flat -> Bool in
      let was = isWhole || before.map { $0.shape == shape && $0[flat: flat] != 0 } ?? false
      return mask[flat: flat] != 0 ? isFrozen : was
    }
    if isWhole && !isFrozen { names[name]?.freeze([path], false) }
    let still = Tensor(values, shape: shape)
    let line = currentLine
    names[name]?.frozenEntries[path] =
      isWhole && isFrozen || !values.contains(true) ? nil : FrozenEntries(mask: still, line: line)
  }

  private static func notTrainable(_ place: Place) -> Diagnostic {
    Diagnostic(
      "\(place) was never made by weights(…)", at: place.name.range, help: "\(place) = weights(value=\(place))")
  }
}

extension Binding {
  fileprivate mutating func freeze(_ paths: Set<String>, _ isFrozen: Bool) {
    if isFrozen {
      trainable.subtract(paths)
      frozen.formUnion(paths)
    } else {
      frozen.subtract(paths)
      trainable.formUnion(paths)
    }
  }
}
