/// The questions about gradients that are asked most, and what to type.
enum QuestionPage {
  /// A question with the lines that answer it.
  struct Question {
    let text: String
    let lines: [String]

    init(_ text: String, _ lines: String...) { (self.text, self.lines) = (text, lines) }
  }

  static let page = HelpPage(
    name: "why",
    text: (["Why is it so?"]
      + questions.map { (["  \($0.text)"] + $0.lines.map { "      \($0)" }).joined(separator: "\n") })
      .joined(separator: "\n\n"))

  /// They are asked of a loss, its weights w and its inputs x.
  static let questions: [Question] = [
    Question(
      "Why is this entry of my gradient 0?", ":why grad(loss, w)[0, 0]", ":why grad(loss, w)", "spy(grad(loss, w))"),
    Question(
      "Why is all of it 0?", ":flow loss", ":why grad(loss, w)", "depends(loss, w)"),
    Question(
      "Why does my loss not move?", "train(loss, steps=20)", ":flow loss", "norm(grad(loss, w))"),
    Question(
      "Why does my loss become NaN?", "train(loss, steps=20, rate=1)", ":why loss", ":undo"),
    Question(
      "Which rate holds?", "1 / max(eigh(reshape(hessian(loss, w), 4, 4))[0])", "train(loss, steps=5, rate=10)",
      ":undo"),
    Question(
      "Where does NaN come from?", ":why grad(sum(log(x - 1)), x)", ":why log(x - 1)[0, 0]", "any(isnan(w))"),
    Question(
      "Why is the gradient of sqrt NaN at 0?", "u = [0, 0]", ":why grad(sqrt(sum(u^2)), u)[0]", "grad(norm(u), u)"),
    Question(
      "Does the gradient vanish?", ":flow loss", "norm(grad(loss, w))", ":graph loss with grad"),
    Question(
      "Does the gradient explode?", ":flow loss", "train(loss, steps=5, clip=1)", ":why grad(loss, w)[0, 0]"),
    Question(
      "Which units are dead?", ":flow loss", "h = relu(x @ w)", "all(h == 0, axis=0)"),
    Question(
      "Why has sign, round or argmax no gradient?", ":why grad(sum(sign(w)), w)[0, 0]",
      "ste(v) = v + stop_gradient(sign(v) - v)", "grad(sum(ste(w)), w)"),
    Question(
      "Why has a threshold no gradient?", ":why grad(sum(w * (w > 0.5)), w)[0, 0]", "grad(sum(w > 0.5), w)",
      "grad(sum(sigmoid((w - 0.5) * 10)), w)"),
    Question(
      "How do I remove connections for good?", "m = mask([[1, 0], [0, 1]])", "a = weights(2, 2, mask=m)",
      "structural(grad(sum((x @ a)^2), a))"),
    Question(
      "Is it enough to set weights to 0 once?", "b = weights(value=[[1, 0], [0, 1]])",
      "m = mask([[1, 0], [0, 1]])", ":compare mse(x @ b, x + 1), mse(x @ (b * m), x + 1), steps=5"),
    Question(
      "Why do masked weights move again?", "m = mask([[1, 0], [0, 1]])",
      "train(sum((x @ (w * m))^2), decay=0.1, steps=3)",
      ":diff w"),
    Question(
      "How do I freeze some rows of a weight?", "freeze w[0]", "train(loss, steps=3)", "thaw w[0]"),
    Question("How do I freeze a whole layer?", "freeze w", "thaw w", ":vars"),
    Question(
      "What would the gradient be without the mask?", "m = mask([[1, 0], [0, 1]])",
      ":why grad(sum((x @ (w * m))^2), w)[0, 1]", "dense_grad(sum((x @ (w * m))^2), w)"),
    Question(
      "Why is it not 0 although the mask is?", "m = mask([[1, 0], [0, 1]])",
      ":why grad(sum(((x @ w) * [1, 0])^2), w)", "spy(grad(sum((x @ (w * m))^2), w))"),
    Question(
      "Two ways lead to x: which counts?", "a := x * 2", "b := x^2", ":why grad(sum(a * b), x)[0, 0] by a, b"),
    Question(
      "Which of two losses pulls?", "big := 9 * sum(x @ w)", "small := sum((x @ w)^2)",
      ":why grad(big + small, w)[0, 0] by big, small"),
    Question(
      "Which sample pulls most?", ":why grad(loss, w)[0, 0]", "grad(sum((x[0] @ w)^2), w)",
      "grad(sum((x[1] @ w)^2), w)"),
    Question(
      "Do A and B train the same?", "B := loss / 2", ":compare loss, B, steps=5, rate=0.1",
      ":compare loss, loss, steps=5"),
    Question(
      "Is my own derivative right?", "check(loss, w)", "expect grad(sum(x^2), x) ~ 2 * x", "hessian(sum(x^2), x)"),
    Question("Is it near 0 only by rounding?", ":why grad(loss, w)[0, 0]", ":precision float64", "grad(loss, w)"),
    Question(
      "Why does a bias before a norm get nothing?", "b = weights(2, init=\"zeros\")",
      ":why grad(sum(layer_norm(x + b)^2), b)[0]", "grad(sum(x + b), b)"),
    Question(
      "Which entry wins in a max?", ":why max(x)", ":why grad(max(x), x)[0, 0]", "argmax(x)"),
    Question(
      "Why is the loss smaller than it should be?", "p = [1, 2, 3]", "mse(p, [[1], [2], [3]])",
      ":shapes p - [[1], [2], [3]]"),
    Question(
      "What can an output depend on at all?", "depends(x @ w, x)", "spy(depends(x @ w, w))", ":graph loss"),
    Question("How do I keep an answer?", ":why grad(loss, w)[0, 0] as md", ":flow loss", ":graph loss"),
  ]
}
