import CKernels
import Graphs
import Refusals
import Tensors

/// A program as an ONNX model (operator set 17); its inputs' values go with it and may be given anew.
package struct ONNXModel: NodeWriter {
  /// Something computed: its name in the model, and what it is.
  struct Value: Equatable {
    var name: String
    var shape: Shape
    var type: ElementType
    /// A whole number in 64 bits, whatever its type says.
    var isWhole = false

    fileprivate var code: Int { isWhole ? 7 : ONNXModel.code(type) }
  }

  static func shape(of value: Value) -> Shape { value.shape }

  private let program: ExportedProgram
  struct Node: Equatable {
    let kind: String
    let inputs: [String]
    let outputs: [String]
    let attributes: [Attribute]
  }

  /// What a loop does in each round; it sees all that was computed before it.
  struct Subgraph: Equatable {
    let nodes: [Node]
    let inputs: [Value]
    let outputs: [Value]
  }

  private struct Initializer {
    enum Content {
      case tensor(Tensor)
      /// Whole numbers in 64 bits.
      case whole([Int])
    }

    let name: String
    let content: Content
  }

  var nodes: [Node] = []
  private var initializers: [Initializer] = []
  /// What computes the numbers that follow from open sizes.
  private var sizeNodes: [Node] = []
  /// The names of open sizes, by input or output and axis.
  private var openAxes: [String: [Int: String]] = [:]
  var values: [Graph.Reference: Value] = [:]
  var parts = LoopParts<Value>()
  private var count = 0
  /// What inputs and outputs are called.
  private let names: Set<String>

  /// Whether it is for one size alone.
  package var isFixed: Bool { openAxes.isEmpty }

  package init(_ program: ExportedProgram) throws(Refusal) {
    try self.init(fixed: program)
    if let sizes = program.sizes { try open(sizes) }
  }

  private init(fixed program: ExportedProgram) throws(Refusal) {
    self.program = program
    names = Set(program.inputs.map(\.name) + program.outputs.map(\.name))
    for input in program.inputs {
      values[input.reference] = Value(name: input.name, shape: input.value.shape, type: input.value.type)
      addInitializer(input.name, input.value)
    }
    for reference in program.constants.keys.sorted() {
      if let tensor = program.constants[reference] { values[reference] = constant(tensor) }
    }
    try write(program.order, of: program.graph)
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
      for node in sizeNodes + nodes { graph.content(1, Self.field(node).bytes) }
      graph.text(2, "gradus")
      for initializer in initializers { graph.content(5, Self.field(initializer).bytes) }
      let names = Set(program.inputs.map(\.name))
      for input in program.inputs { describe(&graph, 11, input.name, input.value.shape, input.value.type) }
      for output in program.outputs {
        guard let value = values[output.reference] else { continue }
        let name = names.contains(output.name) ? output.name + "_next" : output.name
        describe(&graph, 12, name, value.shape, value.type)
      }
    }
    model.message(8) { version in
      version.text(1, "")
      version.integer(2, 17)
    }
    return model.bytes
  }

  private func describe(
    _ graph: inout ProtocolBuffer, _ field: Int, _ name: String, _ shape: Shape, _ type: ElementType
  ) {
    Self.describe(&graph, field, Value(name: name, shape: shape, type: type), openAxes[name] ?? [:])
  }

  private static func describe(
    _ graph: inout ProtocolBuffer, _ field: Int, _ value: Value, _ open: [Int: String]
  ) {
    graph.message(field) { info in
      info.text(1, value.name)
      info.message(2) { kind in
        kind.message(1) { tensor in
          tensor.integer(1, value.code)
          tensor.message(2) { list in
            for (axis, extent) in value.shape.extents.enumerated() {
              list.message(1) { field in
                if let size = open[axis] { field.text(2, size) } else { field.integer(1, extent) }
              }
            }
          }
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

  enum Attribute: Equatable {
    case integer(String, Int)
    case integers(String, [Int])
    case text(String, String)
    case graph(String, Subgraph)
  }

  mutating func fresh() -> String {
    repeat { count += 1 } while names.contains("_\(count)")
    return "_\(count)"
  }

  private mutating func addNode(_ kind: String, _ inputs: [String], _ output: String, _ attributes: [Attribute]) {
    nodes.append(Node(kind: kind, inputs: inputs, outputs: [output], attributes: attributes))
  }

  private static func field(_ node: Node) -> ProtocolBuffer {
    var buffer = ProtocolBuffer()
    for input in node.inputs { buffer.text(1, input) }
    for output in node.outputs { buffer.text(2, output) }
    buffer.text(4, node.kind)
    for attribute in node.attributes {
      buffer.message(5) { field in
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
        case .graph(let name, let body):
          field.text(1, name)
          field.message(6) { graph in
            for node in body.nodes { graph.content(1, Self.field(node).bytes) }
            graph.text(2, name)
            for input in body.inputs { describe(&graph, 11, input, [:]) }
            for output in body.outputs { describe(&graph, 12, output, [:]) }
          }
          field.integer(20, 5)
        }
      }
    }
    return buffer
  }

  mutating func node(
    _ kind: String, _ inputs: [Value], _ shape: Shape, _ type: ElementType, _ attributes: [Attribute] = []
  ) -> Value {
    let name = fresh()
    addNode(kind, inputs.map(\.name), name, attributes)
    return Value(name: name, shape: shape, type: type)
  }

  private mutating func addInitializer(_ name: String, _ tensor: Tensor) {
    initializers.append(Initializer(name: name, content: .tensor(tensor)))
  }

  private static func field(_ initializer: Initializer) -> ProtocolBuffer {
    var field = ProtocolBuffer()
    switch initializer.content {
    case .tensor(let tensor):
      for extent in tensor.shape.extents { field.integer(1, extent) }
      field.integer(2, code(tensor.type))
      field.text(8, initializer.name)
      field.content(9, content(of: tensor))
    case .whole(let numbers):
      field.integer(1, numbers.count)
      field.integer(2, 7)
      field.text(8, initializer.name)
      field.content(
        9, numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } })
    }
    return field
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
    initializers.append(Initializer(name: name, content: .whole(numbers)))
    return Value(name: name, shape: Shape([numbers.count]), type: .float64)
  }
}

// MARK: - Open sizes

extension ONNXModel {
  /// Makes what follows from open sizes be computed from the inputs' shapes, where the samples have a common form.
  private mutating func open(_ sizes: SymbolicSizes) throws(Refusal) {
    let samples = try sizes.samples.map { sample throws(Refusal) in try ONNXModel(fixed: sample.program) }
    guard var model = samples.first,
      samples.allSatisfy({ $0.nodes == model.nodes && $0.initializers.map(\.name) == model.initializers.map(\.name) })
    else { return }
    var vectors: [Int: String] = [:]
    let fed = Set(sizes.symbols.map(\.input))
    var kept: [Initializer] = []
    for (place, initializer) in model.initializers.enumerated() {
      // An input with an open size has no value of its own.
      if fed.contains(initializer.name) || model.isOpen(initializer.name, in: samples, at: place) { continue }
      let contents = samples.map { $0.initializers[place].content }
      guard let columns = Self.columns(contents) else {
        // Weights and data: those of the program as it is.
        kept.append(initializer)
        continue
      }
      let formulas = columns.map { sizes.formula(of: $0) }
      if formulas.allSatisfy({ $0?.isConstant == true }) {
        kept.append(initializer)
        continue
      }
      var parts: [String] = []
      for formula in formulas {
        guard let formula, let part = model.part(formula, sizes.symbols, &vectors, &kept) else { return }
        parts.append(part)
      }
      switch initializer.content {
      case .whole:
        model.sizeNodes.append(
          Node(kind: "Concat", inputs: parts, outputs: [initializer.name], attributes: [.integer("axis", 0)]))
      case .tensor(let tensor):
        guard tensor.count == 1, let part = parts.first else { return }
        let shape = model.fresh()
        let number = model.fresh()
        kept.append(Initializer(name: shape, content: .whole(tensor.shape.extents)))
        model.sizeNodes.append(
          Node(kind: "Cast", inputs: [part], outputs: [number], attributes: [.integer("to", Self.code(tensor.type))]))
        model.sizeNodes.append(
          Node(kind: "Reshape", inputs: [number, shape], outputs: [initializer.name], attributes: []))
      }
    }
    model.initializers = kept
    guard model.describe(sizes, samples) else { return }
    self = model
  }

  /// An input whose shape isn't the same in all samples.
  private func isOpen(_ name: String, in samples: [ONNXModel], at place: Int) -> Bool {
    guard program.inputs.contains(where: { $0.name == name }) else { return false }
    let shapes = samples.map { sample in
      if case .tensor(let tensor) = sample.initializers[place].content { tensor.shape } else { Shape.scalar }
    }
    return shapes.contains { $0 != shapes[0] }
  }

  /// The numbers of initializers, place by place; nil for tensors of more than one number, or where there aren't equally
  /// many.
  private static func columns(_ contents: [Initializer.Content]) -> [[Double]]? {
    let rows = contents.map { content -> [Double]? in
      switch content {
      case .whole(let numbers): numbers.map(Double.init)
      case .tensor(let tensor): tensor.count == 1 ? [tensor[flat: 0]] : nil
      }
    }
    guard let first = rows.first.flatMap({ $0 }), rows.allSatisfy({ $0?.count == first.count }) else { return nil }
    return first.indices.map { place in rows.compactMap { $0?[place] } }
  }

  /// The name of a vector of one whole number, or of one float64 where that isn't whole.
  private mutating func part(
    _ formula: SymbolicSizes.Formula, _ symbols: [SymbolicSizes.Symbol], _ vectors: inout [Int: String],
    _ kept: inout [Initializer]
  ) -> String? {
    func constant(_ value: Double, _ model: inout ONNXModel) -> String {
      let name = model.fresh()
      let isWhole = value == value.rounded() && abs(value) < 9e15
      kept.append(
        Initializer(
          name: name,
          content: isWhole ? .whole([Int(value)]) : .tensor(Tensor([value], shape: Shape([1]), type: .float64))))
      return name
    }
    func size(_ symbol: Int, _ model: inout ONNXModel) -> String {
      if let known = vectors[symbol] { return known }
      let place = symbols[symbol]
      let (shape, name) = (model.fresh(), model.fresh())
      let axis = constant(Double(place.axis), &model)
      model.sizeNodes.append(Node(kind: "Shape", inputs: [place.input], outputs: [shape], attributes: []))
      model.sizeNodes.append(
        Node(kind: "Gather", inputs: [shape, axis], outputs: [name], attributes: [.integer("axis", 0)]))
      vectors[symbol] = name
      return name
    }
    func apply(_ kind: String, _ a: String, _ b: String, _ model: inout ONNXModel) -> String {
      let name = model.fresh()
      model.sizeNodes.append(Node(kind: kind, inputs: [a, b], outputs: [name], attributes: []))
      return name
    }
    func product(_ factor: Double, _ powers: [Int], _ model: inout ONNXModel) -> String? {
      guard factor == factor.rounded() else { return nil }
      var result = constant(factor, &model)
      for (symbol, power) in powers.enumerated() {
        for _ in 0..<power {
          result = apply("Mul", result, size(symbol, &model), &model)
        }
      }
      return result
    }
    switch formula {
    case .constant(let value): return constant(value, &self)
    case .product(let factor, let powers): return product(factor, powers, &self)
    case .affine(let slope, let symbol, let start):
      let part = apply("Mul", constant(slope, &self), size(symbol, &self), &self)
      return apply("Add", part, constant(start, &self), &self)
    case .reciprocal(let factor, let powers):
      guard let whole = product(factor, powers, &self) else { return nil }
      let (number, name) = (fresh(), fresh())
      sizeNodes.append(Node(kind: "Cast", inputs: [whole], outputs: [number], attributes: [.integer("to", 11)]))
      sizeNodes.append(Node(kind: "Reciprocal", inputs: [number], outputs: [name], attributes: []))
      return name
    }
  }

  /// Finds the axes of inputs and outputs that have open sizes; false where one has a size that has no name.
  private mutating func describe(_ sizes: SymbolicSizes, _ samples: [ONNXModel]) -> Bool {
    func note(_ name: String, _ shapes: [Shape], _ model: inout ONNXModel) -> Bool {
      guard let first = shapes.first, shapes.allSatisfy({ $0.rank == first.rank }) else { return false }
      for axis in 0..<first.rank {
        guard let formula = sizes.formula(of: shapes.map { Double($0[axis]) }) else { return false }
        switch formula {
        case .constant: continue
        case .product(1, let powers) where powers.reduce(0, +) == 1:
          model.openAxes[name, default: [:]][axis] = sizes.symbols[powers.firstIndex(of: 1) ?? 0].name
        case .product, .affine, .reciprocal: model.openAxes[name, default: [:]][axis] = "\(name)_\(axis)"
        }
      }
      return true
    }
    for place in program.inputs.indices {
      guard note(program.inputs[place].name, samples.map { $0.program.inputs[place].value.shape }, &self) else {
        return false
      }
    }
    let inputs = Set(program.inputs.map(\.name))
    for place in program.outputs.indices {
      let name = program.outputs[place].name
      let shapes = samples.map { $0.program.graph[$0.program.outputs[place].reference].shape }
      guard note(inputs.contains(name) ? name + "_next" : name, shapes, &self) else { return false }
    }
    return true
  }
}
