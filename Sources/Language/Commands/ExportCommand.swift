import Exports
import Files
import Graphs
import Refusals
import Syntax
import Tensors
import Text

extension Command {
  static let export = Command(
    ExportKind.usage, "Writes an expression, or the step of a train(…), for other programs to run."
  ) { session, call, emit throws(Diagnostic) in
    let request = try ExportRequest(call)
    let report = try session.export(request, call.range)
    emit(.result("wrote \"\(request.path.shown)\""))
    for note in report.notes { emit(.notice("note: " + note.shown)) }
    for line in report.invitation { emit(.notice("run it:  " + line.shown)) }
  }
}

extension Session {
  private static let wholeTraining = ":export jax train(…) run.py"

  /// Writes what is asked for.
  fileprivate func export(_ request: ExportRequest, _ range: SourceRange) throws(Diagnostic) -> ExportReport {
    if let ending = request.kind.ending, !request.path.hasSuffix(ending.text) {
      throw Diagnostic(
        "the file is \(ending.meaning)", at: range, help: ":export \(request.kind.name) … \(request.kind.example)")
    }
    if let dialect = request.kind.dialect, let (action, call) = action(of: request.expression), action.program != nil {
      let training = try trainingProgram(call.arguments, request.expression, dialect)
      return try located(at: range, try write(training, request))
    }
    switch request.kind.body {
    case .drawing(let write):
      let drawing = DataflowExport(try Dataflow(self, request.expression))
      try located(at: range, try write(self, drawing, request))
      return ExportReport()
    case .program(let write):
      let (program, unfed) = try program(of: request)
      var report = try located(at: range, try write(self, program, request))
      if program.repeatsDraws {
        report.notes.append("what is drawn at random is the same in every step; \(Self.wholeTraining) draws anew")
      }
      if !unfed.isEmpty {
        report.notes.append(
          "\(unfed.joined(separator: ", ")) \(unfed.count == 1 ? "has" : "have") no value; zeros stand for \(unfed.count == 1 ? "it" : "them")"
        )
      }
      return report
    }
  }
}

/// What is said of an export that was written.
struct ExportReport {
  /// What to type to run it.
  var invitation: [String] = []
  var notes: [String] = []

  /// Sizes that were to stay open don't.
  mutating func noteFixed(_ program: ExportedProgram) {
    guard let symbols = program.sizes?.symbols else { return }
    let sizes = symbols.compactMap { symbol in
      program.inputs.first { $0.name == symbol.input }.map { "\(symbol.name) is \($0.value.shape[symbol.axis])" }
    }
    notes.append("\(sizes.joined(separator: ", ")) in it; at other sizes the program is another one")
  }
}

/// What the kinds of export write with.
extension Session {
  func writeSource(_ source: ArraySource, _ request: ExportRequest) throws(Refusal) {
    // What is large and may not find room comes first.
    let path = String(request.path.dropLast(3))
    let (arrays, parameters) = (source.arrays, source.parameters)
    if !parameters.isEmpty { try write(parameters, as: .safetensors, to: path + ".safetensors") }
    if !arrays.isEmpty || parameters.isEmpty { try write(arrays, as: .npz, to: path + ".npz") }
    try write([Bytes(source.text)], to: request.path)
  }

  func writeBundle(_ program: ExportedProgram, _ request: ExportRequest) throws(Refusal) {
    let mesh = Mesh(extents: request.devices, cuts: request.cuts ?? cuts(of: program))
    let bundle = try Bundle(program, mesh: mesh, steps: 1)
    try files.makeFolder(request.path)
    for input in bundle.inputs {
      try write([("", input.value)], as: .npy, to: request.path + "/" + input.file)
    }
    try write([Bytes(bundle.program)], to: request.path + "/step.mlir")
    try write([Bytes(bundle.description)], to: request.path + "/bundle.json")
    try write([Bytes(Bundle.runner)], to: request.path + "/run.py")
  }

  /// What `:shard` says of a program's inputs; those that were declared with a free first dimension, `input x: [n, 3]`,
  /// are cut by rows without it.
  private func cuts(of program: ExportedProgram) -> [String: Mesh.Cut] {
    var cuts: [String: Mesh.Cut] = [:]
    for input in program.inputs {
      if case .named? = names[input.name]?.dimensions?.first { cuts[input.name] = .rows }
      if let cut = settings.cuts[input.name] { cuts[input.name] = cut }
    }
    return cuts
  }

  func write(
    _ tensors: [TensorFile.Member], as format: FileFormat, to path: String
  ) throws(Refusal) {
    try write(try format.written(tensors), to: path)
  }

  func write(_ pieces: [Bytes], to path: String) throws(Refusal) {
    try files.save(path, pieces)
  }
}

extension ExportRequest {
  /// What to type to run a bundle, a line a host.
  var invitation: [String] {
    if processCount == 1 { return ["python \(path)/run.py"] }
    return (0..<processCount).map { number in
      "on host \(number): python \(path)/run.py --procs \(processCount) --proc \(number) --addr HOST0:47200 --host HOST\(number)"
    }
  }
}
