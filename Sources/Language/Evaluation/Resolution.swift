import Graphs
import Refusals
import Syntax
import Tensors

/// What names stand for while an expression becomes a graph.
extension Evaluator {
  func resolve(_ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    if let scope = scopes.last, let value = scope[name] { return value }
    if let home = scopes.last?.home { return try resolve(name, in: home, range) }
    if let target = targets[name] {
      note(read: name)
      return target
    }
    if let value = known[name] { return value }
    let value = try lookUp(name, range)
    known[name] = value
    return value
  }

  func note(read name: String) {
    if let binding = session.names[name] { reads[name] = binding.version }
  }

  /// An entry of what a name holds; one that couldn't be told from others is read as the whole.
  func note(read name: String, entry path: String) {
    guard let binding = session.names[name] else { return }
    let isPlain = path.utf8.allSatisfy { byte in
      byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || Unicode.Scalar(byte).properties.isAlphabetic
        || Unicode.Scalar(byte).properties.numericType != nil
    }
    if isPlain { reads["\(name).\(path)"] = binding.version(at: path) } else { note(read: name) }
  }

  /// A name of a file that was imported.
  private func resolve(_ name: String, in home: Module, _ range: SourceRange) throws(Diagnostic) -> Value {
    if let stored = home.values[name] { return enter(stored, nil).at(home: home) }
    if let value = predefined(name) { return value }
    if let function = Function<Symbol>.builtIn(name) { return .function(function) }
    throw unknown(name, range)
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
      if let function = Function<Symbol>.builtIn(name) {
        note(call: name)
        return .function(function)
      }
      throw unknown(name, range)
    }
    note(read: name)
    if let stretch = session.tracer?.stretch {
      if stretch.hidden.contains(name) {
        builder.demandUnknown()
        throw Diagnostic(.unknownValue("\(name) holds another kind of value on each way here"), at: range)
      }
      if !targets.isEmpty, stretch.opaque.contains(name) {
        builder.demandUnknown()
        throw Diagnostic(.unknownValue("whether \(name) leads to what is asked for differs from way to way"), at: range)
      }
    }
    switch binding.content {
    case .text(let text): return .text(text)
    case .function(let function): return enter(.function(function), name)
    case .tuple(let parts, let formula):
      if !targets.isEmpty, dependsOnTarget(name), let formula {
        if let changed = formula.reads.filter({ !session.isCurrent($0.key, $0.value) }).keys.min() {
          throw stale(name, changed, range)
        }
        return try splice(formula, name, range)
      }
      return enter(.tuple(parts), name)
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

  /// Names that have a meaning before anything is given one.
  static let predefinedNames: Set<String> = Set(["pi", "e", "args"] + Answers.names)

  func predefined(_ name: String) -> Value? {
    switch name {
    case "pi": return .tensor(builder.constant(Double.pi))
    case "e": return .tensor(builder.constant(2.718281828459045))
    case "args": return .tuple(Entries(session.settings.arguments.map { .text($0) }))
    default: return Answers.age(of: name).flatMap(session.answer(ago:)).map { enter($0, nil) }
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

  /// A value from the session, its tensors as parameters; entries have their paths behind the name.
  func enter(_ stored: Stored, _ name: String?) -> Value {
    switch stored {
    case .tensor(let held): .tensor(enter(held, name))
    case .text(let text): .text(text)
    case .tuple(let parts):
      .tuple(parts.with(parts.indices.map { enter(parts[$0], name?.entry(parts.label($0))) }))
    case .function, .list: stored.mapped { enter($0, nil) }
    }
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
    followed.append(name)
    defer {
      followed.removeLast()
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
    readsLiveValues = true
    if let cached = cached(name) {
      if case .tuple = cached.value { note(read: name) }
      return enter(cached.value, name)
    }
    guard shared.open.insert(name).inserted else { throw Diagnostic("\(name) depends on itself", at: range) }
    defer { shared.open.remove(name) }
    let inner = Evaluator(session, sharing: shared)
    inner.draw = draw
    do throws(Diagnostic) {
      let value = try inner.stored(try inner.evaluate(expression), expression.range, isFixed: nil)
      inner.note(read: name)
      shared.caches[name] = Cached(value: value, reads: inner.reads, time: session.clock)
      notices += inner.notices
      return enter(value, name)
    } catch { throw error.moved(to: range, from: name) }
  }

  /// Starts a gradient: these names are nodes of their own until `body` ends.
  func withTargets<T>(_ added: [String: Value], _ body: () throws(Diagnostic) -> T) throws(Diagnostic) -> T {
    takesGradients = true
    let (outer, outerKnown, outerLeading) = (targets, known, leading)
    targets.merge(added) { $1 }
    (known, leading) = ([:], [:])
    defer { (targets, known, leading) = (outer, outerKnown, outerLeading) }
    return try body()
  }
}

extension Diagnostic {
  /// An error inside a formula or function, shown at the place that used it.
  func moved(to range: SourceRange, from name: String) -> Diagnostic {
    if isInterrupt { return self }
    var copy = self
    // What is in a function is shown there.
    if source != nil {
      copy.callers.append(Caller(range, words: "in \(name)"))
      return copy
    }
    copy.range = range
    copy.labels = []
    copy.refusal.note = note ?? "in \(name)"
    return copy
  }
}
