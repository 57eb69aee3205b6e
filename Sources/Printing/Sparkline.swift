extension Glyphs {
  /// One bar for each number, between the least and the greatest; a question mark for one that is not finite.
  package func sparkline(_ numbers: [Double]) -> String {
    let finite = numbers.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    return numbers.map { number in
      guard number.isFinite else { return "?" }
      let share = high == low ? 0 : (number - low) / (high - low)
      return bars[min(Int(share * Double(bars.count)), bars.count - 1)]
    }.joined()
  }
}
