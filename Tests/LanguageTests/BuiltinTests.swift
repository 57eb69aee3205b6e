import Graphs
import Language
import Syntax
import Testing

/// Functions of the session, as a kind: what holds for all rows of the table.
@Suite struct BuiltinTests {
  private static let names = Builtin.all.flatMap { [$0.name] + $0.aliases }

  private static let setting = "w = weights(value=[1, 2])\nm = mask([1, 0])\nloss := sum(square(w * m))\n"

  @Test(arguments: names) func handedToAFunctionItIsCalledOrRefused(name: String) {
    for call in ["map(\(name), [1, 2])", "f(g) = g(2)\nf(\(name))", "f(g) = g()\nf(\(name))", "\(name)()"] {
      let text = printed(Self.setting + call)
      // A blank line is what print() is for.
      #expect((!text.isEmpty || name == "print") && text.split(separator: "\n").count < 40, "\(call): \(text)")
    }
  }

  @Test(arguments: names) func itsNameCanBeGivenAnotherMeaning(name: String) {
    let text = printed("\(name)(x) = 3 * x\n\(name)(5);\ny = \(name)(5)\nexpect y == 15\nexpect \(name)(1) == 3")
    if Builtin.named[name]?.isReserved == true {
      #expect(text.contains("\(name) can't be given another meaning"))
    } else {
      #expect(text.isEmpty, "\(text)")
    }
  }

  @Test(arguments: Builtin.all.filter(\.standsAlone).map(\.name)) func whatChangesTheSessionStandsAlone(name: String) {
    for call in [
      "1 + \(name)(loss)", "t := \(name)(loss)", "f(x) = \(name)(x)\nf(loss)", "[\(name)(loss)]",
      "a, b = \(name)(loss)",
    ] {
      #expect(printed(Self.setting + call).contains("stands on a line of its own"), "\(call)")
    }
  }

  @Test func whatStandsAloneIsReadForItsShapes() {
    func problems(_ text: String) -> [String] {
      var check = ShapeCheck(Session())
      return check.check(Source(text: text)).map(\.message)
    }
    let start = "w = weights(3, 2)\nx = rand(4, 3)\n"
    #expect(problems(start + "seed(3)\nsave(\"w.npy\", w)\ntrain(sum(x @ w), steps=3)\nl = train(sum(x @ w))\nl") == [])
    for call in ["save(\"w.npy\", w @ x)", "train(sum(w @ x))", "l = train(sum(w @ x))"] {
      #expect(problems(start + call) == ["inner dimensions differ in a matrix product"], "\(call)")
    }
  }

  // MARK: Words that are functions

  @Test func everyFunctionOfTheReferenceCanBeCalled() throws {
    for name in Operator.named.keys.sorted() + Builtin.named.keys.sorted() where name.first?.isLetter == true {
      switch try Parser.parseExpression("\(name)(a, b)").kind {
      case .call(let callee, let arguments):
        #expect(callee.kind == .name(name) && arguments.count == 2)
      case .unary(.not, _): #expect(name == "not")
      case let other: Issue.record("\(name): \(other)")
      }
    }
  }

  @Test(arguments: BinaryOperator.allCases.map(\.rawValue).filter { $0.first?.isLetter == true })
  func aSignThatIsAWordIsAFunctionToo(word: String) {
    let text = printed(
      """
      a = mask([1, 1, 0, 0])
      b = mask([1, 0, 1, 0])
      expect \(word)(a, b) == (a \(word) b)
      expect (a |> \(word)(b)) == (a \(word) b)
      expect \(word)(\(word)(a, b), a) == ((a \(word) b) \(word) a)
      expect sum(\(word)(a, b)) == sum(a \(word) b)
      r = \(word)(a=a, b=b)
      \(word)(a, b)[0] == r[0]
      expect error "needs 'b'" in { \(word)(a) }
      """)
    #expect(text == "true", "\(text)")
    #expect(printed("\(word)(a, b) = 3").contains("'\(word)' is reserved"))
    #expect(printed("a = true\na\n\(word) (a)").contains("expected a value, not '\(word)'"))
    #expect(printed("?\(word)").hasPrefix("\(word)(a, b)\n"))
  }

  // MARK: Initialisers

  @Test(arguments: Initialiser.all.map(\.name)) func weightsBeginWithIt(initialiser: String) {
    for shape in ["4, 3", "3, 4", "5, 5"] {
      let text = printed(
        """
        w = weights(\(shape), init="\(initialiser)")
        expect shape(w) == [\(shape)]
        expect isfinite(w)
        expect std(w) < 2
        seed(0)
        expect weights(\(shape), init="\(initialiser)") == w
        m = bernoulli(0.5, \(shape))
        expect isfinite(weights(\(shape), init="\(initialiser)", mask=m))
        """)
      #expect(text.isEmpty, "\(initialiser) \(shape): \(text)")
    }
    let wide = printed(":precision float64\n:repr sum(weights(3, 3, init=\"\(initialiser)\"))")
    #expect(!wide.contains("float32") && !wide.contains("error"), "\(wide)")
  }

  @Test func whatIsNoInitialiserIsRefused() {
    #expect(printed("weights(2, init=\"he_norml\")").contains("did you mean \"he_normal\"?"))
    let text = printed("weights(2, init=\"x\")")
    #expect(Initialiser.all.allSatisfy { text.contains($0.name) }, "\(text)")
  }

  // MARK: Precision

  @Test(arguments: [
    "[0.1]", "[0.1, 0.2]", "[[0.1, 0.2], [0.3, 0.7]]", "[0.1; 0.2]", "[-0.1, 1e-17]", "[16777217, 0.1]",
    "[0.1, 0.1 + 0.2]", "[0.1, q]", "[[0.1, q], [q, 0.1]]", "[0.1, true]", "-[0.1, 0.2]", "[0.1, 0.2]'", "[0.1] * 3",
    "([0.1, 0.2])", "concat([[0.1], [0.2]])", "stack([[0.1], [0.2]])",
  ]) func bracketsKeepTheirDigits(literal: String) {
    let given = "q = float64(0.3)\n"
    let narrow = printed(given + ":digits full\na = float64(\(literal))\n:repr a\nb = \(literal) |> float64\n:repr b")
    let wide = printed(given + ":precision float64\n:digits full\na = \(literal)\n:repr a\nb = a\n:repr b")
    func digits(_ text: String) -> String { text.split(separator: "float64").joined().filter { !"()".contains($0) } }
    #expect(digits(narrow) == digits(wide), "\(narrow)\n\(wide)")
    // Elsewhere brackets hold what the session says.
    #expect(printed(given + "a = \(literal)\nexpect a == float32(a)").isEmpty || literal.contains("q"))
  }

  @Test func onlyTheBracketsWrittenThereAreWide() {
    let text = printed(
      """
      f(x) = [0.1] * x
      k = [0.1]
      l := [0.1]
      expect float64([0.1])[0] - 0.1 == 0
      expect float64(f(1))[0] == float64(float32(0.1))
      expect float64(k)[0] == float64(float32(0.1))
      expect float64(l)[0] == float64(float32(0.1))
      expect float32([0.1])[0] == float32(0.1)
      expect map(float64, [1, 2]) == [1, 2]
      x = float64([0.1])
      expect grad(sum(square(x)), x) == 2 * x
      """)
    #expect(text.isEmpty, "\(text)")
  }

  // MARK: Updates, indices, checks

  @Test(arguments: [("+", "[1, 2]"), ("-", "[1, 2]"), ("*", "[1, 2]"), ("/", "[1, 2]"), ("+", "[[1, 2], [3, 4]]")])
  func aNumberThatIsUpdatedTakesTheShape(sign: String, value: String) {
    let text = printed(
      """
      r = 3; r \(sign)= \(value)
      s = 3; s = s \(sign) \(value)
      expect r == s
      f(v) = { r = 3; r \(sign)= v; r }
      expect f(\(value)) == s
      t = 3; repeat 5 { t \(sign)= \(value) }
      u = 3; repeat 5 { u = u \(sign) \(value) }
      expect t == u
      expect error "doesn't fit into" in { v = [1, 2]; v += [1, 2, 3] }
      expect error "doesn't fit into" in { v = [1, 2]; v += [[1, 2], [3, 4]] }
      expect error "doesn't fit into" in { v = [1, 2]; v[0] += [1, 2] }
      """)
    #expect(text.isEmpty, "\(text)")
  }

  @Test(arguments: ["[1, 0, 2]", "[0, 0]", "mask([0, 1, 1])", "[[1, 0], [0, 3]]", "[[[0, 1]], [[2, 0]]]", "zeros(0)"])
  func indicesOfWhatIsNotZeroPickIt(value: String) {
    let text = printed(
      """
      x = \(value)
      n = nonzero(x)
      expect x[n] == x[x != 0]
      expect x[nonzero(x)] == x[x != 0]
      expect size(n[0]) == count_nonzero(x)
      y = 1.0 * x; y[nonzero(y)] = 0
      expect count_nonzero(y) == 0
      """)
    #expect(text.isEmpty, "\(text)")
    let vector = "v = [3, 0, 5]\n"
    #expect(printed(vector + "expect v[nonzero(v)[0]] == [3, 5]\nexpect take(v, nonzero(v)[0]) == [3, 5]").isEmpty)
    #expect(printed(vector + "take(v, nonzero(v))").contains("not a tuple of one"))
    #expect(printed("v = [3, 0]\nv[nonzero([[1]])]").contains("there are 1 axes, but 2 indices"))
  }

  @Test(arguments: ["mask([1, 0])", "[true, false]", "v > 4", "bernoulli(1, 2)", "not mask([0, 1])"])
  func masksAreChecked(mask: String) {
    let text = printed("v = [3, 5]\nm = \(mask)\ncheck(sum(v * m), m)\ncheck(sum(square(v * m)), v, m)")
    #expect(printed("v = [3, 5]\nm = \(mask)\nk = m\ncheck(sum(v * k), m)").hasPrefix("m: agrees in 2 entries"))
    let lines = text.split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.contains("agrees in 2 entries") }, "\(text)")
    #expect(printed("t = \"a\"\ncheck(sum([1]), t)").contains("check needs a name that holds numbers"))
  }
}
