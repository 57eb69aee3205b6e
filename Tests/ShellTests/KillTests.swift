import Files
import Foundation
import Refusals
import Syntax
import Tensors
import TestSupport
import Testing

@testable import Language
@testable import Shell

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Programs killed while they save, and what took long brought back.
@Suite struct KillTests {
  private static func environment(_ folder: Folder) -> [String: String] {
    ["HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state", "TERM": "xterm", "LANG": "C.UTF-8"]
  }

  private static func start(_ folder: Folder, _ terminal: PseudoTerminal) throws -> Child {
    try #require(terminal.child(home: folder, environment(folder), directory: folder.path))
  }

  /// All files, hidden ones too.
  private static func files(_ folder: Folder) -> [String] {
    (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []).sorted()
  }

  /// Statements that all leave x and y as they are; each file is whole at any time.
  private static let pool = [
    "save(\"x.npy\", x)", "save(\"deep/x.npz\", x, y)", ":save s.session", "save(\"x.csv\", y)", "x = load(\"x.npy\");",
    "x, y = load(\"deep/x.npz\");", ":load s.session", "save(\"x.safetensors\", x)", ":export jax sum(x) x.py",
    ":export stablehlo sum(x) bundle", "save(\"link.npy\", x)", "1;",
  ]

  /// Half of GRADUS_KILLS programs, 10 if not told otherwise, killed while they save and load.
  @Test(.slow) func aKillLeavesEveryFileWhole() throws {
    let kills = ProcessInfo.processInfo.environment["GRADUS_KILLS"].flatMap(Int.init) ?? 20
    var random = SystemRandomNumberGenerator()
    for _ in 0..<kills / 2 { try killOnce(&random) }
  }

  private func killOnce(_ random: inout SystemRandomNumberGenerator) throws {
    let folder = try Folder()
    unsafe mkdir(folder.path + "/deep", 0o755)
    let setup = "x = ones(300, 1000); y = 2 * ones(50, 40)"
    let first = [
      setup, "save(\"x.npy\", x)", "save(\"deep/x.npz\", x, y)", "save(\"real.npy\", x)", ":save s.session",
    ].joined(separator: "\n")
    #expect(try Child.run(["-e", first], environment: Self.environment(folder), in: folder).status == 0)
    #expect(unsafe symlink("real.npy", folder.path + "/link.npy") == 0)
    unsafe chmod(folder.path + "/x.npy", 0o600)
    let terminal = try PseudoTerminal(columns: 80, rows: 24)
    var child: Child? = try Self.start(folder, terminal)
    try terminal.expect("> ")
    terminal.type(setup + ";\r")
    try terminal.expect("\n> ")
    var inputs: [String] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) { inputs.append(Self.pool.randomElement(using: &random) ?? "1") }
    for input in inputs { terminal.type("\u{1B}[200~\(input)\u{1B}[201~\r") }
    usleep(UInt32.random(in: 0...150_000, using: &random))
    #expect(child != nil)
    child = nil

    // Any start clears up, wherever it is.
    #expect(try Child.run(["-e", "1"], environment: Self.environment(folder)).status == 0)
    let left = Self.files(folder).filter { $0.hasSuffix(".tmp") || $0.hasSuffix(".new") }
    #expect(left == [], "\(inputs)")
    let check = """
      expect load("x.npy") == ones(300, 1000); expect load("link.npy") == ones(300, 1000)
      a, b = load("deep/x.npz"); expect a == ones(300, 1000); expect b == 2 * ones(50, 40)
      :load s.session
      expect x == ones(300, 1000); expect y == 2 * ones(50, 40)
      """
    let result = try Child.run(["-e", check], environment: Self.environment(folder), in: folder)
    #expect(result.status == 0, "\(inputs): \(result)")
    for name in ["x.csv", "x.safetensors"] where folder.names.contains(name) {
      #expect(try Child.run(["-e", "load(\"\(name)\");"], in: folder).status == 0, "\(inputs)")
    }
    #expect(folder.mode(of: "x.npy") == 0o600)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/link.npy") == "real.npy")

    // And the session is there.
    let again = try PseudoTerminal(columns: 80, rows: 24)
    child = try Self.start(folder, again)
    try again.expect(":restore brings back")
    again.type(":restore\r")
    try again.expect("done again")
    again.type("sum(x)\rsum(y)\r")
    try again.expect("\n300000")
    try again.expect("\n4000")
    try again.expect("\n> ")
    again.type("\u{4}")
    #expect(child?.status() == 0)
  }

  /// Long loops that were stopped are back in seconds, chance included.
  @Test(.slow) func whatTookLongIsBackAtOnce() throws {
    let folder = try Folder()
    var terminal = try PseudoTerminal(columns: 80, rows: 24)
    var child: Child? = try Self.start(folder, terminal)
    try terminal.expect("> ")
    terminal.type("w = 0; v = weights(3);\r")
    try terminal.expect("\n> ")
    for (loop, name) in [("w += 1", "w"), ("v = 0.5 * v + 0.1", "v")] {
      terminal.type("repeat 1e12 { \(loop) }\r")
      usleep(1_500_000)
      terminal.type("\u{3}")
      try terminal.expect("\(name) keeps the values of step")
      try terminal.expect("\n> ")
    }
    terminal.type("r = rand(3); save(\"before.npz\", w, v, r)\r")
    try terminal.expect("before.npz  ")
    try terminal.expect("\n> ")
    let sessions = Self.files(folder).filter { $0.contains("sessions/") }
    #expect(sessions.contains { $0.hasSuffix(".values") }, "\(sessions)")
    for name in sessions { #expect(folder.mode(of: name) == 0o600) }
    #expect(child != nil)
    child = nil

    terminal = try PseudoTerminal(columns: 80, rows: 24)
    child = try Self.start(folder, terminal)
    try terminal.expect("\n> ")
    let start = ContinuousClock.now
    terminal.type(":restore\r")
    try terminal.expect("done again, what took long by its values")
    #expect(ContinuousClock.now - start < .seconds(10))
    terminal.type("save(\"after.npz\", w, v, r)\r")
    try terminal.expect("after.npz  ")
    try terminal.expect("\n> ")
    terminal.type("\u{4}")
    #expect(child?.status() == 0)
    let files = ["before.npz", "after.npz"].map { FileManager.default.contents(atPath: "\(folder.path)/\($0)") }
    #expect(files[0] != nil && files[0] == files[1])
    #expect(!Self.files(folder).contains { $0.hasSuffix(".values") || $0.hasSuffix(".journal") })
  }

  /// In this process: values are written once, found damaged, and cleared away.
  @Test func valuesAreWrittenOnceAndCleared() throws {
    let folder = try Folder()
    let place = folder.path + "/j"
    var session = Session()
    session.surroundings.patience = 0
    func run(_ text: String, _ session: inout Session) throws { try session.run(Source(text: text)) { _ in } }
    do {
      let journal = Journal(folder: place) { Issue.record("\($0)") }
      session.surroundings.follow = { journal.follow($0) }
    }
    try run("x = rand(100, 100)\nw = weights(3)\nw = w + 1\nw = w + 1", &session)
    let values = { System.names(inFolder: place).filter { $0.hasSuffix(".values") }.sorted() }
    #expect(values().count == 2)
    let sizes = values().map { System.size("\(place)/\($0)") }
    #expect(sizes.contains(40_000) && sizes.contains { $0 <= 24 }, "\(sizes)")
    for name in System.names(inFolder: place) { #expect(folder.mode(of: "j/\(name)") == 0o600) }
    try run(":undo", &session)
    // It is cut off: nobody holds its lock any more.
    session.surroundings.follow = nil
    // A journal is named by its second.
    usleep(1_100_000)
    let reader = Journal(folder: place) { _ in }
    func restored() throws -> Session {
      var other = Session()
      other.files.lost = { () throws(Refusal) in try reader.lost() }
      try run(":restore", &other)
      return other
    }
    #expect(try restored().record.text == session.record.text)
    let largest = try #require(values().max { System.size("\(place)/\($0)") < System.size("\(place)/\($1)") })
    folder.write("j/" + largest, "short")
    let again = try restored()
    #expect(again.record.text == session.record.text && again.record.kept.isEmpty)
    #expect(Self.values(again) == Self.values(session))
  }

  private static func values(_ session: Session) -> [Double] {
    if case .tensor(let held, _)? = session.names["x"]?.content { held.tensor.values } else { [] }
  }

  /// A session that can be restored has its values; of older ones those that fit.
  @Test func valuesWithoutAJournalGo() throws {
    let folder = try Folder()
    unsafe mkdir(folder.path + "/j", 0o700)
    let (ended, alive) = (99_999_999, getpid())
    folder.write("j/1-\(ended).journal", "gradus session 1\ndo a = 1\n")
    let names = ["1-\(ended)-1.values", "2-\(ended)-1.values", "3-\(alive)-4.values", "notes.values"]
    for name in names { folder.write("j/" + name, "x") }
    _ = Journal(folder: folder.path + "/j") { _ in }.noteOfLost()
    #expect(
      System.names(inFolder: folder.path + "/j").sorted() == [
        "1-\(ended)-1.values", "1-\(ended).journal", "3-\(alive)-4.values", "notes.values",
      ])
  }

  /// What is saved reaches the disk before its name does, and the name before the answer; needs strace.
  @Test(.enabled("strace is not here") { System.isFile("/usr/bin/strace") }) func savingWaitsForTheDisk() throws {
    let folder = try Folder()
    let program = Child.executable
    let script = """
      cd \(folder.path) && HOME=\(folder.path) exec /usr/bin/strace -f -o trace -e 'trace=/^(fsync|rename.*)$' \
        \(program) -e 'save("a.npy", 1); a = 1; :save a.session'
      """
    let file = folder.write("run.sh", script)
    let ended = try System.run(["sh", file], input: Bytes("")).get()
    #expect(ended.status == 0, "\(ended)")
    let calls = (folder.contents(of: "trace") ?? "").split(separator: "\n")
      .filter { $0.contains("fsync(") || $0.contains("rename") }.map { $0.contains("fsync") ? "fsync" : "rename" }
    #expect(calls == ["fsync", "rename", "fsync", "fsync", "rename", "fsync"], "\(calls)")
  }
}
