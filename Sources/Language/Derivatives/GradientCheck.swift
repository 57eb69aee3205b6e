import Graphs
import Printing
import Syntax
import Tensors

extension Builtin {
  static let check = Builtin(
    "check(expr, names…, order=1)",
    "Compares the gradient with central differences in float64; with order=2 the second derivatives, too.",
    .expressions { evaluator, call throws(Diagnostic) in
      guard let first = call.arguments.first else {
        throw Diagnostic("check needs an expression", at: call.range, help: call.builtin.signature.text)
      }
      let (rest, order) = try evaluator.orderOfCheck(Array(call.arguments.dropFirst()))
      if !rest.isEmpty, let function = evaluator.functionMeant(by: first.value) {
        return try evaluator.check(function, rest, order, call.range)
      }
      return try evaluator.check(first.value, rest, order, call.range)
    })
}

/// A gradient held against central differences in float64.
extension Evaluator {
  /// The arguments without `order=`, and what that says.
  fileprivate func orderOfCheck(
    _ arguments: [Syntax.Argument]
  ) throws(Diagnostic) -> (rest: [Syntax.Argument], order: Int) {
    guard let place = arguments.firstIndex(where: { $0.label == "order" }) else { return (arguments, 1) }
    let range = arguments[place].value.range
    let order = try value(of: try tensor(arguments[place].value), range).scalar
    guard order == 1 || order == 2 else {
      throw Diagnostic("check looks at derivatives of order 1 or 2", at: range, help: "check(loss, w, order=2)")
    }
    var rest = arguments
    rest.remove(at: place)
    return (rest, order == 2 ? 2 : 1)
  }

  /// Of an expression by names of the session.
  fileprivate func check(
    _ expression: Expression, _ arguments: [Syntax.Argument], _ order: Int, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    var names: [String] = []
    for argument in arguments {
      guard argument.label == nil, case .name(let name) = argument.value.kind else {
        throw Diagnostic(
          "check takes an expression and names", at: argument.labelRange ?? argument.value.range,
          help: "check(loss, w, order=2)")
      }
      names.append(name)
    }
    if names.isEmpty { names = trainable(in: expression, range).map(\.text) }
    guard !names.isEmpty else { throw Diagnostic("check needs names", at: range, help: "check(loss, w)") }
    var lines: [String] = []
    for name in names {
      // A mask that is asked for is a matrix of numbers like any other.
      guard case .tensor(let held, _)? = session.names[name]?.content else {
        throw Diagnostic("check needs a name that holds numbers; '\(name)' doesn't", at: range)
      }
      let comparison = try compare(at: held.tensor, order, range) { point throws(Diagnostic) in
        let inner = Evaluator(self.session.inDoublePrecision)
        let x = inner.builder.separate(inner.builder.parameter(point))
        return try inner.withTargets([name: x]) { () throws(Diagnostic) in
          let y = try inner.tensor(expression)
          guard y.shape.count == 1 else { throw self.notScalar(expression, y, [Name(name, range)], range) }
          return (inner, y, x)
        }
      }
      lines.append(comparison.text(of: name))
    }
    return .text(lines.joined(separator: "\n"))
  }

  /// Of a function by its first parameter.
  fileprivate func check(
    _ function: Function, _ arguments: [Syntax.Argument], _ order: Int, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let values = try evaluate(arguments)
    let point = try value(of: try symbol(values[0].value, values[0].range).asFloat, range)
    var rest: [(Evaluated, Tensor)] = []
    for argument in values.dropFirst() {
      rest.append((argument, try value(of: try symbol(argument.value, argument.range), argument.range)))
    }
    let comparison = try compare(at: point, order, range) { point throws(Diagnostic) in
      let inner = Evaluator(self.session.inDoublePrecision)
      let x = inner.builder.separate(inner.builder.parameter(point))
      var given = [Evaluated(label: nil, value: .tensor(x), range: range)]
      for (argument, tensor) in rest {
        given.append(Evaluated(label: argument.label, value: .tensor(inner.builder.parameter(tensor)), range: range))
      }
      return (inner, try inner.symbol(try inner.call(function, given, range), range), x)
    }
    return .text(comparison.text(of: "\(function.name)'s first argument"))
  }

  private func compare(
    at point: Tensor, _ order: Int, _ range: SourceRange,
    _ build: (Tensor) throws(Diagnostic) -> (Evaluator, Symbol, Symbol)
  ) throws(Diagnostic) -> DerivativeComparison {
    let start = point.converted(to: .float64)
    func number(_ tensor: Tensor) throws(Diagnostic) -> [Double] {
      let (evaluator, y, _) = try build(tensor)
      return [try evaluator.value(of: y.asFloat, range)[flat: 0]]
    }
    func gradient(_ tensor: Tensor) throws(Diagnostic) -> [Double] {
      let (evaluator, y, x) = try build(tensor)
      return try evaluator.value(of: evaluator.builder.gradient(of: y.asFloat, withRespectTo: [x])[0], range).values
    }
    let (evaluator, y, x) = try build(start)
    guard y.shape.count == 1 else { throw Diagnostic("check needs a scalar; this is \(y.shape)", at: range) }
    let first = evaluator.builder.gradient(of: y.asFloat, withRespectTo: [x])[0]
    let slopes = try evaluator.value(of: first, range).values
    let value = try number(start)
    var result = DerivativeComparison(order: order)
    for place in stride(from: 0, to: start.count, by: max(start.count / 64, 1)) {
      result.add(
        [slopes[place]], isSecond: false, at: [place],
        try Differences(of: number, around: value, at: start, place, step: 1e-6, limit: 1e-3))
      if order == 1 { continue }
      let entry = first.reshaped(Shape([start.count])).sliced(axis: 0, from: place, count: 1)
      let row = evaluator.builder.gradient(of: entry.reshaped(.scalar), withRespectTo: [x])[0]
      result.add(
        try evaluator.value(of: row, range).values, isSecond: true, at: [place],
        try Differences(of: gradient, around: slopes, at: start, place, step: 1e-4, limit: 1e-2))
    }
    return result
  }
}

extension Session {
  /// The same names with float64 as the precision of what is made anew.
  fileprivate var inDoublePrecision: Session {
    var copy = self
    copy.settings.precision = .float64
    copy.cache = [:]
    for (name, binding) in names {
      guard case .tensor(var held, let formula) = binding.content, held.tensor.type == .float32 else { continue }
      held.tensor = held.tensor.converted(to: .float64)
      copy.names[name]?.content = .tensor(held, formula)
    }
    return copy
  }
}
