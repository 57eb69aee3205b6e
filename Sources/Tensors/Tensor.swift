#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A dense row-major array of numbers or bools; copies share their storage until one is written.
public struct Tensor: Sendable {
  public let shape: Shape
  public let type: ElementType
  /// Whether who wrote the elements saw that all of them are finite.
  public var isKnownFinite = false
  public private(set) var storage: Storage

  public var count: Int { shape.count }

  /// Takes over storage that holds at least `shape.count` elements of `type`.
  public init(shape: Shape, type: ElementType, storage: Storage) {
    precondition(storage.byteCount / type.stride >= shape.count, "a tensor's storage holds its elements")
    self.shape = shape
    self.type = type
    self.storage = storage
  }

  private init(hollow shape: Shape, _ type: ElementType) {
    self.shape = shape
    self.type = type
    storage = Storage(zeroed: 0)
  }

  /// Stands for a value of which only shape and type are known: nothing may read its elements.
  public static func hollow(_ shape: Shape, _ type: ElementType) -> Tensor { Tensor(hollow: shape, type) }

  public var isHollow: Bool { storage.byteCount == 0 && count > 0 }

  /// Elements in row-major order, rounded to `type`.
  public init(_ values: [Double], shape: Shape, type: ElementType) {
    precondition(values.count == shape.count, "a tensor needs one value for each place")
    let storage = Storage(zeroed: values.count * type.stride)
    unsafe Self.store(values, in: storage.bytes, as: type)
    self.init(shape: shape, type: type, storage: storage)
  }

  public init(_ value: Double, type: ElementType = .literal) {
    self.init([value], shape: .scalar, type: type)
  }

  public init(_ values: [Bool], shape: Shape) {
    self.init(values.map { $0 ? 1 : 0 }, shape: shape, type: .bool)
  }

  /// The element at a row-major offset; bools read as 0 and 1.
  public subscript(flat index: Int) -> Double {
    precondition(index >= 0 && index < count, "an offset lies inside its tensor")
    switch type {
    case .bool: return unsafe storage.bytes.load(fromByteOffset: index, as: UInt8.self) != 0 ? 1 : 0
    case .float32: return Double(unsafe storage.bytes.load(fromByteOffset: index * 4, as: Float.self))
    case .literal, .float64: return unsafe storage.bytes.load(fromByteOffset: index * 8, as: Double.self)
    }
  }

  /// The only element of a tensor with one element, whatever its rank.
  public var scalar: Double? { shape.count == 1 ? self[flat: 0] : nil }

  /// All elements in row-major order, widened to float64.
  public var values: [Double] {
    let (count, bytes) = (shape.count, unsafe storage.bytes)
    precondition(count * type.stride <= storage.byteCount, "elements lie inside their storage")
    return unsafe [Double](unsafeUninitializedCapacity: count) { elements, written in
      // Type by type, so that many are widened at a time.
      switch type {
      case .bool:
        let x = unsafe bytes.assumingMemoryBound(to: UInt8.self)
        for i in 0..<count { unsafe elements.initializeElement(at: i, to: x[i] != 0 ? 1 : 0) }
      case .float32:
        let x = unsafe bytes.assumingMemoryBound(to: Float.self)
        for i in 0..<count { unsafe elements.initializeElement(at: i, to: Double(x[i])) }
      case .literal, .float64:
        let x = unsafe bytes.assumingMemoryBound(to: Double.self)
        for i in 0..<count { unsafe elements.initializeElement(at: i, to: x[i]) }
      }
      written = count
    }
  }

  /// Some of the rows, in any order; a row is what lies at one place of the first axis.
  public func taking(_ rows: some Collection<Int>) -> Tensor {
    let rest = Shape(Array(shape.extents.dropFirst()))
    let bytes = rest.count * type.stride
    let result = Storage(zeroed: rows.count * bytes)
    for (place, row) in rows.enumerated() {
      precondition(row >= 0 && row < shape[0], "a row lies inside its tensor")
      unsafe (result.bytes + place * bytes).copyMemory(from: storage.bytes + row * bytes, byteCount: bytes)
    }
    return Tensor(shape: Shape([rows.count] + rest.extents), type: type, storage: result)
  }

  /// The same elements under another shape of equal count.
  public func reshaped(_ shape: Shape) -> Tensor {
    precondition(shape.count == self.shape.count, "a reshape keeps the number of elements")
    return isHollow ? .hollow(shape, type) : Tensor(shape: shape, type: type, storage: storage)
  }

  /// The same values rounded to another type; a non-zero is true.
  public func converted(to type: ElementType) -> Tensor {
    if type == self.type { return self }
    // Which is most of what is converted, and may be large.
    guard self.type == .float32, type == .float64 else { return Tensor(values, shape: shape, type: type) }
    let wider = Storage(zeroed: count * type.stride)
    for index in 0..<count {
      let value = unsafe storage.bytes.load(fromByteOffset: index &* 4, as: Float.self)
      unsafe wider.bytes.storeBytes(of: Double(value), toByteOffset: index &* 8, as: Double.self)
    }
    return Tensor(shape: shape, type: type, storage: wider)
  }

  /// Whether two masks of as many elements have the same ones.
  public func hasSameBits(as other: Tensor) -> Bool {
    precondition(type == .bool && other.type == .bool && count == other.count, "masks of one size are compared")
    return unsafe storage === other.storage || memcmp(storage.bytes, other.storage.bytes, count) == 0
  }

  private static func store(_ values: [Double], in bytes: UnsafeMutableRawPointer, as type: ElementType) {
    for (i, value) in values.enumerated() {
      switch type {
      case .bool: unsafe bytes.storeBytes(of: value != 0 ? 1 : 0, toByteOffset: i, as: UInt8.self)
      case .float32: unsafe bytes.storeBytes(of: Float(value), toByteOffset: i * 4, as: Float.self)
      case .literal, .float64: unsafe bytes.storeBytes(of: value, toByteOffset: i * 8, as: Double.self)
      }
    }
  }
}
