import Foundation
import Language
import Syntax
import TestSupport
import Testing

/// `train`: each optimiser against PyTorch's formulas, written out in Swift.
@Suite struct TrainingTests {
  /// A network's weight in miniature: three numbers, the second removed.
  private struct Reference {
    var w = [0.7, -0.4, 1.5]
    var first = [0.0, 0.0, 0.0]
    var second = [0.0, 0.0, 0.0]
    let target = [1.0, 2.0, -0.5]
    let scale = [1.0, 1.0, 3.0]

    var loss: Double {
      var sum = 0.0
      for i in 0..<3 {
        let error = (i == 1 ? 0 : w[i]) - target[i]
        sum += scale[i] * error * error
      }
      return sum
    }

    mutating func step(_ update: (Double, Double, inout Double, inout Double) -> Double) {
      for i in [0, 2] { w[i] = update(w[i], 2 * scale[i] * (w[i] - target[i]), &first[i], &second[i]) }
    }
  }

  private static let program = """
    :precision float64
    w = weights(value=[0.7, -0.4, 1.5])
    m = mask([1, 0, 1])
    loss := sum([1, 1, 3] * square(w * m - [1, 2, -0.5]))
    """

  private func expect(_ options: String, after steps: Int, _ reference: Reference, _ losses: [Double]) {
    let text = printed(
      """
      \(Self.program)
      losses = train(loss, steps=\(steps), \(options))
      expect w ~ [\(reference.w.map { "\($0)" }.joined(separator: ", "))], rtol=1e-12
      expect losses ~ [\(losses.map { "\($0)" }.joined(separator: ", "))], rtol=1e-12
      expect w[1] == -0.4
      """)
    #expect(text.isEmpty, "\(options): \(text)")
  }

  private func check(_ options: String, _ update: (Int, Double, Double, inout Double, inout Double) -> Double) {
    var reference = Reference()
    var losses: [Double] = []
    for step in 1...7 {
      losses.append(reference.loss)
      reference.step { update(step, $0, $1, &$2, &$3) }
    }
    expect(options, after: 7, reference, losses)
  }

  @Test func plain() {
    check("rate=0.05") { _, w, g, _, _ in w - 0.05 * g }
    check("") { _, w, g, _, _ in w - 0.01 * g }
  }

  @Test func decayTouchesWhatExists() { check("rate=0.05, decay=0.3") { _, w, g, _, _ in w - 0.05 * (g + 0.3 * w) } }

  @Test func momentum() {
    check("rate=0.02, momentum=0.9, decay=0.1") { _, w, g, v, _ in
      v = 0.9 * v + g + 0.1 * w
      return w - 0.02 * v
    }
    check("rate=0.02, momentum=0.9, nesterov=true") { _, w, g, v, _ in
      v = 0.9 * v + g
      return w - 0.02 * (g + 0.9 * v)
    }
  }

  private func adam(_ t: Int, _ g: Double, _ m: inout Double, _ v: inout Double, _ b1: Double, _ b2: Double) -> Double {
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g * g
    let spread = v.squareRoot() / (1 - pow(b2, Double(t))).squareRoot() + 1e-8
    return m / spread / (1 - pow(b1, Double(t)))
  }

  @Test func adam() {
    check("rate=0.1, using=\"adam\"") { t, w, g, m, v in w - 0.1 * adam(t, g, &m, &v, 0.9, 0.999) }
    check("rate=0.1, using=\"adam\", decay=0.2, beta1=0.8, beta2=0.95") { t, w, g, m, v in
      w - 0.1 * adam(t, g + 0.2 * w, &m, &v, 0.8, 0.95)
    }
  }

  @Test func adamw() {
    check("rate=0.1, using=\"adamw\"") { t, w, g, m, v in
      w * (1 - 0.1 * 0.01) - 0.1 * adam(t, g, &m, &v, 0.9, 0.999)
    }
    check("rate=0.1, using=\"adamw\", decay=0.5") { t, w, g, m, v in
      w * (1 - 0.1 * 0.5) - 0.1 * adam(t, g, &m, &v, 0.9, 0.999)
    }
  }

  @Test func rmsprop() {
    check("rate=0.05, using=\"rmsprop\"") { _, w, g, v, _ in
      v = 0.99 * v + 0.01 * g * g
      return w - 0.05 * g / (v.squareRoot() + 1e-8)
    }
    check("rate=0.05, using=\"rmsprop\", momentum=0.5, alpha=0.9, eps=0.01") { _, w, g, v, b in
      v = 0.9 * v + 0.1 * g * g
      b = 0.5 * b + g / (v.squareRoot() + 0.01)
      return w - 0.05 * b
    }
  }

  @Test func adagrad() {
    check("rate=0.2, using=\"adagrad\", decay=0.1") { _, w, g, s, _ in
      let g = g + 0.1 * w
      s += g * g
      return w - 0.2 * g / (s.squareRoot() + 1e-10)
    }
  }

  // MARK: All of them

  @Test(arguments: Optimiser.all.map(\.name)) func itLowersTheLoss(optimiser: String) throws {
    let row = try #require(Optimiser.all.first { $0.name == optimiser })
    // Those that need another one beside them come with it.
    let settings = [""] + row.options.map { ", \($0.name)=0.5" } + [", decay=0.1"]
    for setting in settings {
      let given = setting.contains("nesterov") ? ", nesterov=true, momentum=0.5" : setting
      let text = printed(
        """
        w = weights(value=[[1, -2], [3, 0.5]])
        m = mask([[1, 1], [0, 1]])
        loss := sum(square(w * m - [[0, 1], [2, 1]]))
        losses = train(loss, steps=50, rate=0.02, using="\(optimiser)"\(given))
        expect losses[-1] < losses[0]
        expect isfinite(w)
        expect w[1, 0] == 3
        """)
      #expect(text.isEmpty, "\(optimiser)\(given): \(text)")
    }
    for option in Optimiser.all.flatMap(\.options) where !row.options.contains(where: { $0.name == option.name }) {
      let text = printed("w = weights(2)\ntrain(sum(w), using=\"\(optimiser)\", \(option.name)=0.5)")
      #expect(text.contains("\(optimiser) has no '\(option.name)'"), "\(text)")
    }
  }

  // MARK: What stays, what moves

  @Test func nothingMovesARemovedEntry() {
    for optimiser in Optimiser.all.map(\.name) {
      let text = printed(
        """
        w = weights(value=[[nan, 2], [3, inf]])
        m = mask([[0, 1], [1, 0]])
        loss := sum(square([[1, 2]] @ (w * m) - 1))
        train(loss, steps=20, using="\(optimiser)", decay=0.1);
        expect isnan(w) == [[true, false], [false, false]]
        expect w[1, 1] == inf
        expect w[0, 1] < 2
        """)
      #expect(text.isEmpty, "\(optimiser): \(text)")
    }
  }

  @Test func listedNamesMoveAlone() {
    let text = printed(
      """
      a = weights(value=[1, 2])
      b = weights(value=[3, 4])
      c = [5, 6]
      loss := sum(square(a * b - c))
      train(loss, b, c, steps=1, rate=0.1);
      expect a == [1, 2]
      expect b ~ [3 - 0.1 * 2 * -2, 4 - 0.1 * 2 * 2 * 2]
      expect c ~ [5 + 0.1 * 2 * -2, 6 + 0.1 * 2 * 2]
      """)
    #expect(text.isEmpty, "\(text)")
  }

  @Test func formulasAreFollowedAndThenGone() {
    let text = printed("w = weights(value=[1, 2])\nloss = sum(square(w))\ntrain(loss, steps=2)\ngrad(loss, w)")
    #expect(text.hasPrefix("2\n  5  4.802\n"))
    #expect(text.contains("loss was computed from an earlier w"))
  }

  @Test func namesStayTrainable() {
    let text = printed("w = weights(value=[1, 2])\nl := sum(square(w))\ntrain(l, steps=3);\ntrain(l, steps=1)\nw")
    #expect(text.contains("w  2 · trainable"))
  }

  @Test func noStepsChangeNothing() {
    #expect(printed("w = weights(value=[1, 2])\ntrain(sum(w), steps=0)\nw == [1, 2]").contains("0  (empty)"))
  }

  // MARK: Chance

  @Test func aStepDrawsAsALoopBodyDoes() {
    let text = printed(
      """
      w = weights(value=[1, 2, 3])
      v = w
      train(sum(w * normal(3)), steps=5, rate=0.1);
      after = normal(2)
      seed(0)
      repeat 5 { v -= 0.1 * normal(3) }
      expect w ~ v
      expect normal(2) == after
      """)
    #expect(text.isEmpty, "\(text)")
  }

  @Test func aLiveDefinitionKeepsItsDraw() {
    let text = printed(
      """
      w = weights(value=[1, 2, 3])
      l := sum(w * normal(3))
      g = grad(l, w)
      train(l, steps=5, rate=0.1);
      expect w ~ [1, 2, 3] - 0.5 * g
      """)
    #expect(text.isEmpty, "\(text)")
  }

  @Test func aGraphThatDependsOnTheValuesIsMadeAnew() {
    let text = printed(
      """
      w = weights(value=[3, -1, 2, -2])
      v = w
      train(sum(square(w[w > 0])), steps=3, rate=0.1, momentum=0.5);
      s = zeros(4)
      repeat 3 { s = 0.5 * s + 2 * v * (v > 0); v -= 0.1 * s }
      expect w ~ v
      """)
    #expect(text.isEmpty, "\(text)")
  }

  // MARK: Errors

  @Test(arguments: [
    ("train(l, using=\"adan\")", "error: train knows no optimiser \"adan\"", "help: did you mean \"adam\"?"),
    ("train(l, using=\"lbfgs\")", "error: train knows no optimiser \"lbfgs\"", "help: sgd, adam, adamw, rmsprop"),
    ("train(l, using=\"adam\", momentum=0.9)", "error: adam has no 'momentum'", "it reads rate, decay, beta1"),
    ("train(l, nesterov=true)", "error: nesterov needs a momentum", "help: momentum=0.9"),
    ("train(y)", "error: train needs a scalar loss; y is 2", "help: train(sum(y), …) or train(mean(y), …)"),
    ("train(los)", "error: unknown name 'los'", "  train(los)"),
    ("grad(sum(x * v))", "error: unknown name 'v'", "x * v"),
    ("train(sum(x))", "error: sum(x) depends on no name made by weights(…)", "help: train(sum(x), x) trains any name"),
    ("train(l, z)", "error: l does not depend on z", "it reads"),
    ("train(l, q)", "error: unknown name 'q'", ""),
    ("train(l, 10)", "error: names to train stand after the loss", "help: train(l, steps=100)"),
    ("train(l, step=10)", "error: train has no argument 'step'", "help: did you mean 'steps'?"),
    ("train(l, steps=-1)", "error: train can't take -1 steps", ""),
    ("train(l, y)", "error: y is live; train can't give it a value", ""),
    ("train(l, m)", "error: m is a mask; train moves numbers", ""),
    ("1 + train(l)", "error: train changes names, so it stands on a line of its own", "losses = train"),
    ("t := train(l)", "error: train changes names", ""),
    ("train()", "error: train needs a loss", ""),
    ("train(l, using=\"adam\", beta2=1)", "error: 'beta2' goes from 0 up to, not including, 1", ""),
  ]) func errors(call: String, message: String, help: String) {
    let program = "x = [1, 2]\nz = 3\nw = weights(value=[1, 2])\nm = mask([1, 0])\ny := w * x * m\nl := sum(y)\n"
    let text = printed(program + call)
    #expect(text.contains(message), "\(text)")
    #expect(help.isEmpty || text.contains(help), "\(text)")
    #expect(text.split(separator: "\n").count <= 8)
  }

  @Test func itsPageIsThere() {
    #expect(Session().help("train")?.contains("train(loss, names…, steps=100") == true)
    #expect(Session().help("training")?.contains("adagrad") == true)
    #expect(Session().help("")?.contains("training") == true)
  }

  // MARK: TensorFlow's numbers

  @Test(arguments: [
    ("sgd", "rate=0.1", ""), ("momentum", "rate=0.1, momentum=0.9", ""),
    ("nesterov", "rate=0.1, momentum=0.9, nesterov=true", ""), ("adam", "rate=0.1, using=\"adam\", eps=1e-7", ""),
    ("sgd_l2_on_masked_weights", "rate=0.1", " + 0.01 * sum(square(w * m))"),
    ("sgd_l2_on_weights", "rate=0.1", " + 0.01 * sum(square(w * m))"),
    ("momentum_l2_on_weights", "rate=0.1, momentum=0.9", " + 0.01 * sum(square(w * m))"),
  ]) func tensorFlowAgrees(name: String, options: String, extra: String) throws {
    guard let data = FileManager.default.contents(atPath: Checkout.fixture("seed_reference.json")) else { return }
    let whole = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let train = try #require(whole["train"] as? [String: Any])
    let inputs = try #require(train["inputs"] as? [String: Any])
    let run = try #require(train[name] as? [String: Any])
    let stages = try #require(run["steps_along_the_way"] as? [String: [String: Any]])
    for (steps, stage) in stages {
      let text = printed(
        """
        w = weights(value=\(literal(inputs["weights"])))
        b = weights(value=\(literal(inputs["bias"])))
        m = mask(\(literal(inputs["mask"])))
        y := relu(\(literal(inputs["x"])) @ (w * m) + b)
        loss := mse(y, \(literal(inputs["target"])))\(extra)
        train(loss, steps=\(steps), \(options));
        expect w * m ~ \(literal(stage["weights"])) * m, rtol=1e-5, atol=1e-5
        expect b ~ \(literal(stage["bias"])), rtol=1e-5, atol=1e-5
        expect w[[0, 1, 2], [0, 1, 0]] == [0.5, 0.7, -0.2]
        """)
      #expect(text.isEmpty, "\(name) after \(steps): \(text)")
    }
  }

  private func literal(_ value: Any?) -> String {
    if let list = value as? [Any] { return "[" + list.map { literal($0) }.joined(separator: ", ") + "]" }
    return "\(value ?? "nothing")"
  }
}
