/// The extents of a tensor, outermost first; a number has none.
public struct Shape: Hashable, Sendable {
  public var extents: [Int]

  public init(_ extents: [Int]) { self.extents = extents }

  /// The shape of a number.
  public static let scalar = Shape([])

  public var rank: Int { extents.count }

  /// The number of elements; `Int.max` where it doesn't fit.
  public var count: Int {
    var product = 1
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return extents.contains(0) ? 0 : Int.max }
      product = next
    }
    return product
  }

  public subscript(axis: Int) -> Int {
    get { extents[axis] }
    set { extents[axis] = newValue }
  }

  /// The distance between neighbours along each axis in row-major order, in elements.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] &* extents[axis + 1] }
    return strides
  }

  /// The shape both operands stretch to, aligned from the right, or nil where they don't fit.
  public func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    var result = [Int](repeating: 1, count: max(rank, other.rank))
    for i in 1...max(result.count, 1) where i <= result.count {
      let a = i <= rank ? extents[rank - i] : 1
      let b = i <= other.rank ? other.extents[other.rank - i] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      result[result.count - i] = a == 1 ? b : a
    }
    return Shape(result)
  }

  public func removing(_ axes: [Int]) -> Shape {
    Shape(extents.indices.filter { !axes.contains($0) }.map { extents[$0] })
  }
}

extension Shape: CustomStringConvertible {
  /// `3×2`; a vector is its length alone, a number says so.
  public var description: String {
    extents.isEmpty ? "number" : extents.map(String.init).joined(separator: "×")
  }
}
