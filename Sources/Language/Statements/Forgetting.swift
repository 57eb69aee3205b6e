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

  /// `freeze w, p.b` and `thaw w`.
  mutating func freeze(_ places: [Place], isFrozen: Bool) throws(Diagnostic) {
    for place in places {
      let name = place.name
      guard let binding = names[name.text], let stored = binding.stored else {
        throw Evaluator(self).unknown(name.text, name.range)
      }
      let evaluator = Evaluator(self)
      guard let positions = try evaluator.positions(of: place, in: evaluator.enter(stored, name.text)) else {
        throw Diagnostic(
          "whole tensors are frozen, not entries of one", at: name.range,
          help: "train(loss, freeze=mask) leaves entries as they are")
      }
      let paths = Set(stored.tensorPlaces.filter { $0.positions.starts(with: positions) }.map(\.path))
      let movable = isFrozen ? binding.trainable.intersection(paths) : binding.frozen.intersection(paths)
      guard !movable.isEmpty else {
        if !binding.trainable.union(binding.frozen).isDisjoint(with: paths) { continue }
        throw Diagnostic(
          "\(place) was never made by weights(…)", at: name.range, help: "\(place) = weights(value=\(place))")
      }
      if isFrozen {
        names[name.text]?.trainable.subtract(movable)
        names[name.text]?.frozen.formUnion(movable)
      } else {
        names[name.text]?.frozen.subtract(movable)
        names[name.text]?.trainable.formUnion(movable)
      }
    }
    _ = tick()
  }
}
