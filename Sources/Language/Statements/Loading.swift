import Files
import Graphs
import Refusals
import Syntax
import Tensors
import Text

extension Builtin {
  static let load = Builtin(
    "load(file, name?, columns?, missing?, separator?, decimal?, skip=0)",
    "The tensors of a file: \(FileFormat.list(FileFormat.all, joint: "or")); a tuple where it holds several.",
    traits: [.readsFiles],
    .values { evaluator, arguments, range throws(Diagnostic) in try evaluator.load(arguments, range) })
}

/// `load("w.npy")`, `load("m.npz", "w1")`, `load("a.csv", missing=nan)`.
extension Evaluator {
  fileprivate func load(_ arguments: [Evaluated], _ range: SourceRange) throws(Diagnostic) -> Value {
    var request = try Loading(arguments, self, range)
    // What is only previewed or checked reads no files.
    if mode.isAbstract { throw Diagnostic(.unknownValue("the file has not been read"), at: range) }
    let path = session.place(of: request.path)
    if path.isText {
      let text = try located(at: range, try session.files.read(path))
      session.effects?.reads.append((path, text))
      return .text(text)
    }
    let bytes = try located(at: range, try session.files.bytes(path))
    let prefix = "cannot read \(Quoting.literal(path))"
    let (entries, model) = try located(at: range, prefix: prefix) { () throws(Refusal) in
      let file = try TensorFile(
        bytes, path: path, memoryLimit: builder.memoryLimit, beside: session.beside(path))
      return (try request.entries(of: file), file.model)
    }
    if let model, request.isWhole { return try network(model, request, path, range) }
    var values: [(name: String?, value: Value)] = []
    for entry in entries {
      let what = entry.name.map { "cannot read '\($0.shown)' in \(Quoting.literal(path))" } ?? prefix
      let contents = try located(at: range) { () throws(Refusal) in
        do throws(Refusal) { return try entry.contents(request.reading) } catch {
          throw error.isInterrupt ? error : request.completed(error, among: entries).prefixed(what)
        }
      }
      notices += contents.notes.map { "note: \(Quoting.literal(path)): \($0)" }
      switch contents.value {
      case .tensor(let tensor): values.append((entry.name, .tensor(builder.constant(tensor))))
      case .texts(let texts): values.append((entry.name, .tuple(Entries(texts.map { .text($0) }))))
      }
    }
    // Then some of it may not have been copied.
    try Interrupt.check()
    return request.isWhole
      ? Value.structure(of: values) : values.count == 1 ? values[0].value : .tuple(Entries(values.map(\.value)))
  }
}

/// A call of `load`, understood.
struct Loading {
  let path: String
  /// The tensor, or a table's column, that is asked for by its name.
  private let name: String?
  /// All that a file holds was asked for, where it holds tensors by their names.
  private(set) var isWhole = false
  private var table = TableOptions()
  private let memoryLimit: Int
  private let defaultType: ElementType

  private static let help = "load(\"m.npz\", \"w1\")"

  init(_ arguments: [Evaluator.Evaluated], _ evaluator: Evaluator, _ range: SourceRange) throws(Diagnostic) {
    var positional: [Graphs.Argument] = []
    var keywords: [(name: String, value: Graphs.Argument)] = []
    for argument in arguments {
      guard let value = argument.value.argument else {
        throw Diagnostic("load takes no function", at: argument.range, help: Self.help)
      }
      if argument.label == nil { positional.append(value) } else { keywords.append((argument.label ?? "", value)) }
    }
    guard case .text(let path) = positional.first ?? keywords.first(where: { $0.name == "file" })?.value else {
      throw Diagnostic("load wants a file name in quotes, and perhaps a tensor's name", at: range, help: Self.help)
    }
    self.path = path
    let builder = evaluator.builder
    (memoryLimit, defaultType) = (builder.memoryLimit, builder.defaultType)
    (name, table) = try located(at: range) { () throws(Refusal) in
      let given = try Arguments(
        signature: Builtin.load.signature, builder: builder, positional: positional, keywords: keywords)
      return (given.has("name") ? try given.text("name") : nil, try Self.options(given))
    }
    if let columns = arguments.first(where: { $0.label == "columns" }) ?? Self.third(arguments) {
      guard name == nil else { throw Diagnostic("load takes a name or columns=, not both", at: columns.range) }
      let isNumber = columns.value.symbol?.rank == 0
      if case .text = columns.value { table.isOneColumn = true } else { table.isOneColumn = isNumber }
      table.columns = try Self.columns(columns.value, evaluator, columns.range)
    }
  }

  private static func third(_ arguments: [Evaluator.Evaluated]) -> Evaluator.Evaluated? {
    arguments.count > 2 && arguments[2].label == nil ? arguments[2] : nil
  }

  private static func options(_ given: Arguments) throws(Refusal) -> TableOptions {
    var options = TableOptions()
    if given.has("missing") { options.missing = try given.double("missing") }
    options.separator = try sign(given, "separator", example: ";")
    options.decimal = try sign(given, "decimal", example: ",")
    if let point = options.decimal, point != UInt8(ascii: "."), point != UInt8(ascii: ",") {
      throw Refusal("decimal= is a point or a comma", help: "decimal=\",\"")
    }
    if options.separator != nil, options.separator == options.decimal {
      throw Refusal("separator= and decimal= are the same")
    }
    options.skip = try given.integer("skip", default: 0)
    guard options.skip >= 0 else { throw Refusal("skip= is a number of lines, not \(options.skip)") }
    return options
  }

  /// One ASCII character that is no part of a number.
  private static func sign(_ given: Arguments, _ name: String, example: String) throws(Refusal) -> UInt8? {
    guard given.has(name) else { return nil }
    let text = try given.text(name)
    guard text.utf8.count == 1, let sign = text.utf8.first, sign == 0x09 || (0x20..<0x7F).contains(sign),
      !text.unicodeScalars.contains(where: {
        $0.properties.isAlphabetic || "0123456789+-\"#".unicodeScalars.contains($0)
      })
    else { throw Refusal("\(name)= is one sign, not \(Quoting.literal(text))", help: "\(name)=\"\(example)\"") }
    return sign
  }

  /// A column's name or number, or several.
  private static func columns(
    _ value: Value, _ evaluator: Evaluator, _ range: SourceRange
  ) throws(Diagnostic) -> [TableOptions.Column] {
    switch value {
    case .text(let name): return [.name(name)]
    case .tuple(let parts):
      var columns: [TableOptions.Column] = []
      for part in parts { columns += try self.columns(part, evaluator, range) }
      return columns
    case .list(let parts):
      var columns: [TableOptions.Column] = []
      for part in parts { columns += try self.columns(part, evaluator, range) }
      return columns
    case .tensor(let symbol) where symbol.rank <= 1:
      var columns: [TableOptions.Column] = []
      for number in try evaluator.value(of: symbol, range).values {
        guard let whole = Int(exactly: number), abs(whole) < 1 << 53 else {
          throw Diagnostic("columns= counts with whole numbers, from 0 on", at: range, help: "columns=0:3")
        }
        columns.append(.number(whole))
      }
      return columns
    case .tensor, .function:
      throw Diagnostic("columns= takes names or numbers", at: range, help: "columns=(\"x\", \"y\")")
    }
  }

  var reading: Reading { Reading(memoryLimit: memoryLimit, defaultType: defaultType, table: table) }
}

extension Loading {
  /// What is asked for of what a file holds; a table's column becomes the table's business.
  mutating func entries(of file: TensorFile) throws(Refusal) -> [TensorFile.Entry] {
    if file.format.isTable {
      if let name { (table.columns, table.isOneColumn) = ([.name(name)], true) }
      return file.entries
    }
    let isForTables =
      table.columns != nil || table.missing != nil || table.separator != nil || table.decimal != nil || table.skip != 0
    isWhole = name == nil && file.format.holdsSeveral
    guard !isForTables else {
      let tables = FileFormat.list(FileFormat.all.filter(\.isTable))
      throw Refusal(
        "it is in the format \(file.format.name)", help: "columns=, missing= and the like are for \(tables)")
    }
    guard let name else {
      guard !file.entries.isEmpty || file.model != nil else { throw Refusal("it holds no tensors") }
      return file.entries
    }
    if let entry = file.entries.first(where: { $0.name == name }) { return [entry] }
    guard file.format.holdsSeveral else {
      throw Refusal("it holds one tensor, which has no name", help: "load(\(Quoting.literal(path)))")
    }
    let names = file.entries.compactMap(\.name)
    if names.isEmpty { throw Refusal("it holds no tensors") }
    let close = Spelling.nearest(to: name, among: names)
    throw Refusal(
      "there is no '\(name.shown)' in it",
      help: close.map { "did you mean '\($0.shown)'?" } ?? ":files \(Quoting.literal(path)) lists what is there")
  }

  /// Where all were asked for, and one can't be read, the others still can.
  func completed(_ refusal: Refusal, among entries: [TensorFile.Entry]) -> Refusal {
    guard entries.count > 1,
      let other = entries.first(where: { (try? $0.listing(reading))?.flaw == nil })?.name
    else { return refusal }
    var refusal = refusal
    refusal.help = refusal.help ?? "load(\(Quoting.literal(path)), \(Quoting.literal(other))) reads another one"
    return refusal
  }
}

extension String {
  /// A file's name that says it is text for people.
  fileprivate var isText: Bool {
    let name = lowercased()
    return [".txt", ".text", ".md"].contains { name.hasSuffix($0) }
  }
}

extension Tree {
  /// What dotted names say: `layers.0.w` lies in the first entry of `layers`.
  static func structure(of members: [(name: String?, value: Tree)]) -> Tree {
    let names = members.map { $0.name ?? "" }
    // A name that is a part of another one's, or has an empty part, is no place: then all names stay as they are.
    let all = Set(names)
    let isNested = names.allSatisfy { name in
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count <= Tree.deepest / 2 && parts.allSatisfy { !$0.isEmpty }
        && !(1..<parts.count).contains { all.contains(parts[..<$0].joined(separator: ".")) }
    }
    guard isNested else { return .tuple(Entries(members.map(\.value), keys: names)) }
    return structure(of: zip(names, members).map { ($0.split(separator: ".")[...], $1.value) })
  }

  private static func structure(of members: [(path: ArraySlice<Substring>, value: Tree)]) -> Tree {
    if members.count == 1, members[0].path.isEmpty { return members[0].value }
    var keys: [Substring] = []
    var groups: [Substring: [(path: ArraySlice<Substring>, value: Tree)]] = [:]
    for (path, value) in members {
      guard let key = path.first else { continue }
      if groups[key] == nil { keys.append(key) }
      groups[key, default: []].append((path.dropFirst(), value))
    }
    let isTuple = Set(keys) == Set((0..<keys.count).map { Substring("\($0)") })
    let order = isTuple ? (0..<keys.count).map { Substring("\($0)") } : keys
    let values = order.map { structure(of: groups[$0] ?? []) }
    return .tuple(Entries(values, keys: isTuple ? nil : order.map(String.init)))
  }
}

extension Command {
  static let files = Command(":files FILE", "The tensors in a file, with shapes and types.") {
    session, call, emit throws(Diagnostic) in
    let path = try call.path(":files m.npz")
    let bytes = try located(at: call.range, try session.files.bytes(path))
    try located(at: call.range, prefix: "cannot read \(Quoting.literal(path))") { () throws(Refusal) in
      let reading = Reading(memoryLimit: session.freeBytes, defaultType: session.settings.precision)
      let entries = try TensorFile(
        bytes, path: path, memoryLimit: reading.memoryLimit, beside: session.beside(path)
      ).entries
      let names = entries.map { ($0.name ?? path).shown }
      let width = names.map(\.count).max() ?? 0
      for (name, entry) in zip(names, entries) {
        let space = String(repeating: " ", count: width - name.count + 2)
        let listing = try entry.listing(reading)
        let flaw = listing.flaw.map { "  can't be read: \($0.message)" } ?? ""
        emit(.result("\(name)\(space)\(listing.shape)  \(listing.kind.shown)\(flaw)"))
        if let help = listing.flaw?.help { emit(.result("  " + help)) }
        if !listing.columns.isEmpty {
          emit(.result("  columns  " + listing.columns.map(\.shown).joined(separator: ", ")))
        }
      }
      if entries.isEmpty { emit(.result("\(path.shown) holds no tensors")) }
    }
  }
}
