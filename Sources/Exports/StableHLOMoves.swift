import CKernels
import Graphs
import Refusals
import Tensors

/// Everything in StableHLO that isn't elementwise.
extension StableHLO {
  package static func canWrite(_ kernel: Kernel) -> Bool {
    switch kernel {
    case .map(let op): ElementFunction[op].notation.stableHLO != nil
    case .zip(let op): BinaryFunction[op].notation.stableHLO != nil
    case .compare(let op): ComparisonFunction[op].notation.stableHLO != nil
    case .test(let op): ClassificationFunction[op].notation.stableHLO != nil
    case .logic(let op): LogicFunction[op].notation.stableHLO != nil
    case .reduce(let op, _): ReductionFunction[op].notation.stableHLO != nil
    case .reduceLogic(let op, _): LogicFunction[op].reduction.stableHLO != nil
    case .scan(let op, _): ReductionFunction[op].scan.stableHLO != nil
    case .not, .select, .keep, .convert, .reshape, .fill, .iota, .broadcast, .transpose, .slice, .embed, .concat,
      .argument, .take, .takeAdjoint, .gather, .gatherAdjoint, .matrixProduct:
      true
    case .host(_, .triangle), .window, .windowAdjoint: true
    case .uniform, .normal, .planned, .loop, .host: false
    }
  }

  mutating func write(
    _ primitive: Primitive, _ x: [Value], _ node: Graph.Node
  ) throws(Refusal) -> Value {
    let (shape, type) = (node.shape, node.type)
    func stretch(_ position: Int) -> Value { stretched(x[position], to: shape) }
    switch primitive.kernel {
    case .map(let op): return try function(ElementFunction[op].notation, x)
    case .zip(let op): return try function(BinaryFunction[op].notation, [stretch(0), stretch(1)])
    case .compare(let op): return try function(ComparisonFunction[op].notation, [stretch(0), stretch(1)])
    case .test(let op): return try function(ClassificationFunction[op].notation, x)
    case .logic(let op): return try function(LogicFunction[op].notation, [stretch(0), stretch(1)])
    case .not: return line("not", [x[0]], shape, .bool)
    case .select: return select(stretch(0), stretch(1), stretch(2))
    case .keep: return select(stretch(0), stretch(1), splat(0, shape, type))
    case .convert: return converted(x[0], to: type)
    case .reshape: return x[0].shape == shape ? x[0] : reshaped(x[0], shape)
    case .fill(let constant): return splat(constant.value, shape, type)
    case .iota: return iota(0, shape, type)
    case .broadcast: return stretch(0)
    case .transpose(let permutation):
      return line("transpose", [x[0]], "dims = [\(Self.list(permutation))]", shape, type)
    case .slice(let cut): return slice(x[0], cut, shape)
    case .embed(let cut): return embed(x[0], cut, shape)
    case .concat(let axis): return line("concatenate", x, "dim = \(axis)", shape, type)
    case .reduce(let op, let axes):
      let row = ReductionFunction[op]
      return reduce(converted(x[0], to: type), try name(row.notation), row.start, axes, shape)
    case .reduceLogic(let op, let axes):
      let row = LogicFunction[op]
      return reduce(x[0], try name(row.reduction), row.start ? 1 : 0, axes, shape)
    case .argument(let isLargest, let axis): return argument(x[0], isLargest, axis, shape, type)
    case .scan(let op, let axis):
      let row = ReductionFunction[op]
      return scan(x[0], try name(row.scan), row.start, axis)
    case .take(let axis): return take(x[0], indices(x[1]), axis, shape)
    case .takeAdjoint(let axis): return scatter(x[0], indices(x[1]), axis, shape)
    case .gather(let axis): return gather(x[0], x[1], axis, shape)
    case .gatherAdjoint(let axis): return scatterEntries(x[0], x[1], axis, shape)
    case .matrixProduct: return product(x[0], x[1], shape, type)
    case .window(let window): return take(x[0], places(x[1], window, shape), window.axis, shape)
    case .windowAdjoint(let window):
      return scatter(x[0], places(x[1], window, x[0].shape), window.axis, shape)
    case .host(_, .triangle(let isLower, let isUnit)): return triangularSolution(x, isLower, isUnit, shape, type)
    case .host:
      guard let write = Self.matrixFunctions[primitive.name] else { throw .lacking(Self.title, primitive.name) }
      return write(&self, x[0], shape, type)
    case .uniform, .normal, .planned, .loop: throw .lacking(Self.title, primitive.name)
    }
  }

  mutating func reshaped(_ x: Value, _ shape: Shape) -> Value {
    let result = Value(name: fresh(), shape: shape, type: x.type)
    append("\(result.name) = stablehlo.reshape \(x.name) : (\(x.typeText)) -> \(result.typeText)")
    return result
  }

  mutating func iota(_ axis: Int, _ shape: Shape, _ type: ElementType) -> Value {
    let result = Value(name: fresh(), shape: shape, type: type)
    append("\(result.name) = stablehlo.iota dim = \(axis) : \(result.typeText)")
    return result
  }

  /// Axes that a slice walks backwards, turned round; and the walk as it is then.
  private mutating func forward(_ x: Value, _ axes: [Int]) -> Value {
    axes.isEmpty ? x : line("reverse", [x], "dims = [\(Self.list(axes))]", x.shape, x.type)
  }

  private mutating func slice(_ x: Value, _ cut: Cut, _ shape: Shape) -> Value {
    let rank = shape.rank
    let backwards = (0..<rank).filter { cut.steps[$0] < 0 }
    let source = forward(x, backwards)
    let parts = (0..<rank).map { axis in
      let step = abs(cut.steps[axis])
      let start = cut.steps[axis] < 0 ? x.shape[axis] - 1 - cut.starts[axis] : cut.starts[axis]
      let count = shape[axis]
      return "\(count == 0 ? 0 : start):\(count == 0 ? 0 : start + (count - 1) * step + 1):\(step)"
    }
    let result = Value(name: fresh(), shape: shape, type: x.type)
    append(
      "\(result.name) = stablehlo.slice \(source.name) [\(parts.joined(separator: ", "))] : (\(source.typeText)) -> \(result.typeText)"
    )
    return result
  }

  private mutating func embed(_ x: Value, _ cut: Cut, _ shape: Shape) -> Value {
    let rank = shape.rank
    let backwards = (0..<rank).filter { cut.steps[$0] < 0 }
    var (low, high, interior) = ([Int](), [Int](), [Int]())
    for axis in 0..<rank {
      let step = abs(cut.steps[axis])
      let start = cut.steps[axis] < 0 ? shape[axis] - 1 - cut.starts[axis] : cut.starts[axis]
      low.append(start)
      interior.append(step - 1)
      high.append(shape[axis] - start - max((x.shape[axis] - 1) * step + 1, 0))
    }
    let zero = splat(0, .scalar, x.type)
    let padding = "low = [\(Self.list(low))], high = [\(Self.list(high))], interior = [\(Self.list(interior))]"
    return forward(line("pad", [x, zero], padding, shape, x.type), backwards)
  }

  private mutating func reduce(_ x: Value, _ name: String, _ start: Double, _ axes: [Int], _ shape: Shape) -> Value {
    let zero = splat(start, .scalar, x.type)
    let result = Value(name: fresh(), shape: shape, type: x.type)
    append(
      "\(result.name) = stablehlo.reduce(\(x.name) init: \(zero.name)) applies stablehlo.\(name) across dimensions = [\(Self.list(axes))] : (\(x.typeText), \(zero.typeText)) -> \(result.typeText)"
    )
    return result
  }

  /// The least index among the winners.
  private mutating func argument(_ x: Value, _ isLargest: Bool, _ axis: Int, _ shape: Shape, _ type: ElementType)
    -> Value
  {
    let best = reduce(x, isLargest ? "maximum" : "minimum", isLargest ? -.infinity : .infinity, [axis], shape)
    let others = (0..<x.shape.rank).filter { $0 != axis }
    let spread = line("broadcast_in_dim", [best], "dims = [\(Self.list(others))]", x.shape, x.type)
    let isBest = logic("or", compare("EQ", x, spread), compare("NE", x, x))
    let places = select(isBest, iota(axis, x.shape, .float64), splat(.infinity, x.shape, .float64))
    return converted(reduce(places, "minimum", .infinity, [axis], shape), to: type)
  }

  private mutating func scan(_ x: Value, _ operation: String, _ start: Double, _ axis: Int) -> Value {
    let extent = x.shape[axis]
    let window = (0..<x.shape.rank).map { $0 == axis ? extent : 1 }
    let padding = (0..<x.shape.rank).map { $0 == axis ? "[\(extent - 1), 0]" : "[0, 0]" }.joined(separator: ", ")
    let attributes =
      "window_dimensions = array<i64: \(Self.list(window))>, padding = dense<[\(padding)]> : tensor<\(x.shape.rank)x2xi64>"
    return general(
      "reduce_window", [x, splat(start, .scalar, x.type)], attributes, region(operation, x.type), x.shape, x.type)
  }

  // MARK: Matrices

  /// Of whole matrices, by our names.
  private static let matrixFunctions:
    [String: @Sendable (inout StableHLO, _ x: Value, _ shape: Shape, _ type: ElementType) -> Value] = [
      "cholesky": { $0.cholesky($1, $2, $3) }
    ]

  private mutating func cholesky(_ x: Value, _ shape: Shape, _ type: ElementType) -> Value {
    let root = line("cholesky", [x], "lower = true", shape, type)
    // What stands above the diagonal is anything.
    let rank = shape.rank
    let isBelow = compare("GE", iota(rank - 2, shape, .float64), iota(rank - 1, shape, .float64))
    return select(isBelow, root, splat(0, shape, type))
  }

  private mutating func triangularSolution(
    _ x: [Value], _ isLower: Bool, _ isUnit: Bool, _ shape: Shape, _ type: ElementType
  ) -> Value {
    general(
      "triangular_solve", x,
      "left_side = true, lower = \(isLower), unit_diagonal = \(isUnit), transpose_a = #stablehlo<transpose NO_TRANSPOSE>",
      "", shape, type)
  }

  // MARK: Products

  private mutating func product(_ a: Value, _ b: Value, _ shape: Shape, _ type: ElementType) -> Value {
    let rank = shape.rank
    let batch = Array(shape.extents.dropLast(2))
    let left = stretched(a, to: Shape(batch + a.shape.extents.suffix(2)))
    let right = stretched(b, to: Shape(batch + b.shape.extents.suffix(2)))
    let axes = Self.list(0..<rank - 2)
    let batching = rank > 2 ? "batching_dims = [\(axes)] x [\(axes)], " : ""
    return line(
      "dot_general", [left, right], "\(batching)contracting_dims = [\(rank - 1)] x [\(rank - 2)]", shape, type)
  }
}
