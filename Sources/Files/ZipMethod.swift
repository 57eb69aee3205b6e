import Refusals

/// How a zip archive's member is packed: a row of PKWARE's list of methods.
struct ZipMethod: Sendable {
  /// The member's bytes in the archive, its full size, and whether its end is marked among them.
  typealias Unpack = @Sendable (ByteSource, _ size: Int, _ hasEndMark: Bool) throws(Refusal) -> ByteStream

  let number: UInt16
  let name: String
  /// By how much it can shrink bytes at most: a larger claim is a lie, and nothing is unpacked for it.
  var most = 1
  /// Nil where it isn't read.
  var unpack: Unpack?

  static let all = [
    ZipMethod(number: 0, name: "nothing") { content, _, _ in ByteStream(content) },
    ZipMethod(number: 8, name: "deflate", most: 1032) { content, _, _ throws(Refusal) in
      try Zlib.inflated(content, .none)
    },
    ZipMethod(number: 9, name: "deflate64"),
    ZipMethod(number: 12, name: "bzip2", most: 1_200_000) { content, _, _ throws(Refusal) in
      try Unpacking.unpacked(content, by: .bzip2)
    },
    ZipMethod(number: 14, name: "lzma", most: 1 << 14) { content, size, hasEndMark throws(Refusal) in
      // A version, and how long the properties are that follow; they go in front of the size as it stands in .lzma files.
      guard let header = try content.part(from: 0, count: 9), header.integer(at: 2, as: UInt16.self) == 5,
        let rest = content.slice(from: 9, count: content.count - 9)
      else { throw Refusal("its compressed data is cut short") }
      let length = hasEndMark ? UInt64.max : UInt64(size)
      let start = header.array[4...] + length.littleEndianBytes
      return try Unpacking.unpacked(rest, by: .lzma, start: Bytes(Array(start)))
    },
    ZipMethod(number: 93, name: "zstd"),
    ZipMethod(number: 95, name: "xz", most: 1 << 14) { content, _, _ throws(Refusal) in
      try Unpacking.unpacked(content, by: .xz)
    },
  ]
}
