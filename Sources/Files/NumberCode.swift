import CKernels
import Refusals
import Tensors

/// How one number is written in a binary file.
package struct NumberCode: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, bfloat16, float32, float64

    package var width: Int {
      switch self {
      case .bool, .int8, .uint8: 1
      case .int16, .uint16, .float16, .bfloat16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    var isWhole: Bool {
      switch self {
      case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
      default: false
      }
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

  package init(memoryLimit: Int = .max, defaultType: ElementType = .float32) {
    self.memoryLimit = memoryLimit
    self.defaultType = defaultType
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
  /// The tensor whose elements these bytes hold, all of them.
  ///
  /// Incomplete once an interrupt is asked for.
  ///
  /// - Parameter isFortran: the first axis is the one that runs fastest.
  package func tensor(
    _ bytes: Bytes, shape: Shape, isFortran: Bool = false, _ reading: Reading
  ) throws(Refusal) -> Tensor {
    precondition(bytes.count == shape.count * kind.width, "the bytes are as many as the shape needs")
    if isFortran, shape.rank > 1 {
      let reversed = try tensor(bytes, shape: Shape(shape.extents.reversed()), reading)
      return try reversed.axesReversed(reading)
    }
    var type: ElementType =
      switch kind {
      case .bool: .bool
      case .float16, .bfloat16, .float32: .float32
      case .float64: .float64
      default: reading.defaultType
      }
    if kind.isWhole, type == .float32, !fitsFloat(bytes) { type = .float64 }
    let storage = try reading.storage(for: shape, type)
    let isNative = !isBigEndian || kind.width == 1
    if isNative, kind == .float32 || kind == .float64 {
      unsafe bytes.withUnsafePointer { unsafe gk_copy($0, storage.bytes, bytes.count) }
    } else {
      for index in 0..<shape.count {
        switch type {
        case .bool: unsafe storage.bytes.storeBytes(of: bytes[index] == 0 ? 0 : 1, toByteOffset: index, as: UInt8.self)
        case .float32:
          unsafe storage.bytes.storeBytes(of: single(bytes, index), toByteOffset: index * 4, as: Float.self)
        case .literal, .float64:
          unsafe storage.bytes.storeBytes(of: try double(bytes, index), toByteOffset: index * 8, as: Double.self)
        }
      }
    }
    return Tensor(shape: shape, type: type, storage: storage)
  }

  private func single(_ bytes: Bytes, _ index: Int) -> Float {
    switch kind {
    case .float16: Float(half: raw(bytes, index, UInt16.self))
    case .bfloat16: Float(bitPattern: UInt32(raw(bytes, index, UInt16.self)) << 16)
    case .float32: Float(bitPattern: raw(bytes, index, UInt32.self))
    default: Float(whole(bytes, index) ?? 0)
    }
  }

  private func double(_ bytes: Bytes, _ index: Int) throws(Refusal) -> Double {
    if kind == .float64 { return Double(bitPattern: raw(bytes, index, UInt64.self)) }
    guard let number = whole(bytes, index) else {
      throw Refusal("element \(index) is a whole number that float64 can't hold exactly")
    }
    return number
  }

  /// A whole number, or nil if float64 would round it.
  private func whole(_ bytes: Bytes, _ index: Int) -> Double? {
    switch kind {
    case .bool, .uint8: Double(bytes[index])
    case .int8: Double(raw(bytes, index, Int8.self))
    case .int16: Double(raw(bytes, index, Int16.self))
    case .uint16: Double(raw(bytes, index, UInt16.self))
    case .int32: Double(raw(bytes, index, Int32.self))
    case .uint32: Double(raw(bytes, index, UInt32.self))
    case .int64: Double(exactly: raw(bytes, index, Int64.self))
    case .uint64: Double(exactly: raw(bytes, index, UInt64.self))
    case .float16, .bfloat16, .float32, .float64: nil
    }
  }

  private func raw<T: FixedWidthInteger>(_ bytes: Bytes, _ index: Int, _ type: T.Type) -> T {
    bytes.integer(at: index * MemoryLayout<T>.size, as: type, isBigEndian: isBigEndian) ?? 0
  }

  private func fitsFloat(_ bytes: Bytes) -> Bool {
    if kind.width < 4 { return true }
    return (0..<bytes.count / kind.width).allSatisfy { index in
      whole(bytes, index).map { abs($0) <= 0x1p24 } ?? false
    }
  }
}

extension Float {
  /// Widened from the bits of a half.
  init(half bits: UInt16) {
    let (sign, exponent, fraction) = (UInt32(bits >> 15) << 31, UInt32(bits >> 10 & 31), UInt32(bits & 1023))
    switch exponent {
    case 0: self = Float(fraction) * 0x1p-24 * (sign == 0 ? 1 : -1)
    case 31: self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}

extension Tensor {
  /// The axes in the opposite order.
  fileprivate func axesReversed(_ reading: Reading) throws(Refusal) -> Tensor {
    let result = Shape(shape.extents.reversed())
    let storage = try reading.storage(for: result, type)
    let width = type.stride
    // Along each axis of the result, how far apart neighbours are here.
    let strides = Array(shape.strides.reversed())
    var place = [Int](repeating: 0, count: result.rank)
    var source = 0
    for target in 0..<result.count {
      unsafe (storage.bytes + target * width).copyMemory(from: self.storage.bytes + source * width, byteCount: width)
      for axis in stride(from: result.rank - 1, through: 0, by: -1) {
        place[axis] += 1
        source += strides[axis]
        if place[axis] < result[axis] { break }
        source -= strides[axis] * result[axis]
        place[axis] = 0
      }
    }
    return Tensor(shape: result, type: type, storage: storage)
  }
}
