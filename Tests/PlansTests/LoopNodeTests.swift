import Refusals
import Tensors
import Testing

@testable import Graphs
@testable import Plans

/// Loops as nodes of a graph.
@Suite struct LoopNodeTests {
  /// h ← tanh(h · w + x), and the sum of h of every round.
  private func loop(
    rounds: Int, _ builder: Builder, isReversed: Bool = false
  ) throws -> (round: Builder.Round, inputs: [Symbol]) {
    let xs = builder.parameter(
      Tensor((0..<rounds * 2).map { Double($0 * 5 % 7) / 7 }, shape: Shape([rounds, 2]), type: .float64))
    let w = builder.parameter(Tensor([0.5, -0.25], shape: Shape([2]), type: .float64))
    let start = builder.parameter(Tensor([0.1, 0.2], shape: Shape([2]), type: .float64))
    let round = builder.loop(rounds, from: [start], isReversed: isReversed) { trace, carried in
      let next = Operator.tanh(carried[0] * w + trace.row(of: xs))
      return Builder.Round(next: [next], outputs: [next.summed])
    }
    return (try #require(round), [xs, w, start])
  }

  /// The same, written out.
  private func unrolled(rounds: Int, _ inputs: [Symbol], isReversed: Bool) -> (last: Symbol, outputs: [Symbol]) {
    var (h, outputs) = (inputs[2], [Symbol]())
    for round in 0..<rounds {
      let row = isReversed ? rounds - 1 - round : round
      h = Operator.tanh(h * inputs[1] + inputs[0].sliced(axis: 0, from: row, count: 1).reshaped(Shape([2])))
      outputs.append(h.summed)
    }
    return (h, isReversed ? outputs.reversed() : outputs)
  }

  @Test(arguments: [0, 1, 2, 9], [false, true]) func loopsDoWhatTheirRoundsDo(rounds: Int, isReversed: Bool) throws {
    let builder = Builder(defaultType: .float64)
    let (loop, inputs) = try loop(rounds: rounds, builder, isReversed: isReversed)
    let (last, outputs) = unrolled(rounds: rounds, inputs, isReversed: isReversed)
    let values = try builder.values(of: [loop.next[0], loop.outputs[0], last] + outputs)
    #expect(values[0].values == values[2].values)
    #expect(values[1].values == values.dropFirst(3).map { $0[flat: 0] })
    let weights = builder.iota(rounds, type: .float64) + 1
    let loss = loop.next[0].squared().summed + (loop.outputs[0] * weights).summed
    var other = last.squared().summed
    for (number, output) in outputs.enumerated() { other = other + output * Double(number + 1) }
    let gradients = builder.gradient(of: loss, withRespectTo: inputs)
    let others = builder.gradient(of: other, withRespectTo: inputs)
    let second = builder.gradient(of: gradients[1].squared().summed, withRespectTo: inputs)
    let seconds = builder.gradient(of: others[1].squared().summed, withRespectTo: inputs)
    let pairs = zip(try builder.values(of: gradients + second), try builder.values(of: others + seconds))
    for (a, b) in pairs {
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-12 * max(abs(y), 1)) }
    }
  }

  @Test func plansDoOnlyWhatIsRead() throws {
    let builder = Builder(defaultType: .float64)
    let (loop, inputs) = try loop(rounds: 50, builder)
    let last = Plan(builder.graph, outputs: [loop.next[0].reference])
    #expect(last.steps.count == 1 && last.steps[0].shape == Shape([2]))
    // Going back wants the state before each round, and the same loop gives both.
    let gradient = builder.gradient(of: loop.next[0].summed, withRespectTo: [inputs[1]])
    let both = Plan(builder.graph, outputs: [loop.next[0].reference, gradient[0].reference])
    #expect(both.steps.count { $0.rounds != nil } == 2)
    let loops = both.steps.compactMap(\.rounds?.loop)
    #expect(loops[0].kept.contains(.states(0)) && loops[0].kept.contains(.last(0)))
    #expect(!loops[0].kept.contains(.outputs(0)) && loops[1].isReversed)
  }

  /// Memory and steps are those of one round, however many there are.
  @Test func plansDontGrowWithTheRounds() throws {
    func plan(_ rounds: Int) throws -> Plan {
      let builder = Builder(defaultType: .float64)
      let (loop, _) = try loop(rounds: rounds, builder)
      return Plan(builder.graph, outputs: [loop.next[0].reference])
    }
    let (few, many) = (try plan(10), try plan(100_000))
    #expect(few.steps.count == many.steps.count && few.byteCount == many.byteCount)
    #expect(Cost(many).operations == 10_000 * Cost(few).operations)
  }

  /// Where the states of all rounds would take much of the memory, stretches of rounds are gone through twice.
  @Test(arguments: [false, true]) func statesAreKeptByStretches(isReversed: Bool) throws {
    func gradients(free: Int) throws -> [Tensor] {
      let builder = Builder(defaultType: .float64, memoryLimit: free)
      let (loop, inputs) = try loop(rounds: 2_003, builder, isReversed: isReversed)
      let weights = Operator.sin(builder.iota(2_003, type: .float64))
      let loss = loop.next[0].squared().summed + (loop.outputs[0] * weights).summed
      let first = builder.gradient(of: loss, withRespectTo: inputs)
      let second = builder.gradient(of: first[1].squared().summed, withRespectTo: [inputs[1]])
      return try builder.values(of: first + second)
    }
    let (whole, stretched) = (try gradients(free: .max), try gradients(free: 240_000))
    for (a, b) in zip(whole, stretched) {
      #expect(a.shape == b.shape)
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-12 * max(abs(y), 1)) }
    }
  }

  @Test func stretchesTakeLessMemory() throws {
    func bytes(free: Int) throws -> Int {
      let builder = Builder(defaultType: .float64, memoryLimit: free)
      let start = builder.parameter(Tensor([0.1, 0.2], shape: Shape([2]), type: .float64))
      let loop = builder.loop(10_000, from: [start]) { _, carried in Builder.Round(next: [Operator.sin(carried[0])]) }
      let gradient = builder.gradient(of: try #require(loop).next[0].summed, withRespectTo: [start])
      return Plan(builder.graph, outputs: gradient.map(\.reference)).byteCount
    }
    // 10,000 states of two numbers, and twice 100 of them.
    #expect(try bytes(free: .max) > 160_000)
    #expect(try bytes(free: 100_000) < 16_000)
  }

  /// What a mask removes is removed in each round: a plan that finds out too late is run again, strictly.
  @Test func strongZerosCountInEveryRound() throws {
    let builder = Builder(defaultType: .float64)
    let mask = builder.parameter(Tensor([true, false], shape: Shape([2])), isFixed: true)
    let w = builder.parameter(Tensor([0.5, .nan], shape: Shape([2]), type: .float64))
    let start = builder.parameter(Tensor([1, 1], shape: Shape([2]), type: .float64))
    let loop = builder.loop(10, from: [start]) { _, carried in Builder.Round(next: [mask * carried[0] * w]) }
    let last = try #require(loop).next[0]
    let (value, pattern) = try builder.valuesWithPatterns(of: [last])[0]
    #expect(value.values == [pow(0.5, 10), 0])
    #expect(pattern.structural?.values == [1, 0])
    let gradient = builder.gradient(of: last.summed, withRespectTo: [w])[0]
    let (slope, slopePattern) = try builder.valuesWithPatterns(of: [gradient])[0]
    #expect(slope.values == [10 * pow(0.5, 9), 0])
    #expect(slopePattern.structural?.values == [1, 0])
  }

  private func pow(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { product, _ in product * x } }
}
