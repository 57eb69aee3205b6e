import Language
import Printing
import Syntax
import TestSupport
import Testing

/// Numbers that are moved by hand, without the keys.
@Suite struct SlideTests {
  private static let seed = """
    x = [[0.5, 0.5, 0.4]]; w = weights(value=[0.5, 0.2; -0.1, 0.3; 0.8, -0.4]); m = mask([[0, 1], [1, 0], [0, 1]])
    rate = 0.5; y := relu(x @ (w * m)); loss := mse(y, [[1, 1]]); other := rate * 2
    """

  private func session(_ text: String = seed) throws -> Session {
    var session = Session()
    session.slides = true
    try session.run(Source(name: nil, text: text)) { _ in }
    return session
  }

  private func slide(_ line: String, in session: inout Session) throws -> Slide {
    try session.run(Source(name: nil, text: line)) { _ in }
    let begun = session.takeSlide()
    return try #require(begun)
  }

  private func refusal(_ line: String, in session: Session) -> (message: String, help: String?)? {
    var session = session
    do throws(Failure) {
      try session.run(Source(name: nil, text: line)) { _ in }
      return nil
    } catch {
      return error.diagnostics.first.map { ($0.message, $0.help) }
    }
  }

  @Test func whatFollowsIsSeenAndNothingElse() throws {
    var session = try session()
    var slide = try slide(":slide w[0, 1]", in: &session)
    let closed = slide.frame(of: session, columns: 80, rows: 24).values
    #expect(closed.contains("loss  1"))
    #expect(closed.contains("∂loss/∂w  3×2 · 3 removed · 3 gated"))
    #expect(!closed.contains { $0.contains("other") })
    slide = slide.after(.farUp, .farUp)
    #expect(slide.handles[0].value == 0.4)
    // The unit has opened: its zeros are numbers now.
    let open = slide.frame(of: session, columns: 80, rows: 24).values
    #expect(open.contains("∂loss/∂w  3×2 · 3 removed · 1 gated"), "\(open)")
    #expect(slide.statement == ":slide w[0, 1] = 0.4")
  }

  @Test func oneUndoTakesAllOfItBack() throws {
    var session = try session()
    var slide = try slide(":slide x[0, 1], rate from 0 to 1", in: &session)
    #expect(slide.statement == nil)
    slide = slide.after(.up, .next, .toEnd)
    let isMovable = slide.move(.farUp)
    #expect(!isMovable)
    let kept = try #require(slide.statement)
    #expect(kept == ":slide x[0, 1] = 0.51, rate = 1")
    var said: [Output] = []
    try session.run(Source(name: nil, text: "\(kept)\nx[0, 1]\nrate\n:undo\nx[0, 1]\nrate")) { said.append($0) }
    #expect(said == ["0.51", "1", "undone: \(kept)", "0.5", "0.5"].map { .result($0) })
  }

  @Test func stepsMeetRoundNumbersAndZero() throws {
    var session = try session("a = 0.1792; b = 20; c = 0.3; d = 1e-9; k = [1, 0, 1] > 0")
    var slide = try slide(":slide a", in: &session).after(.up)
    #expect(slide.handles[0].text == "0.18")
    slide = slide.after(.farDown, .farDown)
    #expect(slide.handles[0].text == "0")
    slide = slide.after(.down)
    #expect(slide.handles[0].text == "-0.01")
    slide = slide.after(.finer, .up)
    #expect(slide.handles[0].text == "-0.009")
    slide = slide.after(.coarser, .coarser, .up)
    #expect(slide.handles[0].text == "0")
    slide = try self.slide(":slide b", in: &session).after(.up)
    #expect(slide.handles[0].text == "21")
    slide = try self.slide(":slide c from 0 to 1 by 0.25", in: &session).after(.up)
    #expect(slide.handles[0].text == "0.5")
    slide = slide.after(.farUp)
    #expect(slide.handles[0].text == "1")
    slide = try self.slide(":slide d", in: &session)
    for _ in 0..<12 { slide = slide.after(.down) }
    #expect(slide.handles[0].text == "-2e-10")
    slide = try self.slide(":slide k[1]", in: &session).after(.up, .up)
    #expect(slide.handles[0].text == "1")
    slide = slide.after(.down)
    #expect(slide.handles[0].text == "0")
  }

  @Test func whatIsWatchedOrAskedForIsSeen() throws {
    var session = try session(Self.seed + "\n:set watch other rate")
    var slide = try slide(":slide rate", in: &session)
    _ = slide.move(.farUp)
    #expect(slide.frame(of: session, columns: 80, rows: 24).values == ["other  1.2", "rate  0.6"])
    slide = try self.slide(":slide rate in log(-rate), plot([rate, 1], rows=2), missing + 1", in: &session)
    let values = slide.frame(of: session, columns: 80, rows: 24).values
    #expect(values.first == "NaN" && values.last == "missing + 1  unknown name 'missing'", "\(values)")
    #expect(slide.frame(of: session, columns: 80, rows: 4).values.count == 2)
    var alone = try self.session("a = 1")
    #expect(
      try self.slide(":slide a", in: &alone).frame(of: alone, columns: 80, rows: 24).values[0].contains(":slide a in"))
  }

  @Test(arguments: [
    (":slide", "the number that is to slide is missing", ":slide x[0, 1], or :slide rate from 0 to 1"),
    (":slide x", "a number slides; x is 1×3", ":slide x[0, 0]"),
    (":slide x[0, 7]", nil, nil), (":slide nobody", "unknown name 'nobody'", nil),
    (":slide loss", "loss is computed anew from what it reads; that is what slides", ":slide m[0, 0]"),
    (":slide x[0, 0] + 1", "a name or an entry slides; x[0, 0] + 1 is computed", ":slide x"),
    (":slide rate from 1 to 0", "a slide goes from the smaller number to the larger one", ":slide rate from 0 to 1"),
    (":slide rate from 1", "a slide has two ends, or none", ":slide rate from 0 to 1"),
    (":slide rate from to 1", "a number is missing after 'from'", ":slide rate from 0 to 1"),
    (":slide rate from x to 1", "an end and a step are numbers", ":slide rate from 0 to 1 by 0.1"),
    (":slide rate by 0", "a step is larger than 0", ":slide rate from 0 to 1 by 0.1"),
    (":slide rate, rate", "rate slides once", ":slide rate"),
    (":slide rate in", "what is to be seen is missing", ":slide x[0, 1] in loss, grad(loss, w)"),
    (":slide rate in (", nil, nil), (":slide )(, ]", nil, nil), (":slide \"a\"", nil, nil), (":slide relu", nil, nil),
    (":slide rate = 1, x[0, 0]", "what has its value already doesn't slide", ":slide x[0, 1] = 0.5, rate = 0.1"),
    ("if true { :slide rate\n }", nil, nil), (":slide rate = nobody", "unknown name 'nobody'", nil),
  ]) func refusalsSayWhatToType(line: String, message: String?, help: String?) throws {
    let told = try #require(refusal(line, in: try session()))
    if let message { #expect(told.message == message) }
    if let help { #expect(told.help == help) }
  }

  @Test func withoutKeysThereIsASentence() throws {
    var session = try session()
    session.slides = false
    let told = try #require(refusal(":slide x[0, 1]", in: session))
    #expect(told.message == "nobody is at the keys here to slide x[0, 1]; a value can be given to it")
    #expect(told.help == "x[0, 1] = 0.5")
    session.slides = true
    (session.display.width, session.display.height) = (20, 5)
    #expect(refusal(":slide rate", in: session)?.message.contains("30 columns and 8 rows") == true)
  }
}

extension Slide {
  fileprivate func after(_ moves: Move...) -> Slide {
    var copy = self
    for move in moves { _ = copy.move(move) }
    return copy
  }
}
