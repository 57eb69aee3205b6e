import Files
import Graphs
import Refusals
import Syntax
import Tensors
import Text

extension Builtin {
  static let load = Builtin(
    "load(file, name?)",
    "The tensors of a file: \(FileFormat.list(FileFormat.all, joint: "or")); a tuple where it holds several.",
    traits: [.readsFiles],
    .values { evaluator, arguments, range throws(Diagnostic) in try evaluator.load(arguments, range) })
}

/// `load("w.npy")`, `load("m.npz", "w1")`.
extension Evaluator {
  fileprivate func load(_ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard (1...2).contains(arguments.count), arguments.allSatisfy({ $0.label == nil }),
      case .text(let path) = arguments[0].value
    else {
      throw Diagnostic(
        "load wants a file name in quotes, and perhaps a tensor's name", at: range, help: "load(\"m.npz\", \"w1\")")
    }
    // What is only previewed or checked reads no files.
    if mode.isAbstract { throw Diagnostic(.unknownValue("the file has not been read"), at: range) }
    let reading = Reading(memoryLimit: builder.memoryLimit, defaultType: builder.defaultType)
    let bytes = try located(at: range, try session.files.bytes(path))
    let tensors = try located(at: range, prefix: "cannot read \"\(path)\"") { () throws(Refusal) in
      var entries = try TensorFile(bytes, path: path).entries
      if arguments.count == 2 {
        guard case .text(let name) = arguments[1].value else {
          throw Refusal("a tensor's name is a text in quotes")
        }
        entries = try [Self.entry(named: name, of: entries, in: path)]
      }
      return try entries.map { entry throws(Refusal) in try entry.read(reading) }
    }
    // Then some of it may not have been copied.
    try Interrupt.check()
    let values = tensors.map { Value.tensor(builder.constant($0)) }
    return values.count == 1 ? values[0] : .tuple(values)
  }

  private static func entry(
    named name: String, of entries: [TensorFile.Entry], in path: String
  ) throws(Refusal) -> TensorFile.Entry {
    if let entry = entries.first(where: { $0.name == name }) { return entry }
    let names = entries.compactMap(\.name)
    if names.isEmpty { throw Refusal("it holds one tensor, which has no name", help: "load(\"\(path)\")") }
    let close = Spelling.nearest(to: name, among: names)
    throw Refusal(
      "there is no '\(name)' in it", help: close.map { "did you mean '\($0)'?" } ?? ":files \(path) lists what is there"
    )
  }
}

extension Command {
  static let files = Command(":files FILE", "The tensors in a file, with shapes and types.") {
    session, call, emit throws(Diagnostic) in
    let path = try call.path(":files m.npz")
    let bytes = try located(at: call.range, try session.files.bytes(path))
    try located(at: call.range, prefix: "cannot read \"\(path)\"") { () throws(Refusal) in
      let entries = try TensorFile(bytes, path: path).entries
      let names = entries.map { ($0.name ?? path).shown }
      let width = names.map(\.count).max() ?? 0
      for (name, entry) in zip(names, entries) {
        let space = String(repeating: " ", count: width - name.count + 2)
        emit(.result("\(name)\(space)\(entry.shape)  \(entry.kind.shown)"))
      }
      if entries.isEmpty { emit(.result("\(path.shown) holds no tensors")) }
    }
  }
}
