import CKernels
import Graphs
import Refusals
import Tensors

/// A program as StableHLO text, the language that XLA compiles.
package struct StableHLO: NodeWriter {
  private let program: ExportedProgram
  private let mesh: Mesh
  /// One operation a line.
  var lines: [String] = []
  var values: [Graph.Reference: Value] = [:]
  var parts = LoopParts<Value>()
  private var count = 0

  /// Something computed: its name in the text, and what it is.
  struct Value {
    var name: String
    var shape: Shape
    var type: ElementType

    var typeText: String { StableHLO.text(shape, type) }
  }

  static func shape(of value: Value) -> Shape { value.shape }

  package init(_ program: ExportedProgram, mesh: Mesh) throws(Refusal) {
    self.program = program
    self.mesh = mesh
    try mesh.check(program)
    for (index, input) in program.inputs.enumerated() {
      values[input.reference] = Value(name: "%arg\(index)", shape: input.value.shape, type: input.value.type)
    }
    for reference in program.constants.keys.sorted() {
      if let tensor = program.constants[reference] { values[reference] = constant(tensor) }
    }
    try write(program.order, of: program.graph)
  }

  package var text: String {
    let arguments = program.inputs.enumerated().map { index, input in
      "%arg\(index): \(Self.text(input.value.shape, input.value.type))\(mesh.sharding(mesh.spec(of: input, in: program), rank: input.value.shape.rank))"
    }
    let outputs = program.outputs.map { output in (output, values[output.reference]) }
    let results = outputs.compactMap { output, value in
      value.map { "\($0.typeText)\(mesh.sharding(mesh.spec(of: output, in: program), rank: $0.shape.rank))" }
    }
    let axes = mesh.axes.map { "\"\($0.name)\"=\($0.extent)" }.joined(separator: ", ")
    let names = outputs.compactMap { $1?.name }.joined(separator: ", ")
    let types = outputs.compactMap { $1?.typeText }.joined(separator: ", ")
    return """
      module @gradus attributes {mhlo.num_replicas = 1 : i32, mhlo.num_partitions = \(mesh.deviceCount) : i32} {
        sdy.mesh @mesh = <[\(axes)]>
        func.func public @main(\(arguments.joined(separator: ", "))) -> (\(results.joined(separator: ", "))) {
      \(lines.map { "    \($0)\n" }.joined())    return \(names) : \(types)
        }
      }

      """
  }

  static func text(_ shape: Shape, _ type: ElementType) -> String {
    let element =
      switch type {
      case .bool: "i1"
      case .float32: "f32"
      case .literal, .float64: "f64"
      }
    return "tensor<\(shape.extents.map { "\($0)x" }.joined())\(element)>"
  }

  // MARK: Writing lines

  mutating func append(_ line: String) { lines.append(line) }

  mutating func fresh() -> String {
    count += 1
    return "%\(count)"
  }

  /// `%3 = stablehlo.NAME %1, %2 EXTRA : TYPES`.
  mutating func line(_ name: String, _ operands: [Value], _ shape: Shape, _ type: ElementType) -> Value {
    line(name, operands, "", shape, type)
  }

  mutating func line(
    _ name: String, _ operands: [Value], _ extra: String, _ shape: Shape, _ type: ElementType
  ) -> Value {
    let result = Value(name: fresh(), shape: shape, type: type)
    let list = operands.map(\.name).joined(separator: ", ")
    let isUniform = extra.isEmpty && operands.allSatisfy { $0.shape == shape && $0.type == type }
    let types =
      isUniform
      ? result.typeText : "(\(operands.map(\.typeText).joined(separator: ", "))) -> \(result.typeText)"
    lines.append("\(result.name) = stablehlo.\(name) \(list)\(extra.isEmpty ? "" : ", " + extra) : \(types)")
    return result
  }

  /// An operation in the general form, for those whose short form depends on the version.
  mutating func general(
    _ name: String, _ operands: [Value], _ attributes: String, _ region: String, _ shape: Shape, _ type: ElementType
  ) -> Value {
    let result = Value(name: fresh(), shape: shape, type: type)
    let list = operands.map(\.name).joined(separator: ", ")
    let types = operands.map(\.typeText).joined(separator: ", ")
    lines.append(
      "\(result.name) = \"stablehlo.\(name)\"(\(list)) <{\(attributes)}>\(region) : (\(types)) -> \(result.typeText)")
    return result
  }

  /// A region that joins two numbers.
  func region(_ operation: String, _ type: ElementType) -> String {
    let scalar = Self.text(.scalar, type)
    return " ({ ^bb0(%l: \(scalar), %r: \(scalar)): %j = stablehlo.\(operation) %l, %r : \(scalar) "
      + "\"stablehlo.return\"(%j) : (\(scalar)) -> () })"
  }

  mutating func splat(_ value: Double, _ shape: Shape, _ type: ElementType) -> Value {
    let result = Value(name: fresh(), shape: shape, type: type)
    lines.append("\(result.name) = stablehlo.constant dense<\(Self.number(value, type))> : \(result.typeText)")
    return result
  }

  mutating func constant(_ tensor: Tensor) -> Value {
    let list = tensor.shape.nested { offset in
      Self.number(tensor[flat: offset], tensor.type)
    } joined: { parts in
      "[" + parts.joined(separator: ", ") + "]"
    }
    let result = Value(name: fresh(), shape: tensor.shape, type: tensor.type)
    lines.append(
      "\(result.name) = stablehlo.constant dense<\(tensor.count == 0 ? "" : list)> : \(result.typeText)")
    return result
  }

  /// Decimal where that is exact enough to read back, else the bits.
  private static func number(_ value: Double, _ type: ElementType) -> String {
    if type == .bool { return value == 0 ? "false" : "true" }
    let text = type == .float32 ? "\(Float(value))" : "\(value)"
    if value.isFinite, !text.contains("e") { return text }
    return type == .float32
      ? "0x" + hexadecimal(UInt64(Float(value).bitPattern), 8) : "0x" + hexadecimal(value.bitPattern, 16)
  }

  private static func hexadecimal(_ bits: UInt64, _ digits: Int) -> String {
    let text = String(bits, radix: 16, uppercase: true)
    return String(repeating: "0", count: digits - text.count) + text
  }

  mutating func stretched(_ x: Value, to shape: Shape) -> Value {
    if x.shape == shape { return x }
    let lead = shape.rank - x.shape.rank
    return line("broadcast_in_dim", [x], "dims = [\(Self.list(lead..<shape.rank))]", shape, x.type)
  }

  static func list(_ numbers: some Sequence<Int>) -> String { numbers.map(String.init).joined(separator: ", ") }
}
