import Refusals
import Tensors

extension FileFormat {
  package static let idx = FileFormat(
    "idx", "one tensor, as the MNIST digits come",
    endings: [".idx"] + (1...Shape.maximumRank).map { ".idx\($0)" } + ["-ubyte"],
    extent: { start in (try? IDXFile.header(start))?.extent },
    .one(read: { bytes throws(Refusal) in try IDXFile.entry(bytes) }, write: nil))
}

/// The IDX format, in which the MNIST digits come: big-endian, one tensor.
enum IDXFile {
  private static let kinds: [UInt8: NumberCode.Kind] = [
    0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
  ]

  struct Header {
    var code: NumberCode
    var shape: Shape
    /// Where the elements begin, and where they end; nil if that can't be counted.
    var length: Int
    var extent: Int?
  }

  static func header(_ bytes: Bytes) throws(Refusal) -> Header {
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, let kind = kinds[bytes[2]],
      (1...Shape.maximumRank).contains(Int(bytes[3]))
    else { throw Refusal("it isn't in the IDX format") }
    let rank = Int(bytes[3])
    var extents: [Int] = []
    for axis in 0..<rank {
      guard let extent = bytes.integer(at: 4 + 4 * axis, as: UInt32.self, isBigEndian: true) else {
        throw Refusal("it is cut short")
      }
      extents.append(Int(extent))
    }
    guard let shape = Shape(checking: extents) else {
      throw Refusal("its shape \(extents) is none that a tensor has here")
    }
    let length = 4 + 4 * rank
    return Header(
      code: NumberCode(kind, isBigEndian: true), shape: shape, length: length,
      extent: kind.size(of: shape).map { length.addingReportingOverflow($0) }.flatMap { $1 ? nil : $0 })
  }

  static func entry(_ bytes: ByteSource) throws(Refusal) -> TensorFile.Entry {
    let header = try header(try bytes.prefix(4 + 4 * Shape.maximumRank))
    let (shape, code) = (header.shape, header.code)
    guard let extent = header.extent, let elements = bytes.slice(from: header.length, count: extent - header.length)
    else {
      let rest = max(bytes.count - header.length, 0)
      throw Refusal("it is cut short: \(shape) needs more than the \(rest) bytes there")
    }
    return TensorFile.Entry(name: nil, shape: shape, kind: code.kind) { reading throws(Refusal) in
      try code.tensor(ByteStream(elements), shape: shape, reading)
    }
  }
}

extension TensorFile.Entry {
  /// One of numbers, whose header has been read.
  init(
    name: String?, shape: Shape, kind: NumberCode.Kind,
    read: @escaping @Sendable (Reading) throws(Refusal) -> Tensor
  ) {
    self.init(
      name: name,
      listing: { _ throws(Refusal) in TensorFile.Listing(shape: "\(shape)", kind: kind.rawValue) },
      contents: { reading throws(Refusal) in TensorFile.Contents(value: .tensor(try read(reading))) })
  }

  /// One that is there, but can't be read.
  init(name: String?, shape: String = "?", kind: String = "?", flaw: Refusal) {
    self.init(
      name: name,
      listing: { _ throws(Refusal) in TensorFile.Listing(shape: shape, kind: kind, flaw: flaw) },
      contents: { _ throws(Refusal) in throw flaw })
  }
}
