import Devices
import Foundation
import Graphs
import Language
import Refusals
import Tensors
import TestSupport
import Testing

/// What a plugin's device computes is what is computed here.
@Suite(.serialized) struct DeviceTests {
  private static let plugin = Peer.device.output.flatMap { try? Plugin(path: $0) }

  /// What is answered to questions after a program, here and there.
  private func answers(_ program: String, _ questions: [String]) throws -> (here: [[Double]], there: [[Double]]) {
    let plugin = try #require(Self.plugin)
    func ask(_ device: Plugin?) throws -> [[Double]] {
      var session = Session()
      session.device = device
      let text = printed(program, in: &session)
      #expect(!text.contains("error"), "\(text)")
      return questions.map { Self.numbers(of: $0, in: &session) }
    }
    return (try ask(nil), try ask(plugin))
  }

  private static func numbers(of question: String, in session: inout Session) -> [Double] {
    let text = printed(":repr \(question)", in: &session)
    return text.split { "[], \n".contains($0) }.map { Double($0) ?? ($0 == "true" ? 1 : 0) }
  }

  private func expectSame(_ program: String, _ questions: [String], tolerance: Double = 1e-5) throws {
    let known = Self.plugin?.programCount ?? 0
    let (here, there) = try answers(program, questions)
    #expect((Self.plugin?.programCount ?? 0) > known)
    for (question, (a, b)) in zip(questions, zip(here, there)) {
      #expect(!a.isEmpty && a.count == b.count, "\(question): \(a) \(b)")
      for (x, y) in zip(a, b) {
        #expect(x == y || x.isNaN && y.isNaN || abs(x - y) <= tolerance * max(1, abs(x)), "\(question): \(a) \(b)")
      }
    }
  }

  // MARK: Networks

  @Test(.peer(.device)) func theSeedExampleAgrees() throws {
    try expectSame(
      ExportTests.network,
      ["loss", "y", "grad(loss, w)", "grad(loss, b)", "grad(loss, x)", "grad(grad(loss, w)[0, 1], b)"])
  }

  private static let network = """
    x = normal(32, 8); t = normal(32, 3)
    m = uniform(8, 16) < 0.3
    w1 = weights(8, 16, mask=m); b1 = weights(16); w2 = weights(16, 3); b2 = weights(3)
    loss := mse(tanh(x @ (w1 * m) + b1) @ w2 + b2, t)

    """

  @Test(
    .peer(.device),
    arguments: ["rate=0.1", "rate=0.1, momentum=0.9, decay=0.01", "using=\"adam\", rate=0.01"])
  func aMaskedNetworkTrainsAlike(options: String) throws {
    try expectSame(
      Self.network + "before = w1\nlosses = train(loss, steps=25, \(options))",
      ["losses", "w1", "b1", "w2", "b2", "all(w1[not m] == before[not m])"], tolerance: 1e-4)
  }

  @Test(.peer(.device)) func aLoopRunsAlike() throws {
    try expectSame(
      Self.network + """
        for i in 0:9 {
          rows = x[(3 * i):(3 * i + 4), :]
          part = mse(tanh(rows @ (w1 * m) + b1 + 0.1 * normal(16)) @ w2 + b2, t[(3 * i):(3 * i + 4), :])
          w1 -= 0.1 * grad(part, w1)
        }
        """, ["w1", "part", "normal(2)"], tolerance: 1e-4)
  }

  @Test(.peer(.device)) func removedEntriesStayRemoved() throws {
    let program = """
      m = mask([[0, 1], [1, 0], [0, 1]])
      w = weights(value=[[nan, 0.5], [1, inf], [nan, 0.25]])
      x = [[0.5, 0.5, 0.4], [inf, 1, -1]]
      loss := mse(relu(x @ (w * m)), [[1, 1]])

      """
    let questions = ["w * m", "x @ (w * m)", "grad(loss, w)", "structural(w * m)"]
    try expectSame(program, questions)
    let plugin = try #require(Self.plugin)
    for question in questions + ["w * m", "grad(loss, w)", "train(loss, steps=3)", "w"] {
      let (here, there) = (printed(program + question), printed(program + question) { $0.device = plugin })
      #expect(here == there)
    }
  }

  @Test(.peer(.device)) func whatItLacksRunsHere() throws {
    let program = """
      a = [[4, 1], [1, 3]]
      f(x) = sum(sin(inv(x @ x + 1) * x)) + sum(sigmoid(x) * normal(2, 2))
      """
    try expectSame(program, ["f(a)", "f(a)", "solve(a * 2, [1, 2]) + a @ [1, 1]", "a[argmax(a[0]), :]"])
  }

  // MARK: Every operator

  @Test(
    .peer(.device),
    arguments: ["float32", "float64"]) func everyOperatorAgrees(precision: String) throws
  {
    let plugin = try #require(Self.plugin)
    for (name, expression) in OperatorTests.allTrials {
      let domain = Operator.named[name]?.domain ?? -2...2
      let letters = expression.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      let gradients = ["a", "s", "v"].filter { letters.contains(Substring($0)) }.map {
        "grad(sum(sin(\(expression))), \($0))"
      }
      var program = ":precision \(precision)\n"
      for (letter, shape) in [("a", "2, 3"), ("b", "2, 3"), ("c", "2, 3"), ("s", "3, 3"), ("v", "3")] {
        program += "\(letter) = uniform(\(shape), low=\(domain.lowerBound), high=\(domain.upperBound))\n"
      }
      // One statement, so that a random draw is the same each time.
      program += "values = (\(([expression] + gradients).joined(separator: ", ")),)\n"
      let questions = (0...gradients.count).map { "values[\($0)]" }
      var answers: [[[Double]]] = []
      for device in [nil, plugin] {
        var session = Session()
        session.device = device
        let text = printed(program, in: &session)
        #expect(!text.contains("error"), "\(expression): \(text)")
        answers.append(questions.map { Self.numbers(of: $0, in: &session) })
      }
      let (relative, absolute) = precision == "float32" ? (2e-4, 2e-5) : (1e-9, 1e-11)
      for (a, b) in zip(answers[0], answers[1]) {
        let isSame =
          a.count == b.count
          && zip(a, b).allSatisfy { x, y in
            x == y || x.isNaN && y.isNaN || abs(x - y) <= absolute + relative * abs(x)
          }
        #expect(isSame, "\(expression): \(a) here, \(b) there")
      }
    }
  }

  // MARK: What can go wrong

  @Test(.peer(.device)) func aDeviceSaysWhatItIs() throws {
    let plugin = try #require(Self.plugin)
    #expect(plugin.name.hasPrefix("cpu"))
    #expect(printed(":env") { $0.device = plugin }.contains("device     cpu (PJRT 0."))
    #expect(!printed(":env").contains("device "))
  }

  @Test(.peer(.device)) func refusalsAreSentences() throws {
    let plugin = try #require(Self.plugin)
    #expect {
      try plugin.compile("module @m { nonsense }")
    } throws: { error in
      guard let refusal = error as? Refusal else { return false }
      return refusal.message.hasPrefix("the device can't compile this: ") && !refusal.message.contains("\n")
        && refusal.help == "without --device it is computed here"
    }
    let text = printed("ones(100000, 100000) @ ones(100000, 1)") {
      $0.device = plugin; $0.memoryLimit = 1 << 20
    }
    #expect(text.contains("the result would need"), "\(text)")
  }

  @Test func whatIsNoPluginIsRefused() throws {
    let folder = try Folder()
    func failure(_ code: String) throws -> String? {
      let (source, library) = (folder.path + "/p.c", folder.path + "/p\(abs(code.hashValue)).so")
      try Data(code.utf8).write(to: URL(fileURLWithPath: source))
      guard Python.run("clang", ["-shared", "-fPIC", "-o", library, source]).status == 0 else { return nil }
      do throws(Refusal) { _ = try Plugin(path: library) } catch {
        return error.message.replacingOccurrences(of: library, with: "P")
      }
      return ""
    }
    guard let plain = try failure("int f(void) { return 1; }") else { return }
    #expect(plain == "P is no PJRT plugin: it has no GetPjrtApi")
    func version(_ major: Int, _ minor: Int) throws -> String? {
      try failure(
        "static struct { long a, b, c, d; int major, minor; } api = {0, 0, 0, 0, \(major), \(minor)};"
          + "void *GetPjrtApi(void) { return &api; }")
    }
    #expect(try version(1, 3) == "P speaks version 1.3 of PJRT; a plugin with 0.81 or later is needed")
    #expect(try version(0, 20) == "P speaks version 0.20 of PJRT; a plugin with 0.81 or later is needed")
    folder.write("t.so", "text")
    #expect(throws: Refusal.self) { try Plugin(path: folder.path + "/t.so") }
  }
}
