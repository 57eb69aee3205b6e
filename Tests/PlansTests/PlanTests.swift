import Graphs
import Tensors
import Testing

@testable import Plans

/// The fast path held against the slow twin.
@Suite struct PlanTests {
  @Test(arguments: 0..<60, [ElementType.float32, .float64])
  func planAgreesWithInterpretation(seed: Int, type: ElementType) throws {
    var random = Seeded(state: UInt64(seed))
    let builder = Builder(defaultType: type)
    var symbols: [Symbol] = [Shape([2, 3]), Shape([3, 3]), Shape([3]), .scalar, Shape([1, 3])].map { shape in
      let values = (0..<shape.count).map { _ in Double.random(in: -2...2, using: &random) }
      return builder.parameter(Tensor(values, shape: shape, type: type))
    }
    for _ in 0..<12 { symbols.append(grown(from: symbols, &random)) }
    let outputs = symbols.suffix(4).map(\.reference)
    let parameters = builder.parameters.map(\.value)
    let fast = try Plan(builder.graph, outputs: outputs).run(parameters)
    let slow = try builder.graph.interpret(outputs, parameters: parameters)
    for (a, b) in zip(fast, slow) {
      #expect(a.shape == b.shape && a.type == b.type)
      let bound = type == .float32 ? 2e-5 : 1e-12
      for (x, y) in zip(a.values, b.values) {
        #expect(x == y || x.isNaN && y.isNaN || abs(x - y) <= bound * max(abs(y), 1), "seed \(seed)")
      }
    }
  }

  /// One more symbol from those there are.
  private func grown(from symbols: [Symbol], _ random: inout Seeded) -> Symbol {
    let a = symbols.randomElement(using: &random) ?? symbols[0]
    let b = symbols.randomElement(using: &random) ?? symbols[0]
    switch Int.random(in: 0..<9, using: &random) {
    case 0: return a.shape.broadcast(with: b.shape) == nil ? -a : a + b
    case 1: return a.shape.broadcast(with: b.shape) == nil ? a * 0.5 : a * b
    case 2: return a.matrixTransposed
    case 3: return a.rank == 0 ? a : a.summed(over: [a.rank - 1], keepsAxes: true)
    case 4:
      guard a.rank == 2, b.rank == 2 else { return a.squared() }
      return a.shape[1] == b.shape[0] ? .matrixProduct(a, b) : .matrixProduct(a, a.matrixTransposed)
    case 5:
      return a.rank == 0
        ? a : a.sliced(axis: a.rank - 1, from: a.shape[a.rank - 1] - 1, count: a.shape[a.rank - 1], step: -1)
    case 6: return a.rank == 2 ? .concatenated([a, a], axis: 0).sliced(axis: 0, from: 0, count: a.shape[0]) : a - 1
    case 7: return a.shape.broadcast(with: b.shape) == nil ? a : a - b
    default: return a * 2 + 1
    }
  }

  @Test func buffersAreReused() {
    let builder = Builder()
    var x = builder.parameter(Tensor([1, 2, 3], shape: Shape([3]), type: .float32))
    for _ in 0..<20 { x = x * x + 1 }
    #expect(Plan(builder.graph, outputs: [x.reference]).byteCount <= 5 * 12)
  }

  @Test func parametersAreNeverWritten() throws {
    let builder = Builder()
    let value = Tensor([1, 2, 3], shape: Shape([3]), type: .float32)
    let x = builder.parameter(value)
    _ = try builder.values(of: [-x, x * 2, x])
    #expect(value.values == [1, 2, 3])
  }

  @Test func tooMuchMemoryIsRefusedBeforehand() {
    let builder = Builder(memoryLimit: 1_000)
    let x = builder.zeros(Shape([1 << 40, 1 << 40]), type: .float32)
    #expect(throws: ExecutionError.memory(needed: .max, free: 1_000)) { _ = try builder.values(of: [x]) }
  }

  @Test func strongZerosAreLeftOutOfProducts() throws {
    let builder = Builder()
    let mask = builder.parameter(Tensor([false, true, true, false], shape: Shape([2, 2])), isFixed: true)
    let w = builder.parameter(Tensor([.nan, 1, 2, .infinity], shape: Shape([2, 2]), type: .float32))
    let x = builder.parameter(Tensor([.nan, 1], shape: Shape([1, 2]), type: .float32))
    let y = Symbol.matrixProduct(x, mask * w)
    let values = try builder.values(of: [y])[0].values
    #expect(values[0] == 2)
    #expect(values[1].isNaN)
    let slow = try builder.graph.interpret([y.reference], parameters: builder.parameters.map(\.value))
    #expect(slow[0].values[0] == 2)
  }
}

/// A small seeded generator, so that a failure can be repeated.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let x = state ^ (state >> 33)
    return x &* 0xFF51_AFD7_ED55_8CCD ^ (x >> 29)
  }
}
