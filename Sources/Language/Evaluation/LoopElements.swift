import Graphs
import Refusals
import Syntax
import Tensors

/// What a loop in a function goes through, round by round.
struct LoopElements {
  private enum Content {
    /// So many rounds, and nothing else.
    case count(Int)
    /// Entries that are known: numbers as if they were written there.
    case numbers(Symbol, [Double])
    case rows(Symbol)
    case values([Value])
    /// Several side by side.
    case columns([LoopElements])
  }

  private let content: Content

  /// What the loop is called.
  let word: String
  /// Rounds that are done, of a loop that doesn't say itself how many there are.
  private var done: Int?

  /// Nothing but rounds.
  init(count: Int, of word: String) { (content, self.word) = (.count(count), word) }

  /// The rounds that are left of a loop with a condition.
  init(count: Int, after done: Int) { (content, word, self.done) = (.count(count), "while", done) }

  /// A round as messages number it, and of how many it is, where the program says so.
  func number(of round: Int) -> (round: Int, count: Int?) { (round + (done ?? 0), done == nil ? count : nil) }

  /// What a `for` walks over.
  init(_ value: Value, _ range: SourceRange, _ evaluator: Evaluator) throws(Diagnostic) {
    word = "for"
    guard case .tensor(let x) = value, x.rank > 0 else {
      content = .values(try evaluator.elements(value, range))
      return
    }
    if let numbers = try evaluator.fixedNumbers(x, range) {
      content = .numbers(x, numbers)
    } else {
      content = .rows(x)
    }
  }

  /// Several things of one length side by side, as `zip` and `enumerate` put them.
  init(sideBySide columns: [LoopElements]) { (content, word) = (.columns(columns), "for") }

  var count: Int {
    switch content {
    case .count(let count): count
    case .numbers(_, let numbers): numbers.count
    case .rows(let x): x.shape[0]
    case .values(let values): values.count
    case .columns(let columns): columns.first?.count ?? 0
    }
  }

  /// Whether one round is like the other.
  var areAlike: Bool {
    switch content {
    case .count, .numbers, .rows: true
    case .values: false
    case .columns(let columns): columns.allSatisfy(\.areAlike)
    }
  }

  /// What a round is about; nil where it is about nothing.
  subscript(round: Int) -> Value? {
    switch content {
    case .count: return nil
    case .numbers(let x, let numbers): return .tensor(x.builder.constant(numbers[round]))
    case .rows(let x):
      return .tensor(x.sliced(axis: 0, from: round, count: 1).reshaped(x.shape.removing([0])))
    case .values(let values): return values[round]
    case .columns(let columns): return .tuple(Entries(columns.compactMap { $0[round] }))
    }
  }

  /// The same in a loop that is followed once, from a round on.
  func element(of trace: LoopTrace, from first: Int) -> Value? {
    switch content {
    case .count, .values: return nil
    case .numbers(let x, _):
      return .tensor(trace.row(of: rest(x.converted(to: .float64), from: first, trace.count), isLiteral: true))
    case .rows(let x): return .tensor(trace.row(of: rest(x, from: first, trace.count)))
    case .columns(let columns): return .tuple(Entries(columns.compactMap { $0.element(of: trace, from: first) }))
    }
  }

  /// The same in a loop of which nobody knows how often it runs, by a round's number.
  func element(from first: Int, at number: Symbol) -> Value? {
    func entry(_ x: Symbol) -> Symbol {
      let place = (number + Double(first)).converted(to: .float64).reshaped(Shape([1]))
      return x.taken(place, axis: 0).reshaped(x.shape.removing([0]))
    }
    switch content {
    case .count, .values: return nil
    case .numbers(let x, _): return .tensor(entry(x.converted(to: .float64)).converted(to: .literal))
    case .rows(let x): return .tensor(entry(x))
    case .columns(let columns): return .tuple(Entries(columns.compactMap { $0.element(from: first, at: number) }))
    }
  }

  private func rest(_ x: Symbol, from first: Int, _ count: Int) -> Symbol {
    x.sliced(axis: 0, from: first, count: min(count, x.shape[0] - first))
  }
}

extension Evaluator {
  /// The entries of a vector that is the same whatever the session's floats are.
  func fixedNumbers(_ x: Symbol, _ range: SourceRange) throws(Diagnostic) -> [Double]? {
    guard x.rank == 1, x.type != .bool, builder.isFixed(x.reference) else { return nil }
    if isFollowed(x) { throw Diagnostic(.unknownValue("these numbers differ from round to round"), at: range) }
    return (try? builder.value(of: x))?.values
  }

  /// What `for` walks over; what lies side by side isn't put together entry by entry.
  func elements(walkedOver expression: Expression) throws(Diagnostic) -> LoopElements {
    guard let call = Builtin.Call(expression), call.arguments.allSatisfy({ $0.label == nil }), !isOwn(call.name),
      call.name == Builtin.zip.name || call.name == Builtin.enumerate.name && call.arguments.count == 1
    else { return try LoopElements(try evaluate(expression), expression.range, self) }
    note(call: call.name)
    var given: [Evaluated] = []
    for argument in call.arguments {
      given.append(Evaluated(value: try evaluate(argument.value), range: argument.value.range))
    }
    if let columns = try columns(given, isNumbered: call.name == Builtin.enumerate.name) { return columns }
    return try LoopElements(try self.call(.builtin(call.builtin), given, call.range), expression.range, self)
  }

  /// Whether a name that is called is one of the user's functions.
  private func isOwn(_ name: String) -> Bool {
    if case .function? = scopes.last?[name] { return true }
    if let home = scopes.last?.home { if case .function? = home.values[name] { return true } else { return false } }
    switch session.names[name]?.content {
    case .function, .live: return true
    case .tensor, .tuple, .text, .unset, nil: return false
    }
  }

  /// Vectors and rows of one length; nil where they aren't.
  private func columns(_ given: [Evaluated], isNumbered: Bool) throws(Diagnostic) -> LoopElements? {
    let counts = given.map { $0.value.symbol.flatMap { $0.rank > 0 ? $0.shape[0] : nil } }
    guard let first = counts.first, let count = first, counts.allSatisfy({ $0 == count }) else { return nil }
    var columns: [LoopElements] = []
    if isNumbered {
      columns.append(try LoopElements(.tensor(builder.iota(count, type: .float64)), given[0].range, self))
    }
    for column in given { columns.append(try LoopElements(column.value, column.range, self)) }
    return LoopElements(sideBySide: columns)
  }

  /// The statements of a loop's body, for each round.
  func run(_ rounds: LoopElements, as names: [Name], _ body: [Statement], _ range: SourceRange) throws(Diagnostic)
    -> Flow
  {
    var canFollow = rounds.areAlike
    let outerLeaving = leaving
    leaving = nil
    defer { leaving = outerLeaving }
    var round = 0
    while round < rounds.count {
      // What the first rounds make of the types and shapes of the values stays as it is from then on, if ever.
      if canFollow, round < 3, rounds.count - round > Self.handful {
        switch try followed(rounds, from: round, as: names, body, range, settlesTypes: round == 2) {
        case .followed: return .nothing
        case .unlike where round < 2: break
        case .unlike:
          impossibility = impossibility ?? "values change their shapes from round to round"
          noteWrittenOut(rounds.word, rounds.count - round)
        case .impossible:
          switch try followedUntilLeft(rounds, from: round, as: names, body, range) {
          case .followed(let done):
            round += done
            canFollow = false
          case .unlike: break
          case .impossible:
            canFollow = false
            noteWrittenOut(rounds.word, rounds.count - round)
          }
        }
      }
      guard !mode.isHurried || rounds.count <= 1_000 else {
        throw Diagnostic("too long to look ahead", at: range, reason: .tooLongToForesee)
      }
      let demands = builder.demandCount
      if let element = rounds[round] { try assign(names, element, range) }
      let (number, count) = rounds.number(of: round)
      let flow = try inRound(number, of: count, of: rounds.word) { () throws(Diagnostic) in try run(body) }
      if case .returned = flow { return flow }
      if case .left(isContinuing: false) = flow { break }
      if builder.demandCount > demands { settleLocals() }
      round += 1
    }
    return .nothing
  }

  /// A loop of more than a few rounds that couldn't be followed.
  func noteWrittenOut(_ word: String, _ count: Int) {
    let text = "\(word), \(count) rounds, is written out" + (impossibility.map { ": \($0)" } ?? "")
    if !writtenOut.contains(text) { writtenOut.append(text) }
    impossibility = nil
  }
}
