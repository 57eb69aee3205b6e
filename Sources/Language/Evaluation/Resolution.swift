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
  }

  /// A call of what is built in, which no value of the same name hides.
  func note(call name: String) {
    if reads[name] == nil { reads[name] = 0 }
  }

  private func lookUp(_ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard let binding = session.names[name] else {
      if let value = predefined(name) {
        reads[name] = session.builtInVersion(of: name)
        return value
      }
      if let function = Function.builtIn(name) {
        note(call: name)
        return .function(function)
      }
      throw unknown(name, range)
    }
    note(read: name)
    switch binding.content {
    case .text(let text): return .text(text)
    case .function(let definition): return .function(.user(definition))
    case .tuple(let parts): return .tuple(parts.map { .tensor(enter($0, nil)) })
    case .unset: return .tensor(try unset(name, binding, range))
    case .tensor(let held, let formula):
      if !targets.isEmpty, dependsOnTarget(name), let value = try followed(name, held, formula, range) { return value }
      return .tensor(enter(held, name))
    case .live(let expression, let draw):
      let isFollowed = !targets.isEmpty && dependsOnTarget(name)
      if !isFollowed, mode.isAbstract, let outline = outline(name) {
        return .tensor(builder.abstractParameter(shape: outline.shape, type: outline.type))
      }
      if isFollowed || mode.isAbstract {
        return try splice(Formula(expression: expression, reads: [:], draw: draw), name, range)
      }
      return try live(name, expression, draw, range)
    }
  }

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
    let changed = formula.reads.filter { !session.isCurrent($0.key, $0.value) }.keys.min()
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
    guard shared.open.insert(name).inserted else { throw Diagnostic("\(name) depends on itself", at: range) }
    let (outerScopes, outerDraw, outerFreshDraws, outerBrackets) = (scopes, draw, freshDraws, brackets)
    (scopes, freshDraws, brackets) = ([], nil, nil)
    draw = formula.draw
    defer {
      (scopes, draw, freshDraws, brackets) = (outerScopes, outerDraw, outerFreshDraws, outerBrackets)
      shared.open.remove(name)
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
    if let cached = cached(name) { return .tensor(enter(cached.held, name)) }
    guard shared.open.insert(name).inserted else { throw Diagnostic("\(name) depends on itself", at: range) }
    defer { shared.open.remove(name) }
    let inner = Evaluator(session, sharing: shared)
    inner.draw = draw
    do throws(Diagnostic) {
      let value = try inner.evaluate(expression)
      guard case .tensor(let symbol) = value else { return try evaluate(expression) }
      let held = try inner.hold(symbol, expression.range, isFixed: nil)
      inner.note(read: name)
      shared.caches[name] = Cached(held: held, reads: inner.reads, time: session.clock)
      notices += inner.notices
      return .tensor(enter(held, name))
    } catch { throw error.moved(to: range, from: name) }
  }

  /// Starts a gradient: these names are nodes of their own until `body` ends.
  func withTargets<T>(_ added: [String: Symbol], _ body: () throws(Diagnostic) -> T) throws(Diagnostic) -> T {
    let (outer, outerKnown, outerLeading) = (targets, known, leading)
    targets.merge(added) { $1 }
    (known, leading) = ([:], [:])
    defer { (targets, known, leading) = (outer, outerKnown, outerLeading) }
    return try body()
  }

  // MARK: Dependence

  /// Whether a name's formulas lead to a name that a gradient is taken with respect to.
  func dependsOnTarget(_ name: String) -> Bool {
    if let known = leading[name] { return known }
    // Down all ways, then back from what was looked for: each name of a long chain is met once, whoever asks.
    var readers: [String: [String]] = [:]
    var met: Set<String> = []
    var waiting = [name]
    while let next = waiting.popLast() {
      guard leading[next] == nil, met.insert(next).inserted else { continue }
      for read in successors(of: next) {
        readers[read, default: []].append(next)
        waiting.append(read)
      }
    }
    var leads: Set<String> = []
    waiting = readers.keys.filter { targets[$0] != nil || leading[$0] == true }
    while let next = waiting.popLast() {
      for reader in readers[next] ?? [] where leads.insert(reader).inserted { waiting.append(reader) }
    }
    for next in met { leading[next] = leads.contains(next) }
    return leads.contains(name)
  }

  /// All names that these lead to through formulas, live names and functions, themselves included.
  ///
  /// - Parameter onlyFunctions: no value's formula and no live name's is followed.
  func reachable(from names: Set<String>, throughFunctionsOnly onlyFunctions: Bool = false) -> Set<String> {
    var reached: Set<String> = []
    var waiting = Array(names)
    while let name = waiting.popLast() {
      guard reached.insert(name).inserted, !onlyFunctions || session.names[name]?.function != nil else { continue }
      waiting += successors(of: name)
    }
    return reached
  }

  /// The names that a name's formula, its live definition or its function reads.
  private func successors(of name: String) -> Set<String> {
    switch session.names[name]?.content {
    case .tensor(_, let formula?): Set(formula.reads.keys)
    case .live(let expression, _): Names.read(in: expression)
    case .function(let definition): Names.free(in: definition)
    case .tensor(_, nil), .text, .tuple, .unset, nil: []
    }
  }

  /// The names at which formulas begin, as nodes: as if a gradient by each of them were asked for, so that formulas are
  /// followed down to them.
  func leaves(of expression: Expression) -> [String: Symbol] {
    var symbols: [String: Symbol] = [:]
    for name in reachable(from: Names.read(in: expression)) {
      guard case .tensor(let held, let formula)? = session.names[name]?.content, held.tensor.type.isFloat,
        formula?.readsNames != true
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
