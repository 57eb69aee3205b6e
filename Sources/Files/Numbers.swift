import Tensors

/// Elements of one kind, made into those of a tensor.
struct Numbers {
  private let kind: NumberCode.Kind
  private let isBigEndian: Bool

  /// How a run of elements came out.
  struct Part {
    /// One of them is a whole number that float32 might round: nothing counts.
    var isWide = false
    /// The first one that float64 would round.
    var rounded: Int?
  }

  init(_ kind: NumberCode.Kind, isBigEndian: Bool) {
    self.kind = kind
    self.isBigEndian = isBigEndian
  }

  /// What the elements become; nil: what whole numbers become elsewhere.
  var type: ElementType? {
    switch kind {
    case .bool: .bool
    case .float16, .bfloat16, .float32, .float8e5m2, .float8e4m3, .float8e8m0, .float8e4m3fnuz, .float8e5m2fnuz:
      .float32
    case .float64: .float64
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: nil
    }
  }

  /// - Parameter first: the place of the first element in the tensor.
  func convert(_ bytes: Bytes, count: Int, to storage: Storage, as type: ElementType, from first: Int) -> Part {
    let run = Run(bytes: bytes, count: count, storage: storage, type: type, first: first, isBigEndian: isBigEndian)
    switch kind {
    case .bool:
      for place in 0..<count {
        unsafe storage.bytes.storeBytes(of: bytes[place] == 0 ? 0 : 1, toByteOffset: first + place, as: UInt8.self)
      }
      return Part()
    case .int8: return run.whole(Int8.self)
    case .uint8: return run.whole(UInt8.self)
    case .int16: return run.whole(Int16.self)
    case .uint16: return run.whole(UInt16.self)
    case .int32: return run.whole(Int32.self)
    case .uint32: return run.whole(UInt32.self)
    case .int64: return run.whole(Int64.self)
    case .uint64: return run.whole(UInt64.self)
    case .float16: return run.single(UInt16.self) { Float(half: $0) }
    case .bfloat16: return run.single(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .float32: return run.single(UInt32.self) { Float(bitPattern: $0) }
    case .float64: return run.double()
    case .float8e5m2: return run.eighth(SmallFloat.e5m2)
    case .float8e4m3: return run.eighth(SmallFloat.e4m3)
    case .float8e8m0: return run.eighth(SmallFloat.e8m0)
    case .float8e4m3fnuz: return run.eighth(SmallFloat.e4m3fnuz)
    case .float8e5m2fnuz: return run.eighth(SmallFloat.e5m2fnuz)
    }
  }

  private struct Run {
    let bytes: Bytes
    let count: Int
    let storage: Storage
    let type: ElementType
    let first: Int
    let isBigEndian: Bool

    private func raw<T: FixedWidthInteger>(_ place: Int, _ type: T.Type) -> T {
      bytes.integer(at: place * MemoryLayout<T>.size, as: type, isBigEndian: isBigEndian) ?? 0
    }

    func whole<T: FixedWidthInteger>(_ kind: T.Type) -> Part {
      for place in 0..<count {
        let number = raw(place, kind)
        if type == .float32 {
          guard UInt64(number.magnitude) <= 1 << 24 else { return Part(isWide: true) }
          unsafe storage.bytes.storeBytes(of: Float(number), toByteOffset: (first + place) * 4, as: Float.self)
        } else {
          guard let value = Double(exactly: number) else { return Part(rounded: place) }
          unsafe storage.bytes.storeBytes(of: value, toByteOffset: (first + place) * 8, as: Double.self)
        }
      }
      return Part()
    }

    func single<T: FixedWidthInteger>(_ kind: T.Type, _ value: (T) -> Float) -> Part {
      for place in 0..<count {
        unsafe storage.bytes.storeBytes(
          of: value(raw(place, kind)), toByteOffset: (first + place) * 4, as: Float.self)
      }
      return Part()
    }

    func double() -> Part {
      for place in 0..<count {
        unsafe storage.bytes.storeBytes(
          of: raw(place, UInt64.self), toByteOffset: (first + place) * 8, as: UInt64.self)
      }
      return Part()
    }

    func eighth(_ values: [Float]) -> Part { single(UInt8.self) { values[Int($0)] } }
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

/// The values of floats of eight bits, by their bits.
///
/// - Note: The Open Compute Project's 8-bit floating point specification and its microscaling formats; `fnuz`, without
///   infinities and without a negative zero, as Graphcore and AMD have it.
enum SmallFloat {
  static let e5m2 = values(fraction: 2, bias: 15) { bits in
    bits & 0x7F == 0x7C ? (bits < 0x80 ? .infinity : -.infinity) : bits & 0x7F > 0x7C ? .nan : nil
  }
  static let e4m3 = values(fraction: 3, bias: 7) { $0 & 0x7F == 0x7F ? .nan : nil }
  static let e4m3fnuz = values(fraction: 3, bias: 8) { $0 == 0x80 ? .nan : nil }
  static let e5m2fnuz = values(fraction: 2, bias: 16) { $0 == 0x80 ? .nan : nil }
  /// Powers of two, without a sign.
  static let e8m0 = (0..<256).map { $0 == 255 ? Float.nan : scaled(1, $0 - 127) }

  private static func values(fraction: Int, bias: Int, special: (Int) -> Float?) -> [Float] {
    (0..<256).map { bits in
      if let value = special(bits) { return value }
      let exponent = (bits & 0x7F) >> fraction
      let digits = bits & ((1 << fraction) - 1)
      let size =
        exponent == 0
        ? scaled(Float(digits), 1 - bias - fraction)
        : scaled(Float(digits + (1 << fraction)), exponent - bias - fraction)
      return bits < 0x80 ? size : -size
    }
  }

  private static func scaled(_ value: Float, _ exponent: Int) -> Float {
    Float(sign: .plus, exponent: exponent, significand: value)
  }
}
