import Syntax
import Tensors

extension Lesson {
  /// For people who come from PyTorch: the same model, without a tape, modules or a loop.
  static let ofPyTorch: [Lesson] = [
    Lesson(
      task: "torch.tensor([[1., 2.], [3., 4.]]) is a plain literal. Give it the name x.",
      hint: "x = [[1, 2], [3, 4]]",
      remark: "Numbers are float32. No import is needed; torch.… lines are answered with ours."
    ) { now, _ in now.tensor("x")?.shape.extents == [2, 2] },
    Lesson(
      task: "x.mean(dim=0) is x.mean(axis=0), or mean(x, axis=0). Show it.", hint: "mean(x, axis=0)",
      remark: "dim is axis and keepdim is keepdims, everywhere."
    ) { now, _ in now.shows("mean(x, axis=0)") },
    Lesson(
      task: "nn.Linear(2, 1) is a matrix and a vector. Make W trainable, 2 by 1, and b, one number in a vector.",
      hint: "W = weights(2, 1); b = weights(1)",
      remark: "weights(…) stands for requires_grad=True; the rows of W are inputs, its columns outputs."
    ) { now, _ in
      now.names["W"]?.isTrainable == true && now.tensor("W")?.shape.extents == [2, 1]
        && now.names["b"]?.isTrainable == true && now.tensor("b")?.shape.extents == [1]
    },
    Lesson(
      task: "A forward pass is a live name. Define y as x @ W + b, with :=.", hint: "y := x @ W + b",
      remark: "There is no model(x): y follows x, W and b by itself."
    ) { now, _ in now.isLive("y") && now.value("y")?.shape.extents == [2, 1] },
    Lesson(
      task: "F.mse_loss(y, t) is mse(y, t). Define loss live against [[1], [0]].", hint: "loss := mse(y, [[1], [0]])",
      remark: "cross_entropy takes logits, as there; reduction=\"sum\" works, too."
    ) { now, _ in now.isLive("loss") && now.value("loss")?.shape.rank == 0 },
    Lesson(
      task: "loss.backward(); W.grad is one call. Show the gradient of loss by W.", hint: "grad(loss, W)",
      remark: "Nothing is accumulated, so there is no zero_grad. grad(loss) gives all of them."
    ) { now, _ in now.shows("grad(loss, W)") },
    Lesson(
      task: "optimizer = Adam(lr=0.1) and the loop around it are train. Take 50 steps, and keep the losses.",
      hint: "losses = train(loss, steps=50, rate=0.1, using=\"adam\");",
      remark: "plot(losses) draws them; epochs= and batch= draw batches from data=(x, t)."
    ) { now, before in now.names["W"]?.version != before.names["W"]?.version && now.names["W"]?.isTrainable == true },
    Lesson(
      task: "with torch.no_grad() and .item() aren\u{27}t needed: names are values. Show loss.", hint: "loss",
      remark: "save(\"m.npz\", W, b) writes a state_dict; :help pytorch has more side by side."
    ) { now, _ in now.shows("loss") },
  ]
}
