import Graphs
import Refusals
import Syntax
import Tensors

/// How a call of a user's function began.
///
/// Nothing but its values and the numbers that are drawn decides what a call does: one that meets itself within itself never
/// ends.
struct Beginning {
  let definition: FunctionDefinition
  /// What it was given and had captured.
  let values: [String: Value]
  /// The file whose names it reads.
  let home: Module?
  /// How much had been drawn.
  let draw: Int
}

extension Evaluator {
  /// So many of the calls around one are looked at: functions that call each other in turns are few.
  private static let callsLookedAt = 4
  /// Longer constants are taken for different ones.
  private static let longestConstant = 64

  /// Refuses a call that lies in one that began just so.
  func checkEnds(_ beginning: Beginning, _ range: SourceRange) throws(Diagnostic) {
    guard scopes.suffix(Self.callsLookedAt).contains(where: { isSame($0.beginning, beginning) }) else { return }
    throw Diagnostic(
      "\(beginning.definition.called) calls itself with the same arguments and so never ends", at: range,
      reason: .tooDeep,
      help: "a function that calls itself ends with a branch that doesn't: if n == 0 { 1 } else { n * f(n - 1) }")
  }

  private func isSame(_ a: Beginning?, _ b: Beginning) -> Bool {
    guard let a, a.draw == b.draw, a.home === b.home, a.definition.name == b.definition.name,
      a.values.count == b.values.count,
      b.values.allSatisfy({ name, value in a.values[name].map { isSame($0, value) } ?? false })
    else { return false }
    return a.definition == b.definition
  }

  private func isSame(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.tensor(let x), .tensor(let y)): return isSame(x, y)
    case (.text(let x), .text(let y)): return x == y
    case (.tuple(let x), .tuple(let y)):
      return x.keys == y.keys && x.count == y.count && zip(x, y).allSatisfy { isSame($0, $1) }
    case (.list(let x), .list(let y)): return x.count == y.count && zip(x, y).allSatisfy { isSame($0, $1) }
    case (.function(let x), .function(let y)): return isSame(x, y)
    case (.tensor, _), (.text, _), (.tuple, _), (.list, _), (.function, _): return false
    }
  }

  private func isSame(_ a: Function<Symbol>, _ b: Function<Symbol>) -> Bool {
    switch (a, b) {
    case (.user(let x), .user(let y)):
      return x.home === y.home && x.captured.count == y.captured.count
        && x.captured.allSatisfy { name, value in y.captured[name].map { isSame($0, value) } ?? false }
        && x.definition == y.definition
    case (.derivative(let x, let first), .derivative(let y, let second)): return first == second && isSame(x, y)
    case (.operation(let x), .operation(let y)): return x.name == y.name
    case (.builtin(let x), .builtin(let y)): return x.name == y.name
    case (.user, _), (.derivative, _), (.operation, _), (.builtin, _): return false
    }
  }

  /// The same node, or constants of the same value.
  private func isSame(_ a: Symbol, _ b: Symbol) -> Bool {
    if a.reference == b.reference { return true }
    guard a.type == b.type, a.shape == b.shape else { return false }
    if let x = builder.constantNumber(a.reference), let y = builder.constantNumber(b.reference) {
      return x.bitPattern == y.bitPattern
    }
    guard a.shape.count <= Self.longestConstant, let x = constant(a), let y = constant(b) else { return false }
    return zip(x.values, y.values).allSatisfy { $0.bitPattern == $1.bitPattern }
  }

  private func constant(_ symbol: Symbol) -> Tensor? {
    guard case .parameter(let number) = builder.graph[symbol.reference].kind else { return nil }
    let parameter = builder.parameters[number]
    return parameter.isFixed && parameter.name == nil && !parameter.isAbstract ? parameter.value : nil
  }
}
