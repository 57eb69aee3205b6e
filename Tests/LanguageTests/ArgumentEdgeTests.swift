import Graphs
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language

/// Every function × every argument × values from the edges: an answer or a refusal in one sentence, soon, in all ways in
/// which an expression can be looked at.
@Suite struct ArgumentEdgeTests {
  private static let signatures = Session.vocabulary.map(\.signature)
  /// What is put in the other places: by turns, so that functions of numbers, of matrices and of images get past them.
  private static let others = ["x", "2", "v", "[[4, 1], [1, 3]]", "ones(1, 1, 3, 3)"]
  /// Calls of these go on as long as they are told to, or speak to files.
  private static let endless: Set<String> = ["train", "load", "save"]

  private static func session() -> Session {
    var session = Session()
    session.memoryLimit = 1 << 24
    _ = printed(EdgeGrammar.preamble, in: &session)
    return session
  }

  /// The answer's text, or the refusal's.
  private static func outcome(_ text: String, in session: Session) -> String {
    var copy = session
    return printed(text, in: &copy)
  }

  /// Calls of a function with an edge in one place.
  private static func calls(_ signature: Signature, _ edge: String) -> [String] {
    signature.parameters.indices.flatMap { place in
      others.map { other in
        let words = signature.parameters.enumerated().compactMap { number, parameter -> String? in
          let value = number == place ? edge : other
          if parameter.isVariadic { return number == place ? edge : number == 0 ? other : nil }
          if parameter.isOptional { return number == place ? "\(parameter.name)=\(value)" : nil }
          return value
        }
        return "\(signature.name)(\(words.joined(separator: ", ")))"
      }
    }
  }

  @Test(arguments: 0..<8) func anyArgumentIsAnsweredOrRefused(part: Int) {
    let session = Self.session()
    let edges = EdgeGrammar.numbers + EdgeGrammar.values
    for (number, signature) in Self.signatures.enumerated() where number % 8 == part {
      if Self.endless.contains(signature.name) { continue }
      // Each function meets an eighth of the edges.
      for (place, edge) in edges.enumerated() where place % 8 == number / 8 % 8 {
        for call in Self.calls(signature, edge) {
          let start = ContinuousClock.now
          let text = Self.outcome(call, in: session)
          #expect(!text.isEmpty || ["seed", "print", "chars"].contains(signature.name), "\(call)")
          #expect(!text.contains("a fault of Gradus"), "\(call)\n\(text)")
          // The same call where only its shape is looked at.
          if place % 4 == part % 4 {
            _ = Self.outcome("y := \(call)", in: session)
            var check = ShapeCheck(session)
            _ = check.check(Source(text: "y = \(call)\nz = y"))
          }
          #expect(.now - start < .seconds(20), "\(call)")
        }
      }
    }
  }

  /// −2⁶³ has no negation; beyond 2⁵³ a number stands for its neighbours too.
  @Test func wholeNumbersGoTo2To53() {
    let session = Self.session()
    let calls = [
      "zeros($)", "reshape([1], $)", "broadcast_to([1], [$])", "tile([1], $)", "roll([1, 2], $)", "eye(3, 3, k=$)",
      "diag([1, 2], k=$)", "tril(ones(3, 3), k=$)", "sum([1, 2], axis=$)", "expand_dims([1], $)", "squeeze([1], $)",
      "[1, 2][$]", "[1, 2][$:]", "[1, 2][::$]", "one_hot([0], $)", "topk([1, 2], $)", "split([1, 2], $)",
      "repeat([1], $)", "pad([1], $)", "linspace(0, 1, count=$)", "permutation($)", "take([1, 2], $)", "seed($)",
      "conv2d(ones(1, 1, 2, 2), ones(1, 1, 1, 1), stride=$)", "max_pool(ones(2, 2), $)", "(1, 2)[$]",
      "repeat $ { b = 1 }", "transpose([[1]], [$, 0])", "cumsum([1], axis=$)", "softmax([1], axis=$)",
    ]
    for call in calls {
      for number in ["-9223372036854775808", "9223372036854775807", "9007199254740994", "1e300", "nan", "0.5"] {
        let written = call.split(separator: "$", omittingEmptySubsequences: false).joined(separator: number)
        let text = Self.outcome(written, in: session)
        #expect(text.hasPrefix("error: "), "\(written)\n\(text)")
        #expect(!text.contains("can't be 0"), "\(written)\n\(text)")
      }
    }
    #expect(Int(whole: 0x1p53) == 1 << 53 && Int(whole: -0x1p53) == -(1 << 53) && Int(whole: 0x1p53 + 2) == nil)
  }

  /// The parameters of a draw don't widen what was asked for.
  @Test(arguments: [
    "normal(2, mean=[1, 2, 3], std=[1, 2])", "uniform(2, low=[1, 2, 3], high=[1, 2])",
    "uniform(3, 4, low=[[0], [1], [2]], high=[[1, 2], [3, 4]])", "normal(2, mean=[[1, 2], [3, 4]], std=[1, 2])",
    "normal(2, mean=[1, 2, 3])", "normal([2, 0], mean=zeros(0, 4))", "normal(mean=[1, 2])", "rand(high=[1, 2])",
    "bernoulli([0.5, 0.5])", "bernoulli([0.5, 0.5], 3)", "normal(1, std=[1, 2])", "rand(2, low=zeros(0))",
    "weights(2, 3, value=[1, 2])", "weights(2, 3, mask=[1, 0])", "weights(value=[1, 2], mask=[1, 0, 1])",
    "layer_norm([1, 2], eps=[1, 2, 3])", "layer_norm([1, 2], eps=[1, 2])", "bernoulli(nan, 3)", "bernoulli(1.5)",
    "bernoulli([0.5, -1], 2)", "isclose([1, 2], [1, 2], rtol=[1, 2, 3])", "clip([1, 2], [1, 2, 3], [1, 2])",
    "huber([1, 2], [1, 2], delta=[1, 2, 3])", "mse([1, 2], [1, 2], weights=[1, 2, 3])", "where([1, 2], [1, 2, 3], 0)",
  ])
  func shapesThatDoNotFitAreRefused(call: String) {
    let session = Self.session()
    for text in [
      call, "y := \(call)", "f2(u) = \(call)\nf2(1)", "repeat 5 { y = \(call) }", "grad(sum(x) * sum(\(call)), x)",
    ] {
      let answer = Self.outcome(text, in: session)
      #expect(answer.contains("error: "), "\(text)\n\(answer)")
    }
    var check = ShapeCheck(session)
    #expect(!check.check(Source(text: call)).isEmpty, "\(call)")
  }

  @Test(arguments: [
    ("normal(2, mean=[1, 2], std=0)", "2\n  1  2"), ("normal(2, 2, mean=[1, 2], std=0)", "2×2\n  1  2\n  1  2"),
    ("uniform(2, low=[[3], [4]][0], high=3)", "2\n  3  3"), ("normal(mean=3, std=0)", "3"),
    ("normal(0, mean=zeros(0))", "0 · no elements"),
  ])
  func parametersThatFitAreTaken(call: String, answer: String) {
    #expect(Self.outcome(call, in: Self.session()).hasPrefix(answer.prefix(1)), "\(call)")
    if !answer.contains("elements") { #expect(Self.outcome(call, in: Self.session()) == answer) }
  }
}
