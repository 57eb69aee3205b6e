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

  package enum Format: String, CaseIterable, Sendable {
    case npy, npz, csv, tsv, safetensors, idx

    /// What a path's ending says.
    package init?(path: String) {
      let name = path.split(separator: "/").last ?? ""
      let end = name.split(separator: ".", omittingEmptySubsequences: false).last?.lowercased() ?? ""
      if name.hasSuffix("-ubyte") || end.hasPrefix("idx") {
        self = .idx
      } else {
        self.init(rawValue: end)
      }
    }

    var separator: UInt8 { self == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t") }
  }

  package let format: Format
  package let entries: [Entry]

  /// - Parameter path: only its ending counts, and only where the bytes don't tell.
  package init(_ bytes: Bytes, path: String) throws(Refusal) {
    let format = Self.recognised(bytes) ?? Format(path: path)
    guard let format else {
      if bytes.starts(with: [0x1F, 0x8B]) { throw Refusal("it is compressed with gzip", help: "gunzip \"\(path)\"") }
      throw Refusal("its format isn't known", help: "npy, npz, csv, tsv, safetensors and idx are read")
    }
    self.format = format
    switch format {
    case .npy:
      let header = try NumPyFile.header(bytes)
      entries = [
        Entry(name: nil, shape: header.shape, kind: header.code.kind.rawValue) { reading throws(Refusal) in
          try NumPyFile.read(bytes, reading)
        }
      ]
    case .npz: entries = try Self.archived(try ZipFile(bytes))
    case .csv, .tsv:
      // A table's shape is known only once it has been read.
      let table = try TextFile.read(bytes, separator: format.separator, Reading(defaultType: .float64))
      entries = [
        Entry(name: nil, shape: table.shape, kind: "text") { reading throws(Refusal) in
          guard table.count <= reading.memoryLimit / 8 else { throw Refusal("it doesn't fit into memory") }
          return table.converted(to: reading.defaultType)
        }
      ]
    case .safetensors: entries = try SafetensorsFile.entries(bytes)
    case .idx: entries = [try IDXFile.entry(bytes)]
    }
  }

  private static func recognised(_ bytes: Bytes) -> Format? {
    if bytes.starts(with: NumPyFile.magic) { return .npy }
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) { return .npz }
    return nil
  }

  private static func archived(_ archive: ZipFile) throws(Refusal) -> [Entry] {
    var entries: [Entry] = []
    for file in archive.entries where file.name.hasSuffix(".npy") {
      let header = try NumPyFile.header(try file.prefix(1 << 16))
      entries.append(
        Entry(name: String(file.name.dropLast(4)), shape: header.shape, kind: header.code.kind.rawValue) {
          reading throws(Refusal) in try NumPyFile.read(try file.bytes(reading), reading)
        })
    }
    return entries
  }

  /// The pieces of a file with these tensors; formats for one tensor ignore its name.
  package static func written(
    _ tensors: [(name: String, tensor: Tensor)], as format: Format
  ) throws(Refusal) -> [Bytes] {
    switch format {
    case .npz: return try ZipFile.written(tensors.map { ($0.name + ".npy", NumPyFile.written($0.tensor)) })
    case .safetensors: return SafetensorsFile.written(tensors)
    case .idx:
      throw Refusal("IDX files are read, not written", help: "npy, npz, csv, tsv and safetensors are written")
    case .npy, .csv, .tsv:
      guard tensors.count == 1 else {
        throw Refusal("it holds one tensor, not \(tensors.count)", help: "npz and safetensors hold several")
      }
      return format == .npy
        ? NumPyFile.written(tensors[0].tensor)
        : [try TextFile.written(tensors[0].tensor, separator: format.separator)]
    }
  }
}
