import Graphs
import Refusals
import Syntax
import Tensors

/// Loops of which nobody knows how often they run before their values have been gone through: those with a condition, and those
/// that are left.
extension Evaluator {
  /// What would make a round that is followed the last one, among the statements of a function's own.
  struct Leaving {
    let depth: Int
    var conditions: [Symbol] = []
  }

  /// Whether a condition under which the round that is followed would be the last one has been noted; it is taken not to hold.
  func notesLeaving(_ condition: Value) -> Bool {
    guard let depth = leaving?.depth, depth == scopes.count, case .tensor(let symbol) = condition,
      symbol.shape.count == 1, isFollowed(symbol)
    else { return false }
    leaving?.conditions.append(symbol.asBool.reshaped(.scalar))
    return true
  }

  /// The rounds up to the one in which a loop is left: how many there are is found out by going through their values.
  ///
  /// - Returns: how many rounds are done.
  func followedUntilLeft(
    _ rounds: LoopElements, from first: Int, as names: [Name], _ body: [Statement], _ range: SourceRange
  ) throws(Diagnostic) -> Following<Int> {
    let use = NameUse(body)
    guard body.mayLeave, !mode.isHurried, !keepsLoops, !use.deletes, use.assigned.isDisjoint(with: names.map(\.text))
    else {
      return .impossible
    }
    let left = rounds.count - first
    let found = try goingOn(use, body, range) { number throws(Diagnostic) in
      if let element = rounds.element(from: first, at: number) { try assign(names, element, range) }
      // The last round is gone through by itself.
      return .compare(.less, number + 1, builder.constant(Double(left)))
    }
    switch found {
    case .unlike: return .unlike
    case .impossible: return .impossible
    case .followed(let (count, _)):
      guard count > Self.handful,
        case .followed = try followed(rounds, from: first, known: count, as: names, body, range)
      else { return .impossible }
      return .followed(count)
    }
  }

  /// The rounds of statements while a condition holds: how many there are is found out by going through their values.
  ///
  /// - Returns: how many rounds are done, if the next one may leave the loop; nil if it is at its end.
  func followed(while condition: Expression, _ body: [Statement], after round: Int) throws(Diagnostic) -> Following<
    Int?
  > {
    let use = NameUse(body, while: condition)
    guard !use.deletes else { return .impossible }
    func test(_: Symbol) throws(Diagnostic) -> Symbol? {
      let drawn = draw
      let test = try evaluate(condition)
      guard case .tensor(let holds) = test, holds.shape.count == 1, draw == drawn else { return nil }
      return holds.asBool.reshaped(.scalar)
    }
    if keepsLoops { return try followedWhole(use, body, condition.range, test) }
    let found = try goingOn(use, body, condition.range, test)
    switch found {
    case .unlike: return .unlike
    case .impossible: return .impossible
    case .followed(let (count, mayLeave)):
      let rounds = LoopElements(count: count, after: round)
      guard mayLeave else {
        _ = try run(rounds, as: [], body, condition.range)
        return .followed(nil)
      }
      guard count > Self.handful,
        case .followed = try followed(rounds, from: 0, known: count, as: [], body, condition.range)
      else { return .impossible }
      return .followed(count)
    }
  }

  /// How many rounds there are in a row after which a loop goes on, found out by going through their values; and whether a
  /// round may leave it.
  ///
  /// - Parameter test: what must hold in a round, by its number, besides that it doesn't leave the loop; nil where that can't
  ///   be followed.
  private func goingOn(
    _ use: NameUse, _ body: [Statement], _ range: SourceRange, _ test: (Symbol) throws(Diagnostic) -> Symbol?
  ) throws(Diagnostic) -> Following<(count: Int, mayLeave: Bool)> {
    var mayLeave = false
    return try open(use) { carried, starts, outer throws(Diagnostic) in
      let leaves = starts.flatMap(\.leaves) + [drawNumber, builder.constant(0)]
      let loop = try builder.openLoop(from: leaves) { trace, variables throws(Diagnostic) -> Builder.Round? in
        let number = variables[variables.count - 1]
        var (round, conditions) = try openRound(
          trace, carried, starts, variables.dropLast(), after: outer, body, notingLeaving: true
        ) { () throws(Diagnostic) in try test(number) }
        mayLeave = !conditions.isEmpty
        round.next.append(number + 1)
        return round
      }
      outer.restore(self)
      guard let loop else { return nil }
      return (try located(at: range, try builder.rounds(of: loop.loop, operands: loop.operands)), mayLeave)
    }
  }

  /// A loop that others read, who ask its condition themselves: one node, with as many rounds as there are by the values of
  /// now.
  private func followedWhole(
    _ use: NameUse, _ body: [Statement], _ range: SourceRange, _ test: (Symbol) throws(Diagnostic) -> Symbol?
  ) throws(Diagnostic) -> Following<Int?> {
    try open(use) { carried, starts, outer throws(Diagnostic) in
      var leftovers: [String] = []
      var last: [Value] = []
      func rounds(_ loop: GraphLoop, _ operands: [Symbol]) throws(Diagnostic) -> Int {
        try located(at: range, try builder.rounds(of: loop, operands: operands))
      }
      let leaves = starts.flatMap(\.leaves) + [drawNumber]
      let loop = try builder.loop(from: leaves, rounds) { trace, variables throws(Diagnostic) -> Builder.Round? in
        var (round, _) = try openRound(
          trace, carried, starts, variables[...], after: outer, body, notingLeaving: false
        ) { () throws(Diagnostic) in try test(variables[0]) }
        leftovers = use.assigned.subtracting(carried).filter { locals[$0]?.isOfTensors == true }.sorted()
        last = leftovers.compactMap { locals[$0] }
        round.leftovers = last.flatMap(\.leaves)
        return round
      }
      let (draws, isSteady) = (draw - outer.draw, !differsInDraws)
      outer.restore(self)
      guard let loop else { return nil }
      guard isSteady else { throw Diagnostic(.unknownValue("not every round draws as often")) }
      for (name, value) in zip(carried, RoundValues.filled(starts, loop.round.next.dropLast())) {
        locals[name] = value
      }
      if loop.count > 0 {
        for (name, value) in zip(leftovers, RoundValues.filled(last, loop.round.leftovers)) { locals[name] = value }
      }
      // What draws goes on behind the loop as it does by the values of now.
      draw = outer.draw + loop.count * draws
      return .some(nil)
    }
  }

  /// Follows a loop of which nobody knows how often it runs, from the locals that go from round to round.
  ///
  /// - Parameter follow: nil where a carried value changes its type or shape.
  private func open<Outcome>(
    _ use: NameUse, _ follow: ([String], [Value], Standing) throws(Diagnostic) -> Outcome?
  ) throws(Diagnostic) -> Following<Outcome> {
    guard canFollow else { return .impossible }
    guard let carried = carried(use) else { return .unlike }
    let before = locals
    let starts = carried.compactMap { before[$0] }
    guard starts.allSatisfy(\.isOfTensors) else { return .impossible }
    let outer = Standing(self)
    do throws(Diagnostic) {
      guard let outcome = try follow(carried, starts, outer) else { return .unlike }
      return .followed(outcome)
    } catch {
      outer.restore(self)
      if error.isInterrupt { throw error }
      impossibility = error.message
      return .impossible
    }
  }

  /// What a round of such a loop makes: its next values, the number of the next draw, and whether the loop goes on; and the
  /// conditions under which it is left.
  ///
  /// - Parameter variables: the carried values, and the number of the next draw.
  private func openRound(
    _ trace: LoopTrace, _ carried: [String], _ starts: [Value], _ variables: ArraySlice<Symbol>, after outer: Standing,
    _ body: [Statement], notingLeaving: Bool, _ test: () throws(Diagnostic) -> Symbol?
  ) throws(Diagnostic) -> (round: Builder.Round, leaving: [Symbol]) {
    guard let drawn = variables.last else { preconditionFailure("draws are counted in every round") }
    outer.begin(self, drawing: drawn)
    mutedPrints += 1
    defer { mutedPrints -= 1 }
    following.append(trace)
    defer { following.removeLast() }
    for (name, value) in zip(carried, RoundValues.filled(starts, variables.dropLast())) { locals[name] = value }
    guard var holds = try test() else { throw Diagnostic(.unknownValue("its condition can't be followed")) }
    let (flow, conditions) = try round(body, notingLeaving: notingLeaving)
    if flow.isEarly { throw Diagnostic(.unknownValue("a round may end early")) }
    for condition in conditions { holds = .logic(.and, holds, Operator.not(condition)) }
    let next = carried.compactMap { locals[$0] }
    guard zip(starts, next).allSatisfy({ $0.hasStructure(of: $1) }) else {
      throw Diagnostic(.unknownValue("values change their structure from round to round"))
    }
    let made = Builder.Round(next: next.flatMap(\.leaves) + [drawNumber.converted(to: drawn.type)], outputs: [holds])
    return (made, conditions)
  }
}
