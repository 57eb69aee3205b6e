import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// Elementwise runs in strips held against the slow twin, and against the same kernels one by one.
@Suite struct FusionTests {
  private static let domains = [
    Shape([4_096]), Shape([9_001]), Shape([70, 60]), Shape([3, 2_500]), Shape([600, 7]), Shape([5, 30, 40]),
  ]

  @Test(arguments: 0..<48, [ElementType.float32, .float64])
  func fusedRunsAgreeWithInterpretation(seed: Int, type: ElementType) throws {
    var random = SplitMix(seed * 77 + 1)
    let builder = Builder(defaultType: type)
    let domain = Self.domains[seed % Self.domains.count]
    var shapes = [domain, domain, .scalar]
    if domain.rank > 1 {
      shapes.append(Shape(Array(domain.extents.dropFirst())))
      shapes.append(Shape([domain[0]] + domain.extents.dropFirst().map { _ in 1 }))
    }
    var symbols = shapes.map { shape in
      let values = (0..<shape.count).map { _ in Double.random(in: -2...2, using: &random) }
      return builder.parameter(Tensor(values, shape: shape, type: type))
    }
    let isWild = seed % 5 == 4
    if isWild { symbols.append(builder.constant(.nan)) }
    for _ in 0..<10 { symbols.append(grown(from: symbols, over: domain, &random)) }
    symbols += [symbols[symbols.count - 1].summed, symbols[symbols.count - 2].summed]
    let outputs = symbols.suffix(5).map(\.reference)
    let parameters = builder.parameters.map(\.value)
    let fast = try Plan(builder.graph, outputs: outputs).run(parameters)
    let slow = try builder.graph.interpret(outputs, parameters: parameters)
    for (a, b) in zip(fast, slow) {
      #expect(a.shape == b.shape && a.type == b.type)
      let size = b.shape.rank == 0 && domain.rank > 0 ? Double(domain.count) : 1
      let bound = (type == .float32 ? 2e-5 : 1e-12) * size
      let differs = zip(a.values, b.values).contains { x, y in
        !(x == y || x.isNaN && y.isNaN || abs(x - y) <= bound * max(abs(y), 1))
      }
      #expect(!differs, "seed \(seed) over \(domain)")
    }
    // The same bits as with every value written out and summed afterwards.
    for (symbol, value) in zip(symbols.suffix(2), fast.suffix(2)) {
      let operand = builder.graph.operands(of: symbol.reference)
      guard let source = operand.first, builder.graph.primitive(of: symbol.reference)?.name == "sum" else {
        continue
      }
      let whole = try Plan(builder.graph, outputs: [source]).run(parameters)[0]
      let other = Builder(defaultType: type)
      let sum = try other.values(of: [other.parameter(whole).summed])[0]
      #expect(sum.values.map(\.bitPattern) == value.values.map(\.bitPattern), "seed \(seed) over \(domain)")
    }
  }

  private func grown(
    from symbols: [Symbol], over domain: Shape, _ random: inout SplitMix, withCalls: Bool = true
  ) -> Symbol {
    let a = symbols.randomElement(using: &random) ?? symbols[0]
    let b = symbols.suffix(6).randomElement(using: &random) ?? symbols[0]
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return a + b
    case 1: return a * b
    case 2: return a - b
    case 3: return Operator.relu(b)
    case 4: return Operator.greater(a, b)
    case 5: return .select(Operator.less(a, b), a.asFloat, b.asFloat * 0.5)
    case 6: return (withCalls ? Operator.tanh(b) : -b) * symbols[1]
    case 7: return .keep(Operator.less(a, symbols[0]), b)
    case 8: return b.reshaped(Shape([b.shape.count])).reshaped(b.shape) + a
    case 9: return a + Operator.minimum(b, symbols[2]).summed(over: [], keepsAxes: true)
    case 10: return b.rank == 0 ? b : symbols[0] + b.asFloat.summed / Double(domain.count)
    default: return Operator.not(Operator.lessEqual(b, a)) * symbols[0]
    }
  }

  /// Groups as machine code, where LLVM is found, against their stages bit by bit.
  @Test(.enabled(if: CompiledCode.isAvailable), arguments: 0..<30, [ElementType.float32, .float64])
  func machineCodeGivesTheSame(seed: Int, type: ElementType) throws {
    var random = SplitMix(seed * 31 + 7)
    let builder = Builder(defaultType: type)
    let domain = Shape([16_384 + seed * 333])
    let odd: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, 1e-40, 3e38]
    var symbols = [domain, domain, .scalar].map { shape in
      let values = (0..<shape.count).map { _ in
        seed % 3 == 0 && Int.random(in: 0..<50, using: &random) == 0
          ? odd.randomElement(using: &random) ?? 0 : Double.random(in: -2...2, using: &random)
      }
      return builder.parameter(Tensor(values, shape: shape, type: type))
    }
    while symbols.count < 12 { symbols.append(grown(from: symbols, over: domain, &random, withCalls: false)) }
    symbols += [symbols[11].asFloat.summed, Operator.greater(symbols[10], symbols[0]).reduced(.any, over: [0])]
    let outputs = symbols.suffix(5).map(\.reference)
    let plan = Plan(builder.graph, outputs: outputs)
    let parameters = builder.parameters.map(\.value)
    func bits(_ policy: CompiledCode.Policy) throws -> [[UInt64]] {
      try CompiledCode.$policy.withValue(policy) {
        try plan.run(parameters).map { $0.values.map { $0.isNaN ? 1 : $0.bitPattern } }
      }
    }
    let same = try bits(.never) == bits(.always)
    #expect(same, "seed \(seed), \(type)")
  }

  @Test(.enabled(if: CompiledCode.isAvailable)) func chainsBecomeCode() throws {
    let builder = Builder()
    let parameters = (0..<3).map { number in
      let values = (0..<100_000).map { Double(($0 * 7 + number) % 13) - 6 }
      return builder.parameter(Tensor(values, shape: Shape([100_000]), type: .float32))
    }
    let result = (Operator.relu(parameters[0] * parameters[1] + parameters[2]) * 0.5).summed
    let tally = CompiledCode.Tally()
    try CompiledCode.$tally.withValue(tally) {
      try CompiledCode.$policy.withValue(.always) {
        _ = try Plan(builder.graph, outputs: [result.reference]).run(builder.parameters.map(\.value))
      }
    }
    #expect(tally.steps > 0)
  }

  @Test func chainsNeedNoBuffers() {
    let builder = Builder()
    let parameters = (0..<3).map { _ in
      builder.parameter(Tensor([Double](repeating: 0, count: 100_000), shape: Shape([100_000]), type: .float32))
    }
    let result = (Operator.relu(parameters[0] * parameters[1] + parameters[2]) * 0.5).summed
    #expect(Plan(builder.graph, outputs: [result.reference]).byteCount < 40_000)
  }

  /// Groups that are read together are one, and a gradient's ones multiply nothing.
  @Test func whatIsReadTogetherIsOneStep() {
    let builder = Builder()
    let (a, b) = (
      builder.parameter(Tensor([Double](repeating: 0.5, count: 9_000), shape: Shape([9_000]), type: .float32)),
      builder.parameter(Tensor([Double](repeating: 2, count: 9_000), shape: Shape([9_000]), type: .float32))
    )
    let sum = Operator.tanh(a) * b + Operator.sigmoid(b) * a
    #expect(Plan(builder.graph, outputs: [sum.reference]).steps.count == 1)
    let gradient = builder.gradient(of: Operator.exp(a).summed, withRespectTo: [a])[0]
    #expect(Plan(builder.graph, outputs: [gradient.reference]).steps.count == 1)
  }

  /// What comes from memory goes by tiles, what lies in a cache by pieces: large operands against parts of them.
  @Test(arguments: [ElementType.float32, .float64])
  func tilesAgreeWithPieces(type: ElementType) throws {
    let (count, parts) = (600_003, 3)
    var random = SplitMix(5)
    let inputs = (0..<2).map { _ in (0..<count).map { _ in Double.random(in: -2...2, using: &random) } }
    func results(_ range: Range<Int>) throws -> [Tensor] {
      let builder = Builder(defaultType: type)
      let shape = Shape([range.count])
      let x = inputs.map { builder.parameter(Tensor(Array($0[range]), shape: shape, type: type)) }
      let number = builder.parameter(Tensor([0.75], shape: .scalar, type: type))
      let quotient = (number - x[0]) / (x[1] * x[1] + number)
      let bounded = Operator.minimum(Operator.maximum(quotient, x[1] * number), number)
      let chain = Operator.relu(-bounded) + Operator.floor(Operator.abs(x[0]))
      let isLarge = Operator.greater(chain, builder.constant(2)).reduced(.any, over: [0])
      return try builder.values(of: [chain, isLarge, chain.summed, bounded])
    }
    let whole = try results(0..<count)
    let pieces = try (0..<parts).map { try results($0 * count / parts..<($0 + 1) * count / parts) }
    for output in [0, 3] {
      let agrees = whole[output].values.map(\.bitPattern) == pieces.flatMap { $0[output].values }.map(\.bitPattern)
      #expect(agrees)
    }
    #expect(whole[1].values == [pieces.map { $0[1].values[0] }.max() ?? 0])
    let sum = Builder(defaultType: type)
    #expect(try sum.values(of: [sum.parameter(whole[0]).summed])[0].values == whole[2].values)
  }

  @Test func anyAndAllOverManyElements() throws {
    for (place, value) in [(0, 1.0), (5_000, 1), (9_999, 1), (0, 0)] {
      var values = [Double](repeating: 0, count: 10_000)
      values[place] = value
      let builder = Builder()
      let x = builder.parameter(Tensor(values, shape: Shape([10_000]), type: .float32))
      let any = Operator.greater(x * 2, builder.constant(1)).reduced(.any, over: [0])
      let all = Operator.lessEqual(x * 2, builder.constant(1)).reduced(.all, over: [0])
      let results = try builder.values(of: [any, all])
      #expect(results[0].values == [value] && results[1].values == [1 - value])
    }
  }
}
