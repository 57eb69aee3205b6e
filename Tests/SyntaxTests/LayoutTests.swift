import Syntax
import TestSupport
import Testing

/// The one style of scripts.
@Suite struct LayoutTests {
  private func formatted(_ text: String) -> String? { Layout.formatted(Source(text: text)) }

  @Test(arguments: [
    ("x=1", "x = 1\n"), ("x  =  rand( 3,2 )", "x = rand(3, 2)\n"), ("f( x,k = 2 )=x*k", "f(x, k=2) = x * k\n"),
    ("sum(x,axis= 0)", "sum(x, axis=0)\n"), ("p=(w = 1,b = [1,2 ;3,4])", "p = (w=1, b=[1, 2; 3, 4])\n"),
    ("a^ 2+-b", "a^2 + -b\n"), ("- x", "-x\n"), ("not  (a and b)", "not (a and b)\n"), ("x [0]", "x [0]\n"),
    ("x[ 2*k : 2*k+2 ,...]", "x[2*k:2*k+2, ...]\n"), ("x[ i+1 ]", "x[i + 1]\n"), ("1 / 3", "1/3\n"),
    ("g=x->x ^2", "g = x -> x^2\n"), ("if a{b}else{c}", "if a { b } else { c }\n"),
    ("input  x : [n,3]", "input x: [n, 3]\n"), ("expect a~b,rtol = 1e-3", "expect a ~ b, rtol=1e-3\n"),
    ("x=1   # one", "x = 1  # one\n"), ("a;b ;c;", "a; b; c;\n"), (":why   w[ 0 ]  ", ":why   w[ 0 ]\n"),
    ("y|>relu( )", "y |> relu()\n"), ("for i in 0 : 5{t+=i}", "for i in 0:5 { t += i }\n"),
    (
      "f(x) = {\nfor i in 0:2 {\nx += i\n}\n# done\nx\n}",
      "f(x) = {\n  for i in 0:2 {\n    x += i\n  }\n  # done\n  x\n}\n"
    ),
    ("y = a +\nb", "y = a +\n  b\n"), ("y = [1,\n2]", "y = [1,\n  2]\n"),
    ("g = map(h -> {\nh\n}, x)", "g = map(h -> {\n  h\n}, x)\n"), ("\n\na\n\n\n\nb\n\n", "a\n\nb\n"),
    ("a\n  #>  3\n#> 4\nb", "a\n  #>  3\n#> 4\nb\n"), ("return_ = 1", "return_ = 1\n"), ("", ""), ("# a", "# a\n"),
    ("f(x) = { return -x }", "f(x) = { return -x }\n"), ("\u{FEFF}a\r\nb\r", "a\nb\n"),
    ("\"{ a }  b\"", "\"{ a }  b\"\n"),
    ("?relu", "?relu\n"), ("x @ ? +b", "x @ ? + b\n"), ("del  a ,b", "del a, b\n"), ("x.T  @w", "x.T @ w\n"),
  ]) func eachSignHasItsBlanks(text: String, expected: String) {
    #expect(formatted(text) == expected)
    #expect(formatted(expected) == expected)
  }

  @Test func whatCannotBeReadIsLeft() {
    #expect(formatted("x = (1") == nil)
    #expect(formatted("a b c") == nil)
  }

  /// What it says stays the same, a second time changes nothing, and blanks that were there don't matter.
  @Test func scriptsSayWhatTheySaid() throws {
    var count = 0
    let own = Checkout.files(below: "Examples", ending: [".grad"]).map { ($0, try? Checkout.text(of: $0)) }
    let sets = ["language", "functions", "programs", "joints", "questions", "bugs"]
    let others = sets.flatMap { set in
      Checkout.fixtures(set).map { ("\(set)/\($0)", try? Checkout.text(ofFixture: "\(set)/\($0)")) }
    }
    for (path, text) in own + others {
      let text = try #require(text)
      let program = Parser.parse(text)
      guard program.diagnostics.isEmpty, text.utf8.count < 200_000 else { continue }
      let first = try #require(formatted(text), "\(path)")
      #expect(formatted(first) == first, "\(path)")
      #expect(Parser.parse(first).statements.map(\.description) == program.statements.map(\.description), "\(path)")
      // More blanks where there are some already, outside of texts and comments.
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        line.contains { "\"#:?".contains($0) } ? String(line) : String(line.replacing(" ", with: "  "))
      }
      #expect(formatted(lines.joined(separator: "\n")) == first, "\(path)")
      count += 1
    }
    #expect(count > 15)
  }
}
