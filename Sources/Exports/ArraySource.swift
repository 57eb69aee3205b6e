import Graphs
import Refusals
import Tensors

/// A program as Python functions over an array library.
package struct ArraySource {
  /// A function under way: what it is given and what it gives.
  private struct Section {
    let name: String
    let label: String?
    /// Those of the program's inputs that are its data.
    let inputs: [Int]
    let parameters: [String]
    let lines: [String]
    /// Names that it has.
    let taken: Set<String>
  }

  private let program: ExportedProgram
  private let dialect: ArrayDialect
  private var sections: [Section] = []
  private let weights: ModuleTree?
  /// Positions of the inputs that belong to the weights.
  private let held: [Int]
  /// Names that no function may have for something else.
  private let reserved: Set<String>
  /// The functions' lines where sizes are open.
  private var openLines: [[String]]?

  /// Where sizes are open, it serves all of them if its samples have a common form.
  package init(_ program: ExportedProgram, _ dialect: ArrayDialect) throws(Refusal) {
    try self.init(fixed: program, dialect)
    guard let sizes = program.sizes else { return }
    let samples = try sizes.samples.map { sample throws(Refusal) in try ArraySource(fixed: sample.program, dialect) }
    guard let first = samples.first,
      samples.allSatisfy({ $0.sections.map(\.parameters) == first.sections.map(\.parameters) })
    else { return }
    var open: [[String]] = []
    for (place, section) in first.sections.enumerated() {
      var taken = section.taken
      var names: [String] = []
      var readings: [String] = []
      for symbol in sizes.symbols {
        guard
          let position = section.inputs.firstIndex(where: { first.program.inputs[$0].name == symbol.input })
        else { continue }
        let name = PythonWords.free(symbol.name, &taken)
        names.append(name)
        readings.append("\(name) = \(section.parameters[position]).shape[\(symbol.axis)]")
      }
      let bodies = samples.map { $0.sections[place].lines.joined(separator: "\n") }
      let isSame = bodies.allSatisfy { $0 == bodies[0] }
      guard isSame || names.count == sizes.symbols.count, let body = sizes.unified(bodies, names: names) else { return }
      open.append(
        (isSame ? [] : readings) + body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
    openLines = open
  }

  /// Whether it is for one size alone.
  package var isFixed: Bool { openLines == nil }

  private init(fixed program: ExportedProgram, _ dialect: ArrayDialect) throws(Refusal) {
    self.program = program
    self.dialect = dialect
    let own = ArrayModule.names(dialect)
    reserved = PythonWords.reserved.union(own)
    let isModel = program.carried.isEmpty && program.inputs.contains(where: \.isTrainable)
    let isModule = isModel && dialect.weights == .module
    // What a module is made with besides: masks, and tensors without a name.
    held = program.inputs.indices.filter { position in
      let input = program.inputs[position]
      return isModel && (input.isTrainable || isModule && (input.value.type == .bool || !input.isNamed))
    }
    weights =
      isModel
      ? ModuleTree(
        held.map { [program] position in
          let (input, type) = (program.inputs[position], dialect.type(program.inputs[position].value.type))
          let made = "\(dialect.library).zeros(\(ArrayDialect.tuple(input.value.shape)), dtype=\(type))"
          return (input.name, made, input.isTrainable)
        }) : nil
    var name = PythonWords.fit(program.outputs.count == 1 ? program.outputs[0].name : "step")
    while own.contains(name) || weights?.names.contains(name) == true { name += "_" }
    let forward = isModel ? program.forward : nil
    if let forward {
      try write(ModuleTree.forward, label: program.labels[forward], outputs: [forward], given: nil)
    }
    if isModule, forward == nil { name = ModuleTree.forward }
    try write(
      name, label: program.outputs.count == 1 ? program.outputs[0].name : nil,
      outputs: program.outputs.map(\.reference), given: forward)
  }

  /// A function that gives some nodes.
  ///
  /// - Parameter given: the node that the function before this one gives.
  private mutating func write(
    _ name: String, label: String?, outputs: [Graph.Reference], given: Graph.Reference?
  ) throws(Refusal) {
    var met: Set<Graph.Reference> = []
    var waiting = outputs
    let known = Set(program.order)
    var calls: [Graph.Reference: ExportedCall] = [:]
    while let next = waiting.popLast() {
      guard met.insert(next).inserted, next != given, !program.isLeaf(next) else { continue }
      if let call = program.calls[next], call.operands.allSatisfy({ known.contains($0) || program.isLeaf($0) }),
        dialect.text(call, next, in: program.graph, { _ in "x" }) != nil
      {
        calls[next] = call
        waiting += call.operands
      } else {
        waiting += program.operands(of: next)
      }
    }
    let order = program.order.filter { met.contains($0) && $0 != given }
    var writer = ArrayWriter(
      dialect, program.graph, order: order, outputs: outputs, labels: program.labels, taken: reserved, calls: calls)
    var parameters: [String] = []
    var inputs: [Int] = []
    let before = given == nil ? [] : sections.last?.inputs ?? []
    for (position, input) in program.inputs.enumerated() {
      if let place = held.firstIndex(of: position) {
        writer.set(input.reference, to: PythonExpression(path(place)))
      } else if met.contains(input.reference) || before.contains(position) || given == nil && name != ModuleTree.forward
      {
        parameters.append(writer.free(input.name))
        inputs.append(position)
        writer.set(input.reference, to: PythonExpression(parameters[parameters.count - 1]))
      }
    }
    for (reference, tensor) in program.constants { writer.set(reference, to: constant(tensor)) }
    var first: [String] = []
    if let given, let section = sections.last {
      let local = writer.free(program.labels[given] ?? "y")
      let arguments = section.inputs.compactMap { number in
        inputs.firstIndex(of: number).map { parameters[$0] }
      }
      let function = ArrayModule.Function(name: section.name, parameters: [], formula: nil, lines: [])
      first = ["\(local) = \(function.call(arguments, of: dialect))"]
      writer.set(given, to: PythonExpression(local))
    }
    try writer.write()
    let results = outputs.map(writer.result).joined(separator: ", ")
    sections.append(
      Section(
        name: name, label: label, inputs: inputs, parameters: parameters,
        lines: first + writer.lines + ["return \(results)"],
        taken: writer.taken))
  }

  private func path(_ place: Int) -> String {
    switch dialect.weights {
    case .module: weights?.paths[place] ?? ""
    case .dictionary: "params[\"\(program.inputs[held[place]].name)\"]"
    }
  }

  /// The last function's parameters and lines.
  var function: (parameters: [String], lines: [String]) {
    let section = sections[sections.count - 1]
    return (section.parameters, section.lines)
  }

  /// The module: the functions, and a main part that runs the last one on the arrays beside the file.
  package var text: String {
    let functions = sections.enumerated().map { place, section in
      ArrayModule.Function(
        name: section.name, parameters: section.parameters, formula: section.label.flatMap { program.formulas[$0] },
        lines: openLines?[place] ?? section.lines)
    }
    let isLoss = program.outputs.count == 1 && program.graph[program.outputs[0].reference].shape.count == 1
    return ArrayModule(
      dialect: dialect, functions: functions, weights: weights,
      inputs: sections[sections.count - 1].inputs.map { program.inputs[$0].name },
      outputs: program.outputs.map(\.name), isLoss: isLoss
    ).text
  }

  /// What the main part reads, by name.
  package var arrays: [(name: String, tensor: Tensor)] {
    sections[sections.count - 1].inputs.map { (program.inputs[$0].name, program.inputs[$0].value) }
  }

  /// What is trained, and what belongs to it, under the names that it has there.
  package var parameters: [(name: String, tensor: Tensor)] {
    held.enumerated().map { place, position in
      let name = dialect.weights == .module ? weights?.names[place] : nil
      return (name ?? program.inputs[position].name, program.inputs[position].value)
    }
  }

  private func constant(_ tensor: Tensor) -> PythonExpression {
    if tensor.shape.rank == 0, tensor.type == .literal { return PythonExpression(number: tensor[flat: 0], .literal) }
    return .call(dialect.make, PythonWords.list(tensor), "dtype=\(dialect.type(tensor.type))")
  }
}
