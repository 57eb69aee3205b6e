/// The extents of a tensor, outermost first; a number has none.
public struct Shape: Hashable, Sendable {
  public var extents: [Int]

  public init(_ extents: [Int]) { self.extents = extents }

  /// The shape of a number.
  public static let scalar = Shape([])

  public var rank: Int { extents.count }

  /// The number of elements; `Int.max` where it doesn't fit.
  public var count: Int {
    Self.product(extents)
  }

  /// The product of extents; `Int.max` where it doesn't fit.
  public static func product(_ extents: some Collection<Int>) -> Int {
    var product = 1
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return extents.contains(0) ? 0 : Int.max }
      product = next
    }
    return product
  }

  /// The most axes that a tensor may have.
  public static let maximumRank = 8

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

  /// The two extents, aligned from the right, that keep shapes from stretching to one another.
  public func clash(with other: Shape) -> (Int, Int)? {
    zip(extents.reversed(), other.extents.reversed()).first { $0 != $1 && $0 != 1 && $1 != 1 }
  }

  public func removing(_ axes: [Int]) -> Shape {
    Shape(extents.indices.filter { !axes.contains($0) }.map { extents[$0] })
  }
}

/// Places, and the row-major offsets of their elements.
extension Shape {
  public func offset(of place: [Int]) -> Int { zip(place, strides).reduce(0) { $0 + $1.0 * $1.1 } }

  public func place(of offset: Int) -> [Int] {
    var rest = offset
    var place = [Int](repeating: 0, count: rank)
    for axis in place.indices.reversed() where extents[axis] > 0 {
      (rest, place[axis]) = rest.quotientAndRemainder(dividingBy: extents[axis])
    }
    return place
  }

  /// Every place in row-major order.
  public var places: some Sequence<[Int]> { (0..<count).lazy.map(place(of:)) }

  /// What is made of elements by joining those along each axis, from the last axis to the first.
  ///
  /// - Parameter element: what is made of the element at an offset.
  public func nested<Result>(element: (Int) -> Result, joined: ([Result]) -> Result) -> Result {
    func part(_ axis: Int, _ offset: Int) -> Result {
      if axis == rank { return element(offset) }
      return joined(Stoppable(0..<extents[axis]).map { part(axis + 1, offset * extents[axis] + $0) })
    }
    return part(0, 0)
  }
}

extension Shape: CustomStringConvertible {
  /// `3×2`; a vector is its length alone, a number says so.
  public var description: String {
    extents.isEmpty ? "number" : extents.map(String.init).joined(separator: "×")
  }
}
