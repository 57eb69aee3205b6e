import Refusals
import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Files of the console in a bad state: one sentence, then a prompt that works, and the file kept.
@Suite struct BadInputTests {
  /// Says what it finds, answers, and ends well.
  private func starts(
    _ folder: Folder, _ environment: [String: String] = [:], _ arguments: [String] = ["-q"], saying note: String
  ) throws {
    let terminal = try PseudoTerminal(columns: 200, rows: 24)
    let usual = ["XDG_CONFIG_HOME": folder.path + "/config"]
    let child = try #require(terminal.child(arguments, home: folder, usual.merging(environment) { $1 }))
    if !note.isEmpty { try terminal.expect(note + "\n> ") }
    terminal.type("40 + 2\r")
    try terminal.expect("42\n")
    try terminal.expect("> ")
    terminal.type("\u{4}")
    #expect(child.status() == 0)
  }

  private func make(_ folder: Folder, _ names: String...) {
    for name in names { unsafe mkdir("\(folder.path)/\(name)", 0o700) }
  }

  @Test func aHistoryOfRubbish() throws {
    let folder = try Folder()
    make(folder, "gradus")
    let rubbish = [UInt8]("1 a = 1\n".utf8) + (0..<5000).map { UInt8($0 * 37 % 251) } + [0x0A]
    folder.write("gradus/history", bytes: rubbish)
    try starts(folder, saying: "skipped; all of it is kept as \(folder.path)/gradus/history.old")
    #expect(folder.contents(of: "gradus/history.old")?.utf8.count ?? 0 >= 5000)
    try starts(folder, saying: "")
    #expect(folder.contents(of: "gradus/history")?.hasPrefix("1 a = 1\n") == true)
  }

  @Test func aHistoryThatIsAFolderOrADevice() throws {
    let folder = try Folder()
    try starts(
      folder, ["GRADUS_HISTORY": folder.path],
      saying: "history cannot be read from \(folder.path): it is a directory")
    try starts(
      folder, ["GRADUS_HISTORY": "/dev/zero"], saying: "history cannot be read from /dev/zero: it is too large")
    try starts(folder, ["GRADUS_HISTORY": "/dev/null"], saying: "")
    #expect(unsafe mkfifo(folder.path + "/pipe", 0o600) == 0)
    try starts(folder, ["GRADUS_HISTORY": folder.path + "/pipe"], saying: "")
  }

  /// What stands where the folder should be; a folder that refuses is the same to the program, but not to root.
  @Test func aStateFolderThatCannotBeMade() throws {
    let folder = try Folder()
    _ = folder.write("gradus", "in the way")
    try starts(folder, saying: "")
    #expect(folder.contents(of: "gradus") == "in the way")
    try starts(folder, ["XDG_STATE_HOME": "/proc/none"], saying: "")
  }

  @Test(arguments: [
    ("rubbish\n", "it is no saved session"),
    ("gradus session 7\nmatrices 3\n", "it is of format 7; this program reads formats 1 to 2"),
    ("gradus session 1\ndo a = 1\nmystery\n", "line 3 of it can't be understood"),
  ])
  func aJournalOfRubbish(text: String, reason: String) throws {
    let folder = try Folder()
    make(folder, "gradus", "gradus/sessions")
    _ = folder.write("gradus/sessions/5-5.journal", text)
    let kept = "\(folder.path)/gradus/sessions/5-5.unreadable"
    try starts(folder, saying: "a session that was cut off cannot be read: \(reason); its file is kept as \(kept)")
    #expect(folder.contents(of: "gradus/sessions/5-5.unreadable") == text)
    try starts(folder, saying: "")
  }

  @Test func aJournalThatNeverEnds() throws {
    let folder = try Folder()
    make(folder, "gradus", "gradus/sessions")
    let path = folder.path + "/gradus/sessions/5-5.journal"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
    #expect(ftruncate(descriptor, 1 << 40) == 0)
    close(descriptor)
    try starts(folder, saying: ".unreadable")
    make(folder, "gradus/sessions/6-6.journal")
    try starts(folder, saying: ".unreadable")
  }

  @Test func anInitFileOfRubbish() throws {
    let folder = try Folder()
    make(folder, "config", "config/gradus")
    let path = folder.path + "/config/gradus/init.grad"
    folder.write("config/gradus/init.grad", bytes: [0x61, 0x0A, 0xFF, 0xFE])
    try starts(folder, saying: "\(path):2:1: this is not UTF-8")
    _ = folder.write("config/gradus/init.grad", "b = 7\nb @ nope\nc = 8\n")
    try starts(folder, saying: "unknown name 'nope'\n\(path):2:5\n  b @ nope\n      ^~~~")
    unsafe unlink(path)
    #expect(unsafe symlink("/dev/zero", path) == 0)
    try starts(folder, saying: "\(path) is not run: it is too large")
    unsafe unlink(path)
    make(folder, "config/gradus/init.grad")
    try starts(folder, saying: "\(path) is not run: it is a directory")
  }

  @Test func aSessionFileOfRubbish() throws {
    let folder = try Folder()
    folder.write("bytes", bytes: [0xFF, 0xFE])
    let cases = [
      ("bytes", "cannot load \"\(folder.path)/bytes\": it is no saved session"), ("none", "no such file"),
      ("", "it is a directory"),
      ("../../dev/zero", "it is a device, not a file"),
    ]
    for (name, reason) in cases {
      let run = try Child.run(["--keep-going", "-e", ":load \(folder.path)/\(name)", "-e", "a = 3", "-e", "a"])
      #expect(run.output == "3\n" && run.errors.contains(reason), "\(run)")
    }
    let full = try Child.run(["-e", "a = 1", "-e", ":save /dev/full"])
    #expect(full.status == 1 && full.errors.contains("no space left on device"), "\(full)")
  }

  @Test func keysOfRubbish() throws {
    let folder = try Folder()
    folder.write(".editrc", bytes: (0..<4000).map { UInt8($0 * 89 % 256) } + Array("\nbind ^Z nonsense\n".utf8))
    try starts(folder, saying: "")
  }
}
