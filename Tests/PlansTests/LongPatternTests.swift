import Tensors
import Testing

@testable import Graphs
@testable import Plans

/// Patterns that take long.
@Suite struct LongPatternTests {
  /// Those that are only computed where there are zeros are what they would be anyway.
  @Test(arguments: [true, false]) func longPatternsAreThere(hasZeros: Bool) throws {
    let builder = Builder()
    let shape = Shape([64, 64])
    let kept = (0..<shape.count).map { !hasZeros || $0 % 64 != 5 }
    let ones = builder.constant(Tensor([Double](repeating: 1, count: shape.count), shape: shape, type: .float32))
    let masked = Symbol.keep(builder.constant(Tensor(kept, shape: shape)), ones)
    let product = Symbol.matrixProduct(masked, masked)
    let masks = [builder.pattern(of: product).structural].compactMap { $0 }
    #expect(masks.count == 1 && builder.isLong(masks, beside: [product]))
    let result = try builder.valuesWithPatterns(of: [product])[0]
    let zeros = result.pattern.structural?.values.count { $0 == 0 }
    #expect(zeros == (hasZeros ? 64 : nil))
    #expect(result.value.values.count { $0 == 0 } == (hasZeros ? 64 : 0))
  }
}
