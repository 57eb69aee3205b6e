import CKernels
import Refusals
import Tensors
import Text

extension FileFormat {
  package static let h5 = FileFormat(
    "h5", "the arrays of HDF5, groups as records (h5py, Keras)", endings: [".h5", ".hdf5"],
    beginnings: [HDF5File.magic],
    .several(read: { bytes throws(Refusal) in try HDF5File(bytes).entries }, write: nil))

  package static let keras = FileFormat(
    "keras", "the weights of a network of Keras", beginnings: [[0x50, 0x4B, 3, 4]], confirms: KerasFile.begins,
    .several(read: { bytes throws(Refusal) in try KerasFile.entries(bytes) }, write: nil))
}

/// What Keras 3 saves: a zip archive with a description, which isn't read, and its weights as HDF5.
enum KerasFile {
  private static let weights = "model.weights.h5"

  static func begins(_ start: Bytes) -> Bool {
    guard let length = start.integer(at: 26, as: UInt16.self),
      let name = start.part(from: 30, count: Int(length))?.text
    else { return false }
    return ["metadata.json", "config.json", weights].contains(name)
  }

  static func entries(_ bytes: ByteSource) throws(Refusal) -> [TensorFile.Entry] {
    guard let member = try ZipFile(bytes).members.first(where: { $0.name == weights }) else {
      throw Refusal("it has no \(weights), as networks of Keras do")
    }
    return try HDF5File(ByteSource(try member.open().stream.rest(limit: member.size, count: member.size))).entries
  }
}

/// An HDF5 file, as far as h5py and Keras write it.
///
/// Groups of either kind, numbers, contiguous or in chunks, packed by deflate or not. No library is asked: the one that exists
/// trusts its files, and what crashes it would take the session along.
///
/// - Note: HDF5 File Format Specification, version 3.0.
struct HDF5File {
  static let magic: [UInt8] = [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A]

  private let bytes: ByteSource
  private(set) var entries: [TensorFile.Entry] = []
  /// Objects that have been looked at, more than any file has.
  private var visits = 0
  private static let (visitLimit, depthLimit) = (100_000, 64)
  fileprivate static let damaged = Refusal("it is damaged, or cut short")

  init(_ source: ByteSource) throws(Refusal) {
    bytes = source
    guard let version = try source.part(from: 8, count: 1)?[0] else { throw Self.damaged }
    var start: HDF5Cursor
    switch version {
    case 0, 1:
      start = try HDF5Cursor(source, at: 13, count: 2)
      guard try start.number(1) == 8, try start.number(1) == 8 else { throw Refusal("its addresses aren't of 8 bytes") }
      // The root's entry: behind four addresses the place of a name, then its object.
      start = try HDF5Cursor(source, at: (version == 0 ? 24 : 28) + 40, count: 8)
    case 2, 3:
      start = try HDF5Cursor(source, at: 9, count: 2)
      guard try start.number(1) == 8, try start.number(1) == 8 else { throw Refusal("its addresses aren't of 8 bytes") }
      start = try HDF5Cursor(source, at: 12 + 24, count: 8)
    case let other: throw Refusal("it is HDF5 of a version that isn't read (\(other))")
    }
    try visit(try start.address(), "", 0)
    if entries.isEmpty { throw Refusal("it holds no tensors") }
  }

  private mutating func visit(_ address: Int, _ name: String, _ depth: Int) throws(Refusal) {
    visits += 1
    if visits & 0xFF == 0, gk_is_interrupted() != 0 { throw .interrupted }
    guard depth < Self.depthLimit, visits < Self.visitLimit else {
      throw Refusal("its groups lie too deep in each other")
    }
    let object = try HDF5Object(bytes, at: address)
    if object.isDataset {
      entries.append(object.entry(name.isEmpty ? "value" : name, bytes))
      return
    }
    for (key, address) in try object.links(bytes) {
      try visit(address, name.isEmpty ? key : name + "." + key, depth + 1)
    }
  }
}

/// Numbers one after the other; beyond the end the file is damaged.
private struct HDF5Cursor {
  let bytes: Bytes
  private(set) var place = 0

  init(_ bytes: Bytes) { self.bytes = bytes }

  init(_ source: ByteSource, at place: Int, count: Int) throws(Refusal) {
    guard let bytes = try source.part(from: place, count: count) else { throw HDF5File.damaged }
    self.bytes = bytes
  }

  var left: Int { bytes.count - place }

  mutating func skip(_ count: Int) throws(Refusal) {
    guard count >= 0, count <= left else { throw HDF5File.damaged }
    place += count
  }

  mutating func take(_ count: Int) throws(Refusal) -> Bytes {
    guard let part = bytes.part(from: place, count: count) else { throw HDF5File.damaged }
    place += count
    return part
  }

  /// A little-endian number of up to 8 bytes.
  mutating func number(_ width: Int) throws(Refusal) -> Int {
    let part = try take(width)
    var value: UInt64 = 0
    for index in (0..<width).reversed() { value = value << 8 | UInt64(part[index]) }
    guard let number = Int(exactly: value) else { throw HDF5File.damaged }
    return number
  }

  /// Where something lies; -1: nowhere.
  mutating func place(_ width: Int = 8) throws(Refusal) -> Int {
    let part = try take(width)
    if (0..<width).allSatisfy({ part[$0] == 0xFF }) { return -1 }
    var copy = HDF5Cursor(part)
    return try copy.number(width)
  }

  mutating func address() throws(Refusal) -> Int {
    let found = try place(8)
    guard found >= 0 else { throw HDF5File.damaged }
    return found
  }

  mutating func sign(_ text: String) throws(Refusal) {
    guard try take(text.utf8.count).text == text else { throw HDF5File.damaged }
  }
}

/// A group or an array: the messages of its header that say what it is.
private struct HDF5Object {
  private var messages: [(kind: Int, content: Bytes)] = []

  private static let (dataspace, linkInfo, datatype, link, layout, filters, more, table) = (1, 2, 3, 6, 8, 11, 16, 17)
  private static let messageLimit = 20_000

  init(_ source: ByteSource, at address: Int) throws(Refusal) {
    var start = try HDF5Cursor(source, at: address, count: 16)
    if start.bytes.starts(with: Array("OHDR".utf8)) {
      try read(source, at: address)
    } else {
      guard try start.number(1) == 1 else { throw HDF5File.damaged }
      try start.skip(7)
      var blocks = [(place: address + 16, count: try start.number(4))]
      while let block = blocks.popLast() {
        var cursor = try HDF5Cursor(source, at: block.place, count: block.count)
        while cursor.left >= 8 {
          let (kind, size) = (try cursor.number(2), try cursor.number(2))
          try cursor.skip(4)
          try note(kind, try cursor.take(size), &blocks, margin: 0)
        }
      }
    }
  }

  /// A header of the second version.
  private mutating func read(_ source: ByteSource, at address: Int) throws(Refusal) {
    var start = try HDF5Cursor(source, at: address, count: min(34, source.count - address))
    try start.skip(5)
    let flags = try start.number(1)
    if flags & 0x20 != 0 { try start.skip(16) }
    if flags & 0x10 != 0 { try start.skip(4) }
    let size = try start.number(1 << (flags & 3))
    var blocks = [(place: address + start.place, count: size)]
    while let block = blocks.popLast() {
      var cursor = try HDF5Cursor(source, at: block.place, count: block.count)
      while cursor.left >= (flags & 4 != 0 ? 6 : 4) {
        let (kind, size) = (try cursor.number(1), try cursor.number(2))
        try cursor.skip(flags & 4 != 0 ? 3 : 1)
        try note(kind, try cursor.take(size), &blocks, margin: 4)
      }
    }
  }

  /// - Parameter margin: bytes in front of the messages of a further block, and behind them.
  private mutating func note(
    _ kind: Int, _ content: Bytes, _ blocks: inout [(place: Int, count: Int)], margin: Int
  ) throws(Refusal) {
    messages.append((kind, content))
    guard messages.count < Self.messageLimit else { throw HDF5File.damaged }
    guard kind == Self.more else { return }
    var cursor = HDF5Cursor(content)
    let (place, count) = (try cursor.address(), try cursor.number(8))
    guard place <= Int.max - margin, count >= 2 * margin else { throw HDF5File.damaged }
    blocks.append((place + margin, count - 2 * margin))
  }

  private func cursor(_ kind: Int) -> HDF5Cursor? { messages.first { $0.kind == kind }.map { HDF5Cursor($0.content) } }

  var isDataset: Bool { cursor(Self.layout) != nil }

  // MARK: Groups

  func links(_ source: ByteSource) throws(Refusal) -> [(name: String, address: Int)] {
    var links: [(String, Int)] = []
    for message in messages where message.kind == Self.link {
      if let link = try Self.link(HDF5Cursor(message.content)) { links.append(link) }
    }
    if var info = cursor(Self.linkInfo) {
      try info.skip(1)
      let flags = try info.number(1)
      if flags & 1 != 0 { try info.skip(8) }
      guard try info.place() < 0 else {
        throw Refusal(
          "a group in it has too many members", help: "h5py.File(…, \"w\", libver=\"earliest\") writes it otherwise")
      }
    }
    if var table = cursor(Self.table) {
      let (tree, heap) = (try table.address(), try table.address())
      var head = try HDF5Cursor(source, at: heap, count: 32)
      try head.sign("HEAP")
      try head.skip(4)
      let size = try head.number(8)
      try head.skip(8)
      let names = try HDF5Cursor(source, at: try head.address(), count: size).bytes
      try Self.symbols(source, at: tree, names, 0, &links)
    }
    return links
  }

  private static func link(_ cursor: HDF5Cursor) throws(Refusal) -> (String, Int)? {
    var cursor = cursor
    try cursor.skip(1)
    let flags = try cursor.number(1)
    let kind = flags & 8 != 0 ? try cursor.number(1) : 0
    if flags & 4 != 0 { try cursor.skip(8) }
    if flags & 16 != 0 { try cursor.skip(1) }
    guard let name = try cursor.take(try cursor.number(1 << (flags & 3))).text else { throw HDF5File.damaged }
    // Links by name lead to what is listed where it is, or to another file.
    return kind == 0 ? (name, try cursor.address()) : nil
  }

  private static func symbols(
    _ source: ByteSource, at address: Int, _ names: Bytes, _ depth: Int, _ links: inout [(String, Int)]
  ) throws(Refusal) {
    guard depth < 32, links.count < messageLimit else { throw HDF5File.damaged }
    var head = try HDF5Cursor(source, at: address, count: 24)
    if head.bytes.starts(with: Array("SNOD".utf8)) {
      try head.skip(6)
      let count = try head.number(2)
      var entries = try HDF5Cursor(source, at: address + 8, count: 40 * count)
      for _ in 0..<count {
        let (place, object) = (try entries.number(8), try entries.address())
        let kind = try entries.number(4)
        try entries.skip(20)
        var end = place
        while end < names.count, names[end] != 0 { end += 1 }
        guard let name = names.part(from: place, count: end - place)?.text else { throw HDF5File.damaged }
        if kind != 2 { links.append((name, object)) }
      }
      return
    }
    try head.sign("TREE")
    guard try head.number(1) == 0 else { throw HDF5File.damaged }
    try head.skip(1)
    let count = try head.number(2)
    var children = try HDF5Cursor(source, at: address + 24, count: 16 * count)
    for _ in 0..<count {
      try children.skip(8)
      try symbols(source, at: try children.address(), names, depth + 1, &links)
    }
  }

  // MARK: Arrays

  func entry(_ name: String, _ source: ByteSource) -> TensorFile.Entry {
    TensorFile.Entry(
      name: name,
      listing: { _ throws(Refusal) in
        do throws(Refusal) {
          let extents = try extents()
          let shape = extents.isEmpty ? "number" : extents.map(String.init).joined(separator: "×")
          return TensorFile.Listing(shape: shape, kind: try code().kind.rawValue)
        } catch { return TensorFile.Listing(shape: "?", kind: "?", flaw: error) }
      },
      contents: { reading throws(Refusal) in TensorFile.Contents(value: .tensor(try tensor(source, reading))) })
  }

  private func extents() throws(Refusal) -> [Int] {
    guard var space = cursor(Self.dataspace) else { throw HDF5File.damaged }
    let (version, rank, flags) = (try space.number(1), try space.number(1), try space.number(1))
    guard rank <= 32, flags <= 1 else { throw HDF5File.damaged }
    if version == 2, try space.number(1) == 2 { throw Refusal("it is empty") }
    if version == 1 { try space.skip(5) }
    var extents: [Int] = []
    for _ in 0..<rank { extents.append(try space.number(8)) }
    return extents
  }

  private func code() throws(Refusal) -> NumberCode {
    guard let type = cursor(Self.datatype) else { throw HDF5File.damaged }
    return try Self.code(type)
  }

  private static func code(_ cursor: HDF5Cursor) throws(Refusal) -> NumberCode {
    var type = cursor
    let kind = try type.number(1) & 15
    let bits = try type.number(3)
    let size = try type.number(4)
    let isBigEndian = bits & 1 != 0
    func odd() -> Refusal { Refusal("its numbers are none that are read") }
    switch kind {
    case 0:
      guard try type.number(2) == 0, try type.number(2) == 8 * size else { throw odd() }
      let isSigned = bits & 8 != 0
      switch size {
      case 1: return NumberCode(isSigned ? .int8 : .uint8)
      case 2: return NumberCode(isSigned ? .int16 : .uint16, isBigEndian: isBigEndian)
      case 4: return NumberCode(isSigned ? .int32 : .uint32, isBigEndian: isBigEndian)
      case 8: return NumberCode(isSigned ? .int64 : .uint64, isBigEndian: isBigEndian)
      case _: throw odd()
      }
    case 1:
      guard try type.number(2) == 0, try type.number(2) == 8 * size, bits & 0x40 == 0 else { throw odd() }
      try type.skip(1)
      switch (size, try type.number(1)) {
      case (2, 5): return NumberCode(.float16, isBigEndian: isBigEndian)
      case (2, 8): return NumberCode(.bfloat16, isBigEndian: isBigEndian)
      case (4, 8): return NumberCode(.float32, isBigEndian: isBigEndian)
      case (8, 11): return NumberCode(.float64, isBigEndian: isBigEndian)
      case _: throw odd()
      }
    // An enumeration of two bytes' values is what h5py makes of masks.
    case 8 where size == 1 && bits & 0xFFFF == 2: return NumberCode(.bool)
    case 3, 9: throw Refusal("it holds text")
    case 6: throw Refusal("it holds records, or complex numbers")
    case _: throw odd()
    }
  }

  private func tensor(_ source: ByteSource, _ reading: Reading) throws(Refusal) -> Tensor {
    let (extents, code) = (try extents(), try code())
    guard let shape = Shape(checking: extents), let size = code.kind.size(of: shape) else {
      throw Refusal("its shape is none that a tensor has here")
    }
    guard size <= reading.memoryLimit else { throw Refusal("its \(shape) elements don't fit into memory") }
    func filled(_ bytes: ByteSource?) throws(Refusal) -> Tensor {
      guard let bytes, bytes.count == size else { throw HDF5File.damaged }
      return try code.tensor(ByteStream(bytes), shape: shape, reading)
    }
    guard var layout = cursor(Self.layout) else { throw HDF5File.damaged }
    let version = try layout.number(1)
    guard 3...4 ~= version else { throw Refusal("its elements lie as they did before HDF5 1.6.3") }
    switch try layout.number(1) {
    case 0: return try filled(ByteSource(try layout.take(try layout.number(2))))
    case 1:
      let place = try layout.place()
      // Nothing was ever written to it.
      if place < 0 { return try filled(ByteSource(Bytes([UInt8](repeating: 0, count: size)))) }
      return try filled(source.slice(from: place, count: size))
    case 2:
      var whole = HDF5Chunks(extents, width: code.kind.width, packing: try packing())
      if version == 3 {
        let rank = try layout.number(1)
        let tree = try layout.place()
        var sides: [Int] = []
        for _ in 0..<rank { sides.append(try layout.number(4)) }
        try whole.begin(sides, size)
        if tree >= 0 { try whole.read(source, at: tree, 0) }
      } else {
        let (flags, rank, width) = (try layout.number(1), try layout.number(1), try layout.number(1))
        guard 1...8 ~= width else { throw HDF5File.damaged }
        var sides: [Int] = []
        for _ in 0..<rank { sides.append(try layout.number(width)) }
        try whole.begin(sides, size)
        // One chunk alone: the newer indices are of files that grow.
        guard try layout.number(1) == 1 else {
          throw Refusal(
            "its chunks are listed in a way that isn't read",
            help: "h5py.File(…, \"w\", libver=\"earliest\") writes it otherwise")
        }
        let packed = flags & 2 != 0 ? (size: try layout.number(8), mask: try layout.number(4)) : (whole.chunkSize, 0)
        let place = try layout.place()
        if place >= 0 {
          try whole.put(source.slice(from: place, count: packed.0), mask: packed.1, at: sides.dropLast().map { _ in 0 })
        }
      }
      return try filled(ByteSource(Bytes(whole.elements)))
    case _: throw Refusal("its elements lie in a way that isn't read")
    }
  }

  /// What packed its chunks, in order.
  private func packing() throws(Refusal) -> [Int] {
    guard var list = cursor(Self.filters) else { return [] }
    let (version, count) = (try list.number(1), try list.number(1))
    if version == 1 { try list.skip(6) }
    var packing: [Int] = []
    for _ in 0..<count {
      let kind = try list.number(2)
      let length = version == 1 || kind >= 256 ? try list.number(2) : 0
      try list.skip(2)
      let numbers = try list.number(2)
      try list.skip(version == 1 ? (length + 7) / 8 * 8 : length)
      try list.skip(4 * (version == 1 ? numbers + numbers % 2 : numbers))
      guard 1...3 ~= kind else {
        throw Refusal("it is packed in a way that isn't read", help: "compression=\"gzip\" in h5py is")
      }
      packing.append(kind)
    }
    return packing
  }
}

/// An array that lies in the file piece by piece.
private struct HDF5Chunks {
  private let extents: [Int]
  private let width: Int
  private let packing: [Int]
  private var sides: [Int] = []
  private(set) var chunkSize = 0
  private(set) var elements: [UInt8] = []
  private var count = 0

  init(_ extents: [Int], width: Int, packing: [Int]) {
    (self.extents, self.width, self.packing) = (extents, width, packing)
  }

  /// - Parameter sides: how long a chunk is along each axis, and an element in bytes.
  mutating func begin(_ sides: [Int], _ size: Int) throws(Refusal) {
    guard sides.count == extents.count + 1, sides.last == width, !sides.contains(0) else { throw HDF5File.damaged }
    self.sides = sides.dropLast()
    chunkSize = width
    for side in self.sides {
      let (product, overflow) = chunkSize.multipliedReportingOverflow(by: side)
      // A chunk may reach beyond the array: one that may grow.
      guard !overflow, product <= max(size, 1 << 26) else { throw HDF5File.damaged }
      chunkSize = product
    }
    elements = [UInt8](repeating: 0, count: size)
  }

  mutating func read(_ source: ByteSource, at address: Int, _ depth: Int) throws(Refusal) {
    var head = try HDF5Cursor(source, at: address, count: 24)
    try head.sign("TREE")
    guard depth < 32, try head.number(1) == 1 else { throw HDF5File.damaged }
    let (level, used) = (try head.number(1), try head.number(2))
    let key = 8 + 8 * (extents.count + 1)
    var children = try HDF5Cursor(source, at: address + 24, count: (key + 8) * used)
    for _ in 0..<used {
      let (size, mask) = (try children.number(4), try children.number(4))
      var place: [Int] = []
      for _ in extents { place.append(try children.number(8)) }
      try children.skip(8)
      let child = try children.address()
      if level > 0 {
        try read(source, at: child, depth + 1)
      } else {
        try put(source.slice(from: child, count: size), mask: mask, at: place)
      }
    }
  }

  /// - Parameter mask: the filters that this chunk went without.
  mutating func put(_ packed: ByteSource?, mask: Int, at place: [Int]) throws(Refusal) {
    count += 1
    if gk_is_interrupted() != 0 { throw .interrupted }
    guard var packed, count <= 1_000_000, zip(place, extents).allSatisfy({ $0 >= 0 && $0 < max($1, 1) }) else {
      throw HDF5File.damaged
    }
    for (number, kind) in packing.enumerated().reversed() where mask >> number & 1 == 0 {
      switch kind {
      case 1:
        // One byte more than fits tells that it is too much.
        packed = ByteSource(try Zlib.inflated(packed, .zlib).rest(limit: chunkSize + 4, count: chunkSize + 4))
      case 2: packed = ByteSource(Bytes(unshuffled(try packed.bytes().array)))
      case _:
        guard let rest = packed.slice(from: 0, count: packed.count - 4) else { throw HDF5File.damaged }
        packed = rest
      }
    }
    guard packed.count == chunkSize else { throw HDF5File.damaged }
    copy(try packed.bytes().array, place)
  }

  /// The first bytes of all elements stand first, then the second ones.
  private func unshuffled(_ bytes: [UInt8]) -> [UInt8] {
    let count = bytes.count / width
    var result = bytes
    for byte in 0..<width {
      for element in 0..<count { result[element * width + byte] = bytes[byte * count + element] }
    }
    return result
  }

  private mutating func copy(_ chunk: [UInt8], _ place: [Int]) {
    guard let last = extents.last else { return elements = chunk }
    let rank = extents.count
    let run = min(sides[rank - 1], last - place[rank - 1]) * width
    let counts = (0..<rank - 1).map { min(sides[$0], extents[$0] - place[$0]) }
    var index = [Int](repeating: 0, count: rank - 1)
    guard run > 0, !counts.contains(0) else { return }
    while true {
      var (from, to) = (0, 0)
      for axis in 0..<rank {
        let offset = axis < rank - 1 ? index[axis] : 0
        from = from * sides[axis] + offset
        to = to * extents[axis] + place[axis] + offset
      }
      elements.replaceSubrange(to * width..<to * width + run, with: chunk[from * width..<from * width + run])
      var axis = rank - 2
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < counts[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
