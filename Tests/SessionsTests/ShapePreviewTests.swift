import Sessions
import Syntax
import Tensors
import Testing

/// What is told while a line is typed.
@Suite struct ShapePreviewTests {
  private func session(_ text: String) throws -> Session {
    var session = Session()
    session.isInteractive = true
    try session.run(Source(text: text)) { _ in }
    return session
  }

  @Test(
    arguments: [
      ("w", "→ 3×2"), ("w @ w.T", "→ 3×3"), ("y = w @ w.T", "→ 3×3"), ("y := w.T @ w", "→ 2×2"), ("x @ w", "→ n×2"),
      ("w @ w", "✗ 2 ≠ 3"), ("w + [1, 2, 3]", "✗ 2 ≠ 3"), ("y = v @ w.T", "✗ 3 ≠ 2"), ("w += 1", "→ 3×2"),
      ("w[0, :] = 5", "→ 3×2"), ("w[0]", "→ 2"), ("live + 1", "→ n×2"), ("(w, v)", "→ 3×2, 3"), ("f(w)", "→ 2×3"),
      ("grad(sum(w), w)", "→ 3×2"), ("zeros(2 * 3, size(v))", "→ 6×3"), ("rand(4, 5) * 2", "→ 4×5"),
    ] as [(String, String)])
  func shapesAreTold(text: String, preview: String) throws {
    let session = try session(
      "w = rand(3, 2); v = [1, 2, 3]; input x: [n, 3]; live := x @ w; f(a) = a.T; s = 2; t = \"text\"")
    #expect(session.shapePreview(of: text) == preview)
  }

  @Test(arguments: [
    "", "w @", "w @ (", "nope", "nope(w)", "s", "s + 1", "t", ":vars", "f(a) = a", "a = 1; w @ w", "x @ x", "relu",
    "# w",
  ])
  func nothingIsToldOf(text: String) throws {
    let session = try session(
      "w = rand(3, 2); v = [1, 2, 3]; input x: [n, 3]; live := x @ w; f(a) = a.T; s = 2; t = \"text\"")
    #expect(session.shapePreview(of: text) == nil)
  }

  @Test func asciiHasItsOwnSigns() throws {
    var session = try session("w = rand(3, 2)")
    session.display.isASCII = true
    #expect(session.shapePreview(of: "w @ w.T") == "-> 3x3")
    #expect(session.shapePreview(of: "w @ w") == "x 2 != 3")
  }

  /// A key press has 5 ms.
  @Test func itIsFastWithAThousandNames() throws {
    let names = (0..<1000).map { "name\($0) = rand(20, 20);" }.joined(separator: "\n")
    let session = try session(
      names + "\nbig = rand(2000, 2000); long = rand(1000000)\n"
        + "f(x) = { y = x; repeat 100000 { y = sin(y) }; y }\nl0 := big @ big; l1 := l0 @ l0; l2 := l1 @ l1")
    let lines = [
      "y = relu(name1 @ name2 + name3) * sigmoid(name4 - name5) / 2", "name1 @ nome2 + name3", "big @ big @ big * l2",
      "inv(big) @ big", "zeros(sum(big), 3)", "long[argsort(long)]", "f(name7)", "map(sin, long)", "grad(sum(l2), big)",
      "for", "name1 * (big > 0.5)",
    ]
    for line in lines {
      _ = session.shapePreview(of: line)
      let clock = ContinuousClock()
      // The best of several: other tests run at the same time.
      let times = (0..<20).map { _ in clock.measure { _ = session.shapePreview(of: line) } }
      let best = times.min() ?? .zero
      #expect(best < .milliseconds(5), "\(line): \(best)")
    }
  }
}
