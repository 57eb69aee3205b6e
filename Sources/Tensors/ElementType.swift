/// What an element is; the greater of two types is the one both can be brought to.
public enum ElementType: UInt8, Sendable, Hashable, Comparable, CaseIterable {
  /// A mask's entry.
  case bool
  /// A number computed in float64 that takes the precision of what it meets; rank 0 only.
  case literal
  case float32
  case float64

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  public var isFloat: Bool { self != .bool }

  /// The bytes of one element.
  public var stride: Int {
    switch self {
    case .bool: 1
    case .float32: 4
    case .literal, .float64: 8
    }
  }

  public var name: String {
    switch self {
    case .bool: "mask"
    case .float32: "float32"
    case .literal, .float64: "float64"
    }
  }
}
