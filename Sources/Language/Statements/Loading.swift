import Files
import Graphs
import Syntax
import Tensors
import Text

/// `load("w.npy")`, `load("m.npz", "w1")`.
extension Evaluator {
  func load(_ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    guard (1...2).contains(arguments.count), arguments.allSatisfy({ $0.label == nil }),
      case .text(let path) = arguments[0].value
    else {
      throw Diagnostic(
        "load wants a file name in quotes, and perhaps a tensor's name", at: range, help: "load(\"m.npz\", \"w1\")")
    }
    // What is only previewed or checked reads no files.
    if mode.isAbstract { throw Diagnostic("the file has not been read", at: range, note: Self.unknownNote) }
    let reading = Reading(memoryLimit: builder.memoryLimit, defaultType: builder.defaultType)
    let bytes: Bytes
    do throws(Diagnostic) { bytes = try session.files.bytes(path) } catch { throw error.placed(range) }
    let tensors: [Tensor]
    do throws(FileError) {
      var entries = try TensorFile(bytes, path: path).entries
      if arguments.count == 2 {
        guard case .text(let name) = arguments[1].value else {
          throw FileError("a tensor's name is a text in quotes")
        }
        entries = try [Self.entry(named: name, of: entries, in: path)]
      }
      tensors = try entries.map { entry throws(FileError) in try entry.read(reading) }
    } catch { throw Diagnostic("cannot read \"\(path)\": \(error.message)", at: range, help: error.help) }
    // Then some of it may not have been copied.
    try Interrupt.check()
    let values = tensors.map { Value.tensor(builder.constant($0)) }
    return values.count == 1 ? values[0] : .tuple(values)
  }

  private static func entry(
    named name: String, of entries: [TensorFile.Entry], in path: String
  ) throws(FileError) -> TensorFile.Entry {
    if let entry = entries.first(where: { $0.name == name }) { return entry }
    let names = entries.compactMap(\.name)
    if names.isEmpty { throw FileError("it holds one tensor, which has no name", help: "load(\"\(path)\")") }
    let close = Spelling.nearest(to: name, among: names)
    throw FileError(
      "there is no '\(name)' in it", help: close.map { "did you mean '\($0)'?" } ?? ":files \(path) lists what is there"
    )
  }
}

extension Command {
  static let files = Command(":files FILE", "The tensors in a file, with shapes and types.") {
    session, call, emit throws(Diagnostic) in
    let path = try call.path(":files m.npz")
    let bytes: Bytes
    do throws(Diagnostic) { bytes = try session.files.bytes(path) } catch { throw error.placed(call.range) }
    do throws(FileError) {
      let entries = try TensorFile(bytes, path: path).entries
      let names = entries.map { $0.name ?? path }
      let width = names.map(\.count).max() ?? 0
      for (name, entry) in zip(names, entries) {
        let space = String(repeating: " ", count: width - name.count + 2)
        emit(.result("\(name)\(space)\(entry.shape)  \(entry.kind)"))
      }
      if entries.isEmpty { emit(.result("\(path) holds no tensors")) }
    } catch { throw Diagnostic("cannot read \"\(path)\": \(error.message)", at: call.range, help: error.help) }
  }
}
