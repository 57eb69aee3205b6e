import Files
import Foundation
import Language
import Refusals
import Syntax
import TestSupport
import Testing

/// What exported files look like, and what can't be exported.
@Suite struct ExportTests {
  /// Runs a program that may write files into a folder, `DIR` in its text.
  static func output(_ text: String, in folder: Folder) -> String {
    printed(text.replacingOccurrences(of: "DIR", with: folder.path)) { session in
      session.files.save = { path, pieces throws(Refusal) in
        let data = Data(pieces.flatMap(\.array))
        if !FileManager.default.createFile(atPath: path, contents: data) {
          throw Refusal("cannot write \"\(path)\"")
        }
      }
      session.files.makeFolder = { path throws(Refusal) in
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
    // The targets have four rows, whatever n is.
    let note = "note: n is 4 in it; at other sizes the program is another one"
    #expect(said == "wrote \"\(folder.path)/model.py\"\n\(note)\nwrote \"\(folder.path)/other.py\"\n\(note)")
    let text = try #require(folder.contents(of: "model.py"))
    #expect(
      text.contains(
        """
        def forward(params, m, x):
            # y := relu(x @ (w * m) + b)
            y = jax.nn.relu(x @ jnp.where(m, params["w"], 0.0) + params["b"])
            return y


        def loss(params, m, t, x):
            # loss := mse(y, t)
            y = forward(params, m, x)
            loss = jnp.sum(jnp.square(y - t), axis=(0, 1)) / 8.0
            return loss

        """), "\(text)")
    let other = try #require(folder.contents(of: "other.py"))
    #expect(
      other.contains(
        """
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.b = torch.nn.Parameter(torch.zeros((2,), dtype=torch.float32))
                self.w = torch.nn.Parameter(torch.zeros((3, 2), dtype=torch.float32))
                self.register_buffer("m", torch.zeros((3, 2), dtype=torch.bool))

            def forward(self, x):
                # y := relu(x @ (w * m) + b)
                y = torch.relu(x @ torch.where(self.m, self.w, 0.0) + self.b)
                return y

            def loss(self, t, x):
                # loss := mse(y, t)
                y = self(x)
                loss = torch.nn.functional.mse_loss(y, t)
                return loss

        """), "\(other)")
  }

  @Test func numbersOfPythonsOwnAreNeverComputedWith() throws {
    let folder = try Folder()
    _ = Self.output(":export numpy (1 / 0, (-8) ^ 0.5, -1 / 0, -0.0, 2 ^ -2) DIR/numbers.py", in: folder)
    let text = try #require(folder.contents(of: "numbers.py"))
    let numbers = ["float(\"inf\")", "float(\"nan\")", "float(\"-inf\")", "-0.0", "0.25"]
    let list = numbers.map { "np.float64(\($0))" }.joined(separator: ", ")
    #expect(text.contains("return \(list)\n"), "\(text)")
  }

  @Test(arguments: ExportKind.all.map(\.name)) func everyKindIsToldOf(name: String) throws {
    let kind = try #require(ExportKind.named[name])
    let session = Session()
    #expect(session.help("exports")?.contains(kind.summary) == true)
    #expect(session.help(":export")?.contains(name) == true)
    let offered = session.completions(of: ":export ", at: 8).candidates
    #expect(offered.contains { $0.text == name && $0.detail == kind.summary })
    let readme = try Checkout.text(of: "README.md")
    let row = readme.split(separator: "\n").first { $0.contains("`:export ") }
    #expect(row?.split { !$0.isLetter }.contains(Substring(name)) == true)
  }

  @Test(arguments: [
    (":export", "error: the kinds of export are dot, svg, png, jax, pytorch, numpy, stablehlo, onnx"),
    (":export jaxx loss a.py", "help: :export jax …"),
    (":export jax loss", "error: a file name is missing"),
    (":export jax loss", "help: :export jax EXPR model.py"),
    (":export stablehlo loss step devices=5 procs=2", "error: 2 processes can't share 5 devices evenly"),
    (":export onnx loss model.onnx devices=2", "error: 'devices=2' is not understood"),
    (":export jax nothing a.py", "error: unknown name 'nothing'"),
    (":export jax loss a.txt", "error: the file is Python source"),
    (":export stablehlo loss a devices=3", "error: x has 4 rows, which 3 devices can't share evenly"),
    (":export stablehlo loss a devices=2 shard=z", "error: z can't be cut: it is no input"),
    (":export stablehlo loss a devices=2x2 shard=w", "error: w has 3 rows, which 2 devices can't share evenly"),
    (":export stablehlo loss a devices=2x2 shard=w", "help: devices=2x1"),
    (":export stablehlo loss a devices=2 shard=b:columns", "error: b can't be cut by columns: it is a vector"),
    (":export stablehlo loss a devices=2 shard=w:aslant", "error: 'shard=w:aslant' is not understood"),
    (":export stablehlo loss a devices=2x2x2", "error: 'devices=2x2x2' is not understood"),
    (":export stablehlo loss a devices=0x2", "error: 'devices=0x2' is not understood"),
    (":export stablehlo loss a devices=2x3 procs=4", "error: 4 processes can't share 6 devices evenly"),
    (":shard q rows", "error: unknown name 'q'"), (":shard b columns", "error: b can't be cut by columns"),
    (":shard w aslant", "error: a name is cut by one of rows, columns, whole"),
    (":shard w columns\n:export stablehlo loss a devices=4", "error: w has 2 columns, which 4 devices can't share"),
    (":export stablehlo loss a size=2", "error: 'size=2' is not understood"),
    (":export stablehlo inv(eye(2) * w[0, 0]) a", "error: StableHLO has no inv"),
    (":export onnx loss a.txt", "error: the file is an ONNX model"),
  ]) func errors(command: String, message: String) throws {
    let folder = try Folder()
    let text = Self.output(Self.network + command, in: folder)
    #expect(text.contains(message), "\(text)")
  }
}
