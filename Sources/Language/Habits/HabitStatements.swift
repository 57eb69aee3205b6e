import Syntax
import Tensors

/// Statements and blocks of other languages.
extension HabitTranslator {
  func statements(_ foreign: [ForeignStatement], isBlock: Bool = false) throws(NoLine) -> [Statement] {
    var statements: [Statement] = []
    for statement in foreign {
      // Beside others an import only says where names come from.
      if foreign.count > 1, case .phrase(let word, _) = statement,
        ["import", "from", "using", "library"].contains(word)
      {
        continue
      }
      // `pass` in a block.
      if isBlock, case .nothing = statement { continue }
      let translated = try self.statements(statement)
      statements += before + translated
      before = []
    }
    return statements
  }

  func made(_ kind: Statement.Kind) -> [Statement] { [Statement(kind, 0..<0)] }

  private func statements(_ foreign: ForeignStatement) throws(NoLine) -> [Statement] {
    switch foreign {
    case .expression(let value): return try lone(value)
    case .assignment(let targets, let sign, let value): return try assignment(targets, sign, value)
    case .definition(let name, let parameters, let body): return try definition(name, parameters, body)
    case .loop(let names, let values, let body): return try loop(names, values, body)
    case .whileLoop(let condition, let body):
      depthOfLoops += 1
      defer { depthOfLoops -= 1 }
      return made(.whileLoop(try expression(condition), try statements(body, isBlock: true)))
    case .branch(let condition, let then, let otherwise):
      return made(
        .branch(
          try expression(condition), try statements(then, isBlock: true), else: try statements(otherwise, isBlock: true)
        ))
    case .returning(let value):
      guard depthOfFunctions > 0 else {
        throw .sentence("return stands in a function; elsewhere the last line is what is shown")
      }
      return made(.returning(try value.map { x throws(NoLine) in try expression(x) }))
    case .leaving(let word):
      guard depthOfLoops > 0 else {
        throw .sentence("\(word) stands in a loop:  for i in 0:10 { if i == 5 { \(word) }; print(i) }")
      }
      return made(word == "break" ? .breaking : .continuing)
    case .deletion(let names): return made(.deletion(names.map { Name($0, 0..<0) }))
    case .assertion(let claim):
      if case .call(let callee, let arguments) = claim, callee.path?.last == "allclose", arguments.count >= 2 {
        let (a, b) = (try expression(arguments[0].value), try expression(arguments[1].value))
        return made(.expect(.close(a, b, rtol: nil, atol: nil)))
      }
      return made(.expect(.holds(try expression(claim))))
    case .with(let subject, let body):
      if !body.isEmpty { return try statements(body) }
      _ = try lone(subject)
      throw .unknown
    case .command(let word, let rest): return try command(word, rest)
    case .phrase(let word, let rest): return try phrase(word, rest)
    case .nothing: throw .sentence("nothing is needed there: an empty block is { }")
    }
  }

  // MARK: Expressions on a line of their own

  private func lone(_ value: ForeignExpression) throws(NoLine) -> [Statement] {
    if case .call(let callee, let arguments) = value {
      if let shown = try evaluated(callee, arguments) { return shown }
      if let own = try template(callee, arguments) { return own }
    }
    if case .name(let name) = value, !isValue(name), !isOwnFunction(name), let own = try command(named: name) {
      return own
    }
    return made(.expression(try expression(value)))
  }

  /// `print("w =", sess.run(w))`: a value on a line of its own prints itself.
  private func evaluated(_ callee: ForeignExpression, _ arguments: [ForeignArgument]) throws(NoLine) -> [Statement]? {
    guard case .name("print") = callee else { return nil }
    let values = arguments.filter { $0.value.plainText == nil && $0.label == nil }
    guard values.count == 1, case .call(let inner, _) = values[0].value, let path = inner.path,
      ["run", "eval"].contains(path.last), path.count > 1, arguments.count <= 2
    else { return nil }
    return made(.expression(try expression(values[0].value)))
  }

  /// A row that is more than an expression.
  private func template(_ callee: ForeignExpression, _ arguments: [ForeignArgument]) throws(NoLine) -> [Statement]? {
    for (keys, tool, first, second) in Self.ways(callee, arguments, self) {
      guard let (habit, bound) = try fitting(keys, tool, first: first, second: second) else { continue }
      if !habit.isAlone, habit.template.count == 1, case .expression = habit.template[0].kind { return nil }
      var own: [Statement] = []
      for statement in habit.template { own.append(try filled(statement, bound)) }
      return own
    }
    return nil
  }

  private typealias Way = (keys: [String], tool: Tool?, first: [ForeignArgument], second: [ForeignArgument]?)

  /// Under what a call may stand in the tables.
  private static func ways(
    _ callee: ForeignExpression, _ arguments: [ForeignArgument], _ translator: HabitTranslator
  ) -> [Way] {
    var ways: [Way] = []
    if let path = callee.path, path.count > 1 || !translator.isValue(path[0]),
      let (tool, names) = translator.resolved(path)
    {
      ways.append((keys(names, "()"), tool, arguments, nil))
    }
    if case .call(let inner, let first) = callee, let path = inner.path, let (tool, names) = translator.resolved(path) {
      ways.append((keys(names, "()()"), tool, first, arguments))
    }
    guard case .member(let base, let method) = callee else { return ways }
    if case .call(let inner, let first) = base, let path = inner.path, let (tool, names) = translator.resolved(path) {
      ways.append((keys(names, "().\(method)()"), tool, first, arguments))
    }
    if let root = base.path?.first, Tool.modules[root] != nil, !translator.isValue(root) { return ways }
    let all = [ForeignArgument(value: base)] + arguments
    return ways + [([".\(method)()"], translator.tool, all, nil), (["\(method)()"], translator.tool, all, nil)]
  }

  // MARK: Assignments

  private func assignment(
    _ targets: [ForeignExpression], _ sign: String, _ value: ForeignExpression
  ) throws(NoLine) -> [Statement] {
    if targets.count > 1 {
      var names: [Name] = []
      for target in targets {
        guard case .name(let name) = target else { throw .unknown }
        names.append(Name(name, 0..<0))
      }
      return made(.assign(names, try several(value)))
    }
    guard let target = targets.first else { throw .unknown }
    if case .name(let name) = target { return try assignment(to: name, sign, value) }
    if sign == "=", case .call(let base, let entries) = target, case .name(let name) = base {
      return try replacement(name, entries.map(\.value), value)
    }
    if case .index(let base, let entries) = target, case .name(let name) = base, countsFromOne {
      return try replacement(name, entries, value)
    }
    let written = try expression(target)
    guard let place = Place(written) else { throw .unknown }
    let update = Self.updates[sign]
    guard update != nil || sign == "=" else { throw .unknown }
    return made(.update(place, update, try expression(value)))
  }

  /// `[q, r] = qr(a)`: functions that give one value here, or are two.
  private func several(_ value: ForeignExpression) throws(NoLine) -> Expression {
    if case .call(.name(let name), let arguments) = value, tool?.countsFromOne ?? true, arguments.count == 1 {
      switch name {
      case "max", "min":
        let x = try expression(arguments[0].value)
        return make(.tuple([call(name, [x]), call("arg" + name, [x])]))
      case "sort":
        let x = try expression(arguments[0].value)
        return make(.tuple([call("sort", [x]), call("argsort", [x])]))
      case "size": return call("shape", [try expression(arguments[0].value)])
      default: break
      }
    }
    return try expression(value)
  }

  private static let updates: [String: BinaryOperator] = [
    "+=": .add, "-=": .subtract, "*=": .multiply, "/=": .divide, ".+=": .add, ".-=": .subtract, ".*=": .multiply,
    "./=": .divide,
  ]

  private func assignment(to name: String, _ sign: String, _ value: ForeignExpression) throws(NoLine) -> [Statement] {
    let target = Name(name, 0..<0)
    if sign == ":=" { return made(.live(target, try expression(value))) }
    if let update = Self.updates[sign] { return made(.update(Place(target), update, try expression(value))) }
    guard sign == "=" else {
      let own = try binary(String(sign.dropLast()), .name(name), value)
      return made(.assign([target], own))
    }
    if case .function(let names, let body) = value {
      return try definition(name, names.map { ($0, nil) }, [.expression(body)])
    }
    if case .call(let callee, let arguments) = value {
      // `x = x.at[0].set(9)`.
      if case .member(.index(.member(let base, "at"), let entries), "set") = callee, base.path == [name],
        arguments.count == 1
      {
        let place = try expression(.index(base, entries))
        if let place = Place(place) { return made(.update(place, nil, try expression(arguments[0].value))) }
      }
      if let own = try template(callee, arguments) { return own }
    }
    let own = try expression(value)
    if case .call(let callee, let arguments) = own.kind, case .name("input") = callee.kind {
      return made(.input(target, try dimensions(arguments.map(\.value))))
    }
    return made(.assign([target], own))
  }

  /// A placeholder's extents: the first that is free is n.
  private func dimensions(_ extents: [Expression]) throws(NoLine) -> [Dimension] {
    var dimensions: [Dimension] = []
    for extent in extents {
      switch extent.kind {
      case .number(let value):
        guard let extent = Int(whole: value), extent >= 0 else { throw .unknown }
        dimensions.append(.extent(extent))
      case .name("None"), .unary: dimensions.append(dimensions.contains(.named("n")) ? .any : .named("n"))
      case .name(let name): dimensions.append(.named(name))
      default: throw .unknown
      }
    }
    return dimensions
  }

  /// `x(1, 2) = 5`, `x(end + 1) = 5`, `x(2, :) = []`.
  private func replacement(
    _ name: String, _ entries: [ForeignExpression], _ value: ForeignExpression
  ) throws(NoLine) -> [Statement] {
    guard isValue(name) else { throw .unknown }
    let target = Name(name, 0..<0)
    if entries.count == 1, case .binary("+", let end, .number(1)) = entries[0], end.isEnd {
      return made(.assign([target], call("append", [self.name(name), make(.list([try expression(value)]))])))
    }
    if case .list(let items) = value, items.isEmpty {
      let axes = entries.indices.filter { if case .range = entries[$0] { false } else { true } }
      guard axes.count == 1 else { throw .unknown }
      let place = shifted(try expression(entries[axes[0]]), by: -1)
      let axis = Argument(label: "axis", labelRange: 0..<0, value: number(Double(axes[0])))
      let arguments = [Argument(value: self.name(name)), Argument(value: place)] + (entries.count > 1 ? [axis] : [])
      return made(.assign([target], make(.call(self.name("delete"), arguments))))
    }
    let step = Place.Step.index(try indicesFromOne(entries), 0..<0)
    return made(.update(Place(target, [step]), nil, try expression(value)))
  }
}
