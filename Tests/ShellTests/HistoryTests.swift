import Shell
import TestSupport
import Testing

@Suite struct HistoryTests {
  @Test func inputsComeBackOnceEach() throws {
    let folder = try Folder()
    var history = History(path: folder.path + "/state/gradus/history")
    for input in ["a = 1", "two\nlines\\n", "a = 1", "α ⋅ 重み"] { #expect(history.append(input) == nil) }
    let (inputs, note) = history.load()
    #expect(inputs == ["two\nlines\\n", "a = 1", "α ⋅ 重み"])
    #expect(note == nil)
    #expect(folder.mode(of: "state/gradus/history") == 0o600)
    #expect(folder.mode(of: "state/gradus") == 0o700)
    #expect(folder.contents(of: "state/gradus/history")?.split(separator: "\n").count == 4)
  }

  @Test func noFileIsNoHistory() throws {
    let folder = try Folder()
    #expect(History(path: folder.path + "/none").load() == ([], nil))
    #expect(History(path: nil).load() == ([], nil))
    var history = History(path: nil)
    #expect(history.append("a") == nil)
  }

  @Test func whatCannotBeReadIsSkipped() throws {
    let folder = try Folder()
    folder.write("history", bytes: Array("1 good\nbad\n2 \\q\n".utf8) + [0x33, 0x20, 0xFF, 0x0A, 0x34, 0x20, 0, 0x0A])
    let (inputs, note) = History(path: folder.path + "/history").load()
    #expect(inputs == ["good"])
    let path = folder.path + "/history"
    #expect(note == "4 unreadable lines of \(path) skipped; all of it is kept as \(path).old")
    #expect(folder.contents(of: "history") == "1 good\n")
    #expect(folder.contents(of: "history.old")?.hasPrefix("1 good\nbad\n") == true)
    #expect(History(path: path).load() == (["good"], nil))
  }

  @Test func nothingIsAddedToHalfALine() throws {
    let folder = try Folder()
    _ = folder.write("history", "1 a = 1\n2 b =")
    var history = History(path: folder.path + "/history")
    #expect(history.append("c = 3") == nil)
    #expect(history.load() == (["a = 1", "b =", "c = 3"], nil))
  }

  @Test func devicesStayDevices() throws {
    var history = History(path: "/dev/null")
    #expect(history.load() == ([], nil))
    #expect(history.append("a") == nil)
    var full = History(path: "/dev/full")
    #expect(full.append("a") == "history cannot be written to /dev/full: no space left on device")
    #expect(full.append("b") == nil)
  }

  @Test func aFolderInItsPlaceIsSaidOnce() throws {
    let folder = try Folder()
    var history = History(path: folder.path)
    #expect(history.load().note == "history cannot be read from \(folder.path): it is a directory")
    #expect(history.append("a") == "history cannot be written to \(folder.path): it is a directory")
    #expect(history.append("b") == nil)
  }

  @Test func aHugeFileIsCutToItsEnd() throws {
    let folder = try Folder()
    let line = "1 " + String(repeating: "x", count: 300)
    let text = (0..<12_000).map { "\(line)\($0)\n" }.joined()
    folder.write("history", bytes: Array(text.utf8))
    let (inputs, note) = History(path: folder.path + "/history").load()
    #expect(inputs.last == String(line.dropFirst(2)) + "11999")
    #expect(inputs.count > 1000)
    #expect(note == "\(folder.path)/history was long; all of it is kept as \(folder.path)/history.old")
    #expect(folder.contents(of: "history.old") == text)
    #expect(folder.contents(of: "history").map { $0.utf8.count <= 2 << 20 } == true)
    #expect(History(path: folder.path + "/history").load().inputs == inputs)
  }
}
