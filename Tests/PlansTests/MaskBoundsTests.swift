import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// Masks that are the same whatever values are held by what they depend on.
@Suite struct MaskBoundsTests {
  private static let shape = Shape([4, 4])

  @Test func whatAbsorbsIsSettled() throws {
    let builder = Builder()
    let kept = builder.constant(Tensor((0..<16).map { $0 % 3 == 0 }, shape: Self.shape))
    let x = builder.variable(shape: Self.shape, type: .float32)
    let unknown = Symbol.logic(.and, kept, .compare(.greater, x, builder.constant(0)))
    let value = try builder.settledMask(.logic(.or, kept, unknown))
    #expect(value?.values == builder.parameters[0].value.values)
    #expect(try builder.settledMask(unknown) == nil)
    #expect(try builder.settledMask(.logic(.or, .map(not: kept), unknown)) == nil)
    #expect(!builder.hasDemandedUnknown)
  }

  /// What is settled is what it is for all values; what isn't differs for some.
  @Test func settledMasksAreTheSameForAllValues() throws {
    var random = SplitMix(7)
    var (settled, open) = (0, 0)
    for _ in 0..<600 {
      let builder = Builder()
      var masks = (0..<2).map { _ in
        builder.constant(Tensor((0..<16).map { _ in random.next() % 3 > 0 }, shape: Self.shape))
      }
      let x = builder.variable(shape: Self.shape, type: .float32)
      let b = builder.variable(shape: Self.shape, type: .bool)
      masks += [.compare(.less, x, builder.constant(0.5)), b]
      for _ in 0..<6 {
        let (p, q) = (masks[Int(random.next() % UInt64(masks.count))], masks[Int(random.next() % UInt64(masks.count))])
        masks.append(Self.mask(Int(random.next() % 8), p, q))
      }
      let mask = masks[masks.count - 1]
      guard !builder.variables(of: mask).isEmpty else { continue }
      let value = try builder.settledMask(mask)
      var found: Set<[Double]> = []
      for trial in 0..<24 {
        let low = trial == 0 ? 1.0 : 0
        let numbers = (0..<16).map { _ in trial == 1 ? 0 : max(Double(random.next() % 100) / 100, low) }
        let bits = (0..<16).map { _ in trial == 1 ? false : trial == 0 || random.next() % 2 == 0 }
        found.insert(
          try builder.value(
            of: mask,
            replacing: [
              x.reference: Tensor(numbers, shape: Self.shape, type: .float32),
              b.reference: Tensor(bits, shape: Self.shape),
            ]
          ).values)
      }
      if let value {
        settled += 1
        #expect(found == [value.values])
      } else {
        open += 1
      }
    }
    #expect(settled > 5 && open > 20)
  }

  private static func mask(_ kind: Int, _ p: Symbol, _ q: Symbol) -> Symbol {
    switch kind {
    case 0, 1: .logic(.and, p, q)
    case 2, 3: .logic(.or, p, q)
    case 4: .map(not: p)
    case 5: .logic(.xor, p, q)
    case 6: p.transposed([1, 0])
    default:
      .compare(
        .greater,
        p.builder.add(
          .matrixProduct, [p.converted(to: .float32), q.converted(to: .float32)], shape: shape, type: .float32),
        p.builder.constant(0))
    }
  }

  /// A product with a factor that has no zeros has its zeros where all entries that it adds are.
  @Test(arguments: [true, false]) func productsWithOneMask(isFirst: Bool) throws {
    var random = SplitMix(3)
    for shapes in [([3, 4], [4, 5]), ([2, 3, 4], [1, 4, 5]), ([1, 3, 4], [2, 4, 5]), ([3, 0], [0, 5])] {
      let builder = Builder()
      let operands = [shapes.0, shapes.1].enumerated().map { number, extents in
        let shape = Shape(extents)
        let ones = builder.constant(Tensor([Double](repeating: 1, count: shape.count), shape: shape, type: .float32))
        guard (number == 0) == isFirst else { return ones }
        let kept = (0..<shape.count).map { _ in random.next() % 4 == 0 }
        return Symbol.keep(builder.constant(Tensor(kept, shape: shape)), ones)
      }
      let product = Symbol.matrixProduct(operands[0], operands[1])
      guard let mask = builder.pattern(of: product).structural else {
        Issue.record("a factor has zeros")
        continue
      }
      #expect(mask.shape == product.shape)
      #expect(try builder.value(of: mask).values == builder.value(of: product).values.map { $0 > 0 ? 1 : 0 })
    }
  }
}
