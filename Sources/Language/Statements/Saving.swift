import Files
import Graphs
import Refusals
import Syntax
import Tensors
import Text

extension Builtin {
  static let save = Builtin(
    "save(file, tensors…)",
    "Writes tensors to a file, \(FileFormat.list(FileFormat.written, joint: "or")) by its ending, under their names.",
    .action(
      Action(
        usage: "save(\"m.npz\", w, b)", shaped: { $0.arguments.dropFirst().map(\.value) },
        run: { session, call, emit throws(Diagnostic) in
          try session.save(call.arguments, call.range, emit)
          return nil
        })))
}

/// `save("w.npy", w)`, `save("m.npz", w1, b=bias, "0.weight"=w0)`.
extension Session {
  fileprivate mutating func save(
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
      guard !format.holdsSeveral || !tensors.contains(where: { $0.name == name }) else {
        throw Diagnostic("'\(name.shown)' is saved twice", at: argument.value.range)
      }
      let symbol = try evaluator.tensor(argument.value)
      tensors.append((name, try evaluator.hold(symbol, argument.value.range, isFixed: nil).tensor))
    }
    settle(evaluator, emit)
    let pieces = try located(at: range, prefix: "cannot write \"\(path)\"") { () throws(Refusal) in
      try format.written(tensors, path: path)
    }
    try located(at: range, try files.save(path, pieces))
    if isInteractive { emit(.notice("\(path.shown)  \(ByteCount(pieces.reduce(0) { $0 + $1.count }))")) }
  }

  private static func name(of argument: Syntax.Argument, isNeeded: Bool) throws(Diagnostic) -> String {
    if let label = argument.label { return label }
    if case .name(let name) = argument.value.kind { return name }
    guard isNeeded else { return "" }
    throw Diagnostic(
      "what is saved here needs a name", at: argument.value.range,
      help: "save(…, w=\(argument.value.description)), or \"layer.weight\"=… for any name")
  }
}
