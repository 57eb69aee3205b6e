import Plans
import Tensors
import TestSupport
import Testing

@testable import Language

/// Loops that become machine code, where LLVM is found, held against the same loops by instructions.
@Suite(.enabled(if: CompiledCode.isAvailable)) struct MachineCodeTests {
  private static func steps(_ body: () -> Void) -> Int {
    let tally = CompiledCode.Tally()
    CompiledCode.$tally.withValue(tally) { CompiledCode.$policy.withValue(.always, operation: body) }
    return tally.steps
  }

  private func compare(_ program: String, _ type: ElementType) {
    var fast: [String] = []
    _ = Self.steps { fast = LoopProgramTests.state(program, compiled: true, type) }
    let slow = CompiledCode.$policy.withValue(.never) { LoopProgramTests.state(program, compiled: true, type) }
    for (a, b) in zip(fast, slow) where a != b { Issue.record("\(program)\n\(a)\n\(b)") }
    #expect(fast.count == slow.count)
  }

  @Test(arguments: LoopProgramTests.programs + LoopTests.programs, [ElementType.float32, .float64])
  func programsGiveTheSame(program: String, type: ElementType) { compare(program, type) }

  @Test(arguments: 0..<10) func randomProgramsGiveTheSame(part: Int) {
    for number in 0..<20 {
      var writer = LoopProgramTests.Writer(random: SplitMix(100_000 + part * 1_000 + number))
      compare(writer.loop(), number % 2 == 0 ? .float32 : .float64)
    }
  }

  /// Those that have to become code.
  @Test(arguments: [
    "repeat 90 { w -= 0.1 * grad(loss, w) }", "for i in 0:90 { w -= 0.1 * grad(loss, w); h[i % 6] = c(w) }",
    "for i in 0:90 { w -= 0.1 * grad(loss, w); if i % 10 == 0 { k += 1 } }",
    "for i in 0:90 { repeat 2 { w -= 0.1 * grad(loss, w) } }", "for i in 0:90 { Q[i % 3, 0] += 1 }",
    "while n < 90 { n += 1 }", "for i in 0:90 { s += i }", "for i in 0:90 { b = tanh(b * 1.01) }",
    "for i in 0:90 { for j in 0:i { if j > 3 { break }; k += j } }", "for i in 0:90 { k += a[i % 3] }",
  ])
  func loopsBecomeCode(program: String) {
    var session = Session()
    _ = printed(LoopProgramTests.setUp, in: &session)
    var text = ""
    let steps = Self.steps { text = printed(program, in: &session) }
    #expect(!text.contains("error") && steps > 70, "\(program): \(steps) \(text)")
  }

  /// An error is of the round that it is in, with what the rounds before have left.
  @Test func errorsNameTheirRound() {
    let program = "for i in 0:90 { k += 1; h[i % 6 + (i > 70) * 9] = i }\nk; h"
    var texts: [String] = []
    for policy in [CompiledCode.Policy.always, .never] {
      var session = Session()
      _ = printed(LoopProgramTests.setUp, in: &session)
      texts.append(CompiledCode.$policy.withValue(policy) { printed(program, in: &session) })
    }
    #expect(texts[0] == texts[1] && texts[0].contains("in round"), "\(texts[0])")
  }
}
