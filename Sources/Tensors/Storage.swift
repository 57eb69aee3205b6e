import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Bytes on a 64-byte boundary, many of them in large pages, freed with their last owner.
@safe public final class Storage: @unchecked Sendable {
  private let pointer: UnsafeMutableRawPointer
  public let byteCount: Int
  /// Whose bytes these are a part of.
  private let whole: Storage?
  /// What writes the bytes when they are first looked at.
  private let pending: Pending?

  public var bytes: UnsafeMutableRawPointer {
    if let pending { pending.settle() }
    return unsafe pointer
  }

  /// Uninitialised bytes, or nil when memory is out.
  public init?(uninitialized byteCount: Int) {
    guard let pointer = unsafe MemoryPool.shared.take(byteCount) else { return nil }
    unsafe self.pointer = pointer
    self.byteCount = byteCount
    (whole, pending) = (nil, nil)
  }

  /// The bytes of another one from a place on.
  public init(partOf whole: Storage, from offset: Int) {
    precondition(offset >= 0 && offset <= whole.byteCount, "a part lies inside its whole")
    unsafe pointer = whole.bytes + offset
    byteCount = whole.byteCount - offset
    (self.whole, pending) = (whole, nil)
  }

  /// The bytes of another one, which nobody writes before somebody looks at these.
  public init(of whole: Storage, writtenBy pending: Pending) {
    unsafe pointer = whole.bytes
    byteCount = whole.byteCount
    (self.whole, self.pending) = (whole, pending)
  }

  /// Work that is left until somebody wants what it gives, and is done once.
  public final class Pending: Sendable {
    private let isDone = Mutex(false)
    private let work: @Sendable () -> Bool

    /// - Parameter work: says whether it was done to its end.
    public init(_ work: @escaping @Sendable () -> Bool) { self.work = work }

    fileprivate func settle() { isDone.withLock { if !$0 { $0 = work() } } }
  }

  /// Zero bytes, for amounts that have been checked against the memory limit.
  public convenience init(zeroed byteCount: Int) {
    self.init(uninitialized: byteCount)!
    unsafe memset(bytes, 0, byteCount)
  }

  deinit { if whole == nil { unsafe MemoryPool.shared.give(back: pointer, byteCount) } }
}

/// Large blocks that were given back and are taken again: new memory is cleared page by page when it is first touched,
/// which takes longer than most of what is computed in it.
private final class MemoryPool: Sendable {
  static let shared = MemoryPool()

  private struct Block {
    let address: UInt
    let byteCount: Int
  }

  /// Oldest first.
  private let blocks = Mutex<(all: [Block], bytes: Int)>(([], 0))
  /// Smaller ones come from pages that are in use anyway.
  private static let least = 1 << 16
  private static let largePage = 1 << 21
  /// What may lie unused, in blocks and bytes.
  private static let mostBlocks = 64
  private static let mostBytes = 1 << 28

  /// Uninitialised bytes, or nil when memory is out.
  func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    if byteCount < Self.least { return unsafe Self.allocate(byteCount) }
    let kept = blocks.withLock { blocks -> UInt? in
      guard let place = blocks.all.lastIndex(where: { $0.byteCount == byteCount }) else { return nil }
      blocks.bytes -= byteCount
      return blocks.all.remove(at: place).address
    }
    if let kept { return unsafe UnsafeMutableRawPointer(bitPattern: kept) }
    if let new = unsafe Self.allocate(byteCount) { return unsafe new }
    clear()
    return unsafe Self.allocate(byteCount)
  }

  func give(back pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
    guard byteCount >= Self.least, byteCount <= Self.mostBytes else { return unsafe free(pointer) }
    let address = UInt(bitPattern: pointer)
    let gone = blocks.withLock { blocks -> [Block] in
      blocks.all.append(Block(address: address, byteCount: byteCount))
      blocks.bytes += byteCount
      var count = 0
      while blocks.bytes > Self.mostBytes || blocks.all.count - count > Self.mostBlocks {
        blocks.bytes -= blocks.all[count].byteCount
        count += 1
      }
      defer { blocks.all.removeFirst(count) }
      return Array(blocks.all.prefix(count))
    }
    for block in gone { unsafe free(UnsafeMutableRawPointer(bitPattern: block.address)) }
  }

  private func clear() {
    let gone = blocks.withLock { blocks in
      defer { blocks = ([], 0) }
      return blocks.all
    }
    for block in gone { unsafe free(UnsafeMutableRawPointer(bitPattern: block.address)) }
  }

  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    var pointer: UnsafeMutableRawPointer?
    // The last large page is a whole one where that is little more: a million floats nearly fill two.
    let pages = (byteCount + largePage - 1) / largePage
    let isRounded = byteCount > 0 && pages * largePage - byteCount <= byteCount / 8
    let isLarge = isRounded || byteCount >= 2 * largePage
    let size = isRounded ? pages * largePage : max(byteCount, 1)
    guard unsafe posix_memalign(&pointer, isLarge ? largePage : 64, size) == 0 else { return nil }
    #if os(Linux)
      // Touching new memory page by page takes longer than filling it.
      if isLarge, let pointer = unsafe pointer { _ = unsafe madvise(pointer, size, MADV_HUGEPAGE) }
    #endif
    return unsafe pointer
  }
}
