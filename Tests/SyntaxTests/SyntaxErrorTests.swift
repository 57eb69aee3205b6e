import Syntax
import Testing

@Suite struct SyntaxErrorTests {
  @Test(
    arguments: [
      ("1 2", "expected an operator or the end of the statement", "1 * 2 multiplies; [1, 2] is a vector"),
      ("f x", "expected an operator or the end of the statement", "f(x) calls a function; f * x multiplies"),
      ("a < b < c", "comparisons can't be chained", "a < b and b < c"),
      ("a ~= b", "'~=' has no meaning here", "a != b compares"), ("a && b", "'&&' has no meaning here", "a and b"),
      ("a || b", "'||' has no meaning here", "a or b"), ("!a", "'!' has no meaning here", "not a"),
      ("a .* b", "'.*' has no meaning here", "a * b is elementwise; a @ b is the matrix product"),
      ("a ./ b", "'./' has no meaning here", "a / b is elementwise"),
      ("a === b", "'===' has no meaning here", "a == b compares"),
      ("a // b", "'//' has no meaning here", "floor(a / b) divides and rounds down; a comment starts with #"),
      ("a |= b", "'|=' has no meaning here", "a = a or b"),
      ("f = lambda x: x", "'lambda' has no meaning here", "f(x) = x ^ 2"),
      ("def f(x): x", "'def' has no meaning here", "f(x) = x ^ 2"), ("let a = 3", "'let' has no meaning here", "a = 3"),
      ("if a = b { c }", "'=' gives a value; it doesn't compare", "a == b"),
      ("if a: b", "a block stands in braces", "if a == b { … } else { … }"),
      ("for i in xs:\n i", "a block stands in braces", "for i in 0:10 { … }"),
      ("a = b = c", "one '=' to a statement", "a == b compares"),
      ("a, b = b, a", "a tuple needs parentheses", "a, b = (b, a)"), ("a, b", "a tuple needs parentheses", "(a, b)"),
      ("a ~ b", "'~' compares only behind 'expect'", "expect a ~ b"),
      ("'abc'", "text is written with double quotes", "\"abc\""),
      ("1..3", "expected a name behind the point, not '.3'", "a range has a colon; 1:4 is 1, 2, 3"),
      ("a == not b", "'not' needs parentheses behind an operator", "a == (not b)"),
      ("2(x)", "only a function can be called", "2 * (…) multiplies"),
      ("x |> 3", "what follows '|>' must be a function or a call", "x |> relu |> sum(axis=0)"),
      ("[1 2]", "expected ',' or ']', not '2'", "commas separate entries, semicolons rows: [1, 2; 3, 4]"),
      ("f(a=1, 2)", "an argument without a name follows one with a name", "put it first, or write its name too"),
      ("f(1) = 2", "a parameter must be a name", "f(x, k=2) = k * x"), ("x × y", "'×' has no meaning here", "a * b"),
      ("x²", "'²' has no meaning here", "a ^ 2"),
      ("a·b", "'·' has no meaning here", "a * b is elementwise; a @ b is the matrix product"),
      ("a ? b : c", "'?' stands for a whole operand", "?a, or where(condition, a, b)"),
      ("f(a == b = c)", "'=' gives a value; it doesn't compare", "a == b"),
      ("x = {1, 2}", "a '{' has no meaning here", "[1, 2] is a vector; f(x) = { … } is a function"),
      ("new", "'new' stands for a new axis, in an index only", "x[:, new]"),
      ("input x: [-1]", "an extent is a number, a name or _", "input x: [n, 3]"),
      ("input x", "expected ':' and the shape, but the input ends", "input x: [n, 3]"),
      ("f(x) := x", "functions are defined with '='", nil),
      ("1 + 2 = a", "only a name, or entries of one, can stand left of '='", "a == b compares"),
      ("ans = 3", "'ans' is reserved and can't be given another value", nil),
      ("true = 3", "'true' is reserved and can't be given another value", nil),
      ("repeat = 3", "expected a value, not '='", nil),
      ("a\u{0}b", "the text contains a NUL character", "a program is plain text"),
      ("\u{FFFD}", "these bytes are not UTF-8", "save the file as UTF-8"),
      ("a \u{200B}b", "the character U+200B has no meaning here", nil),
      ("\u{7}", "the character U+0007 has no meaning here", nil),
      ("\"abc", "the text is never closed", "end it with \" on the same line"),
      ("\"a\u{0}\"", "the text contains a NUL character", nil),
      (#""\q""#, "unknown escape in a text", "\\\" \\\\ \\n \\t \\r \\u{3b1}; a backslash itself is \\\\"),
      (")", "')' closes nothing", nil), ("a }", "'}' closes nothing", nil), ("(1]", "']' does not close '('", nil),
      ("else", "'else' without an 'if' before it", "if a > b { … } else { … }"),
      ("x[]", "expected a value, not ']'", nil),
      ("repeat(a, b) { c }", "'repeat' needs one count before its block", "repeat 10 { … }"),
      ("f(x, x) = x", "two parameters are called 'x'", nil),
      (": help", "a command's name follows the ':' at once", ":help lists the commands"),
      ("expect a = b", "'=' gives a value; it doesn't compare", "expect a == b, or expect a ~ b"),
      ("repeat 2 { :vars }", "a command needs a line of its own", nil),
    ] as [(String, String, String?)])
  func wording(_ text: String, _ message: String, _ help: String?) {
    let program = Parser.parse(text)
    #expect(program.diagnostics.first?.message == message)
    #expect(program.diagnostics.first?.help == help)
    #expect(program.diagnostics.first?.isUnfinished == false)
  }

  @Test(arguments: [
    "(", "f(1,", "[1, 2", "[1;\n", "a +", "a = ", "a = 1 + # more\n\n", "a,", "x[", "repeat 3 {", "f(x) = {\n a = 1\n",
    "if a",
    "if a {\n b\n} else", "not", "-", "x |>", "f(x) = ", "a := ", "for i in", "input x:", "input x: [n",
    "custom_grad f(x) = x",
    "repeat", "while", "expect a ~", "a and", "(a\n\n", "expect error \"a\" in", "repeat 2 { f(1",
  ])
  func unfinished(_ text: String) {
    let program = Parser.parse(text)
    #expect(program.diagnostics.count == 1)
    #expect(program.diagnostics.first?.isUnfinished == true, "\(program.diagnostics)")
    #expect(program.statements.isEmpty)
  }

  @Test(
    arguments: [
      ("a = 1\nb = 2 2\nc = 3", "a = 1; c = 3", [12]), ("a = )\nb = ]\nc = }\nd = 1 2\ne", "", [4, 10, 16]),
      ("repeat 2 {\n a = = 1\n b = 2\n c c\n}\nd", "d", [16, 30]), ("f(1,\n 2]\na", "a", [7]),
      ("1 2; 3 4; 5", "5", [2, 7]),
      ("$ a\nb", "b", [0]), ("a = \"x\nb", "b", [4]), ("if a = b { c }\nd", "d", [5]),
      ("x = 1\n\n}\ny = 2", "x = 1; y = 2", [7]),
      ("else { a }\nb", "b", [0]), ("a 1 (\n) b\nc", "c", [2]), ("repeat 2 { a a }; b", "b", [13]), ("a a (", "", [2]),
    ] as [(String, String, [Int])])
  func recovery(_ text: String, _ outline: String, _ places: [Int]) {
    let program = Parser.parse(text)
    #expect(program.statements.map { Outline.of($0) }.joined(separator: "; ") == outline)
    #expect(program.diagnostics.compactMap { $0.range?.lowerBound } == places, "\(program.diagnostics)")
  }

  @Test func aBracketsOpenerIsNamed() {
    let error = Parser.parse("a = (1 + [2, 3)\n").diagnostics.first
    #expect(error?.message == "')' does not close '['")
    #expect(error?.range == 14..<15)
    #expect(error?.labels == [Diagnostic.Label(9..<10, "opened here")])
    #expect(Parser.parse("a = (1 + 2\n").diagnostics.first?.range == 4..<5)
  }
}
