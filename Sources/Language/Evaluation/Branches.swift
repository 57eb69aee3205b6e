import Graphs
import Refusals
import Syntax
import Tensors

/// Branches of a condition that has no value yet: both are followed, and become a choice.
extension Evaluator {
  /// A statement that is being run, and those behind it in its block.
  struct Waiting {
    let rest: ArraySlice<Statement>
    let isLoop: Bool
    /// How many calls were open around it.
    let depth: Int

    init(_ statement: Statement, before rest: ArraySlice<Statement>, depth: Int) {
      (self.rest, self.depth) = (rest, depth)
      switch statement.kind {
      case .loop, .forEach, .whileLoop: isLoop = true
      case .expression, .assign, .update, .live, .function, .input, .expect, .run, .branch, .command, .breaking,
        .continuing, .returning, .deletion, .freezing:
        isLoop = false
      }
    }
  }

  /// Elements that a branch may compute in every round of a loop, though it is taken in some only; rounds in which only the
  /// branch that counts is computed are cheaper from there on.
  private static let mostInVain = 200_000.0

  /// Both branches, where nobody knows which; they become a choice.
  ///
  /// - Returns: whether the statements behind were followed, too: after a branch that may end early they belong to it.
  func both(
    _ choice: Symbol, _ then: [Statement], _ otherwise: [Statement], _ range: SourceRange,
    before rest: ArraySlice<Statement>
  ) throws(Diagnostic) -> (flow: Flow, isWhole: Bool) {
    let isFollowed = !mode.isHurried && isFollowed(choice)
    let (before, start, nodes) = (locals, draws, builder.graph.nodes.count)
    // What a round prints is kept with what must hold for it.
    if !isFollowed { mutedPrints += 1 }
    defer { if !isFollowed { mutedPrints -= 1 } }
    let outer = (leaving: leaving, conditions: conditions)
    leaving = nil
    defer { (leaving, conditions) = outer }
    var (ifTrue, ifFalse) = (conditions, conditions)
    if isFollowed {
      ifTrue.append(choice.asBool)
      ifFalse.append(Operator.not(choice.asBool))
    }
    conditions = ifTrue
    var first = try run(then)
    var (firstLocals, firstDraws, isWhole) = (locals, draws, false)
    (locals, conditions) = (before, ifFalse)
    // Only one of the branches draws, in a round.
    if isFollowed { draws = start }
    var second = try run(otherwise)
    if first.isEarly != second.isEarly {
      isWhole = true
      if second.isEarly {
        let (secondLocals, secondDraws) = (locals, draws)
        (locals, conditions) = (firstLocals, ifTrue)
        if isFollowed { draws = firstDraws }
        first = try run(rest[...])
        (firstLocals, firstDraws) = (locals, draws)
        locals = secondLocals
        if isFollowed { draws = secondDraws }
      } else {
        second = try run(rest[...])
      }
    }
    if isFollowed {
      let isSteady = draws.isSame(as: start) && firstDraws.isSame(as: start)
      // What is looked at for its shapes is gone through, so that it sets aside as many draws as its rounds may need.
      if mode.isAbstract, !isSteady {
        throw Diagnostic(.unknownValue("not every round draws as often"), at: range)
      }
      if !draws.isSame(as: firstDraws) { draw(as: choice, firstDraws, draws) }
      guard builder.work(from: nodes) <= Self.mostInVain else {
        throw Diagnostic(.unknownValue("a branch takes long that isn't taken in every round"), at: range)
      }
    }
    for (name, a) in firstLocals.values {
      guard let b = locals[name] else {
        try forget(name, isFollowed, isWhole, range)
        continue
      }
      locals[name] = try chosen(choice, a, b, range)
    }
    for name in Array(locals.keys) where firstLocals[name] == nil {
      try forget(name, isFollowed, isWhole, range)
      locals[name] = nil
    }
    return (try merged(first, second, choice, range, isWhole), isWhole)
  }

  /// The next draw has the number that it has behind the branch that is taken.
  private func draw(as choice: Symbol, _ first: Draws, _ second: Draws) {
    draws = first
    let number = drawNumber.converted(to: .float64)
    draws = second
    let other = drawNumber.converted(to: .float64)
    freshDraws = (Symbol.select(choice.asBool, number, other).converted(to: .literal), draw)
    differsInDraws = true
  }

  /// A name that only one branch gives a value has none for certain; a loop that is followed may have no such names when others
  /// read them.
  private func forget(
    _ name: String, _ isFollowed: Bool, _ isWhole: Bool, _ range: SourceRange
  ) throws(Diagnostic) {
    guard isFollowed else { return }
    let behind = isWhole ? waiting.dropLast() : waiting[...]
    let isRead = behind.reversed().prefix { $0.depth == scopes.count }.contains {
      Names.readFirst(in: Array($0.rest)).contains(name)
    }
    if isRead { throw Diagnostic("'\(name)' has no value in every round", at: range, reason: .unknownName) }
  }

  /// How what is followed ends, of whose branches each ends in its way.
  private func merged(
    _ first: Flow, _ second: Flow, _ choice: Symbol, _ range: SourceRange, _ isWhole: Bool
  ) throws(Diagnostic) -> Flow {
    switch (first, second) {
    case (.value(let a), .value(let b)): return .value(try chosen(choice, a, b, range))
    case (.returned(let a?), .returned(let b?)), (.returned(let a?), .value(let b)), (.value(let a), .returned(let b?)):
      return .returned(try chosen(choice, a, b, range))
    case (.returned(nil), .returned(nil)), (.returned(nil), .nothing), (.nothing, .returned(nil)):
      return .returned(nil)
    case (.nothing, .nothing), (.nothing, .value), (.value, .nothing): return .nothing
    case (.left(let a), .left(let b)) where a == b: return first
    case (.left(isContinuing: true), .nothing), (.left(isContinuing: true), .value),
      (.nothing, .left(isContinuing: true)), (.value, .left(isContinuing: true)):
      // At the end of a round both go on with the next one.
      if isWhole, waiting.dropLast().last?.isLoop == true { return .nothing }
    case (.left, _), (_, .left), (.returned, _), (_, .returned): break
    }
    // Only shapes are asked for: whatever goes on has them.
    if mode.isAbstract { return first.isEarly ? second : first }
    throw Diagnostic("nobody knows yet how this condition turns out, and its branches end differently", at: range)
  }

  /// One of two values, as a condition turns out.
  private func chosen(_ choice: Symbol, _ a: Value, _ b: Value, _ range: SourceRange) throws(Diagnostic) -> Value {
    switch (a, b) {
    case (.tensor(let x), .tensor(let y)):
      if x.reference == y.reference { return a }
      guard x.shape == y.shape else {
        throw Diagnostic(
          "the branches give different shapes, \(x.shape) and \(y.shape), and nobody knows the condition yet",
          at: range)
      }
      return .tensor(.select(choice.asBool, x, y))
    case (.tuple(let left), .tuple(let right)):
      if let misfit = left.misfit(with: right) { throw misfit.diagnostic(at: "", range) }
      var values: [Value] = []
      for (x, y) in zip(left, right) { values.append(try chosen(choice, x, y, range)) }
      return .tuple(left.with(values))
    case (.text(let x), .text(let y)) where x == y: return a
    case (.function(let x), .function(let y)) where x.name == y.name: return a
    case (.tensor, _), (.tuple, _), (.text, _), (.function, _), (.list, _):
      throw Diagnostic(
        "the branches give \(a.kindName) and \(b.kindName), and nobody knows the condition yet", at: range)
    }
  }
}
