import Refusals
import Tensors
import Text

extension FileFormat {
  package static let onnx = FileFormat(
    "onnx", "a network: its weights, and a function forward",
    .model(read: { bytes, beside throws(Refusal) in try ONNXFile(bytes, beside: beside) }))
}

/// A model of ONNX as its file has it: nodes in order, and tensors that aren't read yet.
///
/// - Note: onnx.proto, IR versions 3 to 13.
package struct ONNXFile: Sendable {
  package struct Node: Sendable {
    package var kind = ""
    package var name = ""
    package var domain = ""
    package var inputs: [String] = []
    package var outputs: [String] = []
    package var attributes: [String: Attribute] = [:]
  }

  package enum Attribute: Sendable {
    case integer(Int)
    case number(Double)
    case text(String)
    case integers([Int])
    case numbers([Double])
    case tensor(Weight)
    /// A graph, or another thing that nothing here reads.
    case other
  }

  /// What the model is given, or gives; the number of its axes where that is said.
  package struct Port: Sendable {
    package var name: String
    package var rank: Int?
  }

  /// A tensor of the file.
  package struct Weight: Sendable {
    package var name = ""
    package var extents: [Int] = []
    fileprivate var type = 0
    fileprivate var raw: Bytes?
    /// Elements as the fields of protocol buffers have them.
    fileprivate var numbers: [Int] = []
    /// Those of other files: which one, and which bytes of it.
    fileprivate var outside: [String: String] = [:]
    fileprivate var isOutside = false
    fileprivate var beside: Beside = { _ throws(Refusal) in throw Refusal("its elements lie in another file") }
  }

  /// Opens a file in the folder of the model.
  package typealias Beside = @Sendable (_ name: String) throws(Refusal) -> ByteSource

  package private(set) var nodes: [Node] = []
  package private(set) var weights: [Weight] = []
  package private(set) var inputs: [Port] = []
  package private(set) var outputs: [Port] = []
  /// The version of the set of operators.
  package private(set) var version = 0

  /// More than any network has.
  private static let limit = 1_000_000

  init(_ source: ByteSource, beside: @escaping Beside) throws(Refusal) {
    var fields = ProtocolFields(try source.bytes())
    var graph: Bytes?
    while let (field, value) = try fields.next() {
      switch field {
      case 7: graph = try value.content()
      case 8:
        let (domain, number) = try Self.version(try value.content())
        if domain.isEmpty || domain == "ai.onnx" { version = number }
      // Who made it, and when; functions of its own are refused where they are called.
      case _: break
      }
    }
    guard let graph else { throw Refusal("it holds no graph, as ONNX models do") }
    try read(graph, beside)
  }

  private static func version(_ bytes: Bytes) throws(Refusal) -> (domain: String, number: Int) {
    var fields = ProtocolFields(bytes)
    var (domain, number) = ("", 0)
    while let (field, value) = try fields.next() {
      if field == 1 { domain = try value.text() }
      if field == 2 { number = try value.integer() }
    }
    return (domain, number)
  }

  private mutating func read(_ graph: Bytes, _ beside: @escaping Beside) throws(Refusal) {
    var fields = ProtocolFields(graph)
    while let (field, value) = try fields.next() {
      switch field {
      case 1: nodes.append(try Self.node(try value.content(), beside))
      case 5: weights.append(try Self.weight(try value.content(), beside))
      case 11: inputs.append(try Self.port(try value.content()))
      case 12: outputs.append(try Self.port(try value.content()))
      case 15: throw Refusal("it has sparse tensors, which aren't read")
      case _: break
      }
      guard nodes.count + weights.count + inputs.count + outputs.count <= Self.limit else {
        throw Refusal("it has more than \(Self.limit) parts")
      }
    }
  }

  private static func node(_ bytes: Bytes, _ beside: @escaping Beside) throws(Refusal) -> Node {
    var fields = ProtocolFields(bytes)
    var node = Node()
    while let (field, value) = try fields.next() {
      switch field {
      case 1: node.inputs.append(try value.text())
      case 2: node.outputs.append(try value.text())
      case 3: node.name = try value.text()
      case 4: node.kind = try value.text()
      case 5:
        let (name, attribute) = try attribute(try value.content(), beside)
        node.attributes[name] = attribute
      case 7: node.domain = try value.text()
      case _: break
      }
    }
    return node
  }

  private static func attribute(
    _ bytes: Bytes, _ beside: @escaping Beside
  ) throws(Refusal) -> (name: String, value: Attribute) {
    var fields = ProtocolFields(bytes)
    var name = ""
    var kind: Int?
    var (integer, number, text) = (0, 0.0, "")
    var integers: [Int] = []
    var numbers: [Double] = []
    var tensor: Weight?
    while let (field, value) = try fields.next() {
      switch field {
      case 1: name = try value.text()
      case 2: (number, kind) = (try value.float(), kind ?? 1)
      case 3: (integer, kind) = (try value.integer(), kind ?? 2)
      case 4: (text, kind) = (String(decoding: try value.content().array, as: UTF8.self), kind ?? 3)
      case 5: (tensor, kind) = (try weight(try value.content(), beside), kind ?? 4)
      case 7: (numbers, kind) = (numbers + (try floats(value)), kind ?? 6)
      case 8: (integers, kind) = (integers + (try value.integers()), kind ?? 7)
      case 20: kind = try value.integer()
      case _: break
      }
    }
    switch kind {
    case 1: return (name, .number(number))
    case 2: return (name, .integer(integer))
    case 3: return (name, .text(text))
    case 4: return (name, tensor.map { .tensor($0) } ?? .other)
    case 6: return (name, .numbers(numbers))
    case 7: return (name, .integers(integers))
    case .some, nil: return (name, .other)
    }
  }

  private static func floats(_ value: ProtocolFields.Value) throws(Refusal) -> [Double] {
    guard case .content(let bytes) = value else { return [try value.float()] }
    guard bytes.count % 4 == 0 else { throw ProtocolFields.damaged }
    return stride(from: 0, to: bytes.count, by: 4).compactMap { place in
      bytes.integer(at: place, as: UInt32.self).map { Double(Float(bitPattern: $0)) }
    }
  }

  private static func port(_ bytes: Bytes) throws(Refusal) -> Port {
    /// The content of one field of a message.
    func inner(_ bytes: Bytes?, _ wanted: Int) throws(Refusal) -> Bytes? {
      guard let bytes else { return nil }
      var fields = ProtocolFields(bytes)
      while let (field, value) = try fields.next() { if field == wanted { return try value.content() } }
      return nil
    }
    let name = try inner(bytes, 1)?.text ?? ""
    guard let shape = try inner(try inner(try inner(bytes, 2), 1), 2) else { return Port(name: name) }
    var (fields, rank) = (ProtocolFields(shape), 0)
    while let (field, _) = try fields.next() { if field == 1 { rank += 1 } }
    return Port(name: name, rank: rank)
  }

  private static func weight(_ bytes: Bytes, _ beside: @escaping Beside) throws(Refusal) -> Weight {
    var fields = ProtocolFields(bytes)
    var weight = Weight()
    weight.beside = beside
    var pieces: [Bytes] = []
    while let (field, value) = try fields.next() {
      switch field {
      case 1: weight.extents += try value.integers()
      case 2: weight.type = try value.integer()
      case 4, 10:
        switch value {
        case .content(let packed): pieces.append(packed)
        case .fixed32(let bits): pieces.append(Bytes(bits.littleEndianBytes))
        case .fixed64(let bits): pieces.append(Bytes(bits.littleEndianBytes))
        case .integer: throw ProtocolFields.damaged
        }
      case 5, 7, 11: weight.numbers += try value.integers()
      case 8: weight.name = try value.text()
      case 9: weight.raw = try value.content()
      case 13:
        var (entry, key, text) = (ProtocolFields(try value.content()), "", "")
        while let (field, value) = try entry.next() {
          if field == 1 { key = try value.text() }
          if field == 2 { text = try value.text() }
        }
        weight.outside[key] = text
      case 14: weight.isOutside = try value.integer() == 1
      case _: break
      }
    }
    if !pieces.isEmpty { weight.raw = try Bytes(joining: pieces) }
    return weight
  }
}

// MARK: Tensors

extension ONNXFile.Weight {
  /// Numbers that an attribute has.
  package init(_ numbers: [Double], extents: [Int], isWhole: Bool) {
    self.extents = extents
    type = isWhole ? 7 : 1
    if isWhole {
      self.numbers = numbers.map { Int($0) }
    } else {
      raw = Bytes(numbers.flatMap { Float($0).bitPattern.littleEndianBytes })
    }
  }

  private static let kinds: [Int: NumberCode.Kind] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool, 10: .float16, 11: .float64,
    12: .uint32, 13: .uint64, 16: .bfloat16, 17: .float8e4m3, 18: .float8e4m3fnuz, 19: .float8e5m2, 20: .float8e5m2fnuz,
  ]

  private var kind: NumberCode.Kind? { Self.kinds[type] }

  /// Whether its elements are numbers with a point.
  package var isFloat: Bool {
    switch kind {
    case .float16, .bfloat16, .float32, .float64, .float8e5m2, .float8e4m3, .float8e8m0, .float8e4m3fnuz,
      .float8e5m2fnuz:
      true
    case .bool, .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64, nil: false
    }
  }

  /// So many elements that they can stand in a program's text.
  package var isBrief: Bool {
    extents.allSatisfy { $0 >= 0 } && Shape(checking: extents).map { $0.count <= 64 } == true
  }

  package var entry: TensorFile.Entry {
    let text = extents.isEmpty ? "number" : extents.map(String.init).joined(separator: "×")
    return TensorFile.Entry(
      name: name,
      listing: { _ throws(Refusal) in TensorFile.Listing(shape: text, kind: kind?.rawValue ?? "?") },
      contents: { reading throws(Refusal) in TensorFile.Contents(value: .tensor(try tensor(reading))) })
  }

  package func tensor(_ reading: Reading = Reading()) throws(Refusal) -> Tensor {
    guard let kind else { throw Refusal("its elements are of a type that isn't read (\(type))") }
    guard extents.allSatisfy({ $0 >= 0 }), let shape = Shape(checking: extents), let size = kind.size(of: shape) else {
      throw Refusal("its shape makes no sense")
    }
    let source: ByteSource
    if isOutside {
      source = try outside(size)
    } else if let raw {
      source = ByteSource(raw)
    } else {
      guard numbers.count == shape.count else {
        throw Refusal("it has \(numbers.count) elements, its shape \(shape.count)")
      }
      source = ByteSource(Bytes(numbers.flatMap { UInt64(bitPattern: Int64($0)).littleEndianBytes.prefix(kind.width) }))
    }
    guard source.count == size else { throw Refusal("it has \(source.count) bytes, its shape \(size)") }
    return try NumberCode(kind).tensor(ByteStream(source), shape: shape, reading)
  }

  /// Whole numbers with all their digits.
  package func wholeNumbers() throws(Refusal) -> [Int] {
    guard type == 7 || type == 6, !isOutside else { throw Refusal("where whole numbers belong there are others") }
    guard let raw else { return numbers }
    let width = type == 7 ? 8 : 4
    guard raw.count % width == 0 else { throw ProtocolFields.damaged }
    return stride(from: 0, to: raw.count, by: width).compactMap { place in
      width == 8
        ? raw.integer(at: place, as: Int64.self).map { Int($0) }
        : raw.integer(at: place, as: Int32.self).map { Int($0) }
    }
  }

  private func outside(_ size: Int) throws(Refusal) -> ByteSource {
    let name = outside["location"] ?? ""
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(where: { $0.isEmpty || $0 == ".." || $0 == "." }), !name.contains("\\") else {
      throw Refusal("its elements lie in '\(name.shownBriefly)', which isn't in the folder of the model")
    }
    let start = outside["offset"].map { Int($0) } ?? 0
    let count = outside["length"].map { Int($0) } ?? size
    guard let start, let count, count == size, let part = try beside(name).slice(from: start, count: count) else {
      throw Refusal("its elements don't lie in '\(name.shownBriefly)' as the model says")
    }
    return part
  }
}
