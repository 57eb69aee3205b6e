/// What counts as a whole number wherever one is asked for: an extent, an axis, an index, a count, a seed.
extension Int {
  /// Up to here every whole number is a float64, so that none stands for its neighbours too.
  public static let largestWhole = 1 << 53

  /// The number, if it is whole and at most 2⁵³ in size: its negation and small sums of it are whole numbers too.
  public init?(whole number: Double) {
    guard number.magnitude <= Double(Int.largestWhole), let whole = Int(exactly: number) else { return nil }
    self = whole
  }
}

extension Int {
  /// The sum, or the greatest number there is.
  public func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
