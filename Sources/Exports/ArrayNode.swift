import CKernels
import Graphs
import Refusals
import Tensors

/// One node of a graph, to be said in the words of an array library.
struct ArrayNode {
  struct Operand {
    let expression: PythonExpression
    let shape: Shape
    let type: ElementType
  }

  private let dialect: ArrayDialect
  private let primitive: Primitive
  private let x: [Operand]
  private let shape: Shape
  private let type: ElementType

  init(_ dialect: ArrayDialect, _ primitive: Primitive, _ operands: [Operand], _ node: Graph.Node) {
    (self.dialect, self.primitive, x) = (dialect, primitive, operands)
    (shape, type) = (node.shape, node.type)
  }

  /// - Throws: The name of what the library lacks.
  func expression() throws(Refusal) -> PythonExpression {
    switch primitive.kernel {
    case .map(let op):
      try elementwise(ElementFunction[op].notation) { ElementFunction[op].scalar($0[0]) }
    case .zip(let op):
      try elementwise(BinaryFunction[op].notation) { BinaryFunction[op].scalar($0[0], $0[1]) }
    case .compare(let op):
      try elementwise(ComparisonFunction[op].notation) { ComparisonFunction[op].scalar($0[0], $0[1]) ? 1 : 0 }
    case .logic(let op):
      try elementwise(LogicFunction[op].notation) { LogicFunction[op].scalar($0[0] != 0, $0[1] != 0) ? 1 : 0 }
    case .test(let op): .call(try dialect.call(ClassificationFunction[op].notation), array(0))
    case .not: not
    // Of two numbers the library couldn't tell the type.
    case .select: .call("\(dialect.library).where", array(0), isNumber(2) ? array(1) : text(1), text(2))
    case .keep: .call("\(dialect.library).where", array(0), array(1), "0.0")
    case .convert: converted
    case .reshape: reshaped
    case .fill(let constant): filled(constant.value)
    case .iota: .call("\(dialect.library).arange", "\(shape.count)", typed)
    case .broadcast: isNumber(0) ? full : .call("\(dialect.library).broadcast_to", array(0), ArrayDialect.tuple(shape))
    case .transpose(let permutation): transposed(permutation)
    case .slice(let cut):
      PythonExpression(dialect.sliced(text(0, 3), starts: cut.starts, steps: cut.steps, from: x[0].shape, to: shape))
    case .embed(let cut):
      PythonExpression(
        dialect.embedded(array(0), starts: cut.starts, steps: cut.steps, from: x[0].shape, to: shape, type))
    case .concat(let axis):
      .call(dialect.concatenate, "[\(x.indices.map(array).joined(separator: ", "))]", "\(dialect.axis)=\(axis)")
    case .reduce(let op, let axes):
      x[0].type == type
        ? try reduced(ReductionFunction[op].notation, axes) : cast(try reduced(ReductionFunction[op].notation, axes))
    case .reduceLogic(let op, let axes): try reduced(LogicFunction[op].reduction, axes)
    case .argument(let isLargest, let axis):
      cast(.call("\(dialect.library).\(isLargest ? "argmax" : "argmin")", array(0), "\(dialect.axis)=\(axis)"))
    case .scan(let op, let axis):
      .call(try dialect.call(ReductionFunction[op].scan), array(0), "\(dialect.axis)=\(axis)")
    case .take(let axis): PythonExpression(dialect.taken(array(0), index(x[0].shape, axis), axis))
    case .takeAdjoint(let axis):
      PythonExpression(
        dialect.takeAdjoint(array(0), index(shape, axis), axis, ArrayDialect.tuple(shape), dialect.type(type)))
    case .gather(let axis): gathered(axis)
    case .gatherAdjoint(let axis):
      PythonExpression(
        dialect.gatherAdjoint(array(0), index(shape, axis), axis, ArrayDialect.tuple(shape), dialect.type(type)))
    case .matrixProduct: PythonExpression("\(text(0, 2)) @ \(text(1, 3))", tightness: 1)
    case .window(let window): PythonExpression(dialect.taken(array(0), places(window, shape), window.axis))
    case .windowAdjoint(let window): placed(window)
    case .uniform: drawn("uniform")
    case .normal: drawn("normal")
    case .planned, .loop: throw lacking
    case .host(_, let attribute): try ofHost(attribute)
    }
  }

  private var lacking: Refusal { .lacking(dialect.title, primitive.name) }

  // MARK: Operands

  private func text(_ position: Int, _ tightness: Int = 0) -> String {
    x[position].expression.inside(tightness)
  }

  private func isNumber(_ position: Int) -> Bool { x[position].expression.number != nil }

  private func array(_ position: Int) -> String {
    isNumber(position) ? dialect.array(text(position), dialect.type(x[position].type)) : text(position)
  }

  private var typed: String { "dtype=" + dialect.type(type) }

  private func cast(_ x: PythonExpression) -> PythonExpression {
    PythonExpression(dialect.converted(x.inside(3), dialect.type(type)))
  }

  // MARK: Elementwise

  /// Python's operator if it is one, else a call.
  private func elementwise(
    _ notation: Notation, _ scalar: ([Double]) -> Double
  ) throws(Refusal) -> PythonExpression {
    guard let python = notation.python else {
      return .call(try dialect.call(notation), x.indices.map(array).joined(separator: ", "))
    }
    // Python's own numbers refuse 1 / 0 and have a complex (-8) ** 0.5.
    let numbers = x.compactMap(\.expression.number)
    if numbers.count == x.count { return PythonExpression(number: scalar(numbers), type) }
    switch python {
    case .prefix(let sign, let tightness, let operand):
      return PythonExpression(sign + text(0, operand), tightness: tightness)
    case .infix(let sign, let tightness, let left, let right):
      return PythonExpression("\(text(0, left)) \(sign) \(text(1, right))", tightness: tightness)
    }
  }

  private var not: PythonExpression {
    // Python's own ~True is -2.
    if let number = x[0].expression.number { return PythonExpression(number: number == 0 ? 1 : 0, .bool) }
    return PythonExpression("~" + text(0, 3), tightness: 2)
  }

  private var converted: PythonExpression {
    if let number = x[0].expression.number { return PythonExpression(number: number, type) }
    return cast(x[0].expression)
  }

  // MARK: Making and moving

  private var full: PythonExpression {
    .call("\(dialect.library).full", ArrayDialect.tuple(shape), text(0), typed)
  }

  private func filled(_ value: Double) -> PythonExpression {
    let number = PythonExpression(number: value, type)
    if shape.rank == 0 { return number }
    return .call("\(dialect.library).full", ArrayDialect.tuple(shape), number.text, typed)
  }

  private var reshaped: PythonExpression {
    if x[0].shape == shape { return x[0].expression }
    if isNumber(0) { return full }
    return PythonExpression("\(text(0, 3)).reshape(\(ArrayDialect.tuple(shape)))")
  }

  private func transposed(_ permutation: [Int]) -> PythonExpression {
    if permutation == [1, 0] { return PythonExpression(text(0, 3) + ".T") }
    return .call(dialect.transpose, array(0), ArrayDialect.tuple(permutation))
  }

  private func reduced(_ notation: Notation, _ axes: [Int]) throws(Refusal) -> PythonExpression {
    PythonExpression(dialect.reduced(array(0), try dialect.call(notation), axes))
  }

  // MARK: Picking

  private func index(_ shape: Shape, _ axis: Int) -> String {
    dialect.index(x[1].expression.inside(3), shape[axis])
  }

  /// Where the entries of a window lie along its axis.
  private func places(_ window: Window, _ part: Shape) -> String {
    let start = dialect.whole(text(1, 3), isNumber(1))
    let steps = "\(dialect.library).arange(\(part[window.axis]))"
    return "\(start) + " + (window.step == 1 ? steps : "\(steps) * \(window.step)")
  }

  private func placed(_ window: Window) -> PythonExpression {
    // Masks aren't added everywhere.
    let isMask = type == .bool
    let number = dialect.type(isMask ? .float32 : type)
    let whole = dialect.takeAdjoint(
      isMask ? dialect.converted(array(0), number) : array(0), places(window, x[0].shape), window.axis,
      ArrayDialect.tuple(shape), number)
    return isMask ? cast(PythonExpression(whole)) : PythonExpression(whole)
  }

  private func drawn(_ function: String) -> PythonExpression {
    .call("draw_\(function)", text(0), text(1), ArrayDialect.tuple(shape), dialect.type(type))
  }

  private func gathered(_ axis: Int) -> PythonExpression {
    var extents = shape.extents
    extents[axis] = x[0].shape[axis]
    let cut = ArrayDialect.cut(text(0, 3), to: extents, from: x[0].shape)
    return PythonExpression(dialect.gathered(array(0), cut, index(x[0].shape, axis), axis))
  }

  private func ofHost(_ attribute: HostAttribute) throws(Refusal) -> PythonExpression {
    switch attribute {
    case .order(let axis, let isDescending):
      return cast(PythonExpression(dialect.argsort(array(0), axis, isDescending)))
    case .triangle(let isLower, let isUnit):
      guard let solve = dialect.triangularSolution else { throw lacking }
      return PythonExpression(solve(array(0), array(1), isLower ? "True" : "False", isUnit ? "True" : "False"))
    case .side(let isRight):
      let side = "side=\"\(isRight ? "right" : "left")\""
      return cast(.call("\(dialect.library).searchsorted", array(0), array(1), side))
    case .tolerance(let tolerance):
      guard let pattern = dialect.matrixFunctions[primitive.name] else { throw lacking }
      return PythonExpression(
        pattern.split(separator: "@").joined(separator: "\(array(0)), \(PythonWords.number(tolerance.value, .float64))")
      )
    case .extremum, .placing: throw lacking
    case .none, .decomposition, .places, .positive, .refusal:
      guard let pattern = dialect.matrixFunctions[primitive.name] else { throw lacking }
      return PythonExpression(
        pattern.split(separator: "@").joined(separator: x.indices.map(array).joined(separator: ", ")))
    }
  }
}
