import Refusals
import Tensors

extension FileFormat {
  package static let safetensors = FileFormat(
    "safetensors", "several tensors, as Hugging Face keeps them",
    .several(
      read: { bytes throws(Refusal) in try SafetensorsFile.entries(bytes) },
      write: { tensors throws(Refusal) in SafetensorsFile.written(tensors) }))
}

/// The safetensors format: the length of a JSON header, the header, the elements.
enum SafetensorsFile {
  private static let kinds: [String: NumberCode.Kind] = [
    "BOOL": .bool, "I8": .int8, "U8": .uint8, "I16": .int16, "U16": .uint16, "I32": .int32, "U32": .uint32,
    "I64": .int64, "U64": .uint64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
  ]

  static func entries(_ bytes: Bytes) throws(Refusal) -> [TensorFile.Entry] {
    guard let length = bytes.integer(at: 0, as: UInt64.self) else { throw Refusal("it is cut short") }
    guard length <= 100_000_000, let header = bytes.part(from: 8, count: Int(length)) else {
      throw Refusal("its header claims \(length) bytes; \(max(bytes.count - 8, 0)) are there")
    }
    guard case .object(let members) = try JSON(header) else { throw Refusal("its header is no JSON object") }
    let data = bytes.dropFirst(8 + Int(length))
    var entries: [TensorFile.Entry] = []
    var ranges: [Range<Int>] = []
    for member in members where member.name != "__metadata__" {
      let name = member.name.shown
      guard let type = member.value["dtype"]?.string, let extents = member.value["shape"]?.array,
        let offsets = member.value["data_offsets"]?.array, offsets.count == 2
      else { throw Refusal("'\(name)' in it lacks dtype, shape or data_offsets") }
      guard let kind = kinds[type] else { throw Refusal("'\(name)' in it holds \(type.shown), which can't be read") }
      let whole = extents.compactMap(\.whole)
      guard whole.count == extents.count, let shape = Shape(checking: whole) else {
        throw Refusal("'\(name)' in it has a shape that no tensor has here")
      }
      let (size, overflow) = shape.count.multipliedReportingOverflow(by: kind.width)
      guard let first = offsets[0].whole, let last = offsets[1].whole, first >= 0, last >= first, !overflow,
        last - first == size, let content = data.part(from: first, count: size)
      else { throw Refusal("'\(name)' in it doesn't fit: its offsets, its shape and the file's length disagree") }
      ranges.append(first..<last)
      let code = NumberCode(kind)
      entries.append(
        TensorFile.Entry(name: member.name, shape: shape, kind: kind.rawValue) { reading throws(Refusal) in
          try code.tensor(content, shape: shape, reading)
        })
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    for (a, b) in zip(ranges, ranges.dropFirst()) where a.upperBound > b.lowerBound && !b.isEmpty {
      throw Refusal("two tensors in it share bytes")
    }
    return entries
  }

  static func written(_ tensors: [TensorFile.Member]) -> [Bytes] {
    var members: [JSON.Member] = []
    var offset = 0
    for (name, tensor) in tensors {
      let type =
        switch tensor.type {
        case .bool: "BOOL"
        case .float32: "F32"
        case .literal, .float64: "F64"
        }
      let end = offset + tensor.count * tensor.type.stride
      members.append(
        JSON.Member(
          name,
          .object([
            JSON.Member("dtype", .string(type)),
            JSON.Member("shape", .array(tensor.shape.extents.map { .number(Double($0)) })),
            JSON.Member("data_offsets", .array([.number(Double(offset)), .number(Double(end))])),
          ])))
      offset = end
    }
    var header = JSON.object(members).text
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    return [Bytes(UInt64(header.utf8.count).littleEndianBytes + Array(header.utf8))]
      + tensors.map { Bytes(of: $0.tensor) }
  }
}
