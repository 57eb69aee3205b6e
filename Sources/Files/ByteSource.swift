import CKernels
import Refusals
import Synchronization
import Tensors

/// Bytes that are read when they are asked for: of a file, which may change meanwhile, or in memory.
@safe package struct ByteSource: Sendable {
  /// Copies bytes from a place on and tells how many there were, fewer only at the end.
  ///
  /// Called from two threads at once.
  package typealias Reader =
    @Sendable (_ place: Int, _ buffer: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int

  private let memory: Bytes?
  private let reader: Reader
  private let start: Int
  package let count: Int

  package init(_ bytes: Bytes) {
    memory = bytes
    unsafe reader = { _, _ throws(Refusal) in 0 }
    start = 0
    count = bytes.count
  }

  /// - Parameter count: how many there are before anything is read.
  @unsafe package init(count: Int, reader: @escaping Reader) {
    memory = nil
    unsafe self.reader = reader
    start = 0
    self.count = count
  }

  private init(_ whole: ByteSource, from first: Int, count: Int) {
    memory = whole.memory?.part(from: first, count: count)
    unsafe reader = whole.reader
    start = whole.start + first
    self.count = count
  }

  /// Some neighbours, not yet read, or nil where there aren't so many.
  func slice(from first: Int, count: Int) -> ByteSource? {
    guard first >= 0, count >= 0, first <= self.count, count <= self.count - first else { return nil }
    return ByteSource(self, from: first, count: count)
  }

  /// The bytes themselves, or nil where there aren't so many.
  package func part(from first: Int, count: Int) throws(Refusal) -> Bytes? {
    guard let slice = slice(from: first, count: count) else { return nil }
    if let memory = slice.memory { return memory }
    guard let storage = Storage(uninitialized: count) else { throw Refusal("it doesn't fit into memory") }
    try unsafe slice.copy(to: storage.bytes)
    return Bytes(storage, count: count)
  }

  /// At most so many bytes from the beginning.
  package func prefix(_ number: Int) throws(Refusal) -> Bytes {
    try part(from: 0, count: min(number, count)) ?? Bytes([])
  }

  /// All bytes.
  package func bytes() throws(Refusal) -> Bytes { try prefix(count) }

  /// Copies all bytes.
  @unsafe func copy(to target: UnsafeMutableRawPointer) throws(Refusal) {
    if let memory {
      unsafe memory.withUnsafePointer { unsafe gk_copy($0, target, count) }
      if gk_is_interrupted() != 0 { throw .interrupted }
    } else {
      try unsafe Copy(reader, start, count, target).run()
    }
  }

  /// A copy in pieces, which two threads take on.
  @safe private final class Copy: Sendable {
    private static let piece = 1 << 20
    private let reader: Reader
    private let start: Int
    private let count: Int
    private nonisolated(unsafe) let target: UnsafeMutableRawPointer
    private let failure = Mutex<Refusal?>(nil)

    init(_ reader: @escaping Reader, _ start: Int, _ count: Int, _ target: UnsafeMutableRawPointer) {
      unsafe self.reader = reader
      self.start = start
      self.count = count
      unsafe self.target = target
    }

    func run() throws(Refusal) {
      let pieces = (count + Self.piece - 1) / Self.piece
      if pieces < 4 || pieces > Int(Int32.max) {
        for number in 0..<pieces { read(number) }
      } else {
        withExtendedLifetime(self) {
          unsafe gk_run_tasks(
            { context, number in
              if let context = unsafe context {
                unsafe Unmanaged<Copy>.fromOpaque(context).takeUnretainedValue().read(Int(number))
              }
            }, Unmanaged.passUnretained(self).toOpaque(), Int32(pieces))
        }
      }
      if gk_is_interrupted() != 0 { throw .interrupted }
      if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func read(_ number: Int) {
      guard gk_is_interrupted() == 0, failure.withLock({ $0 == nil }) else { return }
      let first = number * Self.piece
      let buffer = unsafe UnsafeMutableRawBufferPointer(start: target + first, count: min(Self.piece, count - first))
      do throws(Refusal) {
        guard try unsafe reader(start + first, buffer) == buffer.count else {
          throw Refusal("it became shorter while it was read")
        }
      } catch { failure.withLock { $0 = $0 ?? error } }
    }
  }
}
