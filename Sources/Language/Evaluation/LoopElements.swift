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
  }

  private let content: Content

  /// What the loop is called.
  let word: String

  /// Nothing but rounds.
  init(count: Int, of word: String) { (content, self.word) = (.count(count), word) }

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

  var count: Int {
    switch content {
    case .count(let count): count
    case .numbers(_, let numbers): numbers.count
    case .rows(let x): x.shape[0]
    case .values(let values): values.count
    }
  }

  /// Whether one round is like the other.
  var areAlike: Bool { if case .values = content { false } else { true } }

  /// What a round is about; nil where it is about nothing.
  subscript(round: Int) -> Value? {
    switch content {
    case .count: return nil
    case .numbers(let x, let numbers): return .tensor(x.builder.constant(numbers[round]))
    case .rows(let x):
      return .tensor(x.sliced(axis: 0, from: round, count: 1).reshaped(x.shape.removing([0])))
    case .values(let values): return values[round]
    }
  }

  /// The same in a loop that is followed once, from a round on.
  func element(of trace: LoopTrace, from first: Int) -> Value? {
    switch content {
    case .count, .values: return nil
    case .numbers(let x, _):
      return .tensor(trace.row(of: rest(x.converted(to: .float64), from: first), isLiteral: true))
    case .rows(let x): return .tensor(trace.row(of: rest(x, from: first)))
    }
  }

  private func rest(_ x: Symbol, from first: Int) -> Symbol {
    x.sliced(axis: 0, from: first, count: x.shape[0] - first)
  }
}

extension Evaluator {
  /// The entries of a vector that is the same whatever the session's floats are.
  func fixedNumbers(_ x: Symbol, _ range: SourceRange) throws(Diagnostic) -> [Double]? {
    guard x.rank == 1, x.type != .bool, builder.isFixed(x.reference) else { return nil }
    if isFollowed(x) { throw Diagnostic(.unknownValue("these numbers differ from round to round"), at: range) }
    return (try? builder.value(of: x))?.values
  }

  /// The statements of a loop's body, for each round.
  func run(_ rounds: LoopElements, as names: [Name], _ body: [Statement], _ range: SourceRange) throws(Diagnostic)
    -> Flow
  {
    var canFollow = rounds.areAlike
    for round in 0..<rounds.count {
      // What the first rounds make of the types and shapes of the values stays as it is from then on, if ever.
      if canFollow, round < 3, rounds.count - round > Self.handful {
        switch try followed(rounds, from: round, as: names, body) {
        case .followed: return .nothing
        case .unlike: break
        case .impossible: canFollow = false
        }
      }
      guard !mode.isHurried || rounds.count <= 1_000 else {
        throw Diagnostic("too long to look ahead", at: range, reason: .tooLongToForesee)
      }
      if let element = rounds[round] { try assign(names, element, range) }
      let flow = try inRound(round, of: rounds.count, of: rounds.word) { () throws(Diagnostic) in try run(body) }
      if case .returned = flow { return flow }
      if case .left(isContinuing: false) = flow { break }
    }
    return .nothing
  }
}
