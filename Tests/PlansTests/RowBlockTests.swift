import CKernels
import Refusals
import Tensors
import Testing

@testable import Graphs
@testable import Plans

/// Steps that go through their rows together, against the same steps one after another: bit for bit.
struct RowBlockTests {
  private static func values(_ rows: Int, _ columns: Int, _ type: ElementType) -> Tensor {
    var random = SystemRandomNumberGenerator()
    let values = (0..<rows * columns).map { _ in Double.random(in: -3...3, using: &random) }
    return Tensor(values, shape: Shape([rows, columns]), type: type)
  }

  private static let functions: [@Sendable (Symbol, Symbol) -> [Symbol]] = [
    { x, _ in
      let shares = Operator.exp(x - x.reduced(.largest, over: [1], keepsAxes: true))
      return [shares / shares.summed(over: [1], keepsAxes: true)]
    },
    { x, scale in
      let centred = x - x.summed(over: [1], keepsAxes: true) / Double(x.shape[1])
      let y = centred / Operator.sqrt(centred.squared().summed(over: [1], keepsAxes: true) + 0.1) * scale
      return [y.squared().summed, x.builder.gradient(of: (y * y * y).summed, withRespectTo: [x])[0]]
    },
    { x, _ in [x.reduced(.smallest, over: [1]), Operator.tanh(x).addedUp(.norm, over: [1])] },
  ]

  @Test(arguments: functions.indices, [ElementType.float32, .float64])
  func blocksChangeNothing(number: Int, type: ElementType) throws {
    for (rows, columns) in [(1_021, 160), (97, 2_500), (300, 1_024), (4_100, 33)] {
      let builder = Builder(defaultType: type)
      let x = builder.parameter(Self.values(rows, columns, type))
      let scale = builder.parameter(Self.values(1, columns, type))
      let outputs = Self.functions[number](x, scale).map(\.reference)
      let parameters = builder.parameters.map(\.value)
      let plan = Plan(builder.graph, outputs: outputs)
      #expect(plan.fault == nil && !plan.rowBlocks.isEmpty)
      let execution = try Execution(plan, parameters: parameters, memoryLimit: .max)
      for step in plan.steps { try execution.run(execution.instruction(for: step), step) }
      let expected = plan.outputs.map(execution.tensor)
      for threads in [2, 4] {
        gk_set_thread_count(Int32(threads))
        defer { gk_set_thread_count(2) }
        let results = try plan.run(parameters)
        for (a, b) in zip(results, expected) {
          #expect(a.values.map(\.bitPattern) == b.values.map(\.bitPattern), "\(rows)×\(columns), \(threads) threads")
        }
      }
    }
  }
}
