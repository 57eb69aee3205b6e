import Syntax
import Testing

@Suite struct ExpressionTests {
  @Test(arguments: [
    ("a + b * c", "(+ a (* b c))"), ("a - b - c", "(- (- a b) c)"), ("a * b @ c / d % e", "(% (/ (@ (* a b) c) d) e)"),
    ("-2^2", "(- (^ 2 2))"), ("2^-1", "(^ 2 (- 1))"), ("2^3^4", "(^ 2 (^ 3 4))"), ("2 ** -3 ** 4", "(^ 2 (- (^ 3 4)))"),
    ("-a * b", "(* (- a) b)"), ("a * -b", "(* a (- b))"), ("--a", "(- (- a))"), ("+a", "(+ a)"),
    ("a'^2", "(^ (T a) 2)"),
    ("not a == b and c", "(and (not (== a b)) c)"), ("a or b and not c", "(or a (and b (not c)))"),
    ("a xor b or c", "(or (xor a b) c)"), ("a < b and b <= c", "(and (< a b) (<= b c))"),
    ("a + 1 != b", "(!= (+ a 1) b)"), ("(a + b) * c", "(* (+ a b) c)"), ("not not a", "(not (not a))"),
  ])
  func precedence(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    ("x |> f", "(call f x)"), ("x |> f(axis=0)", "(call f x axis=0)"),
    ("x + 1 |> f |> g(2)", "(call g (call f (+ x 1)) 2)"),
    ("x |> grad(f)(y)", "(call (call grad f) x y)"), ("x |> (grad(f))", "(call (call grad f) x)"),
    ("x |> (f)(y)", "(call f x y)"), ("f(x |> g, 2)", "(call f (call g x) 2)"), ("x |>\n f", "(call f x)"),
    ("x |> repeat(2)", "(call repeat x 2)"),
  ])
  func pipes(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    ("x.T", "(T x)"), ("x'", "(T x)"), ("x''", "(T (T x))"), ("f(x)'.T[0]", "(at (T (T (call f x))) 0)"),
    ("f()", "(call f)"), ("f(a, k=2, n=1:3,)", "(call f a k=2 n=(range 1 3))"), ("a.b(c)", "(call (. a b) c)"),
    ("2.T", "(T 2)"), ("2'", "(T 2)"), ("grad(f)(x)", "(call (call grad f) x)"), ("f (x)", "(call f x)"),
    ("repeat(x, 3)", "(call repeat x 3)"), ("repeat(x, 3)[0] + 1", "(+ (at (call repeat x 3) 0) 1)"),
    ("x @ ? + b", "(+ (@ x ?) b)"), ("? @ w", "(@ ? w)"), ("mask(mask)", "(call mask mask)"),
  ])
  func postfixes(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    ("x[0]", "(at x 0)"), ("x[-1, :]", "(at x (- 1) <_:_:_>)"), ("x[1:3]", "(at x <1:3:_>)"),
    ("x[::2]", "(at x <_:_:2>)"),
    ("x[::-1]", "(at x <_:_:(- 1)>)"), ("x[a:]", "(at x <a:_:_>)"), ("x[:b:c]", "(at x <_:b:c>)"),
    ("x[[2, 0]]", "(at x [2 0])"),
    ("x[..., 0]", "(at x ... 0)"), ("x[…, new]", "(at x ... new)"), ("x[:, new]", "(at x <_:_:_> new)"),
    ("x[m > 0,]", "(at x (> m 0))"),
    ("x[i * 32 : (i + 1) * 32]", "(at x <(* i 32):(* (+ i 1) 32):_>)"), ("x[(0:3)]", "(at x (range 0 3))"),
    ("x[0][1]", "(at (at x 0) 1)"), ("x[\n0,\n1\n]", "(at x 0 1)"),
  ])
  func indices(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    ("[1, 2]", "[1 2]"), ("[1, 2; 3, 4]", "[1 2; 3 4]"), ("[[1, 2], [3, 4]]", "[[1 2] [3 4]]"), ("[]", "[]"),
    ("[1, 2,]", "[1 2]"), ("[1; 2]", "[1; 2]"), ("[1, 2;]", "[1 2]"),
    ("[1, # one\n\n 2;\n 3, 4\n]", "[1 2; 3 4]"),
    ("(a, b)", "(tuple a b)"), ("(a,)", "(tuple a)"), ("(a)", "a"), ("(\na\n)", "a"), ("0:10", "(range 0 10)"),
    ("a:b:c", "(range a b c)"), ("(0:n+1)", "(range 0 (+ n 1))"), ("[true, false, inf, nan]", "[true false inf nan]"),
    ("ans + 1", "(+ ans 1)"), ("[-1, +2]", "[(- 1) (+ 2)]"),
  ])
  func brackets(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: ["∂w", "α", "重み", "_", "x_1", "Ünï", "x₁", "e", "T", "truely", "input", "expect", "run", "with"])
  func names(_ name: String) { #expect(Outline.of(name) == name) }

  @Test(arguments: [
    ("\"\"", ""), ("\"a b\"", "a b"), (#""\"\\\n\t\r""#, "\"\\\n\t\r"), (#""\u{3b1}α""#, "αα"), ("\"#;\"", "#;"),
    (#""\\""#, "\\"), (#""重\\み""#, "重\\み"),
  ])
  func texts(_ literal: String, _ value: String) throws {
    #expect(try Parser.parseExpression(literal).kind == .text(value))
  }

  @Test func placesAreThoseOfTheText() throws {
    let expression = try Parser.parseExpression("  (a + b)' @ α", offset: 100)
    #expect(expression.range == 102..<115)
    guard case .binary(.matrixProduct, let sign, let left, let right) = expression.kind else {
      Issue.record("no product")
      return
    }
    #expect(sign == 111..<112)
    #expect(left.range == 102..<110)
    #expect(right.range == 113..<115)
  }

  @Test(arguments: ["", "a b", "a; b", "a = 3", "1 +", "(a"])
  func oneExpressionIsOne(_ text: String) {
    #expect(throws: Diagnostic.self) { try Parser.parseExpression(text, offset: 7) }
  }
}
