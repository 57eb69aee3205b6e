import Syntax

/// Loops and definitions of other languages.
extension HabitTranslator {
  func definition(
    _ name: String, _ parameters: [(name: String, initial: ForeignExpression?)], _ body: [ForeignStatement]
  ) throws(NoLine) -> [Statement] {
    let outer = locals
    defer { locals = outer }
    var own: [FunctionDefinition.Parameter] = []
    for parameter in parameters {
      own.append(
        FunctionDefinition.Parameter(
          name: Name(parameter.name, 0..<0),
          initial: try parameter.initial.map { x throws(NoLine) in try expression(x) }))
      locals.insert(parameter.name)
    }
    depthOfFunctions += 1
    defer { depthOfFunctions -= 1 }
    var statements = try self.statements(body)
    guard let last = statements.last else {
      let list = parameters.map(\.name).joined(separator: ", ")
      throw .sentence("\(name)(\(list)) = …, with the value behind the sign; { …; … } holds several statements")
    }
    if case .returning(let value?) = last.kind {
      statements[statements.count - 1] = Statement(.expression(value), 0..<0)
    }
    return made(.function(FunctionDefinition(name: Name(name, 0..<0), parameters: own, body: statements)))
  }

  func loop(
    _ names: [String], _ values: ForeignExpression, _ body: [ForeignStatement]
  ) throws(NoLine) -> [Statement] {
    let over = try elements(of: values)
    let outer = locals
    locals.formUnion(names)
    depthOfLoops += 1
    defer {
      locals = outer
      depthOfLoops -= 1
    }
    return made(.forEach(names.map { Name($0, 0..<0) }, over, try statements(body, isBlock: true)))
  }

  /// What a loop goes over: a range as ours, which doesn't include its end.
  private func elements(of values: ForeignExpression) throws(NoLine) -> Expression {
    if case .range(let parts) = values, let (start, step, stop) = try bounds(parts) {
      let end = step?.plainNumber.map { $0 < 0 } == true ? shifted(stop, by: -1) : shifted(stop, by: 1)
      guard step == nil else { return call("arange", [start, end] + [step].compactMap { $0 }) }
      return make(.range(start, end, step: nil))
    }
    if case .call(let callee, let arguments) = values, let name = callee.path?.last,
      ["range", "xrange", "arange", "trange"].contains(name), arguments.allSatisfy({ $0.label == nil })
    {
      let bounds = try expressions(arguments.map(\.value))
      if bounds.count == 1 { return make(.range(number(0), bounds[0], step: nil)) }
      if bounds.count == 2 { return make(.range(bounds[0], bounds[1], step: nil)) }
    }
    return try expression(values)
  }
}
