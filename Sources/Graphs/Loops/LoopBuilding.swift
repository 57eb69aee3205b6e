import Tensors

extension Builder {
  /// What a round makes: what takes the place of each carried value, what is kept of every round, and what is left of the
  /// last one.
  public struct Round {
    public var next: [Symbol]
    public var outputs: [Symbol]
    public var leftovers: [Symbol]

    public init(next: [Symbol], outputs: [Symbol] = [], leftovers: [Symbol] = []) {
      (self.next, self.outputs, self.leftovers) = (next, outputs, leftovers)
    }
  }

  /// A loop of at least one round: the carried values and leftovers after the last one, and the outputs of all, stacked.
  ///
  /// The round is followed again while less holds of the carried values in every round than was taken for granted.
  /// - Parameter follow: makes a round from the carried values; nil where it can't.
  /// - Returns: nil also where a carried value changes its shape or type.
  public func loop<Failure: Error>(
    _ count: Int, from starts: [Symbol], isReversed: Bool = false,
    _ follow: (LoopTrace, [Symbol]) throws(Failure) -> Round?
  ) throws(Failure) -> Round? {
    let loop = try followed(count, from: starts, isReversed: isReversed, follow)
    guard let loop else { return nil }
    let carried = (0..<loop.carried).map(GraphLoop.Result.last)
    let results = carried + (0..<loop.outputs).map(GraphLoop.Result.outputs)
    let whole = GraphLoop(loop.body, count: count, isReversed: isReversed, kept: results)
    let parts = parts(of: whole, loop.operands)
    return Round(
      next: Array(parts[..<starts.count]), outputs: Array(parts[loop.carried...]),
      leftovers: Array(parts[starts.count..<loop.carried]))
  }

  /// A loop of which only the outputs are asked for, with its operands: how often it runs isn't known yet.
  public func openLoop<Failure: Error>(
    from starts: [Symbol], _ follow: (LoopTrace, [Symbol]) throws(Failure) -> Round?
  ) throws(Failure) -> (loop: GraphLoop, operands: [Symbol])? {
    let loop = try followed(1, from: starts, isReversed: false, follow)
    return loop.map { loop in
      let outputs = (0..<loop.outputs).map(GraphLoop.Result.outputs)
      return (GraphLoop(loop.body, count: 1, isReversed: false, kept: outputs), loop.operands)
    }
  }

  /// A loop that goes on while a condition holds, which is each round's only output, by the values that it begins with.
  ///
  /// By the values of now it has so many rounds; others that read the graph ask the condition.
  public func loop<Failure: Error>(
    from starts: [Symbol], _ rounds: (GraphLoop, [Symbol]) throws(Failure) -> Int,
    whileHolds follow: (LoopTrace, [Symbol]) throws(Failure) -> Round?
  ) throws(Failure) -> (round: Round, count: Int)? {
    let loop = try followed(1, from: starts, isReversed: false, follow)
    guard let loop else { return nil }
    let outputs = (0..<loop.outputs).map(GraphLoop.Result.outputs)
    let count = try rounds(GraphLoop(loop.body, count: 1, isReversed: false, kept: outputs), loop.operands)
    let kept = (0..<loop.carried).map(GraphLoop.Result.last)
    let whole = GraphLoop(loop.body.going(whileHolds: 0), count: count, isReversed: false, kept: kept)
    let parts = parts(of: whole, loop.operands)
    return (Round(next: Array(parts[..<starts.count]), leftovers: Array(parts[starts.count...])), count)
  }

  /// A body whose facts about its carried values hold in every round, with the operands of a loop by it.
  ///
  /// - Returns: besides, how many of the carried values and outputs aren't masks of others.
  private func followed<Failure: Error>(
    _ count: Int, from starts: [Symbol], isReversed: Bool,
    _ follow: (LoopTrace, [Symbol]) throws(Failure) -> Round?
  ) throws(Failure) -> (body: LoopBody, operands: [Symbol], carried: Int, outputs: Int)? {
    let hasDemandedUnknown = self.hasDemandedUnknown
    defer { self.hasDemandedUnknown = hasDemandedUnknown }
    let settled = starts.map(settledZeros)
    var claims = zip(starts, settled).map {
      Claim(pattern(of: $0), isFixed: isFixed($0.reference), isSettled: $1 != nil)
    }
    for attempt in 0... {
      let trace = LoopTrace(self, count: count, isReversed: isReversed)
      var carrying = Carrying()
      let carried = zip(starts, claims).map { carrying.carry($0, $1, in: trace) }
      guard let round = try follow(trace, carried), round.next.count == starts.count,
        zip(starts, round.next).allSatisfy({ $0.shape == $1.shape && $0.type == $1.type })
      else { return nil }
      var reached: [Claim] = []
      for (claim, (next, zeros)) in zip(claims, zip(round.next, settled)) {
        var known = Claim(pattern(of: next), isFixed: isFixed(next.reference), isSettled: false)
        if claim.isSettled, let zeros, keeps(zeros, next) { known = claim.fixed(known.isFixed) }
        reached.append(claim.weakened(by: known))
      }
      if reached != claims {
        claims = attempt < 6 ? reached : claims.map { _ in .weakest }
        continue
      }
      return carrying.finished(trace, round)
    }
    return nil
  }

  /// The zeros of a value, where they are the same whatever the session's floats are.
  private func settledZeros(of symbol: Symbol) -> Pattern<Tensor>? {
    let pattern = pattern(of: symbol)
    let masks = [pattern.structural, pattern.strong, pattern.quiet].compactMap { $0 }
    guard !masks.isEmpty, masks.allSatisfy({ isFixed($0.reference) && variables(of: $0).isEmpty }) else { return nil }
    return whole(pattern, of: symbol)
  }

  /// Whether a value has these zeros whatever it is made of.
  private func keeps(_ zeros: Pattern<Tensor>, _ symbol: Symbol) -> Bool {
    whole(pattern(of: symbol), of: symbol)?.hasSameBits(as: zeros) == true
  }

  /// Masks of a value's shape that are the same whatever it is made of; nil where one isn't.
  private func whole(_ pattern: Pattern<Symbol>, of symbol: Symbol) -> Pattern<Tensor>? {
    var masks: [Tensor?] = []
    for mask in [pattern.structural, pattern.strong, pattern.quiet] {
      guard let mask else {
        masks.append(nil)
        continue
      }
      guard let value = try? settledMask(mask.broadcast(to: symbol.shape)) else { return nil }
      masks.append(value)
    }
    return Pattern(structural: masks[0], strong: masks[1], quiet: masks[2])
  }

  /// A loop's results as they are, each with what is known of it.
  func parts(of loop: GraphLoop, _ operands: [Symbol]) -> [Symbol] {
    let packed = add(loop.primitive, operands, shape: loop.shape, type: loop.type)
    return loop.parts.map { part in
      let symbol = packed.sliced(axis: 0, from: part.offset, count: part.shape.count).reshaped(part.shape)
        .converted(to: part.type)
      let facts: LoopFacts?
      let masks: (Int) -> GraphLoop.Result
      switch part.result {
      case .last(let number):
        facts = loop.body.carriedFacts.element(number)
        masks = GraphLoop.Result.last
      case .states(let number):
        facts = loop.body.carriedFacts.element(number)
        masks = GraphLoop.Result.states
      case .outputs(let number):
        facts = loop.body.outputFacts.element(number)
        masks = GraphLoop.Result.outputs
      }
      guard let facts else { return symbol }
      fixed[symbol.reference] = facts.isFixed
      guard let structural = facts.structural else {
        patterns[symbol.reference] = .full
        return symbol
      }
      func mask(_ number: Int) -> Graph.Reference {
        self.parts(of: loop.keeping([masks(number)]), operands)[0].reference
      }
      patterns[symbol.reference] = Pattern(
        structural: mask(structural), strong: facts.strong.map(mask), quiet: facts.quiet.map(mask))
      return symbol
    }
  }

  /// The nodes of a graph among those here, its parameters being these.
  func copied(_ graph: Graph, parameters: [Symbol]) -> [Symbol] {
    var symbols: [Symbol] = []
    for node in graph.nodes {
      switch node.kind {
      case .parameter(let number): symbols.append(parameters[number])
      case .apply(let primitive, let operands):
        let x = operands.map { symbols[$0.index] }
        symbols.append(add(primitive, x, shape: node.shape, type: node.type))
      }
    }
    return symbols
  }

  /// The value as itself, apart from all that it was made of: what is taken with respect to it goes no further.
  func apart(_ symbol: Symbol) -> Symbol {
    let result = separate(symbol)
    patterns[result.reference] = pattern(of: symbol.reference)
    fixed[result.reference] = isFixed(symbol.reference)
    return result
  }
}

/// What is taken to hold of a carried value before every round.
private struct Claim: Equatable {
  /// Some entries are structurally zero; strongly, elsewhere; decide a product, elsewhere.
  var hasStructural: Bool
  var hasStrong: Bool
  var hasQuiet: Bool
  var isFixed: Bool
  /// The masks are those at the start.
  var isSettled: Bool

  static let weakest = Claim(hasStructural: true, hasStrong: true, hasQuiet: true, isFixed: false, isSettled: false)

  private init(hasStructural: Bool, hasStrong: Bool, hasQuiet: Bool, isFixed: Bool, isSettled: Bool) {
    (self.hasStructural, self.hasStrong, self.hasQuiet) = (hasStructural, hasStrong, hasQuiet)
    (self.isFixed, self.isSettled) = (isFixed, isSettled)
  }

  init(_ pattern: Pattern<Symbol>, isFixed: Bool, isSettled: Bool = false) {
    hasStructural = pattern.structural != nil || pattern.strong != nil || pattern.quiet != nil
    hasStrong = pattern.strong?.reference != pattern.structural?.reference
    hasQuiet = pattern.quiet != nil
    (self.isFixed, self.isSettled) = (isFixed, isSettled)
  }

  func fixed(_ isFixed: Bool) -> Claim {
    var claim = self
    claim.isFixed = isFixed
    return claim
  }

  func weakened(by other: Claim) -> Claim {
    Claim(
      hasStructural: hasStructural || other.hasStructural, hasStrong: hasStrong || other.hasStrong,
      hasQuiet: hasQuiet || other.hasQuiet, isFixed: isFixed && other.isFixed,
      isSettled: isSettled && other.isSettled)
  }
}

/// The masks that go along with carried values and outputs, from round to round.
private struct Carrying {
  private var claims: [Claim] = []
  /// Of each carried value, its masks before the first round, and as variables.
  private var masks: [[(start: Symbol, variable: Symbol)]] = []

  /// A variable for a carried value; its masks, which are numbered behind all values, get variables only.
  mutating func carry(_ start: Symbol, _ claim: Claim, in trace: LoopTrace) -> Symbol {
    let builder = trace.builder
    let variable = trace.carry(start, isFixed: claim.isFixed)
    let own = Self.masks(claim, builder.pattern(of: start), start).map {
      (start: $0, variable: trace.mask(shape: $0.shape))
    }
    claims.append(claim)
    masks.append(own)
    if claim.hasStructural {
      let masks = own.map { claim.isSettled ? $0.start : $0.variable }
      builder.patterns[variable.reference] = Self.pattern(claim, masks).map(\.reference)
    }
    return variable
  }

  /// The masks that a claim speaks of: structural, strong, quiet.
  private static func masks(_ claim: Claim, _ pattern: Pattern<Symbol>, _ symbol: Symbol) -> [Symbol] {
    guard claim.hasStructural else { return [] }
    func whole(_ mask: Symbol?) -> Symbol {
      mask?.broadcast(to: symbol.shape) ?? symbol.builder.constant(true, shape: symbol.shape)
    }
    var masks = [whole(pattern.structural)]
    if claim.hasStrong { masks.append(whole(pattern.strong)) }
    if claim.hasQuiet { masks.append(whole(pattern.deciding)) }
    return masks
  }

  private static func pattern(_ claim: Claim, _ masks: [Symbol]) -> Pattern<Symbol> {
    Pattern(
      structural: masks[0], strong: claim.hasStrong ? masks[1] : nil,
      quiet: claim.hasQuiet ? masks[masks.count - 1] : nil)
  }

  private static func facts(_ claim: Claim, masksFrom first: Int) -> LoopFacts {
    var facts = LoopFacts(isFixed: claim.isFixed)
    guard claim.hasStructural else { return facts }
    facts.structural = first
    facts.strong = claim.hasStrong ? first + 1 : first
    if claim.hasQuiet { facts.quiet = first + (claim.hasStrong ? 2 : 1) }
    return facts
  }

  func finished(
    _ trace: LoopTrace, _ round: Builder.Round
  ) -> (body: LoopBody, operands: [Symbol], carried: Int, outputs: Int) {
    let builder = trace.builder
    func claim(_ symbol: Symbol) -> Claim {
      Claim(builder.pattern(of: symbol), isFixed: builder.isFixed(symbol.reference))
    }
    for symbol in round.leftovers { trace.carry(onlyOut: symbol) }
    let values = round.next + round.leftovers
    let claims = self.claims + round.leftovers.map(claim)
    var (next, facts) = (values, [LoopFacts]())
    for (number, (claim, value)) in zip(claims, values).enumerated() {
      facts.append(Self.facts(claim, masksFrom: next.count))
      let after =
        claim.isSettled
        ? masks[number].map(\.start) : Self.masks(claim, builder.pattern(of: value), value)
      next += after
      if number < masks.count {
        for (start, variable) in masks[number] { trace.carry(start, as: variable) }
      } else {
        for mask in after { trace.carry(onlyOut: mask) }
      }
    }
    var (outputs, outputFacts) = (round.outputs, [LoopFacts]())
    for value in round.outputs {
      let claim = claim(value)
      outputFacts.append(Self.facts(claim, masksFrom: outputs.count))
      outputs += Self.masks(claim, builder.pattern(of: value), value)
    }
    let (body, operands) = trace.finished(next: next, outputs: outputs, facts, outputFacts)
    return (body, operands, values.count, round.outputs.count)
  }
}

extension Array {
  fileprivate func element(_ position: Int) -> Element? { indices.contains(position) ? self[position] : nil }
}
