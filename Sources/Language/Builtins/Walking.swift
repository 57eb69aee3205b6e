import Graphs
import Syntax
import Tensors

/// What functions make of entries, one after the other.
extension Evaluator {
  struct Walk {
    /// What went from entry to entry, after the last one.
    var state: [Value]
    /// What the function gave for each of the first entries.
    var outputs: [Value] = []
    /// What it gave for the others, along a new first axis; nil where there are no others.
    var rest: Value?
  }

  /// A function's results for entries, with a state that goes along; followed once where all entries are alike.
  ///
  /// - Parameter one: from a state and an entry of each column, the next state and an output.
  func walk(
    _ columns: [LoopElements], from start: [Value], _ name: String, _ range: SourceRange,
    _ one: ([Value], [Value]) throws(Diagnostic) -> (state: [Value], output: Value?)
  ) throws(Diagnostic) -> Walk {
    var walk = Walk(state: start)
    let count = columns[0].count
    var canFollow = columns.allSatisfy(\.areAlike)
    for position in 0..<count {
      if canFollow, position < 3, count - position > Self.handful {
        switch try followed(columns, from: position, walk, one) {
        case .followed(let whole): return whole
        case .unlike: break
        case .impossible: canFollow = false
        }
      }
      if !canFollow { _ = try positions(of: columns, name, range) }
      try Interrupt.check()
      let (state, output) = try inRound(position, of: count, of: name) { () throws(Diagnostic) in
        try one(walk.state, columns.compactMap { $0[position] })
      }
      walk.state = state
      if let output { walk.outputs.append(output) }
    }
    return walk
  }

  private func followed(
    _ columns: [LoopElements], from first: Int, _ walk: Walk,
    _ one: ([Value], [Value]) throws(Diagnostic) -> (state: [Value], output: Value?)
  ) throws(Diagnostic) -> Following<Walk> {
    let following = try follow(columns[0].count - first, from: walk.state) {
      trace, state throws(Diagnostic) -> RoundValues? in
      let (next, output) = try one(state, columns.compactMap { $0.element(of: trace, from: first) })
      return RoundValues(next: next, outputs: output.map { [$0] } ?? [])
    }
    switch following {
    case .unlike: return .unlike
    case .impossible: return .impossible
    case .followed(let result):
      return .followed(Walk(state: result.next, outputs: walk.outputs, rest: result.outputs.first))
    }
  }

  /// The places of entries that are gone through one by one: there may not be too many of them.
  func positions(of columns: [LoopElements], _ name: String, _ range: SourceRange) throws(Diagnostic) -> Range<Int> {
    let count = columns.first?.count ?? 0
    guard count <= min(100_000, nodeLimit) else {
      throw Diagnostic("\(name) over more than 100,000 entries", at: range)
    }
    return 0..<count
  }
}
