/// Why an entry is what it is; the least cause of its factors is a product's, the greatest of its terms a sum's.
public enum Cause: UInt8, Sendable, Comparable {
  /// Zero for every value of every weight and input: printed `⋅`.
  case structural
  /// Zero for all values close to these: printed `∘`.
  case gated
  /// Zero here, not nearby: printed `0`.
  case exact
  case live

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
