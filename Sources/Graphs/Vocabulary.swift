import CKernels
import Tensors

/// The structural words that operators and gradient rules are written with; shapes have been checked before.
extension Symbol {
  public var rank: Int { shape.rank }

  public func reshaped(_ shape: Shape) -> Symbol {
    precondition(shape.count == self.shape.count, "a reshape keeps the number of elements")
    if shape == self.shape { return self }
    return builder.add(.reshape, [self], shape: shape, type: type)
  }

  public func broadcast(to shape: Shape) -> Symbol {
    if shape == self.shape { return self }
    return builder.add(.broadcast, [self], shape: shape, type: type)
  }

  public func transposed(_ permutation: [Int]) -> Symbol {
    if permutation == Array(0..<rank) { return self }
    let extents = permutation.map { shape[$0] }
    return builder.add(.transpose(permutation), [self], shape: Shape(extents), type: type)
  }

  /// The last two axes swapped; a vector and a number stay as they are.
  public var matrixTransposed: Symbol {
    if rank < 2 { return self }
    var permutation = Array(0..<rank)
    permutation.swapAt(rank - 1, rank - 2)
    return transposed(permutation)
  }

  /// Along each axis every `step`-th element from `start`, `extents` of them.
  public func sliced(starts: [Int], steps: [Int], extents: [Int]) -> Symbol {
    if extents == shape.extents, starts.allSatisfy({ $0 == 0 }), steps.allSatisfy({ $0 == 1 }) { return self }
    return builder.add(.slice(Cut(starts: starts, steps: steps)), [self], shape: Shape(extents), type: type)
  }

  /// `count` neighbours along one axis.
  public func sliced(axis: Int, from start: Int, count: Int, step: Int = 1) -> Symbol {
    var starts = [Int](repeating: 0, count: rank)
    var steps = [Int](repeating: 1, count: rank)
    var extents = shape.extents
    (starts[axis], steps[axis], extents[axis]) = (start, step, count)
    return sliced(starts: starts, steps: steps, extents: extents)
  }

  /// `count` neighbours along one axis from a place that is known only when the graph is run, and lies inside.
  public func windowed(axis: Int, from start: Symbol, count: Int, step: Int = 1) -> Symbol {
    var extents = shape
    extents[axis] = count
    return builder.add(.window(Window(axis: axis, step: step)), [self, start], shape: extents, type: type)
  }

  /// The adjoint of a slice: these elements in a larger tensor of zeros.
  public func embedded(starts: [Int], steps: [Int], in shape: Shape) -> Symbol {
    builder.add(.embed(Cut(starts: starts, steps: steps)), [self], shape: shape, type: type)
  }

  public static func concatenated(_ parts: [Symbol], axis: Int) -> Symbol {
    if parts.count == 1 { return parts[0] }
    let builder = parts[0].builder
    var type = parts.map(\.type).max() ?? .literal
    if type == .literal { type = builder.defaultType }
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    return builder.add(.concat(axis), parts.map { $0.converted(to: type) }, shape: shape, type: type)
  }

  /// A reduction along axes that vanish, or stay with extent 1.
  public func reduced(_ family: Family<[Int]>, over axes: [Int], keepsAxes: Bool = false) -> Symbol {
    let axes = axes.sorted()
    var kept = shape
    for axis in axes { kept[axis] = 1 }
    let primitive = family(axes)
    let isLogic = if case .reduceLogic = primitive.kernel { true } else { false }
    let operand = isLogic ? asBool : asFloat
    let small = shape.removing(axes)
    let reduced =
      axes.isEmpty
      ? operand
      : builder.add(primitive, [operand], shape: small, type: operand.type)
    return keepsAxes ? reduced.reshaped(kept) : reduced
  }

  public func summed(over axes: [Int], keepsAxes: Bool = false) -> Symbol {
    reduced(.sum, over: axes, keepsAxes: keepsAxes)
  }

  public var summed: Symbol { summed(over: Array(0..<rank)) }

  /// Summed down to a shape that broadcasts to this one: the adjoint of broadcasting.
  public func summed(to target: Shape) -> Symbol {
    if target == shape { return self }
    let lead = rank - target.rank
    let axes = (0..<rank).filter { $0 < lead || target[$0 - lead] == 1 && shape[$0] != 1 }
    return summed(over: axes).reshaped(target)
  }

  /// The first index of the largest or smallest element along an axis, as numbers.
  public func index(of family: Family<Int>, axis: Int) -> Symbol {
    let type: ElementType = shape[axis] >= 1 << 24 ? .float64 : builder.defaultType
    return builder.add(family(axis), [asFloat], shape: shape.removing([axis]), type: type)
  }

  public func scanned(_ family: Family<Int>, axis: Int) -> Symbol {
    let x = asFloat
    return builder.add(family(axis), [x], shape: shape, type: x.type)
  }

  /// Whole slices along an axis, by a vector of indices that lie inside.
  public func taken(_ indices: Symbol, axis: Int) -> Symbol {
    var result = shape
    result[axis] = indices.shape.count
    return builder.add(.take(axis), [self, indices], shape: result, type: type)
  }

  public func gathered(_ indices: Symbol, axis: Int) -> Symbol {
    builder.add(.gather(axis), [self, indices], shape: indices.shape, type: type)
  }

  /// The matrix product of the last two axes; both have rank 2 or more and batches that broadcast.
  public static func matrixProduct(_ a: Symbol, _ b: Symbol) -> Symbol {
    var type = max(a.type, b.type)
    if type < .float32 { type = a.builder.defaultType }
    let rank = max(a.rank, b.rank)
    let (a, b) = (a.converted(to: type).lifted(to: rank), b.converted(to: type).lifted(to: rank))
    let (m, n) = (a.shape[rank - 2], b.shape[rank - 1])
    var extents = [Int]()
    for axis in 0..<rank - 2 { extents.append(a.shape[axis] == 1 ? b.shape[axis] : a.shape[axis]) }
    return a.builder.strongProduct(a, b, shape: Shape(extents + [m, n]), type: type)
  }

  /// Extents of 1 in front, up to a rank.
  public func lifted(to rank: Int) -> Symbol {
    rank <= self.rank ? self : reshaped(Shape([Int](repeating: 1, count: rank - self.rank) + shape.extents))
  }

  public func expanded(at axis: Int) -> Symbol {
    var extents = shape.extents
    extents.insert(1, at: axis)
    return reshaped(Shape(extents))
  }
}

extension Builder {
  /// 0, 1, … `count` - 1.
  public func iota(_ count: Int, type: ElementType? = nil) -> Symbol {
    add(.iota, [], shape: Shape([count]), type: type ?? (count >= 1 << 24 ? .float64 : defaultType))
  }

  public func zeros(_ shape: Shape, type: ElementType) -> Symbol { constant(0, shape: shape, type: type) }
  public func ones(_ shape: Shape, type: ElementType) -> Symbol { constant(1, shape: shape, type: type) }

  /// A fixed rows × columns mask, true where column - row compares so with k.
  public func diagonalMask(rows: Int, columns: Int, k: Int, _ comparison: Primitive) -> Symbol {
    let type: ElementType = max(rows, columns) >= 1 << 23 ? .float64 : .float32
    let row = iota(rows, type: type).reshaped(Shape([rows, 1]))
    let column = iota(columns, type: type).reshaped(Shape([1, columns]))
    return .compare(comparison, column - row, constant(Double(k)))
  }
}
