import Refusals
import Tensors
import Text

extension FileFormat {
  package static let npy = FileFormat(
    "npy", "one array of NumPy", beginnings: [NumPyFile.magic],
    extent: { start in (try? NumPyFile.header(ByteStream(ByteSource(start))))?.extent },
    .one(
      read: { bytes throws(Refusal) in
        TensorFile.Entry(
          name: nil,
          listing: { _ throws(Refusal) in try NumPyFile.header(ByteStream(bytes)).listing },
          contents: { reading throws(Refusal) in
            TensorFile.Contents(value: .tensor(try NumPyFile.read(bytes, reading)))
          })
      },
      write: { tensor throws(Refusal) in NumPyFile.written(tensor) }))
}

/// The `.npy` format, versions 1 to 3: a header in Python's notation, then the elements.
enum NumPyFile {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// What the header says.
  struct Header: Equatable, Sendable {
    /// The type of the elements, in NumPy's words.
    var type: String
    var isFortran: Bool
    var shape: Shape
    /// Where the elements begin.
    var length: Int

    /// How the elements are written, where they are numbers that can be read.
    func code() throws(Refusal) -> NumberCode {
      guard let code = NumPyFile.code(type) else { throw refusal }
      return code
    }

    private var refusal: Refusal {
      let name = type.isEmpty ? "structured" : "'\(type.shownBriefly)'"
      return Refusal("it holds \(name) elements; numbers and bools can be read")
    }

    /// Where the elements end; nil if that can't be counted.
    var extent: Int? {
      guard let size = NumPyFile.code(type)?.kind.size(of: shape) else { return nil }
      let (extent, overflow) = length.addingReportingOverflow(size)
      return overflow ? nil : extent
    }

    func cutShort(after count: Int) -> Refusal {
      guard NumPyFile.code(type) != nil else { return refusal }
      return Refusal("it is cut short: \(shape) needs more than the \(count) bytes that follow the header")
    }

    var listing: TensorFile.Listing {
      let code = NumPyFile.code(type)
      return TensorFile.Listing(
        shape: type.isEmpty ? "?" : "\(shape)",
        kind: code?.kind.rawValue ?? (type.isEmpty ? "structured" : type.shownBriefly),
        flaw: code == nil ? refusal : nil)
    }
  }

  static func read(_ bytes: ByteSource, _ reading: Reading) throws(Refusal) -> Tensor {
    let header = try header(ByteStream(bytes))
    guard let extent = header.extent, let elements = bytes.slice(from: header.length, count: extent - header.length)
    else { throw header.cutShort(after: bytes.count - header.length) }
    return try header.code().tensor(
      ByteStream(elements), shape: header.shape, isFortran: header.isFortran, reading)
  }

  static func header(_ stream: ByteStream) throws(Refusal) -> Header {
    let start = try stream.bytes(8)
    guard start.starts(with: magic) else { throw Refusal("it isn't in NumPy's format") }
    guard start.count == 8, (1...3).contains(start[6]), start[7] == 0 else {
      throw Refusal("its version of the format is unknown")
    }
    let width = start[6] == 1 ? 2 : 4
    let field = try stream.bytes(width)
    let length =
      width == 2
      ? field.integer(at: 0, as: UInt16.self).map(Int.init) : field.integer(at: 0, as: UInt32.self).map(Int.init)
    guard let length, length <= 1 << 20 else { throw Refusal("its header is cut short or no text") }
    let header = try stream.bytes(length)
    guard header.count == length, let text = header.text else { throw Refusal("its header is cut short or no text") }
    var parser = PythonLiteral(text)
    guard let (type, isFortran, extents) = parser.header() else { throw Refusal("its header makes no sense") }
    guard let shape = Shape(checking: extents) else {
      throw Refusal("its shape \(extents) is none that a tensor has here")
    }
    return Header(type: type, isFortran: isFortran, shape: shape, length: 8 + width + length)
  }

  /// Numbers as NumPy's types spell them, behind the sign of their order.
  private static let kinds: [String: NumberCode.Kind] = [
    "b1": .bool, "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32, "u4": .uint32, "i8": .int64,
    "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64, "?": .bool, "b": .int8, "B": .uint8, "h": .int16,
    "H": .uint16, "i": .int32, "I": .uint32, "q": .int64, "Q": .uint64, "e": .float16, "f": .float32, "d": .float64,
  ]

  private static func code(_ type: String) -> NumberCode? {
    if let kind = NumberCode.Kind(rawValue: type), kind.isOfNumPy { return NumberCode(kind) }
    let order = type.first.flatMap { "<>|=".contains($0) ? $0 : nil }
    return kinds[order == nil ? type : String(type.dropFirst())].map { NumberCode($0, isBigEndian: order == ">") }
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
    guard rest.allSatisfy({ $0 == " " || $0 == "\n" }) else { return nil }
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
        // A number in parentheses is no tuple.
        guard take(")"), extents.count > 1 else { return nil }
        break
      }
    }
    return extents
  }
}
