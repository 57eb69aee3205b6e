import Graphs
import Refusals
import Syntax
import Tensors

/// Files that scripts name, and files whose names become a record.
extension Session {
  /// So deep files may run or import each other.
  static let fileDepth = 16

  /// Where a file is that a script names: beside the script if it is there, else from where the program was started.
  func place(of name: String) -> String {
    guard let folder, !folder.isEmpty, !name.hasPrefix("/"), !name.hasPrefix("~") else { return name }
    let beside = folder + "/" + name
    return files.exists(beside) ? beside : name
  }
}

extension Diagnostic {
  /// The same, found in another file that something here has run.
  func inside(_ file: Source, by caller: Caller) -> Diagnostic {
    if isInterrupt { return self }
    var copy = self
    // More text can't finish what is a file.
    if copy.reason == .unfinished { copy.refusal.reason = .other }
    if copy.source == nil, copy.range != nil { copy.source = file }
    copy.callers.place(in: file)
    copy.callers.append(caller)
    return copy
  }
}

extension Source {
  /// The folder that a file lies in; nil for what was typed.
  var folder: String? {
    guard let name, let slash = name.lastIndex(of: "/") else { return nil }
    return slash == name.startIndex ? "/" : String(name[..<slash])
  }
}

extension Evaluator {
  /// `import "nets.grad"`: the file is run once in a session of its own, and its names are a record.
  func imported(_ path: Expression) throws(Diagnostic) -> Value {
    guard case .text(let name) = try evaluate(path) else {
      throw Diagnostic("import wants a file name in quotes", at: path.range, help: "nets = import \"nets.grad\"")
    }
    // What is only previewed or checked reads no files; what is traced reads them once.
    if mode.isAbstract || session.tracer != nil {
      throw Diagnostic(.unknownValue("the file has not been read"), at: path.range)
    }
    let depth = session.importDepth + 1
    guard depth <= Session.fileDepth else {
      throw Diagnostic("files import each other more than \(Session.fileDepth) deep", at: path.range)
    }
    let file = session.place(of: name)
    let text = try located(at: path.range, try session.files.read(file))
    session.effects?.reads.append((file, text))
    var inner = Session()
    (inner.settings, inner.surroundings, inner.importDepth) = (session.settings, session.surroundings, depth)
    (inner.surroundings.follow, inner.surroundings.isInteractive, inner.surroundings.patience) = (nil, false, nil)
    let source = Source(name: file, text: text)
    var printed: [String] = []
    do throws(Failure) {
      try inner.run(source) { output in if let text = output.result { printed.append(text) } }
    } catch {
      for text in printed { session.effects?.append(text + "\n") }
      guard let first = error.diagnostics.first else { throw Diagnostic("the file failed", at: path.range) }
      throw first.inside(
        source, by: Diagnostic.Caller(path.range, in: scopes.last?.source, words: "imported by import \(path)"))
    }
    for text in printed { session.effects?.append(text + "\n") }
    return try record(of: inner, path.range)
  }

  private func record(of inner: Session, _ range: SourceRange) throws(Diagnostic) -> Value {
    var values: [(name: String, version: Int, stored: Stored, trainable: Set<String>)] = []
    for (name, binding) in inner.names {
      var stored = binding.stored
      if case .live = binding.content {
        let evaluator = Evaluator(inner)
        stored = try evaluator.stored(try evaluator.resolve(name, range), range, isFixed: nil)
      }
      if let stored { values.append((name, binding.version, stored, binding.trainable)) }
    }
    values.sort { $0.version < $1.version }
    let home = Module(Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.stored) }))
    var entries: [Value] = []
    for value in values {
      let entry = enter(value.stored, nil).at(home: home)
      for place in entry.tensorPlaces where value.trainable.contains(place.path) {
        made.weights.insert(place.leaf.reference)
      }
      entries.append(entry)
    }
    return .tuple(Entries(entries, keys: values.map(\.name)))
  }
}

extension Session {
  /// The text of a file that a script names, looked for as the script would; nil where it can't be read.
  package func source(of file: String, namedIn script: Source) -> Source? {
    var session = self
    session.folder = script.folder
    let place = session.place(of: file)
    return (try? files.read(place)).map { Source(name: place, text: $0) }
  }
}
