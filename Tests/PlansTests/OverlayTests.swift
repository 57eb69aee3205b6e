import CKernels
import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// Sums of parts that are put at their places, held against the slow twin bit by bit, signs of zeros included.
@Suite struct OverlayTests {
  private static let numbers: [Double] = [-0.0, 0, 1.5, -2.25, .infinity, -.infinity, .nan, -0.0]

  private struct Random {
    var random: SplitMix
    let type: ElementType

    mutating func part(of whole: Shape, in builder: Builder) -> Symbol {
      let steps = whole.extents.map { _ in Int.random(in: 1...3, using: &random) }
      let extents = zip(whole.extents, steps).map { Int.random(in: 1...(1 + ($0 - 1) / $1), using: &random) }
      let starts = whole.extents.indices.map {
        Int.random(in: 0...(whole[$0] - 1 - (extents[$0] - 1) * steps[$0]), using: &random)
      }
      let values = (0..<Shape(extents).count).map { _ in OverlayTests.numbers.randomElement(using: &random) ?? 0 }
      return builder.parameter(Tensor(values, shape: Shape(extents), type: type))
        .embedded(starts: starts, steps: steps, in: whole)
    }
  }

  @Test(arguments: [ElementType.float32, .float64]) func sumsOfParts(_ type: ElementType) throws {
    var random = Random(random: SplitMix(3), type: type)
    for round in 0..<300 {
      let rank = 1 + round % 4
      let whole = Shape((0..<rank).map { _ in Int.random(in: 1...9, using: &random.random) })
      let builder = Builder(defaultType: type)
      var sum = random.part(of: whole, in: builder)
      for _ in 0..<Int.random(in: 1...5, using: &random.random) {
        let part = random.part(of: whole, in: builder)
        sum = Bool.random(using: &random.random) ? sum + part : part + sum
      }
      try Self.compare(builder, sum, "round \(round)")
    }
  }

  /// Rows whole to their ends are one row, and several threads share them.
  @Test(arguments: [
    (Shape([600, 300]), [2, 2]), (Shape([64, 3, 40, 40]), [1, 1, 2, 2]), (Shape([200_000]), [2]),
    (Shape([5, 10_001]), [2, 3]),
  ])
  func largeOnes(_ whole: Shape, _ steps: [Int]) throws {
    for type in [ElementType.float32, .float64] {
      let builder = Builder(defaultType: type)
      var random = SplitMix(5)
      let extents = zip(whole.extents, steps).map { $0 / $1 }
      let parts = (0..<4).map { number in
        let values = (0..<Shape(extents).count).map { _ in Double(Int.random(in: -9...9, using: &random)) }
        let starts = steps.indices.map { steps[$0] == 1 ? 0 : number >> ($0 % 2) & 1 }
        return builder.parameter(Tensor(values, shape: Shape(extents), type: type))
          .embedded(starts: starts, steps: steps, in: whole)
      }
      try Self.compare(builder, parts[0] + parts[1] + parts[2] + parts[3], "\(whole) \(type)")
    }
  }

  private static func compare(_ builder: Builder, _ symbol: Symbol, _ what: String) throws {
    let parameters = builder.parameters.map(\.value)
    let plan = Plan(builder.graph, outputs: [symbol.reference])
    #expect(plan.fault == nil && plan.steps.map(\.primitive.kernel.direct?.name) == ["overlay"], "\(what)")
    let slow = try builder.graph.interpret([symbol.reference], parameters: parameters)[0].values
    defer { gk_set_thread_count(2) }
    for threads in [1, 2, 4] {
      gk_set_thread_count(Int32(threads))
      let fast = try plan.run(parameters)[0].values
      let wrong = zip(fast, slow).enumerated().first { _, pair in
        !(pair.0.isNaN && pair.1.isNaN) && pair.0.bitPattern != pair.1.bitPattern
      }
      #expect(wrong == nil && fast.count == slow.count, "\(what), \(threads) threads: \(String(describing: wrong))")
    }
  }
}
