import Printing

/// What a long training says by the way: step, loss, a sparkline and the time that is left.
struct TrainingProgress {
  private let steps: Int
  private let isShown: Bool
  private let bars: [String]
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var next = Duration.seconds(1)
  /// Losses at even distances, for the sparkline.
  private var samples: [Double] = []

  init(steps: Int, isShown: Bool, glyphs: Glyphs) {
    self.steps = steps
    self.isShown = isShown
    bars = glyphs.bars
    start = clock.now
  }

  /// A line after 1, 2, 4, … seconds, then every 8.
  mutating func line(after step: Int, loss: Double) -> String? {
    guard isShown else { return nil }
    if steps < 24 || step % (steps / 24) == 0 { samples.append(loss) }
    let elapsed = clock.now - start
    guard elapsed >= next, step < steps else { return nil }
    next += min(next, .seconds(8))
    let left = elapsed * (Double(steps - step) / Double(step))
    return "step \(step) of \(steps)  loss \(Float(loss))  \(sparkline)  \(Duration.text(left)) left"
  }

  private var sparkline: String {
    let finite = samples.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    return samples.map { sample in
      guard sample.isFinite else { return "?" }
      let share = high == low ? 0 : (sample - low) / (high - low)
      return bars[min(Int(share * Double(bars.count)), bars.count - 1)]
    }.joined()
  }
}
