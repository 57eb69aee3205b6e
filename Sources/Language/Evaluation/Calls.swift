import Graphs
import Refusals
import Syntax
import Tensors

/// Calls of operators, builtins and the user's functions.
extension Evaluator {
  func call(_ callee: Expression, _ arguments: [Syntax.Argument], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard case .name(let name) = callee.kind else {
      if case .member(let base, let member) = callee.kind { throw unknownMember(base, member, callee.range) }
      let value = try evaluate(callee)
      guard case .function(let function) = value else {
        throw Diagnostic("this is \(value.kindName), not a function", at: callee.range)
      }
      return try call(function, try evaluate(arguments), range)
    }
    let local = scopes.last?[name]
    if case .function(let function)? = local { return try call(function, try evaluate(arguments), range) }
    if local == nil, let own = session.names[name]?.function {
      note(read: name)
      return try call(own, try evaluate(arguments), range)
    }
    guard let function = Function.builtIn(name) else {
      guard local == nil, session.names[name] == nil else {
        throw Diagnostic(
          "\(name) is a value, not a function", at: callee.range, help: "\(name)[…] picks entries; * multiplies")
      }
      throw unknownFunction(name, callee.range)
    }
    note(call: name)
    if case .builtin(let builtin) = function { return try call(Builtin.Call(builtin, arguments, range)) }
    return try call(function, try evaluate(arguments), range)
  }

  /// Arguments with their values, in the order written.
  struct Evaluated {
    var label: String?
    var value: Value
    var range: SourceRange
  }

  func evaluate(_ arguments: [Syntax.Argument]) throws(Diagnostic) -> [Evaluated] {
    var result: [Evaluated] = []
    for argument in arguments {
      result.append(Evaluated(label: argument.label, value: try evaluate(argument.value), range: argument.value.range))
    }
    return result
  }

  func call(_ function: Function, _ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    switch function {
    case .user(let definition): return try call(definition, arguments, range)
    case .derivative(let inner, let withValue): return try differentiate(inner, arguments, withValue, range)
    case .operation(let operation):
      let (positional, keywords) = try split(arguments, for: operation.name)
      return try apply(operation, positional: positional, keywords: keywords, range)
    case .builtin(let builtin): return try apply(builtin, arguments, range)
    }
  }

  /// Those without a name, and those with one.
  func split(
    _ arguments: [Evaluated], for name: String
  ) throws(Diagnostic) -> ([Graphs.Argument], [(name: String, value: Graphs.Argument)]) {
    var positional: [Graphs.Argument] = []
    var keywords: [(name: String, value: Graphs.Argument)] = []
    for argument in arguments {
      guard let value = argument.value.argument else {
        throw Diagnostic("\(name) takes tensors; this is \(argument.value.kindName)", at: argument.range)
      }
      if let label = argument.label {
        keywords.append((label, value))
      } else {
        guard keywords.isEmpty else {
          throw Diagnostic("arguments without a name come before those with one", at: argument.range)
        }
        positional.append(value)
      }
    }
    return (positional, keywords)
  }

  func apply(
    _ operation: Operator, positional: [Graphs.Argument], keywords: [(name: String, value: Graphs.Argument)],
    _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let result = try located(at: range) { () throws(Refusal) in
      try builder.fitting(in: operation.name) { () throws(Refusal) in
        try operation.body(
          Arguments(signature: operation.signature, builder: builder, positional: positional, keywords: keywords))
      }
    }
    switch result {
    case .tensor(let symbol): return .tensor(symbol)
    case .tuple(let parts): return .tuple(parts.map { .tensor($0) })
    }
  }

  // MARK: The user's functions

  func call(
    _ definition: FunctionDefinition, _ arguments: [Evaluated], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let name = definition.name.text
    var scope = try bind(definition, arguments, range)
    guard shared.open.insert(name + "()").inserted else {
      throw Diagnostic(
        "\(name) calls itself; a function can't", at: range, help: "repeat and for loop inside a function")
    }
    let outerBrackets = brackets
    brackets = nil
    scopes.append(scope)
    defer {
      brackets = outerBrackets
      shared.open.remove(name + "()")
      scopes.removeLast()
    }
    do throws(Diagnostic) {
      for parameter in definition.parameters where scope[parameter.name.text] == nil {
        guard let initial = parameter.initial else {
          throw Diagnostic("\(name) needs '\(parameter.name.text)'", at: range)
        }
        let value = try evaluate(initial)
        scope[parameter.name.text] = value
        scopes[scopes.count - 1][parameter.name.text] = value
      }
      guard let value = try body(definition.body) else {
        throw Diagnostic("\(name) has no value: its last line is no expression", at: range)
      }
      guard let custom = definition.customGradient else { return value }
      return try attach(custom, definition, value, range)
    } catch { throw error.moved(to: range, from: "\(name)(…)") }
  }

  private func bind(
    _ definition: FunctionDefinition, _ arguments: [Evaluated], _ range: SourceRange
  ) throws(Diagnostic) -> [String: Value] {
    let names = definition.parameters.map(\.name.text)
    let usage = "\(definition.name.text)(\(names.joined(separator: ", ")))"
    var scope: [String: Value] = [:]
    for (position, argument) in arguments.enumerated() {
      if let label = argument.label {
        guard names.contains(label) else {
          throw Diagnostic("\(definition.name.text) has no argument '\(label)'", at: argument.range, help: usage)
        }
        scope[label] = argument.value
      } else {
        guard position < names.count else {
          let count = names.count == 1 ? "1 argument" : "\(names.count) arguments"
          throw Diagnostic(
            "\(definition.name.text) takes \(count), not \(arguments.count)", at: argument.range, help: usage)
        }
        scope[names[position]] = argument.value
      }
    }
    return scope
  }

  /// Statements of a function; the last expression's value.
  private func body(_ statements: [Statement]) throws(Diagnostic) -> Value? {
    var last: Value?
    for statement in statements {
      try Interrupt.check()
      guard builder.graph.nodes.count < nodeLimit else {
        throw Diagnostic("the function unrolls to more than 2,000,000 steps", at: statement.range)
      }
      last = nil
      switch statement.kind {
      case .expression(let expression): last = try evaluate(expression)
      case .assign(let names, let expression): try assign(names, try evaluate(expression), expression.range)
      case .update(let name, let entries, let op, let expression):
        let current = try resolve(name.text, name.range)
        let value = try updated(try symbol(current, name.range), entries, op, expression, statement.range)
        scopes[scopes.count - 1][name.text] = .tensor(value)
      case .loop(let count, let inner):
        for _ in 0..<max(try wholeNumber(count), 0) { _ = try body(inner) }
      case .forEach(let name, let values, let inner):
        for value in try elements(values) {
          scopes[scopes.count - 1][name.text] = .tensor(value)
          _ = try body(inner)
        }
      case .function, .live, .input, .expect, .run, .whileLoop, .branch, .command:
        throw Diagnostic(
          "a function holds only expressions, assignments, repeat and for", at: statement.range,
          help: "where(condition, a, b) chooses between values")
      }
    }
    return last
  }

  private func assign(_ names: [Name], _ value: Value, _ range: SourceRange) throws(Diagnostic) {
    if names.count == 1 {
      scopes[scopes.count - 1][names[0].text] = value
      return
    }
    let parts = try parts(of: value, count: names.count, range)
    for (name, part) in zip(names, parts) { scopes[scopes.count - 1][name.text] = part }
  }

  /// A tuple's entries, or a tensor's rows, as many as there are names.
  func parts(of value: Value, count: Int, _ range: SourceRange) throws(Diagnostic) -> [Value] {
    let parts: [Value]
    switch value {
    case .tuple(let entries), .list(let entries): parts = entries
    case .tensor(let symbol) where symbol.rank > 0 && symbol.shape[0] == count:
      parts = (0..<count).map {
        .tensor(symbol.sliced(axis: 0, from: $0, count: 1).reshaped(symbol.shape.removing([0])))
      }
    default: throw Diagnostic("\(count) names can't take \(value.kindName) apart", at: range)
    }
    guard parts.count == count else {
      throw Diagnostic("\(count) names on the left, \(parts.count) values on the right", at: range)
    }
    return parts
  }

  /// What a `for` walks over: a vector's entries, or the rows of a matrix.
  func elements(_ expression: Expression) throws(Diagnostic) -> [Symbol] {
    let x = try tensor(expression)
    guard x.rank > 0 else {
      throw Diagnostic("for wants a range, a vector or rows; this is a number", at: expression.range)
    }
    guard !mode.isHurried || x.shape[0] <= 1_000 else {
      throw Diagnostic("too long to look ahead", at: expression.range, reason: .tooLongToForesee)
    }
    if x.rank == 1, let values = try? builder.value(of: x) { return values.values.map { builder.constant($0) } }
    return (0..<x.shape[0]).map { x.sliced(axis: 0, from: $0, count: 1).reshaped(x.shape.removing([0])) }
  }

  /// A value with some entries, or all of it, replaced or combined.
  func updated(
    _ current: Symbol, _ entries: [Index]?, _ op: BinaryOperator?, _ expression: Expression, _ range: SourceRange
  ) throws(Diagnostic) -> Symbol {
    var value = try tensor(expression)
    if let op {
      let left = try entries.map { entries throws(Diagnostic) in try index(current, entries, range) } ?? current
      // A number as a whole becomes what the operator makes of it; what has a shape keeps it.
      guard entries == nil && left.rank == 0 || left.shape.broadcast(with: value.shape) == left.shape else {
        throw Diagnostic("\(value.shape) doesn't fit into \(left.shape)", at: expression.range)
      }
      value = op.apply(left, value)
    }
    guard let entries else { return value }
    return try replacing(entries, of: current, by: value, range)
  }
}
