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

  func name(_ expression: Expression) throws(Diagnostic) -> Name {
    guard case .name(let name) = expression.kind else {
      throw Diagnostic(
        "a gradient is taken with respect to a name", at: expression.range,
        help: "give \(expression.description) a name first")
    }
    return Name(name, expression.range)
  }

  /// Evaluates an expression with some names as nodes of their own.
  func differentiate(
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
}

extension Symbol {
  var separated: Symbol { builder.separate(self) }
}
