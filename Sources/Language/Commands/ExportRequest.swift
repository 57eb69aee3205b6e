import Exports
import Files
import Graphs
import Refusals
import Syntax
import Tensors
import Text

/// What `:export KIND EXPR FILE` asks for.
struct ExportRequest {
  let kind: ExportKind
  let expression: Expression
  let path: String
  /// How many devices there are along each axis of their mesh.
  var devices = [1]
  var processCount = 1
  /// How inputs are cut; nil: as `:shard` says, and by rows where their first dimension is free.
  var cuts: [String: Mesh.Cut]?

  init(_ call: Command.Call) throws(Diagnostic) {
    var words = call.text.split(whereSeparator: \.isWhitespace)
    let first = words.first.map(String.init) ?? ""
    guard let kind = ExportKind.named[first] else {
      let names = ExportKind.all.map(\.name)
      let close = Spelling.nearest(to: first, among: names)
      throw Diagnostic(
        "the kinds of export are " + names.joined(separator: ", "), at: call.range,
        help: close.map { ":export \($0) …" } ?? ExportKind.usage)
    }
    self.kind = kind
    var options: [Substring] = []
    while let last = words.last, last.contains("="), !last.contains("("), !last.contains(")") {
      options.append(words.removeLast())
    }
    guard words.count >= 3 else { throw Diagnostic("a file name is missing", at: call.range, help: kind.usage) }
    let name = words[words.count - 1]
    path = String(name.first == "\"" && name.last == "\"" && name.count > 1 ? name.dropFirst().dropLast() : name)
    let middle = call.text[words[1].startIndex..<words[words.count - 2].endIndex]
    let offset = call.text.utf8.distance(from: call.text.startIndex, to: middle.startIndex)
    expression = try Parser.parseExpression(String(middle), offset: call.range.lowerBound + offset)
    for option in options { try read(option, call.range) }
    guard deviceCount.isMultiple(of: processCount) else {
      throw Diagnostic(
        "\(processCount) processes can't share \(deviceCount) \(deviceCount == 1 ? "device" : "devices") evenly",
        at: call.range,
        help: devices.count == 1
          ? "devices=\((deviceCount + processCount - 1) / processCount * processCount)"
          : "procs=\((1..<processCount).last { deviceCount.isMultiple(of: $0) } ?? 1)")
    }
  }

  var deviceCount: Int { devices.reduce(1, *) }

  private mutating func read(_ option: Substring, _ range: SourceRange) throws(Diagnostic) {
    let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let known = kind.options.first(where: { $0.name == parts[0] }), known.read(parts[1], &self) else {
      throw Diagnostic("'\(option)' is not understood", at: range, help: kind.usage)
    }
  }
}

extension Session {
  /// The graph of an expression, or of one step of a training, at one size of its inputs.
  func fixedProgram(of request: ExportRequest) throws(Diagnostic) -> ExportedProgram {
    if let (action, call) = action(of: request.expression), let program = action.program {
      return try program(self, call)
    }
    let evaluator = Evaluator(self, .trace)
    evaluator.followsBoth = true
    evaluator.keepsLoops = true
    let leaves = evaluator.leaves(of: request.expression)
    let value = try evaluator.withTargets(leaves) { () throws(Diagnostic) in
      try evaluator.evaluate(request.expression)
    }
    let outputs = try outputs(request.expression, value)
    var program = try located(at: request.expression.range) { () throws(Refusal) in
      try ExportedProgram(
        evaluator.builder, outputs: outputs, labels: evaluator.origins.names, trainable: trainableNames)
    }
    program.calls = evaluator.calls
    for (name, binding) in names {
      if case .live(let formula, _) = binding.content { program.formulas[name] = "\(name) := \(formula.description)" }
    }
    return program
  }

  /// One step of a training.
  func stepProgram(_ arguments: [Syntax.Argument], _ range: SourceRange) throws(Diagnostic) -> ExportedProgram {
    let evaluator = Evaluator(self, .trace)
    evaluator.keepsLoops = true
    let call = try Training(arguments, evaluator, range)
    let step = try TrainingStep(evaluator, call, TrainingStart(), order: nil)
    guard step.isReusable else { throw Diagnostic("each step would need a graph of its own", at: range) }
    return try located(at: range) { () throws(Refusal) in
      try step.program(call, evaluator.origins.names, trainable: trainableNames)
    }
  }

  var trainableNames: Set<String> {
    Set(
      names.flatMap { name, binding in binding.trainable.map { name.entry(path: $0) } })
  }

  /// Results with their names; parts of tuples are counted.
  private func outputs(
    _ expression: Expression, _ value: Value
  ) throws(Diagnostic) -> [(name: String, symbol: Symbol)] {
    func flat(_ value: Value) throws(Diagnostic) -> [Symbol] {
      switch value {
      case .tensor(let symbol): return [symbol]
      case .tuple(let parts):
        var all: [Symbol] = []
        for part in parts { all += try flat(part) }
        return all
      case .list(let parts):
        var all: [Symbol] = []
        for part in parts { all += try flat(part) }
        return all
      case .function, .text:
        throw Diagnostic("\(value.kindName) can't be exported", at: expression.range)
      }
    }
    let symbols = try flat(value)
    var names: [String] = []
    switch expression.kind {
    case .name(let name): names = [name]
    case .tuple(let parts): names = parts.map { if case .name(let name) = $0.kind { name } else { "result" } }
    case .call(_, let arguments): names = builtinCall(expression)?.builtin.labels?.parts(arguments) ?? []
    default: break
    }
    if names.count != symbols.count { names = symbols.map { _ in "result" } }
    var seen: [String: Int] = [:]
    return zip(names, symbols).map { name, symbol in
      seen[name, default: 0] += 1
      let number = seen[name] ?? 1
      return (number == 1 ? name : "\(name)\(number)", symbol)
    }
  }
}
