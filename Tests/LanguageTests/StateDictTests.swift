import TestSupport
import Testing

@testable import Language

/// A network that comes from PyTorch, goes on here, and goes back.
@Suite struct StateDictTests {
  private static let begin = """
    import sys, torch
    from safetensors.torch import save_file
    import numpy as np
    torch.manual_seed(3)
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.Linear(3, 5), torch.nn.Linear(5, 5)])
            self.norm = torch.nn.LayerNorm(5)
            self.head = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(5, 2))
        def forward(self, x):
            for layer in self.layers: x = torch.tanh(layer(x))
            return self.head(self.norm(x))
    net = Net()
    x, t = torch.randn(16, 3), torch.randn(16, 2)
    folder = sys.argv[1]

    """

  @Test(.peer(.torch), .peer(.safetensors), .slow) func aStateDictGoesInAndOut() throws {
    let folder = try Folder()
    let python = try #require(Peer.torch.python)
    let before = folder.write(
      "before.py",
      Self.begin + """
        save_file(net.state_dict(), folder + "/net.safetensors")
        np.savez(folder + "/data.npz", x=x.numpy(), t=t.numpy(), y=net(x).detach().numpy())
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(5):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(net(x), t).backward()
            optimizer.step()
        np.save(folder + "/trained.npy", net(x).detach().numpy())
        """)
    let first = Python.run(python, [before, folder.path])
    try #require(first.status == 0, "\(first.output.suffix(1_000))")
    folder.write(
      "net.grad",
      """
      net = weights(value=load("net.safetensors"))
      data = load("data.npz")
      linear(p, x) = x @ p.weight.T + p.bias
      f(p, x) = {
        for layer in p.layers { x = tanh(linear(layer, x)) }
        linear(p.head["1"], relu(layer_norm(x) * p.norm.weight + p.norm.bias))
      }
      expect f(net, data.x) ~ data.y, rtol=1e-5, atol=1e-6
      loss := mse(f(net, data.x), data.t)
      train(loss, steps=5, rate=0.1, using="sgd");
      expect f(net, data.x) ~ load("trained.npy"), rtol=1e-5, atol=1e-6
      save("back.safetensors", net)
      save("back.npy", f(net, data.x))
      """)
    let run = try Child.run(["net.grad"], in: folder)
    #expect(run.status == 0 && run.output.isEmpty, "\(run.output)\(run.errors)")
    let after = folder.write(
      "after.py",
      Self.begin + """
        from safetensors.torch import load_file
        print(net.load_state_dict(load_file(folder + "/back.safetensors")))
        difference = np.abs(net(x).detach().numpy() - np.load(folder + "/back.npy")).max()
        assert difference < 1e-6, difference
        """)
    let second = Python.run(python, [after, folder.path])
    #expect(second.status == 0 && second.output.contains("All keys matched"), "\(second.output.suffix(1_000))")
  }
}
