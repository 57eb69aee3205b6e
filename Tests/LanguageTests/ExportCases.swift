import Foundation
import Graphs
import Language

/// Expressions to be exported together, with what they come to here.
struct ExportCases {
  /// Defines what they read.
  let setting: String
  let expressions: [String]
  /// Computes what is expected, behind the export.
  private let expectation: String
  private let values: [String]

  init(_ setting: String, _ expressions: [String]) {
    (self.setting, self.expressions) = (setting, expressions)
    expectation = "values = (\(expressions.joined(separator: ", ")),)"
    values = expressions.indices.map { "values[\($0)]" }
  }

  /// One step of a training: the loss before it and the names after it.
  private init(_ setting: String, step: String, of names: [String]) {
    self.setting = setting
    expressions = [step.replacingOccurrences(of: "NAMES", with: names.joined(separator: ", "))]
    expectation = "losses = " + expressions[0].dropLast() + ", steps=1)"
    values = ["losses[0]"] + names
  }

  /// A program that exports to a file and writes what is expected of it beside it.
  func program(_ kind: String, to path: String, expecting: String) -> String {
    let expression = isStep ? expressions[0] : "(\(expressions.joined(separator: ", ")),)"
    let entries = values.enumerated().map { "r\($0)=\($1)" }.joined(separator: ", ")
    return """
      \(setting)
      :export \(kind) \(expression) \(path)
      \(expectation)
      save("\(expecting)", \(entries))
      """
  }

  private var isStep: Bool { values[0] == "losses[0]" }

  /// What is compared, for reports.
  var labels: [String] { isStep ? values.map { "\($0) of \(expressions[0])" } : expressions }

  /// Both halves, where there are two.
  var halves: [ExportCases]? {
    if expressions.count < 2 { return nil }
    let middle = expressions.count / 2
    return [ExportCases(setting, Array(expressions[..<middle])), ExportCases(setting, Array(expressions[middle...]))]
  }

  /// So many at most in one file.
  private static func pieces(_ setting: String, _ expressions: [String]) -> [ExportCases] {
    stride(from: 0, to: expressions.count, by: 32).map {
      ExportCases(setting, Array(expressions[$0..<min($0 + 32, expressions.count)]))
    }
  }

  private static func setting(_ domain: ClosedRange<Double>, _ precision: String) -> String {
    """
    :precision \(precision)
    seed(3)
    a = uniform(2, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
    b = uniform(2, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
    c = uniform(2, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
    s = uniform(3, 3, low=\(domain.lowerBound), high=\(domain.upperBound))
    v = uniform(3, low=\(domain.lowerBound), high=\(domain.upperBound))

    """
  }

  // MARK: Every operator

  /// What stands for an operator: its trials, else calls, of tensors and of numbers; and its examples.
  private static func expressions(of operation: Operator) -> [String] {
    let count = operation.signature.parameters.filter { !$0.isOptional }.count
    func call(_ operands: [String]) -> String {
      "\(operation.name)(\(operands.prefix(count).joined(separator: ", ")))"
    }
    let calls = [call(["a", "b", "c"]), call(["a", "b", "c"]) + "[0]", call(["1", "2", "3"])]
    let trials = OperatorTests.trials(of: operation)
    return (trials.isEmpty ? calls : trials) + operation.examples.map(\.input)
  }

  private static func gradient(_ expression: String) -> String { "grad(sum(sin(\(expression))), a)" }

  private static func reads(_ expression: String, _ name: String) -> Bool {
    expression.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { $0 == name }
  }

  /// Operators of which nothing could be tried.
  static var untried: [String] {
    let setting = setting(-2...2, "float32")
    return Operator.table.filter { valid(expressions(of: $0), setting).isEmpty }.map(\.name)
  }

  /// Values and first derivatives of every operator, by domain.
  static let operators: [ExportCases] = {
    var byDomain: [ClosedRange<Double>: [String]] = [:]
    for operation in Operator.table {
      for expression in expressions(of: operation) {
        byDomain[operation.domain, default: []].append(expression)
        if reads(expression, "a") { byDomain[operation.domain, default: []].append(gradient(expression)) }
      }
    }
    return byDomain.sorted { $0.value.count > $1.value.count }.flatMap { domain, expressions in
      ["float32", "float64"].flatMap { precision in
        let setting = setting(domain, precision)
        return pieces(setting, valid(expressions, setting))
      }
    }
  }()

  /// Those that have a value.
  private static func valid(_ expressions: [String], _ setting: String) -> [String] {
    var session = Session()
    _ = printed(setting, in: &session)
    return expressions.filter { !printed("t = (\($0),)", in: &session).contains("error:") }
  }

  // MARK: Every pair of gates

  /// For each operator that switches something off, or on, an expression over `a` that does so.
  static let gates: [String] = {
    var session = Session()
    _ = printed(setting(-2...2, "float32"), in: &session)
    return Operator.table.filter { $0.domain == -2...2 }.compactMap { operation in
      guard let expression = expressions(of: operation).first, reads(expression, "a") else { return nil }
      // What is a mask gates as a factor.
      let value = printed(":repr \(expression)", in: &session)
      if value.contains("true") || value.contains("false") { return "a * (\(expression))" }
      let isKinked = operation.derivative.contains("at 0")
      return isKinked || printed(gradient(expression), in: &session).contains("∘") ? expression : nil
    }
  }()

  /// Gradients of each of these gates inside each other one, where it fits.
  static func pairs(of gates: [String]) -> [ExportCases] {
    let gates = Set(gates)
    return pieces(
      setting(-2...2, "float32"),
      allPairs.filter { gates.contains($0.outer) && gates.contains($0.inner) }.map(\.expression))
  }

  private static let allPairs: [(outer: String, inner: String, expression: String)] = {
    let pairs = gates.flatMap { outer in
      gates.map { (outer: outer, inner: $0, expression: replacing("a", in: outer, by: "(\($0))")) }
    }
    let fitting = Set(valid(pairs.map(\.expression), setting(-2...2, "float32")))
    return pairs.filter { fitting.contains($0.expression) }.map { ($0, $1, "grad(sum(\($2)), a)") }
  }()

  /// The gradient of one gate by itself.
  static func gradient(ofGate gate: String) -> ExportCases {
    ExportCases(setting(-2...2, "float32"), ["grad(sum(\(gate)), a)"])
  }

  // MARK: Loops

  /// Loops of functions, their gradients, and functions of matrices that others need.
  static let loops: [ExportCases] = {
    let functions = FunctionLoopTests.functions.enumerated()
    return ["float32", "float64"].enumerated().flatMap { number, precision in
      // Each loop with one expression, with another one in the other precision.
      functions.filter { $0.offset % 6 == ($0.offset / 6 + 3 * number) % 6 }.map { function in
        ExportCases(
          ":precision \(precision)\n\(FunctionLoopTests.setUp)\(function.element)\n",
          ["f(v0, w0, X0)", "grad(f(v0, w0, X0), v0)", "grad(f(v0, w0, X0), w0)", "grad(f(v0, w0, X0), X0)"])
      }
    }
  }()

  // MARK: Networks and steps

  static let networks: [ExportCases] = {
    let convolution = """
      seed(5)
      x = uniform(2, 1, 5, 5)
      w = weights(3, 1, 2, 2)
      loss := mean(square(relu(conv2d(x, w, padding=1))))

      """
    // A masked autoencoder for density estimation: no output reads its own input.
    let autoencoder = """
      seed(5)
      x = mask(uniform(6, 4) > 0.5) * ones(6, 4)
      m1 = [[1, 2, 3, 1, 2]] >= [[1], [2], [3], [4]]
      m2 = [[1, 2, 3, 4]] > [[1], [2], [3], [1], [2]]
      w1 = weights(4, 5, mask=m1); b1 = weights(5)
      w2 = weights(5, 4, mask=m2); b2 = weights(4)
      y := relu(x @ (w1 * m1) + b1) @ (w2 * m2) + b2
      loss := mean(softplus(y) - x * y)

      """
    let gradients = [
      ExportCases(convolution, ["loss", "grad(loss, w)", "grad(loss, x)"]),
      ExportCases(autoencoder, ["loss", "grad(loss, w1)", "grad(loss, b1)", "grad(loss, w2)", "grad(loss, x)"]),
    ]
    return gradients + optimisers.map { ExportCases(autoencoder, step: "train(loss, NAMES, \($0))", of: ["w1", "b2"]) }
  }()

  /// As `train` takes them, and with all that moves besides the gradient.
  private static let optimisers: [String] = Optimiser.all.flatMap { optimiser in
    let momentum = optimiser.options.contains { $0.name == "momentum" } ? ", momentum=0.9" : ""
    return ["using=\"\(optimiser.name)\"", "using=\"\(optimiser.name)\", decay=0.1" + momentum]
  }

  private static func replacing(_ name: String, in expression: String, by other: String) -> String {
    var (result, word) = ("", "")
    for letter in expression + " " {
      if letter.isLetter || letter.isNumber || letter == "_" {
        word.append(letter)
      } else {
        result += word == name ? other : word
        result.append(letter)
        word = ""
      }
    }
    return String(result.dropLast())
  }
}
