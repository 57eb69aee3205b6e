import Tensors

/// Read-only bytes in memory; a part shares the memory of its whole.
@safe package struct Bytes: Sendable {
  private let storage: Storage
  private let start: Int
  package let count: Int

  private init(storage: Storage, start: Int, count: Int) {
    self.storage = storage
    self.start = start
    self.count = count
  }

  /// The first bytes of memory that nobody writes to any more.
  init(_ storage: Storage, count: Int) { self.init(storage: storage, start: 0, count: count) }

  package init(_ bytes: [UInt8]) {
    let storage = Storage(zeroed: bytes.count)
    unsafe bytes.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { unsafe storage.bytes.copyMemory(from: base, byteCount: bytes.count) }
    }
    self.init(storage, count: bytes.count)
  }

  package init(_ text: String) { self.init(Array(text.utf8)) }

  /// A tensor's own elements in row-major order; bools are bytes.
  package init(of tensor: Tensor) {
    self.init(tensor.storage, count: tensor.count * tensor.type.stride)
  }

  package subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "a place lies inside its bytes")
    return unsafe storage.bytes.load(fromByteOffset: start + index, as: UInt8.self)
  }

  /// Some neighbours, or nil where there aren't so many.
  package func part(from first: Int, count: Int) -> Bytes? {
    guard first >= 0, count >= 0, first <= self.count, count <= self.count - first else { return nil }
    return Bytes(storage: storage, start: start + first, count: count)
  }

  package func dropFirst(_ number: Int) -> Bytes {
    let number = min(max(number, 0), count)
    return Bytes(storage: storage, start: start + number, count: count - number)
  }

  /// A little-endian number, or a big-endian one; nil beyond the end.
  package func integer<T: FixedWidthInteger>(at place: Int, as type: T.Type, isBigEndian: Bool = false) -> T? {
    guard place >= 0, place <= count - MemoryLayout<T>.size else { return nil }
    let value = unsafe storage.bytes.loadUnaligned(fromByteOffset: start + place, as: type)
    return isBigEndian ? T(bigEndian: value) : T(littleEndian: value)
  }

  package func starts(with prefix: [UInt8]) -> Bool {
    count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
  }

  package var array: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: storage.bytes + start, count: count)) }

  /// As text, or nil where it isn't UTF-8.
  package var text: String? { String(validating: array, as: UTF8.self) }

  /// The address of the first byte, valid as long as `self` is.
  @unsafe package func withUnsafePointer<Result, Failure: Error>(
    _ body: (UnsafeRawPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawPointer(storage.bytes + start))
  }
}
