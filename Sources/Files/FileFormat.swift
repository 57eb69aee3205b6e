import Refusals
import Tensors
import Text

/// A format of files with tensors in them: a row of the table of formats.
package struct FileFormat: Sendable {
  package enum Contents: Sendable {
    /// One tensor, without a name.
    case one(
      read: @Sendable (ByteSource) throws(Refusal) -> TensorFile.Entry,
      write: (@Sendable (Tensor) throws(Refusal) -> [Bytes])?)
    /// Any number of tensors, each under a name of its own.
    case several(
      read: @Sendable (ByteSource) throws(Refusal) -> [TensorFile.Entry],
      write: (@Sendable ([TensorFile.Member]) throws(Refusal) -> [Bytes])?)
    /// A network; what lies beside its file may belong to it.
    case model(read: @Sendable (ByteSource, @escaping ONNXFile.Beside) throws(Refusal) -> ONNXFile)
  }

  /// What it is called.
  package let name: String
  /// What it holds, for a list of formats: a few words.
  package let summary: String
  /// How the names of its files end, in small letters.
  package let endings: [String]
  /// How its files begin, where that tells; then their names don't matter.
  let beginnings: [[UInt8]]
  /// Looks closer at a beginning that other formats have, too.
  let confirms: @Sendable (Bytes) -> Bool
  /// How many bytes of a file count, where its first 64 KiB tell: a compressed one isn't unpacked any further.
  let extent: @Sendable (Bytes) -> Int?
  /// What its files hold, and the bodies that read and write them.
  package let contents: Contents

  /// - Parameter endings: a dot and the name if not said otherwise.
  init(
    _ name: String, _ summary: String, endings: [String]? = nil, beginnings: [[UInt8]] = [],
    confirms: @escaping @Sendable (Bytes) -> Bool = { _ in true },
    extent: @escaping @Sendable (Bytes) -> Int? = { _ in nil }, isTable: Bool = false, _ contents: Contents
  ) {
    self.name = name
    self.summary = summary
    self.endings = endings ?? [".\(name)"]
    self.beginnings = beginnings
    self.confirms = confirms
    self.extent = extent
    self.isTable = isTable
    self.contents = contents
  }

  package static let all: [FileFormat] = [
    .npy, .pt, .keras, .npz, .csv, .tsv, .safetensors, .h5, .idx, .onnx, .png, .jpeg, .pnm,
  ]

  /// Whether its files are rows of text, with columns that may have names.
  package let isTable: Bool

  package static var written: [FileFormat] { all.filter(\.isWritten) }

  /// Whether its files hold any number of tensors.
  package var holdsSeveral: Bool {
    switch contents {
    case .one: false
    case .several, .model: true
    }
  }

  package var isWritten: Bool {
    switch contents {
    case .one(_, let write): write != nil
    case .several(_, let write): write != nil
    case .model: false
    }
  }

  /// What a path's ending says; that of a file packed by gzip comes before `.gz`.
  package init?(path: String) {
    let name = (Gzip.inner(path).split(separator: "/").last ?? "").lowercased()
    guard let format = Self.all.first(where: { $0.endings.contains(where: name.hasSuffix) }) else { return nil }
    self = format
  }

  /// What a file's beginning says.
  init?(bytes: Bytes) {
    let format = Self.all.first { $0.beginnings.contains(where: bytes.starts(with:)) && $0.confirms(bytes) }
    guard let format else { return nil }
    self = format
  }

  /// `npy, csv and tsv`.
  package static func list(_ formats: [FileFormat], joint: String = "and") -> String {
    let names = formats.map(\.name)
    guard let last = names.last, names.count > 1 else { return names.joined() }
    return names.dropLast().joined(separator: ", ") + " \(joint) " + last
  }

  /// One line on all of them.
  package static var overview: String {
    list(written) + "; \(list(all.filter { !$0.isWritten })) are read"
  }

  /// The pieces of a file with some tensors; those of a format for one don't keep its name.
  ///
  /// - Parameter path: only its ending counts, where it asks for compression.
  package func written(_ tensors: [TensorFile.Member], path: String = "") throws(Refusal) -> [Bytes] {
    let pieces = try written(tensors)
    return Gzip.isMeant(by: path) ? try Zlib.deflated(pieces, .gzip) : pieces
  }

  private func written(_ tensors: [TensorFile.Member]) throws(Refusal) -> [Bytes] {
    switch contents {
    case .several(_, let write?):
      for (place, member) in tensors.enumerated() {
        guard !member.name.isEmpty else { throw Refusal("a tensor's name is empty") }
        guard !tensors[..<place].contains(where: { $0.name == member.name }) else {
          throw Refusal("two tensors are called '\(member.name.shownBriefly)'")
        }
      }
      return try write(tensors)
    case .one(_, let write?):
      guard tensors.count == 1 else {
        let others = Self.list(Self.written.filter(\.holdsSeveral))
        throw Refusal("it holds one tensor, not \(tensors.count)", help: "\(others) hold several")
      }
      return try write(tensors[0].tensor)
    case .model: throw Refusal("\(name) files are read, not written", help: ":export \(name) y net.\(name)")
    case .one(_, nil), .several(_, nil):
      throw Refusal("\(name) files are read, not written", help: Self.writtenOnes)
    }
  }

  /// A sentence's worth of the formats that can be written.
  package static var writtenOnes: String { list(written) + " are written" }
}
