import Tensors
import TestSupport
import Testing

@testable import Graphs
@testable import Plans

/// A graph with the plan made for it.
struct Specimen: CustomTestStringConvertible {
  let name: String
  let graph: Graph
  let outputs: [Graph.Reference]
  let guarded: Set<Graph.Reference>
  let parameters: [Tensor]
  let plan: Plan

  var testDescription: String { name }

  init(
    _ name: String, _ graph: Graph, _ outputs: [Graph.Reference], _ guarded: Set<Graph.Reference>,
    _ parameters: [Tensor]
  ) {
    (self.name, self.graph, self.outputs, self.guarded, self.parameters) = (name, graph, outputs, guarded, parameters)
    plan = Plan(simplified: graph, outputs: outputs, guarded: guarded)
  }

  /// What a plan makes of these symbols, where no loop repeats them.
  init(_ name: String, _ symbols: [Symbol], isExact: Bool = false) {
    let builder = symbols[0].builder
    let simplified = Simplify(
      builder.graph, outputs: symbols.map(\.reference),
      laws: isExact ? Simplify.Law.exact : Simplify.Law.speculative + Simplify.Law.exact)
    self.init(
      name, simplified.graph, symbols.map { simplified[$0.reference] }, simplified.guarded,
      builder.parameters.map(\.value))
  }

  static let all: [Specimen] = [
    layers(isExact: false), layers(isExact: true), fused, rows, columns, moves, picks, choppy, batches,
    loop(isSplit: false),
    loop(isSplit: true), decomposition, rounds(type: .float32), rounds(type: .float64),
  ]

  private static func values(_ extents: [Int], _ type: ElementType = .float32, seed: Int = 1) -> Tensor {
    let count = extents.reduce(1, *)
    let numbers = (0..<count).map { Double(($0 &* 7_919 &+ 13 &* seed) % 1_009) / 1_009 - 0.5 }
    return Tensor(numbers, shape: Shape(extents), type: type)
  }

  /// A masked layer with its gradient.
  private static func layers(isExact: Bool) -> Specimen {
    let builder = Builder()
    let mask = builder.parameter(Tensor((0..<12).map { $0 % 3 != 0 }, shape: Shape([4, 3])), isFixed: true)
    let w = builder.parameter(values([4, 3]))
    let x = builder.parameter(values([5, 4], seed: 2))
    let loss = Operator.relu(.matrixProduct(x, mask * w) - 0.1).squared().summed
    let gradient = builder.gradient(of: loss, withRespectTo: [w])[0]
    return Specimen("layers, \(isExact ? "exact" : "speculative")", [loss, w - 0.5 * gradient], isExact: isExact)
  }

  /// Strips over one run, with sums, a decision and results of their own.
  private static var fused: Specimen {
    let builder = Builder()
    let (a, b) = (builder.parameter(values([9_001])), builder.parameter(values([9_001], seed: 3)))
    let product = Operator.tanh(a * b + 0.25)
    let isLarge = Operator.greater(product, a)
    let chosen = Symbol.select(isLarge, product, b * 2)
    let decided = isLarge.reduced(.any, over: [0])
    let all = Operator.less(a, b).reduced(.all, over: [0])
    return Specimen("fused", [chosen.summed, chosen, decided, all, (chosen - a).squared().summed])
  }

  /// Strips over rows and columns; one operand is written out.
  private static var rows: Specimen {
    let builder = Builder(defaultType: .float64)
    let x = builder.parameter(values([600, 7], .float64))
    let row = builder.parameter(values([7], .float64, seed: 5))
    let column = builder.parameter(values([600, 1], .float64, seed: 7))
    let scaled = (x - row) * Operator.exp(x)
    let other = Operator.sqrt(Operator.abs(x * column + 1))
    return Specimen("rows", [scaled * 2 + x, other.summed, Symbol.keep(Operator.less(x, scaled), x)])
  }

  /// Sums of columns, made while others read their elements.
  private static var columns: Specimen {
    let builder = Builder()
    let x = builder.parameter(values([400, 330]))
    let apart = x - x.summed(over: [0], keepsAxes: true) / 400
    return Specimen(
      "columns", [apart.squared().summed(over: [0]), apart, Operator.exp(apart).addedUp(.norm, over: [0])])
  }

  private static var moves: Specimen {
    let builder = Builder()
    let x = builder.parameter(values([3, 4, 4]))
    let turned = x.transposed([0, 2, 1])
    let joined = Symbol.concatenated([x, turned], axis: 0)
    let reversed = joined.sliced(axis: 2, from: 3, count: 2, step: -2)
    let padded = reversed.embedded(starts: [0, 1, 0], steps: [1, 1, 2], in: Shape([6, 6, 3]))
    let window = padded.windowed(axis: 1, from: builder.parameter(Tensor(2)), count: 3)
    let sums = window.summed(over: [0, 2]).broadcast(to: Shape([2, 3]))
    return Specimen("moves", [sums, window.scanned(.runningSum, axis: 1), window.reduced(.largest, over: [1])])
  }

  private static var picks: Specimen {
    let builder = Builder()
    let x = builder.parameter(values([5, 4]))
    let rows = builder.parameter(Tensor([4, 0, 2], shape: Shape([3]), type: .float32))
    let places = builder.parameter(
      Tensor([1, 0, 3, 2, 2, 1], shape: Shape([3, 2]), type: .float32))
    let taken = x.taken(rows, axis: 0)
    let gathered = taken.gathered(places, axis: 1)
    let gradient = builder.gradient(of: gathered.squared().summed, withRespectTo: [x])[0]
    let order = x.index(of: .argmax, axis: 1)
    return Specimen("picks", [gathered, gradient, order, x.order(axis: 0, isDescending: true), builder.iota(7) + 1])
  }

  /// Operands that are stretched out before a loop over them.
  private static var choppy: Specimen {
    let builder = Builder()
    let (a, b) = (builder.parameter(values([30, 1, 3])), builder.parameter(values([1, 20, 3], seed: 2)))
    let sum = a + b
    return Specimen(
      "choppy", [sum * a, Operator.less(sum, b), .select(Operator.less(a, b), a.broadcast(to: sum.shape), sum)])
  }

  private static var batches: Specimen {
    let builder = Builder(defaultType: .float64)
    let a = builder.parameter(values([2, 1, 3, 4], .float64))
    let b = builder.parameter(values([5, 4, 3], .float64, seed: 2))
    let product = Symbol.matrixProduct(a, b)
    let back = Symbol.matrixProduct(product.matrixTransposed, a)
    return Specimen("batches", [product, back, Operator.exp(back).summed(over: [2, 3])])
  }

  /// A training step with products by lists of kept entries.
  private static func loop(isSplit: Bool) -> Specimen {
    let builder = Builder()
    let x = builder.parameter(values([20, 64]))
    let target = builder.parameter(values([20, 48], seed: 4))
    let mask = Tensor((0..<64 * 48).map { $0 % 17 == 3 }, shape: Shape([64, 48]))
    let kept = builder.parameter(mask, isFixed: true)
    let number = builder.parameters.count
    let parameter = builder.parameter(values([64, 48], seed: 5))
    let w = builder.separate(parameter)
    let loss = (Operator.tanh(.matrixProduct(x, kept * w)) - target).squared().summed
    let next = w - 0.01 * builder.gradient(of: loss, withRespectTo: [w])[0]
    let parameters = builder.parameters.map(\.value)
    let masks = SparseMask.all(in: builder.graph, parameters, besides: [number])
    let simplified = Simplify(
      builder.graph, outputs: [next.reference, loss.reference], laws: Simplify.Law.inLoop(masks))
    let outputs = [simplified[next.reference], simplified[loss.reference]]
    guard isSplit else {
      return Specimen("loop", simplified.graph, outputs, simplified.guarded, parameters)
    }
    let entries = KeptEntries(
      simplified.graph, outputs: [outputs[0]], guarded: simplified.guarded, parameters: parameters, carried: [number],
      variables: [number])
    var split = InvariantSplit(entries.graph, variables: [number])
    split.enter(parameter: number, like: entries.parameters[number])
    let results = split.outputs(entries.outputs)
    return Specimen("loop, split", split.graph, results, split.images(of: entries.guarded), [])
  }

  /// A node that goes through rounds, and the one that goes back through them, each with rows, masks and outputs.
  private static func rounds(type: ElementType) -> Specimen {
    let builder = Builder(defaultType: type)
    let mask = builder.parameter(Tensor((0..<9).map { $0 % 2 == 0 }, shape: Shape([3, 3])), isFixed: true)
    let w = builder.parameter(values([3, 3], type))
    let xs = builder.parameter(values([11, 3], type, seed: 2))
    let start = builder.parameter(values([1, 3], type, seed: 3))
    let loop = builder.loop(11, from: [start, builder.constant(0)]) { trace, carried in
      let product = Symbol.matrixProduct(carried[0], mask * w) + trace.row(of: xs)
      let next = Operator.relu(product) * 0.9 + carried[0] * 0.1
      return Builder.Round(next: [next, carried[1] + 1], outputs: [next.summed * carried[1]], leftovers: [product])
    }
    guard let loop else { preconditionFailure("rounds that are alike make a loop") }
    let loss = loop.next[0].squared().summed + (loop.outputs[0] * loop.outputs[0]).summed + loop.leftovers[0].summed
    let gradients = builder.gradient(of: loss, withRespectTo: [w, xs, start])
    let second = builder.gradient(of: gradients[0].squared().summed, withRespectTo: [w])
    return Specimen("rounds, \(type.name)", [loss, loop.next[1]] + gradients + second)
  }

  private static var decomposition: Specimen {
    let builder = Builder(defaultType: .float64)
    let square = builder.parameter(values([3, 3], .float64))
    let right = builder.parameter(values([3, 2], .float64, seed: 9))
    let random = builder.add(
      .normal, [builder.constant(7), builder.constant(0)], shape: Shape([3, 2]), type: .float64)
    return Specimen("decomposition", [.solution(square, right) + random, square.packed(.svd, count: 21)])
  }
}
