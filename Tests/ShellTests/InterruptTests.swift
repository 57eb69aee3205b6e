import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Ctrl-C leads back to the prompt from wherever one can get.
@Suite(.serialized) struct InterruptTests {
  private static let setup = """
    M = rand(1500000, 3); A = normal(60, 60); B = rand(1500, 1500); w = weights(value=[3, 4]); L = rand(3000, 3000)
    spin(x) = { y = x; while true { y = y * 1.0001 }; y }
    turn(x) = { y = x; repeat 1000000000 { y = sin(y) }; y }
    """

  /// Each goes on for seconds at least.
  private static let endless = [
    "repeat 1e12 { z = 1 }", "while true { z = 1 }", "for i in 0:1000000000 { z = i }", "train(sum(w), steps=1e9);",
    "spin(1)", "turn(1)", "while turn(1) > 2 { z = 1 }", ":all M", ":repr M", "heat(concat((M, M, M), axis=0))",
    "hessian(sum((A @ A)^2), A);", "jacobian(A @ A, A);",
    "svd(B);", "inv(rand(3000, 3000));", "eigh(B + B.T);", "rand(6000, 6000) @ rand(6000, 6000);",
    "sort(rand(40000000));", "save(\"big.csv\", M)", "save(\"big.tsv\", M)", "save(\"big.csv.gz\", M)",
    "save(\"big.npz.gz\", L, M)", "save(\"big.npz\", L, M)",
    "load(\"fifo\")", "run \"fifo\"",
    ":files fifo", ":load fifo", "rand(10000, 10000);", "check(sum((A @ A)^2), A)", ":graph hessian(sum((A @ A)^2), A)",
    ":why hessian(sum((A @ A)^2), A)[0, 0]", ":plan hessian(sum((A @ A)^2), A)", ":cost hessian(sum((A @ A)^2), A)",
    ":export onnx sum(L @ L) loss.onnx", ":export jax sum(L @ L) loss.py", "expect hessian(sum((A @ A)^2), A) ~ 1",
    "conv2d(rand(8, 8, 500, 500), rand(8, 8, 15, 15));", "cumsum(rand(30000, 3000), axis=0);",
  ]

  @Test(.slow) func whileItWorks() throws {
    let session = try ConsoleSession()
    #expect(unsafe mkfifo(session.folder.path + "/fifo", 0o600) == 0)
    _ = session.answer(Self.setup)
    var times: [(Double, String)] = []
    let slowness = Pace.slowness
    for line in Self.endless {
      session.terminal.type(line + "\r")
      try session.terminal.expect("\u{1B}[?2004l", raw: true)
      let hasEnded = session.terminal.shows("\u{1B}[?2004h", raw: true, within: 0.5)
      let start = ContinuousClock.now
      if !hasEnded {
        session.terminal.type("\u{3}")
        try session.terminal.expect("\u{1B}[?2004h", raw: true)
        let taken = (ContinuousClock.now - start).components
        times.append((Double(taken.seconds) + Double(taken.attoseconds) / 1e18, line))
      }
    }
    // On a machine that is fast enough some may be done before they are stopped, but not most.
    #expect(times.count > Self.endless.count / 2)
    let sorted = times.map(\.0).sorted()
    #expect(sorted[sorted.count / 2] <= 0.1 * slowness + 0.1, "\(times)")
    for (time, line) in times { #expect(time <= 0.5 * slowness + 0.2, "\(line): \(time)") }
    #expect(session.answer("1 + 1") == ["2"])
  }

  @Test func whileSomethingIsTyped() throws {
    let session = try ConsoleSession()
    _ = session.answer("seven = 7")
    for keys in [
      "abc", "(1 +\r2", "\u{12}sev", "\u{1B}[200~a = 1\rb", "\"se\t\t", "se\t\t\t", "\u{1B}", "\u{1B}[", "\u{1B}]11;",
      "\u{16}",
      "\u{1B}[A", "x\u{1B}\ry", "\u{1B}[200~", "(\r\r(\r",
    ] {
      session.terminal.type(keys)
      usleep(30_000)
      session.terminal.type("\u{3}")
      session.terminal.type("\r\r")
      #expect(session.answer("seven + 1") == ["8"], "\(keys.debugDescription)")
    }
  }

  @Test func aSlowTerminalIsNotWaitedFor() throws {
    let session = try ConsoleSession()
    _ = session.answer("M = rand(300000, 3);")
    session.terminal.type(":all M\r")
    // Nothing is read for a while: the terminal is full.
    usleep(1_500_000)
    session.terminal.type("\u{3}")
    usleep(300_000)
    session.terminal.type("20 + 3\r")
    #expect(session.waits(within: 10) { $0.suffix(2) == ["23", ">"] }, "\(session.lines.suffix(4))")
  }

  /// What was left behind holds nobody.
  @Test func abandonedWorkIsForgotten() throws {
    let session = try ConsoleSession()
    for _ in 0..<2 {
      session.terminal.type("repeat 1e12 { z = 1 }\r")
      usleep(300_000)
      // Faster than the work can notice.
      for _ in 0..<3 { session.terminal.type("\u{3}\u{3}") }
      session.terminal.type("20 + 3\r")
      #expect(session.waits(within: 10) { $0.suffix(2) == ["23", ">"] }, "\(session.lines.suffix(4))")
      session.type("\u{C}")
    }
    session.terminal.type(":quit\r")
    #expect(session.child.status() == 0)
  }
}
