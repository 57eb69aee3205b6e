import Graphs
import Syntax
import Tensors

/// Gives expressions their meaning as nodes of one graph; lives for one statement.
final class Evaluator {
  let session: Session
  let builder: Builder
  /// Only shapes are asked for: inputs without a value stand for themselves.
  let isAbstract: Bool
  /// Stand-in extents of symbolic dimensions, where shapes are checked before there are values.
  let standIns: [String: Int]
  /// While a line is being typed: nothing may take long.
  let isPreview: Bool
  /// Errors may take the time to look for what was meant.
  var suggests = true
  /// What a `?` is taken to be.
  var hole: Shape?
  /// The two extents that did not fit.
  var clash: (Int, Int)?
  /// Names of a function's own, innermost call last; nil between calls of global formulas.
  var scopes: [[String: Value]] = []
  /// The versions of the session's names that were read.
  var reads: [String: Int] = [:]
  /// Names that a gradient is taken with respect to, as nodes.
  var targets: [String: Symbol] = [:]
  var draw: Int
  /// In a graph that runs many times: the number of a run's first random draw, which was `start` while it was built.
  var freshDraws: (first: Symbol, start: Int)?
  var caches: [String: Cached] = [:]
  var notices: [String] = []
  var callStack: [String] = []
  /// Where values came from is kept, for `:why`.
  var isTracing = false
  var origins = Origins()
  private var known: [String: Value] = [:]
  private var parameters: [String: Symbol] = [:]

  init(_ session: Session, isAbstract: Bool = false, isPreview: Bool = false, standIns: [String: Int] = [:]) {
    self.session = session
    self.isAbstract = isAbstract
    self.isPreview = isPreview
    suggests = !isPreview
    self.standIns = standIns
    draw = session.draw
    builder =
      session.tracer?.builder ?? Builder(defaultType: session.display.defaultType, memoryLimit: session.freeBytes)
    if isPreview { builder.demandLimit = 256 } else if !isAbstract { builder.device = session.device }
  }

  /// Nodes that a graph may have.
  var nodeLimit: Int { isPreview ? 1_000 : 2_000_000 }

  // MARK: Expressions

  func evaluate(_ expression: Expression) throws(Diagnostic) -> Value {
    let value = try meaning(of: expression)
    if isTracing, case .tensor(let symbol) = value { origins.note(symbol.reference, expression) }
    return value
  }

  private func meaning(of expression: Expression) throws(Diagnostic) -> Value {
    switch expression.kind {
    case .number(let value): return .tensor(builder.constant(value))
    case .boolean(let value): return .tensor(builder.constant(value))
    case .text(let text): return .text(text)
    case .name(let name): return try resolve(name, expression.range)
    case .list(let parts): return try list(parts, expression)
    case .tuple(let parts):
      var values: [Value] = []
      for part in parts { values.append(try evaluate(part)) }
      return .tuple(values)
    case .range(let start, let stop, let step): return try range(start, stop, step, expression.range)
    case .unary(let op, let operand): return .tensor(try unary(op, operand))
    case .binary: return .tensor(try chain(expression))
    case .transpose(let operand): return .tensor(try tensor(operand).matrixTransposed)
    case .call(let callee, let arguments): return try call(callee, arguments, expression.range)
    case .index(let base, let entries):
      let value = try evaluate(base)
      if case .tuple(let parts) = value { return try element(of: parts, entries, expression.range) }
      return .tensor(try index(try symbol(value, base.range), entries, expression.range))
    case .member(let base, let member): throw unknownMember(base, member, expression.range)
    case .hole:
      if let hole { return .tensor(builder.abstractParameter(shape: hole, type: builder.defaultType)) }
      throw Diagnostic("'?' stands for a shape; ask with :shapes", at: expression.range)
    }
  }

  /// An expression that must be a tensor.
  func tensor(_ expression: Expression) throws(Diagnostic) -> Symbol {
    try symbol(try evaluate(expression), expression.range)
  }

  /// A tensor, or a tuple of tensors as `grad(loss, w, b)` gives.
  func tensors(_ expression: Expression) throws(Diagnostic) -> [Symbol] {
    let value = try evaluate(expression)
    if case .tuple(let parts) = value, let symbols = parts.symbols { return symbols }
    return [try symbol(value, expression.range)]
  }

  func symbol(_ value: Value, _ range: SourceRange) throws(Diagnostic) -> Symbol {
    if case .tensor(let symbol) = value { return symbol }
    throw Diagnostic("a tensor is wanted here; this is \(value.kindName)", at: range)
  }

  private func unary(_ op: UnaryOperator, _ operand: Expression) throws(Diagnostic) -> Symbol {
    let x = try tensor(operand)
    switch op {
    case .negative: return -x
    case .positive: return x
    case .not: return Operator.not(x)
    }
  }

  /// Operators of one precedence in a row lean to the left; they are taken one by one.
  private func chain(_ expression: Expression) throws(Diagnostic) -> Symbol {
    var links: [(BinaryOperator, SourceRange, Expression, whole: SourceRange, left: Expression)] = []
    var first = expression
    while case .binary(let op, let place, let left, let right) = first.kind {
      links.append((op, place, right, first.range, left))
      first = left
    }
    var result = try tensor(first)
    for (op, place, right, whole, left) in links.reversed() {
      let operand = try tensor(right)
      result = try combine(op, place, result, operand, left: left, right: right, whole)
    }
    return result
  }

  private func combine(
    _ op: BinaryOperator, _ place: SourceRange, _ a: Symbol, _ b: Symbol, left: Expression, right: Expression,
    _ whole: SourceRange
  ) throws(Diagnostic) -> Symbol {
    if op == .matrixProduct { return try matrixProduct(a, b, place, left, right) }
    guard let shape = a.shape.broadcast(with: b.shape) else {
      let column = b.shape.rank == 1 && a.shape.rank == 2 && a.shape[0] == b.shape[0]
      let pairs = zip(a.shape.extents.reversed(), b.shape.extents.reversed())
      let clash = pairs.first { $0 != $1 && $0 != 1 && $1 != 1 } ?? (0, 0)
      self.clash = clash
      throw Diagnostic(
        "shapes do not broadcast", at: place,
        labels: [label(left, a), label(right, b)],
        help: column ? "[:, new] makes the vector a column, \(b.shape)×1" : nil,
        note: "aligned from the right, \(clash.0) meets \(clash.1)")
    }
    if shape != a.shape, shape != b.shape, a.shape.rank > 0, b.shape.rank > 0, a.shape.count > 1, b.shape.count > 1 {
      try warnMutual(a.shape, b.shape, shape, whole)
    }
    if op == .multiply, session.isInteractive, !isAbstract, session.tracer == nil { hintAtMask(left, right) }
    return op.apply(a, b)
  }

  /// A plain matrix of zeros and ones that multiplies another is probably meant as a mask.
  private func hintAtMask(_ left: Expression, _ right: Expression) {
    for factor in [left, right] {
      guard case .name(let name) = factor.kind, case .tensor(let held, _)? = session.names[name]?.content,
        held.traced == nil, held.tensor.type.isFloat, held.tensor.shape.rank > 0, held.tensor.count <= 1 << 20
      else { continue }
      let values = held.tensor.values
      guard values.contains(0), values.contains(1), values.allSatisfy({ $0 == 0 || $0 == 1 }) else { continue }
      notices.append("hint: \(name) = mask(\(name)) makes its zeros structural: removed for good, even under NaN")
    }
  }

  private func warnMutual(_ a: Shape, _ b: Shape, _ shape: Shape, _ range: SourceRange) throws(Diagnostic) {
    if session.refusesMutualBroadcast {
      throw Diagnostic("both operands would be stretched: \(a) and \(b) to \(shape)", at: range)
    }
    notices.append("warning: both operands are stretched here: \(a) and \(b) give \(shape)")
  }

  /// `3×5`, for a name's value `x is 3×5`.
  private func label(_ expression: Expression, _ x: Symbol) -> Diagnostic.Label {
    let shape = x.rank == 0 ? "a number" : "\(x.shape)"
    if case .name(let name) = expression.kind { return Diagnostic.Label(expression.range, "\(name) is \(shape)") }
    return Diagnostic.Label(expression.range, shape)
  }

  private func matrixProduct(
    _ a: Symbol, _ b: Symbol, _ place: SourceRange, _ left: Expression, _ right: Expression
  ) throws(Diagnostic) -> Symbol {
    do throws(ShapeError) { return try Operator.matmul.applied(to: [a, b]) } catch {
      if a.rank > 0, b.rank > 0 { clash = (a.shape[a.rank - 1], b.shape[max(b.rank - 2, 0)]) }
      // The labels say the shapes that the sentence would repeat.
      let message = error.message.split(separator: ":").first.map(String.init) ?? error.message
      var help = error.help
      if a.rank == 2, b.rank == 2, a.shape[1] == b.shape[1], case .name(let name) = right.kind {
        help = "\(left.description) @ \(name).T is \(a.shape[0])×\(b.shape[0])"
      }
      throw Diagnostic(message, at: place, labels: [label(left, a), label(right, b)], help: help, note: error.note)
    }
  }

  private func range(
    _ start: Expression, _ stop: Expression, _ step: Expression?, _ range: SourceRange
  ) throws(Diagnostic) -> Value {
    let (a, b) = (try tensor(start), try tensor(stop))
    var operands: [(name: String, value: Graphs.Argument)] = [("start", .tensor(a)), ("stop", .tensor(b))]
    if let step { operands.append(("step", .tensor(try tensor(step)))) }
    return try apply(.arange, positional: operands.map(\.value), keywords: [], range)
  }

  // MARK: Lists

  private func list(_ parts: [Expression], _ expression: Expression) throws(Diagnostic) -> Value {
    if let literal = Literal(expression, type: builder.defaultType) { return .tensor(builder.constant(literal.tensor)) }
    var values: [Value] = []
    for part in parts { values.append(try evaluate(part)) }
    return stacked(values)
  }

  /// One tensor where all parts are tensors of equal shape, else the list itself.
  func stacked(_ values: [Value]) -> Value {
    var symbols: [Symbol] = []
    for value in values {
      guard case .tensor(let symbol) = value else { return .list(values) }
      symbols.append(symbol)
    }
    guard let first = symbols.first, symbols.allSatisfy({ $0.shape == first.shape }), first.rank < Shape.maximumRank
    else {
      return .list(values)
    }
    let isMask = symbols.allSatisfy { $0.type == .bool }
    return .tensor(.concatenated(symbols.map { (isMask ? $0 : $0.asFloat).expanded(at: 0) }, axis: 0).settled)
  }

  private func element(of parts: [Value], _ entries: [Index], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard entries.count == 1, case .at(let position) = entries[0] else {
      throw Diagnostic("a tuple takes one whole number as its index", at: range)
    }
    let number = try wholeNumber(position)
    guard number >= -parts.count, number < parts.count else {
      throw Diagnostic("the tuple has \(parts.count) entries; there is no entry \(number)", at: range)
    }
    return parts[number < 0 ? number + parts.count : number]
  }

  // MARK: Values while building

  func value(of symbol: Symbol, _ range: SourceRange) throws(Diagnostic) -> Tensor {
    do throws(ExecutionError) { return try builder.value(of: symbol) } catch { throw diagnostic(error, range) }
  }

  func wholeNumber(_ expression: Expression) throws(Diagnostic) -> Int {
    let symbol = try tensor(expression)
    guard symbol.shape.count == 1, let number = try value(of: symbol, expression.range).scalar else {
      throw Diagnostic("a whole number is wanted here; this is \(symbol.shape)", at: expression.range)
    }
    guard let whole = Int(exactly: number) else {
      throw Diagnostic("a whole number is wanted here; this is \(number)", at: expression.range)
    }
    return whole
  }

  func diagnostic(_ error: ExecutionError, _ range: SourceRange?) -> Diagnostic {
    switch error {
    case .interrupted: Diagnostic("interrupted", isInterrupt: true)
    case .unknown, .notFinite:
      Diagnostic("the value depends on an input that has none yet", at: range, note: Self.unknownNote)
    case .memory(let needed, let free):
      Diagnostic(
        "the result would need \(Memory.text(needed)); \(Memory.text(free)) \(free == 1 ? "is" : "are") free", at: range
      )
    case .refused(let message, let help): Diagnostic(message, at: range, help: help)
    }
  }

  /// Marks errors that only say that it is too early to tell.
  static let unknownNote = "it needs a value before its shape is known"

  func diagnostic(_ error: ShapeError, _ range: SourceRange) -> Diagnostic {
    if let execution = error.execution { return diagnostic(execution, range) }
    return Diagnostic(error.message, at: range, help: error.help, note: error.note)
  }

  // MARK: Names

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
      if held.tensor.type.isFloat, !targets.isEmpty, dependsOnTarget(name) {
        guard let formula else { throw stale(name, nil, range) }
        if let changed = formula.reads.first(where: { version(of: $0.key) != $0.value }) {
          throw stale(name, changed.key, range)
        }
        return try splice(formula, name, range)
      }
      return .tensor(enter(held, name))
    case .live(let expression, let draw):
      if !targets.isEmpty && dependsOnTarget(name) || isAbstract {
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
    case "args": return .list(session.arguments.map { .text($0) })
    case "ans": return session.answer.map { .tensor(enter($0, nil)) }
    default: return nil
    }
  }

  private func unset(_ name: String, _ binding: Binding, _ range: SourceRange) throws(Diagnostic) -> Symbol {
    guard isAbstract, let dimensions = binding.dimensions else {
      throw Diagnostic("\(name) has no value yet", at: range, help: "\(name) = rand(…) or any tensor of its shape")
    }
    let extents = dimensions.enumerated().map { axis, dimension in
      switch dimension {
      case .extent(let extent): extent
      case .named(let dimension): standIns[dimension] ?? 1
      case .any: standIns["_\(name)\(axis)"] ?? 1
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
    if isAbstract, held.tensor.isHollow {
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

  /// A name's formula in place of its value.
  private func splice(_ formula: Formula, _ name: String, _ range: SourceRange) throws(Diagnostic) -> Value {
    guard !callStack.contains(name) else { throw Diagnostic("\(name) depends on itself", at: range) }
    let (outerScopes, outerDraw, outerFreshDraws) = (scopes, draw, freshDraws)
    (scopes, freshDraws) = ([], nil)
    draw = formula.draw
    callStack.append(name)
    defer {
      (scopes, draw, freshDraws) = (outerScopes, outerDraw, outerFreshDraws)
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

  /// Runs a symbol's graph, its zeros' patterns with it.
  func hold(_ symbol: Symbol, _ range: SourceRange, isFixed: Bool?) throws(Diagnostic) -> Held {
    try hold([symbol], range, isFixed: isFixed)[0]
  }

  /// Several together, so that what they share is computed once.
  func hold(_ symbols: [Symbol], _ range: SourceRange, isFixed: Bool?) throws(Diagnostic) -> [Held] {
    func isAlwaysFixed(_ symbol: Symbol) -> Bool { isFixed ?? builder.isFixed(symbol.reference) }
    if let tracer = session.tracer { return symbols.map { tracer.hold($0, isFixed: isAlwaysFixed($0)) } }
    let patterns = symbols.map { builder.pattern(of: $0) }
    let wanted = symbols + patterns.flatMap { [$0.structural, $0.strong].compactMap { $0 } }
    do throws(ExecutionError) {
      let values = try builder.values(of: wanted)
      var masks = values[symbols.count...]
      return symbols.indices.map { number in
        let structural = patterns[number].structural.map { _ in masks.removeFirst() }
        let strong = patterns[number].strong.map { _ in masks.removeFirst() }
        return Held(
          tensor: values[number], pattern: Pattern(structural: structural, strong: strong),
          isFixed: isAlwaysFixed(symbols[number]))
      }
    } catch { throw diagnostic(error, range) }
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
}

extension Symbol {
  /// A literal that has gained a rank takes the session's precision.
  fileprivate var settled: Symbol { type == .literal && rank > 0 ? converted(to: builder.defaultType) : self }
}

extension Diagnostic {
  /// An error inside a formula or function, shown at the place that used it.
  func moved(to range: SourceRange, from name: String) -> Diagnostic {
    if isInterrupt { return self }
    var copy = self
    copy.range = range
    copy.labels = labels.isEmpty ? [] : []
    copy.note = note ?? "in \(name)"
    return copy
  }
}
