import Graphs
import Syntax
import Tensors

/// Gradients and their relatives: calls whose arguments are names and expressions, not values.
extension Builtin {
  static let grad = Builtin(
    "grad(expr, names…)", "The derivative of a scalar expression with respect to names, or of a function.",
    traits: [.reserved],
    labels: .gradient { arguments in
      guard arguments.count == 2, case .name(let name) = arguments[1].value.kind else { return nil }
      return gradientTitle(arguments[0].value, by: name)
    },
    .expressions { evaluator, call throws(Diagnostic) in
      if let function = try evaluator.soleFunction(call) { return .function(.derivative(function, .gradient)) }
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
      if let function = try evaluator.soleFunction(call) { return .function(.derivative(function, .valueAndGradient)) }
      return try evaluator.gradient(call, withValue: true)
    })
}

extension Builtin {
  /// `∂loss/∂w`; nil where the result has no name.
  static func gradientTitle(_ result: Expression, by name: String) -> String? {
    if case .name(let result) = result.kind { "∂\(result)/∂\(name)" } else { nil }
  }

  /// Calls that give derivatives of what is written in them.
  static let gradientNames: Set<String> = [grad.name, denseGrad.name, valueAndGrad.name]
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
  func soleFunction(_ call: Builtin.Call) throws(Diagnostic) -> Function<Symbol>? {
    let (expression, rest) = try call.parted()
    guard rest.isEmpty, let function = try functionMeant(by: expression) else { return nil }
    guard function.depth < Value.deepest else {
      throw Diagnostic("derivatives are taken of derivatives more than \(Value.deepest) deep", at: call.range)
    }
    return function
  }

  func functionMeant(by expression: Expression) throws(Diagnostic) -> Function<Symbol>? {
    switch expression.kind {
    case .name(let name):
      if let value = scopes.last?[name] {
        if case .function(let function) = value { return function }
        return nil
      }
      if scopes.last?.home == nil {
        guard let binding = session.names[name] else { return Function<Symbol>.builtIn(name) }
        guard case .function = binding.content else { return nil }
      }
      if case .function(let function) = try resolve(name, expression.range) { return function }
      return nil
    case .arrow(let definition): return try closure(definition, expression.range)
    case .call, .member, .index, .conditional:
      let value = try attempted { () throws(Diagnostic) in try evaluate(expression) }
      if case .function(let function)? = value { return function }
      return nil
    case .number, .boolean, .text, .interpolation, .list, .rows, .range, .unary, .binary, .transpose, .tuple, .record,
      .importing, .hole:
      return nil
    }
  }

  // MARK: grad

  fileprivate func gradient(
    _ call: Builtin.Call, isDense: Bool = false, withValue: Bool = false
  ) throws(Diagnostic) -> Value {
    let (expression, arguments) = try call.parted()
    let range = call.range
    var places: [Place] = []
    for argument in arguments { places.append(try place(argument.value)) }
    let isAsked = !places.isEmpty
    if !isAsked {
      places = trainable(in: expression, range).map { Place($0) }
      guard !places.isEmpty else { throw nothingTrainable(expression, range) }
    }
    return try differentiate(expression, places) { result, targets throws(Diagnostic) in
      let result = try self.symbol(result, expression.range)
      guard result.shape.count == 1 else { throw notScalar(expression, result, places, range) }
      guard result.type != .bool else { throw Diagnostic("a mask has no gradient", at: expression.range) }
      let wanted = targets.flatMap(\.floats)
      var gradients = builder.gradient(of: result.asFloat, withRespectTo: wanted, isDense: isDense)[...]
      if !isDense {
        var leaves: [MadeLeaf] = []
        for (place, target) in zip(places, targets) { leaves += try self.leaves(of: place, target) }
        gradients = withoutRemoved(gradients, leaves)[...]
      }
      var values: [Value] = []
      for (place, target) in zip(places, targets) {
        let count = target.floats.count
        var value = target.replacingFloats(by: Array(gradients.prefix(count)))
        gradients = gradients.dropFirst(count)
        if !isAsked { value = onlyTrainable(value, of: place.name.text) }
        values.append(value)
      }
      let answer: Value = values.count == 1 ? values[0] : .tuple(Entries(values))
      return withValue ? .tuple(Entries([.tensor(result), answer])) : answer
    }
  }

  /// Weights that were made with a mask have no gradient where it left them out, nor have entries that are frozen.
  private func withoutRemoved(_ gradients: ArraySlice<Symbol>, _ leaves: [MadeLeaf]) -> [Symbol] {
    zip(gradients, leaves).map { gradient, leaf in
      guard let binding = leaf.binding, !binding.trainable.isEmpty || !binding.frozen.isEmpty else { return gradient }
      let kept = builder.pattern(of: leaf.symbol).structural.map { Symbol.keep($0, gradient) } ?? gradient
      return binding.frozenEntries[leaf.path].map { kept.frozen($0.mask) } ?? kept
    }
  }

  /// A float tensor that a gradient is taken by, and what the session knows of its place.
  private struct MadeLeaf {
    let binding: Binding?
    let path: String
    let symbol: Symbol
  }

  private func leaves(of place: Place, _ target: Value) throws(Diagnostic) -> [MadeLeaf] {
    let isOfSession = scopes.last?[place.name.text] == nil
    let binding = isOfSession ? session.names[place.name.text] : nil
    var start = ""
    if !place.steps.isEmpty, let stored = binding?.stored,
      let positions = try positions(of: place, in: enter(stored, nil))
    {
      start = stored.path(to: positions)
    }
    return target.tensorPlaces.filter { $0.leaf.type != .bool }.map {
      MadeLeaf(binding: binding, path: start.entry(path: $0.path), symbol: $0.leaf)
    }
  }

  /// Leaves that aren't trained have nothing there, for good.
  private func onlyTrainable(_ value: Value, of name: String) -> Value {
    guard case .tuple = value, let trainable = session.names[name]?.trainable else { return value }
    var value = value
    for place in value.tensorPlaces where place.leaf.type != .bool && !trainable.contains(place.path) {
      value[place.positions[...]] = .tensor(builder.nothing(shape: place.leaf.shape, type: place.leaf.asFloat.type))
    }
    return value
  }

  func nothingTrainable(
    _ expression: Expression, _ range: SourceRange, help: String = "grad(…, x) asks for any name"
  ) -> Diagnostic {
    let reached = reachable(from: Names.read(in: expression))
    let frozen = reached.filter { !(session.names[$0]?.frozen.isEmpty ?? true) }.sorted()
    let text = expression.description
    // What can't be evaluated is told first: a name that isn't known depends on nothing, either.
    do throws(Diagnostic) { _ = try evaluate(expression) } catch { return error }
    if !frozen.isEmpty {
      return Diagnostic(
        "all that \(text) depends on is frozen: \(frozen.joined(separator: ", "))", at: range, help: "thaw \(frozen[0])"
      )
    }
    return Diagnostic(
      "\(text) depends on no name made by weights(…)", at: range, help: help)
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

  /// Evaluates an expression with some places as nodes of their own.
  func differentiate(
    _ expression: Expression, _ places: [Place], _ body: (Value, [Value]) throws(Diagnostic) -> Value
  ) throws(Diagnostic) -> Value {
    let names = places.map(\.name)
    let mentioned = reachable(from: Names.read(in: expression))
    let isInFile = scopes.last?.home != nil
    for name in names where scopes.last?[name.text] == nil && !isInFile {
      guard session.names[name.text] != nil else {
        if mentioned.contains(name.text), Self.predefinedNames.contains(name.text) { continue }
        throw unknown(name.text, name.range)
      }
      guard mentioned.contains(name.text) else { throw notDependent(expression, name, mentioned) }
    }
    var added: [String: Value] = [:]
    let missing = names.filter { scopes.last?[$0.text] == nil && targets[$0.text] == nil }
    // Names nearer to the inputs first, so that a formula leads through them.
    let ordered = missing.sorted { a, b in
      reachable(from: [b.text]).contains(a.text) && !reachable(from: [a.text]).contains(b.text)
    }
    for name in ordered where added[name.text] == nil {
      added[name.text] = try withTargets(added) { () throws(Diagnostic) in
        if case .tensor(let held, _)? = session.names[name.text]?.content, held.tensor.type == .bool {
          if held.traced != nil { builder.demandUnknown() }
          // A mask that is asked for is a matrix of numbers like any other.
          return .tensor(builder.parameter(held.tensor.converted(to: builder.defaultType), name: name.text))
        }
        var value = try resolve(name.text, name.range)
        for place in places where place.name.text == name.text {
          guard let positions = try positions(of: place, in: value) else { continue }
          if case .tensor(let mask) = value[positions[...]], mask.type == .bool {
            value[positions[...]] = .tensor(mask.asFloat)
          }
        }
        return value.throughFloats { $0.asFloat.separated }
      }
    }
    return try withTargets(added) { () throws(Diagnostic) in
      let result = try evaluate(expression)
      var values: [Value] = []
      for place in places {
        let value = try evaluate(place.expression)
        switch value {
        case .tensor, .tuple: values.append(value)
        case .text, .function, .list: throw notTensor(value, place.expression.range)
        }
        guard !value.floats.isEmpty || value.symbol != nil else {
          throw Diagnostic("\(place) holds nothing that a gradient could be taken by", at: place.name.range)
        }
      }
      return try body(result, values)
    }
  }

  /// The derivative of a function with respect to its first parameter.
  func differentiate(
    _ function: Function<Symbol>, _ arguments: [Evaluated], _ derivative: Derivative, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    guard let first = arguments.first else {
      throw Diagnostic("\(derivative.rawValue)(\(function.name)) needs an argument", at: range)
    }
    switch derivative {
    case .gradient, .valueAndGradient: break
    case .jacobian, .hessian: return try jacobian(function, arguments, isSecond: derivative == .hessian, range)
    }
    if case .tuple = first.value {} else { _ = try symbol(first.value, first.range) }
    let point = first.value.throughFloats { builder.point($0.asFloat) }.floatsOfMask
    var arguments = arguments
    arguments[0].value = point
    let result = try symbol(try call(function, arguments, range), range)
    guard result.shape.count == 1 else {
      throw Diagnostic(
        "grad needs a scalar to differentiate; \(function.name) gives \(result.shape)", at: range,
        help: "g = x -> sum(\(function.name)(x)), then grad(g)")
    }
    let gradient = point.replacingFloats(by: builder.gradient(of: result.asFloat, withRespectTo: point.floats))
    return derivative == .valueAndGradient ? .tuple(Entries([.tensor(result), gradient])) : gradient
  }

  func notScalar(_ expression: Expression, _ result: Symbol, _ places: [Place], _ range: SourceRange) -> Diagnostic {
    let list = places.map(\.description).joined(separator: ", ")
    let text = expression.description
    return Diagnostic(
      "grad needs a scalar to differentiate; \(text) is \(result.shape)", at: expression.range,
      help: "grad(sum(\(text)), \(list)) or grad(mean(\(text)), \(list))")
  }

  func notDependent(_ expression: Expression, _ name: Name, _ mentioned: Set<String>) -> Diagnostic {
    if case .name(let own) = expression.kind, !isKnown(own) { return unknown(own, expression.range) }
    let values = mentioned.filter { name in
      session.names[name].map { $0.function == nil } ?? false
    }.sorted().joined(separator: ", ")
    return Diagnostic(
      "\(expression.description) does not depend on \(name.text)", at: name.range,
      note: values.isEmpty ? "it reads no names" : "it reads \(values)")
  }
}

extension Value {
  /// A mask that a derivative is taken by is a matrix of numbers like any other.
  fileprivate var floatsOfMask: Value {
    if case .tensor(let mask) = self, mask.type == .bool { .tensor(mask.asFloat.separated) } else { self }
  }
}

extension Symbol {
  var separated: Symbol { builder.separate(self) }
}
