import Graphs
import Refusals
import Syntax
import Tensors

/// The user's functions: made, and called.
extension Evaluator {
  /// A definition with the locals that it reads, as they are now.
  func closure(_ definition: FunctionDefinition, _ range: SourceRange) throws(Diagnostic) -> Function<Symbol> {
    guard let scope = scopes.last else { return .user(Closure(definition: definition)) }
    var captured: [String: Value] = [:]
    for name in Names.free(in: definition) where name != definition.name?.text {
      if let value = scope[name] { captured[name] = value }
    }
    let function = Function<Symbol>.user(
      Closure(definition: definition, captured: captured, home: scope.home, isInner: true))
    _ = try shallow(.function(function), range)
    return function
  }

  /// So many calls may lie in each other; where they need much stack, fewer.
  static let callLimit = 10_000

  func call(_ closure: Closure<Symbol>, _ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    let definition = closure.definition
    let called = definition.called
    var scope = try bind(closure, arguments, range)
    for parameter in definition.parameters where scope[parameter.name.text] == nil && parameter.initial == nil {
      throw Diagnostic("\(called) needs '\(parameter.name.text)'", at: range, help: definition.title)
    }
    // A function that was made in another one finds itself by its own name.
    if closure.isInner, let name = definition.name?.text, scope[name] == nil {
      scope[name] = .function(.user(closure))
    }
    let beginning = Beginning(definition: definition, values: scope.values, home: scope.home, draw: draw)
    try checkEnds(beginning, range)
    scope.beginning = beginning
    let outerBrackets = brackets
    brackets = nil
    scopes.append(scope)
    defer {
      brackets = outerBrackets
      scopes.removeLast()
    }
    do throws(Diagnostic) {
      guard scopes.count <= Self.callLimit else {
        throw Diagnostic("calls lie more than \(Self.callLimit) deep in each other", at: definition.origin.range)
      }
      for parameter in definition.parameters where locals[parameter.name.text] == nil {
        if let initial = parameter.initial { locals[parameter.name.text] = try evaluate(initial) }
      }
      let value = try result(of: definition, range)
      guard let custom = definition.customGradient else { return value }
      return try attach(custom, definition, value, range)
    } catch { throw error.called(at: range, definition, from: scopes.dropLast().last?.source) }
  }

  private func result(of definition: FunctionDefinition, _ range: SourceRange) throws(Diagnostic) -> Value {
    switch try run(definition.body) {
    case .value(let value): return value
    case .returned(let value?): return value
    case .nothing, .returned(nil), .left:
      // Whoever calls it for what it prints asks for nothing.
      return .nothing
    }
  }

  private func bind(
    _ closure: Closure<Symbol>, _ arguments: [Evaluated], _ range: SourceRange
  ) throws(Diagnostic) -> Scope {
    let definition = closure.definition
    let (called, names) = (definition.called, definition.parameterNames)
    var scope = Scope(closure.captured, home: closure.home, source: definition.origin.source)
    for name in names { scope[name] = nil }
    for (position, argument) in arguments.enumerated() {
      if let label = argument.label {
        guard names.contains(label) else {
          throw Diagnostic("\(called) has no argument '\(label)'", at: argument.range, help: definition.title)
        }
        guard scope[label] == nil else {
          throw Diagnostic("\(called) is given '\(label)' twice", at: argument.range, help: definition.title)
        }
        scope[label] = argument.value
      } else {
        guard position < names.count else {
          let count = names.count == 1 ? "1 argument" : "\(names.count) arguments"
          throw Diagnostic(
            "\(called) takes \(count), not \(arguments.count)", at: argument.range, help: definition.title)
        }
        scope[names[position]] = argument.value
      }
    }
    return scope
  }

  /// A tuple's entries, or a tensor's rows, as many as there are names.
  func parts(of value: Value, count: Int, _ range: SourceRange) throws(Diagnostic) -> [Value] {
    let parts: [Value]
    switch value {
    case .tuple(let entries): parts = entries.values
    case .list(let entries): parts = entries
    case .tensor(let symbol) where symbol.rank > 0 && symbol.shape[0] == count: parts = rows(of: symbol)
    case .tensor, .text, .function: throw Diagnostic("\(count) names can't take \(value.kindName) apart", at: range)
    }
    guard parts.count == count else {
      throw Diagnostic("\(count) names on the left, \(parts.count) values on the right", at: range)
    }
    return parts
  }

  /// The entries of a vector, the rows of a matrix.
  func rows(of symbol: Symbol) -> [Value] {
    (0..<symbol.shape[0]).map {
      .tensor(symbol.sliced(axis: 0, from: $0, count: 1).reshaped(symbol.shape.removing([0])))
    }
  }
}

extension Diagnostic {
  /// An error inside a function: where it is in the function's own text, and the call that led there.
  func called(at range: SourceRange, _ definition: FunctionDefinition, from caller: Source?) -> Diagnostic {
    if isInterrupt { return self }
    var copy = self
    if copy.source == nil {
      guard let source = definition.origin.source else {
        copy.range = range
        copy.labels = []
        copy.refusal.note = note ?? "in \(definition.called)(…)"
        return copy
      }
      copy.source = source
    }
    copy.callers.append(Caller(range, in: caller))
    return copy
  }
}
