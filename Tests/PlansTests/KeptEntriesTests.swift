import Tensors
import Testing

@testable import Graphs
@testable import Plans

/// Which carried matrices are stored by their kept entries, and that the others aren't.
@Suite struct KeptEntriesTests {
  /// A masked layer whose weights go from step to step as `next` says.
  ///
  /// - Returns: how many carried values are stored by kept entries, and the largest difference to the loop done in full.
  private func store(
    _ next: (_ w: Symbol, _ kept: Symbol, _ velocity: Symbol, _ loss: (Symbol) -> Symbol) -> [Symbol]
  ) throws -> (count: Int, difference: Double) {
    let builder = Builder()
    func random(_ extents: [Int]) -> Tensor {
      let values = (0..<extents.reduce(1, *)).map { (i: Int) -> Double in
        let scattered = (i * 7_919 + 13) % 1_009
        return Double(scattered) / 1_009 - 0.5
      }
      return Tensor(values, shape: Shape(extents), type: .float32)
    }
    let x = builder.parameter(random([20, 64]))
    let target = builder.parameter(random([20, 48]))
    let values = random([64, 48])
    let mask = Tensor((0..<64 * 48).map { $0 % 17 == 3 }, shape: Shape([64, 48]))
    let kept = builder.parameter(mask, isFixed: true)
    let first = builder.parameters.count
    let parameter = builder.parameter(values)
    let velocity = builder.parameter(
      Tensor([Double](repeating: 0, count: 64 * 48), shape: values.shape, type: .float32))
    let w = builder.separate(parameter)
    let outputs = next(w, kept, velocity) { w in (Operator.tanh(.matrixProduct(x, kept * w)) - target).squared().summed
    }
    let carried = outputs.enumerated().map { Recurrence.Carried(parameter: first + $0, next: $1.reference) }
    let parameters = builder.parameters.map(\.value)
    let references = outputs.map(\.reference)
    let masks = SparseMask(mask).map { [first - 1: $0] } ?? [:]
    let simplified = Simplify(
      builder.graph, outputs: references,
      laws: Simplify.Law.masked(masks) + Simplify.Law.speculative + Simplify.Law.transposing + Simplify.Law.exact)
    let numbers = carried.map(\.parameter)
    let entries = KeptEntries(
      simplified.graph, outputs: references.map { simplified[$0] }, guarded: simplified.guarded, parameters: parameters,
      carried: numbers, variables: Set(numbers))
    func state(isExact: Bool) throws -> [Tensor] {
      let recurrence = try Recurrence(
        builder.graph, parameters: parameters, carried: carried, inputs: [], count: 0, memoryLimit: 1 << 30,
        isExact: isExact)
      try recurrence.run(to: 5)
      return try recurrence.state()
    }
    var difference = 0.0
    for (a, b) in zip(try state(isExact: false), try state(isExact: true)) {
      for (a, b) in zip(a.values, b.values) { difference = max(difference, abs(a - b)) }
    }
    return (entries.masks.count, difference)
  }

  @Test func plainSteps() throws {
    let (count, difference) = try store { w, _, _, loss in
      [w - 0.01 * w.builder.gradient(of: loss(w), withRespectTo: [w])[0]]
    }
    #expect(count == 1)
    #expect(difference < 1e-5)
  }

  @Test func momentumAndSquares() throws {
    let (count, difference) = try store { w, kept, velocity, loss in
      let whole = loss(w) + 0.1 * (kept * w).squared().summed
      let next = 0.9 * velocity + w.builder.gradient(of: whole, withRespectTo: [w])[0]
      return [w - 0.01 * next, next]
    }
    #expect(count == 2)
    #expect(difference < 1e-5)
  }

  @Test func whatMovesRemovedEntriesIsDoneInFull() throws {
    let (count, difference) = try store { w, _, _, loss in
      [w - 0.01 * w.builder.gradient(of: loss(w), withRespectTo: [w])[0] - 0.125]
    }
    #expect(count == 0)
    #expect(difference < 1e-5)
  }

  @Test func whatIsReadInFullIsStoredInFull() throws {
    let (count, difference) = try store { w, _, velocity, loss in
      let gradient = w.builder.gradient(of: loss(w), withRespectTo: [w])[0]
      return [
        w - 0.01 * gradient, velocity + 0.01 * w.transposed([1, 0]).transposed([1, 0]).summed.broadcast(to: w.shape),
      ]
    }
    #expect(count == 0)
    #expect(difference < 1e-3)
  }
}
