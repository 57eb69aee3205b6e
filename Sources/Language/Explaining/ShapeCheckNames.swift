import Graphs
import Syntax
import Tensors

/// What is known of names, and what is left of it behind loops and branches.
extension ShapeCheck {
  struct Known {
    var session: Session
    /// Names whose shapes can't be told without running what gives them.
    var unknown: Set<String> = []
    /// Names that have had values of several shapes.
    var varying: Set<String> = []
  }

  mutating func bind(_ name: String, _ value: Value, _ evaluator: Evaluator, _ formula: Formula?) {
    // What is small may decide about shapes further down.
    let stored = value.mapped { symbol in
      Held(tensor: (try? evaluator.builder.value(of: symbol)) ?? .hollow(symbol.shape, symbol.type))
    }
    let before = known.session.names[name]
    bind(name, stored, formula)
    known.session.names[name]?.trainable = before?.trainable ?? []
    for place in value.tensorPlaces where evaluator.made.weights.contains(place.leaf.reference) {
      known.session.names[name]?.trainable.insert(place.path)
    }
  }

  mutating func bind(_ name: String, _ tensor: Tensor, _ formula: Formula?) {
    bind(name, .tensor(Held(tensor: tensor)), formula)
  }

  private mutating func bind(_ name: String, _ stored: Stored, _ formula: Formula?) {
    if let before = known.session.names[name]?.stored, before.common(with: stored)?.isSame(as: before) != true {
      known.varying.insert(name)
    }
    known.unknown.remove(name)
    known.session.bind(name, stored, formula, line)
  }

  mutating func forget(_ name: String) {
    known.session.names[name] = nil
    known.unknown.insert(name)
    known.varying.insert(name)
  }

  // MARK: Loops and branches

  /// The rounds of a loop: what they change is a shape behind them, where every round leaves the shape as it is.
  ///
  /// - Parameter begin: what every round begins with.
  mutating func check(
    rounds body: [Statement], _ begin: (inout ShapeCheck) -> [Diagnostic]
  ) -> [Diagnostic] {
    loopDepth += 1
    defer { loopDepth -= 1 }
    let before = known
    let found = begin(&self) + check(body)
    join(before, since: before.session.clock, takesNew: true)
    // Names that the first round made may get other shapes in the next; its mistakes were told above.
    guard loopDepth < 4 else { return found }
    let first = known
    let defined = functions
    _ = begin(&self) + check(body)
    functions = defined
    join(first, since: first.session.clock, takesNew: true)
    return found
  }

  mutating func check(
    _ condition: Expression, _ then: [Statement], _ otherwise: [Statement], givesResult: Bool
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let isTrue = decide(condition, &found)
    let before = known
    found += check(then, givesResult: givesResult)
    let (first, shape) = (known, result?.shape)
    known = before
    result = nil
    found += check(otherwise, givesResult: givesResult)
    switch isTrue {
    case true?: known = first
    case false?: break
    case nil:
      join(first, since: before.session.clock, takesNew: false)
      if givesResult || then.returns && otherwise.returns, let shape, let other = result?.shape, shape != other {
        found.append(
          Diagnostic("the branches give different shapes, \(shape) and \(other)", at: condition.range))
      }
      if shape != result?.shape { result = nil }
    }
    return found
  }

  /// What holds whichever way it went.
  ///
  /// - Parameters:
  ///   - clock: when the ways parted.
  ///   - takesNew: whether names that only one way has are kept.
  private mutating func join(_ other: Known, since clock: Int, takesNew: Bool) {
    known.unknown.formUnion(other.unknown)
    known.varying.formUnion(other.varying)
    let here = Set(known.session.names.newer(than: clock).map(\.key))
    let there = Set(other.session.names.newer(than: clock).map(\.key))
    for name in here.union(there).sorted() {
      let (a, b) = (known.session.names[name], other.session.names[name])
      guard let a, let b else {
        if a == nil || !takesNew { forget(name) }
        continue
      }
      guard let x = a.stored, let y = b.stored else {
        if case (.live(let x, _), .live(let y, _)) = (a.content, b.content), x == y { continue }
        forget(name)
        continue
      }
      guard let common = x.common(with: y) else {
        forget(name)
        continue
      }
      if !common.isSame(as: x) { known.session.bind(name, common, nil, line) }
      known.session.names[name]?.trainable = a.trainable.union(b.trainable)
    }
  }
}

extension [Statement] {
  fileprivate var returns: Bool {
    if case .returning(_?)? = last?.kind { true } else { false }
  }
}

extension Tree<Held> {
  /// What two values have in common: the value, where they are alike; the shape, where only that is; nil where not even
  /// the structure is.
  fileprivate func common(with other: Stored) -> Stored? {
    switch (self, other) {
    case (.tensor(let a), .tensor(let b)):
      guard a.tensor.shape == b.tensor.shape, a.tensor.type == b.tensor.type else { return nil }
      if a.tensor.isHollow || b.tensor.isHollow || a.tensor.values != b.tensor.values {
        return .tensor(Held(tensor: .hollow(a.tensor.shape, a.tensor.type)))
      }
      return self
    case (.tuple(let a), .tuple(let b)):
      guard a.keys == b.keys, a.count == b.count else { return nil }
      var parts: [Stored] = []
      for (x, y) in zip(a, b) {
        guard let part = x.common(with: y) else { return nil }
        parts.append(part)
      }
      return .tuple(a.with(parts))
    case (.text(let a), .text(let b)): return a == b ? self : nil
    case (.function(let a), .function(let b)):
      return a.name == b.name && a.closure?.definition == b.closure?.definition ? self : nil
    case (.tensor, _), (.tuple, _), (.text, _), (.function, _), (.list, _): return nil
    }
  }

  /// Whether nothing was lost.
  fileprivate func isSame(as other: Stored) -> Bool {
    zip(leaves, other.leaves).allSatisfy { $0.tensor.isHollow == $1.tensor.isHollow }
  }
}
