import Graphs
import Printing
import Syntax
import Tensors

/// The words for entries of a gradient that are 0 for good: masked, frozen, blocked, not read.
extension Why {
  /// How many there are of each; nil where they are too many to be looked at one by one, or the expression is no gradient.
  func removals(in expression: Expression) -> [Shown.Removal]? {
    guard case .call(let callee, _) = expression.kind, case .name(let function) = callee.kind,
      Builtin.gradientNames.contains(function)
    else { return nil }
    noteRead(expression)
    let found = try? evaluator.withTargets(evaluator.leaves(of: expression)) { () throws(Diagnostic) in
      try evaluator.tensor(expression)
    }
    guard let symbol = found, symbol.shape.count <= 4_096 else { return nil }
    let left = leftOut(of: symbol.reference, expression)
    guard let (pass, node) = left.map({ ($0.pass, $0.node) }) ?? asked(symbol.reference, expression) else { return nil }
    evidence.settle(symbol)
    let places = symbol.shape.places.filter { evidence.cause(symbol.reference, $0) == .structural }
    guard places.count * graph.nodes.count <= 200_000 else { return nil }
    var counts: [Ending.Kind.Word: Int] = [:]
    for place in places {
      counts[left.flatMap { word(for: place, $0) } ?? word(for: node, place, in: pass), default: 0] += 1
    }
    return Ending.Kind.Word.allCases.compactMap { word in
      counts[word].map { Shown.Removal(word.rawValue, $0) }
    }
  }

  /// Whether the largest entry of a gradient is only what rounding has left of it.
  func isCancelled(_ expression: Expression, largest place: [Int]) -> Bool {
    guard case .call(let callee, _) = expression.kind, case .name(let function) = callee.kind,
      Builtin.gradientNames.contains(function), (try? explainEntry(place, of: expression)) != nil
    else { return false }
    return hasCancelled
  }

  private func word(for node: Graph.Reference, _ place: [Int], in pass: ReversePass) -> Ending.Kind.Word {
    let kinds = Set(endings(of: node, place, in: pass).map(\.kind))
    return Ending.Kind.order(for: .structural).first { kinds.contains($0) }?.word ?? .notRead
  }
}

extension Why.Ending.Kind {
  /// The four words for a removed entry.
  enum Word: String, CaseIterable {
    case masked, frozen, blocked
    case notRead = "not read"
  }

  /// What an entry that is removed for this reason is called.
  var word: Word {
    switch self {
    case .frozen: .frozen
    case .masked, .unchosen, .zero: .masked
    case .blocked, .counted: .blocked
    case .off, .cut, .loses, .flat, .cancels, .unpicked, .unknown, .notRead: .notRead
    }
  }
}
