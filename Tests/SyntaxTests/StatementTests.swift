import Syntax
import Testing

@Suite struct StatementTests {
  @Test(arguments: [
    ("a = 1", "a = 1"), ("a = 1;", "a = 1 quiet"), ("a; b\nc", "a quiet; b; c"), ("a, b = f(x)", "a,b = (call f x)"),
    ("(a, b) = t", "a,b = t"), ("a := b + 1", "a := (+ b 1)"), ("a += 1", "a += 1"),
    ("a -= 1; a *= 2; a /= 3", "a -= 1 quiet; a *= 2 quiet; a /= 3"),
    ("x[0, 1] = v", "x[0 1] = v"), ("x[:, 0] += v", "x[<_:_:_> 0] += v"), ("a = 0:3", "a = (range 0 3)"),
    ("a =\n 3", "a = 3"), ("a = 1 +\n  2", "a = (+ 1 2)"), ("a = f(1,\n 2)", "a = (call f 1 2)"), ("a\n-b", "a; (- b)"),
    ("a,\nb = t", "a,b = t"), ("\n\n;;a\n;", "a"), ("", ""), ("# only\n#> 3\n", ""), ("#!/usr/bin/gradus\na", "a"),
    ("\u{FEFF}a = 1\r\nb = 2\r\n", "a = 1; b = 2"), ("a = 1\rb = 2", "a = 1; b = 2"), ("a\u{A0}+\u{3000}b", "(+ a b)"),
    ("a\n'", "error: text is written with double quotes"),
  ])
  func plain(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    ("f(x) = x^2", "def f(x) {(^ x 2)}"), ("f(x, k=2) = k * x", "def f(x k=2) {(* k x)}"), ("f() = 1", "def f() {1}"),
    ("f(x) = { a = x; a + 1 }", "def f(x) {a = x quiet; (+ a 1)}"),
    ("f(x) = {\n  a = x\n\n  a + 1\n}\n", "def f(x) {a = x; (+ a 1)}"),
    ("f(x) = {}", "def f(x) {}"), ("f(x) = { g(y) = y; g(x) }", "def f(x) {def g(y) {y} quiet; (call g x)}"),
    ("custom_grad f(x) = relu(x) with g -> g * (x > 0)", "def f(x) {(call relu x)} with g -> (* g (> x 0))"),
    ("custom_grad f(x, y) = { x * y }\n with g -> (g, g)", "def f(x y) {(* x y)} with g -> (tuple g g)"),
    ("custom_grad = 3", "custom_grad = 3"),
  ])
  func functions(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    ("repeat 200 { w -= 1 }", "repeat 200 {w -= 1}"), ("repeat (n) { a }", "repeat n {a}"),
    ("repeat(n + 1) { a }", "repeat (+ n 1) {a}"),
    ("repeat(x, 3)", "(call repeat x 3)"), ("repeat n\n{\na\n}", "repeat n {a}"),
    ("repeat 2 { repeat 3 { a } }", "repeat 2 {repeat 3 {a}}"),
    ("for i in 0:10 { b = x[i]; b }", "for i (range 0 10) {b = (at x i) quiet; b}"),
    ("for r in rows(m) { r }", "for r (call rows m) {r}"),
    ("while a < b { a += 1 }", "while (< a b) {a += 1}"), ("if a { b }", "if a {b}"),
    ("if (a) { b } else { c }", "if a {b} else {c}"),
    ("if a { b } else if c { d } else { e }", "if a {b} else {if c {d} else {e}}"),
    ("if a { b }\nelse { c }\nd", "if a {b} else {c}; d"),
    ("if a {\n\n}\nb", "if a {}; b"),
  ])
  func blocks(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    ("input x: [n, 3, _]", "input x n×3×_"), ("input x: []", "input x "), ("input x: [\n2,\n]", "input x 2"),
    ("input = 3", "input = 3"),
    ("expect a ~ b", "expect a ~ b"), ("expect a ~ b + 1, rtol=1e-3, atol=0", "expect a ~ (+ b 1) rtol=0.001 atol=0"),
    ("expect a == b", "expect (== a b)"), ("expect -1 == x", "expect (== (- 1) x)"),
    ("expect [1] ~ x", "expect [1] ~ x"),
    ("expect (a) ~ b", "expect a ~ b"), ("expect not a", "expect (not a)"), ("expect - 1", "(- expect 1)"),
    ("expect[0]", "(at expect 0)"),
    ("expect = 3", "expect = 3"), ("expect error \"shape\" in { a @ b }", "expect error \"shape\" {(@ a b)}"),
    ("expect error == 3", "expect (== error 3)"),
    ("run \"a.grad\"", "run \"a.grad\""), ("run = 3", "run = 3"), ("run(x)", "(call run x)"),
    ("expect\na", "expect; a"),
  ])
  func wordsOfTheirOwn(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test(arguments: [
    (":vars", ":vars «»"), (":why x[1, 2]  \na", ":why «x[1, 2]»; a"), ("a; :help relu", "a quiet; :help «relu»"),
    ("?relu", ":help «relu»"),
    ("?repeat", ":help «repeat»"), ("?", ":help «»"), (":time x = 3; y\r\nb", ":time «x = 3; y»; b"),
    (":save a#b.gradus", ":save «a#b.gradus»"),
    ("repeat 2 {\n:vars\n}", "repeat 2 {:vars «»}"),
    ("expect error \"a\" in {\n :set x\n}", "expect error \"a\" {:set «x»}"),
  ])
  func commands(_ text: String, _ outline: String) { #expect(Outline.of(text) == outline) }

  @Test func placesOfStatements() {
    let program = Parser.parse("a = 1;  :why x ! \n  repeat 2 { b }\n")
    #expect(program.statements.map(\.range) == [0..<5, 8..<16, 20..<34])
    #expect(program.statements.first?.isQuiet == true)
    guard case .command("why", "x !", let rest)? = program.statements.dropFirst().first?.kind else {
      Issue.record("no command")
      return
    }
    #expect(rest == 13..<16)
  }

  @Test func theSeedProgramParses() {
    let program = Parser.parse(
      """
      weights = weights(3, 2)                     # trainable
      bias    = weights(2)
      mask    = mask([[0, 1], [1, 0], [0, 1]])    # which connections exist

      input x: [n, 3]
      y    := relu(x @ (weights * mask) + bias)
      loss := mse(y, [[1, 1]])

      x = rand(1, 3)
      weights * mask
      grad(loss, weights)
      #> ∂loss/∂weights  3×2
      """)
    #expect(program.diagnostics.isEmpty)
    #expect(program.statements.count == 9)
  }
}
