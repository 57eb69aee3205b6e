import CKernels
import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// Sums of columns that are made while their elements are computed, against the same sums of elements that were written out:
/// bit for bit.
struct ColumnSumTests {
  private static let domains: [(shape: [Int], axes: [Int])] = [
    ([400, 330], [0]), ([1_031, 777], [0]), ([65, 4_097], [0]), ([2, 70_001], [0]), ([3, 130, 1, 500], [0, 1]),
    ([129, 9, 257], [0]),
  ]

  private static func tensor(_ shape: [Int], _ type: ElementType, seed: Int, isWild: Bool) -> Tensor {
    var random = SplitMix(seed)
    let odd: [Double] = [.nan, .infinity, -.infinity, -0.0, 1e30]
    let values = (0..<shape.reduce(1, *)).map { _ in
      isWild && Int.random(in: 0..<5_000, using: &random) == 0
        ? odd.randomElement(using: &random) ?? 0 : Double.random(in: -2...2, using: &random)
    }
    return Tensor(values, shape: Shape(shape), type: type)
  }

  private typealias Sum = (Symbol) -> Symbol

  @Test(arguments: domains.indices, [ElementType.float32, .float64])
  func columnsAddUpAsTheyDoAlone(number: Int, type: ElementType) throws {
    let (shape, axes) = Self.domains[number]
    let builder = Builder(defaultType: type)
    let x = builder.parameter(Self.tensor(shape, type, seed: number, isWild: number % 2 == 1))
    let row = builder.parameter(
      Self.tensor(axes.map { _ in 1 } + shape.dropFirst(axes.count), type, seed: 7, isWild: false))
    // By tiles and by pieces; with a row for all rows, and without one.
    let brief = (x - row) * (x - row) + x
    let long = Operator.exp(x - row) * 0.5
    let own = Operator.tanh(x)
    let sums: [Sum] = [
      { $0.summed(over: axes) }, { $0.addedUp(.sum, over: axes) }, { $0.addedUp(.norm, over: axes) },
    ]
    for elements in [brief, long, own] {
      for (place, sum) in sums.enumerated() {
        let total = sum(elements)
        // Once for the sum alone, once where the elements are read by others, too.
        for outputs in [[total], [total, elements]] {
          let references = outputs.map(\.reference)
          let plan = Plan(builder.graph, outputs: references)
          #expect(plan.fault == nil)
          if place == 0 { #expect(plan.steps.contains { $0.fusion?.sumsColumns == true }) }
          let parameters = builder.parameters.map(\.value)
          let written = try Plan(builder.graph, outputs: [elements.reference]).run(parameters)[0]
          let other = Builder(defaultType: type)
          let alone = try other.values(of: [sum(other.parameter(written))])[0]
          for threads in [1, 2, 4] {
            gk_set_thread_count(Int32(threads))
            defer { gk_set_thread_count(2) }
            let results = try plan.run(parameters)
            let agrees = zip(results, [alone, written]).allSatisfy { $0.bits == $1.bits }
            #expect(agrees, "\(shape), \(type), sum \(place), \(threads) threads")
          }
        }
      }
    }
  }
}

/// What is noted about results while they are written.
struct FiniteNotesTests {
  private static let makers: [@Sendable (Symbol, Symbol) -> Symbol] = [
    { x, _ in Operator.tanh(x) }, { x, y in x + y }, { x, y in Operator.relu(x * y + 0.5) * y },
    { x, _ in Operator.log(x.squared()) }, { x, _ in x / x.summed(over: [1], keepsAxes: true) },
    { x, y in Operator.exp(x - x.reduced(.largest, over: [1], keepsAxes: true)) * y },
  ]

  @Test(arguments: makers.indices, [ElementType.float32, .float64])
  func whatIsKnownToBeFiniteIs(number: Int, type: ElementType) throws {
    for (rows, columns) in [(3, 2_111), (211, 333), (1_030, 700)] {
      for odd in [nil, Double.nan, .infinity] {
        for place in [0, rows * columns / 2 + 1, rows * columns - 1] {
          var values = (0..<rows * columns).map { Double($0 % 17) / 8 + 0.25 }
          if let odd { values[place] = odd }
          let builder = Builder(defaultType: type)
          let x = builder.parameter(Tensor(values, shape: Shape([rows, columns]), type: type))
          let y = builder.parameter(Tensor(values.map { $0 * 0.5 }, shape: Shape([rows, columns]), type: type))
          let result = try builder.values(of: [Self.makers[number](x, y)])[0]
          let isFinite = result.values.allSatisfy(\.isFinite)
          #expect(isFinite || !result.isKnownFinite, "\(rows)×\(columns), \(odd ?? 0) at \(place)")
          // Of rows that are stretched, few are computed by a loop that doesn't look.
          if number < 4 || rows > 1_000 { #expect(result.isKnownFinite == isFinite) }
          if odd == nil { break }
        }
      }
    }
  }
}

extension Tensor {
  fileprivate var bits: [UInt64] { values.map { $0.isNaN ? 1 : $0.bitPattern } }
}
