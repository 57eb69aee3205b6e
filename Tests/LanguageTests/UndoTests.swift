import Syntax
import Testing

@testable import Language

/// States that can be gone back to.
@Suite struct UndoTests {
  /// 1 MiB in all: a matrix of 400 × 400 takes 625 KiB.
  @Test func memoryIsForAllValuesTogether() {
    var session = Session()
    session.memoryLimit = 1 << 20
    #expect(printed("a = ones(400, 400)", in: &session) == "")
    #expect(printed("b = a + 1", in: &session).contains("the result would need 625 KiB; 399 KiB are free"))
    // What names share counts once.
    #expect(printed("c = a; d = reshape(a, [160000]); sum(ones(90000))", in: &session) == "90000")
    // What can be undone gives way.
    #expect(printed("a = 1; c = 2; d = 3; 5", in: &session) == "5")
    #expect(printed("b = ones(400, 400); b[0, 0]", in: &session) == "1")
  }

  /// A line that gives again what it gave keeps it once, and only while all that it read is what it was.
  @Test func whatComesOutAgainIsKeptOnce() {
    var session = Session()
    _ = printed("a = ones(40000); b = a + 1\nd = a + b\nd = a + b\nd = a + b", in: &session)
    let before = session.undoableBytes
    _ = printed(Array(repeating: "d = a + b", count: 20).joined(separator: "\n"), in: &session)
    #expect(session.undoableBytes == before)
    #expect(
      printed("a = 2 * a\nd = a + b\nd[0]\n:undo\nd[0]\n:undo\na[0]", in: &session).hasPrefix("4\nundone: d = a + b\n3")
    )
    #expect(printed("d = a - b\nd = a + b\nd = a - b\nd = a + b\nd[0]", in: &session) == "3")
  }

  @Test func onlyChangesCount() {
    #expect(
      printed("a = 1\na = 2\na\na + 1\n:vars\n:undo\na\n:undo\n:undo") == """
        2
        3
        a  2
        undone: a = 2
        1
        undone: a = 1
        error: there is nothing to undo
          :undo
               ^
        """)
  }

  @Test func settingsComeBackAndSurroundingsStay() {
    var session = Session()
    session.surroundings.width = 40
    _ = printed("a = 1", in: &session)
    #expect(printed(":digits 3\n:ascii on\n:set broadcast error\n:set watch a\nseed(7)\n1/3", in: &session) == "0.333")
    session.surroundings.width = 60
    session.surroundings.isColored = true
    (session.isInteractive, session.memoryLimit) = (true, 1 << 30)
    _ = printed(":undo 5", in: &session)
    #expect(session.settings == Session.Settings())
    #expect(session.surroundings.width == 60 && session.surroundings.isColored)
    #expect(session.isInteractive && session.memoryLimit == 1 << 30)
  }

  @Test func redoGoesForwardAgain() {
    var session = Session()
    #expect(
      printed("a = 1\na = 2\n:undo 2\n:redo\na\n:redo\na\n:redo", in: &session).hasPrefix(
        """
        undone: a = 2
        undone: a = 1
        done again: a = 1
        1
        done again: a = 2
        2
        error: there is nothing to do again
        """))
    #expect(printed("\n:undo\nb = 1\n:redo", in: &session).contains("there is nothing to do again"))
  }

  @Test func chanceIsTakenBackToo() {
    var session = Session()
    let first = printed("a = rand(3);\nb = rand(3)\nb", in: &session)
    #expect(printed(":undo 2\na = rand(3);\nb = rand(3)\nb", in: &session).hasSuffix(first))
  }

  @Test func settingsFunctionsAndLiveNamesAreStatesToo() {
    #expect(
      printed(":digits 3\nf(x) = x\nf(x) = 2 * x\n:undo\nf(5)\ny := f(1)\n:undo 3\n1 / 3") == """
        undone: f(x) = 2 * x
        5
        undone: y := f(1)
        undone: f(x) = x
        undone: :digits 3
        0.33333
        """)
  }

  @Test func aFailedStatementThatChangedSomethingCanBeUndone() {
    var session = Session()
    #expect(printed("a = 0\nfor i in 0:5 { a += 1; if a > 2 { nope } }", in: &session).contains("unknown name"))
    #expect(printed("a\n:undo\na", in: &session).hasPrefix("3\nundone: for i in 0:5 {"))
  }

  @Test func onlyTheLastHundredAreKept() {
    var session = Session()
    _ = printed((0..<150).map { "a = \($0)" }.joined(separator: "\n"), in: &session)
    let lines = printed(":undo 150", in: &session).split(separator: "\n")
    #expect(lines.count == 101)
    #expect(lines.last == "note: 100 of 150 taken back; no state before that is kept")
    #expect(printed("a", in: &session) == "49")
  }

  @Test func diffSaysWhatChanged() {
    var session = Session()
    _ = printed("w = [[1, 2], [3, 4]]\ny := 2 * w", in: &session)
    #expect(printed(":diff w", in: &session) == "w is new since w = [[1, 2], [3, 4]]: 2×2")
    #expect(
      printed("w[1, 0] = 7\n:diff w", in: &session) == """
        w  2×2, 1 of 4 changed, since w[1, 0] = 7
          largest at [1, 0]: 3 → 7
        """)
    #expect(printed(":diff y", in: &session).hasSuffix("largest at [1, 0]: 6 → 14"))
    #expect(printed("w = [1]\n:diff w", in: &session) == "w was 2×2, now 1, since w = [1]")
    #expect(printed("w = [1]\n:diff w", in: &session) == "w has the same values as before, since w = [1]")
    #expect(printed("w = 3\nw = 4\n:diff w", in: &session) == "w  3 → 4, since w = 4")
    #expect(printed(":diff", in: &session).contains("a name is missing"))
  }
}

/// Names that are shown when they change.
@Suite struct WatchTests {
  @Test func watchedNamesAreShown() {
    #expect(
      printed("w = [1, 2]\nl := sum(w)\n:set watch w l\nx = 1\nw += 1\n:set watch off\nw += 1") == """
        w  2
          2  3
        l  5
        """)
  }

  /// What comes out again of the same values is kept once; what draws is another one each time.
  @Test func whatDrawsIsNotWhatItWas() {
    let text = printed("a = ones(20000)\nd = a + rand(20000)\ns = sum(d)\nd = a + rand(20000)\nsum(d) == s")
    #expect(text.hasSuffix("false"))
  }
}
