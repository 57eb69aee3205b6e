import CKernels
import Graphs
import Tensors

/// A program as a Python function over an array library.
package struct ArraySource {
  private let program: ExportedProgram
  private let dialect: ArrayDialect
  private var texts: [Graph.Reference: Written] = [:]
  private var lines: [String] = []
  private var taken: Set<String>
  private var readers: [Graph.Reference: Int] = [:]
  private let function: String

  /// An expression and how tightly it holds together: 3 stands anywhere, 2 as a factor, 1 as a term, 0 in brackets.
  private struct Written {
    var text: String
    var rank = 3
    /// A number of Python's own, not an array.
    var isNumber = false

    func inside(_ rank: Int) -> String { self.rank >= rank ? text : "(\(text))" }
  }

  package init(_ program: ExportedProgram, _ dialect: ArrayDialect) throws(ExportError) {
    self.program = program
    self.dialect = dialect
    taken = PythonWords.all.union(["np", "jnp", "jax", "torch", "embed", "scatter_add", "arrays", "arguments", "value"])
    function = PythonWords.fit(program.outputs.count == 1 ? program.outputs[0].name : "step")
    for reference in program.order {
      for operand in program.operands(of: reference) { readers[operand, default: 0] += 1 }
    }
    for output in program.outputs { readers[output.reference, default: 0] += 1 }
    for input in program.inputs { texts[input.reference] = Written(text: free(input.name)) }
    for (reference, tensor) in program.constants { texts[reference] = constant(tensor) }
    for reference in program.order { try write(reference) }
  }

  /// The module: the function, and a main part that runs it on the arrays beside the file.
  package var text: String {
    let names = program.inputs.map { texts[$0.reference]?.text ?? "" }
    let results = program.outputs.map { texts[$0.reference]?.text ?? "" }.joined(separator: ", ")
    let trainable = program.inputs.indices.filter { program.inputs[$0].isTrainable }
    let isLoss = program.outputs.count == 1 && program.graph[program.outputs[0].reference].shape.count == 1
    let body = (lines + ["return \(results)"]).map { "    \($0)\n" }.joined()
    return dialect.module(
      function: function, parameters: names, body: body, names: program.inputs.map(\.name),
      outputs: program.outputs.map(\.name), trainable: isLoss ? trainable : [])
  }

  private mutating func free(_ name: String) -> String {
    let fit = PythonWords.fit(name)
    var (free, number) = (fit, 2)
    while !taken.insert(free).inserted {
      free = "\(fit)_\(number)"
      number += 1
    }
    return free
  }

  private func written(_ reference: Graph.Reference) -> Written {
    texts[reference] ?? Written(text: "None")
  }

  private mutating func write(_ reference: Graph.Reference) throws(ExportError) {
    var result = try expression(reference)
    let isName = result.text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    let isShared = readers[reference, default: 0] > 1 || result.text.count > 72
    if !isName, !result.isNumber, isShared || program.labels[reference] != nil {
      let name = free(program.labels[reference] ?? "t")
      lines.append("\(name) = \(result.text)")
      result = Written(text: name)
    }
    texts[reference] = result
  }

  // MARK: Nodes

  private func expression(_ reference: Graph.Reference) throws(ExportError) -> Written {
    let node = program.graph[reference]
    guard case .apply(let primitive, _, let a) = node.kind else { return Written(text: "None") }
    let operands = program.operands(of: reference)
    let x = operands.map(written)
    let shapes = operands.map { program.graph[$0].shape }
    func array(_ position: Int) -> String {
      x[position].isNumber
        ? dialect.array(x[position].text, program.graph[operands[position]].type) : x[position].text
    }
    func full() -> Written {
      call("\(dialect.library).full", ArrayDialect.tuple(node.shape), x[0].text, "dtype=" + dialect.type(node.type))
    }
    func call(_ name: String, _ arguments: String...) -> Written {
      Written(text: "\(name)(\(arguments.joined(separator: ", ")))")
    }
    let d = dialect
    switch primitive.kernel {
    case .map(let op): return try elementwise(ElementFunction[op].notation, x, [array(0)])
    case .zip(let op):
      let parts = x.map { $0.isNumber ? d.array($0.text, .float64) : $0.text }
      return try elementwise(BinaryFunction[op].notation, x, parts)
    case .compare(let op):
      // Of two numbers Python would make a bool of its own.
      let left = x[0].isNumber && x[1].isNumber ? Written(text: array(0)) : x[0]
      return try elementwise(ComparisonFunction[op].notation, [left, x[1]], [array(0), array(1)])
    case .test(let op): return try elementwise(ClassificationFunction[op].notation, x, [array(0)])
    case .logic(let op): return try elementwise(LogicFunction[op].notation, x, [array(0), array(1)])
    case .not: return Written(text: "~" + x[0].inside(3), rank: 2)
    case .select: return call("\(d.library).where", array(0), x[1].text, x[2].text)
    case .keep: return call("\(d.library).where", array(0), x[1].text, "0.0")
    case .convert:
      if x[0].isNumber { return x[0] }
      return Written(text: d.converted(x[0].inside(3), to: node.type))
    case .reshape:
      if shapes[0] == node.shape { return x[0] }
      if x[0].isNumber { return full() }
      return Written(text: "\(x[0].inside(3)).reshape(\(ArrayDialect.tuple(node.shape)))")
    case .fill:
      let value = Double(bitPattern: UInt64(bitPattern: Int64(a[0])))
      let number = node.type == .bool ? (value == 0 ? "False" : "True") : PythonWords.number(value, node.type)
      if node.shape.rank == 0 { return Written(text: number, rank: value < 0 ? 1 : 3, isNumber: true) }
      return call("\(d.library).full", ArrayDialect.tuple(node.shape), number, "dtype=" + d.type(node.type))
    case .iota: return call("\(d.library).arange", "\(node.shape.count)", "dtype=" + d.type(node.type))
    case .broadcast:
      if x[0].isNumber { return full() }
      return call("\(d.library).broadcast_to", array(0), ArrayDialect.tuple(node.shape))
    case .transpose:
      if a == [1, 0] { return Written(text: x[0].inside(3) + ".T") }
      return call(d.transpose, array(0), "(\(a.map(String.init).joined(separator: ", ")))")
    case .slice: return Written(text: d.sliced(x[0].inside(3), a, from: shapes[0], to: node.shape))
    case .embed: return Written(text: d.embedded(array(0), a, from: shapes[0], to: node.shape, type: d.type(node.type)))
    case .concat: return call(d.concatenate, "[\(x.indices.map(array).joined(separator: ", "))]", "\(d.axis)=\(a[0])")
    case .reduce(let op):
      return Written(text: d.reduced(array(0), try d.call(ReductionFunction[op].notation), axes: a))
    case .reduceLogic(let op):
      return Written(text: d.reduced(array(0), try d.call(LogicFunction[op].reduction), axes: a))
    case .argument(let largest):
      let index = "\(d.library).\(largest ? "argmax" : "argmin")(\(array(0)), \(d.axis)=\(a[0]))"
      return Written(text: d.converted(index, to: node.type))
    case .scan(let op): return call(try d.call(ReductionFunction[op].scan), array(0), "\(d.axis)=\(a[0])")
    case .take: return Written(text: d.taken(array(0), array(1), a[0], shapes[0]))
    case .takeAdjoint: return Written(text: d.takeAdjoint(array(0), array(1), a[0], node.shape, d.type(node.type)))
    case .gather: return Written(text: d.gathered(array(0), array(1), a[0], shapes[0], node.shape))
    case .gatherAdjoint: return Written(text: d.gatherAdjoint(array(0), array(1), a[0], node.shape, d.type(node.type)))
    case .matrixProduct: return Written(text: "\(x[0].inside(2)) @ \(x[1].inside(3))", rank: 1)
    case .uniform, .normal, .window, .windowAdjoint, .planned:
      throw ExportError("\(primitive.name) can't be exported to \(d.title)")
    case .host:
      guard let text = d.host(primitive.name, x.indices.map(array), a, node.type) else {
        throw ExportError("\(primitive.name) can't be exported to \(d.title)")
      }
      return Written(text: text)
    }
  }

  /// A function of elements: Python's operator if it is one, else a call with these arguments.
  private func elementwise(
    _ notation: Notation, _ x: [Written], _ arguments: [String]
  ) throws(ExportError) -> Written {
    let isNumber = x.allSatisfy(\.isNumber)
    switch notation.python {
    case .prefix(let sign, let tightness, let operand):
      return Written(text: sign + x[0].inside(operand), rank: tightness, isNumber: isNumber)
    case .infix(let sign, let tightness, let left, let right):
      return Written(
        text: "\(x[0].inside(left)) \(sign) \(x[1].inside(right))", rank: tightness, isNumber: isNumber)
    case nil: return Written(text: "\(try dialect.call(notation))(\(arguments.joined(separator: ", ")))")
    }
  }

  private func constant(_ tensor: Tensor) -> Written {
    func list(_ axis: Int, _ offset: Int) -> String {
      if axis == tensor.shape.rank {
        let value = tensor[flat: offset]
        return tensor.type == .bool ? (value == 0 ? "False" : "True") : PythonWords.number(value, tensor.type)
      }
      let stride = tensor.shape.strides[axis]
      return "[" + (0..<tensor.shape[axis]).map { list(axis + 1, offset + $0 * stride) }.joined(separator: ", ") + "]"
    }
    if tensor.shape.rank == 0, tensor.type == .literal {
      return Written(text: list(0, 0), rank: tensor[flat: 0] < 0 ? 1 : 3, isNumber: true)
    }
    return Written(text: "\(dialect.make)(\(list(0, 0)), dtype=\(dialect.type(tensor.type)))")
  }
}

/// What Python lets a name and a number be.
enum PythonWords {
  static let all: Set<String> = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or",
    "pass", "raise", "return", "try", "while", "with", "yield", "print", "os", "sys",
  ]

  static func fit(_ name: String) -> String {
    let kept = String(name.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    let first = kept.first.map { $0.isNumber } ?? true
    return first ? "f" + kept : all.contains(kept) ? kept + "_" : kept
  }

  static func number(_ value: Double, _ type: ElementType) -> String {
    if value.isFinite { return type == .float32 ? "\(Float(value))" : "\(value)" }
    return value.isNaN ? "float(\"nan\")" : "float(\"\(value < 0 ? "-" : "")inf\")"
  }
}
