import Graphs
import Plans
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Tables about gradients and trainings, each number computed again.
@Suite struct FlowTests {
  private func value(_ text: String, _ session: Session) throws -> Double {
    let evaluator = Evaluator(session)
    let symbol = try evaluator.tensor(try Parser.parseExpression(text))
    return try evaluator.builder.value(of: symbol).scalar ?? .nan
  }

  private func close(_ a: Double, _ b: Double) -> Bool {
    a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-3 * max(abs(a), abs(b)) + 1e-9
  }

  /// A chain of layers with names, of random widths and functions.
  private func network(_ seed: Int) -> (program: String, depth: Int) {
    var random = SplitMix(seed)
    let depth = Int.random(in: 1...6, using: &random)
    let function = ["relu", "tanh", "sigmoid"].randomElement(using: &random) ?? "tanh"
    var width = Int.random(in: 1...5, using: &random)
    var lines = ["h0 = normal(4, \(width))", "t = normal(4, 1)"]
    for layer in 1...depth {
      let next = layer == depth ? 1 : Int.random(in: 1...5, using: &random)
      lines.append("w\(layer) = weights(value=normal(\(width), \(next), std=2))")
      lines.append("h\(layer) := \(layer == depth ? "" : function)(h\(layer - 1) @ w\(layer))")
      width = next
    }
    lines.append("loss := mse(h\(depth), t)")
    return (lines.joined(separator: "\n") + "\n", depth)
  }

  @Test(arguments: 0..<30) func lengthsAreThoseOfTheGradients(seed: Int) throws {
    let (program, depth) = network(seed)
    var session = Session()
    #expect(printed(program, in: &session) == "")
    let table = printed(":flow loss", in: &session).split(separator: "\n").map(String.init)
    #expect(table.count >= depth + 2)
    for layer in 1...depth {
      let row = try #require(table.first { $0.hasPrefix("w\(layer) ") })
      let cells = row.split(separator: " ").map(String.init)
      // Behind the shape and the bar, where there is one.
      let number = try #require(cells.dropFirst(2).compactMap(Double.init).first)
      let real = try value("norm(grad(loss, w\(layer)))", session)
      #expect(close(number, real), "\(row): \(real)")
    }
  }

  @Test func tellsVanishingExplodingAndDead() {
    func chain(_ value: String, _ function: String) -> String {
      (1...5).map { "w\($0) = weights(value=\(value))\n" }.joined()
        + "f := \((1...5).reversed().map { "\(function)(w\($0) * " }.joined())1)))))\n:flow f"
    }
    #expect(printed(chain("0.1", "sigmoid")).contains("vanishing: w1 gets 1/"))
    #expect(printed(chain("30", "abs")).contains("healthy"))
    #expect(printed("x = [[1], [2]]\nw = weights(value=[[-1]])\nf := sum(relu(x @ w))\n:flow f").contains("w"))
    let dead = printed(
      "x = [[1], [2]]\nu = weights(value=[[1, 2]])\nw = weights(value=[[-1], [-1]])\nh := relu((x @ u) @ w)\nf := sum(h)\n:flow f"
    )
    #expect(dead.contains("dead: 1 of 1 unit off in all 2 rows, largest input -3"))
    #expect(dead.contains("everything before h gets nothing: w u"))
  }

  @Test func refusesWhatIsNoNumber() {
    #expect(printed("x = [1, 2]\n:flow x").contains("goes back from one number"))
    #expect(printed(":flow").contains("an expression is missing"))
    #expect(printed(":flow 3").contains("error"))
  }

  // MARK: Comparisons

  private static let variants = """
    X = [[1, 2]]
    T = [[0, 3]]
    w = weights(value=[[1, 0], [0, 1]])
    m = mask([[1, 0], [0, 1]])
    once := mse(X @ w, T)
    masked := mse(X @ (w * m), T)

    """

  @Test func comparesBeforeAndAfter() throws {
    var session = Session()
    _ = printed(Self.variants, in: &session)
    let table = printed(":compare once, masked, steps=20, rate=0.1", in: &session)
    #expect(table.contains("not the same: 4 of 4 entries of w differ after training; [0, 1], [1, 0] came back in once"))
    let losses = try #require(table.split(separator: "\n").first { $0.hasPrefix("loss") })
    let numbers = losses.split(separator: " ").compactMap { Double($0) }
    for (name, position) in [("once", 1), ("masked", 3)] {
      var other = session
      _ = printed("l = train(\(name), steps=20, rate=0.1)", in: &other)
      #expect(close(numbers[position], try value(name, other)) || abs(numbers[position]) < 1e-11)
    }
    // Nothing was trained here.
    #expect(printed("w", in: &session).contains("1  0"))
    #expect(printed(":compare once, once, steps=5", in: &session).contains("the same: values, gradients and what"))
  }

  /// Losses, gradients and trained values of two variants, each done again in a session of its own.
  @Test(arguments: 0..<20) func comparisonsAreWhatTrainingGives(seed: Int) throws {
    var random = SplitMix(seed)
    let function = ["relu", "tanh", "sigmoid", "sin"].randomElement(using: &random) ?? "tanh"
    let mask = (0..<2).map { _ in
      "[\((0..<2).map { _ in "\(Int.random(in: 0...1, using: &random))" }.joined(separator: ", "))]"
    }
    var session = Session()
    session.setSeed(UInt64(seed))
    _ = printed(
      """
      w = weights(value=normal(2, 2)); x = normal(3, 2); t = normal(3, 2)
      m = mask([\(mask.joined(separator: ", "))])
      a := mse(\(function)(x @ w), t)
      b := mse(\(function)(x @ (w * m)), t)
      """, in: &session)
    let table = printed(":compare a, b, steps=4, rate=0.1", in: &session).split(separator: "\n").map(String.init)
    for (place, name) in ["a", "b"].enumerated() {
      var other = session
      _ = printed("l = train(\(name), steps=4, rate=0.1)", in: &other)
      for (label, expression, state) in [("∂/∂w", "grad(\(name), w)", session), ("w", "w", other)] {
        let row = try #require(table.firstIndex { $0.hasPrefix(label + " ") })
        for line in 0..<2 {
          let cells = table[row + line].split(separator: " ").map(String.init).suffix(4)
          for column in 0..<2 {
            let cell = cells[cells.startIndex + 2 * place + column]
            let real = try value("(\(expression))[\(line), \(column)]", state)
            // Entries that are removed or off have a sign instead of their value.
            if let number = Double(cell) { #expect(close(number, real), "\(table): \(expression) is \(real)") }
            if cell == "⋅" || cell == "∘", label != "w" { #expect(real == 0, "\(table): \(real)") }
          }
        }
      }
      let losses = try #require(table.first { $0.hasPrefix("loss") }).split(separator: " ").compactMap { Double($0) }
      let (before, after) = (try value(name, session), try value(name, other))
      #expect(close(losses[2 * place], before) && close(losses[2 * place + 1], after))
    }
  }

  @Test func comparisonsThatCannotBeAreRefused() {
    #expect(printed(Self.variants + ":compare once").contains("two losses are compared"))
    #expect(printed(Self.variants + ":compare").contains("the losses are missing"))
    #expect(printed(Self.variants + ":compare once, X").contains("losses are numbers; X is 1×2"))
    #expect(
      printed(Self.variants + ":compare once, masked, steps=20, speed=2").contains("train has no argument 'speed'"))
    let diverging = printed(Self.variants + ":compare once, masked, steps=300, rate=100")
    #expect(diverging.contains("NaN") && diverging.contains("not the same"))
    let apart = printed(Self.variants + "v = weights(value=[1, 2])\nother := sum(v^2)\n:compare once, other, steps=2")
    #expect(apart.contains("only once reads w"))
  }

  // MARK: Trainings

  private static let line = "x = [[1], [2], [3]]\nt = [[2], [4], [6]]\nw = weights(value=[[0]])\nf := mse(x @ w, t)\n"

  @Test func aDivergingTrainingSaysWhichRateHolds() throws {
    let told = printed(Self.line + "l = train(f, steps=60, rate=1);")
    #expect(told.contains("warning: the loss grows 69-fold a step from step 1 on: 18.667"))
    #expect(told.contains("rates above 2 / 9.3333 = 0.21429 grow"))
    #expect(told.contains("help: :undo; train(f, steps=60, rate=0.1)"))
    #expect(printed(Self.line + "l = train(f, steps=60, rate=0.21);") == "")
    #expect(printed(Self.line + "l = train(f, steps=60, rate=0.22);").contains("rates above"))
  }

  @Test func aLoopThatDivergesSaysWhichRateHolds() {
    let told = printed(Self.line + "repeat 60 { w -= 1 * grad(f, w) }")
    #expect(told.contains("warning: the loss grows 69-fold a step from step 1 on: 18.667"), "\(told)")
    #expect(told.contains("rates above 2 / 9.3333 = 0.21429 grow"))
    #expect(told.contains("help: :undo, and 0.1 in place of 1"))
    #expect(printed(Self.line + "repeat 60 { w -= 0.1 * grad(f, w) }") == "")
  }

  @Test func aTrainingThatStandsStillSaysWhy() {
    #expect(printed(Self.line + "l = train(f, steps=20, rate=1e-9);").contains("times too small"))
    #expect(printed(Self.line + "w = weights(value=[[2]])\nl = train(f, steps=20);").contains("at a minimum"))
    let off = "x = [[1], [2]]\nw = weights(value=[[-1]])\nf := mse(relu(x @ w), [[1], [1]])\nl = train(f, steps=20);"
    #expect(printed(off).contains("its gradient by w is 0, and stays so"))
  }

  @Test func entriesCanBeFrozen() throws {
    var session = Session()
    let text =
      Self.line + "w2 = weights(value=[1, 2, 3])\nl = train(sum(w2^2), steps=3, freeze=[true, false, true]);\nw2"
    #expect(printed(text, in: &session).contains("1  1.8824  3"))
    #expect(
      printed("l = train(f, freeze=[true, false])", in: &session).contains("'freeze' is a mask of 2, and w is 1×1"))
  }

  @Test func weightsWithAMaskStayRemoved() {
    let w = "m = mask([[1, 0], [0, 1]])\nw = weights(value=[[1, 2], [3, 4]], mask=m)\nf := sum(([[1, 1]] @ w)^2)\n"
    #expect(printed(w + "w").contains("2 of 4 removed"))
    #expect(printed(w + "grad(f, w)").contains("2 of 4 removed"))
    #expect(printed(w + "l = train(f, steps=5, momentum=0.9, decay=0.1);\nw").contains("2 of 4 removed"))
    #expect(printed(w + ":why grad(f, w)[0, 1]").hasPrefix("⋅ masked: w[0, 1] was left out when w was made, line 2"))
    #expect(!printed("m = mask([[1, 0], [0, 1]])\nw = weights(2, 2, fan_mask=m)\nw").contains("removed"))
  }

  // MARK: Watching

  @Test func watchesAnEntryThroughALoop() {
    let loop = """
      w = weights(value=[0.5, 0])
      keep = [1.0, 0]
      v = [0, 1]
      f := sum((w - 1)^2)
      :watch w[1] in repeat 3 { v = 0.9 * v + keep * grad(f, w); w -= 0.01 * v }
      """
    let told = printed(loop)
    #expect(told.hasPrefix("w[1]  0 → -0.02439"), "\(told)")
    #expect(told.contains("-0.009  -0.0171  -0.02439"))
    #expect(told.contains("v[1]"))
  }

  @Test func watchesATraining() throws {
    var session = Session()
    let told = printed(Self.line + ":watch w[0, 0] in train(f, steps=4, rate=0.1, momentum=0.5)", in: &session)
    var other = Session()
    _ = printed(Self.line + "l = train(f, steps=4, rate=0.1, momentum=0.5)", in: &other)
    let end = try value("w[0, 0]", other)
    #expect(try value("w[0, 0]", session) == end)
    let number = told.split(separator: " ").compactMap { Double($0) }.dropFirst().first ?? .nan
    #expect(close(number, end), "\(told)")
  }

  @Test func watchingWhatCannotBeWatchedIsRefused() {
    #expect(
      printed(Self.line + ":watch w in train(f)").contains("w[0, 0]")
        || printed(Self.line + ":watch x in train(f)").contains("one entry is watched"))
    #expect(printed(Self.line + ":watch w[0, 0] in 3 + 4").contains("a loop or a training is watched"))
    #expect(printed(Self.line + ":watch w[0, 0]").contains("watched in a statement"))
    #expect(printed(Self.line + ":watch gone[0] in repeat 2 { w -= 1 }").contains("gone"))
    #expect(printed(Self.line + ":watch w[0, 0] in repeat 2 { del w }").isEmpty == false)
  }

  // MARK: The questions

  @Test(arguments: QuestionPage.questions.map(\.text)) func linesOfAQuestionRun(text: String) throws {
    let question = try #require(QuestionPage.questions.first { $0.text == text })
    #expect(question.lines.count == 3 || question.lines.count == 4)
    var session = Session()
    _ = printed(
      "x = [[1, 2], [3, 4]]\nw = weights(value=[[0.5, -1], [2, 0.25]])\nloss := mse(relu(x @ w), [[1, 1], [0, 2]])",
      in: &session)
    for line in question.lines {
      let answer = printed(line, in: &session)
      #expect(!answer.contains("error"), "\(line): \(answer)")
      #expect(!answer.contains("a value in between"))
    }
  }
}
