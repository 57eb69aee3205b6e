import Printing

/// What a long training says by the way: step, loss, a sparkline and the time that is left.
struct TrainingProgress {
  private let steps: Int
  private let isShown: Bool
  private let glyphs: Glyphs
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var next = Duration.seconds(1)
  /// Losses at even distances, for the sparkline.
  private var samples: [Double] = []

  init(steps: Int, isShown: Bool, glyphs: Glyphs) {
    self.steps = steps
    self.isShown = isShown
    self.glyphs = glyphs
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
    return "step \(step) of \(steps)  loss \(Float(loss))  \(glyphs.sparkline(samples))  \(Duration.text(left)) left"
  }
}
