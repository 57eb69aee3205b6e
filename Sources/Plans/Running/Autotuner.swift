import CKernels
import Graphs

/// How eager the kernels of a loop are to use the second core, chosen by trying.
///
/// What one core wrote the other has to fetch. Where they share a cache that costs little, and even short kernels gain; where
/// they don't, or a neighbour on the machine is busy, a step on two cores can take twice as long as on one. Which it is
/// changes within seconds, so from time to time all ways are timed. Results don't depend on the choice.
struct Autotuner {
  /// The parts of what pays for waking the other thread from which on it is used while awake: eager, patient, alone.
  private static let choices = [GK_EAGER, 1, .infinity]
  /// Steps that are timed one after another, but for the first, in which caches and the other thread settle.
  private static let stretch = 4
  private static let rounds = 2
  /// Shorter steps have no work for two, longer ones don't mind the way between cores.
  private static let worthwhile = Duration.microseconds(10)...Duration.milliseconds(5)
  /// How long a choice is kept: twice as long each time it is made again, up to a limit.
  private static let leastTime = Duration.milliseconds(100)
  private static let mostTime = Duration.seconds(1)

  /// The step before which to be asked again.
  private(set) var due: Int
  private var choice = 0
  /// The last choice that was made, and how long it was to be kept.
  private var settled: (choice: Int, time: Duration)?
  /// Steps tried, the running one included, and when that began.
  private var trial = 0
  private var began: ContinuousClock.Instant?
  /// The least time of a step, for each choice.
  private var times = [Duration?](repeating: nil, count: Self.choices.count)

  /// - Parameter first: the first step.
  init(first: Int) { due = gk_thread_count() > 1 ? first + Self.stretch : .max }

  /// Chooses for the steps from this one on.
  mutating func choose(before step: Int) {
    let now = ContinuousClock.now
    if let began {
      let time = now - began
      if trial == 2, !Self.worthwhile.contains(time) {
        settle(until: .max)
        return
      }
      if trial % Self.stretch != 1 { times[choice] = min(times[choice] ?? time, time) }
    }
    if trial == Self.rounds * Self.choices.count * Self.stretch {
      choice = fastest
      var time = Self.leastTime
      if let settled, settled.choice == choice { time = min(settled.time * 2, Self.mostTime) }
      settled = (choice, time)
      settle(until: step + max(Int(time / (times[choice] ?? time)), 200))
      return
    }
    choice = trial / Self.stretch % Self.choices.count
    trial += 1
    (due, began) = (step + 1, now)
    apply()
  }

  /// Makes the choice that of the running thread.
  func apply() { gk_use_awake_helper(Self.choices[choice]) }

  /// Leaves the thread to others, who are eager.
  static func end() { gk_use_awake_helper(GK_EAGER) }

  /// Where it makes no difference, the one that leaves the other core in peace.
  private var fastest: Int {
    var best = Self.choices.count - 1
    for number in Self.choices.indices.reversed() {
      if let time = times[number], let least = times[best], time < least * 0.98 { best = number }
    }
    return best
  }

  private mutating func settle(until step: Int) {
    (due, trial, began) = (step, 0, nil)
    times = times.map { _ in nil }
    apply()
  }
}
