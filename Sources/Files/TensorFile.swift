import Refusals
import Tensors

/// A file with tensors in it, in any of the formats.
package struct TensorFile: Sendable {
  /// One tensor of a file, not yet read.
  package struct Entry: Sendable {
    /// Nil in a file that holds one tensor alone.
    package var name: String?
    /// What a list of what is there says of it.
    package var listing: @Sendable (Reading) throws(Refusal) -> Listing
    package var contents: @Sendable (Reading) throws(Refusal) -> Contents

    /// The tensor, where it is one.
    package func read(_ reading: Reading) throws(Refusal) -> Tensor {
      switch try contents(reading).value {
      case .tensor(let tensor): return tensor
      case .texts: throw Refusal("it holds text")
      }
    }
  }

  /// What can be told of a tensor without reading it.
  package struct Listing: Sendable {
    /// `3×2`, or `?` where even that isn't known.
    package var shape: String
    /// `float32`, `uint8`, …, `text`, or as the file has it.
    package var kind: String
    /// Why it can't be read, where that is clear.
    package var flaw: Refusal?
    /// The names of a table's columns.
    package var columns: [String] = []
  }

  /// What is found where a tensor is asked for.
  package struct Contents: Sendable {
    package enum Value: Sendable {
      case tensor(Tensor)
      /// A table's column that holds words.
      case texts([String])
    }

    package var value: Value
    /// What was guessed, a sentence each.
    package var notes: [String] = []
  }

  /// A tensor to be written under a name.
  package typealias Member = (name: String, tensor: Tensor)

  package let format: FileFormat
  package let entries: [Entry]
  /// What its tensors belong to, where it holds a network.
  package let model: ONNXFile?

  /// - Parameters:
  ///   - path: only its ending counts, and only where the bytes don't tell.
  ///   - memoryLimit: bytes that unpacking may take.
  ///   - beside: opens a file that lies in the same folder.
  package init(
    _ bytes: ByteSource, path: String, memoryLimit: Int = .max,
    beside: @escaping ONNXFile.Beside = { _ throws(Refusal) in throw Refusal("its elements lie in another file") }
  ) throws(Refusal) {
    let (bytes, start) = try Self.unpacked(bytes, path: path, limit: memoryLimit)
    guard let format = FileFormat(bytes: start) ?? FileFormat(path: path) else {
      throw ForeignFormat.refusal(of: start, path: path)
    }
    self.format = format
    switch format.contents {
    case .one(let read, _): (entries, model) = ([try read(bytes)], nil)
    case .several(let read, _): (entries, model) = (try read(bytes), nil)
    case .model(let read):
      let network = try read(bytes, beside)
      (entries, model) = (network.weights.map(\.entry), network)
    }
  }

  package init(_ bytes: Bytes, path: String) throws(Refusal) { try self.init(ByteSource(bytes), path: path) }

  /// What a file holds where gzip has packed it, and how it begins.
  private static func unpacked(
    _ bytes: ByteSource, path: String, limit: Int
  ) throws(Refusal) -> (bytes: ByteSource, start: Bytes) {
    let enough = 1 << 16
    let start = try bytes.prefix(enough)
    guard start.starts(with: Gzip.magic) else { return (bytes, start) }
    let stream = try Zlib.inflated(bytes, .gzip)
    let first = try stream.bytes(enough)
    let extent = (FileFormat(bytes: first) ?? FileFormat(path: path))?.extent(first)
    // One byte more than what is needed is enough to tell that it isn't the end.
    let missing = extent.map { max($0.addingReportingOverflow(1).partialValue - first.count, 0) }
    let more = try stream.rest(limit: limit, count: missing ?? .max)
    return (ByteSource(try Bytes(joining: [first, more])), first)
  }
}
