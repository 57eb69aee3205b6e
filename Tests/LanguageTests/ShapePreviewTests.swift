import Language
import Printing
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
      ("sum(w @ w.T", "→ 3×3"), ("a = 1; w @ w", "✗ 2 ≠ 3"), ("concat((v, w @ w", "✗ 2 ≠ 3"),
      (":time w @ w.T", "→ 3×3"),
      (":shapes relu(w", "→ 3×2"),
      ("s", "→ number"), ("sum(w) * 2", "→ number"), ("a = w[0, 1]", "→ number"),
      // In a block, too, but for what the block itself gives a value.
      ("for i in 0:3 {\n  y = w @ v[0:2]", "→ 3"), ("if s > 1 { s = 2; relu(w", "→ 3×2"),
      ("repeat 3 {\n  if s > 0 {\n    w.T @ w\n", "→ 2×2"), ("while s > 1 { w @ w", "✗ 2 ≠ 3"),
    ] as [(String, String)])
  func shapesAreTold(text: String, preview: String) throws {
    let session = try session(
      "w = rand(3, 2); v = [1, 2, 3]; input x: [n, 3]; live := x @ w; f(a) = a.T; s = 2; t = \"text\"")
    #expect(session.shapePreview(of: text) == preview)
  }

  @Test(arguments: [
    "", "w @", "w @ (", "nope", "nope(w)", "3", "2 + 3", "s > 1", "t", ":vars", "f(a) = a", "w = 1; w @ w", "x @ x",
    "t = \"(w",
    "f(a) = { w", "f(w) = { relu(w", "for v in w { v", "repeat 2 { v = w; v", "w.sha", ":export w", "relu(w @", "relu",
    "# w",
  ])
  func nothingIsToldOf(text: String) throws {
    let session = try session(
      "w = rand(3, 2); v = [1, 2, 3]; input x: [n, 3]; live := x @ w; f(a) = a.T; s = 2; t = \"text\"")
    #expect(session.shapePreview(of: text) == nil)
  }

  @Test(
    arguments: [
      ("f(x) = {\n", "{ is open"), ("f(x) = {\n  y = [1,\n", "[ is open"), ("1 +\n", "a value is missing"),
      ("f(x) = {\n}\n", nil), ("1 + )\n", nil),
    ] as [(String, String?)])
  func whatAnotherLineIsForIsTold(text: String, awaited: String?) throws {
    #expect(Session().awaited(behind: text) == awaited)
  }

  /// What can't be by the shapes alone is told before Enter.
  @Test(
    arguments: [
      ("w[5]", "✗ index 5 is out of range"), ("w[0, 2]", "✗ index 2 is out of range"),
      ("reshape(w, 3, 3)", "✗ reshape keeps the number of elements"),
      ("inv(w)", "✗ inv wants square matrices; this is 3×2"),
      ("concat((w, w.T))", "✗ concat along axis 0 wants equal extents elsewhere"),
      ("w[:, :, 0]", "✗ there are 2 axes, but 3 indices"),
      ("sum(w, axis=2)", "✗ sum has no axis 2 here; axes go from -2 to 1"),
      ("stack((w, w.T))", "✗ stack wants tensors of one shape"),
      ("y = w[mask([1, 0])]", "✗ the mask is 2, what it picks from 3×2"),
    ] as [(String, String)])
  func whatCannotBeIsTold(text: String, preview: String) throws {
    #expect(try session("w = rand(3, 2)").shapePreview(of: text) == preview)
    // That somewhere else a length isn't known yet changes nothing.
    #expect(try session("w = rand(3, 2); input u: [n, 3]").shapePreview(of: text) == preview)
  }

  /// With a length that isn't known yet it may still fit.
  @Test(arguments: ["u[20]", "reshape(u, 6, 2)", "v = u * 2; inv(v)", "l[20]"])
  func whatMayFitYetIsNotCalledWrong(text: String) throws {
    let preview = try session("w = rand(3, 2); input u: [n, 3]; l := u + 1").shapePreview(of: text)
    #expect(preview?.contains("✗") != true)
  }

  @Test(
    arguments: [
      (":set ", "broadcast,watch"), (":set broadcast ", "allow,error"), (":set watch ", "a,w"),
      (":precision f", "float32,float64"),
      (":digits ", "full"), (":learn h", "hint"), (":undo ", ""), (":plan ", "a,w"), (":ascii o", "off,on"),
      (":slide ", "a,w"),
      (":export sv", "svg"), (":nothing ", "a,w"),
    ] as [(String, String)])
  func commandsOfferWhatTheyTake(text: String, offered: String) throws {
    let session = try session("w = rand(3, 2); a = 1")
    let texts = session.completions(of: text, at: text.utf8.count).candidates.map(\.text)
    #expect(texts.joined(separator: ",") == offered)
  }

  @Test func asciiHasItsOwnSigns() throws {
    var session = try session("w = rand(3, 2)")
    session.display.isASCII = true
    #expect(session.shapePreview(of: "w @ w.T") == "-> 3x3")
    #expect(session.shapePreview(of: "w @ w") == "x 2 != 3")
  }

  /// What a line would compute is not computed: with these, a single product takes seconds.
  @Test(
    arguments: [
      ("big @ big @ big * l2", "→ 2000×2000"), ("inv(big) @ big", "→ 2000×2000"), ("zeros(sum(big), 3)", nil),
      ("long[argsort(long)]", nil), ("f(small)", "→ 20×20"), ("g(small)", nil), ("grad(sum(l2), big)", "→ 2000×2000"),
    ] as [(String, String?)])
  func nothingIsComputed(line: String, preview: String?) throws {
    let session = try session(
      "small = rand(20, 20); big = rand(2000, 2000); long = rand(1000000)\n"
        + "f(x) = { y = x; repeat 100000 { y = sin(y) }; y }\n"
        + "g(x) = { y = x; repeat 100000 { y = concat([y, y]) }; y }\nl0 := big @ big; l1 := l0 @ l0; l2 := l1 @ l1")
    #expect(session.shapePreview(of: line) == preview)
  }
}
