import Graphs
import Syntax
import Tensors

/// Whole Jacobians, their products with a vector, and which entries depend on which.
extension Builtin {
  static let jacobian = Builtin(
    "jacobian(expr, name)", "Every entry of an expression differentiated by every entry of a name.",
    .expressions { evaluator, call throws(Diagnostic) in
      if let function = try evaluator.soleFunction(call) { return .function(.derivative(function, .jacobian)) }
      return try evaluator.jacobian(call, ofGradient: false)
    })

  static let hessian = Builtin(
    "hessian(expr, name)", "The second derivatives of a scalar expression.",
    .expressions { evaluator, call throws(Diagnostic) in
      if let function = try evaluator.soleFunction(call) { return .function(.derivative(function, .hessian)) }
      return try evaluator.jacobian(call, ofGradient: true)
    })

  static let jvp = Builtin(
    "jvp(expr, name, v)", "The Jacobian times a tensor shaped like the name.",
    .expressions { evaluator, call throws(Diagnostic) in try evaluator.product(call, isForward: true) })

  static let vjp = Builtin(
    "vjp(expr, name, v)", "A tensor shaped like the expression times the Jacobian.",
    .expressions { evaluator, call throws(Diagnostic) in try evaluator.product(call, isForward: false) })

  static let depends = Builtin(
    "depends(expr, name)", "Which entries of an expression can depend on which entries of a name, as a mask.",
    .expressions { evaluator, call throws(Diagnostic) in try evaluator.depends(call) })
}

extension Evaluator {
  fileprivate func jacobian(_ call: Builtin.Call, ofGradient: Bool) throws(Diagnostic) -> Value {
    let (expression, names) = try call.parted()
    let range = call.range
    guard names.count == 1 else { throw Diagnostic("\(call.name) takes an expression and a name", at: range) }
    let place = try place(names[0].value)
    return try differentiate(expression, [place]) { result, targets throws(Diagnostic) in
      let result = try self.symbol(result, expression.range).asFloat
      let target = try self.symbol(targets[0], names[0].value.range)
      if ofGradient, result.shape.count != 1 { throw notScalar(expression, result, [place], range) }
      return .tensor(try rows(of: result, by: target, ofGradient: ofGradient, range))
    }
  }

  /// Of a function by its first parameter.
  func jacobian(
    _ function: Function<Symbol>, _ arguments: [Evaluated], isSecond: Bool, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let x = builder.point(try symbol(arguments[0].value, arguments[0].range).asFloat)
    var arguments = arguments
    arguments[0].value = .tensor(x)
    let result = try symbol(try call(function, arguments, range), range).asFloat
    if isSecond, result.shape.count != 1 {
      throw Diagnostic("hessian needs a scalar; \(function.name) gives \(result.shape)", at: range)
    }
    return .tensor(try rows(of: result, by: x, ofGradient: isSecond, range))
  }

  /// Every entry of a result, or of its gradient, differentiated by every entry of a target.
  private func rows(
    of result: Symbol, by target: Symbol, ofGradient: Bool, _ range: SourceRange
  ) throws(Diagnostic) -> Symbol {
    let result = ofGradient ? builder.gradient(of: result, withRespectTo: [target])[0] : result
    guard result.shape.count <= (mode.isHurried ? 16 : 4_096) else {
      throw Diagnostic("\(result.shape.count) rows are more than the 4,096 that jacobian makes", at: range)
    }
    let flat = result.reshaped(Shape([result.shape.count]))
    var rows: [Symbol] = []
    for entry in 0..<result.shape.count {
      try Interrupt.check()
      let output = flat.sliced(axis: 0, from: entry, count: 1).reshaped(.scalar)
      rows.append(builder.gradient(of: output, withRespectTo: [target])[0])
    }
    guard let first = rows.first else {
      return builder.zeros(Shape(result.shape.extents + target.shape.extents), type: result.type)
    }
    let stacked = Symbol.concatenated(rows.map { $0.expanded(at: 0) }, axis: 0)
    return stacked.reshaped(Shape(result.shape.extents + first.shape.extents))
  }

  fileprivate func product(_ call: Builtin.Call, isForward: Bool) throws(Diagnostic) -> Value {
    let (expression, rest) = try call.parted()
    guard rest.count == 2 else {
      throw Diagnostic("\(call.name) takes an expression, a name and a tensor", at: call.range)
    }
    let (place, vector) = (try place(rest[0].value), rest[1].value)
    let v = try evaluate(vector)
    return try differentiate(expression, [place]) { result, targets throws(Diagnostic) in
      let result = try self.symbol(result, expression.range).asFloat
      let point = targets[0]
      if !isForward {
        let seed = try direction(v, like: .tensor(result), expression.description, vector.range)[0]
        return point.replacingFloats(by: builder.gradient(of: result, withRespectTo: point.floats, seed: seed))
      }
      let directions = try direction(v, like: point, place.description, vector.range)
      // The reverse of the reverse: linear in a dummy adjoint, so its own adjoint is the forward product.
      let dummy = builder.generic(result.shape, type: result.type).separated
      let reverse = builder.gradient(of: result, withRespectTo: point.floats, seed: dummy)
      let products = zip(reverse, directions).map { reverse, direction in
        builder.gradient(of: reverse, withRespectTo: [dummy], seed: direction)[0]
      }
      return .tensor(products.dropFirst().reduce(products[0]) { $0 + $1 })
    }
  }

  /// The tensors of a direction, one for each float of what it is a direction of.
  private func direction(
    _ v: Value, like point: Value, _ what: String, _ range: SourceRange
  ) throws(Diagnostic) -> [Symbol] {
    var found: [Symbol] = []
    _ = try zipped(point, v, at: "", range) { x, v throws(Diagnostic) in
      guard case .tensor(let x) = x, x.type != .bool else { return v }
      let direction = try symbol(v, range).asFloat
      guard direction.shape == x.shape else {
        throw Diagnostic("the tensor must be \(x.shape), as \(what) is", at: range)
      }
      found.append(direction)
      return v
    }
    guard found.count == point.floats.count else {
      throw Diagnostic("the direction must be \(point.kindName), as \(what) is", at: range)
    }
    return found
  }

  /// Which entries of y can depend on which entries of x, from the structural pattern of the Jacobian.
  fileprivate func depends(_ call: Builtin.Call) throws(Diagnostic) -> Value {
    guard case .tensor(let jacobian) = try jacobian(call, ofGradient: false) else {
      throw Diagnostic("depends needs tensors", at: call.range)
    }
    let place = try place(call.arguments[1].value)
    let columns = try tensor(place.expression).shape.count
    let rows = columns == 0 ? 0 : jacobian.shape.count / columns
    let pattern = builder.pattern(of: jacobian).structural ?? builder.constant(true, shape: jacobian.shape)
    return .tensor(pattern.broadcast(to: jacobian.shape).reshaped(Shape([rows, columns])))
  }
}
