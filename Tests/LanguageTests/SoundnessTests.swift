import Graphs
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// What any operator shows as removed is 0 whatever the numbers are that it was given.
@Suite struct SoundnessTests {
  /// They move entries by an order of the numbers at hand, and say of each entry what is true of those.
  private static let ordering: Set<String> = [
    "sort", "topk", "quantile", "percentile", "median", "unique", "unique_counts", "unique_inverse", "setdiff",
    "intersect", "union",
  ]

  private static let masks = """
    ma = mask([[1, 0, 1], [0, 1, 1]]); mb = mask([[1, 1, 0], [0, 1, 1]])
    ms = mask([[1, 0, 1], [0, 1, 1], [1, 0, 0]]); mv = mask([1, 0, 1])
    """

  private static let shapes: [(name: String, shape: [Int])] = [
    ("a", [2, 3]), ("b", [2, 3]), ("s", [3, 3]), ("v", [3]),
  ]

  private static func literal(_ shape: [Int], _ next: () -> Double) -> String {
    guard let count = shape.first else {
      let number = next()
      return number.isNaN ? "nan" : number.isInfinite ? (number > 0 ? "inf" : "-inf") : "\(number)"
    }
    return "[" + (0..<count).map { _ in literal(Array(shape.dropFirst()), next) }.joined(separator: ", ") + "]"
  }

  @Test(arguments: OperatorTests.allTrials.filter { !ordering.contains($0.0) })
  func removedEntriesStayZero(trial: (name: String, expression: String)) throws {
    let operation = try #require(Operator.named[trial.name])
    var random = SplitMix(trial.expression.utf8.count)
    let masked = JointTests.replacing(
      ["a": "(a * ma)", "b": "(b * mb)", "s": "(s * ms)", "v": "(v * mv)"], in: trial.expression)
    var removed: [Double]?
    for draw in 0..<12 {
      var session = Session()
      var program = ":precision float64\nc = ones(2, 3)\n" + Self.masks + "\n"
      for (name, shape) in Self.shapes {
        let text = Self.literal(shape) {
          switch draw == 0 ? 9 : Int.random(in: 0..<24, using: &random) {
          case 0: .nan
          case 1: .infinity
          case 2: -.infinity
          default: Double.random(in: operation.domain, using: &random)
          }
        }
        program += "\(name) = \(text)\n"
      }
      // Some numbers are refused, as a singular matrix is.
      if printed(program + "y = \(masked)\nz = structural(\(masked))", in: &session).contains("error") { continue }
      guard let (y, z) = session.held("y").flatMap({ y in session.held("z").map { (y.tensor, $0.tensor) } }) else {
        continue
      }
      guard let known = removed, known.count == y.count else {
        removed = z.values
        continue
      }
      for place in known.indices where known[place] == 0 {
        #expect(y[flat: place] == 0, "\(masked) at \(place) is \(y[flat: place])")
      }
    }
  }
}
