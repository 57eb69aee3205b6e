import Files
import Foundation
import Graphs
import Language
import Syntax
import TestSupport
import Testing

/// What is exported computes the same elsewhere.
@Suite(.serialized) struct ExportTests {
  /// Runs a program that may write files into a folder, `DIR` in its text.
  static func output(_ text: String, in folder: Folder) -> String {
    printed(text.replacingOccurrences(of: "DIR", with: folder.path)) { session in
      session.files.save = { path, pieces throws(Diagnostic) in
        let data = Data(pieces.flatMap(\.array))
        if !FileManager.default.createFile(atPath: path, contents: data) {
          throw Diagnostic("cannot write \"\(path)\"")
        }
      }
      session.files.makeFolder = { path throws(Diagnostic) in
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
    }
  }

  static let network = """
    w = weights(value=[[0.7, 0.5], [1.0, -0.3], [0.9, 0.25]])
    b = weights(value=[1.1853195, -0.1752913])
    m = mask([[0, 1], [1, 0], [0, 1]])
    t = [[1, 1], [0.5, 0.75], [0.8, 0.9], [0.6, 1.2]]
    input x: [n, 3]
    y := relu(x @ (w * m) + b)
    loss := mse(y, t)
    x = [[0.6, 0.2, 0.9], [0.1, 0.7, 0.4], [0.35, 0.5, 0.8], [0.9, 0.45, 0.95]]

    """

  // MARK: Text

  @Test func sourceIsReadable() throws {
    let folder = try Folder()
    let said = Self.output(
      Self.network + ":export jax loss DIR/model.py\n:export pytorch loss DIR/other.py", in: folder)
    #expect(said == "wrote \"\(folder.path)/model.py\"\nwrote \"\(folder.path)/other.py\"")
    let text = try #require(folder.contents(of: "model.py"))
    #expect(
      text.contains(
        """
        def loss(b, w, m, t, x):
            y = jax.nn.relu(x @ jnp.where(m, w, 0.0) + b)
            loss = jnp.sum(jnp.square(y - t), axis=(0, 1)) / 8.0
            return loss

        """), "\(text)")
    let other = try #require(folder.contents(of: "other.py"))
    #expect(
      other.contains(
        """
        def loss(b, w, m, t, x):
            y = torch.relu(x @ torch.where(m, w, 0.0) + b)
            loss = torch.sum(torch.square(y - t), dim=(0, 1)) / 8.0
            return loss

        """), "\(other)")
  }

  @Test(arguments: [
    (":export", "error: the kinds of export are dot, svg, png, jax, pytorch, stablehlo, onnx"),
    (":export jaxx loss a.py", "help: :export jax …"),
    (":export jax loss", "error: the kinds of export are"),
    (":export jax nothing a.py", "error: unknown name 'nothing'"),
    (":export jax loss a.txt", "error: the file is Python source"),
    (":export stablehlo loss a devices=3", "error: x has 4 rows, which 3 devices can't share evenly"),
    (":export stablehlo loss a devices=2 shard=z", "error: z can't be cut: it is no input"),
    (":export stablehlo loss a size=2", "error: 'size=2' is not understood"),
    (":export stablehlo inv(eye(2) * w[0, 0]) a", "error: inv can't be exported to StableHLO"),
    (":export onnx loss a.txt", "error: the file is an ONNX model"),
  ]) func errors(command: String, message: String) throws {
    let folder = try Folder()
    let text = Self.output(Self.network + command, in: folder)
    #expect(text.contains(message), "\(text)")
  }

  // MARK: Every operator

  /// Values and first derivatives of what the derivative tests try.
  private static let trials: [String] = OperatorTests.allTrials.flatMap { name, expression -> [String] in
    let hasA = expression.split { !$0.isLetter }.contains { $0 == "a" }
    return hasA ? [expression, "grad(sum(sin(\(expression))), a)"] : [expression]
  }

  /// Exports what can be exported; the cases that were.
  private func exportTrials(_ kind: String, to path: (Int) -> String, in folder: Folder) -> [String] {
    var done: [String] = []
    for trial in Self.trials {
      let number = done.count
      let operation = OperatorTests.allTrials.first { trial.contains($0.1) }.flatMap { Operator.named[$0.0] }
      let domain = operation?.domain ?? -2...2
      let text = Self.output(
        """
        seed(\(number + 1))
        a = uniform(2, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
        b = uniform(2, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
        c = uniform(2, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
        s = uniform(3, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
        v = uniform(3, low=\(domain.lowerBound), high=\(domain.upperBound))
        value = (\(trial),)
        save("DIR/\(number).expected.npy", value[0])
        :export \(kind) (\(trial),)[0] DIR/\(path(number))
        """, in: folder)
      if !text.contains("error") {
        done.append(trial)
      } else if !text.contains("can't be exported") {
        Issue.record("\(trial): \(text)")
      }
    }
    folder.write("trials.txt", done.joined(separator: "\n"))
    return done
  }

  private static let comparison = """
    import sys, os, json, importlib.util, numpy as np
    folder = sys.argv[1]
    trials = open(folder + "/trials.txt").read().split("\\n")
    def compare(number, value):
        value = np.asarray(value)
        expected = np.load(f"{folder}/{number}.expected.npy")
        if value.shape != expected.shape or not np.allclose(value, expected, rtol=2e-4, atol=2e-5, equal_nan=True):
            print("DIFFERS", trials[number], value, expected, value.dtype)

    """

  private func check(_ program: String, _ peer: Peer, in folder: Folder) throws {
    let result = Python.run(try #require(peer.python), ["-c", Self.comparison + program, folder.path])
    #expect(result.status == 0 && !result.output.contains("DIFFERS"), "\(result.output.suffix(3_000))")
  }

  private static let modules = """
    for number in range(len(trials)):
        spec = importlib.util.spec_from_file_location("m", f"{folder}/{number}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        arrays = np.load(f"{folder}/{number}.npz")
        try:
            value = getattr(module, module.__doc__.split(",")[0])(*[convert(arrays[n]) for n in arrays.files])
            compare(number, value)
        except Exception as error:
            print("DIFFERS", trials[number], str(error)[:200])

    """

  @Test(.peer(.jax)) func jaxAgrees() throws {
    let folder = try Folder()
    #expect(exportTrials("jax", to: { "\($0).py" }, in: folder).count > 200)
    try check("import jax.numpy as jnp\nconvert = jnp.asarray\n" + Self.modules, .jax, in: folder)
  }

  @Test(.peer(.torch)) func pytorchAgrees() throws {
    let folder = try Folder()
    #expect(exportTrials("pytorch", to: { "\($0).py" }, in: folder).count > 200)
    try check("import torch\nconvert = torch.from_numpy\n" + Self.modules, .torch, in: folder)
  }

  @Test(.peer(.jax)) func stableHLOAgrees() throws {
    let folder = try Folder()
    #expect(exportTrials("stablehlo", to: { "\($0)" }, in: folder).count > 200)
    let program = """
      import jax
      jax.config.update("jax_enable_x64", True)
      from jax.extend.backend import get_backend
      backend = get_backend("cpu")
      for number in range(len(trials)):
          bundle = json.load(open(f"{folder}/{number}/bundle.json"))
          try:
              program = backend.compile_and_load(open(f"{folder}/{number}/step.mlir").read(), backend.devices()[:1])
              inputs = [jax.device_put(np.load(f"{folder}/{number}/{i['file']}"), backend.devices()[0]) for i in bundle["inputs"]]
              compare(number, program.execute_sharded(inputs).disassemble_into_single_device_arrays()[0][0])
          except Exception as error:
              print("DIFFERS", trials[number], str(error)[:200])

      """
    try check(program, .jax, in: folder)
  }

  @Test(.peer(.onnx)) func onnxAgrees() throws {
    let folder = try Folder()
    #expect(exportTrials("onnx", to: { "\($0).onnx" }, in: folder).count > 180)
    let program = """
      import onnx, onnxruntime
      onnxruntime.set_default_logger_severity(4)
      for number in range(len(trials)):
          try:
              model = onnx.load(f"{folder}/{number}.onnx")
              onnx.checker.check_model(model, full_check=True)
              session = onnxruntime.InferenceSession(f"{folder}/{number}.onnx", providers=["CPUExecutionProvider"])
              compare(number, session.run(None, {})[0])
          except Exception as error:
              print("DIFFERS", trials[number], str(error)[:300])

      """
    try check(program, .onnx, in: folder)
  }
}
