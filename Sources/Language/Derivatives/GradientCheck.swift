import Graphs
import Printing
import Syntax
import Tensors

extension Builtin {
  static let check = Builtin(
    "check(expr, names…, order=1, step?)",
    "Compares the gradient with central differences in float64; with order=2 the second derivatives, too; with step= the differences of such steps, in the session's precision, too.",
    .expressions { evaluator, call throws(Diagnostic) in
      guard let first = call.arguments.first else {
        throw Diagnostic("check needs an expression", at: call.range, help: call.builtin.signature.text)
      }
      var (rest, order) = try evaluator.orderOfCheck(Array(call.arguments.dropFirst()))
      if let steps = try evaluator.stepsOfCheck(&rest) {
        return try evaluator.stepTable(first.value, rest, steps, call.range)
      }
      if !rest.isEmpty, let function = try evaluator.functionMeant(by: first.value) {
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
    var lines: [String] = []
    for place in try placesToCheck(expression, arguments, range) {
      lines += try check(expression, by: place, order, range)
    }
    return .text(lines.joined(separator: "\n"))
  }

  /// The names that a check goes by: those that are named, or all that are trainable.
  func placesToCheck(
    _ expression: Expression, _ arguments: [Syntax.Argument], _ range: SourceRange
  ) throws(Diagnostic) -> [Place] {
    var places: [Place] = []
    for argument in arguments {
      guard argument.label == nil, let place = try? place(argument.value) else {
        throw Diagnostic(
          "check takes an expression and names", at: argument.labelRange ?? argument.value.range,
          help: "check(loss, w, order=2)")
      }
      places.append(place)
    }
    if places.isEmpty { places = trainable(in: expression, range).map { Place($0) } }
    guard !places.isEmpty else { throw Diagnostic("check needs names", at: range, help: "check(loss, w)") }
    return places
  }

  /// A line for each tensor at a place.
  private func check(
    _ expression: Expression, by place: Place, _ order: Int, _ range: SourceRange
  ) throws(Diagnostic) -> [String] {
    let double = session.inDoublePrecision
    return try leavesToCheck(place, range).map { leaf throws(Diagnostic) in
      let comparison = try compare(at: leaf.leaf.tensor, order, range) { point throws(Diagnostic) in
        try self.moved(expression, place, leaf, to: point, in: double)
      }
      return comparison.text(of: place.name.text.entry(path: leaf.path))
    }
  }

  /// The tensors at a place that can be moved.
  func leavesToCheck(_ place: Place, _ range: SourceRange) throws(Diagnostic) -> [LeafPlace<Held>] {
    let name = place.name.text
    guard let stored = session.names[name]?.stored,
      let start = try positions(of: place, in: try resolve(name, place.name.range))
    else { throw Diagnostic("check needs a name that holds numbers; '\(name)' doesn't", at: range) }
    // A mask that is asked for is a matrix of numbers like any other; within a record it is none to be asked for.
    let leaves = stored.tensorPlaces.filter { leaf in
      leaf.positions.starts(with: start) && (leaf.positions == start || leaf.leaf.tensor.type != .bool)
    }
    guard !leaves.isEmpty else {
      throw Diagnostic("check needs a name that holds numbers; '\(name)' doesn't", at: range)
    }
    return leaves
  }

  /// An expression with one tensor given another value, in a session's precision.
  func moved(
    _ expression: Expression, _ place: Place, _ leaf: LeafPlace<Held>, to point: Tensor, in session: Session
  ) throws(Diagnostic) -> (Evaluator, Symbol, Symbol) {
    let name = place.name.text
    guard let stored = session.names[name]?.stored else { throw unknown(name, place.name.range) }
    let inner = Evaluator(session)
    let x = inner.builder.separate(inner.builder.parameter(point))
    var whole = inner.enter(stored, name)
    whole[leaf.positions[...]] = .tensor(x)
    return try inner.withTargets([name: whole]) { () throws(Diagnostic) in
      let y = try inner.tensor(expression)
      guard y.shape.count == 1 else { throw self.notScalar(expression, y, [place], place.name.range) }
      return (inner, y, x)
    }
  }

  /// Of a function by its first parameter.
  fileprivate func check(
    _ function: Function<Symbol>, _ arguments: [Syntax.Argument], _ order: Int, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let values = try evaluate(arguments)
    let point = try value(of: try symbol(values[0].value, values[0].range).asFloat, range)
    var rest: [(Evaluated, Tensor)] = []
    for argument in values.dropFirst() {
      rest.append((argument, try value(of: try symbol(argument.value, argument.range), argument.range)))
    }
    let double = session.inDoublePrecision
    // What it has captured are nodes of this graph; each point has one of its own.
    let held = try function.mapped { symbol throws(Diagnostic) in try self.value(of: symbol, range).inDouble }
    let comparison = try compare(at: point, order, range) { point throws(Diagnostic) in
      let inner = Evaluator(double)
      let function = held.mapped { inner.builder.parameter($0) }
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
        [slopes[place]], isSecond: false, at: start.shape.place(of: place), number: place,
        try Differences(of: number, around: value, at: start, place, step: 1e-6, limit: 1e-3))
      if order == 1 { continue }
      let entry = first.reshaped(Shape([start.count])).sliced(axis: 0, from: place, count: 1)
      let row = evaluator.builder.gradient(of: entry.reshaped(.scalar), withRespectTo: [x])[0]
      result.add(
        try evaluator.value(of: row, range).values, isSecond: true, at: start.shape.place(of: place), number: place,
        try Differences(of: gradient, around: slopes, at: start, place, step: 1e-4, limit: 1e-2))
    }
    return result
  }
}

extension Session {
  /// The same names with float64 as the precision of what is made anew.
  var inDoublePrecision: Session {
    var copy = self
    copy.settings.precision = .float64
    copy.cache = [:]
    func doubled(_ held: Held) -> Held {
      var held = held
      held.tensor = held.tensor.inDouble
      return held
    }
    for (name, binding) in names {
      switch binding.content {
      case .tensor(let held, let formula):
        if held.tensor.type == .float32 { copy.names[name]?.content = .tensor(doubled(held), formula) }
      case .tuple(let parts, let formula):
        copy.names[name]?.content = .tuple(parts.mapped { $0.mapped(doubled) }, formula)
      case .function(let function): copy.names[name]?.content = .function(function.mapped(doubled))
      case .live, .text, .unset: break
      }
    }
    return copy
  }
}

extension Tensor {
  /// The same in float64, where it is no mask.
  fileprivate var inDouble: Tensor { type == .float32 ? converted(to: .float64) : self }
}
