import Refusals
import Tensors
import Text

/// A tensor that comes without a file: its elements as little-endian bytes in row-major order, and in words what they are.
package enum SentTensor {
  /// What elements may be, in NumPy's words.
  package static let types = NumberCode.Kind.allCases.filter(\.isOfNumPy).map(\.rawValue)

  package static func tensor(
    _ type: String, _ extents: [Int], _ bytes: Bytes, _ reading: Reading
  ) throws(Refusal) -> Tensor {
    guard let kind = NumberCode.Kind(rawValue: type), kind.isOfNumPy else {
      throw Refusal("'\(type.shownBriefly)' is no type of elements", help: types.joined(separator: ", "))
    }
    guard extents.allSatisfy({ $0 >= 0 }), let shape = Shape(checking: extents) else {
      throw Refusal("its shape is none that a tensor has here")
    }
    guard let size = kind.size(of: shape), size == bytes.count else {
      throw Refusal("\(bytes.count) bytes aren't the elements of \(shape) \(type)")
    }
    return try NumberCode(kind).tensor(ByteStream(ByteSource(bytes)), shape: shape, reading)
  }
}
