import CKernels
import Testing

@testable import Graphs
@testable import Plans

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// When another way to use the second core is tried, and when that ends.
@Suite(.enabled(if: gk_thread_count() > 1, "one core has nothing to choose")) struct AutotunerTests {
  private func work(_ microseconds: Int) {
    let end = ContinuousClock.now + .microseconds(microseconds)
    while ContinuousClock.now < end {}
  }

  @Test func theFirstStepsAreLeftAlone() {
    #expect(Autotuner(first: 10).due > 10)
    Autotuner.end()
  }

  @Test func shortStepsAreNotWorthIt() {
    var tuner = Autotuner(first: 0)
    var step = tuner.due
    // Nothing is done between them.
    for _ in 0..<3 where step == tuner.due {
      tuner.choose(before: step)
      step += 1
    }
    #expect(tuner.due == .max)
    Autotuner.end()
  }

  /// All ways are tried one after another, then one is kept for at least two hundred steps.
  @Test func aChoiceIsMadeAndKept() {
    var tuner = Autotuner(first: 0)
    var step = tuner.due
    var tries = 0
    while tuner.due == step, tries < 1_000 {
      tuner.choose(before: step)
      work(200)
      step += 1
      tries += 1
    }
    #expect(tries > 3 && tries < 100)
    #expect(tuner.due >= step + 199)
    Autotuner.end()
  }
}
