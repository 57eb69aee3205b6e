/// What the words and signs of the language say, for `:help for` and `:help :=`.
struct HelpWord: Sendable {
  /// The words that lead here; the first is the heading.
  let words: [String]
  let text: String
  let example: String

  private init(_ words: String, _ text: String, _ example: String) {
    self.words = words.split(separator: " ").map(String.init)
    self.text = text
    self.example = example
  }

  /// As it is shown.
  var page: String { words[0] + "\n  " + text + "\n  > " + example }

  static let named: [String: HelpWord] = {
    var table: [String: HelpWord] = [:]
    for entry in all { for word in entry.words { table[word] = entry } }
    return table
  }()

  static let all: [HelpWord] = [
    HelpWord("=", "Gives a name a value, which remembers the formula that made it.", "a = 3"),
    HelpWord(":= live", "Defines a live name: it follows whatever it reads.", "a = 1; y := a * 2"),
    HelpWord("+= -= *= /=", "Gives a name a new value, from the one it has.", "a = 1; a += 1"),
    HelpWord("-> lambda arrow", "A function without a name.", "map(t -> t ^ 2, [1, 2, 3])"),
    HelpWord("|> pipe", "Hands a value to a function: x |> f is f(x).", "[1, 4] |> sqrt |> sum"),
    HelpWord("@", "The matrix product.", "eye(2) @ [1, 2]"),
    HelpWord("*", "The product, entry by entry; a mask removes entries.", "[1, 2] * [3, 4]"),
    HelpWord("+", "The sum, entry by entry; texts are put in a row.", "[1, 2] + 1"),
    HelpWord("-", "The difference, entry by entry, or the contrary sign.", "[1, 2] - 1"),
    HelpWord("/", "The quotient, entry by entry.", "[1, 2] / 2"),
    HelpWord("%", "The remainder, with the sign of what it is divided by.", "-7 % 3"),
    HelpWord("^ **", "The power, entry by entry; that of a matrix is matrix_power(a, n).", "[1, 2] ^ 2"),
    HelpWord("' .T", "The transpose: the last two axes swapped.", "[1, 2; 3, 4].T"),
    HelpWord("== != < <= > >=", "Compare entry by entry and give a mask.", "[1, 2] < 2"),
    HelpWord("and or not xor", "Combine masks, entry by entry.", "[1, 2] > 0 and [1, 2] < 2"),
    HelpWord("~", "Behind expect: equal but for rounding.", "expect 0.1 + 0.2 ~ 0.3"),
    HelpWord("?", "In place of an operand: which shapes fit. ?relu is :help relu.", "eye(2) @ ?"),
    HelpWord("[] list [ ]", "A vector or a matrix; commas separate entries, semicolons rows.", "[1, 2; 3, 4]"),
    HelpWord("() tuple ( )", "Several values together; (w=1, b=2) is a record.", "(1, \"a\")"),
    HelpWord("{} { }", "A block of statements, and a value in a text.", "\"1 + 1 is {1 + 1}\""),
    HelpWord("; semicolon", "Ends a statement that prints nothing, or a row of a matrix.", "a = rand(3, 3);"),
    HelpWord(
      ": range", "From a up to, without, b: in an index, and for loops. arange(a, b) is a vector.", "[4, 5, 6][1:3]"),
    HelpWord("... ellipsis", "In an index: all axes that aren't spelled out.", "ones(2, 3)[..., 0]"),
    HelpWord("new newaxis None", "In an index: a new axis of length 1.", "[1, 2][:, new]"),
    HelpWord("# comment", "Begins a comment; #> begins an answer that --test compares with.", "1 + 1   # two"),
    HelpWord("\" quotes", "A text; {x} in it is a value, {{ is a brace.", "\"pi is {pi:.3f}\""),
    HelpWord("for in", "Once for each number of a range, entry, row, or part of a tuple.", "for i in 0:2 { print(i) }"),
    HelpWord("while", "As long as a condition holds.", "n = 3; while n > 1 { n -= 1 }"),
    HelpWord("repeat", "So many times.", "repeat 2 { print(\"again\") }"),
    HelpWord(
      "if else elif elseif", "One way or the other; it has a value, too.", "if 1 < 2 { \"less\" } else { \"more\" }"),
    HelpWord(
      "break continue", "Leave a loop, or go on with its next round.", "for i in 0:9 { if i > 1 { break }; print(i) }"),
    HelpWord(
      "return", "Leaves a function with a value; the last line is one without it.",
      "f(x) = { if x < 0 { return 0 }; x }"),
    HelpWord("true false True False", "The two values that masks are made of.", "[true, false]"),
    HelpWord("inf nan", "Infinity, and what is no number.", "[inf, nan]"),
    HelpWord("pi e", "The constants; both can be given other values.", "cos(pi)"),
    HelpWord("ans ans2", "The last value that was shown; ans2 is the one before it, up to ans9.", "1 + 1; ans"),
    HelpWord("input placeholder", "Declares a name without a value; n stands for any number.", "input x: [n, 3]"),
    HelpWord("expect assert", "Stops a script where something doesn't hold.", "expect 1 + 1 == 2"),
    HelpWord("run", "Runs a script in this session.", "run \"setup.grad\""),
    HelpWord(
      "import", "The names of a file as a record; for functions no import is needed.", "nets = import \"nets.grad\""),
    HelpWord("del delete", "Forgets names; :reset forgets all.", "a = 1; del a"),
    HelpWord(
      "freeze thaw", "Leaves a name, or entries of one, alone in training, or trains them again.",
      "w = weights(2); freeze w[0]"),
    HelpWord("custom_grad", "A function with a gradient of its own.", "custom_grad f(x) = relu(x) with g -> g"),
    HelpWord("exit quit", "Leaves; Ctrl-D does so, too.", ":quit"),
  ]
}
