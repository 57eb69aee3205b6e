import Foundation
import TestSupport
import Testing

@testable import Language

/// Exports that leave the sizes open which their inputs were declared with.
@Suite struct OpenSizeTests {
  private static let setup = """
    input x: [n, 3]
    input t: [n]
    input s: [n, m]
    w = weights(3, 4)
    b = weights(4, init="zeros")
    v = weights(4, 2)
    """

  /// Of two sizes and of one; values and gradients.
  private static let expressions = [
    "x @ w + b", "softmax(relu(x @ w + b) @ v, axis=1)", "mean(square(relu(x @ w) - 1))",
    "cross_entropy(relu(x @ w) @ v, t)", "grad(cross_entropy(relu(x @ w) @ v, t), w)",
    "grad(mean(square(tanh(x @ w + b))), w, b)", "x[1:, :] * 2", "x[:-1] - x[1:]", "concat((x, x), axis=0)",
    "reshape(x, [-1])", "std(x, axis=0)", "sum(s, axis=1) / size(s)", "s' @ x", "mean(s) + mean(x)",
    "layer_norm(x @ w)",
    "x[-1]", "stack((x, 2 * x), axis=1)", "cumsum(x, axis=0)", "max(x, axis=0)",
  ]

  private static func script(_ rows: Int, _ columns: Int) -> String {
    """
    x = sin(reshape(arange(\(rows * 3)), \(rows), 3))
    t = arange(\(rows)) % 2
    s = cos(reshape(arange(\(rows * columns)), \(rows), \(columns)))

    """
  }

  /// Exported at 4 and 5, run at other sizes, compared with what the session says there.
  @Test(.peer(.numpy), arguments: ["numpy", "jax", "pytorch", "onnx"]) func otherSizesAreServed(kind: String) throws {
    let peer: Peer = kind == "jax" ? .jax : kind == "pytorch" ? .torch : kind == "onnx" ? .onnx : .numpy
    guard let python = peer.python else {
      if Peer.areRequired { Issue.record("\(peer) is missing") }
      return
    }
    let folder = try Folder()
    let ending = kind == "onnx" ? "onnx" : "py"
    var text = Self.setup + "\n" + Self.script(4, 5)
    for (number, expression) in Self.expressions.enumerated() {
      text += ":export \(kind) \(expression) \(folder.path)/e\(number).\(ending)\n"
    }
    for (rows, columns) in [(6, 2), (9, 8)] {
      text += Self.script(rows, columns)
      text += "save(\"\(folder.path)/in\(rows).npz\", x, t, s, w, b, v)\n"
      for (number, expression) in Self.expressions.enumerated() {
        text += "r = \(expression)\nsave(\"\(folder.path)/e\(number)_\(rows).npz\", r)\n"
      }
    }
    let path = folder.write("run.grad", text)
    let ran = try Child.run([path])
    #expect(ran.status == 0 && !ran.errors.contains("error"), "\(ran.errors)")
    #expect(!ran.errors.contains("at other sizes"), "\(ran.errors)")
    let result = Python.run(python, ["-c", Self.program, folder.path, kind, "\(Self.expressions.count)"])
    #expect(result.status == 0, "\(result.output)")
  }

  private static let program = """
    import sys, importlib.util, numpy as np
    folder, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for n in range(count):
        for rows in (6, 9):
            given = dict(np.load(f"{folder}/in{rows}.npz"))
            expected = [v for k, v in np.load(f"{folder}/e{n}_{rows}.npz").items()]
            if kind == "onnx":
                import onnxruntime as ort
                session = ort.InferenceSession(f"{folder}/e{n}.onnx", providers=["CPUExecutionProvider"])
                found = session.run(None, {i.name: given[i.name] for i in session.get_inputs()})
            else:
                spec = importlib.util.spec_from_file_location("m", f"{folder}/e{n}.py")
                module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)
                import inspect
                name = module.__doc__.split(",")[0]
                if kind == "pytorch":
                    import torch; adopt = torch.from_numpy
                elif kind == "jax":
                    import jax, jax.numpy as jnp; adopt = jnp.asarray
                else: adopt = np.asarray
                if hasattr(module, "Model"):
                    model, _ = module.load()
                    model.load_state_dict({k: adopt(given[k]) for k in model.state_dict()})
                    function = getattr(model, name)
                else: function = getattr(module, name)
                if kind == "jax": function = jax.jit(function)
                given["params"] = {k: adopt(given[k]) for k in "wbv"}
                parameters = inspect.signature(function).parameters
                found = function(*[given[p] if p == "params" else adopt(given[p]) for p in parameters])
                found = found if isinstance(found, tuple) else (found,)
            for a, b in zip(found, expected, strict=True):
                a = np.asarray(a.detach() if hasattr(a, "detach") else a)
                assert a.shape == b.shape and np.allclose(a, b, rtol=2e-4, atol=2e-6), (n, rows, a.shape, b.shape, a, b)
    """

  private func said(_ text: String) throws -> String {
    let folder = try Folder()
    return try Child.run([folder.write("a.grad", text.replacing("FOLDER", with: folder.path))]).errors
  }

  @Test func whatIsAnotherProgramAtOtherSizesIsSaid() throws {
    let text = try said("input x: [n, 3]\nx = rand(4, 3)\n:export jax x + ones(4, 3) FOLDER/a.py\n")
    #expect(text == "note: n is 4 in it; at other sizes the program is another one\n", "\(text)")
  }

  @Test func inputsWithoutValuesAreExported() throws {
    let text = try said("input x: [n, 3]\nw = weights(3, 2)\ny := x @ w\n:export onnx y FOLDER/a.onnx\n")
    #expect(text == "note: x has no value; zeros stand for it\n", "\(text)")
  }
}
