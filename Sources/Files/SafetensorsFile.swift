import Refusals
import Tensors
import Text

extension FileFormat {
  package static let safetensors = FileFormat(
    "safetensors", "several tensors, as Hugging Face keeps them",
    extent: { start in (try? SafetensorsFile.Header(ByteSource(start)))?.extent },
    .several(
      read: { bytes throws(Refusal) in try SafetensorsFile.entries(bytes) },
      write: { tensors throws(Refusal) in try SafetensorsFile.written(tensors) }))
}

/// The safetensors format: the length of a JSON header, the header, the elements.
///
/// What its own library refuses is refused here: holes, bytes that belong to nobody, sizes that disagree.
enum SafetensorsFile {
  /// The bits of each type's elements, and how they are read, where they are.
  private static let types: [String: (bits: Int, kind: NumberCode.Kind?)] = [
    "BOOL": (8, .bool), "I8": (8, .int8), "U8": (8, .uint8), "I16": (16, .int16), "U16": (16, .uint16),
    "I32": (32, .int32), "U32": (32, .uint32), "I64": (64, .int64), "U64": (64, .uint64), "F16": (16, .float16),
    "BF16": (16, .bfloat16), "F32": (32, .float32), "F64": (64, .float64), "F8_E5M2": (8, .float8e5m2),
    "F8_E4M3": (8, .float8e4m3), "F8_E8M0": (8, .float8e8m0), "F8_E4M3FNUZ": (8, .float8e4m3fnuz),
    "F8_E5M2FNUZ": (8, .float8e5m2fnuz), "F4": (4, nil), "F6_E2M3": (6, nil), "F6_E3M2": (6, nil), "C64": (64, nil),
  ]

  /// The one name that is no tensor's.
  private static let metadata = "__metadata__"

  /// What the header says, once it has been found to make sense.
  struct Header {
    struct Member {
      var name: String
      var type: String
      var extents: [Int]
      /// Its bytes among those behind the header.
      var range: Range<Int>
    }

    private(set) var members: [Member] = []
    /// Where the bytes of the tensors begin.
    let length: Int

    /// Where they end.
    var extent: Int {
      members.reduce(length) { max($0, length.addingReportingOverflow($1.range.upperBound).partialValue) }
    }

    init(_ bytes: ByteSource) throws(Refusal) {
      guard let size = try bytes.part(from: 0, count: 8)?.integer(at: 0, as: UInt64.self) else {
        throw Refusal("it is cut short")
      }
      guard size <= 100_000_000, let header = try bytes.part(from: 8, count: Int(size)) else {
        throw Refusal("its header claims \(size) bytes; \(max(bytes.count - 8, 0)) are there")
      }
      length = 8 + Int(size)
      guard case .object(let entries) = try JSON(header) else { throw Refusal("its header is no JSON object") }
      for entry in entries {
        if entry.name == metadata {
          try Self.check(metadata: entry.value)
        } else {
          members.append(try Self.member(entry))
        }
      }
    }

    /// Texts under names, or nothing.
    private static func check(metadata value: JSON) throws(Refusal) {
      switch value {
      case .null: return
      case .object(let texts) where texts.allSatisfy({ $0.value.string != nil }): return
      default: throw Refusal("its '\(SafetensorsFile.metadata)' holds more than texts")
      }
    }

    private static func member(_ entry: JSON.Member) throws(Refusal) -> Member {
      let name = entry.name.shownBriefly
      guard let type = entry.value["dtype"]?.string, let extents = entry.value["shape"]?.array,
        let offsets = entry.value["data_offsets"]?.array, offsets.count == 2
      else { throw Refusal("'\(name)' in it lacks dtype, shape or data_offsets") }
      let numbers = (extents + offsets).compactMap { value -> Int? in
        if case .integer(let number) = value, number >= 0 { number } else { nil }
      }
      guard numbers.count == extents.count + 2 else {
        throw Refusal("'\(name)' in it has a shape or offsets that aren't whole numbers")
      }
      let (first, last) = (numbers[extents.count], numbers[extents.count + 1])
      guard first <= last else { throw Refusal("'\(name)' in it ends before it begins") }
      let member = Member(name: entry.name, type: type, extents: Array(numbers.dropLast(2)), range: first..<last)
      if let bits = SafetensorsFile.types[type]?.bits, !member.isAsLarge(bits: bits) {
        throw Refusal("'\(name)' in it doesn't fit: its shape and its offsets disagree")
      }
      return member
    }
  }
}

extension SafetensorsFile.Header.Member {
  fileprivate func isAsLarge(bits: Int) -> Bool {
    var total = bits
    for extent in extents {
      let (next, overflow) = total.multipliedReportingOverflow(by: extent)
      guard !overflow else { return false }
      total = next
    }
    return total % 8 == 0 && total / 8 == range.count
  }
}

extension SafetensorsFile {
  static func entries(_ bytes: ByteSource) throws(Refusal) -> [TensorFile.Entry] {
    let header = try Header(bytes)
    var end = 0
    for member in header.members.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard member.range.lowerBound >= end else { throw Refusal("two tensors in it share bytes") }
      guard member.range.lowerBound == end else {
        throw Refusal("the bytes before '\(member.name.shownBriefly)' in it belong to no tensor")
      }
      end = member.range.upperBound
    }
    let rest = bytes.count - header.length
    guard end <= rest else { throw Refusal("it is cut short: its tensors need \(end) bytes; \(rest) are there") }
    guard end == rest else {
      throw Refusal("\(rest - end) \(rest - end == 1 ? "byte follows" : "bytes follow") its last tensor")
    }
    return header.members.map { entry($0, bytes, header.length) }
  }

  private static func entry(_ member: Header.Member, _ bytes: ByteSource, _ start: Int) -> TensorFile.Entry {
    let text = member.extents.isEmpty ? "number" : member.extents.map(String.init).joined(separator: "×")
    func flawed(_ reason: String) -> TensorFile.Entry {
      TensorFile.Entry(name: member.name, shape: text, kind: member.type.shownBriefly, flaw: Refusal(reason))
    }
    guard let kind = types[member.type]?.kind else {
      return flawed("it holds \(member.type.shownBriefly) elements, which can't be read")
    }
    guard let shape = Shape(checking: member.extents) else {
      return flawed("its shape \(text) is none that a tensor has here")
    }
    guard let content = bytes.slice(from: start + member.range.lowerBound, count: member.range.count) else {
      return flawed("it is cut short")
    }
    return TensorFile.Entry(name: member.name, shape: shape, kind: kind) { reading throws(Refusal) in
      try NumberCode(kind).tensor(ByteStream(content), shape: shape, reading)
    }
  }

  static func written(_ tensors: [TensorFile.Member]) throws(Refusal) -> [Bytes] {
    var members: [JSON.Member] = []
    var offset = 0
    for (name, tensor) in tensors {
      guard name != metadata else {
        throw Refusal("'\(metadata)' is no tensor's name in safetensors files", help: "save(…, w=…) gives another one")
      }
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
            JSON.Member("shape", .array(tensor.shape.extents.map { .integer($0) })),
            JSON.Member("data_offsets", .array([.integer(offset), .integer(end)])),
          ])))
      offset = end
    }
    var header = JSON.object(members).text
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    return [Bytes(UInt64(header.utf8.count).littleEndianBytes + Array(header.utf8))]
      + tensors.map { Bytes(of: $0.tensor) }
  }
}
