import Files
import Syntax
import TestSupport
import Testing

@testable import Language

/// Tuples and records, whatever their structure: the same as leaf by leaf.
@Suite struct StructureTests {
  /// A structure as text, and its leaves by how they are reached and by their paths.
  private struct Made {
    var text: String
    var leaves: [(access: String, value: String)] = []
  }

  private static func structure(_ generator: inout SplitMix, depth: Int, access: String) -> Made {
    let isRecord = Bool.random(using: &generator)
    let count = Int.random(in: 1...3, using: &generator)
    var parts: [String] = []
    var leaves: [(access: String, value: String)] = []
    for place in 0..<count {
      let name = ["w", "b", "layer"][place]
      let inner = access + (isRecord ? ".\(name)" : "[\(place)]")
      let part: Made
      if depth > 0, Int.random(in: 0..<3, using: &generator) > 0 {
        part = structure(&generator, depth: depth - 1, access: inner)
      } else {
        let values = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
          "\(Double(Int.random(in: -40...40, using: &generator)) / 8)"
        }
        let text = values.count == 1 ? values[0] : "[\(values.joined(separator: ", "))]"
        part = Made(text: text, leaves: [(inner, text)])
      }
      parts.append(isRecord ? "\(name)=\(part.text)" : part.text)
      leaves += part.leaves
    }
    return Made(text: "(" + parts.joined(separator: ", ") + (isRecord || count > 1 ? ")" : ",)"), leaves: leaves)
  }

  @Test(arguments: 0..<60) func treesAreWhatTheirLeavesAre(seed: Int) {
    var generator = SplitMix(seed)
    let made = Self.structure(&generator, depth: 3, access: "")
    var session = Session()
    let setting = "p = \(made.text)\nq = p * 2 + 1\nloss = 0 * 1\n"
    var text = printed(setting, in: &session)
    #expect(text.isEmpty, "\(text)")
    let sum = made.leaves.map { "sum((p\($0.access))^3)" }.joined(separator: " + ")
    for leaf in made.leaves {
      text = printed(
        """
        x = \(leaf.value)
        expect p\(leaf.access) ~ x
        expect q\(leaf.access) ~ 2 * x + 1
        expect (-p)\(leaf.access) ~ -x
        expect (p - q / 2)\(leaf.access) ~ x - (2 * x + 1) / 2
        expect tanh(p)\(leaf.access) ~ tanh(x)
        expect grad(\(sum), p)\(leaf.access) ~ 3 * x^2
        expect grad(\(sum), p\(leaf.access)) ~ 3 * x^2
        r = p
        r\(leaf.access) += 1
        expect r\(leaf.access) ~ x + 1
        expect p ~ \(made.text)
        """, in: &session)
      #expect(text.isEmpty, "\(made.text)\(leaf.access): \(text)")
    }
    // As it is printed, it reads back.
    let shown = printed("p", in: &session)
    if !shown.contains("\n") { #expect(printed("expect p ~ \(shown)", in: &session).isEmpty, "\(shown)") }
    // There and back.
    text = printed("p = 3\n:undo\nexpect p ~ \(made.text)", in: &session)
    #expect(!text.contains("error"), "\(text)")
  }

  /// The same values, names and marks after all is done again from the record, and from what is kept as values.
  @Test(arguments: 0..<20) func recordsBringThemBack(seed: Int) throws {
    var generator = SplitMix(seed + 1_000)
    let made = Self.structure(&generator, depth: 2, access: "")
    var session = Session()
    session.surroundings.patience = 0
    let text = printed(
      """
      k = 2
      p = \(made.text)
      add(n) = x -> x * k + n
      f = add(3)
      g = grad(x -> x^2)
      net = (w=weights(2, 2), b=weights(2, init="zeros"), act=relu, name="first")
      freeze net.b
      t = ("a", p, f)
      """, in: &session)
    #expect(text.isEmpty, "\(text)")
    let stored = StoredSession.pieces(of: session.record)
    var other = Session()
    let bytes = stored.flatMap(\.array)
    other.files.bytes = { _ in ByteSource(Bytes(bytes)) }
    _ = printed(":load \"a\"", in: &other)
    for name in session.names.keys {
      let same = printed(
        "expect f(4) == 11\nexpect g(3) == 6\nexpect p ~ \(made.text)\nexpect t[2](1) == 5", in: &other)
      #expect(same.isEmpty, "\(name): \(same)")
      #expect(session.names[name]?.trainable == other.names[name]?.trainable, "\(name)")
      #expect(session.names[name]?.frozen == other.names[name]?.frozen, "\(name)")
    }
  }

  /// One sentence each, with something to go by, and the session goes on.
  @Test(arguments: [
    ("p = (weight=1, b=2)\np.wieght", "did you mean 'weight'"), ("p = (w=1, b=2)\np.v = 3", "no entry 'v'"),
    ("p = (w=1,)\np[1]", "1 entry"), ("(1, 2) + (1, 2, 3)", "append"), ("(w=1, b=2) + (w=1, c=2)", "at b"),
    ("(w=1, 2)", "all entries of a record have names"), ("(w=1, w=2)", "named twice"),
    ("f(x) = if x { 1 } else { 2 }\nf([1, 2])", "condition is one value"),
    ("f(n) = f(n + 1)\nf(0)", "called by f(n + 1)"), ("f(x) = x + k\nk = 1\nf(1);\ndel k\nf(1)", "unknown name 'k'"),
    ("\"{3.5:d}\"", "whole"), ("\"{1:q}\"", "format"), ("\"{1:.f}\"", "digits are missing"), ("\"{\"", "lone"),
    ("\"}\"", "lone"), ("\"{}\"", "nothing between"), ("\"{1:5000d}\"", "go up to"), ("sqrt(\"4\")", "text"),
    ("if true { break }", "in a loop"), ("return 3", "in a function"), ("[[1, 2], [3]]", "2 meets 1"),
    ("x = if 1 > 0 { 1 }", "needs an 'else'"), ("import \"none.grad\"", "none.grad"), ("keys([1])", "keys"),
    ("zip((1, 2), (1, 2, 3))", "equal lengths"), ("map(x -> x, 3)", "number"), ("3 |> 4", "function"),
    ("freeze w", "unknown name 'w'"), ("w = 1\nfreeze w", "never made by weights"), ("del nothing", "unknown name"),
    ("grad(x -> \"a\")(1)", "text"), ("w = weights(2)\nl := sum(w)\ntrain(l, batch=3)", "data="),
    ("(1, 2) == (1, 2)", "expect a ~ b"), ("scan((s, x) -> s, 0, [1])", "(state, output)"),
  ]) func mistakesAreToldInASentence(text: String, word: String) {
    var session = Session()
    let answer = printed(text, in: &session)
    let error = answer.split(separator: "\n").first { $0.hasPrefix("error: ") }
    #expect(error != nil && answer.contains(word), "\(text): \(answer)")
    #expect(answer.split(separator: "\n").count <= 18)
    #expect(printed("1 + 1", in: &session) == "2")
  }
}
