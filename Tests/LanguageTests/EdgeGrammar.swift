import Graphs
import TestSupport

@testable import Language

/// Random programs made of the language's own rules, with arguments from the edges of what can be written.
struct EdgeGrammar {
  private var random: SplitMix

  init(seed: Int) { random = SplitMix(seed) }

  /// Numbers where arithmetic of whole numbers, of float32 and of float64 ends.
  static let numbers = [
    "0", "1", "-1", "2", "3", "0.5", "-2.5", "nan", "inf", "-inf", "-0", "1e300", "1e-320", "1e39", "16777217",
    "2147483648", "4294967296", "-4294967297", "9007199254740991", "9007199254740992", "9007199254740993",
    "-9007199254740992", "-9007199254740993", "9223372036854774784", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "true", "false",
  ]

  /// Tensors of every rank, empty ones and masks among them, tuples, texts and what is no value at all.
  static let values = [
    "[]", "[1, 2, 3]", "[1, 2]", "[[1, 2], [3, 4]]", "[[0, 2, 1]]", "[nan, 1]", "[inf, -inf, 0]", "zeros(0)",
    "zeros(0, 3)",
    "zeros(3, 0, 2)", "zeros(0, 9007199254740992)", "zeros(0, 100000)", "ones(1, 1, 1, 1, 1, 1, 1, 1)",
    "ones(2, 1, 2, 1, 2, 1, 2, 1)",
    "rand(2, 1, 1, 2, 1, 1, 2, 2)", "mask([1, 0, 1])", "[true, false]", "zeros(2, 3) > 1", "float64([1, 2])",
    "rand(2, 3)", "normal(3)", "x", "w", "m", "v", "s", "q", "l", "k", "[9007199254740993, 1]",
    "[-9223372036854775808]", "[[-1], [2]]", "(1, 2)", "(x,)", "(2, (x, \"t\"))", "\"t\"", "\"ij,jk->ik\"", "\"mean\"",
    "\"\"", "f", "sin", "[1, [2]]", "[x, w]", "reshape(0:16, 2, 2, 2, 2)", "?",
  ]

  /// What a `for` goes through: nothing long.
  static let rows = [
    "[1, 2, 3]", "[]", "[[1, 2], [3, 4]]", "nan", "-9223372036854775808:3", "zeros(0, 3)", "mask([1, 0])", "\"t\"",
    "ones(2, 1, 2, 1, 2, 1, 2, 1)", "0:3:-1", "3:0:0", "inf:3", "f", "(1, 2)",
  ]

  static let operators = ["+", "-", "*", "/", "^", "%", "@", "==", "<", ">=", "!=", "and", "or", "xor"]

  /// What the names above hold.
  static let preamble = """
    x = rand(2, 3); w = weights(3, 2); m = mask([[1, 0, 1], [0, 1, 1]]); v = [1, 2, 3]; s = 2
    input q: [n, 3]
    l := relu(x @ w)
    k = sum(x * m)
    f(u, c=2) = u * c

    """

  /// Functions with the words of their signatures.
  private static let functions = Session.vocabulary.map(\.signature)

  mutating func program(_ count: Int) -> [String] { (0..<count).map { _ in statement() } }

  mutating func statement() -> String {
    let name = pick(["a", "b", "x", "w", "m", "v", "s", "l", "f", "g"])
    switch Int.random(in: 0..<22, using: &random) {
    case 0..<8: return expression(3)
    case 8..<11: return "\(name) = \(expression(3))"
    case 11: return "\(name) := \(expression(2))"
    case 12: return "\(name) \(pick(["+=", "-=", "*=", "/="])) \(expression(2))"
    case 13: return "\(name)[\(index())] = \(expression(1))"
    case 14: return "\(name)(u, c=\(argument(1))) = \(expression(2))"
    case 15: return "\(name)(u) = { y = \(expression(1)); repeat \(count()) { y = \(expression(1)) }; y }"
    case 16: return "repeat \(count()) { \(name) = \(expression(2)) }"
    case 17: return "for i in \(pick(Self.rows)) { \(name) = \(expression(1)) }"
    case 18: return "if \(expression(1)) { \(name) = \(expression(1)) } else { \(expression(1)) }"
    case 19: return "expect \(expression(1)) ~ \(expression(1)), rtol=\(argument(0))"
    case 20:
      let word = pick([":shapes", ":cost", ":plan", ":graph", ":why", ":tree", ":repr", ":all", ":time"])
      return "\(word) \(expression(2))"
    default:
      let word = pick([":digits", ":undo", ":redo", ":history", ":diff", ":precision", ":help", ":set watch"])
      return "\(word) \(pick(Self.numbers + ["x", "w", "l", "float64", "float32"]))"
    }
  }

  /// How often a loop runs: never for long.
  private mutating func count() -> String {
    pick(["0", "1", "3", "7", "-1", "-9223372036854775808", "nan", "-inf", "2.5", "[]", "[1, 2]", "\"t\""])
  }

  private mutating func index() -> String {
    let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      switch Int.random(in: 0..<6, using: &random) {
      case 0: "..."
      case 1: "new"
      case 2: "\(pick(Self.numbers)):\(pick(Self.numbers))"
      case 3: "::\(pick(Self.numbers))"
      default: argument(1)
      }
    }
    return parts.joined(separator: ", ")
  }

  mutating func expression(_ depth: Int) -> String {
    guard depth > 0 else { return argument(0) }
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return argument(0)
    case 1..<3: return "(\(expression(depth - 1)) \(pick(Self.operators)) \(expression(depth - 1)))"
    case 3: return "(\(pick(["-", "not ", "+"]))\(expression(depth - 1)))"
    case 4: return "(\(expression(depth - 1)))[\(index())]"
    case 5: return "(\(expression(depth - 1)))\(pick(["'", ".T", " |> f", " |> sum(axis=-1)", ".shape"]))"
    case 6: return "f(\(expression(depth - 1)), c=\(argument(depth - 1)))"
    case 7:
      let word = pick(["grad", "jacobian", "hessian", "value_and_grad", "depends", "check", "jvp", "vjp"])
      let wanted = Bool.random(using: &random) ? "sum(\(expression(depth - 1)))" : expression(depth - 1)
      let seed = word.hasSuffix("vp") ? ", \(argument(1))" : ""
      return "\(word)(\(wanted), \(pick(["x", "w", "v", "s", "l", "m"]))\(seed))"
    default: return call(depth)
    }
  }

  /// A call of any function: what it needs, in order, and some of the rest by name.
  private mutating func call(_ depth: Int) -> String {
    let signature = pick(Self.functions)
    var words: [String] = []
    for parameter in signature.parameters {
      if parameter.isVariadic {
        words += (0..<Int.random(in: 0...3, using: &random)).map { _ in argument(depth - 1) }
      } else if !parameter.isOptional {
        words.append(argument(depth - 1))
      }
    }
    for parameter in signature.parameters where parameter.isOptional && Bool.random(using: &random) {
      // As long as is asked for is too long to wait for.
      words.append("\(parameter.name)=\(["steps", "epochs"].contains(parameter.name) ? count() : argument(depth - 1))")
    }
    if signature.name == "train", !words.contains(where: { $0.hasPrefix("steps=") }) { words.append("steps=2") }
    return "\(signature.name)(\(words.joined(separator: ", ")))"
  }

  private mutating func argument(_ depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
    case 0..<2: pick(Self.numbers)
    case 2..<4: pick(Self.values)
    case 4: "[\(pick(Self.numbers)), \(pick(Self.numbers))]"
    default: expression(depth)
    }
  }

  private mutating func pick(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }

  private mutating func pick(_ signatures: [Signature]) -> Signature {
    signatures[Int.random(in: 0..<signatures.count, using: &random)]
  }
}
