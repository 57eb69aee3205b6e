import Files
import Refusals
import Synchronization
import Syntax
import TestSupport
import Testing

@testable import Language

/// What took long is kept with a session as values, and brought back by them.
@Suite struct KeptTests {
  /// Files that exist only while a test runs.
  final class Shelf: Sendable {
    let files = Mutex<[String: [UInt8]]>([:])

    func connect(_ session: inout Session) {
      session.files.bytes = { path throws(Refusal) in
        guard let bytes = self.files.withLock({ $0[path] }) else { throw Refusal("no such file") }
        return ByteSource(Bytes(bytes))
      }
      session.files.read = { path throws(Refusal) in
        guard let bytes = self.files.withLock({ $0[path] }) else { throw Refusal("no such file") }
        return String(decoding: bytes, as: UTF8.self)
      }
      session.files.save = { path, pieces throws(Refusal) in self.files.withLock { $0[path] = pieces.flatMap(\.array) }
      }
    }

    /// Puts other bytes of the same number in the place of some.
    func change(_ name: String, _ old: String, _ new: String) {
      precondition(old.utf8.count == new.utf8.count)
      files.withLock { files in
        guard var bytes = files[name], let place = bytes.firstRange(of: Array(old.utf8)) else { return }
        bytes.replaceSubrange(place, with: Array(new.utf8))
        files[name] = bytes
      }
    }
  }

  /// Everything is kept.
  private static func eager(_ shelf: Shelf = Shelf()) -> Session {
    var session = Session()
    session.surroundings.patience = 0
    shelf.connect(&session)
    return session
  }

  private static func reloaded(_ session: inout Session, _ shelf: Shelf, says: String = "by its values") -> Session {
    shelf.connect(&session)
    #expect(printed(":save s", in: &session).hasPrefix("saved"))
    var other = eager(shelf)
    other.memoryLimit = session.memoryLimit
    let answer = printed(":load s", in: &other)
    #expect(answer.contains(says), "\(answer)")
    return other
  }

  static let script = """
    :precision float64
    x = randn(3, 4)
    :precision float32
    w = weights(4, 2); m = mask([[1, 0], [0, 1], [1, 1], [0, 0]])
    input a: [n, 3]
    input b: [_, 2]; b = rand(5, 2)
    f(x, k=2) = { z = x * k; z + 1 }
    custom_grad clip(x) = x with g -> g * 0.5
    y := relu(f(float32(x)) @ (w * m))
    loss := sum(square(y))
    l1 = sum(square(clip(w)))
    repeat 50 { w -= 0.01 * grad(loss, w) }
    p, q = (1, [2, 3])
    t = (1, rand(2))
    v = w; u = v
    text = "a \\"b\\"\\n\\t\\u{1}"
    lr = 0.1; s = float32(0.1); z0 = zeros(0, 3)
    bad = [nan, inf, -inf, -0]
    seed(7); r = rand(2); d := dropout(r, 0.5)
    for i in 0:9 { s += i; if i == 4 { nope } }
    :set watch lr
    :digits 7
    1 / 3
    """

  /// Somewhere among the statements is one whose value is too large, so that two stretches are kept.
  @Test(arguments: [-1, 0, 3, 8, 12, 20]) func everythingComesBackBitForBit(place: Int) {
    let shelf = Shelf()
    var session = Self.eager(shelf)
    session.memoryLimit = 8 << 20
    for (number, line) in Self.script.split(separator: "\n").enumerated() {
      if number == place { _ = printed("big = rand(600, 600)", in: &session) }
      _ = printed(String(line), in: &session)
    }
    #expect(session.record.kept.count == (place > 0 ? 2 : 1))
    var other = Self.reloaded(&session, shelf)
    #expect(RecordTests.state(other) == RecordTests.state(session))
    #expect(other.record.text == session.record.text)
    for line in [
      "grad(loss, w)", "grad(l1, w)", "y", "d", "f(3)", "w = w * 2\ngrad(loss, w)\nl1", ":vars", "ans", "rand(3)",
    ] {
      #expect(printed(line, in: &other) == printed(line, in: &session), "\(line)")
    }
    // And once more, from what was read.
    var third = Self.reloaded(&other, shelf)
    let names = session.variableNames.map { ":repr \($0)\n" }.joined() + "ans\nrand(3)\ngrad(loss, w)\n:vars"
    #expect(printed(names, in: &third) == printed(names, in: &other))
  }

  /// The statements are not done again.
  @Test func theValuesCount() {
    let shelf = Shelf()
    var session = Self.eager(shelf)
    _ = printed("a = 11\nb = a + 1", in: &session)
    _ = printed(":save s", in: &session)
    shelf.change("s", "do a = 11", "do a = 22")
    var other = Self.eager(shelf)
    #expect(printed(":load s\na\nb", in: &other).hasSuffix("11\n12"))
  }

  /// Sessions of random statements, kept or not, undone and done again, go on alike after they were read.
  @Test func anyMixtureGoesOnAlike() {
    let pool = [
      "a = rand(3)", "b = a^2", "c := sum(b) + d", "d = sum(a * a)", "a[0] = 5", "w = weights(3)", "f(x) = x * d",
      "e1 = sum(f(w) * a)", "w -= 0.1 * grad(sum(square(w - a)), w)", "repeat 9 { w += rand(3) }", ":undo", ":redo",
      "m = bernoulli(0.5, 3); n = a * m", "nope", "rand(2)", "seed(3)", ":precision float64", ":precision float32",
      "g(x) = f(x) + 1", "a, b = (a + 1, b)", "t = (a, w)", "for i in 0:7 { d += i; if i == 3 { nope } }", ":undo 3",
    ]
    let questions = [
      "c", "grad(d, a)", "grad(e1, w)", "g(a)", "n", "grad(sum(n), a)", ":vars", "ans", "rand(2)", "d = 1\nc",
    ]
    var random = SplitMix(11)
    for round in 0..<60 {
      let shelf = Shelf()
      var session = Self.eager(shelf)
      var inputs = ["a = [1, 2, 3]; d = 2; b = a; w = weights(3)"]
      for _ in 0..<Int.random(in: 1...25, using: &random) { inputs.append(pool.randomElement(using: &random) ?? "") }
      for input in inputs {
        session.surroundings.patience = Bool.random(using: &random) ? 0 : nil
        _ = printed(input, in: &session)
      }
      var other = Self.reloaded(&session, shelf, says: "done again")
      #expect(RecordTests.state(other) == RecordTests.state(session), "round \(round): \(inputs)")
      for question in questions {
        #expect(
          printed(question, in: &other) == printed(question, in: &session), "round \(round): \(inputs), \(question)")
      }
    }
  }

  /// Whatever has become of the values, the session is the same or is refused.
  @Test func damageIsFound() {
    let shelf = Shelf()
    var session = Self.eager(shelf)
    _ = printed("a = rand(3, 2)\nw = weights(2)\nb = a @ w", in: &session)
    _ = printed(":save s", in: &session)
    let whole = shelf.files.withLock { $0["s"] ?? [] }
    let expected = RecordTests.state(session)
    let start = whole.count - session.record.kept[0].byteCount
    for place in [16, start - 300, start - 20] + Array(start..<whole.count) {
      var bytes = whole
      bytes[place] ^= 4
      shelf.files.withLock { [bytes] in $0["s"] = bytes }
      var other = Self.eager(shelf)
      let answer = printed(":load s", in: &other)
      if place >= start { #expect(answer.contains("computed again"), "\(answer)") }
      #expect(RecordTests.state(other) == expected || answer.contains("cannot load"), "\(place): \(answer)")
    }
    for length in [0, 5] + stride(from: 40, to: whole.count, by: 7) {
      shelf.files.withLock { $0["s"] = Array(whole[..<length]) }
      var other = Self.eager(shelf)
      let answer = printed(":load s", in: &other)
      #expect(RecordTests.state(other) == expected || answer.contains("cannot load"), "\(length): \(answer)")
    }
  }

  /// Headers that lie cost nothing.
  @Test(arguments: ["9999999999x9999999999", "1073741825", "3x-1", "99999999999999999999", "1x1x1x1x1x1x1x1x1x1x1x1"])
  func lyingShapesAreNotBelieved(shape: String) {
    #expect(Kept(text: Substring("1 0 1 2.0 1\\n2\t\(shape)\t5\tf\t0\\n")) == nil)
    let rest = "0 1 2.0 1\\n2\\t\(shape)\\t5\\tf\\t0\\nstate"
    #expect(Kept(text: Substring("\(Kept.sum(of: Bytes(rest))) \(rest)")) == nil)
  }

  /// A name that is too large to be kept is computed again; what comes later is kept all the same.
  @Test func whatIsTooLargeIsDoneAgain() {
    let shelf = Shelf()
    var session = Self.eager(shelf)
    session.memoryLimit = 8 << 20
    _ = printed("big = rand(600, 600)\nw = weights(3)\nrepeat 9 { w += rand(3) }", in: &session)
    #expect(session.record.kept.map(\.entries) == [1..<3])
    let other = Self.reloaded(&session, shelf)
    #expect(RecordTests.state(other) == RecordTests.state(session))
  }

  @Test func quickStatementsAreNotKept() {
    var session = Session()
    _ = printed("a = rand(300, 300)\nrepeat 20 { a += 1 }", in: &session)
    #expect(session.record.kept.isEmpty)
    #expect(!session.record.text.contains("kept"))
  }

  /// Millions of steps of a loop that was interrupted are done again as they were done: as one graph.
  @Test func anInterruptedLoopIsRedoneQuickly() throws {
    let shelf = Shelf()
    shelf.files.withLock {
      $0["s"] = Array("gradus session 1\ndo w = 0; v = 0;\npart 2000001 0 repeat 1e12 { w += 1; v = w + 1 }\n".utf8)
    }
    var session = Session()
    shelf.connect(&session)
    let start = ContinuousClock.now
    #expect(printed(":load s\nw\nv", in: &session).hasSuffix("1000001\n1000001"))
    // One by one it takes minutes.
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test func theNamesThatWereThereAreSaid() {
    let shelf = Shelf()
    var session = Self.eager(shelf)
    _ = printed("a = 1\n:save s", in: &session)
    var other = Self.eager(shelf)
    #expect(printed("b = 2\nf(x) = x\n:load s", in: &other).contains("b, f are put aside"))
    #expect(printed(":undo\nb", in: &other).hasSuffix("2"))
    var fresh = Self.eager(shelf)
    #expect(!printed(":load s", in: &fresh).contains("put aside"))
  }
}
