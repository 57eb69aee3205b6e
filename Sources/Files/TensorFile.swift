import Refusals
import Tensors

/// A file with tensors in it, in any of the formats.
package struct TensorFile: Sendable {
  /// One tensor of a file, not yet read.
  package struct Entry: Sendable {
    /// Nil in a file that holds one tensor alone.
    package var name: String?
    package var shape: Shape
    /// `float32`, `uint8`, …, or `text`.
    package var kind: String
    package var read: @Sendable (Reading) throws(Refusal) -> Tensor
  }

  /// A tensor to be written under a name.
  package typealias Member = (name: String, tensor: Tensor)

  package let format: FileFormat
  package let entries: [Entry]

  /// - Parameter path: only its ending counts, and only where the bytes don't tell.
  package init(_ bytes: Bytes, path: String) throws(Refusal) {
    guard let format = FileFormat(bytes: bytes) ?? FileFormat(path: path) else {
      if bytes.starts(with: [0x1F, 0x8B]) { throw Refusal("it is compressed with gzip", help: "gunzip \"\(path)\"") }
      throw Refusal("its format isn't known", help: FileFormat.list(FileFormat.all) + " are read")
    }
    self.format = format
    switch format.contents {
    case .one(let read, _): entries = [try read(bytes)]
    case .several(let read, _): entries = try read(bytes)
    }
  }
}
