import Language
import Syntax
import TestSupport
import Testing

/// Scripts that are read without being run.
@Suite struct ShapeCheckTests {
  private func problems(_ text: String) -> [String] {
    var check = ShapeCheck(Session())
    return check.check(Source(text: text)).map(\.message)
  }

  @Test func everyMistakeIsFound() {
    #expect(
      problems(
        """
        x = rand(3, 5); w = rand(4, 2)
        y = x @ w
        z = relu(q)
        n = 3
        v = zeros(n, 2) + ones(2, 3)
        big = rand(30000, 30000) @ rand(30000, 30000)
        big @ x
        f(a) = a @ w
        f(x)
        for i in 0:3 { k = x + i; k @ x }
        if y > 0 { x @ x } else { w @ w }
        y + 1
        """) == [
          "inner dimensions differ in a matrix product", "unknown name 'q'", "shapes do not broadcast",
          "inner dimensions differ in a matrix product", "inner dimensions differ in a matrix product",
          "inner dimensions differ in a matrix product", "inner dimensions differ in a matrix product",
          "inner dimensions differ in a matrix product",
        ])
  }

  @Test func nothingIsRun() {
    #expect(
      problems(
        """
        w = weights(2000, 2000); x = rand(2000, 2000)
        loss := sum(x @ w @ w @ w @ w @ w)
        repeat 1000000000000 { w -= 0.1 * grad(loss, w) }
        losses = train(loss, steps=1000000000)
        i = argmax(losses)
        z = zeros(i, 3); z @ w
        while true { w = w + 1 }
        expect error "shape" in { w @ zeros(3, 3) }
        """
      ).isEmpty)
  }

  /// Functions are read where they are defined, whoever calls them.
  @Test func functionsAreReadAtTheirDefinition() {
    #expect(
      problems(
        """
        f(x) = { if ones(2) > 0 { 1 } else { 2 } }
        g(x) = { w = zeros(2, 3); w @ ones(2) + x }
        h(x) = { if x > 0 { zeros(2) } else { zeros(3) } }
        k(x) = { while "a" { x += 1 } }
        l(x) = { m(y) = ones(2) + ones(3) + y; m(x) }
        n(x) = { return x; 2 }
        o(x) = relu(qqq) + x
        p(x) = { if x > 0 { return ones(2) } else { return ones(2, 2) } }
        """) == [
          "a condition is one value; this is 2", "inner dimensions differ in a matrix product",
          "the branches give different shapes, 2 and 3", "a condition is true or false; this is a text",
          "shapes do not broadcast", "this is never reached", "unknown name 'qqq'",
          "the branches give different shapes, 2 and 2×2",
        ])
  }

  /// What differs from round to round, or between branches, is no mistake.
  @Test func loopsAndBranchesAreForeseen() {
    #expect(
      problems(
        """
        x = ones(1); repeat 3 { x = concat((x, [1])) }
        x + ones(4)
        n = 0; while n < 5 { n += 1 }
        zeros(n) + ones(5)
        c = sum(uniform(3)) > 1
        if c { y = ones(2); k = 2 } else { y = ones(3); k = 3 }
        y + ones(k)
        if 2 > 1 { z = ones(2) } else { z = ones(7) }
        z + ones(2)
        net = (); for i in 0:3 { net = append(net, ones(i + 1)) }
        sum(net[2] + ones(3))
        a = ones(2); f(v) = v + a
        f(ones(2)); a = ones(3); f(ones(3))
        g(v) = concat([ones(2), ones(3)], axis=v)
        """
      ).isEmpty)
    #expect(
      problems(
        """
        for i in 0:3 { a = ones(2); b = a + ones(3) }
        if 2 > 1 { z = ones(2) }
        z + ones(3)
        """
      ).count == 2)
  }

  /// Whatever runs without an error has none.
  @Test(arguments: TranscriptTests.documents.filter { $0.hasSuffix(".grad") && !$0.contains("mistakes") })
  func examplesAreRight(path: String) throws {
    let text = try Checkout.text(of: path)
    let allowed = path.contains("names") ? 1 : 0
    #expect(problems(text).count <= allowed, "\(problems(text))")
  }
}
