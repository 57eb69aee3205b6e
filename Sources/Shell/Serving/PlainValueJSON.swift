import Files
import Language
import Refusals
import Tensors
import Text

/// Values in JSON: what carries a type says so, a number, a truth value and a text may come as they are.
extension PlainValue {
  /// - Parameter limit: bytes that a line has.
  func json(limit: Int) throws(Refusal) -> JSON {
    var size = 0
    return try json(&size, limit)
  }

  private func json(_ size: inout Int, _ limit: Int) throws(Refusal) -> JSON {
    switch self {
    case .tensor(let tensor):
      size += tensor.count * tensor.type.stride / 3 * 4
      guard size < limit else {
        throw Refusal(
          "a line has \(limit) bytes at most, which is too few for its elements", help: "\"file\": \"x.npy\"")
      }
      let data = Base64.text(of: Bytes(of: tensor).array)
      return .object(Self.outline(of: tensor) + [JSON.Member("data", .written("\"\(data)\""))])
    case .text(let text): return Self.object("text", [JSON.Member("text", .string(text))])
    case .function(let text): return Self.object("function", [JSON.Member("text", .string(text))])
    case .tuple(let parts):
      var values: [JSON] = []
      for part in parts { values.append(try part.json(&size, limit)) }
      return Self.object("tuple", [JSON.Member("values", .array(values))])
    case .record(let parts):
      var values: [JSON] = []
      for part in parts { values.append(try part.value.json(&size, limit)) }
      return Self.object(
        "record",
        [
          JSON.Member("names", .array(parts.map { .string($0.name) })), JSON.Member("values", .array(values)),
        ])
    }
  }

  private static func object(_ type: String, _ members: [JSON.Member]) -> JSON {
    .object([JSON.Member("type", .string(type))] + members)
  }

  /// All there is to say of a tensor but its elements.
  static func outline(of tensor: Tensor) -> [JSON.Member] {
    let type: NumberCode.Kind =
      switch tensor.type {
      case .bool: .bool
      case .float32: .float32
      case .literal, .float64: .float64
      }
    return [
      JSON.Member("type", .string("tensor")), JSON.Member("dtype", .string(type.rawValue)),
      JSON.Member("shape", .array(tensor.shape.extents.map { .integer($0) })),
    ]
  }

  private static let kinds = "a value's 'type' is tensor, text, tuple or record"

  init(_ json: JSON) throws(Refusal) {
    switch json {
    case .number, .integer:
      let number = if case .integer(let whole) = json { Double(whole) } else { json.double }
      guard number.isFinite else { throw Refusal("a number is finite; others come as a tensor") }
      self = .tensor(Tensor([number], shape: Shape([]), type: .literal))
    case .bool(let value): self = .tensor(Tensor([value ? 1 : 0], shape: Shape([]), type: .bool))
    case .string(let text): self = .text(text)
    case .null, .array, .written: throw Refusal(Self.kinds)
    case .object: try self.init(object: json)
    }
  }

  private init(object: JSON) throws(Refusal) {
    switch object["type"]?.string {
    case "tensor":
      guard let type = object["dtype"]?.string, let extents = object["shape"]?.array,
        let data = object["data"]?.string
      else { throw Refusal("a tensor has 'dtype', 'shape', and 'data' or 'file'") }
      let numbers = extents.compactMap(\.whole)
      guard numbers.count == extents.count else { throw Refusal("its shape is none that a tensor has here") }
      guard let bytes = Base64.bytes(of: data) else { throw Refusal("its data isn't base64") }
      self = .tensor(try SentTensor.tensor(type, numbers, Bytes(bytes), Reading()))
    case "text":
      guard let text = object["text"]?.string else { throw Refusal("a text has 'text'") }
      self = .text(text)
    case "tuple", "record":
      guard let parts = object["values"]?.array else { throw Refusal("a tuple or a record has 'values'") }
      var values: [PlainValue] = []
      for part in parts { values.append(try PlainValue(part)) }
      guard object["type"]?.string == "record" else {
        self = .tuple(values)
        return
      }
      let names = object["names"]?.array?.compactMap(\.string) ?? []
      guard names.count == values.count, Set(names).count == names.count else {
        throw Refusal("a record has as many different 'names' as 'values'")
      }
      self = .record(zip(names, values).map { (name: $0, value: $1) })
    case .some, nil: throw Refusal(Self.kinds)
    }
  }
}

extension JSON {
  fileprivate var double: Double { if case .number(let number) = self { number } else { .nan } }
}
