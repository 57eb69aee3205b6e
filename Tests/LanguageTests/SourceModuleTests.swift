import Foundation
import Language
import TestSupport
import Testing

/// Exported source that one would go on with.
@Suite struct SourceModuleTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let network = """
    seed(3)
    im = normal(2, 1, 6, 6)
    t = [0, 2]
    net = (convolution=weights(3, 1, 3, 3), layers=((w=weights(48, 8), b=weights(8)), (w=weights(8, 3), b=weights(3))))
    type = weights(48, init="ones")
    print = weights(48, init="zeros")
    z(x) = layer_norm(reshape(gelu(conv2d(x, net.convolution)), 2, 48), scale=type, shift=print)
    y := silu(z(im) @ net.layers[0].w + net.layers[0].b) @ net.layers[1].w + net.layers[1].b
    loss := cross_entropy(y, t)

    """

  @Test func whatTheLibraryHasIsCalled() throws {
    let said = ExportTests.output(
      Self.network + ":export pytorch loss DIR/p.py\n:export jax softmax(y, axis=1) DIR/j.py", in: folder)
    #expect(!said.contains("error"), "\(said)")
    let torch = try #require(folder.contents(of: "p.py"))
    for words in [
      "torch.nn.functional.conv2d(im, self.net.convolution)", "torch.nn.functional.gelu(", "torch.nn.functional.silu(",
      "torch.nn.functional.layer_norm(", "(48,), self.type_, self.print_, eps=1e-05)",
      "torch.nn.functional.cross_entropy(y, t.long())", "self.net.layers = torch.nn.ModuleList()",
      "self.net.layers[1].w = torch.nn.Parameter(torch.zeros((8, 3), dtype=torch.float32))", "def forward(self, im):",
      "def loss(self, im, t):", "y = self(im)", "# loss := cross_entropy(y, t)",
    ] {
      #expect(torch.contains(words), "\(words) in \(torch)")
    }
    let jax = try #require(folder.contents(of: "j.py"))
    for words in [
      "jax.lax.conv_general_dilated(im, params[\"net.convolution\"], (1, 1), [(0, 0), (0, 0)])", "jax.nn.softmax(",
      "params[\"print\"]", "jax.nn.gelu(",
    ] {
      #expect(jax.contains(words), "\(words) in \(jax)")
    }
  }

  /// Every row has an entry at its label, whatever the label is: no mask says so.
  @Test func labelsLeaveNoMasks() throws {
    let said = ExportTests.output(
      Self.network + ":export jax grad(cross_entropy(y, t), net.layers[1].w) DIR/g.py", in: folder)
    #expect(!said.contains("error"), "\(said)")
    let source = try #require(folder.contents(of: "g.py"))
    #expect(!source.contains("jnp.any("), "\(source)")
  }

  @Test(.peer(.torch)) func theModuleTrainsOn() throws {
    let said = ExportTests.output(
      Self.network + """
        :export pytorch loss DIR/model.py
        losses = train(loss, steps=5, using="adam")
        save("DIR/losses.npy", losses)
        """, in: folder)
    #expect(!said.contains("error"), "\(said)")
    let script = """
      import sys, importlib.util, numpy as np, torch
      from safetensors.torch import load_file
      folder = sys.argv[1]
      spec = importlib.util.spec_from_file_location("m", folder + "/model.py")
      module = importlib.util.module_from_spec(spec)
      spec.loader.exec_module(module)
      model = module.Model()
      model.load_state_dict(load_file(folder + "/model.safetensors"))
      assert "net.layers.0.w" in model.state_dict() and "type_" in model.state_dict()
      _, arguments = module.load()
      optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
      losses = []
      for step in range(5):
          optimiser.zero_grad()
          loss = model.loss(*arguments)
          losses.append(loss.item())
          loss.backward()
          optimiser.step()
      expected = np.load(folder + "/losses.npy")
      assert np.allclose(losses, expected, rtol=1e-4, atol=1e-5), (losses, expected)
      """
    let result = Python.run(try #require(Peer.torch.python), ["-c", script, folder.path])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test func loopsStayLoops() throws {
    let said = ExportTests.output(
      """
      f(v, X) = { h = v; for x in X { h = tanh(h + 0.3 * x) }; h }
      g(v) = { h = v; k = 0; while sum(h * h) > 1e-7 and k < 20 { h = h * 0.7 + 0.02; k += 1 }; h }
      v = ones(3); X = ones(12, 3)
      :export jax (f(v, X), g(v)) DIR/j.py
      :export pytorch (f(v, X), g(v)) DIR/p.py
      :export stablehlo (f(v, X), g(v)) DIR/s
      """, in: folder)
    #expect(!said.contains("error"), "\(said)")
    let jax = try #require(folder.contents(of: "j.py"))
    #expect(jax.contains("jax.lax.scan(") && jax.contains("jax.lax.while_loop("), "\(jax)")
    let torch = try #require(folder.contents(of: "p.py"))
    #expect(torch.contains("for number in range(12):") && torch.contains("\n    while "), "\(torch)")
    #expect(try #require(folder.contents(of: "s/step.mlir")).contains("\"stablehlo.while\""))
  }
}
