import CKernels
import Tensors
import Testing

@testable import Graphs
@testable import Plans

/// Each law by itself, on values that would show a difference.
@Suite struct SimplifyTests {
  private static let values = [-0.0, 0, 1.5, -2, .infinity, .nan]

  private static let cases: [(Simplify.Law, @Sendable (Symbol, Symbol) -> Symbol)] = [
    (.convertFill, { x, _ in x + x.builder.constant(0.1, type: .literal).converted(to: .float32) }),
    (.moveFill, { x, _ in x + x.builder.constant(2, type: .float32).broadcast(to: x.shape) }),
    (.foldNumbers, { x, _ in x * (x.builder.constant(2, type: .float32) + x.builder.constant(0.1, type: .float32)) }),
    (.timesOne, { x, _ in x * x.builder.constant(1, type: .float32) }),
    (.timesOne, { x, _ in x / x.builder.constant(1, type: .float32) }),
    (.minusZero, { x, _ in x - x.builder.constant(0, type: .float32) }),
    (.twice, { x, _ in -(-x) }),
    (.twice, { x, _ in Operator.not(Operator.not(Operator.less(x, x.builder.constant(1)))) }),
    (.twiceTransposed, { x, _ in x.transposed([1, 0]).transposed([1, 0]) }),
    (.twiceReshaped, { x, _ in x.reshaped(Shape([6])).reshaped(Shape([3, 2])) }),
    (.otherName, { x, _ in x + x.builder.separate(x) }),
    (.same, { x, _ in .logic(.and, Operator.less(x, x.builder.constant(1)), Operator.less(x, x.builder.constant(1))) }),
    (.broadcastInto, { x, row in row.broadcast(to: x.shape) - x }),
  ]

  @Test(arguments: cases.indices)
  func aLawChangesNothing(number: Int) throws {
    let (law, build) = Self.cases[number]
    let builder = Builder()
    let x = builder.parameter(Tensor(Self.values, shape: Shape([2, 3]), type: .float32))
    let row = builder.parameter(Tensor([1, -0.0, .infinity], shape: Shape([3]), type: .float32))
    let y = build(x, row)
    let simplified = Simplify(builder.graph, outputs: [y.reference], laws: [law])
    #expect(simplified.fired == [law.name])
    let parameters = builder.parameters.map(\.value)
    let plan = Plan(simplified: simplified.graph, outputs: [simplified[y.reference]], guarded: [])
    let slow = try builder.graph.interpret([y.reference], parameters: parameters)[0]
    let fast = try plan.run(parameters)[0]
    #expect(fast.shape == slow.shape && fast.type == slow.type)
    for (a, b) in zip(fast.values, slow.values) { #expect(a.bitPattern == b.bitPattern || a.isNaN && b.isNaN) }
  }

  @Test func xPlusZeroIsLeftAlone() {
    let builder = Builder()
    let x = builder.parameter(Tensor([-0.0], shape: Shape([1]), type: .float32))
    let y = x + builder.constant(0, type: .float32)
    #expect(Simplify(builder.graph, outputs: [y.reference], laws: Simplify.Law.exact).fired.isEmpty)
  }

  /// What relu reads is computed anyway, so it can be looked at; the greater of two is computed for its gradient alone.
  @Test(arguments: [true, false])
  func theFactorForNaNGoesWhereItsGuardIsComputed(isRelu: Bool) throws {
    for first in [0.5, .nan, .infinity] {
      let builder = Builder()
      let x = builder.parameter(Tensor([first, -1, 0, -0.0], shape: Shape([2, 2]), type: .float32))
      let sum = x + builder.constant(1, type: .float32)
      let y = isRelu ? Operator.relu(sum) : Operator.maximum(sum, x)
      let gradient = builder.gradient(of: y, withRespectTo: [x], seed: x)[0].reference
      let simplified = Simplify(builder.graph, outputs: [gradient], laws: Simplify.Law.speculative + Simplify.Law.exact)
      #expect(simplified.fired.contains(Simplify.Law.unlessNaN.name) == isRelu)
      #expect(!isRelu || simplified.guarded == [simplified[sum.reference]])
      let parameters = builder.parameters.map(\.value)
      let slow = try builder.graph.interpret([gradient], parameters: parameters)[0]
      let fast = try Plan(builder.graph, outputs: [gradient]).run(parameters)[0]
      for (a, b) in zip(fast.values, slow.values) { #expect(a == b || a.isNaN && b.isNaN) }
    }
  }
}
