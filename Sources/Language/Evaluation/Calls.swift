import Exports
import Graphs
import Refusals
import Syntax
import Tensors

/// Calls of operators, builtins and the user's functions.
extension Evaluator {
  func call(_ callee: Expression, _ arguments: [Syntax.Argument], _ range: SourceRange) throws(Diagnostic) -> Value {
    switch callee.kind {
    case .name(let name): return try call(name, arguments, callee.range, range)
    case .member(let base, let member): return try call(member, of: base, arguments, callee.range, range)
    default: return try call(try evaluate(callee), arguments, callee.range, range)
    }
  }

  /// A value that must be a function.
  private func call(
    _ value: Value, _ arguments: [Syntax.Argument], _ callee: SourceRange, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    guard case .function(let function) = value else {
      throw Diagnostic("this is \(value.kindName), not a function", at: callee)
    }
    return try call(function, arguments, range)
  }

  /// Arguments as they were written: a builtin may read them itself.
  private func call(
    _ function: Function<Symbol>, _ arguments: [Syntax.Argument], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    if case .builtin(let builtin) = function { return try call(Builtin.Call(builtin, arguments, range)) }
    return try call(function, try evaluate(arguments, for: function), range)
  }

  private func call(
    _ name: String, _ arguments: [Syntax.Argument], _ callee: SourceRange, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let local = scopes.last?[name]
    if case .function(let function)? = local { return try call(function, arguments, range) }
    if local == nil, let own = try ownFunction(name, callee) { return try call(own, arguments, range) }
    guard let function = Function<Symbol>.builtIn(name) else {
      guard local == nil, !hasValue(name) else {
        throw Diagnostic(
          "\(name) is a value, not a function", at: callee, help: "\(name)[…] picks entries; * multiplies")
      }
      throw unknownFunction(name, callee)
    }
    note(call: name)
    return try call(function, arguments, range)
  }

  /// The function that a name of the session, or of the file at hand, holds.
  private func ownFunction(_ name: String, _ range: SourceRange) throws(Diagnostic) -> Function<Symbol>? {
    if scopes.last?.home == nil {
      switch session.names[name]?.content {
      case .function, .live: break
      case .tensor, .tuple, .text, .unset, nil: return nil
      }
    } else {
      guard case .function? = scopes.last?.home?.values[name] else { return nil }
    }
    if case .function(let function) = try resolve(name, range) { return function }
    return nil
  }

  private func hasValue(_ name: String) -> Bool {
    guard let home = scopes.last?.home else { return session.names[name] != nil }
    return home.values[name] != nil
  }

  /// `x.f(a)`: a record's own entry, or `f(x, a)`.
  private func call(
    _ member: String, of base: Expression, _ arguments: [Syntax.Argument], _ callee: SourceRange, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    if case .name(let name) = base.kind, scopes.last?[name] == nil, !hasValue(name), targets[name] == nil,
      predefined(name) == nil, Function<Symbol>.builtIn(name) == nil
    {
      throw unknownMember(base, member, callee)
    }
    if let entry = try storedEntry(Expression(.member(base, member), base.range)) {
      return try call(entry, arguments, callee, range)
    }
    // Once: what has a point behind it may draw random numbers.
    var value: Value?
    if base.isPlace || !readsExpressions(member) {
      value = try evaluate(base)
      if case .tuple(let parts)? = value, let position = parts.position(of: member) {
        return try call(parts[position], arguments, callee, range)
      }
    }
    let function: Function<Symbol>
    if case .function(let local)? = scopes.last?[member] {
      function = local
    } else if let own = try ownFunction(member, callee) {
      function = own
    } else if let builtIn = Function<Symbol>.builtIn(member) {
      note(call: member)
      function = builtIn
    } else {
      throw unknownMember(base, member, callee)
    }
    if case .builtin(let builtin) = function, readsExpressions(member) {
      return try call(Builtin.Call(builtin, [Syntax.Argument(value: base)] + arguments, range))
    }
    let given = if let value { value } else { try evaluate(base) }
    let first = Evaluated(label: nil, value: given, range: base.range)
    return try call(function, [first] + evaluate(arguments, for: function), range)
  }

  /// Whether a call of this name is a builtin's that reads names as they were written, or keeps them for later.
  private func readsExpressions(_ name: String) -> Bool {
    guard let builtin = Builtin.named[name] else { return false }
    switch builtin.body {
    case .expressions, .action: return true
    case .tensors, .values: return builtin.traits.contains(.prints) && isFollowing
    }
  }

  /// Arguments with their values, in the order written.
  struct Evaluated {
    var label: String?
    var value: Value
    var range: SourceRange
  }

  func evaluate(
    _ arguments: [Syntax.Argument], for function: Function<Symbol>? = nil
  ) throws(Diagnostic) -> [Evaluated] {
    var result: [Evaluated] = []
    for argument in arguments {
      result.append(
        Evaluated(
          label: argument.label, value: try value(of: argument.value, for: function), range: argument.value.range))
    }
    return result
  }

  /// What the language's own functions are given in brackets may be several tensors.
  private func value(of argument: Expression, for function: Function<Symbol>?) throws(Diagnostic) -> Value {
    guard case .list(let parts) = argument.kind else { return try evaluate(argument) }
    switch function {
    case .operation, .builtin: return try listed(parts, argument)
    case .user, .derivative, nil: return try evaluate(argument)
    }
  }

  func call(_ function: Function<Symbol>, _ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    switch function {
    case .user(let closure): return try call(closure, arguments, range)
    case .derivative(let inner, let derivative): return try differentiate(inner, arguments, derivative, range)
    case .operation(let operation):
      guard operation.isElementwise else { return try apply(operation, arguments, range) }
      return try throughLeaves(arguments, at: arguments.indices, range) { leaves throws(Diagnostic) in
        try apply(operation, leaves, range)
      }
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

  func apply(_ operation: Operator, _ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    let (positional, keywords) = try split(arguments, for: operation.name)
    try warnOfStretching(operation, positional, range)
    return try apply(operation, positional: positional, keywords: keywords, range)
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
    if keepsLoops, case .tensor(let symbol) = result, calls[symbol.reference] == nil {
      calls[symbol.reference] = ExportedCall(operation, builder, positional: positional, keywords: keywords)
    }
    switch result {
    case .tensor(let symbol): return .tensor(symbol)
    case .tuple(let parts): return .tuple(Entries(parts.map { .tensor($0) }))
    case .structure(let structure): return Value(structure)
    }
  }
}

extension Expression {
  /// A name, or an entry of one.
  fileprivate var isPlace: Bool {
    switch kind {
    case .name: true
    case .member(let base, _), .index(let base, _): base.isPlace
    default: false
    }
  }
}
