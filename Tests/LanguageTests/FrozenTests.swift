import Graphs
import Printing
import Syntax
import Tensors
import Testing

@testable import Language

/// Entries that are frozen: training, gradients and what is said of them.
@Suite struct FrozenTests {
  private static let setting = """
    w = weights(value=[[1, 2], [3, 4], [5, 6]])
    x = [[1, 1, 1]]
    loss := sum((x @ w)^2)

    """

  @Test(arguments: [
    ("w[1]", [2, 3]), ("w[0, 1]", [1]), ("w[:, 0]", [0, 2, 4]), ("w[w > 4]", [4, 5]), ("w[-1]", [4, 5]),
  ])
  func trainingLeavesThemAsTheyAre(place: String, frozen: [Int]) throws {
    for using in ["sgd", "adam"] {
      var session = Session()
      let text = Self.setting + "freeze \(place)\nl = train(loss, steps=3, rate=0.01, using=\"\(using)\", decay=0.1)\n"
      #expect(printed(text, in: &session) == "")
      let w = try #require(session.held("w")).tensor.values
      for (flat, value) in w.enumerated() {
        #expect((value == Double(flat + 1)) == frozen.contains(flat), "\(place) \(using): \(w)")
      }
    }
  }

  @Test func gradientsSayFrozen() {
    let text = Self.setting + "freeze w[1]\n"
    #expect(printed(text + "grad(loss, w)").hasPrefix("∂loss/∂w  3×2 · 2 of 6 frozen"))
    #expect(printed(text + "dense_grad(loss, w)").contains("18"))
    #expect(
      printed(text + ":why grad(loss, w)[1, 0]") == """
        ⋅ frozen: w[1, 0] stays as it is, line 4
        thawed, it would get 18
        """)
    #expect(printed(text + "w").hasPrefix("w  3×2 · trainable · 2 of 6 frozen"))
    #expect(printed(text + "spy(grad(loss, w))").contains("2 frozen"))
    #expect(
      printed(text + "grad(loss, w)") { $0.surroundings.format = .json }
        .contains("\"removed\":{\"frozen\":2}"))
  }

  @Test func thawingBringsThemBack() {
    let text = Self.setting + "freeze w[1], w[0, 0]\nthaw w[1]\n"
    #expect(printed(text + "grad(loss, w)").hasPrefix("∂loss/∂w  3×2 · 1 of 6 frozen"))
    #expect(printed(text + "thaw w\ngrad(loss, w)").hasPrefix("∂loss/∂w  3×2\n"))
    // Of what is frozen as a whole a part can be trained.
    #expect(printed(Self.setting + "freeze w\nthaw w[2]\nw").hasPrefix("w  3×2 · trainable · 4 of 6 frozen"))
    #expect(printed(text + "w = weights(3, 2)\nw").hasPrefix("w  3×2 · trainable\n"))
    #expect(printed(text + "w = w * 2\nw").hasPrefix("w  3×2 · trainable · 1 of 6 frozen"))
  }

  @Test func recordsHaveFrozenEntries() {
    let text = """
      net = (w=weights(value=[1, 2]), b=weights(value=[3]))
      loss := sum(net.w)^2 + net.b[0]^2
      freeze net.w[0]
      l = train(loss, steps=2);
      net.w
      """
    #expect(printed(text).contains("1  "))
    #expect(printed(text + "\n:vars").contains("1 of 2 frozen in w"))
  }

  @Test func whatCantBeFrozenIsRefused() {
    #expect(printed("x = [1, 2]\nfreeze x[0]").contains("was never made by weights"))
    #expect(printed("w = weights(value=[1, 2])\nfreeze w[5]").contains("out of range"))
    #expect(printed("freeze q[0]").contains("unknown name"))
  }

  @Test func undoThawsAndStatesKeepThem() throws {
    var session = Session()
    _ = printed(Self.setting + "freeze w[1]", in: &session)
    #expect(session.names["w"]?.frozenEntries[""]?.count == 2)
    let evaluator = Evaluator(session)
    #expect(evaluator.session.names["w"]?.frozenEntries[""]?.line == 4)
  }
}

/// Histories of watched entries, and differences at several steps.
@Suite struct HistoryTests {
  @Test func historyIsWhatAnEntryWas() {
    let text = """
      w = weights(value=[1, -2])
      loss := sum((w - [3, 1])^2)
      :watch w[1] in train(loss, steps=2, rate=0.25)
      history(w[1])
      """
    #expect(printed(text).hasSuffix("3\n  -2  -0.5  0.25"))
    #expect(printed(text + "\nplot(history(w[1]), rows=4)").contains("history(w[1])"))
    #expect(printed("w = [1]\nhistory(w[0])").contains("w[0] hasn't been watched"))
    #expect(printed("w = [1]\nhistory(w[0])").contains(":watch w[0] in train(loss, steps=20)"))
  }

  @Test func watchingTellsWhatMovesAnEntry() {
    let text = """
      w = weights(value=[0.5, 0])
      v = [0, 0.2]
      keep = mask([1, 0])
      loss := sum((w - 1)^2)
      :watch w[1] in repeat 3 { v = 0.9 * v + keep * grad(loss, w); w -= 0.01 * v }
      """
    #expect(printed(text).hasSuffix("its gradient: ⋅ masked by keep[1], line 3; v[1] isn't 0: momentum moves it"))
  }

  @Test func stepsOfChecksHaveTheErrorsThatTheyHave() throws {
    let text = printed("w = weights(value=[2])\ncheck(sum(w^3), w, step=[0.1, 0.01])")
    // (f(x + h) - f(x - h)) / 2 h is 3 x² + h² here, and the gradient 12.
    let rows = text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
    let numbers = rows.filter { $0.count == 3 }
    #expect(numbers.count == 2)
    for row in numbers { #expect(abs(row[2] - row[0] * row[0] / 12.0) < 1e-4 * row[0], "\(text)") }
    #expect(printed("w = weights(value=[2])\ncheck(sum(w^3), w, step=-1)").contains("steps are numbers above 0"))
  }
}

/// What `:why` says in new places.
@Suite struct WhyStepTests {
  @Test func callsAreOneStep() throws {
    let text = """
      x = [1, 2, 3]
      t = [0, 0, 1]
      p := softmax(x)
      E := -sum(t * log(p))
      :why grad(E, x)[0]
      """
    #expect(printed(text).hasPrefix("0.090031 = ∂E/∂p[2] · ∂p[2]/∂x[0] = (-1.5032) · (-0.059892), line 3"))
  }

  @Test func entriesAreSplitByRows() {
    let text = """
      x = [[1, 2], [3, 4], [5, 6]]
      w = weights(value=[[0.5], [-0.5]])
      loss := mse(x @ w, [[1], [0], [2]])

      """
    #expect(
      printed(text + ":why grad(loss, w)[0, 0] by row").hasPrefix(
        "-10.333 = (-1) from row 0 + (-1) from row 1 + (-8.3333) from row 2"))
    #expect(printed(text + ":why loss by row").hasPrefix("2.9167 = 0.75 from row 0 + 0.083333 from row 1"))
    #expect(printed("x = 3\n:why x by row").contains("no sum over rows"))
  }

  @Test func equalUnitsAreSaid() {
    let text = "w = weights(value=full([2, 3], 0.5))\n"
    #expect(printed(text + "w").hasPrefix("w  2×3 · trainable · 3 columns equal"))
    #expect(printed(text + ":why w").contains("all 3 columns are equal"))
  }

  @Test func namesThatDivergeSayWhen() {
    let text = """
      x = [[1], [2], [3]]
      w = weights(value=[[0]])
      loss := mse(x @ w, [[2], [4], [6]])
      l = train(loss, steps=60, rate=1);

      """
    #expect(printed(text).contains("w is inf after step 42, NaN after step 43"))
    #expect(printed(text + ":why w[0, 0]").contains("since step 43 of train, line 4"))
  }

  /// The work grows with the number of nodes, and not with its square.
  @Test func chainsAreToldInTimeThatGrowsWithThem() throws {
    func work(_ count: Int) throws -> Double {
      var session = Session()
      var lines = ["x = [1, 2]", "w = weights(value=[0.5, 0.3])", "v0 = x * w"]
      for index in 0..<count { lines.append("v\(index + 1) := tanh(v\(index) * 1.01) + 0.1 * w") }
      lines.append("loss := sum(v\(count))")
      _ = printed(lines.joined(separator: "\n"), in: &session)
      let clock = ContinuousClock()
      var best = Double.infinity
      for _ in 0..<3 {
        let duration = clock.measure { _ = printed(":why grad(loss, w)[0]", in: &session) }
        best = min(best, Double(duration.components.attoseconds) / 1e18 + Double(duration.components.seconds))
      }
      return best
    }
    // Eight times as many nodes: 8 by growth, 64 by its square.
    let (few, many) = (try work(40), try work(320))
    #expect(many / few < 24, "\(few) s, \(many) s")
  }
}
