import Printing
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Language

/// What the marks on zeros promise.
@Suite struct ZeroTests {
  @Test func hintsAtAPlainMaskOnce() {
    let program = "w = rand(2, 2); m = [[0, 1], [1, 0]]\nw * m;\nw * m;"
    let text = printed(program) { $0.isInteractive = true }
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("hint:") }.count == 1)
  }

  @Test func jsonCarriesCauses() {
    let text = printed("w = [[1, -2], [0, 4]]\nm = mask([[0, 1], [1, 1]])\nrelu(w * m)") { $0.display.format = .json }
    #expect(text.contains("\"zeros\":\".oo-\""), "\(text)")
  }

  /// Something lands in each row that has an index, and in no other.
  @Test func rowsWithoutAnIndexStayRemoved() {
    func sums(_ picked: String, _ axis: Int) -> String {
      printed("x = [[1, 2], [3, 4]]\nsum(grad(sum(\(picked)^2), x), axis=\(axis))")
    }
    #expect(sums("gather(x, [[0]], axis=1)", 1).hasSuffix("2  ⋅"))
    #expect(sums("gather(x, [[0], [1]], axis=1)", 1).hasSuffix("2  8"))
    #expect(sums("x[[1]]", 1).hasSuffix("⋅  14"))
    #expect(sums("x[[1]]", 0).hasSuffix("6  8"))
    #expect(sums("x[:, [1]]", 1).hasSuffix("4  8"))
    #expect(sums("x[:, [1]]", 0).hasSuffix("⋅  12"))
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

  // MARK: Random networks

  /// 2–4 masked layers with several activations and losses, and the names whose gradients are looked at.
  struct Network {
    var session: Session
    var names: [String]
    var hasOnlyRelus: Bool

    init(seed: Int, relusOnly: Bool = false) {
      var random = SplitMix(seed)
      let depth = Int.random(in: 2...4, using: &random)
      var extents = (0...depth).map { _ in Int.random(in: 2...4, using: &random) }
      extents[depth] = 2
      var program = "seed(\(seed))\nx = normal(2, \(extents[0]))\n"
      var layer = "x"
      names = ["x"]
      for i in 0..<depth {
        program += "m\(i) = mask(bernoulli(0.6, \(extents[i]), \(extents[i + 1])))\n"
        program += "w\(i) = weights(\(extents[i]), \(extents[i + 1]))\n"
        names.append("w\(i)")
        let product = "\(layer) @ (w\(i) * m\(i))"
        let activations = [
          "relu(\(product))", "clip(\(product), -0.5, 0.5)", "where(\(product) > 0.1, \(product), 0)",
          "maximum(\(product), 0.2)", "abs(\(product))", "tanh(\(product))",
        ]
        layer = relusOnly ? activations[0] : activations.randomElement(using: &random) ?? product
      }
      let losses = ["mse(y, [[1, 1], [0, 1]])", "sum(y * y)", "mean(abs(y))", "sum(y)"]
      program += "y := \(layer)\nloss := \(losses[relusOnly ? 0 : Int.random(in: 0..<4, using: &random)])\n"
      hasOnlyRelus = relusOnly
      session = Session()
      #expect(printed(program, in: &session) == "", "seed \(seed)")
    }

    /// The gradients by all names, with their causes.
    func gradients(hasStrongZeros: Bool = true) throws -> [Held] {
      let evaluator = Evaluator(session)
      evaluator.builder.hasStrongZeros = hasStrongZeros
      let expression = try Parser.parseExpression("grad(loss, \(names.joined(separator: ", ")))")
      guard case .tuple(let parts) = try evaluator.evaluate(expression) else { return [] }
      return try parts.map { part in try evaluator.hold(try evaluator.symbol(part, 0..<0), 0..<0, isFixed: nil) }
    }

    /// Every name's value changed entry by entry.
    mutating func redraw(_ change: (Double) -> Double) {
      for name in names {
        guard let binding = session.names[name], case .tensor(let held, _) = binding.content else { continue }
        let values = held.tensor.values.map(change)
        let tensor = Tensor(values, shape: held.tensor.shape, type: held.tensor.type)
        let version = session.tick()
        session.names[name]?.content = .tensor(Held(tensor: tensor), nil)
        session.names[name]?.version = version
      }
    }
  }

  @Test(.slow, arguments: 0..<30) func removedEntriesStayZeroInAllRedraws(block: Int) throws {
    for seed in block * 10..<block * 10 + 10 {
      var random = SplitMix(seed + 1_000)
      var network = Network(seed: seed)
      let first = try network.gradients()
      for _ in 0..<40 {
        network.redraw { _ in
          switch Int.random(in: 0..<20, using: &random) {
          case 0: .nan
          case 1: .infinity
          case 2: -.infinity
          default: Double.random(in: -2...2, using: &random)
          }
        }
        for (before, after) in zip(first, try network.gradients()) {
          guard let structural = before.pattern.structural else { continue }
          for place in 0..<structural.count where structural[flat: place] == 0 {
            #expect(after.tensor[flat: place] == 0, "seed \(seed)")
          }
        }
      }
    }
  }

  @Test(.slow, arguments: 0..<10) func gatedEntriesStayZeroNearby(block: Int) throws {
    for seed in block * 10..<block * 10 + 10 {
      var random = SplitMix(seed + 2_000)
      let network = Network(seed: seed)
      let first = try network.gradients()
      for _ in 0..<10 {
        var moved = network
        moved.redraw { $0 + Double.random(in: -1e-6...1e-6, using: &random) }
        for (before, after) in zip(first, try moved.gradients()) {
          guard let strong = before.pattern.strong else { continue }
          for place in 0..<strong.count where strong[flat: place] == 0 {
            #expect(after.tensor[flat: place] == 0, "seed \(seed)")
          }
        }
      }
    }
  }

  @Test(.slow, arguments: 0..<10) func whatIsAlwaysZeroIsMarked(block: Int) throws {
    for seed in block * 10..<block * 10 + 10 {
      var random = SplitMix(seed + 3_000)
      var network = Network(seed: seed, relusOnly: true)
      let first = try network.gradients()
      var isAlwaysZero = first.map { held in (0..<held.tensor.count).map { held.tensor[flat: $0] == 0 } }
      for _ in 0..<400 {
        network.redraw { _ in Double.random(in: -2...2, using: &random) }
        for (i, held) in try network.gradients().enumerated() {
          for place in 0..<held.tensor.count where held.tensor[flat: place] != 0 { isAlwaysZero[i][place] = false }
        }
        if !isAlwaysZero.joined().contains(true) { break }
      }
      for (held, zeros) in zip(first, isAlwaysZero) {
        for place in zeros.indices where zeros[place] {
          #expect(held.pattern.structural.map { $0[flat: place] == 0 } == true, "seed \(seed), entry \(place)")
        }
      }
    }
  }

  @Test(arguments: 0..<100) func finiteValuesAreTheSameWithoutCauses(seed: Int) throws {
    let network = Network(seed: seed)
    for (with, without) in zip(try network.gradients(), try network.gradients(hasStrongZeros: false)) {
      for place in 0..<with.tensor.count where without.tensor[flat: place].isFinite {
        #expect(with.tensor[flat: place] == without.tensor[flat: place], "seed \(seed)")
      }
    }
  }
}
