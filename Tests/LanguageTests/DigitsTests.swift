import Files
import Foundation
import Language
import Refusals
import Syntax
import TestSupport
import Testing

/// A network learns real data as it does in PyTorch.
@Suite struct DigitsTests {
  @Test(
    .peer(.torch),
    arguments: [
      ("using=\"adam\", rate=0.01", "torch.optim.Adam(names, lr=0.01)", 1),
      ("using=\"adam\", rate=0.01", "torch.optim.Adam(names, lr=0.01)", 0.1),
      ("rate=0.2, momentum=0.9", "torch.optim.SGD(names, lr=0.2, momentum=0.9)", 0.5),
      ("using=\"adamw\", rate=0.01", "torch.optim.AdamW(names, lr=0.01)", 0.1),
      ("using=\"rmsprop\", rate=0.003", "torch.optim.RMSprop(names, lr=0.003)", 0.5),
      ("using=\"adagrad\", rate=0.05", "torch.optim.Adagrad(names, lr=0.05)", 1),
    ])
  func pytorchLearnsTheSame(optimiser: (ours: String, theirs: String, density: Double)) throws {
    try compare(
      density: optimiser.density, ours: "losses = train(loss, steps=100, \(optimiser.ours))",
      theirs: "losses = train(\(optimiser.theirs), 100)")
  }

  /// Nine of ten weights go, the smallest, while it learns.
  @Test(.peer(.torch), arguments: [0, 1, 2])
  func pytorchPrunesTheSame(seed: Int) throws {
    try compare(
      seed: seed,
      ours: """
        for share in [0.3, 0.5, 0.65, 0.75, 0.82, 0.87, 0.9] {
          train(loss, steps=20, rate=0.01, using="adam", fresh=true);
          m = abs(w1 * m) > quantile(abs(w1 * m), share)
        }
        losses = train(loss, steps=60, rate=0.01, using="adam", fresh=true)
        """,
      theirs: """
        for share in [0.3, 0.5, 0.65, 0.75, 0.82, 0.87, 0.9]:
            train(torch.optim.Adam(names, lr=0.01), 20)
            kept = (w1 * m).abs()
            m = kept > torch.quantile(kept, share)
        losses = train(torch.optim.Adam(names, lr=0.01), 60)
        """)
  }

  /// Trains here and in PyTorch from the same start; early losses, all losses and the accuracies have to agree.
  private func compare(density: Double = 1, seed: Int = 0, ours: String, theirs: String) throws {
    let folder = try Folder()
    let data = try Data(contentsOf: Checkout.root.appendingPathComponent("Examples/data/digits.csv"))
    let text = printed(
      """
      seed(\(seed))
      data = load("digits.csv")
      x, digit = (data[:800, :64] / 16, data[:800, 64])
      new_x, new_digit = (data[800:, :64] / 16, data[800:, 64])
      m = bernoulli(\(density), 64, 48)
      w1 = weights(64, 48, init="he_normal", mask=m)
      b1 = weights(48, init="zeros")
      w2 = weights(48, 10)
      b2 = weights(10, init="zeros")
      save("start.npz", m, w1, b1, w2, b2)
      scores(x) = relu(x @ (w1 * m) + b1) @ w2 + b2
      loss := cross_entropy(scores(x), digit)
      \(ours)
      save("end.npz", losses, accuracy=mean(argmax(scores(new_x), axis=1) == new_digit))
      """
    ) { session in
      session.files.bytes = { _ throws(Refusal) in ByteSource(Bytes([UInt8](data))) }
      session.files.save = { path, pieces throws(Refusal) in
        try? Data(pieces.flatMap(\.array)).write(to: URL(fileURLWithPath: folder.path + "/" + path))
      }
    }
    #expect(text.isEmpty, "\(text)")
    let program = """
      import sys, numpy as np, torch
      data = torch.tensor(np.loadtxt(sys.argv[2], delimiter=",", dtype=np.float32))
      x, digit, new_x, new_digit = data[:800, :64] / 16, data[:800, 64].long(), data[800:, :64] / 16, data[800:, 64]
      start, end = np.load(sys.argv[1] + "/start.npz"), np.load(sys.argv[1] + "/end.npz")
      w1, b1, w2, b2 = names = [torch.tensor(start[n], requires_grad=True) for n in ["w1", "b1", "w2", "b2"]]
      m = torch.tensor(start["m"])
      scores = lambda x: torch.relu(x @ (w1 * m) + b1) @ w2 + b2
      def train(optimiser, steps):
          losses = []
          for step in range(steps):
              optimiser.zero_grad()
              loss = torch.nn.functional.cross_entropy(scores(x), digit)
              loss.backward()
              optimiser.step()
              losses.append(loss.item())
          return losses
      \(theirs)
      accuracy = (scores(new_x).argmax(1) == new_digit).float().mean().item()
      print(losses[-1], end["losses"][-1], accuracy, end["accuracy"])
      assert np.allclose(losses[:20], end["losses"][:20], rtol=1e-3), "early losses"
      assert np.allclose(losses, end["losses"], rtol=0.05, atol=2e-3), "losses"
      assert abs(accuracy - end["accuracy"]) <= 0.0051 and accuracy > 0.85, "accuracy"
      """
    let result = Python.run(
      try #require(Peer.torch.python), ["-c", program, folder.path, Checkout.root.path + "/Examples/data/digits.csv"])
    #expect(result.status == 0, "\(ours) \(density): \(result.output.suffix(500))")
  }
}
