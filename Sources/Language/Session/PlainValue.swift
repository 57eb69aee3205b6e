import Files
import Refusals
import Syntax
import Tensors
import Text

/// A value as other programs have it.
package indirect enum PlainValue: Sendable {
  case tensor(Tensor)
  case text(String)
  /// As it was written, or its name.
  case function(String)
  case tuple([PlainValue])
  case record([(name: String, value: PlainValue)])
}

extension PlainValue {
  fileprivate init(_ value: Stored) {
    switch value {
    case .tensor(let held): self = .tensor(held.tensor)
    case .text(let text): self = .text(text)
    case .function(let function): self = .function(function.closure?.definition.description ?? function.name)
    case .list(let parts): self = .tuple(parts.map { PlainValue($0) })
    case .tuple(let parts):
      let values = parts.map { PlainValue($0) }
      self = parts.keys.map { .record(Array(zip($0, values)).map { (name: $0.0, value: $0.1) }) } ?? .tuple(values)
    }
  }

  /// Its tensors under dotted names, as files have them.
  fileprivate func collect(_ name: String, _ found: inout [TensorFile.Member]) throws(Refusal) {
    func inner(_ key: String) -> String { name.isEmpty ? key : name + "." + key }
    switch self {
    case .tensor(let tensor): found.append((name, tensor))
    case .text, .function: throw Refusal("what is given in a tuple or a record is a tensor")
    case .tuple(let parts): for (place, part) in parts.enumerated() { try part.collect(inner("\(place)"), &found) }
    case .record(let parts):
      for (key, part) in parts {
        guard !key.isEmpty, !key.contains(".") else { throw Refusal("'\(key.shownBriefly)' can't be an entry's name") }
        try part.collect(inner(key), &found)
      }
    }
  }
}

extension Session {
  /// What an expression is worth now; nothing is changed by it.
  package func value(of code: String) throws(Failure) -> PlainValue {
    let source = Source(name: nil, text: code)
    let program = Parser.parse(source)
    guard program.diagnostics.isEmpty else { throw Failure(diagnostics: program.diagnostics, source: source) }
    guard program.statements.count == 1, case .expression(let expression) = program.statements[0].kind else {
      throw Failure(diagnostics: [Diagnostic("only an expression has a value to be read")], source: source)
    }
    do throws(Diagnostic) {
      let evaluator = Evaluator(self)
      return PlainValue(
        try evaluator.stored(try evaluator.evaluate(expression), expression.range, isFixed: nil))
    } catch {
      throw Failure(diagnostics: [advised(error, in: source)], source: source)
    }
  }

  /// Gives a name, or an entry, a value from outside: a statement like any other, whose outcome is kept with the record.
  package mutating func give(_ value: PlainValue, to place: String) throws(Failure) {
    switch value {
    case .text(let text): try run(place, Quoting.literal(text))
    case .tensor(let tensor) where tensor.type == .literal && tensor.count == 1: try run(place, "\(tensor[flat: 0])")
    case .tensor, .function, .tuple, .record:
      let path: String
      let bytes: Bytes
      do throws(Refusal) {
        var members: [TensorFile.Member] = []
        try value.collect("", &members)
        guard !members.isEmpty else { throw Refusal("a tuple or a record without entries can't be given") }
        let format: FileFormat = if case .tensor = value { .npy } else { .safetensors }
        path = "sent." + format.name
        bytes = try Bytes(joining: try format.written(members))
      } catch {
        throw Failure(diagnostics: [Diagnostic(error, at: nil)], source: Source(name: nil, text: place))
      }
      let before = files.bytes
      defer { files.bytes = before }
      files.bytes = { asked throws(Refusal) in asked == path ? ByteSource(bytes) : try before(asked) }
      try run(place, "load(\(Quoting.literal(path)))")
    }
  }

  /// The same from a file of tensors.
  package mutating func give(file path: String, to place: String) throws(Failure) {
    try run(place, "load(\(Quoting.literal(path)))")
  }

  private mutating func run(_ place: String, _ value: String) throws(Failure) {
    let source = Source(name: nil, text: "\(place) = \(value);")
    let program = Parser.parse(source)
    switch program.statements.first?.kind {
    case .assign(let targets, _)? where targets.count == 1 && program.statements.count == 1: break
    case .update(_, nil, _)? where program.statements.count == 1: break
    default:
      let sentence = "'\(place.shownBriefly)' is no place that can be given a value"
      throw Failure(diagnostics: [Diagnostic(sentence)], source: source)
    }
    // Whoever gave it is not there to give it again.
    let patience = surroundings.patience
    defer { surroundings.patience = patience }
    if patience != nil { surroundings.patience = 0 }
    try run(program, in: source) { _ in }
  }
}
