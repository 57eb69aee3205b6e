import Graphs
import Syntax
import Tensors

/// Why there is no line of ours for one of another language; what to say instead, if anything.
enum NoLine: Error {
  case sentence(String)
  case unknown
}

/// Writes a line of another language in ours: names, arguments, axes, shapes and indices put right.
///
/// What can't be said for sure isn't said: then there is no line.
final class HabitTranslator {
  typealias Argument = Syntax.Argument

  let session: Session
  /// The tool that the line was written for; nil where nothing tells.
  let tool: Tool?
  /// The tables that rows were found in.
  var used: Set<Tool> = []
  /// Statements that have to come first.
  var before: [Statement] = []
  /// Names that functions and loops around bring.
  var locals: Set<String> = []
  var depthOfFunctions = 0
  var depthOfLoops = 0

  init(_ session: Session, tool: Tool?) {
    self.session = session
    self.tool = tool
  }

  var countsFromOne: Bool { tool?.countsFromOne == true }

  // MARK: Making expressions

  func make(_ kind: Expression.Kind) -> Expression { Expression(kind, 0..<0) }
  func name(_ name: String) -> Expression { make(.name(name)) }
  func number(_ value: Double) -> Expression {
    value < 0 ? make(.unary(.negative, make(.number(-value)))) : make(.number(value))
  }
  func call(_ function: String, _ arguments: [Expression]) -> Expression {
    make(.call(name(function), arguments.map { Argument(value: $0) }))
  }
  func binary(_ sign: BinaryOperator, _ a: Expression, _ b: Expression) -> Expression {
    make(.binary(sign, 0..<0, a, b))
  }

  /// A sum or difference, computed where both are numbers.
  func shifted(_ x: Expression, by shift: Double) -> Expression {
    if let value = x.plainNumber { return number(value + shift) }
    if case .binary(let sign, _, let a, let b) = x.kind, sign == .add || sign == .subtract, let value = b.plainNumber {
      let sum = (sign == .add ? value : -value) + shift
      return sum == 0 ? a : binary(sum < 0 ? .subtract : .add, a, number(abs(sum)))
    }
    return binary(shift < 0 ? .subtract : .add, x, number(abs(shift)))
  }

  // MARK: What is known of names and values

  func isValue(_ name: String) -> Bool {
    locals.contains(name) || session.names[name] != nil && session.names[name]?.function == nil
      || Evaluator.predefinedNames.contains(name)
  }

  func isOwnFunction(_ name: String) -> Bool { session.names[name]?.function != nil }

  func isBuiltIn(_ name: String) -> Bool { Operator.named[name] != nil || Builtin.named[name] != nil }

  /// The extents of a value, where they can be told without computing it.
  func shape(of expression: Expression) -> [Int]? {
    guard locals.isEmpty || Names.read(in: expression).isDisjoint(with: locals) else { return nil }
    if case .tuple(let entries) = expression.kind {
      return entries.allSatisfy { $0.plainNumber != nil } ? [entries.count] : nil
    }
    guard case .tensor(let symbol)? = try? Evaluator(session, .check).evaluate(expression) else { return nil }
    return symbol.shape.extents
  }

  /// How many axes a value has; what depends on a parameter or a loop's name is taken to be a number.
  func rank(of expression: Expression) -> Int? {
    locals.isDisjoint(with: Names.read(in: expression)) ? shape(of: expression)?.count : 0
  }

  // MARK: Expressions

  func expression(_ foreign: ForeignExpression) throws(NoLine) -> Expression {
    switch foreign {
    case .number(let value): return number(value)
    case .name(let name): return try word(name)
    case .text(let pieces): return try text(pieces)
    case .list(let entries): return make(.list(try expressions(entries)))
    case .rows(let rows): return try joined(rows)
    case .tuple(let entries): return make(.tuple(try expressions(entries)))
    case .dictionary(let pairs):
      var entries: [Argument] = []
      for pair in pairs {
        guard let key = pair.key.plainText else { throw .unknown }
        entries.append(Argument(label: key, labelRange: 0..<0, value: try expression(pair.value)))
      }
      return make(entries.isEmpty ? .tuple([]) : .record(entries))
    case .call(let callee, let arguments): return try call(callee, arguments)
    case .index(let base, let entries): return try index(base, entries)
    case .range(let parts): return try range(parts)
    case .member(let base, let name): return try member(base, name)
    case .unary(let sign, let value): return try unary(sign, value)
    case .binary(let sign, let a, let b): return try binary(sign, a, b)
    case .transposed(let base):
      let value = try expression(base)
      // A vector is a row there already.
      if tool?.multipliesMatrices == true, shape(of: value)?.count == 1 { return value }
      return make(.transpose(value))
    case .function(let names, let body): return try function(names, body)
    case .conditional(let condition, let then, let otherwise):
      return call("where", try expressions([condition, then, otherwise]))
    case .comprehension(let entry, let names, let values, let condition):
      return try comprehension(entry, names, values, condition)
    case .ellipsis, .omitted: throw .unknown
    }
  }

  func expressions(_ foreign: [ForeignExpression]) throws(NoLine) -> [Expression] {
    var expressions: [Expression] = []
    for entry in foreign { expressions.append(try expression(entry)) }
    return expressions
  }

  /// A name that stands for a value, or for a function that is handed over.
  private func word(_ word: String) throws(NoLine) -> Expression {
    switch word {
    case "true": return make(.boolean(true))
    case "false": return make(.boolean(false))
    case "inf": return make(.number(.infinity))
    case "nan": return make(.number(.nan))
    default: break
    }
    if isValue(word) || isOwnFunction(word) { return name(word) }
    if let value = try constant([word], tool) { return value }
    if !isBuiltIn(word), let function = try functionNamed([word], tool) { return function }
    return name(word)
  }

  private func member(_ base: ForeignExpression, _ member: String) throws(NoLine) -> Expression {
    if let path = ForeignExpression.member(base, member).path, let (tool, names) = resolved(path) {
      if let value = try constant(names, tool) { return value }
      if let function = try functionNamed(names, tool) { return function }
      if Tool.modules[path[0]] != nil { throw .unknown }
    }
    if let value = try row([".\(member)()"], tool, first: [ForeignArgument(value: base)]) { return value }
    let value = try expression(base)
    if case .tuple(let entries) = value.kind, let position = ["values", "indices"].firstIndex(of: member),
      position < entries.count
    {
      return entries[position]
    }
    return make(.member(value, member))
  }

  private func constant(_ names: [String], _ tool: Tool?) throws(NoLine) -> Expression? {
    try row(Self.keys(names, ""), tool, first: nil)
  }

  /// A function handed over by its name: `tf.nn.relu`, `np.sin`.
  private func functionNamed(_ names: [String], _ tool: Tool?) throws(NoLine) -> Expression? {
    let argument = ForeignExpression.name("x")
    guard let found = try? row(Self.keys(names, "()"), tool, first: [ForeignArgument(value: argument)]),
      case .call(let callee, let arguments) = found.kind, arguments.count == 1,
      case .name("x") = arguments[0].value.kind
    else { return nil }
    return callee
  }

  /// A dotted name without its modules, and the tool that they tell; nil where it begins with a value.
  ///
  /// What begins with a name that nothing is known of is one name.
  func resolved(_ path: [String]) -> (tool: Tool?, names: [String])? {
    if path.count == 1 { return (tool, path) }
    if isValue(path[0]) { return nil }
    guard let own = Tool.modules[path[0]] else { return (tool, [path.joined(separator: ".")]) }
    return (own, Array(path.dropFirst()))
  }

  /// What a dotted name may be found under, the longest first.
  static func keys(_ names: [String], _ suffix: String) -> [String] {
    names.indices.map { names[$0...].joined(separator: ".") + suffix }
  }

  // MARK: Functions

  func function(_ names: [String], _ body: ForeignExpression) throws(NoLine) -> Expression {
    let outer = locals
    locals.formUnion(names)
    defer { locals = outer }
    let value = try expression(body)
    return make(.arrow(Self.arrow(names, value)))
  }

  static func arrow(_ names: [String], _ body: Expression) -> FunctionDefinition {
    FunctionDefinition(
      name: nil, parameters: names.map { FunctionDefinition.Parameter(name: Name($0, 0..<0)) },
      body: [Statement(.expression(body), 0..<0)])
  }

  /// `[f(a) for a in v if c]`: of all at once where all that is done is done entry by entry.
  private func comprehension(
    _ entry: ForeignExpression, _ names: [String], _ values: ForeignExpression, _ condition: ForeignExpression?
  ) throws(NoLine) -> Expression {
    guard names.count == 1 else { throw .unknown }
    let over = try elements(values)
    let outer = locals
    locals.insert(names[0])
    defer { locals = outer }
    let body = try expression(entry)
    let test = try condition.map { value throws(NoLine) in try expression(value) }
    let rank = shape(of: over)?.count
    guard rank == 1, body.isElementwise, test?.isElementwise ?? true else {
      guard test == nil else { throw .unknown }
      return make(.call(name("map"), [Argument(value: make(.arrow(Self.arrow(names, body)))), Argument(value: over)]))
    }
    let value = body.replacing(names[0], with: over)
    guard let test else { return value }
    return make(.index(value, [.at(test.replacing(names[0], with: over))]))
  }

  /// What a loop or a comprehension goes over, as a value.
  private func elements(_ values: ForeignExpression) throws(NoLine) -> Expression { try expression(values) }

  // MARK: Lists

  /// `[a b; c d]`: numbers make a matrix, matrices are joined.
  private func joined(_ rows: [[ForeignExpression]]) throws(NoLine) -> Expression {
    var parts: [[Expression]] = []
    for row in rows { parts.append(try expressions(row)) }
    let isOfNumbers = parts.allSatisfy { $0.allSatisfy { (shape(of: $0)?.count ?? 0) == 0 } }
    if isOfNumbers { return make(parts.count == 1 ? .list(parts[0]) : .rows(parts)) }
    var lines: [Expression] = []
    for row in parts {
      let isFlat = row.allSatisfy { (shape(of: $0)?.count ?? 0) <= 1 }
      let entries = row.map { shape(of: $0)?.isEmpty == true ? make(.list([$0])) : $0 }
      lines.append(row.count == 1 ? row[0] : concat(entries, axis: isFlat ? nil : 1))
    }
    if lines.count == 1 { return lines[0] }
    let isFlat = lines.allSatisfy { (shape(of: $0)?.count ?? 0) <= 1 }
    return isFlat ? call("stack", [make(.tuple(lines))]) : concat(lines, axis: nil)
  }

  private func concat(_ parts: [Expression], axis: Double?) -> Expression {
    var arguments = [Argument(value: make(.tuple(parts)))]
    if let axis { arguments.append(Argument(label: "axis", labelRange: 0..<0, value: number(axis))) }
    return make(.call(name("concat"), arguments))
  }
}

extension Expression {
  /// Nothing but operators and functions of single elements.
  var isElementwise: Bool {
    switch kind {
    case .number, .boolean, .name: return true
    case .unary(_, let x): return x.isElementwise
    case .binary(let sign, _, let a, let b): return sign != .matrixProduct && a.isElementwise && b.isElementwise
    case .call(let callee, let arguments):
      guard case .name(let name) = callee.kind, let operation = Operator.named[name], operation.isElementwise else {
        return false
      }
      return arguments.allSatisfy { $0.value.isElementwise }
    default: return false
    }
  }

  /// The same with an expression in place of a name; only of what is elementwise.
  func replacing(_ name: String, with value: Expression) -> Expression {
    switch kind {
    case .name(name): return value
    case .unary(let sign, let x): return Expression(.unary(sign, x.replacing(name, with: value)), range)
    case .binary(let sign, let place, let a, let b):
      return Expression(.binary(sign, place, a.replacing(name, with: value), b.replacing(name, with: value)), range)
    case .call(let callee, let arguments):
      let replaced = arguments.map {
        Syntax.Argument(label: $0.label, labelRange: $0.labelRange, value: $0.value.replacing(name, with: value))
      }
      return Expression(.call(callee, replaced), range)
    default: return self
    }
  }
}
