import CKernels
import Graphs
import Refusals
import Tensors

/// A program as an ONNX model (operator set 17); its inputs' values go with it and may be given anew.
package struct ONNXModel {
  /// Something computed: its name in the model, and what it is.
  struct Value {
    var name: String
    var shape: Shape
    var type: ElementType
  }

  private let program: ExportedProgram
  private(set) var nodes: [ProtocolBuffer] = []
  private var initializers: [ProtocolBuffer] = []
  private var values: [Graph.Reference: Value] = [:]
  private var count = 0
  /// What inputs and outputs are called.
  private let names: Set<String>

  package init(_ program: ExportedProgram) throws(Refusal) {
    self.program = program
    names = Set(program.inputs.map(\.name) + program.outputs.map(\.name))
    for input in program.inputs {
      values[input.reference] = Value(name: input.name, shape: input.value.shape, type: input.value.type)
      addInitializer(input.name, input.value)
    }
    for reference in program.constants.keys.sorted() {
      if let tensor = program.constants[reference] { values[reference] = constant(tensor) }
    }
    for reference in program.order {
      let node = program.graph[reference]
      guard case .apply(let primitive, _) = node.kind else { continue }
      let operands = program.operands(of: reference).compactMap { values[$0] }
      values[reference] = try write(primitive, operands, node)
    }
    let names = Set(program.inputs.map(\.name))
    for output in program.outputs {
      guard let value = values[output.reference] else { continue }
      let name = names.contains(output.name) ? output.name + "_next" : output.name
      addNode("Identity", [value.name], name, [])
    }
  }

  package var bytes: [UInt8] {
    var model = ProtocolBuffer()
    model.integer(1, 8)
    model.text(2, "gradus")
    model.message(7) { graph in
      for node in nodes { graph.content(1, node.bytes) }
      graph.text(2, "gradus")
      for initializer in initializers { graph.content(5, initializer.bytes) }
      let names = Set(program.inputs.map(\.name))
      for input in program.inputs { Self.describe(&graph, 11, input.name, input.value.shape, input.value.type) }
      for output in program.outputs {
        guard let value = values[output.reference] else { continue }
        let name = names.contains(output.name) ? output.name + "_next" : output.name
        Self.describe(&graph, 12, name, value.shape, value.type)
      }
    }
    model.message(8) { version in
      version.text(1, "")
      version.integer(2, 17)
    }
    return model.bytes
  }

  private static func describe(
    _ graph: inout ProtocolBuffer, _ field: Int, _ name: String, _ shape: Shape, _ type: ElementType
  ) {
    graph.message(field) { info in
      info.text(1, name)
      info.message(2) { kind in
        kind.message(1) { tensor in
          tensor.integer(1, code(type))
          tensor.message(2) { list in for extent in shape.extents { list.message(1) { $0.integer(1, extent) } } }
        }
      }
    }
  }

  static func code(_ type: ElementType) -> Int {
    switch type {
    case .bool: 9
    case .float32: 1
    case .literal, .float64: 11
    }
  }

  // MARK: Writing nodes

  enum Attribute {
    case integer(String, Int)
    case integers(String, [Int])
    case text(String, String)
  }

  mutating func fresh() -> String {
    repeat { count += 1 } while names.contains("_\(count)")
    return "_\(count)"
  }

  private mutating func addNode(_ kind: String, _ inputs: [String], _ output: String, _ attributes: [Attribute]) {
    var node = ProtocolBuffer()
    for input in inputs { node.text(1, input) }
    node.text(2, output)
    node.text(4, kind)
    for attribute in attributes {
      node.message(5) { field in
        switch attribute {
        case .integer(let name, let value):
          field.text(1, name)
          field.integer(3, value)
          field.integer(20, 2)
        case .integers(let name, let values):
          field.text(1, name)
          for value in values { field.integer(8, value) }
          field.integer(20, 7)
        case .text(let name, let value):
          field.text(1, name)
          field.text(4, value)
          field.integer(20, 3)
        }
      }
    }
    nodes.append(node)
  }

  mutating func node(
    _ kind: String, _ inputs: [Value], _ shape: Shape, _ type: ElementType, _ attributes: [Attribute] = []
  ) -> Value {
    let name = fresh()
    addNode(kind, inputs.map(\.name), name, attributes)
    return Value(name: name, shape: shape, type: type)
  }

  private mutating func addInitializer(_ name: String, _ tensor: Tensor) {
    var field = ProtocolBuffer()
    for extent in tensor.shape.extents { field.integer(1, extent) }
    field.integer(2, Self.code(tensor.type))
    field.text(8, name)
    field.content(9, Self.content(of: tensor))
    initializers.append(field)
  }

  private static func content(of tensor: Tensor) -> [UInt8] {
    // Little-endian, as every machine that this runs on.
    unsafe Array(UnsafeRawBufferPointer(start: tensor.storage.bytes, count: tensor.count * tensor.type.stride))
  }

  mutating func constant(_ tensor: Tensor) -> Value {
    let name = fresh()
    addInitializer(name, tensor)
    return Value(name: name, shape: tensor.shape, type: tensor.type)
  }

  mutating func number(_ value: Double, _ type: ElementType) -> Value {
    constant(Tensor([value], shape: .scalar, type: type))
  }

  /// Whole numbers in 64 bits, as shapes, axes and indices are given.
  mutating func whole(_ numbers: [Int]) -> Value {
    let name = fresh()
    var field = ProtocolBuffer()
    field.integer(1, numbers.count)
    field.integer(2, 7)
    field.text(8, name)
    field.content(
      9, numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } })
    initializers.append(field)
    return Value(name: name, shape: Shape([numbers.count]), type: .float64)
  }
}
