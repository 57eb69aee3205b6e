import Graphs
import Refusals
import Tensors
import TestSupport
import Testing

@testable import Plans

/// The fast path held against the slow twin.
@Suite struct PlanTests {
  @Test(arguments: 0..<60, [ElementType.float32, .float64])
  func planAgreesWithInterpretation(seed: Int, type: ElementType) throws {
    var random = SplitMix(seed)
    let made = RandomGraph(type: type, operations: 12, &random)
    let (builder, symbols) = (made.builder, made.symbols)
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
    #expect(throws: Refusal.outOfMemory(needed: .max, free: 1_000)) { _ = try builder.values(of: [x]) }
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
