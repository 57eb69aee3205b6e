import Sessions
import Tensors
import Testing

/// What the marks on zeros promise.
@Suite struct ZeroTests {
  @Test func hintsAtAPlainMaskOnce() {
    let program = "w = rand(2, 2); m = [[0, 1], [1, 0]]\nw * m;\nw * m;"
    let text = printed(program) { $0.isInteractive = true }
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("hint:") }.count == 1)
  }

  @Test func jsonCarriesCauses() {
    let text = printed("w = [[1, -2], [0, 4]]\nm = mask([[0, 1], [1, 1]])\nrelu(w * m)") { $0.display.format = .json }
    #expect(text.contains("\"zeros\":\".oo-\"") || text.contains("\"zeros\":\".o0-\""), "\(text)")
  }

  @Test func aMADEIsProvedByItsPattern() {
    // Three masked layers over 4 inputs: output i may depend on inputs before i alone.
    let network = """
      d = [0, 1, 2, 3]; h = [0, 1, 2, 0, 1, 2]
      m1 = mask(expand_dims(h, 0) >= expand_dims(d, 1))
      m2 = mask(expand_dims(h, 0) >= expand_dims(h, 1))
      m3 = mask(expand_dims(d, 0) > expand_dims(h, 1))
      w1 = weights(4, 6); w2 = weights(6, 6); w3 = weights(6, 4)
      x = rand(4)
      y := relu(relu(x @ (w1 * m1)) @ (w2 * m2)) @ (w3 * m3)
      lower = expand_dims(d, 1) > expand_dims(d, 0)

      """
    #expect(!printed(network + "expect depends(y, x) == lower").contains("error"))
    #expect(printed(network + "m3[0, 0] = true\nexpect all(depends(y, x) == lower)").contains("expectation failed"))
  }

  /// A random network: 2–4 layers, masks, several activations and losses.
  private func network(_ seed: Int, _ random: inout SplitMix) -> (program: String, names: [String]) {
    let depth = Int.random(in: 2...4, using: &random)
    var extents = (0...depth).map { _ in Int.random(in: 2...4, using: &random) }
    extents[depth] = 2
    var program = "seed(\(seed))\ninput x: [2, \(extents[0])]\nx = normal(2, \(extents[0]))\n"
    var layer = "x"
    var names = ["x"]
    for i in 0..<depth {
      program += "m\(i) = mask(bernoulli(0.6, \(extents[i]), \(extents[i + 1])))\n"
      program += "w\(i) = weights(\(extents[i]), \(extents[i + 1]))\n"
      names.append("w\(i)")
      let product = "\(layer) @ (w\(i) * m\(i))"
      let activations = [
        "relu(\(product))", "clip(\(product), -0.5, 0.5)", "where(\(product) > 0.1, \(product), 0)",
        "maximum(\(product), 0.2)", "abs(\(product))", "tanh(\(product))",
      ]
      layer = activations.randomElement(using: &random) ?? product
    }
    let losses = ["mse(y, [[1, 1], [0, 1]])", "sum(y * y)", "mean(abs(y))", "sum(y)"]
    program += "y := \(layer)\nloss := \(losses.randomElement(using: &random) ?? losses[0])\n"
    return (program, names)
  }

  private func marks(_ expression: String, in session: inout Session) -> (marks: [Character], values: [String])? {
    session.display.format = .json
    let text = printed(expression, in: &session)
    guard let data = text.firstRange(of: "\"data\":["), let end = text[data.upperBound...].firstIndex(of: "]") else {
      return nil
    }
    let values = text[data.upperBound..<end].split(separator: ",").map(String.init)
    guard let zeros = text.firstRange(of: "\"zeros\":\"") else { return ([], values) }
    return (Array(text[zeros.upperBound...].prefix { $0 != "\"" }), values)
  }

  @Test(arguments: 0..<30) func removedEntriesStayZeroInAllRedraws(block: Int) throws {
    for number in 0..<4 {
      let seed = block * 10 + number
      var random = SplitMix(state: UInt64(seed))
      let (program, names) = network(seed, &random)
      var session = Session()
      #expect(printed(program, in: &session) == "", "seed \(seed)")
      for name in names {
        let first = try #require(marks("grad(loss, \(name))", in: &session), "seed \(seed)")
        let removed = first.marks.indices.filter { first.marks[$0] == "." }
        guard !removed.isEmpty else { continue }
        var again = session
        for _ in 0..<5 {
          // New values for everything, NaN and infinities among them.
          for other in names {
            let values = ["normal(2, 3)", "nan", "inf", "-inf", "normal(1)"]
            let poison = values.randomElement(using: &random) ?? "nan"
            _ = printed("\(other) = \(other) + normal(1, 1)\n\(other)[0, -1] = sum(\(poison))", in: &again)
          }
          let next = try #require(marks("grad(loss, \(name))", in: &again))
          for place in removed {
            #expect(
              ["0", "0.0", "-0.0", "-0"].contains(next.values[place]),
              "seed \(seed): \(name)[\(place)] = \(next.values[place])")
          }
        }
      }
    }
  }
}
