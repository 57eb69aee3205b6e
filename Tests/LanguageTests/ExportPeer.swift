import Language
import TestSupport
import Testing

/// A program that runs what a kind of export writes.
struct ExportPeer: Sendable, CustomTestStringConvertible {
  let kind: String
  /// The Python that has what it needs.
  let peer: Peer
  /// How its files' names end.
  let ending: String
  /// What agreement is in float64, of entries around 1.
  let tolerance: Double
  /// Defines `run(path)`, which gives a file's results.
  let program: String
  /// What has signs of the peer's own, which nothing decides: vectors are told up to them, what is made of them isn't.
  var unsigned: [String] = []

  var testDescription: String { kind }

  static let all = [
    ExportPeer(
      kind: "jax", peer: .jax, ending: ".py", tolerance: 1e-9,
      program: module),
    ExportPeer(
      kind: "pytorch", peer: .torch, ending: ".py", tolerance: 1e-9,
      program: module, unsigned: ["svd(a", "orth(a"]),
    ExportPeer(
      kind: "numpy", peer: .numpy, ending: ".py", tolerance: 1e-9, program: module),
    ExportPeer(
      kind: "stablehlo", peer: .jax, ending: "", tolerance: 1e-9,
      program: """
        import jax
        jax.config.update("jax_enable_x64", True)
        from jax.extend.backend import get_backend
        backend = get_backend("cpu")
        def run(path):
            bundle = json.load(open(f"{path}/bundle.json"))
            program = backend.compile_and_load(open(f"{path}/step.mlir").read(), backend.devices()[:1])
            inputs = [jax.device_put(np.load(f"{path}/{i['file']}"), backend.devices()[0]) for i in bundle["inputs"]]
            return [parts[0] for parts in program.execute_sharded(inputs).disassemble_into_single_device_arrays()]
        """),
    // The runtime has many functions for float32 alone.
    ExportPeer(
      kind: "onnx", peer: .onnx, ending: ".onnx", tolerance: 1e-5,
      program: """
        import onnx, onnxruntime
        onnxruntime.set_default_logger_severity(4)
        def run(path):
            onnx.checker.check_model(onnx.load(path), full_check=True)
            return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {})
        """),
  ]

  /// Whether each has a Python that can run it.
  static let areThere = !Pace.isQuick && all.allSatisfy { $0.peer.python != nil }

  private static let module = """
    import importlib.util
    def run(path):
        spec = importlib.util.spec_from_file_location("m", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        values = module.evaluate()
        values = values if isinstance(values, tuple) else (values,)
        return [value.detach() if hasattr(value, "detach") else value for value in values]
    """

  /// Reports each result that isn't what was expected.
  static let comparison = """

    for line in open(sys.argv[1]).read().splitlines():
        path, expected, *expressions = line.split("\\t")
        try:
            values = [np.asarray(value) for value in run(path)]
        except Exception as error:
            print("DIFFERS", expressions, str(error)[:400])
            continue
        expected = np.load(expected)
        for name, expression, value in zip(expected.files, expressions, values):
            wanted = expected[name]
            if any(word in expression for word in json.loads(sys.argv[3])):
                if "grad(" in expression: continue
                value, wanted = np.abs(value), np.abs(wanted)
            tolerance = float(sys.argv[2]) if wanted.dtype == np.float64 else 1e-4
            if value.dtype != wanted.dtype or value.shape != wanted.shape:
                print("DIFFERS", expression, value.dtype, value.shape, "not", wanted.dtype, wanted.shape)
            elif not np.allclose(value, wanted, rtol=tolerance, atol=tolerance / 10, equal_nan=True):
                print("DIFFERS", expression, value, "not", wanted)

    """
}
