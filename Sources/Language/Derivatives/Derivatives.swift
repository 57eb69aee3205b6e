import Graphs
import Syntax
import Tensors

/// Gradients and their relatives: calls whose arguments are names and expressions, not values.
extension Evaluator {
  func special(_ builtin: Builtin, _ arguments: [Syntax.Argument], _ range: SourceRange) throws(Diagnostic) -> Value {
    if let picture = try picture(builtin, arguments, range) { return picture }
    if builtin.name == "train" { throw Training.misplaced(at: range) }
    if builtin.name == "save" { throw Diagnostic("save stands on a line of its own", at: range) }
    guard let first = arguments.first, arguments.allSatisfy({ $0.label == nil || builtin.name == "check" }) else {
      throw Diagnostic("\(builtin.name) needs an expression", at: range, help: builtin.signature.text)
    }
    if arguments.count == 1 || builtin.name == "check", let function = functionMeant(by: first.value) {
      switch builtin.name {
      case "grad": return .function(.derivative(function, withValue: false))
      case "value_and_grad": return .function(.derivative(function, withValue: true))
      case "check" where arguments.count > 1: return try check(function, arguments, range)
      default: break
      }
    }
    let names = Array(arguments.dropFirst())
    switch builtin.name {
    case "grad", "dense_grad", "value_and_grad":
      return try gradient(
        first.value, names, isDense: builtin.name == "dense_grad", withValue: builtin.name == "value_and_grad", range)
    case "jacobian", "hessian":
      guard names.count == 1 else { throw Diagnostic("\(builtin.name) takes an expression and a name", at: range) }
      return try jacobian(first.value, names[0], ofGradient: builtin.name == "hessian", range)
    case "jvp", "vjp":
      guard names.count == 2 else {
        throw Diagnostic("\(builtin.name) takes an expression, a name and a tensor", at: range)
      }
      return try product(first.value, names[0], names[1].value, isForward: builtin.name == "jvp", range)
    case "check": return try check(first.value, names, range)
    case "depends": return try depends(first.value, names, range)
    default: preconditionFailure("every special builtin is known here")
    }
  }

  private func functionMeant(by expression: Expression) -> Function? {
    if case .name(let name) = expression.kind {
      if let value = scopes.last?[name] {
        if case .function(let function) = value { return function }
        return nil
      }
      return session.names[name] == nil ? function(named: name) : nil
    }
    if case .call = expression.kind, case .function(let function)? = try? evaluate(expression) { return function }
    return nil
  }

  // MARK: grad

  private func gradient(
    _ expression: Expression, _ arguments: [Syntax.Argument], isDense: Bool, withValue: Bool, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    var names: [Name] = []
    for argument in arguments { names.append(try name(argument.value)) }
    if names.isEmpty {
      names = trainable(in: expression, range)
      guard !names.isEmpty else {
        throw Diagnostic(
          "\(expression.description) depends on no name made by weights(…)", at: range,
          help: "grad(…, x) asks for any name")
      }
    }
    return try differentiate(expression, names) { result, targets throws(Diagnostic) in
      guard result.shape.count == 1 else { throw notScalar(expression, result, names, range) }
      guard result.type != .bool else { throw Diagnostic("a mask has no gradient", at: expression.range) }
      let gradients = builder.gradient(of: result.asFloat, withRespectTo: targets, isDense: isDense)
      let values = gradients.map { Value.tensor($0) }
      let answer: Value = values.count == 1 ? values[0] : .tuple(values)
      return withValue ? .tuple([.tensor(result), answer]) : answer
    }
  }

  /// The names made by `weights(…)` that an expression depends on.
  func trainable(in expression: Expression, _ range: SourceRange) -> [Name] {
    let reached = reachable(from: Names.read(in: expression))
    return session.names.filter { $0.value.isTrainable && reached.contains($0.key) }.map(\.key).sorted().map {
      Name($0, range)
    }
  }

  private func name(_ expression: Expression) throws(Diagnostic) -> Name {
    guard case .name(let name) = expression.kind else {
      throw Diagnostic(
        "a gradient is taken with respect to a name", at: expression.range,
        help: "give \(expression.description) a name first")
    }
    return Name(name, expression.range)
  }

  /// Evaluates an expression with some names as nodes of their own.
  private func differentiate(
    _ expression: Expression, _ names: [Name], _ body: (Symbol, [Symbol]) throws(Diagnostic) -> Value
  ) throws(Diagnostic) -> Value {
    let mentioned = reachable(from: Names.read(in: expression))
    for name in names where scopes.last?[name.text] == nil {
      guard session.names[name.text] != nil else {
        if mentioned.contains(name.text), predefinedNames.contains(name.text) { continue }
        throw unknown(name.text, name.range)
      }
      guard mentioned.contains(name.text) else { throw notDependent(expression, name, mentioned) }
    }
    var added: [String: Symbol] = [:]
    let missing = names.filter { scopes.last?[$0.text] == nil && targets[$0.text] == nil }
    // Names nearer to the inputs first, so that a formula leads through them.
    let ordered = missing.sorted { a, b in
      reachable(from: [b.text]).contains(a.text) && !reachable(from: [a.text]).contains(b.text)
    }
    for name in ordered {
      added[name.text] = try withTargets(added) { () throws(Diagnostic) in
        if case .tensor(let held, _)? = session.names[name.text]?.content, held.tensor.type == .bool {
          if held.traced != nil { builder.demandUnknown() }
          // A mask that is asked for is a matrix of numbers like any other.
          return builder.parameter(held.tensor.converted(to: builder.defaultType), name: name.text)
        }
        return try symbol(try resolve(name.text, name.range), name.range).asFloat.separated
      }
    }
    return try withTargets(added) { () throws(Diagnostic) in
      let result = try tensor(expression)
      var symbols: [Symbol] = []
      for name in names { symbols.append(try symbol(try resolve(name.text, name.range), name.range)) }
      return try body(result, symbols)
    }
  }

  private var predefinedNames: Set<String> { ["pi", "e", "ans"] }

  /// The derivative of a function with respect to its first parameter.
  func differentiate(
    _ function: Function, _ arguments: [Evaluated], _ withValue: Bool, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    guard let first = arguments.first else { throw Diagnostic("grad(\(function.name)) needs an argument", at: range) }
    let x = try symbol(first.value, first.range).asFloat.separated
    var arguments = arguments
    arguments[0].value = .tensor(x)
    let result = try symbol(try call(function, arguments, range), range)
    guard result.shape.count == 1 else {
      throw Diagnostic(
        "grad needs a scalar to differentiate; \(function.name) gives \(result.shape)", at: range,
        help: "g(x) = sum(\(function.name)(x)), then grad(g)")
    }
    let gradient = builder.gradient(of: result.asFloat, withRespectTo: [x])[0]
    return withValue ? .tuple([.tensor(result), .tensor(gradient)]) : .tensor(gradient)
  }

  // MARK: Jacobians

  private func jacobian(
    _ expression: Expression, _ argument: Syntax.Argument, ofGradient: Bool, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let name = try name(argument.value)
    return try differentiate(expression, [name]) { result, targets throws(Diagnostic) in
      var result = result.asFloat
      if ofGradient {
        guard result.shape.count == 1 else { throw notScalar(expression, result, [name], range) }
        result = builder.gradient(of: result, withRespectTo: targets)[0]
      }
      guard result.shape.count <= (isPreview ? 16 : 4_096) else {
        throw Diagnostic("\(result.shape.count) rows are more than the 4,096 that jacobian makes", at: range)
      }
      let flat = result.reshaped(Shape([result.shape.count]))
      var rows: [Symbol] = []
      for entry in 0..<result.shape.count {
        let output = flat.sliced(axis: 0, from: entry, count: 1).reshaped(.scalar)
        rows.append(builder.gradient(of: output, withRespectTo: targets)[0])
      }
      guard let first = rows.first else {
        return .tensor(builder.zeros(Shape(result.shape.extents + targets[0].shape.extents), type: result.type))
      }
      let stacked = Symbol.concatenated(rows.map { $0.expanded(at: 0) }, axis: 0)
      return .tensor(stacked.reshaped(Shape(result.shape.extents + first.shape.extents)))
    }
  }

  private func product(
    _ expression: Expression, _ argument: Syntax.Argument, _ vector: Expression, isForward: Bool, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let name = try name(argument.value)
    let v = try tensor(vector).asFloat
    return try differentiate(expression, [name]) { result, targets throws(Diagnostic) in
      let result = result.asFloat
      let expected = isForward ? targets[0].shape : result.shape
      guard v.shape == expected else {
        throw Diagnostic(
          "the tensor must be \(expected), as \(isForward ? name.text : expression.description) is", at: vector.range)
      }
      if !isForward { return .tensor(builder.gradient(of: result, withRespectTo: targets, seed: v)[0]) }
      // The reverse of the reverse: linear in a dummy adjoint, so its own adjoint is the forward product.
      let dummy = builder.zeros(result.shape, type: result.type).separated
      let reverse = builder.gradient(of: result, withRespectTo: targets, seed: dummy)[0]
      return .tensor(builder.gradient(of: reverse, withRespectTo: [dummy], seed: v)[0])
    }
  }

  // MARK: custom_grad

  /// A function's value with the gradient rule that was written for it.
  func attach(
    _ custom: FunctionDefinition.CustomGradient, _ definition: FunctionDefinition, _ value: Value, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let y = try symbol(value, range).asFloat
    let scope = scopes.last ?? [:]
    var operands: [Symbol] = []
    for parameter in definition.parameters {
      if case .tensor(let symbol)? = scope[parameter.name.text] { operands.append(symbol.asFloat) }
    }
    // The rule is evaluated once, for a stand-in adjoint; it is linear in it.
    let seed = builder.ones(y.shape, type: y.type).separated
    var inner = scope
    inner[custom.adjoint.text] = .tensor(seed)
    scopes.append(inner)
    defer { scopes.removeLast() }
    let given = try evaluate(custom.body)
    var parts: [Symbol] = []
    for part in try self.parts(
      of: operands.count == 1 ? .tuple([given]) : given, count: operands.count, custom.body.range)
    {
      parts.append(try symbol(part, custom.body.range).asFloat)
    }
    for (part, operand) in zip(parts, operands) where part.shape.broadcast(with: operand.shape) != operand.shape {
      throw Diagnostic("the gradient given is \(part.shape), the argument \(operand.shape)", at: custom.body.range)
    }
    let rules = zip(parts, operands).map { $0.broadcast(to: $1.shape) }
    return .tensor(builder.attach(y, operands: operands, rules: rules, seed: seed, name: definition.name.text))
  }

  // MARK: depends

  /// Which entries of y can depend on which entries of x, from the structural pattern of the Jacobian.
  private func depends(
    _ expression: Expression, _ names: [Syntax.Argument], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    guard names.count == 1 else { throw Diagnostic("depends takes an expression and a name", at: range) }
    guard case .tensor(let jacobian) = try jacobian(expression, names[0], ofGradient: false, range) else {
      throw Diagnostic("depends needs tensors", at: range)
    }
    let name = try name(names[0].value)
    let columns = try tensor(Expression(.name(name.text), name.range)).shape.count
    let rows = columns == 0 ? 0 : jacobian.shape.count / columns
    let pattern = builder.pattern(of: jacobian).structural ?? builder.constant(true, shape: jacobian.shape)
    return .tensor(pattern.broadcast(to: jacobian.shape).reshaped(Shape([rows, columns])))
  }
}

extension Symbol {
  var separated: Symbol { builder.separate(self) }
}

extension Evaluator {
  func notScalar(_ expression: Expression, _ result: Symbol, _ names: [Name], _ range: SourceRange) -> Diagnostic {
    let list = names.map(\.text).joined(separator: ", ")
    let text = expression.description
    return Diagnostic(
      "grad needs a scalar to differentiate; \(text) is \(result.shape)", at: expression.range,
      help: "grad(sum(\(text)), \(list)) or grad(mean(\(text)), \(list))")
  }

  func notDependent(_ expression: Expression, _ name: Name, _ mentioned: Set<String>) -> Diagnostic {
    let values = mentioned.filter { session.names[$0] != nil }.sorted().joined(separator: ", ")
    return Diagnostic(
      "\(expression.description) does not depend on \(name.text)", at: name.range,
      note: values.isEmpty ? "it reads no names" : "it reads \(values)")
  }

  func stale(_ name: String, _ changed: String?, _ range: SourceRange) -> Diagnostic {
    guard let changed else {
      return Diagnostic(
        "\(name) has no formula: it was updated from its own earlier value", at: range,
        help: "compute \(name) in one expression, or define it live:  \(name) := …")
    }
    let line = session.names[changed].map { " (\(changed) changed at line \($0.line))" } ?? ""
    return Diagnostic(
      "\(name) was computed from an earlier \(changed)\(line)", at: range,
      help: "compute \(name) again, or define it live:  \(name) := …")
  }

  func unknown(_ name: String, _ range: SourceRange) -> Diagnostic {
    if !suggests { return Diagnostic("unknown name", at: range) }
    if let foreign = Suggestion.foreign(name) {
      return Diagnostic("unknown name '\(name)'", at: range, help: "here it is called \(foreign)")
    }
    let names = session.variableNames + session.functionNames + Operator.named.keys + Builtin.named.keys
    let close = Suggestion.closest(to: name, among: names + (scopes.last?.keys.map { $0 } ?? []))
    return Diagnostic("unknown name '\(name)'", at: range, help: close.map { "did you mean '\($0)'?" })
  }

  func unknownFunction(_ name: String, _ range: SourceRange) -> Diagnostic {
    if !suggests { return Diagnostic("unknown function", at: range) }
    if let foreign = Suggestion.foreign(name) {
      return Diagnostic("unknown function '\(name)'", at: range, help: "here it is called \(foreign)")
    }
    let close = Suggestion.closest(to: name, among: session.functionNames + Operator.named.keys + Builtin.named.keys)
    return Diagnostic("unknown function '\(name)'", at: range, help: close.map { "did you mean '\($0)'?" })
  }

  func unknownMember(_ base: Expression, _ member: String, _ range: SourceRange) -> Diagnostic {
    let written = "\(base.description).\(member)"
    if let foreign = Suggestion.foreign(written) {
      return Diagnostic("unknown name '\(written)'", at: range, help: "here it is called \(foreign)")
    }
    return Diagnostic(
      "only .T stands behind a point, not .\(member)", at: range,
      help: Operator.named[member] == nil ? nil : "\(member)(\(base.description))")
  }
}
