import Graphs
import Printing
import Syntax
import Tensors

extension Builtin {
  static let check = Builtin(
    "check(expr, names…)", "Compares the gradient with central differences in float64.",
    .expressions { evaluator, call throws(Diagnostic) in
      guard let first = call.arguments.first else {
        throw Diagnostic("check needs an expression", at: call.range, help: call.builtin.signature.text)
      }
      let rest = Array(call.arguments.dropFirst())
      if !rest.isEmpty, let function = evaluator.functionMeant(by: first.value) {
        return try evaluator.check(function, rest, call.range)
      }
      return try evaluator.check(first.value, rest, call.range)
    })
}

/// A gradient held against central differences in float64.
extension Evaluator {
  /// Of an expression by names of the session.
  fileprivate func check(
    _ expression: Expression, _ arguments: [Syntax.Argument], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    var names: [String] = []
    for argument in arguments {
      guard case .name(let name) = argument.value.kind else {
        throw Diagnostic("check takes an expression and names", at: argument.value.range)
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
      let comparison = try compare(at: held.tensor, range) { point throws(Diagnostic) in
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
    _ function: Function, _ arguments: [Syntax.Argument], _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let values = try evaluate(arguments)
    let point = try value(of: try symbol(values[0].value, values[0].range).asFloat, range)
    var rest: [(Evaluated, Tensor)] = []
    for argument in values.dropFirst() {
      rest.append((argument, try value(of: try symbol(argument.value, argument.range), argument.range)))
    }
    let comparison = try compare(at: point, range) { point throws(Diagnostic) in
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

  /// What came of comparing some entries.
  private struct Comparison {
    var checked = 0
    var kinks = 0
    var worst: (index: String, gradient: Double, difference: Double, error: Double)?

    func text(of name: String) -> String {
      let aside = kinks == 0 ? "" : ", \(kinks) on a kink set aside"
      guard let worst else { return "\(name): nothing to compare\(aside)" }
      let verdict = worst.error <= 1e-5 ? "agrees" : "DIFFERS"
      return "\(name): \(verdict) in \(checked) entries\(aside); worst at \(worst.index): "
        + "gradient \(ElementType.float32.text(worst.gradient)), "
        + "difference \(ElementType.float32.text(worst.difference))"
    }
  }

  private func compare(
    at point: Tensor, _ range: SourceRange,
    _ build: (Tensor) throws(Diagnostic) -> (Evaluator, Symbol, Symbol)
  ) throws(Diagnostic) -> Comparison {
    let start = point.converted(to: .float64)
    func number(_ tensor: Tensor) throws(Diagnostic) -> Double {
      let (evaluator, y, _) = try build(tensor)
      return try evaluator.value(of: y.asFloat, range)[flat: 0]
    }
    let (evaluator, y, x) = try build(start)
    guard y.shape.count == 1 else { throw Diagnostic("check needs a scalar; this is \(y.shape)", at: range) }
    let gradient = try evaluator.value(of: evaluator.builder.gradient(of: y.asFloat, withRespectTo: [x])[0], range)
    let middle = try number(start)
    var result = Comparison()
    let stride = max(start.count / 64, 1)
    var place = 0
    while place < start.count {
      let step = 1e-6 * max(abs(start[flat: place]), 1)
      var values = start.values
      values[place] += step
      let above = try number(Tensor(values, shape: start.shape, type: .float64))
      values[place] -= 2 * step
      let below = try number(Tensor(values, shape: start.shape, type: .float64))
      let (right, left) = ((above - middle) / step, (middle - below) / step)
      if abs(right - left) > 1e-3 * max(abs(right), abs(left), 1) {
        result.kinks += 1
      } else {
        let difference = (above - below) / (2 * step)
        let mine = gradient[flat: place]
        let error = abs(mine - difference) / max(abs(difference), abs(mine), 1)
        result.checked += 1
        if result.worst.map({ !(error <= $0.error) }) ?? true {
          result.worst = ("[\(place)]", mine, difference, error.isNaN ? .infinity : error)
        }
      }
      place += stride
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
