import Refusals
import Tensors

extension FileFormat {
  package static let idx = FileFormat(
    "idx", "one tensor, as the MNIST digits come",
    endings: [".idx"] + (1...Shape.maximumRank).map { ".idx\($0)" } + ["-ubyte"],
    .one(read: { bytes throws(Refusal) in try IDXFile.entry(bytes) }, write: nil))
}

/// The IDX format, in which the MNIST digits come: big-endian, one tensor.
enum IDXFile {
  static func isLikely(_ bytes: Bytes) -> Bool {
    bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && kind(bytes[2]) != nil
      && (1...Shape.maximumRank).contains(Int(bytes[3]))
  }

  private static func kind(_ code: UInt8) -> NumberCode.Kind? {
    switch code {
    case 0x08: .uint8
    case 0x09: .int8
    case 0x0B: .int16
    case 0x0C: .int32
    case 0x0D: .float32
    case 0x0E: .float64
    default: nil
    }
  }

  static func entry(_ bytes: Bytes) throws(Refusal) -> TensorFile.Entry {
    guard isLikely(bytes), let kind = kind(bytes[2]) else { throw Refusal("it isn't in the IDX format") }
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
    let (size, overflow) = shape.count.multipliedReportingOverflow(by: kind.width)
    guard !overflow, let content = bytes.part(from: 4 + 4 * rank, count: size) else {
      throw Refusal("it is cut short: \(shape) needs more than the \(max(bytes.count - 4 - 4 * rank, 0)) bytes there")
    }
    let code = NumberCode(kind, isBigEndian: true)
    return TensorFile.Entry(name: nil, shape: shape, kind: kind.rawValue) { reading throws(Refusal) in
      try code.tensor(content, shape: shape, reading)
    }
  }
}
