import Exports
import Graphs
import Plans
import Printing
import Refusals
import Syntax
import Tensors

/// Gives expressions their meaning as nodes of one graph; lives for one statement.
final class Evaluator {
  let session: Session
  let builder: Builder
  let mode: Mode
  /// Two shapes that were both stretched where they met, and the shape that this gave.
  var stretched: (Shape, Shape, Shape)?
  /// The two extents that did not fit.
  var clash: (Int, Int)?
  /// What the functions being called have of their own, the innermost call last; none between calls of global formulas.
  var scopes: [Scope] = []
  /// The versions of the session's names that were read here; what live names read in turn is in `allReads`.
  var reads: [String: Int] = [:]
  /// Names that a gradient is taken with respect to, as nodes.
  var targets: [String: Value] = [:]
  var draw: Int
  /// In a graph that runs many times: the number of a run's first random draw, which was `start` while it was built.
  var freshDraws: (first: Symbol, start: Int)?
  /// Whether rounds of the loop that is being followed draw different numbers of times.
  var differsInDraws = false
  /// The loops whose round is being followed for all of them, the innermost last.
  var following: [LoopTrace] = []
  /// What would end the loop whose round is being followed, where that is asked.
  var leaving: Leaving?
  /// The statements that are being run, each within the one before it.
  var waiting: [Waiting] = []
  /// Indices that differ from round to round of the loop that is being followed, and what they have to lie in.
  var watched: [(places: Symbol, extent: Int)] = []
  /// What is to be printed of each round of the loop that is being followed.
  var roundPrints: [RoundPrint] = []
  /// What must hold for the round that is being followed to come to where it is.
  var conditions: [Symbol] = []
  /// Loops in functions that are gone through round by round, and why.
  var writtenOut: [String] = []
  /// Why the last loop couldn't be followed.
  var impossibility: String?
  /// What the evaluators of a statement share: each live name is computed by one of its own.
  let shared: Shared
  var notices: [String] = []
  /// What numbers in brackets are made of where the call around them says so; nil: of the session's type.
  var brackets: ElementType?
  /// Where values came from, for `:why`.
  var origins = Origins()
  /// Names whose formulas stand in for them, the innermost last.
  var followed: [String] = []
  var known: [String: Value] = [:]
  var parameters: [String: Symbol] = [:]
  /// The graph is for other values, too: a condition that depends on any is not decided by those of now.
  var followsBoth = false
  /// The graph is for others who have loops of their own: what has a condition goes on by it, however many rounds those are.
  var keepsLoops = false
  /// There, calls of operators as they were written, by what they give.
  var calls: [Graph.Reference: ExportedCall] = [:]
  /// Above 0 where nobody knows whether what is followed will be reached: nothing is printed.
  var mutedPrints = 0
  /// Whether a gradient was taken, and whether a live name's value was read.
  var takesGradients = false
  var readsLiveValues = false
  /// Nodes that `weights(…)` has made here, and those that `stop_gradient` has.
  var made = Made()
  /// Whether names lead to one of the targets, as far as it has been asked for.
  var leading: [String: Bool] = [:]

  init(_ session: Session, _ mode: Mode = .run, sharing shared: Shared = Shared()) {
    self.session = session
    self.mode = mode
    self.shared = shared
    draw = session.draw
    builder =
      session.tracer?.builder
      ?? Builder(
        defaultType: session.settings.precision, memoryLimit: session.freeBytes,
        device: mode.isAbstract ? nil : session.device)
    if mode.isHurried { builder.demandLimit = 256 }
  }

  /// Nodes that a graph may have.
  var nodeLimit: Int { mode.isHurried ? 1_000 : 2_000_000 }

  /// Whether an expression is a name of the function that is being called.
  private func isLocal(_ expression: Expression) -> Bool {
    if case .name(let name) = expression.kind { scopes.last?[name] != nil } else { false }
  }

  // MARK: Expressions

  func evaluate(_ expression: Expression) throws(Diagnostic) -> Value {
    try Depth.check(at: expression.range, calls: scopes.count)
    let value = try meaning(of: expression)
    note(expression, value)
    return value
  }

  /// Keeps in mind what a node stands for.
  func note(_ expression: Expression, _ value: Value) {
    // Nobody reads pages of text, and of a long chain each link would be one.
    if case .trace = mode, case .tensor(let symbol) = value, expression.range.count <= 1_000 {
      origins.note(
        symbol.reference, expression, owner: followed.last, isInFunction: !scopes.isEmpty, isLocal: isLocal(expression))
    }
  }

  private func meaning(of expression: Expression) throws(Diagnostic) -> Value {
    switch expression.kind {
    case .number(let value): return .tensor(builder.constant(value))
    case .boolean(let value): return .tensor(builder.constant(value))
    case .text(let text): return .text(text)
    case .interpolation(let pieces): return .text(try text(pieces))
    case .name(let name): return try resolve(name, expression.range)
    case .list(let parts): return try list(parts, expression)
    case .rows(let rows): return .tensor(try block(rows, expression))
    case .tuple(let parts):
      var values: [Value] = []
      for part in parts { values.append(try evaluate(part)) }
      return try shallow(.tuple(Entries(values)), expression.range)
    case .record(let entries):
      var values: [Value] = []
      for entry in entries { values.append(try evaluate(entry.value)) }
      return try shallow(.tuple(Entries(values, keys: entries.map { $0.label ?? "" })), expression.range)
    case .arrow(let definition): return .function(try closure(definition, expression.range))
    case .conditional(let condition, let then, let otherwise):
      return try conditional(condition, then, otherwise, expression.range)
    case .importing(let path): return try imported(path)
    case .range(let start, let stop, let step): return try range(start, stop, step, expression.range)
    case .unary(let op, let operand): return try unary(op, operand)
    case .binary: return try chain(expression)
    case .transpose(let operand): return .tensor(try tensor(operand).matrixTransposed)
    case .call(let callee, let arguments): return try call(callee, arguments, expression.range)
    case .index(let base, let entries):
      if let entry = try storedEntry(expression) { return entry }
      let value = try evaluate(base)
      if case .name("ans") = base.kind, value.symbol?.rank == 0 {
        throw Diagnostic(
          "a number has no axes to index", at: expression.range,
          help: "ans2 is the answer before ans, ans3 the one before")
      }
      return try indexed(value, entries, base.range, expression.range)
    case .member(let base, let member):
      if let entry = try storedEntry(expression) { return entry }
      return try self.member(base, member, expression.range)
    case .hole:
      if let hole = mode.hole { return .tensor(builder.abstractParameter(shape: hole, type: builder.defaultType)) }
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
    throw notTensor(value, range)
  }

  func notTensor(_ value: Value, _ range: SourceRange) -> Diagnostic {
    Diagnostic("a tensor is wanted here; this is \(value.kindName)", at: range)
  }

  private func unary(_ op: UnaryOperator, _ operand: Expression) throws(Diagnostic) -> Value {
    let value = try evaluate(operand)
    if case .tuple = value {
      switch op {
      case .negative: return value.throughFloats { -$0 }
      case .positive: return value
      case .not: throw Diagnostic("'not' is for masks; this is \(value.kindName)", at: operand.range)
      }
    }
    let x = try symbol(value, operand.range)
    switch op {
    case .negative: return .tensor(-x)
    case .positive: return .tensor(x)
    case .not: return .tensor(Operator.not(x))
    }
  }

  // MARK: Values while building

  func value(of symbol: Symbol, _ range: SourceRange) throws(Diagnostic) -> Tensor {
    try located(at: range, try builder.value(of: symbol))
  }

  func wholeNumber(_ expression: Expression) throws(Diagnostic) -> Int {
    try wholeNumber(try tensor(expression), expression.range)
  }

  func wholeNumber(_ symbol: Symbol, _ range: SourceRange) throws(Diagnostic) -> Int {
    guard symbol.shape.count == 1, let number = try value(of: symbol, range).scalar else {
      throw Diagnostic("a whole number is wanted here; this is \(symbol.shape)", at: range)
    }
    guard let whole = Int(whole: number) else {
      throw Diagnostic("a whole number is wanted here; this is \(number.text)", at: range)
    }
    return whole
  }

  /// Runs a symbol's graph, its zeros' patterns with it.
  func hold(_ symbol: Symbol, _ range: SourceRange, isFixed: Bool?) throws(Diagnostic) -> Held {
    try hold([symbol], range, isFixed: isFixed)[0]
  }

  /// Several together, so that what they share is computed once.
  func hold(_ symbols: [Symbol], _ range: SourceRange, isFixed: Bool?) throws(Diagnostic) -> [Held] {
    func isAlwaysFixed(_ symbol: Symbol) -> Bool { isFixed ?? builder.isFixed(symbol.reference) }
    if let tracer = session.tracer { return symbols.map { tracer.hold($0, isFixed: isAlwaysFixed($0)) } }
    let results = try located(at: range, try builder.valuesWithPatterns(of: symbols))
    notices += builder.faults.map { "\($0); the slow twin gave the answer" }
    return zip(symbols, results).map { symbol, result in
      Held(tensor: result.value, pattern: result.pattern, isFixed: isAlwaysFixed(symbol))
    }
  }

  /// A value as it is held between statements; all of it is computed together.
  func stored(_ value: Value, _ range: SourceRange, isFixed: Bool? = true) throws(Diagnostic) -> Stored {
    let held = try hold(value.leaves, range, isFixed: isFixed)
    var next = held.makeIterator()
    return value.mapped { _ in
      guard let held = next.next() else { preconditionFailure("a value has as many leaves as were computed") }
      return held
    }
  }
}
