import Graphs
import Syntax
import Tensors

/// Whole Jacobians, their products with a vector, and which entries depend on which.
extension Builtin {
  static let jacobian = Builtin(
    "jacobian(expr, name)", "Every entry of an expression differentiated by every entry of a name.",
    .expressions { evaluator, call throws(Diagnostic) in try evaluator.jacobian(call, ofGradient: false) })

  static let hessian = Builtin(
    "hessian(expr, name)", "The second derivatives of a scalar expression.",
    .expressions { evaluator, call throws(Diagnostic) in try evaluator.jacobian(call, ofGradient: true) })

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
    let name = try name(names[0].value)
    return try differentiate(expression, [name]) { result, targets throws(Diagnostic) in
      var result = result.asFloat
      if ofGradient {
        guard result.shape.count == 1 else { throw notScalar(expression, result, [name], range) }
        result = builder.gradient(of: result, withRespectTo: targets)[0]
      }
      guard result.shape.count <= (mode.isHurried ? 16 : 4_096) else {
        throw Diagnostic("\(result.shape.count) rows are more than the 4,096 that jacobian makes", at: range)
      }
      let flat = result.reshaped(Shape([result.shape.count]))
      var rows: [Symbol] = []
      for entry in 0..<result.shape.count {
        try Interrupt.check()
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

  fileprivate func product(_ call: Builtin.Call, isForward: Bool) throws(Diagnostic) -> Value {
    let (expression, rest) = try call.parted()
    guard rest.count == 2 else {
      throw Diagnostic("\(call.name) takes an expression, a name and a tensor", at: call.range)
    }
    let (name, vector) = (try name(rest[0].value), rest[1].value)
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
      let dummy = builder.generic(result.shape, type: result.type).separated
      let reverse = builder.gradient(of: result, withRespectTo: targets, seed: dummy)[0]
      return .tensor(builder.gradient(of: reverse, withRespectTo: [dummy], seed: v)[0])
    }
  }

  /// Which entries of y can depend on which entries of x, from the structural pattern of the Jacobian.
  fileprivate func depends(_ call: Builtin.Call) throws(Diagnostic) -> Value {
    guard case .tensor(let jacobian) = try jacobian(call, ofGradient: false) else {
      throw Diagnostic("depends needs tensors", at: call.range)
    }
    let name = try name(call.arguments[1].value)
    let columns = try tensor(Expression(.name(name.text), name.range)).shape.count
    let rows = columns == 0 ? 0 : jacobian.shape.count / columns
    let pattern = builder.pattern(of: jacobian).structural ?? builder.constant(true, shape: jacobian.shape)
    return .tensor(pattern.broadcast(to: jacobian.shape).reshaped(Shape([rows, columns])))
  }
}
