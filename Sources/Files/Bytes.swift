import Tensors

/// Read-only bytes, in memory or mapped from a file; a part shares the memory of its whole.
@safe package struct Bytes: Sendable {
  /// What keeps the memory alive.
  @safe private final class Owner: @unchecked Sendable {
    let base: UnsafeRawPointer
    private let storage: Storage?
    private let release: (@Sendable () -> Void)?

    init(_ storage: Storage) {
      unsafe base = UnsafeRawPointer(storage.bytes)
      self.storage = storage
      release = nil
    }

    init(_ base: UnsafeRawPointer, release: @escaping @Sendable () -> Void) {
      unsafe self.base = base
      storage = nil
      self.release = release
    }

    deinit { release?() }
  }

  private let owner: Owner
  private let start: Int
  package let count: Int

  private init(owner: Owner, start: Int, count: Int) {
    self.owner = owner
    self.start = start
    self.count = count
  }

  package init(_ bytes: [UInt8]) {
    let storage = Storage(zeroed: bytes.count)
    unsafe bytes.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { unsafe storage.bytes.copyMemory(from: base, byteCount: bytes.count) }
    }
    self.init(owner: Owner(storage), start: 0, count: bytes.count)
  }

  package init(_ text: String) { self.init(Array(text.utf8)) }

  /// A tensor's own elements in row-major order; bools are bytes.
  package init(of tensor: Tensor) {
    self.init(owner: Owner(tensor.storage), start: 0, count: tensor.count * tensor.type.stride)
  }

  /// Memory that belongs to someone else until `release` is called.
  @unsafe package init(mapped base: UnsafeRawPointer, count: Int, release: @escaping @Sendable () -> Void) {
    self.init(owner: unsafe Owner(base, release: release), start: 0, count: count)
  }

  package subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "a place lies inside its bytes")
    return unsafe owner.base.load(fromByteOffset: start + index, as: UInt8.self)
  }

  /// Some neighbours, or nil where there aren't so many.
  package func part(from first: Int, count: Int) -> Bytes? {
    guard first >= 0, count >= 0, first <= self.count, count <= self.count - first else { return nil }
    return Bytes(owner: owner, start: start + first, count: count)
  }

  package func dropFirst(_ number: Int) -> Bytes {
    let number = min(max(number, 0), count)
    return Bytes(owner: owner, start: start + number, count: count - number)
  }

  /// A little-endian number, or a big-endian one; nil beyond the end.
  package func integer<T: FixedWidthInteger>(at place: Int, as type: T.Type, isBigEndian: Bool = false) -> T? {
    guard place >= 0, place <= count - MemoryLayout<T>.size else { return nil }
    let value = unsafe owner.base.loadUnaligned(fromByteOffset: start + place, as: type)
    return isBigEndian ? T(bigEndian: value) : T(littleEndian: value)
  }

  package func starts(with prefix: [UInt8]) -> Bool {
    count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
  }

  package var array: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: owner.base + start, count: count)) }

  /// As text, or nil where it isn't UTF-8.
  package var text: String? { String(validating: array, as: UTF8.self) }

  /// The address of the first byte, valid as long as `self` is.
  @unsafe package func withUnsafePointer<Result, Failure: Error>(
    _ body: (UnsafeRawPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(owner.base + start)
  }
}
