import Graphs
import Refusals
import Tensors

/// Writes nodes of a graph as lines of a Python function.
struct ArrayWriter {
  let dialect: ArrayDialect
  private(set) var lines: [String] = []
  /// Names that the function has.
  private(set) var taken: Set<String>
  private let graph: Graph
  private let order: [Graph.Reference]
  private let labels: [Graph.Reference: String]
  private let calls: [Graph.Reference: ExportedCall]
  private var expressions: [Graph.Reference: PythonExpression] = [:]
  private var readers: [Graph.Reference: Int] = [:]
  private var parts = LoopParts<LoopText.Part>()

  /// - Parameters:
  ///   - order: what is to be written, operands first.
  ///   - outputs: what is read by others.
  ///   - labels: what nodes are called, where they have a name.
  ///   - calls: what is written by a function of the library's.
  init(
    _ dialect: ArrayDialect, _ graph: Graph, order: [Graph.Reference], outputs: [Graph.Reference],
    labels: [Graph.Reference: String], taken: Set<String>, calls: [Graph.Reference: ExportedCall] = [:]
  ) {
    (self.dialect, self.graph, self.order) = (dialect, graph, order)
    (self.labels, self.taken, self.calls) = (labels, taken, calls)
    for reference in order {
      for operand in calls[reference]?.operands ?? ExportedProgram.operands(of: reference, in: graph) {
        readers[operand, default: 0] += 1
      }
    }
    for output in outputs { readers[output, default: 0] += 1 }
  }

  mutating func free(_ name: String) -> String { PythonWords.free(name, &taken) }

  mutating func set(_ reference: Graph.Reference, to expression: PythonExpression) {
    expressions[reference] = expression
  }

  func expression(of reference: Graph.Reference) -> PythonExpression {
    guard let known = expressions[reference] else { preconditionFailure("operands come first") }
    return known
  }

  /// As an array even where it is a number of Python's own.
  func result(_ reference: Graph.Reference) -> String {
    let expression = expression(of: reference)
    if expression.number == nil { return expression.text }
    return dialect.array(expression.text, dialect.type(graph[reference].type))
  }

  /// Everything, in order.
  mutating func write() throws(Refusal) { for reference in order { try write(reference) } }

  /// What is read several times, is long, or has a name in the session gets a line of its own.
  private mutating func write(_ reference: Graph.Reference) throws(Refusal) {
    let node = graph[reference]
    guard case .apply(let primitive, _) = node.kind, expressions[reference] == nil else { return }
    if primitive.kernel.loop != nil { return try writeLoop(reference) }
    if let part = parts.content(of: reference, in: graph) {
      let text = part.shape == node.shape ? part.name : "\(part.name).reshape(\(ArrayDialect.tuple(node.shape)))"
      expressions[reference] = PythonExpression(
        dialect.type(part.type) == dialect.type(node.type) ? text : dialect.converted(text, dialect.type(node.type)))
      return
    }
    if let call = calls[reference], let text = dialect.text(call, reference, in: graph, { result($0) }) {
      expressions[reference] = named(PythonExpression(text), reference)
      return
    }
    let operands = ExportedProgram.operands(of: reference, in: graph).map { operand in
      let node = graph[operand]
      return ArrayNode.Operand(expression: expression(of: operand), shape: node.shape, type: node.type)
    }
    expressions[reference] = named(try ArrayNode(dialect, primitive, operands, node).expression(), reference)
  }

  private mutating func named(_ whole: PythonExpression, _ reference: Graph.Reference) -> PythonExpression {
    var result = whole
    let isShared = readers[reference, default: 0] > 1 || SymbolicSizes.length(of: result.text) > 72
    if !result.isName, result.number == nil, isShared || labels[reference] != nil {
      let name = free(labels[reference] ?? "t")
      lines.append("\(name) = \(result.text)")
      result = PythonExpression(name)
    }
    return result
  }

  // MARK: Loops

  private mutating func writeLoop(_ reference: Graph.Reference) throws(Refusal) {
    guard let (whole, nodes) = ExportedLoop.whole(reference, among: order, in: graph) else { return }
    let loop = ExportedLoop(whole)
    let operands = graph.operands(of: reference)
    let labels = loop.labels(labels)
    let names = loop.parameters.map { number in
      loop.body.parameters[number].flatMap { labels[$0] } ?? (loop.carried.contains(number) ? "state" : "row")
    }
    var carried: [LoopText.Carried] = []
    for (number, name) in zip(loop.carried, names) {
      carried.append(LoopText.Carried(name: free(name), start: result(operands[number])))
    }
    var rows: [LoopText.Row] = []
    for (number, name) in zip(loop.rows, names.dropFirst(loop.carried.count)) {
      let whole = expression(of: operands[number])
      rows.append(
        LoopText.Row(name: free(name), whole: whole.number == nil ? whole.inside(3) : result(operands[number])))
    }
    var outputs: [LoopText.Output] = []
    var results: [GraphLoop.Result: String] = [:]
    let function = free("one_round")
    let rounds = loop.loop.kept.compactMap { result -> GraphLoop.Result? in
      if case .last = result { nil } else { result }
    }
    // The round itself.
    let next = loop.carried.map { loop.body.next[$0] }
    let kept = rounds.map(loop.loop.source)
    var body = ArrayWriter(
      dialect, loop.body.graph, order: loop.order(for: next + kept), outputs: next + kept, labels: labels,
      taken: taken)
    var test = ArrayWriter(
      dialect, loop.body.graph, order: loop.test, outputs: loop.condition.map { [$0] } ?? [], labels: labels,
      taken: taken)
    for (number, parameter) in loop.body.parameters.enumerated() {
      guard let parameter else { continue }
      let expression: PythonExpression
      if let place = loop.carried.firstIndex(of: number) {
        expression = PythonExpression(carried[place].name)
      } else if let place = loop.rows.firstIndex(of: number) {
        expression = PythonExpression(rows[place].name)
      } else if loop.invariants.contains(number) {
        expression = self.expression(of: operands[number])
      } else {
        continue
      }
      body.set(parameter, to: expression)
      test.set(parameter, to: expression)
    }
    try body.write()
    taken = body.taken
    test.taken = taken
    try test.write()
    taken = test.taken
    for (number, part) in zip(rounds, kept) {
      outputs.append(LoopText.Output(name: free(labels[part].map { $0 + "s" } ?? "kept"), each: body.result(part)))
      results[number] = outputs.last?.name
    }
    for (place, number) in loop.carried.enumerated() { carried[place].next = body.result(loop.body.next[number]) }
    let text = LoopText(
      function: function, count: loop.loop.count, isReversed: loop.loop.isReversed, carried: carried, rows: rows,
      outputs: outputs, lines: body.lines, testLines: test.lines, test: loop.condition.map(test.result))
    for (place, number) in loop.carried.enumerated() {
      results[.last(number)] = text.carried[place].name
    }
    lines += dialect.loop(text, &taken)
    for node in nodes {
      guard let own = graph.primitive(of: node)?.kernel.loop else { continue }
      let named = own.parts.compactMap { part in
        results[part.result].map { (part.result, LoopText.Part(name: $0, shape: part.shape, type: part.type)) }
      }
      parts.add(node, own, Dictionary(uniqueKeysWithValues: named))
      let vector = own.parts.compactMap { part -> String? in
        guard let name = results[part.result] else { return nil }
        let flat = part.shape.rank == 1 ? name : "\(name).reshape(-1)"
        return part.type == own.type ? flat : dialect.converted(flat, dialect.type(own.type))
      }
      expressions[node] =
        vector.count == 1
        ? PythonExpression(vector[0]) : .call(dialect.concatenate, "[\(vector.joined(separator: ", "))]")
    }
  }
}

/// A loop, in pieces of text.
struct LoopText {
  /// One of its results.
  struct Part {
    let name: String
    let shape: Shape
    let type: ElementType
  }

  struct Carried {
    let name: String
    let start: String
    var next = ""
  }

  struct Row {
    let name: String
    let whole: String
  }

  /// What is kept of every round, and what it is called when all are there.
  struct Output {
    let name: String
    let each: String
  }

  /// What a round is called where it is a function.
  let function: String
  let count: Int
  /// Rows are walked over, and outputs kept, from the last one to the first.
  let isReversed: Bool
  let carried: [Carried]
  let rows: [Row]
  let outputs: [Output]
  /// Those of a round.
  let lines: [String]
  /// What says whether there is another round, and what is computed for that; nil: rounds are counted.
  let testLines: [String]
  let test: String?

  /// `y, z`.
  var names: String { carried.map(\.name).joined(separator: ", ") }
}

extension ArrayDialect {
  /// Python's own loop over arrays.
  static func statements(_ loop: LoopText, _ taken: inout Set<String>, stack: String) -> [String] {
    var lines: [String] = []
    for value in loop.carried where value.name != value.start { lines.append("\(value.name) = \(value.start)") }
    for output in loop.outputs { lines.append("\(output.name) = []") }
    var body: [String] = []
    if let test = loop.test {
      if loop.testLines.isEmpty {
        lines.append("while \(test):")
      } else {
        lines.append("while True:")
        body += loop.testLines + ["if not \(PythonExpression(test, tightness: 0).inside(3)):", "    break"]
      }
    } else {
      let number = loop.rows.isEmpty ? "_" : PythonWords.free("number", &taken)
      let range = "range(\(loop.count))"
      lines.append("for \(number) in \(loop.isReversed ? "reversed(\(range))" : range):")
      for row in loop.rows { body.append("\(row.name) = \(row.whole)[\(number)]") }
    }
    body += loop.lines
    for output in loop.outputs { body.append("\(output.name).append(\(output.each))") }
    let moving = loop.carried.filter { $0.next != $0.name }
    if !moving.isEmpty {
      body.append(
        moving.map(\.name).joined(separator: ", ") + " = " + moving.map(\.next).joined(separator: ", "))
    }
    lines += (body.isEmpty ? ["pass"] : body).map { "    " + $0 }
    for output in loop.outputs {
      lines.append("\(output.name) = \(stack)(\(output.name)\(loop.isReversed ? "[::-1]" : ""))")
    }
    return lines
  }

  /// Functions that jax goes through by itself.
  static func jaxLoop(_ loop: LoopText, _ taken: inout Set<String>) -> [String] {
    func pattern(_ names: [String]) -> String {
      switch names.count {
      case 0: "None"
      case 1: names[0]
      default: "(\(names.joined(separator: ", ")))"
      }
    }
    /// A parameter, and the lines that take it apart.
    func parameter(_ names: [String], _ whole: String) -> (name: String, lines: [String]) {
      switch names.count {
      case 0: return ("_", [])
      case 1: return (names[0], [])
      default:
        let name = PythonWords.free(whole, &taken)
        return (name, ["\(names.joined(separator: ", ")) = \(name)"])
      }
    }
    let carried = loop.carried.map(\.name)
    let start = pattern(loop.carried.map(\.start))
    let next = pattern(loop.carried.map(\.next))
    let carry = parameter(carried, "carry")
    func definition(_ name: String, _ parameters: String, _ lines: [String], returning value: String) -> [String] {
      ["def \(name)(\(parameters)):"] + (lines + ["return \(value)"]).map { "    " + $0 }
    }
    let results = carried.isEmpty ? "_" : carried.joined(separator: ", ")
    if let test = loop.test {
      let condition = PythonWords.free("goes_on", &taken)
      return definition(condition, carry.name, carry.lines + loop.testLines, returning: test)
        + definition(loop.function, carry.name, carry.lines + loop.lines, returning: next)
        + ["\(results) = jax.lax.while_loop(\(condition), \(loop.function), \(start))"]
    }
    if loop.rows.isEmpty, loop.outputs.isEmpty {
      return definition(loop.function, "_, \(carry.name)", carry.lines + loop.lines, returning: next)
        + ["\(results) = jax.lax.fori_loop(0, \(loop.count), \(loop.function), \(start))"]
    }
    let row = parameter(loop.rows.map(\.name), "rows")
    let kept = pattern(loop.outputs.map(\.each))
    let left = carried.count > 1 ? "(\(results))" : results
    let right = loop.outputs.isEmpty ? "_" : pattern(loop.outputs.map(\.name))
    let rows = pattern(loop.rows.map(\.whole))
    let second = row.name == "_" && carry.name == "_" ? "__" : row.name
    return definition(
      loop.function, "\(carry.name), \(second)", carry.lines + row.lines + loop.lines, returning: "\(next), \(kept)")
      + [
        "\(left), \(right) = jax.lax.scan(\(loop.function), \(start), \(rows), length=\(loop.count)\(loop.isReversed ? ", reverse=True" : ""))"
      ]
  }
}
