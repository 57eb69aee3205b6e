import Files
import Graphs
import Syntax
import Tensors

/// `save("w.npy", w)`, `save("m.npz", w1, b=bias)`: a statement, since it changes the world.
extension Session {
  /// The arguments of a statement's `save(…)`, or nil if it is something else.
  func savingArguments(of expression: Expression) -> [Syntax.Argument]? {
    guard case .call(let callee, let arguments) = expression.kind, case .name("save") = callee.kind,
      functions["save"] == nil
    else { return nil }
    return arguments
  }

  mutating func save(
    _ arguments: [Syntax.Argument], _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let evaluator = Evaluator(self)
    guard arguments.count >= 2, arguments[0].label == nil,
      case .text(let path) = try evaluator.evaluate(arguments[0].value)
    else {
      throw Diagnostic(
        "save wants a file name in quotes and what to put in it", at: range, help: "save(\"m.npz\", w, b)")
    }
    guard let format = FileFormat(path: path), format.isWritten else {
      throw Diagnostic(
        "\"\(path)\" doesn't end in the name of a format", at: arguments[0].value.range,
        help: FileFormat.writtenOnes)
    }
    var tensors: [TensorFile.Member] = []
    for argument in arguments.dropFirst() {
      let name = try Self.name(of: argument, isNeeded: format.holdsSeveral)
      guard name.isEmpty || !tensors.contains(where: { $0.name == name }) else {
        throw Diagnostic("'\(name)' is saved twice", at: argument.value.range)
      }
      let symbol = try evaluator.tensor(argument.value)
      tensors.append((name, try evaluator.hold(symbol, argument.value.range, isFixed: nil).tensor))
    }
    settle(evaluator, emit)
    let pieces: [Bytes]
    do throws(FileError) { pieces = try format.written(tensors) } catch {
      throw Diagnostic("cannot write \"\(path)\": \(error.message)", at: range, help: error.help)
    }
    do throws(Diagnostic) { try files.save(path, pieces) } catch { throw error.placed(range) }
    if isInteractive { emit(.notice("\(path)  \(Memory.text(pieces.reduce(0) { $0 + $1.count }))")) }
  }

  private static func name(of argument: Syntax.Argument, isNeeded: Bool) throws(Diagnostic) -> String {
    if let label = argument.label { return label }
    if case .name(let name) = argument.value.kind { return name }
    guard isNeeded else { return "" }
    throw Diagnostic(
      "what is saved here needs a name", at: argument.value.range, help: "save(…, w=\(argument.value.description))")
  }
}
