import CKernels
import Graphs
import Tensors

/// LLVM's text of a function, as steps are written into it: each value in vector registers from where it is computed to where
/// it is read, in memory where that can't be known beforehand.
///
/// Every operation is the kernel's own, in its order: the bits are the same but for which NaN a NaN is.
public final class StepText {
  /// What has no text; who asks stays with the instructions.
  public struct Unwritable: Error {
    /// Where that was found out, for whoever looks for the reason.
    public let file: StaticString
    public let line: Int

    public init(file: StaticString = #fileID, line: Int = #line) { (self.file, self.line) = (file, line) }
  }

  /// What elements are in registers: single bits, floats or doubles.
  public enum Kind: Sendable {
    case mask, single, double

    /// The type of one in a register, and in memory.
    var name: String { self == .mask ? "i1" : self == .single ? "float" : "double" }
    var stored: String { self == .mask ? "i8" : name }
    var stride: Int { self == .mask ? 1 : self == .single ? 4 : 8 }
    var suffix: String { self == .single ? "f32" : "f64" }
  }

  /// Where a buffer is while the function runs.
  public enum Home: Sendable {
    /// In registers where it is small; nobody reads it afterwards.
    case local
    /// The same, from where it is in the beginning and to there in the end.
    case state
    /// Where it is, and nobody writes to it.
    case fixed
    /// Where it is.
    case memory
  }

  /// Elements in a register, as those at a place of a buffer.
  struct Piece {
    let offset: Int
    let kind: Kind
    let count: Int
    let name: String
    /// Memory has something else.
    var isDirty: Bool

    var end: Int { offset + count * kind.stride }
  }

  /// The buffer that an address lies in.
  final class Region {
    let number: Int
    let address: Int
    let byteCount: Int
    let home: Home
    /// Its address in the text.
    let name: String
    var pieces: [Piece] = []

    init(_ number: Int, _ address: Int, _ byteCount: Int, _ home: Home, _ name: String) {
      (self.number, self.address, self.byteCount, self.home, self.name) = (number, address, byteCount, home, name)
    }

    /// Whether it stays where it is.
    var isInMemory: Bool { name.hasPrefix("%a") }
  }

  /// Bytes of a buffer that is in registers, as far as there are enough; larger ones stay where they are.
  static let mostHeld = 256
  /// Elements that are written out vector by vector; more go through a kernel.
  static let mostElements = 1 << 10
  /// The longest text that is worth compiling.
  public static let mostBytes = 300_000

  private(set) var regions: [Region] = []
  /// By where they begin.
  private var order: [Region] = []
  private(set) var body = ""
  private var allocations = ""
  /// What the function is handed besides numbers.
  public private(set) var arguments: [Int] = []
  private var declared: Set<String> = []
  private var count = 0
  /// Whether kernels are called, which an interrupt may stop.
  private(set) var hasCalls = false
  /// What must be false for the step to count.
  private(set) var fault: String?
  private var isPassing = false
  /// Instructions that needn't be called any more.
  private(set) var inlined = 0
  let vectorBytes = Int(gk_vector_bytes())
  let fuses = gk_fuses() != 0

  public init() {}

  // MARK: Lines

  public func line(_ text: String) {
    body += "  "
    body += text
    body += "\n"
  }

  public func label(_ name: String) {
    body += name
    body += ":\n"
  }

  public func fresh() -> String {
    count += 1
    return "%v\(count)"
  }

  /// A name for blocks.
  public func freshLabel() -> String {
    count += 1
    return "b\(count)"
  }

  /// A value that a line computes.
  public func value(_ expression: String) -> String {
    let name = fresh()
    line(name + " = " + expression)
    return name
  }

  /// A word of memory on the stack.
  public func word(_ type: String) -> String {
    let name = fresh()
    allocations += "  \(name) = alloca \(type), align 8\n"
    return name
  }

  /// An address that the function is handed.
  public func argument(_ address: Int) -> String {
    if let known = arguments.firstIndex(of: address) { return "%a\(known)" }
    arguments.append(address)
    return "%a\(arguments.count - 1)"
  }

  func declare(_ line: String) { declared.insert(line) }

  /// What is longer isn't worth compiling, nor worth writing to its end.
  public func checkLength() throws(Unwritable) {
    guard body.utf8.count <= Self.mostBytes else { throw Unwritable() }
  }

  /// The whole, with lines that stand before all others.
  public func finished(entry: String) throws(Unwritable) -> String {
    var text =
      "define i64 @\(GK_CODE_NAME)(ptr %args, i64 %first, i64 %last, ptr %interrupted, ptr %left, i32 %work) nounwind "
    text += "\"prefer-vector-width\"=\"512\" \"min-legal-vector-width\"=\"512\" {\nentry:\n"
    text += allocations
    for number in arguments.indices {
      text +=
        "  %a\(number).p = getelementptr ptr, ptr %args, i64 \(number)\n  %a\(number) = load ptr, ptr %a\(number).p\n"
    }
    text += entry + body + "}\n"
    for line in declared.sorted() { text += line + "\n" }
    if isPassing { text += "!0 = !{i32 1}\n" }
    guard text.utf8.count <= Self.mostBytes else { throw Unwritable() }
    return text
  }

  // MARK: Buffers

  /// Says where a buffer is.
  public func add(_ tensor: Tensor, _ home: Home) throws(Unwritable) {
    try add(unsafe Int(bitPattern: tensor.storage.bytes), tensor.storage.byteCount, home)
  }

  func add(_ address: Int, _ byteCount: Int, _ home: Home) throws(Unwritable) {
    guard byteCount > 0, !regions.contains(where: { $0.address == address }) else { return }
    let number = regions.count
    let name: String
    switch home {
    case .local where byteCount <= Self.mostHeld, .state where byteCount <= Self.mostHeld:
      name = "%m\(number)"
      allocations += "  \(name) = alloca [\(byteCount) x i8], align 64\n"
    case .local, .state, .fixed, .memory: name = argument(address)
    }
    let region = Region(number, address, byteCount, home, name)
    regions.append(region)
    let place = order.firstIndex { $0.address > address } ?? order.count
    order.insert(region, at: place)
  }

  /// The buffer that bytes lie in, and where.
  func place(_ address: Int, _ byteCount: Int) throws(Unwritable) -> (region: Region, offset: Int) {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if order[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { throw Unwritable() }
    let region = order[low - 1]
    let offset = address - region.address
    guard offset + byteCount <= region.byteCount else { throw Unwritable() }
    return (region, offset)
  }

  func pointer(_ region: Region, _ offset: Int) -> String {
    offset == 0 ? region.name : value("getelementptr i8, ptr \(region.name), i64 \(offset)")
  }

  /// How many of a kind a register holds.
  func lanes(_ kind: Kind) -> Int { vectorBytes / max(kind.stride, 4) }

  func type(_ kind: Kind, _ count: Int) -> String { count == 1 ? kind.name : "<\(count) x \(kind.name)>" }

  func maskType(_ count: Int) -> String { type(.mask, count) }

  // MARK: Memory

  /// Elements from memory.
  func load(_ pointer: String, _ kind: Kind, _ count: Int) -> String {
    let stored = count == 1 ? kind.stored : "<\(count) x \(kind.stored)>"
    let loaded = value("load \(stored), ptr \(pointer), align \(kind.stride)")
    return kind == .mask ? value("trunc \(stored) \(loaded) to \(maskType(count))") : loaded
  }

  /// - Parameter passing: past the caches; memory is aligned as registers are.
  func store(_ name: String, _ pointer: String, _ kind: Kind, _ count: Int, passing: Bool = false) {
    let stored = count == 1 ? kind.stored : "<\(count) x \(kind.stored)>"
    let own = kind == .mask ? value("zext \(maskType(count)) \(name) to \(stored)") : name
    if passing {
      isPassing = true
      line("store \(stored) \(own), ptr \(pointer), align \(count * kind.stride), !nontemporal !0")
    } else {
      line("store \(stored) \(own), ptr \(pointer), align \(kind.stride)")
    }
  }

  /// What registers have of these bytes goes to memory; and is forgotten if others are about to write there.
  func flush(_ region: Region, _ bytes: Range<Int>, forgetting: Bool = false) {
    for number in region.pieces.indices where region.pieces[number].offset < bytes.upperBound {
      let piece = region.pieces[number]
      guard piece.end > bytes.lowerBound, piece.isDirty else { continue }
      store(piece.name, pointer(region, piece.offset), piece.kind, piece.count)
      region.pieces[number].isDirty = false
    }
    if forgetting { region.pieces.removeAll { $0.offset < bytes.upperBound && $0.end > bytes.lowerBound } }
  }

  /// At the end of a block: what a state is now goes to memory, all else is forgotten.
  public func endBlock() {
    for region in regions where !region.pieces.isEmpty {
      if region.home != .local { flush(region, 0..<region.byteCount) }
      region.pieces = []
    }
  }

  /// The same where blocks follow that other ways lead to, which read what is local.
  func forgetAll() { for region in regions { region.pieces = [] } }

  /// Whoever reads next sees what passed by the caches.
  func endPassing() {
    if isPassing { line("fence seq_cst") }
  }

  /// Elements at a place.
  func read(_ address: Int, _ kind: Kind, _ count: Int) throws(Unwritable) -> String {
    let (region, offset) = try place(address, count * kind.stride)
    let end = offset + count * kind.stride
    var parts: [(piece: Piece, first: Int, count: Int)] = []
    var next = offset
    while next < end,
      let piece = region.pieces.last(where: {
        $0.kind == kind && $0.offset <= next && $0.end > next && ($0.offset - next) % kind.stride == 0
      })
    {
      let first = (next - piece.offset) / kind.stride
      let taken = min(piece.count - first, (end - next) / kind.stride)
      parts.append((piece, first, taken))
      next += taken * kind.stride
    }
    if next >= end { return joined(parts, kind) }
    flush(region, offset..<end)
    let name = load(pointer(region, offset), kind, count)
    region.pieces.append(Piece(offset: offset, kind: kind, count: count, name: name, isDirty: false))
    return name
  }

  private func joined(_ parts: [(piece: Piece, first: Int, count: Int)], _ kind: Kind) -> String {
    var (name, total) = ("", 0)
    for part in parts {
      let own = cut(part.piece.name, kind, of: part.piece.count, from: part.first, part.count)
      (name, total) =
        total == 0 ? (own, part.count) : (append(own, part.count, to: name, total, kind), total + part.count)
    }
    return name
  }

  /// Some neighbouring lanes.
  func cut(_ name: String, _ kind: Kind, of whole: Int, from first: Int, _ count: Int) -> String {
    if count == whole { return name }
    if count == 1 { return value("extractelement \(type(kind, whole)) \(name), i64 \(first)") }
    return shuffle(name, kind, whole, (first..<first + count).map { $0 })
  }

  func shuffle(_ name: String, _ kind: Kind, _ whole: Int, _ lanes: [Int], with other: String = "undef") -> String {
    let isSame = lanes.allSatisfy { $0 == 0 }
    let mask = isSame ? "zeroinitializer" : "<" + lanes.map { "i32 \($0)" }.joined(separator: ", ") + ">"
    let own = type(kind, whole)
    return value("shufflevector \(own) \(name), \(own) \(other), <\(lanes.count) x i32> \(mask)")
  }

  private func append(_ other: String, _ count: Int, to name: String, _ total: Int, _ kind: Kind) -> String {
    let whole = total + count
    if count == 1 {
      let wide = total == 1 ? insert(name, into: "undef", 0, kind, whole) : widened(name, kind, total, to: whole)
      return insert(other, into: wide, total, kind, whole)
    }
    let first = total == 1 ? insert(name, into: "undef", 0, kind, whole) : widened(name, kind, total, to: whole)
    let second = widened(other, kind, count, to: whole)
    return shuffle(first, kind, whole, (0..<whole).map { $0 < total ? $0 : whole + $0 - total }, with: second)
  }

  func insert(_ scalar: String, into vector: String, _ lane: Int, _ kind: Kind, _ count: Int) -> String {
    value("insertelement \(type(kind, count)) \(vector), \(kind.name) \(scalar), i64 \(lane)")
  }

  private func widened(_ name: String, _ kind: Kind, _ count: Int, to whole: Int) -> String {
    if count == whole { return name }
    return shuffle(name, kind, count, (0..<whole).map { $0 < count ? $0 : 0 })
  }

  /// With zeros behind.
  func padded(_ name: String, _ kind: Kind, _ count: Int, to whole: Int) -> String {
    if count == whole { return name }
    if count == 1 { return insert(name, into: "zeroinitializer", 0, kind, whole) }
    return shuffle(name, kind, count, (0..<whole).map { $0 < count ? $0 : count }, with: "zeroinitializer")
  }

  /// One element in all lanes.
  func readSplat(_ address: Int, _ kind: Kind, _ count: Int) throws(Unwritable) -> String {
    if count == 1 { return try read(address, kind, 1) }
    let (region, offset) = try place(address, kind.stride)
    if region.isInMemory, kind != .mask {
      // A load for all lanes is part of an instruction, a move between lanes is one of its own.
      flush(region, offset..<offset + kind.stride)
      return splat(load(pointer(region, offset), kind, 1), kind, count)
    }
    if let piece = region.pieces.last(where: { $0.kind == kind && $0.offset <= offset && $0.end > offset }),
      piece.count > 1
    {
      let lane = (offset - piece.offset) / kind.stride
      return shuffle(piece.name, kind, piece.count, [Int](repeating: lane, count: count))
    }
    return splat(try read(address, kind, 1), kind, count)
  }

  func splat(_ scalar: String, _ kind: Kind, _ count: Int) -> String {
    if count == 1 { return scalar }
    let one = insert(scalar, into: "undef", 0, kind, count)
    return shuffle(one, kind, count, [Int](repeating: 0, count: count))
  }

  /// Elements from anywhere, in one register.
  func gather(_ addresses: [Int], _ kind: Kind) throws(Unwritable) -> String {
    let isRow = addresses.indices.dropFirst().allSatisfy { addresses[$0] == addresses[$0 - 1] + kind.stride }
    if isRow { return try read(addresses[0], kind, addresses.count) }
    if addresses.allSatisfy({ $0 == addresses[0] }) { return try readSplat(addresses[0], kind, addresses.count) }
    var name = "undef"
    for (lane, address) in addresses.enumerated() {
      name = insert(try read(address, kind, 1), into: name, lane, kind, addresses.count)
    }
    return name
  }

  /// Elements to a place.
  func write(_ name: String, _ address: Int, _ kind: Kind, _ count: Int) throws(Unwritable) {
    let (region, offset) = try place(address, count * kind.stride)
    guard region.home != .fixed else { throw Unwritable() }
    let bytes = offset..<offset + count * kind.stride
    // What is written over as a whole needn't be written before.
    region.pieces.removeAll { $0.offset >= bytes.lowerBound && $0.end <= bytes.upperBound }
    flush(region, bytes, forgetting: true)
    if region.home == .memory { store(name, pointer(region, offset), kind, count) }
    region.pieces.append(
      Piece(offset: offset, kind: kind, count: count, name: name, isDirty: region.home != .memory))
  }

  /// Chunks of so many elements, as wide as registers are.
  func chunks(_ count: Int, _ widest: Kind) -> [(from: Int, count: Int)] {
    let lanes = lanes(widest)
    return stride(from: 0, to: count, by: lanes).map { ($0, min(lanes, count - $0)) }
  }

  /// Copies elements from place to place.
  func copy(_ from: Int, to target: Int, _ kind: Kind, _ count: Int) throws(Unwritable) {
    guard count <= Self.mostElements else { throw Unwritable() }
    var results: [(String, Int, Int)] = []
    for chunk in chunks(count, kind) {
      results.append((try read(from + chunk.from * kind.stride, kind, chunk.count), chunk.from, chunk.count))
    }
    for (name, first, count) in results { try write(name, target + first * kind.stride, kind, count) }
  }

  // MARK: Constants

  func constant(_ number: Double, _ kind: Kind, _ count: Int) -> String {
    let one = literal(number, kind)
    if number.bitPattern == 0, count > 1 { return "zeroinitializer" }
    return count == 1
      ? one : "<" + [String](repeating: kind.name + " " + one, count: count).joined(separator: ", ") + ">"
  }

  func literal(_ number: Double, _ kind: Kind) -> String {
    if kind == .mask { return number != 0 ? "true" : "false" }
    // A float is written as the double that it is.
    let bits = kind == .single ? Double(Float(number)).bitPattern : number.bitPattern
    let digits = String(bits, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  // MARK: Faults

  /// Whether any lane is set.
  func any(_ mask: String, _ count: Int) -> String {
    if count == 1 { return mask }
    let bits = value("bitcast \(maskType(count)) \(mask) to i\(count)")
    return value("icmp ne i\(count) \(bits), 0")
  }

  /// Of this step nothing counts where that is so.
  public func fail(where condition: String) {
    fault = fault.map { value("or i1 \($0), \(condition)") } ?? condition
  }

  /// Of this step nothing counts unless these are finite.
  func expectFinite(_ name: String, _ kind: Kind, _ count: Int) {
    let own = type(kind, count)
    let difference = value("fsub \(own) \(name), \(name)")
    fail(where: any(value("fcmp uno \(own) \(difference), \(difference)"), count))
  }

  /// Leaves for another block where something was at fault up to here.
  public func leaveIfFaulty(for label: String) {
    if hasCalls { fail(where: stopped()) }
    hasCalls = false
    guard let condition = fault else { return }
    fault = nil
    let next = freshLabel()
    line("br i1 \(condition), label %\(label), label %\(next)")
    self.label(next)
  }

  /// Whether there was an interrupt.
  public func stopped() -> String {
    let flag = value("load volatile i32, ptr %interrupted")
    let isSet = value("icmp ne i32 \(flag), 0")
    let left = value("load volatile i32, ptr %left")
    let (isWork, isLeft) = (value("icmp ne i32 %work, 0"), value("icmp ule i32 %work, \(left)"))
    return value("or i1 \(isSet), \(value("and i1 \(isWork), \(isLeft)"))")
  }

  func noteCall() { hasCalls = true }
  func noteInlined() { inlined += 1 }
}

extension ElementType {
  var textKind: StepText.Kind {
    switch self {
    case .bool: .mask
    case .float32: .single
    case .literal, .float64: .double
    }
  }
}
