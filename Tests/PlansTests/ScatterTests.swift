import CKernels
import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// Values put at places in one pass, held against the slow twin bit by bit.
@Suite struct ScatterTests {
  private static func numbers(_ count: Int, _ random: inout SplitMix, _ range: ClosedRange<Double>) -> [Double] {
    (0..<count).map { _ in Double.random(in: range, using: &random) }
  }

  private static func places(_ count: Int, below extent: Int, _ random: inout SplitMix) -> [Double] {
    (0..<count).map { _ in Double(Int.random(in: -extent..<extent, using: &random)) }
  }

  @Test(arguments: [ElementType.float32, .float64], [(5_000, 40), (4_500, 6_001)])
  func placesInAVector(_ type: ElementType, _ sizes: (whole: Int, count: Int)) throws {
    var random = SplitMix(7)
    let builder = Builder(defaultType: type)
    func parameter(_ values: [Double]) -> Symbol {
      builder.parameter(Tensor(values, shape: Shape([values.count]), type: type))
    }
    let x = parameter(Self.numbers(sizes.whole, &random, -1...1))
    let named = Self.places(sizes.count, below: sizes.whole, &random)
    let (places, values) = (parameter(named), parameter(Self.numbers(sizes.count, &random, -1...1)))
    let placed = try x.placing(values, at: places, builder.parameters[1].value, axis: 0)
    // Whatever the values are, places may be float64.
    let positions = named.map { $0 < 0 ? $0 + Double(sizes.whole) : $0 }
    let replaced = x.replacing(at: Tensor(positions, shape: places.shape, type: .float64), by: values)
    try Self.compare(builder, [placed, replaced], with: [placed.formula, replaced.formula])
    let slopes = builder.gradient(of: placed, withRespectTo: [x, values], seed: x)
    try Self.compare(builder, slopes, with: slopes)
    // Whose order is the kernel's own: sums of floats are added up one by one.
    let added = builder.add(.gatherAdjoint(0), [values, places], shape: x.shape, type: type)
    try Self.compare(builder, [added], with: [added], exactly: type == .float64)
  }

  @Test(arguments: [ElementType.float32, .float64], [0, 1]) func placesInRows(_ type: ElementType, _ axis: Int) throws {
    var random = SplitMix(11)
    let builder = Builder(defaultType: type)
    let (whole, small) = (Shape([30, 17]), axis == 0 ? Shape([50, 9]) : Shape([20, 40]))
    let x = builder.parameter(Tensor(Self.numbers(whole.count, &random, -1...1), shape: whole, type: type))
    let places = builder.parameter(
      Tensor(Self.places(small.count, below: whole[axis], &random), shape: small, type: type))
    let values = builder.parameter(Tensor(Self.numbers(small.count, &random, -1...1), shape: small, type: type))
    let placed = try x.placing(values, at: places, builder.parameters[1].value, axis: axis)
    let slopes = builder.gradient(of: placed, withRespectTo: [x, values], seed: x)
    try Self.compare(builder, [placed] + slopes, with: [placed.formula] + slopes)
  }

  /// What the slow twin gives for these, on 1, 2 and 4 threads.
  private static func compare(
    _ builder: Builder, _ symbols: [Symbol], with others: [Symbol], exactly: Bool = true
  ) throws {
    let parameters = builder.parameters.map(\.value)
    let plan = Plan(builder.graph, outputs: symbols.map(\.reference))
    #expect(plan.fault == nil)
    defer { gk_set_thread_count(2) }
    gk_set_thread_count(1)
    let single = try plan.run(parameters).map(\.values)
    let expected = try builder.graph.interpret(others.map(\.reference), parameters: parameters).map(\.values)
    for (number, (own, other)) in zip(single, expected).enumerated() {
      // Sentences about thousands of numbers take long.
      let wrong = zip(own, other).enumerated().first { exactly ? $1.0 != $1.1 : abs($1.0 - $1.1) > 1e-5 }
      #expect(wrong == nil && own.count == other.count, "\(number): \(String(describing: wrong))")
    }
    for threads in [2, 4] {
      gk_set_thread_count(Int32(threads))
      let isSame = try plan.run(parameters).map(\.values) == single
      #expect(isSame, "\(threads) threads")
    }
  }
}

extension Symbol {
  /// What a restated value is the value of.
  fileprivate var formula: Symbol { builder.symbol(builder.graph.operands(of: reference)[1]) }
}
