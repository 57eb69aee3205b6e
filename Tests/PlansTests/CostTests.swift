import Tensors
import Testing

@testable import Graphs
@testable import Plans

/// What a plan will do, counted by hand.
@Suite struct CostTests {
  private func cost(_ build: (Symbol, Symbol) -> [Symbol]) -> Cost {
    let builder = Builder()
    func parameter(_ rows: Int, _ columns: Int) -> Symbol {
      builder.parameter(
        Tensor([Double](repeating: 1, count: rows * columns), shape: Shape([rows, columns]), type: .float32))
    }
    let outputs = build(parameter(3, 5), parameter(5, 2))
    return Cost(Plan(builder.graph, outputs: outputs.map(\.reference)))
  }

  @Test func productsCountTwicePerTerm() {
    #expect(cost { [.matrixProduct($0, $1)] }.operations == 2 * 3 * 5 * 2)
    // Read the other way round, not moved.
    let turned = cost { x, w in [.matrixProduct(w.matrixTransposed, x.matrixTransposed)] }
    #expect(turned.operations == 2 * 3 * 5 * 2)
    #expect(turned.shares == ["matmul": 60])
    #expect(turned.bytes == Double(4 * (3 * 5 + 5 * 2 + 3 * 2)))
  }

  @Test func reductionsCountWhatTheyRead() {
    #expect(cost { x, _ in [x.summed] }.operations == 15)
    #expect(cost { x, _ in [x.summed(over: [1], keepsAxes: false)] }.operations == 15)
  }

  @Test func movesCountBytesAlone() {
    let moved = cost { x, _ in [x.sliced(axis: 0, from: 0, count: 2), .concatenated([x, x], axis: 1)] }
    #expect(moved.operations == 0 && moved.bytes > 0)
  }

  @Test func fusedStepsCountEachOperation() {
    let fused = cost { x, _ in [Operator.relu(x * x + 1) * 0.5] }
    #expect(fused.operations == 4 * 15)
    #expect(fused.shares.values.reduce(0, +) == fused.operations)
    #expect(fused.shares["multiply"] == 30)
  }

  @Test func sharesAreTheWhole() {
    let cost = cost { x, w in [Operator.tanh(.matrixProduct(x, w)).summed, (w - 1).squared()] }
    #expect(cost.shares.values.reduce(0, +) == cost.operations)
    #expect(cost.stepCount > 0 && cost.bufferBytes > 0)
  }

  /// Of a product by lists, kept entries alone are counted.
  @Test func removedEntriesCostNothing() throws {
    let builder = Builder()
    func parameter(_ rows: Int, _ columns: Int) -> Symbol {
      builder.parameter(
        Tensor([Double](repeating: 1, count: rows * columns), shape: Shape([rows, columns]), type: .float32))
    }
    let (x, w) = (parameter(20, 64), parameter(64, 48))
    let mask = builder.parameter(Tensor((0..<64 * 48).map { $0 % 16 == 0 }, shape: Shape([64, 48])), isFixed: true)
    let plan = try #require(builder.planInLoop(for: [.matrixProduct(x, mask * w)]))
    #expect(
      Cost(plan).shares.filter { $0.key.hasPrefix("sparse_matmul") }.values.first == Double(2 * 20 * 64 * 48 / 16))
  }
}
