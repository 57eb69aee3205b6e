import CKernels
import Refusals
import Tensors

/// Pictures are read as NumPy's readers of pictures give them: (height, width) where they are grey, else (height, width,
/// channels), from 0 to 255.
extension FileFormat {
  package static let png = FileFormat(
    "png", "a picture: height, width, channels, 0 to 255", beginnings: [[0x89] + Array("PNG\r\n".utf8)],
    .one(read: { bytes throws(Refusal) in try PictureFile.entry(bytes, PNGLibrary.self) }, write: nil))

  package static let jpeg = FileFormat(
    "jpeg", "a picture, likewise", endings: [".jpg", ".jpeg"], beginnings: [[0xFF, 0xD8, 0xFF]],
    .one(read: { bytes throws(Refusal) in try PictureFile.entry(bytes, JPEGLibrary.self) }, write: nil))

  package static let pnm = FileFormat(
    "pnm", "a picture as plain numbers (pgm, ppm)", endings: [".pgm", ".ppm", ".pnm"],
    beginnings: ["P2", "P3", "P5", "P6"].map { Array($0.utf8) }, confirms: PlainPicture.begins,
    .one(read: { bytes throws(Refusal) in try PlainPicture.entry(bytes) }, write: nil))
}

/// A library that unpacks pictures.
protocol PictureLibrary: SendableMetatype {
  /// What it is called, and what installs it.
  static var name: String { get }
  static var help: String { get }
  /// How large a picture is.
  static func size(of bytes: Bytes) throws(Refusal) -> PictureSize
  /// Its samples, row by row.
  static func samples(of bytes: Bytes, _ size: PictureSize) throws(Refusal) -> Bytes
}

struct PictureSize: Equatable {
  var width: Int
  var height: Int
  /// 1: grey, 2: grey and how opaque, 3: colours, 4: colours and how opaque.
  var channels: Int
  /// The bits that a sample has in the file.
  var depth = 8

  var shape: Shape { Shape(channels == 1 ? [height, width] : [height, width, channels]) }
}

enum PictureFile {
  /// More than any picture has along one side.
  static let sideLimit = 1 << 20

  static func entry(_ source: ByteSource, _ library: any PictureLibrary.Type) throws(Refusal) -> TensorFile.Entry {
    @Sendable func whole() throws(Refusal) -> Bytes { try source.prefix(source.count) }
    return TensorFile.Entry(
      name: nil,
      listing: { _ throws(Refusal) in
        let size = try library.size(of: try whole())
        return TensorFile.Listing(shape: "\(size.shape)", kind: "uint8")
      },
      contents: { reading throws(Refusal) in
        let bytes = try whole()
        let size = try library.size(of: bytes)
        guard size.shape.count <= reading.memoryLimit / 5 else {
          throw Refusal("its \(size.shape) samples don't fit into memory")
        }
        let samples = try library.samples(of: bytes, size)
        let stream = ByteStream(ByteSource(samples))
        let tensor = try NumberCode(.uint8).tensor(stream, shape: size.shape, reading)
        let notes = size.depth > 8 ? ["its samples of \(size.depth) bits were made ones of 8"] : []
        return TensorFile.Contents(value: .tensor(tensor), notes: notes)
      })
  }
}

/// Netpbm's pictures: a few numbers as text, then the samples.
///
/// - Note: netpbm.sourceforge.net/doc/pgm.html and ppm.html.
enum PlainPicture {
  /// Behind the two letters stands a blank, or a comment.
  static func begins(_ start: Bytes) -> Bool {
    start.count > 2 && isBlank(start[2]) || start.count > 2 && start[2] == 0x23
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

  private struct Header {
    let size: PictureSize
    let most: Int
    let isText: Bool
    /// Where the samples begin.
    let length: Int
  }

  /// The next number as text; nil where there is none, or too large a one.
  private static func number(_ bytes: Bytes, _ place: inout Int) -> Int? {
    while place < bytes.count, isBlank(bytes[place]) || bytes[place] == 0x23 {
      if bytes[place] == 0x23 { while place < bytes.count, bytes[place] != 0x0A { place += 1 } } else { place += 1 }
    }
    let start = place
    var value = 0
    while place < bytes.count, 0x30...0x39 ~= bytes[place] {
      value = value * 10 + Int(bytes[place] - 0x30)
      guard value <= PictureFile.sideLimit else { return nil }
      place += 1
    }
    return place > start ? value : nil
  }

  private static func header(_ bytes: Bytes) throws(Refusal) -> Header {
    var place = 2
    guard bytes.count > 2, bytes[0] == 0x50, [0x32, 0x33, 0x35, 0x36].contains(bytes[1]),
      let width = number(bytes, &place), let height = number(bytes, &place),
      let most = number(bytes, &place), width > 0, height > 0, 1...65_535 ~= most
    else { throw Refusal("its header makes no sense") }
    let kind = bytes[1] - 0x30
    return Header(
      size: PictureSize(width: width, height: height, channels: kind == 2 || kind == 5 ? 1 : 3),
      most: most, isText: kind < 5, length: place + 1)
  }

  static func entry(_ source: ByteSource) throws(Refusal) -> TensorFile.Entry {
    let header = try header(try source.prefix(1 << 12))
    return TensorFile.Entry(
      name: nil,
      listing: { _ throws(Refusal) in
        TensorFile.Listing(shape: "\(header.size.shape)", kind: header.most < 256 ? "uint8" : "uint16")
      },
      contents: { reading throws(Refusal) in
        let shape = header.size.shape
        let code = NumberCode(header.most < 256 ? .uint8 : .uint16, isBigEndian: true)
        guard header.isText else {
          guard let size = code.kind.size(of: shape), let slice = source.slice(from: header.length, count: size) else {
            throw Refusal("it is cut short")
          }
          let stream = ByteStream(ByteSource(try slice.prefix(size)))
          return TensorFile.Contents(value: .tensor(try code.tensor(stream, shape: shape, reading)))
        }
        return TensorFile.Contents(value: .tensor(try numbers(source, header, shape, reading)))
      })
  }

  private static func numbers(
    _ source: ByteSource, _ header: Header, _ shape: Shape, _ reading: Reading
  ) throws(Refusal) -> Tensor {
    // Each takes a digit and a blank at least.
    guard shape.count <= source.count else { throw Refusal("it is cut short") }
    let bytes = try source.prefix(source.count)
    var place = header.length - 1
    var samples: [UInt8] = []
    samples.reserveCapacity(shape.count * 2)
    for count in 0..<shape.count {
      if count & 0xFFFF == 0, gk_is_interrupted() != 0 { throw .interrupted }
      guard let value = number(bytes, &place), value <= header.most else {
        throw Refusal("sample \(count) is no number up to \(header.most)")
      }
      samples += [UInt8(value >> 8), UInt8(value & 255)]
    }
    let code = NumberCode(.uint16, isBigEndian: true)
    return try code.tensor(ByteStream(ByteSource(Bytes(samples))), shape: shape, reading)
  }
}
