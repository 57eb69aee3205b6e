import CKernels
import Refusals
import Tensors

/// How one number is written in a binary file.
package struct NumberCode: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, bfloat16, float32, float64
    case float8e5m2, float8e4m3, float8e8m0, float8e4m3fnuz, float8e5m2fnuz

    package var width: Int {
      switch self {
      case .bool, .int8, .uint8, .float8e5m2, .float8e4m3, .float8e8m0, .float8e4m3fnuz, .float8e5m2fnuz: 1
      case .int16, .uint16, .float16, .bfloat16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    /// One of NumPy's own types, called so.
    var isOfNumPy: Bool {
      switch self {
      case .bool, .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64, .float16, .float32, .float64: true
      case .bfloat16, .float8e5m2, .float8e4m3, .float8e8m0, .float8e4m3fnuz, .float8e5m2fnuz: false
      }
    }

    /// The bytes of a tensor; nil if they can't be counted.
    func size(of shape: Shape) -> Int? {
      let (size, overflow) = shape.count.multipliedReportingOverflow(by: width)
      return overflow ? nil : size
    }
  }

  package var kind: Kind
  package var isBigEndian = false

  package init(_ kind: Kind, isBigEndian: Bool = false) {
    self.kind = kind
    self.isBigEndian = isBigEndian
  }
}

/// What a reader may do.
package struct Reading: Sendable {
  /// Bytes that a tensor may take.
  package var memoryLimit: Int
  /// What whole numbers and text become.
  package var defaultType: ElementType
  /// How a table is to be read.
  package var table = TableOptions()

  package init(memoryLimit: Int = .max, defaultType: ElementType = .float32, table: TableOptions = TableOptions()) {
    self.memoryLimit = memoryLimit
    self.defaultType = defaultType
    self.table = table
  }

  /// Room for a tensor, once its size has been found to be allowed.
  func storage(for shape: Shape, _ type: ElementType) throws(Refusal) -> Storage {
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: type.stride)
    guard !overflow, bytes <= memoryLimit, let storage = Storage(uninitialized: bytes) else {
      throw Refusal("its \(shape) \(type.name) elements don't fit into memory")
    }
    return storage
  }
}

extension NumberCode {
  /// The tensor whose elements come next.
  ///
  /// - Parameter isFortran: the first axis is the one that runs fastest.
  func tensor(
    _ stream: ByteStream, shape: Shape, isFortran: Bool = false, _ reading: Reading
  ) throws(Refusal) -> Tensor {
    if isFortran, shape.rank > 1 {
      let reversed = try tensor(stream, shape: Shape(shape.extents.reversed()), reading)
      return try reversed.axesReversed(reading)
    }
    let isNative = !isBigEndian || kind.width == 1
    switch kind {
    case .float32 where isNative, .float64 where isNative:
      let type: ElementType = kind == .float32 ? .float32 : .float64
      let storage = try reading.storage(for: shape, type)
      let size = shape.count * kind.width
      let found = try unsafe stream.read(UnsafeMutableRawBufferPointer(start: storage.bytes, count: size))
      guard found == size else { throw Self.cutShort }
      return Tensor(shape: shape, type: type, storage: storage)
    default: return try converted(stream, shape, reading)
    }
  }

  fileprivate static let cutShort = Refusal("it is cut short")

  /// Element by element; whole numbers go on in float64 from the first one on that float32 might round.
  private func converted(_ stream: ByteStream, _ shape: Shape, _ reading: Reading) throws(Refusal) -> Tensor {
    let numbers = Numbers(kind, isBigEndian: isBigEndian)
    var type = numbers.type ?? reading.defaultType
    var storage = try reading.storage(for: shape, type)
    var done = 0
    while done < shape.count {
      let count = min(shape.count - done, (1 << 20) / kind.width)
      let piece = try stream.bytes(count * kind.width)
      guard piece.count == count * kind.width else { throw Self.cutShort }
      var part = numbers.convert(piece, count: count, to: storage, as: type, from: done)
      if part.isWide {
        let wide = try reading.storage(for: shape, .float64)
        unsafe gk_convert(GK_F32, GK_F64, storage.bytes, wide.bytes, done)
        (type, storage) = (.float64, wide)
        part = numbers.convert(piece, count: count, to: storage, as: type, from: done)
      }
      if let place = part.rounded {
        throw Refusal("element \(done + place) is a whole number that float64 can't hold exactly")
      }
      done += count
    }
    return Tensor(shape: shape, type: type, storage: storage)
  }
}

extension Tensor {
  /// The axes in the opposite order.
  fileprivate func axesReversed(_ reading: Reading) throws(Refusal) -> Tensor {
    let result = Shape(shape.extents.reversed())
    let storage = try reading.storage(for: result, type)
    // Along each axis of the result, how far apart neighbours are here.
    let strides = Array(shape.strides.reversed())
    if result.count > 0 {
      unsafe gk_copy_strided(
        type.stride, self.storage.bytes, strides, result.extents, result.rank, storage.bytes)
    }
    if gk_is_interrupted() != 0 { throw .interrupted }
    return Tensor(shape: result, type: type, storage: storage)
  }
}
