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

  /// Whatever runs without an error has none.
  @Test(arguments: TranscriptTests.documents.filter { $0.hasSuffix(".grad") && !$0.contains("mistakes") })
  func examplesAreRight(path: String) throws {
    let text = try Checkout.text(of: path)
    let allowed = path.contains("names") ? 1 : 0
    #expect(problems(text).count <= allowed, "\(problems(text))")
  }
}
