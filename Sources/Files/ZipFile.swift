import Refusals
import Tensors

/// A zip archive, as far as NumPy and others write it: files stored or deflated, none encrypted.
struct ZipFile {
  struct Entry {
    var name: String
    var isDeflated: Bool
    var checksum: UInt32
    /// The bytes in the archive, compressed or not.
    var content: Bytes
    /// The bytes once inflated.
    var size: Int
  }

  let entries: [Entry]

  init(_ bytes: Bytes) throws(Refusal) {
    guard let end = Self.endRecord(bytes) else { throw Refusal("it is no zip archive, or cut short") }
    var (place, count) = end
    var entries: [Entry] = []
    var names: Set<String> = []
    while count > 0 {
      guard let (entry, next) = try Self.entry(bytes, at: place) else {
        throw Refusal("its list of contents is damaged")
      }
      guard names.insert(entry.name).inserted else { throw Refusal("'\(entry.name.shown)' is in it twice") }
      entries.append(entry)
      place = next
      count -= 1
    }
    self.entries = entries
  }

  /// Where the list of contents begins and how long it is.
  private static func endRecord(_ bytes: Bytes) -> (Int, Int)? {
    var place = bytes.count - 22
    let lowest = max(0, place - 65_535)
    while place >= lowest {
      if bytes.integer(at: place, as: UInt32.self) == 0x0605_4B50 { break }
      place -= 1
    }
    guard place >= lowest, let count = bytes.integer(at: place + 10, as: UInt16.self),
      let start = bytes.integer(at: place + 16, as: UInt32.self)
    else { return nil }
    guard count == .max || start == .max else { return (Int(start), Int(count)) }
    // A larger archive says so in a record before this one.
    guard bytes.integer(at: place - 20, as: UInt32.self) == 0x0706_4B50,
      let wide = bytes.integer(at: place - 12, as: UInt64.self).flatMap({ Int(exactly: $0) }),
      bytes.integer(at: wide, as: UInt32.self) == 0x0606_4B50,
      let wideCount = bytes.integer(at: wide + 32, as: UInt64.self).flatMap({ Int(exactly: $0) }),
      let wideStart = bytes.integer(at: wide + 48, as: UInt64.self).flatMap({ Int(exactly: $0) }),
      wideCount <= bytes.count / 46
    else { return nil }
    return (wideStart, wideCount)
  }

  private static func entry(_ bytes: Bytes, at place: Int) throws(Refusal) -> (Entry, Int)? {
    guard bytes.integer(at: place, as: UInt32.self) == 0x0201_4B50,
      let header = bytes.part(from: place, count: 46),
      let flags = header.integer(at: 8, as: UInt16.self), let method = header.integer(at: 10, as: UInt16.self),
      let checksum = header.integer(at: 16, as: UInt32.self),
      let packed = header.integer(at: 20, as: UInt32.self), let full = header.integer(at: 24, as: UInt32.self),
      let nameLength = header.integer(at: 28, as: UInt16.self),
      let extraLength = header.integer(at: 30, as: UInt16.self),
      let commentLength = header.integer(at: 32, as: UInt16.self),
      let offset = header.integer(at: 42, as: UInt32.self),
      let name = bytes.part(from: place + 46, count: Int(nameLength))?.text,
      let extra = bytes.part(from: place + 46 + Int(nameLength), count: Int(extraLength))
    else { return nil }
    guard flags & 1 == 0 else { throw Refusal("'\(name.shown)' in it is encrypted") }
    guard method == 0 || method == 8 else {
      throw Refusal("'\(name.shown)' in it is compressed in a way that can't be read")
    }
    guard let sizes = widened([full, packed, offset], extra) else { return nil }
    let (size, packedSize, start) = (sizes[0], sizes[1], sizes[2])
    guard bytes.integer(at: start, as: UInt32.self) == 0x0403_4B50,
      let localName = bytes.integer(at: start + 26, as: UInt16.self),
      let localExtra = bytes.integer(at: start + 28, as: UInt16.self),
      let content = bytes.part(from: start + 30 + Int(localName) + Int(localExtra), count: packedSize),
      method == 8 || size == packedSize
    else { return nil }
    let entry = Entry(name: name, isDeflated: method == 8, checksum: checksum, content: content, size: size)
    return (entry, place + 46 + Int(nameLength) + Int(extraLength) + Int(commentLength))
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
        else {
          return nil
        }
        result.append(size)
        next += 8
      } else {
        result.append(Int(number))
      }
    }
    return result
  }
}

extension ZipFile.Entry {
  /// What was put in, once it has been found undamaged.
  func bytes(_ reading: Reading) throws(Refusal) -> Bytes {
    guard size <= reading.memoryLimit else { throw Refusal("'\(name.shown)' in it doesn't fit into memory") }
    let bytes = isDeflated ? Bytes(try Zlib.inflate(content, count: size)) : content
    guard Checksum.of([bytes]) == checksum else { throw Refusal("'\(name.shown)' in it is damaged") }
    return bytes
  }

  /// The first bytes, enough for a header, unchecked.
  func prefix(_ count: Int) throws(Refusal) -> Bytes {
    let count = min(count, size)
    if isDeflated { return Bytes(try Zlib.inflate(content, count: count, isWhole: false)) }
    return content.part(from: 0, count: count) ?? content
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
      let checksum = Checksum.of(file.parts)
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
enum Checksum {
  /// For each byte, and for bytes one to seven places further on.
  private static let tables: [[UInt32]] = {
    var first = [UInt32](repeating: 0, count: 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
      first[byte] = value
    }
    var tables = [first]
    for _ in 1..<8 { tables.append(tables[tables.count - 1].map { $0 >> 8 ^ first[Int($0 & 255)] }) }
    return tables
  }()

  static func of(_ parts: [Bytes]) -> UInt32 {
    let tables = Self.tables
    var value = UInt32.max
    for part in parts {
      var place = 0
      while let word = part.integer(at: place, as: UInt64.self) {
        let mixed = word ^ UInt64(value)
        value = 0
        for byte in 0..<8 { value ^= tables[7 - byte][Int(mixed >> UInt64(8 * byte) & 255)] }
        place += 8
      }
      while place < part.count {
        value = value >> 8 ^ tables[0][Int((value ^ UInt32(part[place])) & 255)]
        place += 1
      }
    }
    return ~value
  }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] { (0..<bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}

extension String {
  /// A name from a file, fit for a message: short, and on one line.
  var shown: String {
    let clean = unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F || $0.value == 0x2028 ? "?" : String($0) }
    return clean.count > 60 ? clean.prefix(59).joined() + "…" : clean.joined()
  }
}
