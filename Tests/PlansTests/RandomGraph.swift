import Graphs
import Plans
import Tensors
import TestSupport

/// A graph of small tensors that grew by chance, the same for the same generator.
struct RandomGraph {
  let builder: Builder
  /// The parameters, then each operation's result.
  private(set) var symbols: [Symbol]

  init(type: ElementType, operations: Int, _ random: inout SplitMix) {
    let builder = Builder(defaultType: type)
    self.builder = builder
    symbols = [Shape([2, 3]), Shape([3, 3]), Shape([3]), .scalar, Shape([1, 3])].map { shape in
      let values = (0..<shape.count).map { _ in Double.random(in: -2...2, using: &random) }
      return builder.parameter(Tensor(values, shape: shape, type: type))
    }
    for _ in 0..<operations { symbols.append(Self.grown(from: symbols, &random)) }
  }

  /// One more symbol from those there are.
  private static func grown(from symbols: [Symbol], _ random: inout SplitMix) -> Symbol {
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
}
