import CKernels
import Graphs
import Refusals
import Tensors

/// Each kind of operation as ONNX nodes.
extension ONNXModel {
  mutating func write(
    _ primitive: Primitive, _ x: [Value], _ node: Graph.Node
  ) throws(Refusal) -> Value {
    let (shape, type) = (node.shape, node.type)
    func plain(_ kind: String, _ attributes: [Attribute] = []) -> Value { self.node(kind, x, shape, type, attributes) }
    switch primitive.kernel {
    case .map(let op): return try function(ElementFunction[op].notation, x)
    case .zip(let op): return try function(BinaryFunction[op].notation, x)
    case .compare(let op): return try function(ComparisonFunction[op].notation, x)
    case .test(let op): return try function(ClassificationFunction[op].notation, x)
    case .logic(let op): return try function(LogicFunction[op].notation, x)
    case .not: return plain("Not")
    case .select: return select(x, shape, type)
    case .keep: return self.node("Where", x + [number(0, type)], shape, type)
    case .convert: return converted(x[0], to: type)
    case .reshape: return x[0].shape == shape ? x[0] : reshaped(x[0], shape)
    case .fill(let constant):
      let value = number(constant.value, type)
      return shape.rank == 0 ? value : self.node("Expand", [value, whole(shape.extents)], shape, type)
    case .iota: return constant(Tensor((0..<shape.count).map(Double.init), shape: shape, type: type))
    case .broadcast: return self.node("Expand", [x[0], whole(shape.extents)], shape, type)
    case .transpose(let permutation): return plain("Transpose", [.integers("perm", permutation)])
    case .slice(let cut): return slice(x[0], cut, shape)
    case .embed(let cut): return scatter(x[0], cut, shape)
    case .concat(let axis): return plain("Concat", [.integer("axis", axis)])
    case .reduce(let op, let axes):
      return reduce(try name(ReductionFunction[op].notation), converted(x[0], to: type), axes, shape)
    case .reduceLogic(let op, let axes):
      let number = converted(x[0], to: .float32)
      return converted(reduce(try name(LogicFunction[op].reduction), number, axes, shape), to: .bool)
    case .argument(let isLargest, let axis):
      let index = self.node(
        isLargest ? "ArgMax" : "ArgMin", x, shape, .float64, [.integer("axis", axis), .integer("keepdims", 0)])
      return self.node("Cast", [index], shape, type, [.integer("to", Self.code(type))])
    case .scan(let op, let axis):
      return self.node(try name(ReductionFunction[op].scan), [x[0], scalarAxis(axis)], shape, type)
    case .take(let axis): return self.node("Gather", [x[0], index(x[1])], shape, type, [.integer("axis", axis)])
    case .gather(let axis): return gather(x[0], x[1], axis, shape)
    case .takeAdjoint(let axis):
      // Each index is spread over the slices that it picks.
      var extents = [Int](repeating: 1, count: shape.rank)
      extents[axis] = x[1].shape.count
      let column = reshaped(x[1], Shape(extents))
      let places = self.node("Expand", [column, whole(x[0].shape.extents)], x[0].shape, x[1].type)
      return added(x[0], places, axis, shape)
    case .gatherAdjoint(let axis): return added(x[0], x[1], axis, shape)
    case .matrixProduct: return plain("MatMul")
    case .window(let window):
      return self.node("Gather", [x[0], places(x[1], window, shape)], shape, type, [.integer("axis", window.axis)])
    case .windowAdjoint(let window):
      let number = type == .bool ? converted(x[0], to: .float32) : x[0]
      var extents = [Int](repeating: 1, count: shape.rank)
      extents[window.axis] = x[0].shape[window.axis]
      let column = reshaped(places(x[1], window, x[0].shape), Shape(extents))
      let spread = self.node("Expand", [column, whole(x[0].shape.extents)], x[0].shape, .float64)
      return converted(added(number, spread, window.axis, shape), to: type)
    case .uniform, .normal, .planned, .loop, .host:
      throw .lacking(Self.title, primitive.name)
    }
  }

  /// Runtimes choose between numbers, not between masks.
  private mutating func select(_ x: [Value], _ shape: Shape, _ type: ElementType) -> Value {
    if type != .bool { return node("Where", x, shape, type) }
    let other = node("Not", [x[0]], x[0].shape, .bool)
    let first = node("And", [x[0], x[1]], shape, .bool)
    let second = node("And", [other, x[2]], shape, .bool)
    return node("Or", [first, second], shape, .bool)
  }

  mutating func converted(_ x: Value, to type: ElementType) -> Value {
    if Self.code(x.type) == Self.code(type) { return Value(name: x.name, shape: x.shape, type: type) }
    return node("Cast", [x], x.shape, type, [.integer("to", Self.code(type))])
  }

  mutating func reshaped(_ x: Value, _ shape: Shape) -> Value {
    node("Reshape", [x, whole(shape.extents)], shape, x.type, [.integer("allowzero", 1)])
  }

  private mutating func index(_ x: Value) -> Value { node("Cast", [x], x.shape, x.type, [.integer("to", 7)]) }

  /// Where the entries of a window lie along its axis.
  private mutating func places(_ start: Value, _ window: Window, _ part: Shape) -> Value {
    let steps = whole((0..<part[window.axis]).map { $0 * window.step })
    let first = reshaped(index(start), Shape([1]))
    return node("Add", [first, steps], steps.shape, .float64)
  }

  private mutating func scalarAxis(_ axis: Int) -> Value {
    node("Squeeze", [whole([axis])], .scalar, .float64)
  }

  private mutating func slice(_ x: Value, _ cut: Cut, _ shape: Shape) -> Value {
    let rank = shape.rank
    let (starts, steps) = (cut.starts, cut.steps)
    let ends = (0..<rank).map { axis in
      let end = starts[axis] + steps[axis] * shape[axis]
      // Before the first element; -1 would be the last one.
      return end < 0 ? Int(Int32.min) : end
    }
    return node(
      "Slice", [x, whole(starts), whole(ends), whole(Array(0..<rank)), whole(steps)], shape, x.type)
  }

  /// The adjoint of a slice: every element to its own place among zeros.
  private mutating func scatter(_ x: Value, _ cut: Cut, _ shape: Shape) -> Value {
    let rank = shape.rank
    let strides = shape.strides
    var places = [0]
    for axis in 0..<rank {
      places = places.flatMap { place in
        (0..<x.shape[axis]).map { place + (cut.starts[axis] + cut.steps[axis] * $0) * strides[axis] }
      }
    }
    let flat = reshaped(x, Shape([x.shape.count]))
    let zeros = node("Expand", [number(0, x.type), whole([shape.count])], Shape([shape.count]), x.type)
    let whole = node("ScatterElements", [zeros, self.whole(places), flat], zeros.shape, x.type, [.integer("axis", 0)])
    return reshaped(whole, shape)
  }

  private mutating func reduce(_ kind: String, _ x: Value, _ axes: [Int], _ shape: Shape) -> Value {
    if kind == "ReduceSum" { return node(kind, [x, whole(axes)], shape, x.type, [.integer("keepdims", 0)]) }
    return node(kind, [x], shape, x.type, [.integers("axes", axes), .integer("keepdims", 0)])
  }

  private mutating func gather(_ x: Value, _ indices: Value, _ axis: Int, _ shape: Shape) -> Value {
    node("GatherElements", [x, index(indices)], shape, x.type, [.integer("axis", axis)])
  }

  private mutating func added(_ g: Value, _ indices: Value, _ axis: Int, _ shape: Shape) -> Value {
    let zeros = node("Expand", [number(0, g.type), whole(shape.extents)], shape, g.type)
    return node(
      "ScatterElements", [zeros, index(indices), g], shape, g.type, [.integer("axis", axis), .text("reduction", "add")])
  }
}
