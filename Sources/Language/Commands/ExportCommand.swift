import Exports
import Files
import Graphs
import Syntax
import Tensors

extension Command {
  static let export = Command(
    ExportRequest.usage, "Writes an expression, or the step of a train(…), for other programs to run."
  ) { session, call, emit throws(Diagnostic) in
    let request = try ExportRequest(call)
    if [.dot, .svg, .png].contains(request.kind) { return try session.writeDrawing(request, call.range, emit) }
    let program = try session.program(of: request)
    do throws(ExportError) {
      switch request.kind {
      case .dot, .svg, .png: break
      case .jax, .pytorch: try session.writeSource(program, request, call.range)
      case .stablehlo:
        try session.writeBundle(program, request, call.range)
      case .onnx: try session.writeModel(program, request, call.range)
      }
    } catch { throw Diagnostic(error.message, at: call.range, help: error.help) }
    emit(.result("wrote \"\(request.path)\""))
    if request.kind == .stablehlo { for line in request.invitation { emit(.notice("run it:  " + line)) } }
  }
}

extension Session {
  fileprivate func writeDrawing(
    _ request: ExportRequest, _ range: SourceRange, _ emit: (Output) -> Void
  ) throws(Diagnostic) {
    let export = DataflowExport(try Dataflow(self, request.expression))
    do throws(Diagnostic) {
      switch request.kind {
      case .png: try files.draw(export.dot, request.path)
      case .dot: try files.write(request.path, export.dot)
      default: try files.write(request.path, export.svg)
      }
    } catch { throw error.placed(range) }
    emit(.result("wrote \"\(request.path)\""))
  }

  fileprivate func writeSource(
    _ program: ExportedProgram, _ request: ExportRequest, _ range: SourceRange
  ) throws(ExportError) {
    guard request.path.hasSuffix(".py") else {
      throw ExportError("the file is Python source", help: ":export \(request.kind.rawValue) … model.py")
    }
    let text = try ArraySource(program, request.kind == .jax ? .jax : .pytorch).text
    // What is large and may not find room comes first.
    let arrays = program.inputs.map { ($0.name, $0.value) }
    try write(arrays, as: .npz, to: request.path.dropLast(3) + ".npz")
    try write([Bytes(text)], to: request.path)
  }

  fileprivate func writeModel(_ program: ExportedProgram, _ request: ExportRequest, _ range: SourceRange)
    throws(ExportError)
  {
    guard request.path.hasSuffix(".onnx") else {
      throw ExportError("the file is an ONNX model", help: ":export onnx … model.onnx")
    }
    try write([Bytes(try ONNXModel(program).bytes)], to: request.path)
  }

  fileprivate func writeBundle(
    _ program: ExportedProgram, _ request: ExportRequest, _ range: SourceRange
  ) throws(ExportError) {
    let mesh = Mesh(deviceCount: request.deviceCount, sharded: Set(request.sharded ?? batches(of: program)))
    let bundle = try Bundle(program, mesh: mesh, steps: 1)
    do throws(Diagnostic) { try files.makeFolder(request.path) } catch { throw ExportError(error.message) }
    for input in bundle.inputs {
      try write([("", input.value)], as: .npy, to: request.path + "/" + input.file)
    }
    try write([Bytes(bundle.program)], to: request.path + "/step.mlir")
    try write([Bytes(bundle.description)], to: request.path + "/bundle.json")
    try write([Bytes(Bundle.runner)], to: request.path + "/run.py")
  }

  /// Inputs that were declared with a free first dimension: `input x: [n, 3]`.
  private func batches(of program: ExportedProgram) -> [String] {
    program.inputs.map(\.name).filter { name in
      if case .named? = names[name]?.dimensions?.first { true } else { false }
    }
  }

  private func write(
    _ tensors: [(name: String, tensor: Tensor)], as format: TensorFile.Format, to path: String
  ) throws(ExportError) {
    let pieces: [Bytes]
    do throws(FileError) { pieces = try TensorFile.written(tensors, as: format) } catch {
      throw ExportError(error.message, help: error.help)
    }
    try write(pieces, to: path)
  }

  private func write(_ pieces: [Bytes], to path: String) throws(ExportError) {
    do throws(Diagnostic) { try files.save(path, pieces) } catch { throw ExportError(error.message, help: error.help) }
  }
}

extension ExportRequest {
  /// What to type to run a bundle, a line a host.
  fileprivate var invitation: [String] {
    if processCount == 1 { return ["python \(path)/run.py"] }
    return (0..<processCount).map { number in
      "on host \(number): python \(path)/run.py --procs \(processCount) --proc \(number) --addr HOST0:47200 --host HOST\(number)"
    }
  }
}
