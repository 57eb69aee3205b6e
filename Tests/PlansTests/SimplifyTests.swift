import CKernels
import Refusals
import Tensors
import Testing

@testable import Graphs
@testable import Plans

/// Each law by itself, on values that would show a difference.
@Suite struct SimplifyTests {
  /// What the cases are made of: small operands with any values, and larger ones of whole numbers under a sparse mask.
  private struct Operands {
    let builder = Builder()
    let x: Symbol
    let row: Symbol
    let mask: Symbol
    let w: Symbol
    let batch: Symbol
    let adjoint: Symbol
    /// The mask by its parameter's number.
    let masks: [Int: SparseMask]

    init(isWild: Bool) {
      func wholeNumbers(_ rows: Int, _ columns: Int) -> Tensor {
        Tensor((0..<rows * columns).map { Double($0 * 7 % 11 - 5) }, shape: Shape([rows, columns]), type: .float32)
      }
      let values = isWild ? [-0.0, 0, 1.5, -2, .infinity, .nan] : [3, -1, 1.5, -2, 4, 0.25]
      x = builder.parameter(Tensor(values, shape: Shape([2, 3]), type: .float32))
      row = builder.parameter(
        Tensor(isWild ? [1, -0.0, .infinity] : [1, -2, 5], shape: Shape([3]), type: .float32))
      let kept = Tensor((0..<40 * 36).map { $0 % 13 == 4 }, shape: Shape([40, 36]))
      mask = builder.parameter(kept, isFixed: true)
      let number = builder.parameters.count - 1
      masks = SparseMask(kept).map { [number: $0] } ?? [:]
      w = builder.parameter(wholeNumbers(40, 36))
      batch = builder.parameter(wholeNumbers(20, 40))
      adjoint = builder.parameter(wholeNumbers(20, 36))
    }
  }

  private typealias Case = (law: String, build: @Sendable (Operands) -> Symbol)

  /// Every law that a plan or a loop may use.
  private static let laws =
    Simplify.Law.inLoop(Operands(isWild: false).masks) + Simplify.Law.exact + Simplify.Law.speculative
    + Simplify.Law.transposing

  private static let cases: [Case] = [
    ("convert(number) = number", { $0.x + $0.builder.constant(0.1, type: .literal).converted(to: .float32) }),
    ("broadcast(number) = number", { $0.x + $0.builder.constant(2, type: .float32).broadcast(to: $0.x.shape) }),
    (
      "number + number = number",
      { $0.x * ($0.builder.constant(2, type: .float32) + $0.builder.constant(0.1, type: .float32)) }
    ),
    ("x · 1 = x", { $0.x * $0.builder.constant(1, type: .float32) }),
    ("x · 1 = x", { $0.x / $0.builder.constant(1, type: .float32) }),
    ("convert(convert(x)) = x", { $0.row + $0.x.converted(to: .float64).converted(to: .float32) }),
    ("x - 0 = x", { $0.x - $0.builder.constant(0, type: .float32) }),
    ("-(-x) = x, not not m = m", { -(-$0.x) }),
    (
      "-(-x) = x, not not m = m",
      { Operator.not(Operator.not(Operator.less($0.x, $0.builder.constant(1)))) }
    ),
    ("transpose(transpose(x)) = x", { $0.x.transposed([1, 0]).transposed([1, 0]) }),
    ("reshape(reshape(x)) = reshape(x)", { $0.x.reshaped(Shape([6])).reshaped(Shape([3, 2])) }),
    (
      "slice(concat(x, y)) = slice(x)",
      { Symbol.concatenated([$0.x, $0.x * 2, $0.x], axis: 0).sliced(axis: 0, from: 2, count: 2) }
    ),
    (
      "slice(concat(x, y)) = slice(x)",
      { Symbol.concatenated([$0.x, $0.x * 2], axis: 1).sliced(axis: 1, from: 4, count: 2) }
    ),
    ("name(x) = x", { $0.x + $0.builder.separate($0.x) }),
    (
      "m and m = m",
      {
        let isSmall = Operator.less($0.x, $0.builder.constant(1))
        return .logic(.and, isSmall, isSmall)
      }
    ),
    ("broadcast(x) + y = x + y", { $0.row.broadcast(to: $0.x.shape) - $0.x }),
    ("keep(strong, a · b) = a · b", { Operator.relu($0.x) * $0.row }),
    ("a @ b without strong zeros = a @ b", { .matrixProduct(Operator.relu($0.x), $0.x.transposed([1, 0])) }),
    (
      "where(isnan(x), x, number) = number",
      {
        let sum = $0.x + $0.builder.constant(1, type: .float32)
        let one = $0.builder.constant(1, shape: sum.shape, type: .float32)
        return sum * .select(.map(.isNaN, toMask: sum), sum, one)
      }
    ),
    ("x @ (m · w) = sparse product", { .matrixProduct($0.batch, $0.mask * $0.w) }),
    ("x @ (m · w) = sparse product", { .matrixProduct($0.adjoint, ($0.mask * $0.w).transposed([1, 0])) }),
    (
      "m · (x.T @ g + c) = sparse product + m · c",
      { $0.mask * .matrixProduct($0.batch.transposed([1, 0]), $0.adjoint) }
    ),
    (
      "m · (x.T @ g + c) = sparse product + m · c",
      { $0.mask * (.matrixProduct($0.batch.transposed([1, 0]), $0.adjoint) + $0.w) }
    ),
    ("f(x.T) = f(x).T", { Operator.relu($0.x.transposed([1, 0])) }),
    ("f(x.T) = f(x).T", { $0.x.transposed([1, 0]) + $0.row.reshaped(Shape([3, 1])) }),
    ("argsort(x) in the type of x", { $0.x.order(axis: 1, isDescending: true) }),
    ("argsort(x) in the type of x", { $0.x.converted(to: .float64).order(axis: 0, isDescending: false) }),
    (
      "order(x)[ranks] = those ranks of x",
      { $0.x.order(axis: 1, isDescending: true).sliced(axis: 1, from: 1, count: 2) }
    ),
    (
      "scatter in one pass",
      {
        let places = $0.x.builder.iota(2).reshaped(Shape([1, 2])).broadcast(to: Shape([2, 2]))
        let values = $0.x.sliced(axis: 1, from: 1, count: 2)
        return $0.x.builder.add(
          Primitive.placing(.placing(axis: 1)), [$0.x, places, values], shape: $0.x.shape, type: $0.x.type)
      }
    ),
    ("x[order(x)] = x in order", { $0.x.gathered($0.x.order(axis: 1, isDescending: false), axis: 1) }),
    (
      "w @ windows(x) = convolution",
      { .matrixProduct($0.x.reshaped(Shape([1, 3, 2])), windows(of: $0.x.reshaped(Shape([1, 1, 2, 3])))) }
    ),
    (
      "sum(g @ windows(x).T) = convolution",
      {
        let columns = windows(of: $0.x.reshaped(Shape([2, 1, 1, 3])))
        return Symbol.matrixProduct(numbers($0, Shape([2, 2, 2])), columns.transposed([0, 2, 1])).summed(over: [0])
      }
    ),
    ("sum of w.T @ g at windows = convolution", { overlaid($0) }),
    (
      "convolution without its border",
      { overlaid($0).sliced(starts: [0, 0, 0, 1], steps: [1, 1, 1, 1], extents: [1, 1, 2, 2]) }
    ),
    (
      "embed(x) + embed(y) in one pass",
      {
        $0.x.embedded(starts: [0, 1], steps: [1, 1], in: Shape([3, 4]))
          + $0.x.embedded(starts: [0, 0], steps: [2, 1], in: Shape([3, 4]))
      }
    ),
    ("sum(x.T, axis=0) = sum(x, axis=1)", { $0.x.transposed([1, 0]).summed(over: [0], keepsAxes: false) }),
  ]

  /// Laws that have to fire before another one can.
  private static let needed = [
    "order(x)[ranks] = those ranks of x": ["argsort(x) in the type of x"],
    "x[order(x)] = x in order": ["argsort(x) in the type of x"],
    "convolution without its border": ["sum of w.T @ g at windows = convolution"],
  ]

  /// Windows of two entries side by side, as matrices.
  private static func windows(of images: Symbol) -> Symbol {
    let (n, height, width) = (images.shape[0], images.shape[2], images.shape[3] - 1)
    let parts = (0..<2).map {
      images.sliced(starts: [0, 0, 0, $0], steps: [1, 1, 1, 1], extents: [n, 1, height, width])
        .reshaped(Shape([n, 1, 1, height * width]))
    }
    return Symbol.concatenated(parts, axis: 2).reshaped(Shape([n, 2, height * width]))
  }

  private static func numbers(_ operands: Operands, _ shape: Shape) -> Symbol {
    let wide = shape.count / 2
    return operands.batch.sliced(starts: [0, 0], steps: [1, 1], extents: [2, wide]).reshaped(shape)
  }

  /// The adjoint of a product with windows on an image of 2 by 3.
  private static func overlaid(_ operands: Operands) -> Symbol {
    let weights = numbers(operands, Shape([1, 2, 2])).transposed([0, 2, 1])
    let columns = Symbol.matrixProduct(weights, numbers(operands, Shape([1, 2, 4]))).reshaped(Shape([1, 1, 2, 4]))
    let parts = (0..<2).map {
      columns.sliced(starts: [0, 0, $0, 0], steps: [1, 1, 1, 1], extents: [1, 1, 1, 4]).reshaped(Shape([1, 1, 2, 2]))
        .embedded(starts: [0, 0, 0, $0], steps: [1, 1, 1, 1], in: Shape([1, 1, 2, 3]))
    }
    return parts[1] + parts[0]
  }

  @Test func everyLawHasACase() { #expect(Set(Self.cases.map(\.law)) == Set(Self.laws.map(\.name))) }

  /// A law with a guard is right where what it guards is finite, and says where it isn't.
  @Test(arguments: cases.indices, [true, false])
  func aLawChangesNothing(number: Int, isWild: Bool) throws {
    let operands = Operands(isWild: isWild)
    let (builder, name) = (operands.builder, Self.cases[number].law)
    let law = try #require(Simplify.Law.inLoop(operands.masks).first { $0.name == name })
    let y = Self.cases[number].build(operands)
    let needed = Self.needed[name] ?? []
    let others = Simplify.Law.inLoop(operands.masks).filter { needed.contains($0.name) }
    let simplified = Simplify(builder.graph, outputs: [y.reference], laws: others + [law])
    #expect(simplified.fired == needed + [name])
    #expect(law.guarded == nil || !simplified.guarded.isEmpty)
    let parameters = builder.parameters.map(\.value)
    let plan = Plan(
      simplified: simplified.graph, outputs: [simplified[y.reference]], guarded: simplified.guarded)
    let slow = try builder.graph.interpret([y.reference], parameters: parameters)[0]
    let fast: Tensor
    do throws(Refusal) { fast = try plan.run(parameters)[0] } catch {
      #expect(error.reason == .notFinite && law.guarded != nil && isWild)
      return
    }
    #expect(fast.shape == slow.shape && fast.type == slow.type)
    for (a, b) in zip(fast.values, slow.values) {
      #expect(a.isNaN && b.isNaN || (law.guarded == nil ? a.bitPattern == b.bitPattern : a == b))
    }
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
