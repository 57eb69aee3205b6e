import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Numbers that slide under the keys of a terminal.
@Suite struct HandTests {
  private static let left = "\u{1B}[D"
  private static let right = "\u{1B}[C"
  private static let up = "\u{1B}[A"

  private func begun(_ line: String, columns: UInt16 = 80, rows: UInt16 = 24) throws -> ConsoleSession {
    let console = try ConsoleSession(columns: columns, rows: rows)
    _ = console.answer("w = weights(value=[-0.1, 0.3]); rate = 0.5; y := relu(w); loss := sum(y);")
    console.terminal.type("\u{C}\(line)\r")
    return console
  }

  private func waits(_ console: ConsoleSession, for line: String) -> Bool {
    let isSeen = console.waits(within: 10) { $0.contains { $0.contains(line) } }
    if !isSeen { Issue.record("no '\(line)' in \(console.lines)") }
    return isSeen
  }

  @Test(.slow) func keysMoveANumberAndEnterKeepsIt() throws {
    let console = try begun(":slide w[0] from -0.1 to 0.1, rate")
    #expect(waits(console, for: "∂loss/∂w  2 · 1 of 2 gated"))
    console.terminal.type(String(repeating: Self.right, count: 101))
    // 0 is passed, and the zero with it.
    #expect(waits(console, for: "▸ w[0]  0.001"))
    #expect(waits(console, for: "loss  0.301"))
    #expect(console.lines.contains("∂loss/∂w  2"))
    #expect(console.lines.count { $0.contains("w[0]  ") } == 1)
    console.terminal.type("\t\(Self.up)\u{1B}[5~")
    #expect(waits(console, for: "▸ rate  0.7"))
    console.terminal.type("\r")
    #expect(console.waits { $0.last == ">" })
    #expect(!console.lines.contains { $0.contains("Enter keeps") })
    console.terminal.type("w\rrate\r:undo\rw\rrate\r")
    #expect(waits(console, for: "rate  0.5"))
    #expect(console.lines.contains("undone: :slide w[0] = 0.001, rate = 0.7"))
    #expect(console.lines.suffix(6).contains("  -0.1  0.3"), "\(console.lines)")
  }

  @Test(.slow, arguments: ["\u{1B}", "\u{3}", "\u{4}", "\u{7}"]) func escapeGivesTheOldNumberBack(key: String) throws {
    let console = try begun(":slide w[0]")
    #expect(waits(console, for: "▸ w[0]  -0.1"))
    console.terminal.type(Self.left)
    #expect(waits(console, for: "▸ w[0]  -0.11"))
    console.terminal.type(key)
    #expect(waits(console, for: "w[0] is -0.1 again"))
    #expect(!console.lines.contains { $0.contains("Enter keeps") })
    // What is no key of it rings, and the line editor is as before.
    #expect(console.answer("w[0]") == ["-0.1"])
    #expect(console.answer(":undo").first?.hasPrefix("undone: loss := ") == true)
  }

  @Test(.slow) func otherKeysResizingAndStoppingLeaveItAlone() throws {
    let console = try begun(":slide rate in svd(rand(3, 3)), rate")
    #expect(waits(console, for: "▸ rate  0.5"))
    console.terminal.type("abc é\u{1B}OP\u{1B}[200~1 1\u{1B}[201~\u{1B}x")
    console.terminal.resize(columns: 60, rows: 10)
    console.terminal.type(Self.up)
    #expect(waits(console, for: "▸ rate  0.6"))
    console.terminal.type("\u{1B}")
    #expect(waits(console, for: "rate is 0.5 again"))
  }

  @Test(.slow) func whatTakesLongIsStopped() throws {
    let console = try begun(":slide rate in svd(rand(2500, 2500) * rate)")
    // By then it has begun: a Ctrl-C before would be for the line.
    usleep(1_500_000)
    for _ in 0..<20 where !console.lines.contains(where: { $0.contains("again") }) {
      console.terminal.type("\u{3}")
      _ = console.waits(within: 0.5) { $0.contains { $0.contains("again") } }
    }
    #expect(waits(console, for: "again"))
    #expect(console.answer("rate") == ["rate  0.5"])
  }

  @Test(.slow) func tooSmallATerminalSaysSo() throws {
    let console = try begun(":slide rate", columns: 26, rows: 7)
    #expect(console.waits { $0.joined().contains("30 columns") })
  }

  @Test(.slow) func aClosedTerminalEndsIt() throws {
    let console = try begun(":slide rate")
    #expect(waits(console, for: "▸ rate"))
    console.child.signal(15)
    #expect(console.child.status() == 143)
  }
}
