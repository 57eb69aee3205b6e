import Graphs
import Refusals
import Syntax
import Tensors

/// What names stand for while an expression becomes a graph.
extension Evaluator {
  func resolve(_ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    if let scope = scopes.last, let value = scope[name] { return value }
    if let target = targets[name] {
      note(read: name)
      return .tensor(target)
    }
    if let value = known[name] { return value }
    let value = try lookUp(name, range)
    known[name] = value
    return value
  }

  func note(read name: String) {
    if let binding = session.names[name] { reads[name] = binding.version }
    if let function = session.functions[name] { reads[name] = function.version }
  }

  private func lookUp(_ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard let binding = session.names[name] else {
      if let value = predefined(name) { return value }
      if let function = function(named: name) { return .function(function) }
      throw unknown(name, range)
    }
    note(read: name)
    switch binding.content {
    case .text(let text): return .text(text)
    case .tuple(let parts): return .tuple(parts.map { .tensor(enter($0, nil)) })
    case .unset: return .tensor(try unset(name, binding, range))
    case .tensor(let held, let formula):
      if !targets.isEmpty, dependsOnTarget(name), let value = try followed(name, held, formula, range) { return value }
      return .tensor(enter(held, name))
    case .live(let expression, let draw):
      if !targets.isEmpty && dependsOnTarget(name) || mode.isAbstract {
        return try splice(Formula(expression: expression, reads: [:], draw: draw), name, range)
      }
      return try live(name, expression, draw, range)
    }
  }

  func version(of name: String) -> Int? { session.names[name]?.version ?? session.functions[name]?.version }

  private func predefined(_ name: String) -> Value? {
    switch name {
    case "pi": return .tensor(builder.constant(Double.pi))
    case "e": return .tensor(builder.constant(2.718281828459045))
    case "args": return .list(session.settings.arguments.map { .text($0) })
    case "ans": return session.answer.map { .tensor(enter($0, nil)) }
    default: return nil
    }
  }

  private func unset(_ name: String, _ binding: Binding, _ range: SourceRange) throws(Diagnostic) -> Symbol {
    guard mode.isAbstract, let dimensions = binding.dimensions else {
      throw Diagnostic("\(name) has no value yet", at: range, help: "\(name) = rand(…) or any tensor of its shape")
    }
    let extents = dimensions.enumerated().map { axis, dimension in
      switch dimension {
      case .extent(let extent): extent
      case .named(let dimension): mode.standIns[dimension] ?? 1
      case .any: mode.standIns["_\(name)\(axis)"] ?? 1
      }
    }
    if let known = parameters[name] { return known }
    let symbol = builder.abstractParameter(shape: Shape(extents), type: builder.defaultType)
    parameters[name] = symbol
    return symbol
  }

  /// A value from the session as a parameter, the same one each time.
  func enter(_ held: Held, _ name: String?) -> Symbol {
    if let number = held.traced, let tracer = session.tracer { return tracer.read(number) }
    if let name, let known = session.tracer?.parameters[name] ?? parameters[name] { return known }
    if mode.isAbstract, held.tensor.isHollow {
      let symbol = builder.abstractParameter(shape: held.tensor.shape, type: held.tensor.type)
      if let name { parameters[name] = symbol }
      return symbol
    }
    let isFixed = held.tensor.type == .bool && held.isFixed
    let symbol = builder.parameter(held.tensor, name: name, isFixed: isFixed, pattern: held.pattern)
    if let name {
      parameters[name] = symbol
      session.tracer?.parameters[name] = symbol
    }
    return symbol
  }

  /// What a name's formula gives where a gradient is to flow through it; nil for a mask that stays one.
  ///
  /// Through such a mask none flows. A mask that is asked for is read as numbers, and so is what moves its entries.
  private func followed(
    _ name: String, _ held: Held, _ formula: Formula?, _ range: SourceRange
  ) throws(Diagnostic) -> Value? {
    guard let formula else { throw stale(name, nil, range) }
    let changed = formula.reads.filter { version(of: $0.key) != $0.value }.keys.min()
    if held.tensor.type.isFloat {
      if let changed { throw stale(name, changed, range) }
      return try splice(formula, name, range)
    }
    // What a mask read may have changed since: then only the kind of value that its formula gives counts.
    guard let value = changed == nil ? try splice(formula, name, range) : try? splice(formula, name, range),
      case .tensor(let symbol) = value, symbol.type.isFloat
    else { return nil }
    if let changed { throw stale(name, changed, range) }
    return value
  }

  /// A name's formula in place of its value.
  private func splice(_ formula: Formula, _ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard !callStack.contains(name) else { throw Diagnostic("\(name) depends on itself", at: range) }
    let (outerScopes, outerDraw, outerFreshDraws, outerBrackets) = (scopes, draw, freshDraws, brackets)
    (scopes, freshDraws, brackets) = ([], nil, nil)
    draw = formula.draw
    callStack.append(name)
    defer {
      (scopes, draw, freshDraws, brackets) = (outerScopes, outerDraw, outerFreshDraws, outerBrackets)
      callStack.removeLast()
    }
    let value: Value
    do throws(Diagnostic) { value = try evaluate(formula.expression) } catch {
      throw error.moved(to: range, from: name)
    }
    guard let element = formula.element else { return value }
    switch value {
    case .tuple(let parts): return parts[element]
    case .tensor(let symbol):
      return .tensor(symbol.sliced(axis: 0, from: element, count: 1).reshaped(symbol.shape.removing([0])))
    default: return value
    }
  }

  /// A live name's current value, computed in a graph of its own and kept.
  private func live(_ name: String, _ expression: Expression, _ draw: Int, _ range: SourceRange) throws(Diagnostic)
    -> Value
  {
    if let cached = caches[name] ?? session.cache[name], cached.reads.allSatisfy({ version(of: $0.key) == $0.value }) {
      reads.merge(cached.reads) { $1 }
      return .tensor(enter(cached.held, name))
    }
    guard !callStack.contains(name) else { throw Diagnostic("\(name) depends on itself", at: range) }
    let inner = Evaluator(session)
    inner.caches = caches
    inner.draw = draw
    inner.callStack = callStack + [name]
    do throws(Diagnostic) {
      let value = try inner.evaluate(expression)
      guard case .tensor(let symbol) = value else { return try evaluate(expression) }
      let held = try inner.hold(symbol, expression.range, isFixed: nil)
      inner.note(read: name)
      if let own = version(of: name) { inner.reads[name] = own }
      caches = inner.caches
      caches[name] = Cached(held: held, reads: inner.reads)
      reads.merge(inner.reads) { $1 }
      notices += inner.notices
      return .tensor(enter(held, name))
    } catch { throw error.moved(to: range, from: name) }
  }

  /// Starts a gradient: these names are nodes of their own until `body` ends.
  func withTargets<T>(_ added: [String: Symbol], _ body: () throws(Diagnostic) -> T) throws(Diagnostic) -> T {
    let (outer, outerKnown) = (targets, known)
    targets.merge(added) { $1 }
    known = [:]
    defer { (targets, known) = (outer, outerKnown) }
    return try body()
  }

  // MARK: Dependence

  /// Whether a name's formulas lead to a name that a gradient is taken with respect to.
  func dependsOnTarget(_ name: String) -> Bool {
    let reached = reachable(from: [name])
    return targets.keys.contains { $0 != name && reached.contains($0) }
  }

  /// All names that these lead to through formulas, live names and functions, themselves included.
  func reachable(from names: Set<String>) -> Set<String> {
    var reached: Set<String> = []
    var waiting = Array(names)
    while let name = waiting.popLast() {
      guard reached.insert(name).inserted else { continue }
      switch session.names[name]?.content {
      case .tensor(_, let formula?): waiting += formula.reads.keys
      case .live(let expression, _): waiting += Names.read(in: expression)
      default: break
      }
      if let function = session.functions[name] { waiting += Names.read(in: function.definition.body) }
    }
    return reached
  }

  /// The names at which formulas begin, as nodes: as if a gradient by each of them were asked for, so that formulas are
  /// followed down to them.
  func leaves(of expression: Expression) -> [String: Symbol] {
    var symbols: [String: Symbol] = [:]
    for name in reachable(from: Names.read(in: expression)) {
      guard case .tensor(let held, let formula)? = session.names[name]?.content, held.tensor.type.isFloat,
        formula?.reads.isEmpty ?? true
      else { continue }
      symbols[name] = enter(held, name)
    }
    return symbols
  }
}

extension Diagnostic {
  /// An error inside a formula or function, shown at the place that used it.
  func moved(to range: SourceRange, from name: String) -> Diagnostic {
    if isInterrupt { return self }
    var copy = self
    copy.range = range
    copy.labels = []
    copy.refusal.note = note ?? "in \(name)"
    return copy
  }
}
