import Files
import Foundation
import Refusals
import Synchronization
import TestSupport
import Testing

@testable import Language

/// Networks of ONNX: what their functions give, and what becomes of bad ones.
@Suite struct NetworkTests {
  /// Runs a script that Python has written beside its models.
  private func compare(_ program: String, by python: String) throws {
    let folder = try Folder()
    let path = Checkout.root.path + "/Tests/Fixtures/networks/" + program
    let written = Python.run(python, ["-W", "ignore", path, folder.path])
    try #require(written.status == 0, "\(written.output.suffix(1_000))")
    // What Python warns of stands between.
    let starts = ["print(", "expect ", "d = ", "dw = ", "h = ", "k = "]
    let lines = written.output.split(separator: "\n").filter { line in starts.contains { line.hasPrefix($0) } }
    #expect(lines.count > 6)
    folder.write("run.grad", lines.joined(separator: "\n"))
    let result = try Child.run(["--keep-going", "run.grad"], in: folder)
    #expect(result.status == 0, "\(result.errors.prefix(2_000))")
  }

  @Test(.peer(.onnx), .slow) func eachOperationGivesWhatTheRuntimeDoes() throws {
    try compare("operations.py", by: try #require(Peer.onnx.python))
  }

  /// With weights in a file beside the model, and gradients by them.
  @Test(.peer(.torch), .peer(.onnx), .slow) func whatPyTorchExportsIsRead() throws {
    try compare("torch_nets.py", by: try #require(Peer.torch.python))
  }

  @Test(.peer(.h5py), .slow) func whatH5pyAndKerasWriteIsRead() throws {
    try compare("h5_files.py", by: try #require(Peer.h5py.python))
  }

  // MARK: There and back

  private static let begin = """
    w = weights(3, 4); b = weights(4); x = reshape(arange(6), 2, 3) / 7 - 0.4; m = x > 0
    i = reshape(sin(arange(72)), 2, 1, 6, 6); k = weights(2, 1, 3, 3)
    """

  @Test(arguments: [
    "x @ w + b", "relu(x @ w + b)", "softmax(x @ w)", "layer_norm(x @ w)", "conv2d(i, k, padding=1)",
    "max_pool(i, 2)", "avg_pool(i, 2)", "batch_norm(i)", "gelu(x)", "sin(x) * cos(x)", "where(m, x, -x)", "x * m",
    "sum(x, axis=1)", "max(x)", "prod(x, axis=0, keepdims=true)", "reshape(x, 3, 2)", "x.T", "concat((x, x), axis=1)",
    "x[:, ::-1]", "x[0, 1:]", "cumsum(x, axis=1)", "argmax(x, axis=1)", "take(x, [1, 0], axis=0)", "x > 0 and x < 0.3",
    "mse(x @ w, ones(2, 4))", "cross_entropy(x @ w, [1, 3])", "logsumexp(x, axis=1)", "float64(x) / 3",
    "tan(x) + atan(x)",
    "grad(sum((x @ w) ^ 2), w)", "grad(sum(relu(conv2d(i, k))), k)", "broadcast_to(b, 3, 4)",
    "pad(x, [[1, 0], [0, 2]])",
    "attention(x, x, x)", "einsum(\"ij,kj->ik\", x, x)", "erf(x) - expm1(x)", "maximum(x, 0.1)", "sort(x)", "norm(x)",
  ])
  func whatIsExportedIsReadBack(expression: String) throws {
    let files = Store()
    var session = Session()
    files.connect(&session)
    let text = printed(
      """
      \(Self.begin);
      y = \(expression);
      :export onnx y net.onnx
      net = load("net.onnx");
      """, in: &session)
    if text.contains("ONNX has no") { return }
    let answer = printed("expect net.forward() ~ y, rtol=1e-6, atol=1e-6", in: &session)
    #expect(answer.isEmpty, "\(text)\n\(answer)\n\(printed("net.forward", in: &session))")
  }

  @Test func anExportedNetworkTrainsOn() throws {
    let files = Store()
    var session = Session()
    files.connect(&session)
    let text = printed(
      """
      \(Self.begin);
      y := tanh(x @ w + b); loss := mse(y, ones(2, 4))
      :export onnx y net.onnx
      net = load("net.onnx");
      p = net.weights
      keys(p)
      p.w = p.w + 0
      q = weights(value=(w=p.w, b=p.b))
      again := mse(net.forward((w=q.w, b=q.b, x=x)), ones(2, 4))
      expect again ~ loss
      expect grad(again, q).w ~ grad(loss, w)
      train(again, steps=5); train(loss, steps=5);
      expect q.w ~ w
      """, in: &session)
    #expect(!text.contains("error"), "\(text)")
  }

  // MARK: Bad ones

  /// Messages of protocol buffers, as far as a test needs them.
  private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(content.count)] + content
  }

  private static func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  private static func node(_ kind: String, _ inputs: [String], _ more: [UInt8] = []) -> [UInt8] {
    field(1, inputs.flatMap { field(1, $0) } + field(2, "y") + field(3, "n7") + field(4, kind) + more)
  }

  private static func model(_ nodes: [UInt8], _ more: [UInt8] = []) -> [UInt8] {
    field(7, nodes + more + field(11, field(1, "x")) + field(12, field(1, "y")))
  }

  private func told(_ bytes: [UInt8]) -> String {
    var session = Session()
    session.files.bytes = { path throws(Refusal) in
      guard path == "net.onnx" else { throw Refusal("no such file") }
      return ByteSource(Bytes(bytes))
    }
    session.memoryLimit = 1 << 24
    return printed("net = load(\"net.onnx\"); y = net.forward([1, 2])", in: &session)
  }

  @Test(arguments: [
    (model(node("Fly", ["x"])), "its node 'n7' is the operation Fly, which isn't read"),
    (model(node("Relu", ["x"], field(7, "com.acme"))), "is the operation Relu of com.acme"),
    (model(node("Relu", ["z"])), "Relu 'n7' in it: reads 'z', which nothing before it gives"),
    (model(node("Add", ["x"])), "Add 'n7' in it: lacks operand 1"), (model([]), "nothing in it computes 'y'"),
    (model(node("Relu", ["x"]), [15 << 3 | 2, 0]), "sparse"),
    (
      model(
        node("Relu", ["w"]),
        field(5, [8, 2, 16, 1] + field(8, "w") + field(13, field(1, "location") + field(2, "../w")) + [112, 1])),
      "isn't in the folder of the model"
    ),
    (
      model(
        node("Relu", ["w"]),
        field(5, [8, 2, 16, 1] + field(8, "w") + field(13, field(1, "location") + field(2, "w.data")) + [112, 1])),
      "no such file"
    ),
    (
      model(
        node("Relu", ["w"]), field(5, [8, 255, 255, 255, 255, 15, 16, 1] + field(8, "w") + field(9, [0, 0, 0, 0]))),
      "its shape"
    ), ([58, 255, 255, 255, 255, 127], "it is damaged, or cut short"), ([], "it holds no graph"),
    (Array("nonsense, at length".utf8), "it is damaged, or cut short"),
  ]) func badOnesAreRefused(bytes: [UInt8], wanted: String) {
    let text = told(bytes)
    #expect(text.contains(wanted), "\(text)")
  }

  @Test func damagedOnesAreRefused() throws {
    let files = Store()
    var session = Session()
    files.connect(&session)
    _ = printed("\(Self.begin);\n:export onnx softmax(x[:, ::-1] @ w + b) net.onnx", in: &session)
    let whole = try #require(files.contents.withLock { $0["net.onnx"] })
    #expect(!told(whole).contains("cannot read"))
    var random = SplitMix(11)
    for round in 0..<400 {
      var bytes = whole
      if round % 4 == 0 { bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))) }
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] =
          [0, 1, 127, 128, 255, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      let text = told(bytes)
      #expect(text.utf8.count < 3_000, "\(text)")
    }
  }

  /// Files in memory.
  private final class Store: Sendable {
    let contents = Mutex<[String: [UInt8]]>([:])

    func connect(_ session: inout Session) {
      session.files.bytes = { path throws(Refusal) in
        guard let bytes = self.contents.withLock({ $0[path] }) else { throw Refusal("no such file") }
        return ByteSource(Bytes(bytes))
      }
      session.files.save = { path, pieces throws(Refusal) in
        self.contents.withLock { $0[path] = pieces.flatMap(\.array) }
      }
    }
  }
}
