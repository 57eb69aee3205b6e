import Graphs
import Refusals
import Tensors

/// A program as a Python function over an array library.
package struct ArraySource {
  private let program: ExportedProgram
  private let dialect: ArrayDialect
  private var expressions: [Graph.Reference: PythonExpression] = [:]
  private var lines: [String] = []
  private var taken: Set<String>
  private var readers: [Graph.Reference: Int] = [:]
  private let function: String
  /// The function's lines where sizes are open.
  private var openLines: [String]?

  /// Where sizes are open, it serves all of them if its samples have a common form.
  package init(_ program: ExportedProgram, _ dialect: ArrayDialect) throws(Refusal) {
    try self.init(fixed: program, dialect)
    guard let sizes = program.sizes else { return }
    let samples = try sizes.samples.map { sample throws(Refusal) in try ArraySource(fixed: sample.program, dialect) }
    guard let first = samples.first, samples.allSatisfy({ $0.parameters == first.parameters }) else { return }
    var taken = first.taken
    var names: [String] = []
    var readings: [String] = []
    for symbol in sizes.symbols {
      guard let input = program.inputs.firstIndex(where: { $0.name == symbol.input }) else { return }
      let name = PythonWords.free(symbol.name, &taken)
      names.append(name)
      readings.append("\(name) = \(first.parameters[input]).shape[\(symbol.axis)]")
    }
    let bodies = samples.map { $0.body.joined(separator: "\n") }
    guard let body = sizes.unified(bodies, names: names) else { return }
    openLines = readings + body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Whether it is for one size alone.
  package var isFixed: Bool { openLines == nil }

  private var parameters: [String] { program.inputs.map { expression(of: $0.reference).text } }

  private var body: [String] {
    lines + ["return \(program.outputs.map { result($0.reference) }.joined(separator: ", "))"]
  }

  private init(fixed program: ExportedProgram, _ dialect: ArrayDialect) throws(Refusal) {
    self.program = program
    self.dialect = dialect
    let own = ArrayModule.names(dialect)
    taken = PythonWords.reserved.union(own)
    let name = PythonWords.fit(program.outputs.count == 1 ? program.outputs[0].name : "step")
    function = own.contains(name) ? name + "_" : name
    for reference in program.order {
      for operand in program.operands(of: reference) { readers[operand, default: 0] += 1 }
    }
    for output in program.outputs { readers[output.reference, default: 0] += 1 }
    for input in program.inputs { expressions[input.reference] = PythonExpression(free(input.name)) }
    for (reference, tensor) in program.constants { expressions[reference] = constant(tensor) }
    for reference in program.order { try write(reference) }
  }

  /// The module: the function, and a main part that runs it on the arrays beside the file.
  package var text: String {
    let trainable = program.inputs.indices.filter { program.inputs[$0].isTrainable }
    let isLoss = program.outputs.count == 1 && program.graph[program.outputs[0].reference].shape.count == 1
    return ArrayModule(
      dialect, function: function, parameters: parameters, lines: openLines ?? body, inputs: program.inputs.map(\.name),
      outputs: program.outputs.map(\.name),
      trainable: isLoss ? trainable : []
    ).text
  }

  /// What the main part reads, by name.
  package var arrays: [(name: String, tensor: Tensor)] { program.inputs.map { ($0.name, $0.value) } }

  private mutating func free(_ name: String) -> String { PythonWords.free(name, &taken) }

  private func expression(of reference: Graph.Reference) -> PythonExpression {
    guard let known = expressions[reference] else { preconditionFailure("operands come first") }
    return known
  }

  /// As an array even where it is a number of Python's own.
  private func result(_ reference: Graph.Reference) -> String {
    let expression = expression(of: reference)
    if expression.number == nil { return expression.text }
    return dialect.array(expression.text, dialect.type(program.graph[reference].type))
  }

  /// What is read several times, is long, or has a name in the session gets a line of its own.
  private mutating func write(_ reference: Graph.Reference) throws(Refusal) {
    let node = program.graph[reference]
    guard case .apply(let primitive, _) = node.kind else { return }
    let operands = program.operands(of: reference).map { operand in
      let node = program.graph[operand]
      return ArrayNode.Operand(expression: expression(of: operand), shape: node.shape, type: node.type)
    }
    var result = try ArrayNode(dialect, primitive, operands, node).expression()
    let isShared = readers[reference, default: 0] > 1 || SymbolicSizes.length(of: result.text) > 72
    if !result.isName, result.number == nil, isShared || program.labels[reference] != nil {
      let name = free(program.labels[reference] ?? "t")
      lines.append("\(name) = \(result.text)")
      result = PythonExpression(name)
    }
    expressions[reference] = result
  }

  private func constant(_ tensor: Tensor) -> PythonExpression {
    if tensor.shape.rank == 0, tensor.type == .literal { return PythonExpression(number: tensor[flat: 0], .literal) }
    return .call(dialect.make, PythonWords.list(tensor), "dtype=\(dialect.type(tensor.type))")
  }
}
