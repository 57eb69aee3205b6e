import Files
import Graphs
import Printing
import Refusals
import Syntax
import Tensors
import Text

extension Builtin {
  static let save = Builtin(
    "save(file, tensors…)",
    "Writes tensors to a file, \(FileFormat.list(FileFormat.written, joint: "or")) by its ending, under their names.",
    traits: [.writesFiles],
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
    if let kind = PictureFormat(path: path) { return try save(arguments, as: kind, path, range, emit) }
    guard let format = FileFormat(path: path), format.isWritten else {
      throw Diagnostic(
        "\"\(path)\" doesn't end in the name of a format", at: arguments[0].value.range,
        help: FileFormat.writtenOnes + ", and pictures in svg and png")
    }
    var tensors: [TensorFile.Member] = []
    for argument in arguments.dropFirst() {
      let value = try evaluator.evaluate(argument.value)
      if case .tuple = value, !format.holdsSeveral {
        throw Diagnostic(
          "\(format.name) holds one tensor; this is \(value.kindName)", at: argument.value.range,
          help: "save(\"m.npz\", p) writes every entry")
      }
      // A structure alone needs no name: its entries have theirs.
      let isAlone = arguments.count == 2 && argument.label == nil && value.isCollection
      let name = isAlone ? "" : try Self.name(of: argument, isNeeded: format.holdsSeveral)
      for (entry, tensor) in try evaluator.leaves(of: value, named: name, argument.value.range) {
        guard !format.holdsSeveral || !tensors.contains(where: { $0.name == entry }) else {
          throw Diagnostic("'\(entry.shown)' is saved twice", at: argument.value.range)
        }
        tensors.append((entry, tensor))
      }
    }
    settle(evaluator, emit)
    let pieces = try located(at: range, prefix: "cannot write \"\(path)\"") { () throws(Refusal) in
      try format.written(tensors, path: path)
    }
    try located(at: range, try files.save(path, pieces))
    if isInteractive { emit(.notice("\(path.shown)  \(ByteCount(pieces.reduce(0) { $0 + $1.count }))")) }
  }

  private func save(
    _ arguments: [Syntax.Argument], as format: PictureFormat, _ path: String, _ range: SourceRange,
    _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let name = Quoting.literal(path)
    guard arguments.count == 2 else {
      throw Diagnostic("a file has one picture", at: range, help: "save(\(name), plot((losses, others)))")
    }
    let shown = arguments[1].value
    guard let drawing = try drawing(of: shown) else {
      // Whatever else is wrong with it is told first.
      let value = try Evaluator(self).evaluate(shown)
      let isMatrix = value.symbol.map { $0.shape.rank == 2 } ?? false
      let help = value.symbol == nil ? "plot(losses)" : "\(isMatrix ? "heat" : "plot")(\(shown.description))"
      throw Diagnostic(
        "a picture is what plot(…), hist(…), heat(…) or spy(…) draws", at: shown.range,
        help: "save(\(name), \(help))")
    }
    var bytes = Bytes(drawing.svg(display))
    switch format {
    case .svg: break
    case .png: bytes = try located(at: range, try files.rasterized(bytes))
    }
    try located(at: range, try files.save(path, [bytes]))
    if isInteractive { emit(.notice("\(path.shown)  \(ByteCount(bytes.count))")) }
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

extension Evaluator {
  /// The tensors of a value under their dotted names.
  fileprivate func leaves(
    of value: Value, named name: String, _ range: SourceRange
  ) throws(Diagnostic) -> [(name: String, tensor: Tensor)] {
    if let other = value.unsaved(at: name) {
      throw Diagnostic("files hold tensors; \(other.path) is \(other.kind)", at: range)
    }
    let held = try hold(value.tensorPlaces.map(\.leaf), range, isFixed: nil)
    return zip(value.tensorPlaces, held).map { place, held in
      (place.path.isEmpty ? name : name.isEmpty ? place.path : "\(name).\(place.path)", held.tensor)
    }
  }
}

extension Value {
  /// The first part that no file can hold.
  fileprivate func unsaved(at path: String) -> (path: String, kind: String)? {
    switch self {
    case .tensor: return nil
    case .text, .function, .list: return (path.isEmpty ? "this" : path, kindName)
    case .tuple(let parts):
      for position in parts.indices {
        if let found = parts[position].unsaved(at: path.entry(parts.label(position))) { return found }
      }
      return nil
    }
  }
}

/// What pictures are kept as.
private enum PictureFormat: String, CaseIterable {
  case svg, png

  /// By the ending of a file's name; nil for other files.
  init?(path: String) {
    guard let kind = Self.allCases.first(where: { path.lowercased().hasSuffix("." + $0.rawValue) }) else { return nil }
    self = kind
  }
}
