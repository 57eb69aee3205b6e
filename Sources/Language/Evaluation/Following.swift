import Graphs
import Refusals
import Syntax
import Tensors

/// Loops in functions whose round is followed once, for all of them: they become one node of the graph.
extension Evaluator {
  /// So many rounds are written out: a node would gain nothing.
  static let handful = 8

  /// What a node may count.
  static let mostRounds = 1 << 40

  /// What became of a loop.
  enum Following<Outcome> {
    case followed(Outcome)
    /// A carried value has another type or shape after the round than before it.
    case unlike
    /// The round depends on more than shapes: it has to be gone through each time.
    case impossible
  }

  /// The values of a loop: those that go from round to round, those kept of each, those left of the last one.
  struct RoundValues {
    var next: [Value]
    var outputs: [Value] = []
    var leftovers: [Value] = []

    fileprivate var leaves: Builder.Round {
      Builder.Round(
        next: next.flatMap(\.leaves), outputs: outputs.flatMap(\.leaves), leftovers: leftovers.flatMap(\.leaves))
    }

    /// The same structures with other leaves.
    fileprivate func with(_ round: Builder.Round) -> RoundValues {
      RoundValues(
        next: Self.filled(next, round.next), outputs: Self.filled(outputs, round.outputs),
        leftovers: Self.filled(leftovers, round.leftovers))
    }

    static func filled(_ values: [Value], _ leaves: some Sequence<Symbol>) -> [Value] {
      var next = leaves.makeIterator()
      return values.map { value in
        value.mapped { _ in
          guard let leaf = next.next() else { preconditionFailure("a loop gives as many leaves as its round") }
          return leaf
        }
      }
    }
  }

  /// How far an evaluator had come when it began to follow a loop.
  struct Standing {
    let scopes: [Scope]
    let draws: Draws
    let differsInDraws: Bool
    let made: Made
    let watched: [(places: Symbol, extent: Int)]
    let prints: [RoundPrint]
    let conditions: [Symbol]

    init(_ evaluator: Evaluator) {
      (scopes, draws, differsInDraws) = (evaluator.scopes, evaluator.draws, evaluator.differsInDraws)
      (made, watched) = (evaluator.made, evaluator.watched)
      (prints, conditions) = (evaluator.roundPrints, evaluator.conditions)
    }

    func restore(_ evaluator: Evaluator) {
      (evaluator.scopes, evaluator.draws, evaluator.differsInDraws) = (scopes, draws, differsInDraws)
      (evaluator.made, evaluator.watched) = (made, watched)
      (evaluator.roundPrints, evaluator.conditions) = (prints, conditions)
    }

    /// How much had been drawn.
    var draw: Int { draws.count }

    /// At the start of a round, whose first draw has a number: what it asks for and prints is its own.
    func begin(_ evaluator: Evaluator, drawing first: Symbol) {
      restore(evaluator)
      (evaluator.freshDraws, evaluator.differsInDraws) = ((first, draw), false)
      (evaluator.watched, evaluator.roundPrints, evaluator.conditions) = ([], [], [])
    }
  }

  /// Whether what is evaluated now differs from round to round, so that it has no value to be written yet.
  var isFollowing: Bool { !following.isEmpty && !mode.isHurried }

  /// Whether a value is another one in each round of a loop that is being followed.
  func isFollowed(_ symbol: Symbol) -> Bool { following.contains { $0.depends(symbol) } }

  /// Whether loops become nodes: where others read the program who have none, rounds are written out.
  var canFollow: Bool { keepsLoops || !followsBoth && session.surroundings.compilesLoops }

  /// A loop of so many rounds, followed once.
  ///
  /// - Parameter round: makes the values of a round from those that are carried; nil where it can't be followed.
  func follow(
    _ count: Int, from starts: [Value], _ round: (LoopTrace, [Value]) throws(Diagnostic) -> RoundValues?
  ) throws(Diagnostic) -> Following<RoundValues> {
    var differs = false
    let following = try follow(count, from: starts, carriesDraws: false, &differs, round)
    guard differs else { return following }
    guard isFollowing || !keepsLoops && !followsBoth && freshDraws == nil && session.tracer == nil else {
      impossibility = "not every round draws as often"
      return .impossible
    }
    return try follow(count, from: starts, carriesDraws: true, &differs, round)
  }

  /// - Parameters:
  ///   - carriesDraws: the number of the next draw goes from round to round, too.
  ///   - differs: whether it has to.
  private func follow(
    _ count: Int, from starts: [Value], carriesDraws: Bool, _ differs: inout Bool,
    _ round: (LoopTrace, [Value]) throws(Diagnostic) -> RoundValues?
  ) throws(Diagnostic) -> Following<RoundValues> {
    // Where every part is to be explained, rounds are written out.
    if case .trace = mode, count <= 1_000, !keepsLoops { return .impossible }
    guard canFollow, count <= Self.mostRounds, starts.allSatisfy(\.isOfTensors) else { return .impossible }
    let outer = Standing(self)
    let firstDraw = drawNumber
    var (last, isImpossible, isCarrying) = (RoundValues?.none, false, carriesDraws)
    let result: Builder.Round?
    do throws(Diagnostic) {
      let carriedDraw = carriesDraws ? [firstDraw.converted(to: .float64)] : []
      result = try builder.loop(count, from: starts.flatMap(\.leaves) + carriedDraw) {
        trace, carried throws(Diagnostic) -> Builder.Round? in
        // Each round draws anew.
        let drawRow = trace.row(of: builder.iota(count, type: .float64), isLiteral: true)
        outer.begin(self, drawing: carriesDraws ? carried[carried.count - 1].converted(to: .literal) : drawRow)
        following.append(trace)
        defer { following.removeLast() }
        last = try round(trace, RoundValues.filled(starts, carried.prefix(carried.count - carriedDraw.count)))
        if differsInDraws, !carriesDraws {
          (isImpossible, isCarrying) = (true, true)
          return nil
        }
        guard let last, made.isLike(outer.made), zip(starts, last.next).allSatisfy({ $0.hasStructure(of: $1) }),
          last.leftovers.allSatisfy(\.isOfTensors), last.outputs.allSatisfy({ $0.isOfTensors && !$0.hasTexts })
        else {
          isImpossible = true
          return nil
        }
        let draws = Double(draw - outer.draw)
        trace.exchange(rowsOf: drawRow, for: builder.iota(count, type: .float64) * draws + firstDraw)
        var leaves = last.leaves
        if carriesDraws { leaves.next.append(drawNumber.converted(to: .float64)) }
        leaves.outputs += watched.map(\.places) + roundPrints.outputs
        return leaves
      }
    } catch {
      outer.restore(self)
      if error.isInterrupt { throw error }
      impossibility = error.message
      // A round that has been gone through may have given the name its value.
      return error.reason == .unknownName ? .unlike : .impossible
    }
    let (draws, inside, prints) = (draw - outer.draw, watched, roundPrints)
    outer.restore(self)
    differs = isCarrying && !carriesDraws
    guard var result, let last else { return isImpossible ? .impossible : .unlike }
    let nextDraw = carriesDraws ? result.next.popLast() : nil
    let kept = result.outputs.suffix(prints.outputs.count)
    result.outputs.removeLast(kept.count)
    let indices = result.outputs.suffix(inside.count)
    guard zip(indices, inside).allSatisfy({ lie($0, in: $1.extent) }) else { return .impossible }
    result.outputs.removeLast(inside.count)
    try put(prints, of: count, Array(kept))
    // Of literals a vector of the session's floats is made, as everywhere.
    for (position, leaf) in last.outputs.flatMap(\.leaves).enumerated() where leaf.type == .literal {
      result.outputs[position] = result.outputs[position].converted(to: builder.defaultType)
    }
    guard let nextDraw else {
      draw = outer.draw + count * draws
      return .followed(last.with(result))
    }
    if isFollowing {
      (freshDraws, differsInDraws) = ((nextDraw.converted(to: .literal), draw), true)
    } else {
      try run(loopOf: [nextDraw])
      draw = Int(whole: try located(at: nil, try builder.value(of: nextDraw))[flat: 0]) ?? draw
    }
    return .followed(last.with(result))
  }

  /// Whether indices of all rounds are places of an axis; what isn't known yet is looked at with the loop around.
  private func lie(_ indices: Symbol, in extent: Int) -> Bool {
    if isFollowed(indices) { watched.append((indices, extent)) }
    if mode.isAbstract || isFollowed(indices) { return true }
    if let stretch = session.tracer?.stretch, session.tracer?.differs(indices) == true {
      stretch.checks.append(.places(indices, extent: extent))
      return true
    }
    guard let values = try? builder.value(of: indices) else { return false }
    return values.values.allSatisfy { number in Int(whole: number).map { (-extent..<extent).contains($0) } ?? false }
  }

  /// The rounds of statements from one on, followed once; the locals are what they are after the last one.
  ///
  /// - Parameters:
  ///   - known: so many, if it has been found out that none of them is the last one; they are all there are otherwise.
  ///   - settlesTypes: numbers that no round has made floats, though a branch of it would, are floats from the start.
  func followed(
    _ rounds: LoopElements, from first: Int, known: Int? = nil, as names: [Name], _ body: [Statement],
    _ range: SourceRange, settlesTypes: Bool = false
  ) throws(Diagnostic) -> Following<Void> {
    let use = NameUse(body)
    let variables = names.map(\.text)
    guard !use.deletes, use.assigned.isDisjoint(with: variables) else { return .impossible }
    guard let carried = carried(use) else { return .unlike }
    let before = locals
    var leftovers: [String] = []
    var starts = carried.compactMap { before[$0] }
    var reached: [Value] = []
    let count = known ?? rounds.count - first
    func round(_ trace: LoopTrace, _ values: [Value]) throws(Diagnostic) -> RoundValues? {
      for (name, value) in zip(carried, values) { locals[name] = value }
      if let element = rounds.element(of: trace, from: first) { try assign(names, element, range) }
      if try self.round(body, notingLeaving: known != nil).flow.isEarly { return nil }
      leftovers = use.assigned.subtracting(carried).filter { locals[$0] != nil }.sorted()
      reached = carried.compactMap { locals[$0] }
      return RoundValues(next: reached, leftovers: leftovers.compactMap { locals[$0] })
    }
    var following = try follow(count, from: starts, round)
    if settlesTypes, case .unlike = following, reached.count == starts.count {
      starts = zip(starts, reached).map { $0.settled(as: $1) }
      following = try follow(count, from: starts, round)
    }
    switch following {
    case .unlike: return .unlike
    case .impossible: return .impossible
    case .followed(let result):
      for (name, value) in zip(carried, result.next) { locals[name] = value }
      for (name, value) in zip(leftovers, result.leftovers) { locals[name] = value }
      if let element = rounds[first + count - 1] { try assign(names, element, range) }
      return .followed(())
    }
  }

  /// One round that is followed, with the conditions that would make it the last one, if they are to be noted.
  func round(
    _ body: [Statement], notingLeaving: Bool
  ) throws(Diagnostic) -> (flow: Flow, leaving: [Symbol]) {
    let outer = leaving
    leaving = notingLeaving ? Leaving(depth: scopes.count) : nil
    defer { leaving = outer }
    let flow = try run(body)
    return (flow, leaving?.conditions ?? [])
  }

  /// Gives the locals the types that a round gives them: a number that becomes a float32 is one from the start.
  func settleTypes(before body: [Statement]) throws(Diagnostic) {
    let outer = Standing(self)
    let before = locals
    _ = try attempted { () throws(Diagnostic) in try run(body) }
    let after = locals
    outer.restore(self)
    for (name, value) in before.values {
      guard case .tensor(let old) = value, case .tensor(let new)? = after[name], old.shape == new.shape,
        old.type != new.type, new.type.isFloat
      else { continue }
      locals[name] = .tensor(old.converted(to: new.type))
    }
  }

  /// The locals that go from round to round; nil where a name of the session is to become one by the first round.
  func carried(_ use: NameUse) -> [String]? {
    let changed = use.readFirst.intersection(use.assigned)
    let locals = locals
    if changed.contains(where: { locals[$0] == nil && isOuter($0) }) { return nil }
    return changed.filter { locals[$0] != nil }.sorted()
  }

  /// Whether a name that is no local has a value all the same.
  private func isOuter(_ name: String) -> Bool { isKnown(name) || targets[name] != nil || known[name] != nil }
}

extension Value {
  /// Nothing but tensors, and texts, in tuples and records.
  var isOfTensors: Bool {
    switch self {
    case .tensor, .text: true
    case .tuple(let parts): parts.allSatisfy(\.isOfTensors)
    case .function, .list: false
    }
  }

  /// The same; numbers of no type of their own have that of the floats that stand in their places in another.
  fileprivate func settled(as other: Value) -> Value {
    guard hasStructure(of: other) else { return self }
    var types = other.leaves.map(\.type).makeIterator()
    return mapped { leaf in
      let type = types.next()
      guard leaf.type == .literal, let type, type.isFloat else { return leaf }
      return leaf.converted(to: type)
    }
  }

  fileprivate var hasTexts: Bool {
    switch self {
    case .text: true
    case .tuple(let parts): parts.contains(where: \.hasTexts)
    case .tensor, .function, .list: false
    }
  }

  /// Whether another value has tensors where this one has, under the same names, and the same texts.
  func hasStructure(of other: Value) -> Bool {
    switch (self, other) {
    case (.tensor, .tensor): true
    case (.text(let a), .text(let b)): a == b
    case (.tuple(let a), .tuple(let b)): a.misfit(with: b) == nil && zip(a, b).allSatisfy { $0.hasStructure(of: $1) }
    case (.tensor, _), (.text, _), (.tuple, _), (.function, _), (.list, _): false
    }
  }
}

extension Evaluator.Made {
  fileprivate func isLike(_ other: Self) -> Bool {
    weights.count == other.weights.count && stopped.count == other.stopped.count
  }
}
