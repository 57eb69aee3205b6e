import CKernels
import Refusals
import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// Steps of a recurrence as machine code, where LLVM is found, held against the instructions bit by bit.
@Suite(.enabled(if: CompiledCode.isAvailable)) struct CompiledCodeTests {
  /// A step that grew by chance: for each parameter what becomes of it.
  private struct RandomSteps {
    let graph: Graph
    let parameters: [Tensor]
    let carried: [Recurrence.Carried]
    var inputs: [Recurrence.Input] = []

    init(_ type: ElementType, _ shapes: [Shape], operations: Int, _ random: inout SplitMix) {
      let builder = Builder(defaultType: type)
      let odd: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, .leastNormalMagnitude / 64, -1e-42, 3e38]
      let isWild = Int.random(in: 0..<3, using: &random) == 0
      let starts = shapes.map { shape in
        let values = (0..<shape.count).map { _ in
          isWild && Int.random(in: 0..<9, using: &random) == 0
            ? odd.randomElement(using: &random) ?? 0 : Double.random(in: -2...2, using: &random)
        }
        return builder.parameter(Tensor(values, shape: shape, type: type))
      }
      var symbols = starts
      if Int.random(in: 0..<2, using: &random) == 0 {
        let number = builder.parameter(Tensor(0))
        inputs.append(Recurrence.Input(parameter: shapes.count, values: .counting(from: 0.5, by: 0.25)))
        symbols.append(number)
      }
      for _ in 0..<operations { symbols.append(Self.grown(from: symbols, &random)) }
      carried = starts.enumerated().map { number, start in
        let next = symbols.last { $0.shape == start.shape && $0.type == start.type } ?? start
        let isKept = Int.random(in: 0..<4, using: &random) == 0
        return Recurrence.Carried(parameter: number, next: (isKept ? start * 0.5 : next * 0.25 + start * 0.5).reference)
      }
      (graph, parameters) = (builder.graph, builder.parameters.map(\.value))
    }

    private static func grown(from symbols: [Symbol], _ random: inout SplitMix) -> Symbol {
      let a = symbols.randomElement(using: &random) ?? symbols[0]
      let b = symbols.randomElement(using: &random) ?? symbols[0]
      let fits = a.type == b.type && a.shape.broadcast(with: b.shape) != nil
      let map: [gk_map] = [
        .negative, .abs, .sign, .square, .reciprocal, .sqrt, .rsqrt, .relu, .floor, .ceil, .round, .trunc, .tanh, .exp,
        .sigmoid, .log, .sin,
      ]
      let zip: [gk_zip] = [.add, .subtract, .multiply, .divide, .maximum, .minimum, .copysign, .pow, .atan2]
      switch Int.random(in: 0..<12, using: &random) {
      case 0, 1: return .map(ElementFunction[map.randomElement(using: &random) ?? .abs].primitive, a)
      case 2, 3, 4:
        guard fits else { return -a }
        return .zip(BinaryFunction[zip.randomElement(using: &random) ?? .add].primitive, a, b)
      case 5: return a.matrixTransposed
      case 6: return a.rank == 0 ? a : a.summed(over: [Int.random(in: 0..<a.rank, using: &random)], keepsAxes: true)
      case 7, 8:
        guard a.rank == 2, b.rank == 2, a.type == b.type else { return a.squared() }
        if a.shape[1] == b.shape[0] { return .matrixProduct(a, b) }
        if a.shape[0] == b.shape[0] { return .matrixProduct(a.matrixTransposed, b) }
        return a.shape[1] == b.shape[1] ? .matrixProduct(a, b.matrixTransposed) : .matrixProduct(a, a.matrixTransposed)
      case 9: return .select(a.compared(.less, 0.5), a, a * 2)
      case 10: return a.rank == 0 ? a : a.sliced(axis: 0, from: a.shape[0] - 1, count: a.shape[0], step: -1)
      default: return a.summed
      }
    }

    func state(_ policy: CompiledCode.Policy, steps: [Int]) throws -> (bits: [[UInt64]], message: String?) {
      try CompiledCode.$policy.withValue(policy) {
        let recurrence = try Recurrence(
          graph, parameters: parameters, carried: carried, inputs: inputs, count: 0, memoryLimit: 1 << 30)
        var message: String?
        do { for step in steps { try recurrence.run(to: step) } } catch { message = "\(error)" }
        return (try recurrence.state().map { $0.values.map { $0.isNaN ? 1 : $0.bitPattern } }, message)
      }
    }
  }

  private static let shapes: [[Shape]] = [
    [Shape([2, 3]), Shape([3, 3]), Shape([3]), .scalar, Shape([1, 3])],
    [Shape([4, 8]), Shape([8, 8]), Shape([8]), Shape([1, 8])],
    [Shape([8, 16]), Shape([16, 5]), Shape([1, 5]), Shape([8, 1])],
    [Shape([1, 70]), Shape([70, 2]), Shape([2])], [Shape([3, 33]), Shape([33, 3]), Shape([33])],
    [Shape([5]), Shape([20]), .scalar], [Shape([40, 40]), Shape([40])],
  ]

  @Test(arguments: 0..<14, [ElementType.float32, .float64]) func bitsAgree(part: Int, type: ElementType) throws {
    let tally = CompiledCode.Tally()
    for number in 0..<4 {
      var random = SplitMix(part * 100 + number)
      let steps = RandomSteps(
        type, Self.shapes[part % Self.shapes.count], operations: 4 + number * 5, &random)
      // Odd and even numbers of steps, since values change places from step to step.
      let stops = [[7], [1, 2, 10], [6, 13, 21]][number % 3]
      let slow = try steps.state(.never, steps: stops)
      let fast = try CompiledCode.$tally.withValue(tally) { try steps.state(.always, steps: stops) }
      #expect(fast.message == slow.message)
      #expect(fast.bits == slow.bits, "part \(part), \(number), \(type)")
    }
    #expect(tally.steps > 0)
  }

  @Test func wrongTextsFailInSilence() throws {
    for text in ["", "define i64 @gkfunction(", "define i64 @gkfunction() { ret i64 %x }", "no text"] {
      guard let code = CompiledCode(text, arguments: [], keeping: []) else { continue }
      code.wait()
      #expect(code.state == .failed)
    }
  }
}
