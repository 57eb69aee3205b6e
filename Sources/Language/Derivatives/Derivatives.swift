import Graphs
import Syntax
import Tensors

/// Gradients and their relatives: calls whose arguments are names and expressions, not values.
extension Builtin {
  static let grad = Builtin(
    "grad(expr, names…)", "The derivative of a scalar expression with respect to names, or of a function.",
    traits: [.reserved],
    labels: .gradient { arguments in
      guard arguments.count == 2, case .name(let result) = arguments[0].value.kind,
        case .name(let name) = arguments[1].value.kind
      else { return nil }
      return "∂\(result)/∂\(name)"
    },
    .expressions { evaluator, call throws(Diagnostic) in
      if let function = try evaluator.soleFunction(call) { return .function(.derivative(function, withValue: false)) }
      return try evaluator.gradient(call)
    })

  static let denseGrad = Builtin(
    "dense_grad(expr, names…)",
    "The gradient with the masks on the names left out: what removed entries would get.", labels: .gradient(),
    .expressions { evaluator, call throws(Diagnostic) in try evaluator.gradient(call, isDense: true) })

  static let valueAndGrad = Builtin(
    "value_and_grad(expr, names…)", "A scalar expression's value and its gradient.",
    labels: .gradient(withValue: true),
    .expressions { evaluator, call throws(Diagnostic) in
      if let function = try evaluator.soleFunction(call) { return .function(.derivative(function, withValue: true)) }
      return try evaluator.gradient(call, withValue: true)
    })
}

extension Builtin.Labels {
  /// The parts of a gradient are named for what it was taken by.
  fileprivate static func gradient(
    withValue: Bool = false, title: @escaping @Sendable ([Syntax.Argument]) -> String? = { _ in nil }
  ) -> Builtin.Labels {
    Builtin.Labels(title: title) { arguments in
      let names = arguments.dropFirst().compactMap { argument in
        if case .name(let name) = argument.value.kind { "grad_\(name)" } else { String?.none }
      }
      return (withValue ? ["value"] : []) + names
    }
  }
}

extension Builtin.Call {
  /// The first argument, and what stands behind it; none may be given by name.
  func parted() throws(Diagnostic) -> (expression: Expression, rest: [Syntax.Argument]) {
    guard let first = arguments.first, arguments.allSatisfy({ $0.label == nil }) else {
      throw Diagnostic("\(name) needs an expression", at: range, help: builtin.signature.text)
    }
    return (first.value, Array(arguments.dropFirst()))
  }
}

extension Evaluator {
  /// The function that is a call's only argument.
  fileprivate func soleFunction(_ call: Builtin.Call) throws(Diagnostic) -> Function? {
    let (expression, rest) = try call.parted()
    guard rest.isEmpty, let function = functionMeant(by: expression) else { return nil }
    guard function.depth < Value.deepest else {
      throw Diagnostic("derivatives are taken of derivatives more than \(Value.deepest) deep", at: call.range)
    }
    return function
  }

  func functionMeant(by expression: Expression) -> Function? {
    if case .name(let name) = expression.kind {
      if let value = scopes.last?[name] {
        if case .function(let function) = value { return function }
        return nil
      }
      guard let binding = session.names[name] else { return Function.builtIn(name) }
      return binding.function.map { .user($0) }
    }
    if case .call = expression.kind, case .function(let function)? = try? evaluate(expression) { return function }
    return nil
  }

  // MARK: grad

  fileprivate func gradient(
    _ call: Builtin.Call, isDense: Bool = false, withValue: Bool = false
  ) throws(Diagnostic) -> Value {
    let (expression, arguments) = try call.parted()
    let range = call.range
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
    return reached.filter { session.names[$0]?.isTrainable == true }.sorted().map { Name($0, range) }
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
    let values = mentioned.filter { name in
      session.names[name].map { $0.function == nil } ?? false
    }.sorted().joined(separator: ", ")
    return Diagnostic(
      "\(expression.description) does not depend on \(name.text)", at: name.range,
      note: values.isEmpty ? "it reads no names" : "it reads \(values)")
  }
}

extension Symbol {
  var separated: Symbol { builder.separate(self) }
}
