import Graphs
import Syntax
import Tensors

/// What names lead to through formulas, live definitions and functions.
extension Evaluator {
  /// Whether a name's formulas lead to a name that a gradient is taken with respect to.
  func dependsOnTarget(_ name: String) -> Bool {
    if let known = leading[name] { return known }
    // Down all ways, then back from what was looked for: each name of a long chain is met once, whoever asks.
    var readers: [String: [String]] = [:]
    var met: Set<String> = []
    var waiting = [name]
    while let next = waiting.popLast() {
      guard leading[next] == nil, met.insert(next).inserted else { continue }
      for read in successors(of: next) {
        readers[read, default: []].append(next)
        waiting.append(read)
      }
    }
    var leads: Set<String> = []
    waiting = readers.keys.filter { targets[$0] != nil || leading[$0] == true }
    while let next = waiting.popLast() {
      for reader in readers[next] ?? [] where leads.insert(reader).inserted { waiting.append(reader) }
    }
    for next in met { leading[next] = leads.contains(next) }
    return leads.contains(name)
  }

  /// All names that these lead to through formulas, live names and functions, themselves included.
  ///
  /// - Parameter onlyFunctions: no value's formula and no live name's is followed.
  func reachable(from names: Set<String>, throughFunctionsOnly onlyFunctions: Bool = false) -> Set<String> {
    var reached: Set<String> = []
    var waiting = Array(names)
    while let name = waiting.popLast() {
      guard reached.insert(name).inserted, !onlyFunctions || session.names[name]?.function != nil else { continue }
      waiting += successors(of: name)
    }
    return reached
  }

  /// The names that a name's formula, its live definition or its function reads.
  private func successors(of name: String) -> Set<String> {
    guard let binding = session.names[name] else { return [] }
    var names: Set<String> = []
    if let formula = binding.formula { names = Set(formula.reads.keys.map { ReadPlace($0).name }) }
    switch binding.content {
    case .live(let expression, _): return Names.read(in: expression)
    case .function, .tuple:
      for function in binding.stored?.functions ?? [] {
        if let closure = function.closure { names.formUnion(closure.free) }
      }
    case .tensor, .text, .unset: break
    }
    return names
  }

  /// The names at which formulas begin, as nodes: as if a gradient by each of them were asked for, so that formulas are
  /// followed down to them.
  func leaves(of expression: Expression) -> [String: Value] {
    var symbols: [String: Value] = [:]
    for name in reachable(from: Names.read(in: expression)) {
      switch session.names[name]?.content {
      case .tensor(let held, let formula)? where held.tensor.type.isFloat && formula?.readsNames != true:
        symbols[name] = .tensor(enter(held, name))
      case .tuple(let parts, let formula)? where formula?.readsNames != true:
        symbols[name] = enter(.tuple(parts), name)
      case .tensor, .tuple, .live, .function, .text, .unset, nil: break
      }
    }
    return symbols
  }
}
