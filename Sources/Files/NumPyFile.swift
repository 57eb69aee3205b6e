import Refusals
import Tensors

extension FileFormat {
  package static let npy = FileFormat(
    "npy", "one array of NumPy", beginnings: [NumPyFile.magic],
    .one(
      read: { bytes throws(Refusal) in
        let header = try NumPyFile.header(bytes)
        return TensorFile.Entry(name: nil, shape: header.shape, kind: header.code.kind.rawValue) {
          reading throws(Refusal) in try NumPyFile.read(bytes, reading)
        }
      },
      write: { tensor throws(Refusal) in NumPyFile.written(tensor) }))
}

/// The `.npy` format, versions 1 to 3: a header in Python's notation, then the elements.
enum NumPyFile {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// What the header says.
  struct Header: Equatable, Sendable {
    var code: NumberCode
    var isFortran: Bool
    var shape: Shape
    /// Where the elements begin.
    var length: Int
  }

  static func read(_ bytes: Bytes, _ reading: Reading) throws(Refusal) -> Tensor {
    let header = try header(bytes)
    let (size, overflow) = header.shape.count.multipliedReportingOverflow(by: header.code.kind.width)
    let rest = bytes.count - header.length
    guard !overflow, let elements = bytes.part(from: header.length, count: size) else {
      throw Refusal("it is cut short: \(header.shape) needs more than the \(rest) bytes that follow the header")
    }
    return try header.code.tensor(elements, shape: header.shape, isFortran: header.isFortran, reading)
  }

  static func header(_ bytes: Bytes) throws(Refusal) -> Header {
    guard bytes.starts(with: magic) else { throw Refusal("it isn't in NumPy's format") }
    guard bytes.count > 8, (1...3).contains(bytes[6]) else { throw Refusal("its version of the format is unknown") }
    let width = bytes[6] == 1 ? 2 : 4
    let length =
      width == 2
      ? bytes.integer(at: 8, as: UInt16.self).map(Int.init) : bytes.integer(at: 8, as: UInt32.self).map(Int.init)
    guard let length, length <= 1 << 20, let text = bytes.part(from: 8 + width, count: length)?.text else {
      throw Refusal("its header is cut short or no text")
    }
    var parser = PythonLiteral(text)
    guard let (description, isFortran, extents) = parser.header() else { throw Refusal("its header makes no sense") }
    guard let shape = Shape(checking: extents) else {
      throw Refusal("its shape \(extents) is none that a tensor has here")
    }
    return Header(code: try code(description), isFortran: isFortran, shape: shape, length: 8 + width + length)
  }

  private static func code(_ description: String) throws(Refusal) -> NumberCode {
    let kinds: [String: NumberCode.Kind] = [
      "b1": .bool, "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32, "u4": .uint32, "i8": .int64,
      "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]
    guard let order = description.first, "<>|=".contains(order), let kind = kinds[String(description.dropFirst())]
    else {
      let name = description.isEmpty ? "structured" : "'\(description.prefix(20).filter { $0.isASCII && $0 >= " " })'"
      throw Refusal("it holds \(name) elements; numbers and bools can be read")
    }
    return NumberCode(kind, isBigEndian: order == ">")
  }

  /// The file's pieces, one after the other.
  static func written(_ tensor: Tensor) -> [Bytes] {
    let type =
      switch tensor.type {
      case .bool: "|b1"
      case .float32: "<f4"
      case .literal, .float64: "<f8"
      }
    let extents = tensor.shape.extents.map { "\($0)," }.joined(separator: " ")
    let shape = tensor.shape.rank > 1 ? String(extents.dropLast()) : extents
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    header += String(repeating: " ", count: 63 - (header.utf8.count + 10) % 64) + "\n"
    let length = header.utf8.count
    let start = magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
    return [Bytes(start + Array(header.utf8)), Bytes(of: tensor)]
  }
}

extension Shape {
  /// A shape from a file, if its extents are none of them negative and few enough.
  init?(checking extents: [Int]) {
    guard extents.count <= Shape.maximumRank, extents.allSatisfy({ $0 >= 0 }) else { return nil }
    self.init(extents)
    guard count < Int.max else { return nil }
  }
}

/// Just enough of Python to understand `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
private struct PythonLiteral {
  private var rest: Substring

  init(_ text: String) { rest = text[...] }

  mutating func header() -> (description: String, isFortran: Bool, extents: [Int])? {
    guard take("{") else { return nil }
    var description: String?
    var isFortran: Bool?
    var extents: [Int]?
    while !take("}") {
      guard let key = string(), take(":") else { return nil }
      switch key {
      case "descr":
        // A structured type is a list.
        if let word = string() { description = word } else { return ("", false, []) }
      case "fortran_order":
        if take("True") { isFortran = true } else if take("False") { isFortran = false } else { return nil }
      case "shape": extents = tuple()
      default: return nil
      }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    guard let description, let isFortran, let extents else { return nil }
    return (description, isFortran, extents)
  }

  private mutating func take(_ word: String) -> Bool {
    rest = rest.drop { $0 == " " || $0 == "\n" || $0 == "\t" }
    guard rest.hasPrefix(word) else { return false }
    rest = rest.dropFirst(word.count)
    return true
  }

  private mutating func string() -> String? {
    let quote = take("'") ? "'" : take("\"") ? "\"" : nil
    guard let quote, let end = rest.firstIndex(of: Character(quote)) else { return nil }
    defer { rest = rest[rest.index(after: end)...] }
    return String(rest[..<end])
  }

  private mutating func tuple() -> [Int]? {
    guard take("(") else { return nil }
    var extents: [Int] = []
    while !take(")") {
      _ = take("")
      let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "-" }
      guard let extent = Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      // Python 2 wrote 3L.
      _ = take("L")
      extents.append(extent)
      if !take(",") {
        guard take(")") else { return nil }
        break
      }
    }
    return extents
  }
}
