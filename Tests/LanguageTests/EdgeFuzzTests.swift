import Foundation
import TestSupport
import Testing

/// Random programs with arguments from the edges, each batch in a process of its own: no signal, and nothing that takes
/// long.
///
/// `make fuzz` runs them for minutes: `FUZZ_SECONDS`, from `FUZZ_SEED` on, by `FUZZ_PROGRAM` if that is another build, with
/// `FUZZ_PATIENCE` seconds for each batch.
@Suite struct EdgeFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["FUZZ_SECONDS"].flatMap(Double.init) ?? 0
  private static let firstSeed = environment["FUZZ_SEED"].flatMap { Int($0) } ?? 1
  private static let batchSize = 60
  /// What all answers of a batch may take together; a build that checks each access takes longer.
  private static let patience = environment["FUZZ_PATIENCE"].flatMap(Double.init) ?? 5

  @Test(.slow) func noProgramDies() throws {
    let start = ContinuousClock.now
    var seed = Self.firstSeed
    var found = 0
    repeat {
      var grammar = EdgeGrammar(seed: seed)
      let statements = grammar.program(Self.batchSize)
      let result = try run(statements)
      if isBad(result) {
        let least = try reduced(statements)
        Issue.record("seed \(seed), \(result):\n\(least.joined(separator: "\n"))")
        found += 1
      }
      seed += 1
    } while (.now - start < .seconds(Self.seconds) || seed < Self.firstSeed + 6) && found < 20
    print("fuzz: \((seed - Self.firstSeed) * Self.batchSize) statements, seeds \(Self.firstSeed) to \(seed - 1)")
  }

  private struct Result: CustomStringConvertible {
    var status: Int32
    var seconds: Double

    var description: String { status > 127 ? "signal \(status - 128)" : "\(seconds) s" }
  }

  private func isBad(_ result: Result) -> Bool {
    result.status > 2 && result.status != 130 || result.status < 0 || result.seconds > Self.patience
  }

  private func run(_ statements: [String]) throws -> Result {
    let folder = try Folder()
    folder.write("edge.grad", EdgeGrammar.preamble + statements.joined(separator: "\n") + "\n")
    let start = ContinuousClock.now
    let arguments = ["--keep-going", "--memory", "64MiB", "edge.grad"]
    let (status, _, _) = try Child.run(
      arguments, environment: ["ASAN_OPTIONS": "detect_leaks=0"], in: folder, by: Self.environment["FUZZ_PROGRAM"])
    return Result(status: status, seconds: (.now - start) / .seconds(1))
  }

  /// The statements that it takes: halves are left out, then quarters, and so on.
  private func reduced(_ statements: [String]) throws -> [String] {
    var rest = statements
    var size = max(rest.count / 2, 1)
    while true {
      var start = 0
      while start < rest.count {
        let fewer = Array(rest[..<start] + rest[min(start + size, rest.count)...])
        if try isBad(run(fewer)) { rest = fewer } else { start += size }
      }
      if size == 1 { return rest }
      size /= 2
    }
  }
}
