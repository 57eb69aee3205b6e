import CKernels
import Refusals
import Tensors
import Text

/// A zip archive, as far as NumPy and others write it: members packed in any way that a row of `ZipMethod` reads, none encrypted.
///
/// - Note: PKWARE's APPNOTE.TXT 6.3.
struct ZipFile {
  /// One file of it, not yet read.
  struct Member: Sendable {
    var name: String
    /// The bytes once inflated.
    var size: Int
    var checksum: UInt32
    fileprivate var flags: UInt16
    fileprivate var method: UInt16
    /// The bytes in the archive, compressed or not: how many, and where the header in front of them is.
    fileprivate var packedSize: Int
    fileprivate var place: Int
    fileprivate var archive: ByteSource
  }

  let members: [Member]

  init(_ bytes: ByteSource) throws(Refusal) {
    let contents = try Self.contents(bytes)
    guard contents.size <= 1 << 30, let list = try bytes.part(from: contents.start, count: contents.size) else {
      throw Refusal("its list of contents is damaged")
    }
    var members: [Member] = []
    var place = 0
    for _ in 0..<contents.count {
      guard let (member, next) = Self.member(list, at: place, in: bytes, shift: contents.shift) else {
        throw Refusal("its list of contents is damaged")
      }
      members.append(member)
      place = next
    }
    self.members = members
  }

  /// Where the list of contents is, and how long.
  private struct Contents {
    var start: Int
    var size: Int
    var count: Int
    /// What other bytes stand in front of the archive; places count from behind them.
    var shift: Int
  }

  private static func contents(_ bytes: ByteSource) throws(Refusal) -> Contents {
    let missing = Refusal("it is no zip archive, or cut short")
    // The record at the end, behind which a comment of at most 64 KiB may stand.
    let tail = bytes.count - min(bytes.count, 22 + 65_535)
    guard let end = try bytes.part(from: tail, count: bytes.count - tail) else { throw missing }
    var place = end.count - 22
    while place >= 0, end.integer(at: place, as: UInt32.self) != 0x0605_4B50 { place -= 1 }
    guard place >= 0, let count = end.integer(at: place + 10, as: UInt16.self),
      let size = end.integer(at: place + 12, as: UInt32.self), let start = end.integer(at: place + 16, as: UInt32.self)
    else { throw missing }
    place += tail
    // A larger archive says so in a record before this one, to which another one leads; some write it always.
    let locator = try bytes.part(from: place - 20, count: 20)?.integer(at: 0, as: UInt32.self)
    guard count == .max || size == .max || start == .max || locator == 0x0706_4B50 else {
      return try placed(Contents(start: Int(start), size: Int(size), count: Int(count), shift: 0), before: place)
    }
    guard locator == 0x0706_4B50, let wide = try bytes.part(from: place - 76, count: 56),
      wide.integer(at: 0, as: UInt32.self) == 0x0606_4B50,
      let wideCount = wide.integer(at: 32, as: UInt64.self).flatMap({ Int(exactly: $0) }),
      let wideSize = wide.integer(at: 40, as: UInt64.self).flatMap({ Int(exactly: $0) }),
      let wideStart = wide.integer(at: 48, as: UInt64.self).flatMap({ Int(exactly: $0) })
    else { throw Refusal("its list of contents is damaged") }
    return try placed(Contents(start: wideStart, size: wideSize, count: wideCount, shift: 0), before: place - 76)
  }

  /// The list lies right before the record that tells of it.
  private static func placed(_ contents: Contents, before place: Int) throws(Refusal) -> Contents {
    var contents = contents
    let start = place.subtractingReportingOverflow(contents.size)
    contents.shift = start.partialValue.subtractingReportingOverflow(contents.start).partialValue
    guard !start.overflow, start.partialValue >= 0, contents.start >= 0, contents.shift >= 0,
      contents.count <= contents.size / 46
    else { throw Refusal("its list of contents is damaged") }
    contents.start = start.partialValue
    return contents
  }

  private static func member(_ list: Bytes, at place: Int, in archive: ByteSource, shift: Int) -> (Member, next: Int)? {
    guard list.integer(at: place, as: UInt32.self) == 0x0201_4B50, let header = list.part(from: place, count: 46),
      let flags = header.integer(at: 8, as: UInt16.self), let method = header.integer(at: 10, as: UInt16.self),
      let checksum = header.integer(at: 16, as: UInt32.self), let packed = header.integer(at: 20, as: UInt32.self),
      let full = header.integer(at: 24, as: UInt32.self), let nameLength = header.integer(at: 28, as: UInt16.self),
      let extraLength = header.integer(at: 30, as: UInt16.self),
      let commentLength = header.integer(at: 32, as: UInt16.self),
      let offset = header.integer(at: 42, as: UInt32.self),
      let name = list.part(from: place + 46, count: Int(nameLength)),
      let extra = list.part(from: place + 46 + Int(nameLength), count: Int(extraLength)),
      let sizes = widened([full, packed, offset], extra)
    else { return nil }
    let member = Member(
      name: text(name), size: sizes[0], checksum: checksum, flags: flags, method: method, packedSize: sizes[1],
      place: sizes[2] + shift, archive: archive)
    return (member, place + 46 + Int(nameLength) + Int(extraLength) + Int(commentLength))
  }

  /// Those of three numbers that don't fit into 32 bits stand in the field for more, in this order.
  private static func widened(_ numbers: [UInt32], _ extra: Bytes) -> [Int]? {
    var place = 0
    var wide: Bytes?
    while let kind = extra.integer(at: place, as: UInt16.self), let size = extra.integer(at: place + 2, as: UInt16.self)
    {
      if kind == 1 { wide = extra.part(from: place + 4, count: Int(size)) }
      place += 4 + Int(size)
    }
    var next = 0
    var result: [Int] = []
    for number in numbers {
      if number == .max {
        guard let value = wide?.integer(at: next, as: UInt64.self), let size = Int(exactly: value), size < 1 << 60
        else { return nil }
        result.append(size)
        next += 8
      } else {
        result.append(Int(number))
      }
    }
    return result
  }

  /// A name in UTF-8, or where it isn't that in code page 437, as MS-DOS had it.
  private static func text(_ name: Bytes) -> String {
    name.text
      ?? String(String.UnicodeScalarView(name.array.map { $0 < 0x80 ? Unicode.Scalar($0) : upperHalf[Int($0) - 0x80] }))
  }

  private static let upperHalf = Array(
    ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
      + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").unicodeScalars)
}

extension ZipFile.Member {
  /// Its bytes from the first one on, and the checksum of those that were read.
  func open() throws(Refusal) -> (stream: ByteStream, checksum: Checksum) {
    guard flags & 1 == 0 else { throw Refusal("it is encrypted") }
    let row = ZipMethod.all.first { $0.number == method }
    guard let row, let unpack = row.unpack else {
      throw Refusal("it is compressed by \(row?.name ?? "method \(method)"), which isn't read")
    }
    guard let header = try archive.part(from: place, count: 30),
      header.integer(at: 0, as: UInt32.self) == 0x0403_4B50, let name = header.integer(at: 26, as: UInt16.self),
      let extra = header.integer(at: 28, as: UInt16.self),
      let content = archive.slice(from: place + 30 + Int(name) + Int(extra), count: packedSize),
      method != 0 || packedSize == size
    else { throw Refusal("it is damaged: the archive's list of contents says otherwise") }
    guard method == 0 || size <= (packedSize + 64).multipliedReportingOverflow(by: row.most).partialValue else {
      throw Refusal("it claims to hold more than its compressed size can")
    }
    let checksum = Checksum()
    let bytes = try unpack(content, size, flags & 2 != 0)
    var rest = size
    let stream = unsafe ByteStream { buffer throws(Refusal) in
      let wanted = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, rest)])
      let count = try unsafe bytes.read(wanted)
      guard count == wanted.count else { throw Refusal("it is cut short") }
      rest -= count
      unsafe checksum.add(UnsafeRawBufferPointer(wanted))
      return count
    }
    return (stream, checksum)
  }
}

extension ZipFile {
  /// An archive of files as they are, in pieces.
  static func written(_ files: [(name: String, parts: [Bytes])]) throws(Refusal) -> [Bytes] {
    var pieces: [Bytes] = []
    var contents: [UInt8] = []
    var offset = 0
    for file in files {
      let size = file.parts.reduce(0) { $0 + $1.count }
      guard offset + size < 1 << 32 - 1 else {
        throw Refusal("an archive of more than 4 GiB isn't written", help: "save(\"….safetensors\", …)")
      }
      let name = Array(file.name.utf8)
      guard name.count <= 65_535, !name.contains(0) else {
        throw Refusal("an archive can't hold the name '\(file.name.shownBriefly)'")
      }
      let checksum = try Checksum.of(file.parts)
      // Version 2.0, names in UTF-8, stored, at the first of January 1980.
      var common: [UInt8] = [20, 0, 0, 8, 0, 0, 0, 0, 33, 0]
      for number in [checksum, UInt32(size), UInt32(size)] { common += number.littleEndianBytes }
      common += UInt16(name.count).littleEndianBytes + [0, 0]
      contents += [0x50, 0x4B, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 10)
      contents += UInt32(offset).littleEndianBytes + name
      let header = [0x50, 0x4B, 3, 4] + common + name
      pieces += [Bytes(header)] + file.parts
      offset += header.count + size
    }
    guard files.count < 65_535, offset < 1 << 32 - 1 else { throw Refusal("so much doesn't fit into one archive") }
    let count = UInt16(files.count).littleEndianBytes
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
    end += UInt32(contents.count).littleEndianBytes + UInt32(offset).littleEndianBytes + [0, 0]
    return pieces + [Bytes(contents + end)]
  }
}

/// The cyclic redundancy check of zip and gzip.
final class Checksum {
  private var state = UInt32.max

  var value: UInt32 { ~state }

  /// For each byte, and for bytes one to seven places further on, one table after the other.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    for place in 256..<8 * 256 {
      let value = tables[place - 256]
      tables.append(value >> 8 ^ tables[Int(value & 255)])
    }
    return tables
  }()

  @unsafe func add(_ bytes: UnsafeRawBufferPointer) {
    var value = state
    unsafe Self.tables.withUnsafeBufferPointer { tables in
      var place = 0
      while place + 8 <= bytes.count, place & 0xF_FFFF != 0 || gk_is_interrupted() == 0 {
        let word = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        let mixed = word ^ UInt64(value)
        value = 0
        for byte in 0..<8 { unsafe value ^= tables[(7 - byte) << 8 | Int(mixed >> UInt64(8 * byte) & 255)] }
        place += 8
      }
      while place < bytes.count, place & 0xF_FFFF != 0 || gk_is_interrupted() == 0 {
        unsafe value = value >> 8 ^ tables[Int((value ^ UInt32(bytes[place])) & 255)]
        place += 1
      }
    }
    state = value
  }

  static func of(_ parts: [Bytes]) throws(Refusal) -> UInt32 {
    let sum = Checksum()
    for part in parts {
      unsafe part.withUnsafePointer { unsafe sum.add(UnsafeRawBufferPointer(start: $0, count: part.count)) }
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    return sum.value
  }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] { (0..<bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}
