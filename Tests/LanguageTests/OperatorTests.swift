import Graphs
import Language
import Syntax
import Tensors
import Testing

/// What holds for every operator in the table.
@Suite struct OperatorTests {
  @Test func namesAreUnique() {
    let names = Operator.table.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: Operator.table.map(\.name)) func examplesPrintWhatTheyPromise(name: String) throws {
    let operation = try #require(Operator.named[name])
    #expect(operation.summary.hasSuffix("."))
    for example in operation.examples { #expect(printed(example.input) == example.output, "\(example.input)") }
  }

  /// Expressions whose derivatives are compared with central differences, in float64.
  static func trials(of operation: Operator) -> [String] {
    if let trials = operation.trials { return trials }
    let operands = operation.signature.parameters.filter { !$0.isOptional }.count
    return ["\(operation.name)(\(["a", "b", "c"].prefix(operands).joined(separator: ", ")))"]
  }

  static let allTrials = Operator.table.flatMap { operation in
    trials(of: operation).map { (operation.name, $0) }
  }

  @Test(arguments: allTrials) func gradientsMatchDifferences(trial: (name: String, expression: String)) throws {
    let operation = try #require(Operator.named[trial.name])
    let (low, high) = (operation.domain.lowerBound, operation.domain.upperBound)
    let names = ["a", "b", "c", "s", "v"].filter { Self.mentions(trial.expression, $0) }
    var program = """
      :precision float64
      a = uniform(2, 3, low=\(low), high=\(high)); b = uniform(2, 3, low=\(low), high=\(high))
      c = uniform(2, 3, low=\(low), high=\(high)); s = uniform(3, 3, low=\(low), high=\(high))
      v = uniform(3, low=\(low), high=\(high))
      first := sum(sin(\(trial.expression)))

      """
    for name in names { program += "check(first, \(name))\n" }
    // The second order: a gradient of the gradient, contracted so that it is a number again.
    for name in names {
      program += "second_\(name) := sum(cos(grad(first, \(name)) * 0.7))\n"
      program += "check(second_\(name), \(name))\n"
    }
    let text = printed(program)
    #expect(!text.contains("DIFFERS") && !text.contains("error"), "\(trial.expression): \(text)")
    #expect(names.isEmpty || text.contains("agrees") || text.contains("nothing"), "\(trial.expression): \(text)")
  }

  private static func mentions(_ expression: String, _ name: String) -> Bool {
    expression.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { $0 == name }
  }
}
