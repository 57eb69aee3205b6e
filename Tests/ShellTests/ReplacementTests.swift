import Files
import Foundation
import TestSupport
import Testing

@testable import Shell

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Files that take the place of others.
@Suite struct ReplacementTests {
  /// Each way in which something is saved, as a statement.
  static let ways: [(name: String, statement: String)] =
    FileFormat.written.map { ("f.\($0.name)", "save(\"DIR/f.\($0.name)\", w=[1, 2])") }
    + [
      ("f.session", "a = 1; :save DIR/f.session"), ("f.dot", ":export dot sum([1, 2]) DIR/f.dot"),
      ("f.svg", ":export svg sum([1, 2]) DIR/f.svg"), ("f.onnx", ":export onnx sum([1, 2]) DIR/f.onnx"),
      ("f.py", ":export jax sum([1, 2]) DIR/f.py"),
    ]

  private func run(_ statement: String, in folder: Folder) throws -> (status: Int32, output: String, errors: String) {
    try Child.run(["-e", statement.split(separator: "DIR").joined(separator: folder.path)])
  }

  /// All names, hidden ones too.
  private func names(_ folder: Folder) -> [String] { System.names(inFolder: folder.path).sorted() }

  @Test(arguments: ways.indices) func linksAndModesStay(way: Int) throws {
    let (name, statement) = Self.ways[way]
    let folder = try Folder()
    unsafe mkdir(folder.path + "/far", 0o755)
    let file = folder.write("far/real", "")
    unsafe chmod(file, 0o640)
    #expect(unsafe symlink("far/real", "\(folder.path)/\(name)") == 0)
    let result = try run(statement, in: folder)
    #expect(result.status == 0, "\(result)")
    #expect(folder.mode(of: "far/real") == 0o640)
    #expect(System.size(file) > 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder.path)/\(name)") == "far/real")
    #expect(System.names(inFolder: folder.path + "/far") == ["real"])
    #expect(names(folder).filter { $0.hasPrefix(".") } == [])
  }

  @Test func aLinkToNothingMakesWhatItLeadsTo() throws {
    let folder = try Folder()
    #expect(unsafe symlink("b", folder.path + "/a") == 0)
    #expect(unsafe symlink("\(folder.path)/c", folder.path + "/b") == 0)
    #expect(System.replace(file: folder.path + "/a", with: [Bytes("x"), Bytes("y")]) == nil)
    #expect(folder.contents(of: "c") == "xy")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/a") == "b")
    #expect(unsafe symlink("loop", folder.path + "/loop") == 0)
    #expect(System.replace(file: folder.path + "/loop", with: []) == ErrorNumber(code: ELOOP))
  }

  @Test func aNewFileObeysTheUmask() throws {
    let folder = try Folder()
    #expect(System.replace(file: folder.path + "/a", with: []) == nil)
    #expect(folder.mode(of: "a") & 0o133 == 0)
    #expect(System.replace(file: folder.path + "/b", with: [], mode: 0o600) == nil)
    #expect(folder.mode(of: "b") == 0o600)
  }

  /// As somebody who isn't allowed everything.
  private func asNobody(_ body: () throws -> Void) rethrows {
    #if canImport(Glibc)
      typealias Change = @convention(c) (UInt32) -> Int32
      guard geteuid() == 0, let change = unsafe dlsym(nil, "setfsuid"), let group = unsafe dlsym(nil, "setfsgid") else {
        return try body()
      }
      _ = unsafe unsafeBitCast(group, to: Change.self)(65_534)
      _ = unsafe unsafeBitCast(change, to: Change.self)(65_534)
      defer {
        _ = unsafe unsafeBitCast(change, to: Change.self)(0)
        _ = unsafe unsafeBitCast(group, to: Change.self)(0)
      }
    #endif
    try body()
  }

  @Test func whatMayNotBeWrittenToIsRefused() throws {
    let folder = try Folder()
    unsafe chmod(folder.path, 0o777)
    let file = folder.write("f", "old")
    unsafe chmod(file, 0o444)
    asNobody { #expect(System.replace(file: file, with: [Bytes("new")]) == ErrorNumber(code: EACCES)) }
    #expect(folder.contents(of: "f") == "old")
    unsafe mkdir(folder.path + "/closed", 0o555)
    asNobody {
      let failure = System.replace(file: folder.path + "/closed/f", with: [Bytes("new")])
      #expect(failure?.message == "its folder may not be written to")
    }
    #expect(names(folder) == ["closed", "f"])
    // The first folder that can't be made says why.
    asNobody {
      let failure = System.makeFolders(folder.path + "/closed/a/b/c")
      #expect(failure?.message == "its folder may not be written to")
    }
  }

  /// Nothing is ever written through to a file's other names: what takes its place is a new file.
  @Test func anotherNameKeepsWhatItHad() throws {
    let folder = try Folder()
    for name in ["history", "f"] {
      let path = folder.write(name, "old\n")
      #expect(unsafe link(path, folder.path + "/other-\(name)") == 0)
    }
    #expect(System.replace(file: folder.path + "/f", with: [Bytes("new")]) == nil)
    var history = History(path: folder.path + "/history")
    #expect(history.append("1 + 1")?.hasSuffix("it is a file elsewhere too (a hard link)") == true)
    #expect(folder.contents(of: "f") == "new")
    for name in ["other-f", "other-history"] { #expect(folder.contents(of: name) == "old\n") }
  }

  @Test func whatIsNoLongerWantedIsGivenUp() throws {
    let folder = try Folder()
    let file = folder.write("f", "old")
    let failure = System.replace(file: file, with: [Bytes("a")]) { false }
    #expect(failure == ErrorNumber(code: ECANCELED))
    #expect(folder.contents(of: "f") == "old" && names(folder) == ["f"])
    // Whoever reads may stop reading: that holds nobody.
    #expect(unsafe mkfifo(folder.path + "/pipe", 0o600) == 0)
    let reader = unsafe open(folder.path + "/pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(reader) }
    let start = ContinuousClock.now
    let stopped = System.replace(file: folder.path + "/pipe", with: [Bytes([UInt8](repeating: 1, count: 1 << 20))]) {
      ContinuousClock.now - start < .milliseconds(100)
    }
    #expect(stopped == ErrorNumber(code: ECANCELED))
  }

  /// Where a save was killed elsewhere, the next start clears up; what is still being written stays.
  @Test func whatKilledRunsLeftElsewhereGoesAtTheNextStart() throws {
    let (home, place) = (try Folder(), try Folder())
    let state = home.path + "/gradus/unfinished"
    #expect(System.makeFolders(state) == nil)
    let (dead, living, gone) = (
      ".gradus-0123456789abcdef.tmp", ".gradus-fedcba9876543210.tmp", ".gradus-00000000000000aa.tmp"
    )
    for name in [dead, living] { place.write(name, "half") }
    place.write("victim", "whole")
    for name in [dead, living, gone] {
      #expect(unsafe symlink("\(place.path)/\(name)", "\(state)/\(name)") == 0)
    }
    // A note that leads to something else is no reason to remove that.
    #expect(unsafe symlink("\(place.path)/victim", state + "/.gradus-00000000000000bb.tmp") == 0)
    // No program that another test starts meanwhile may hold it, too.
    let held = unsafe open("\(place.path)/\(living)", O_WRONLY | O_CLOEXEC)
    #expect(flock(held, LOCK_EX) == 0)
    #expect(try Child.run(["-e", "1"], environment: ["XDG_STATE_HOME": home.path]).status == 0)
    #expect(names(place) == [living, "victim"])
    #expect(System.names(inFolder: state).sorted() == [".gradus-00000000000000bb.tmp", living])
    close(held)
    #expect(try Child.run(["--version"], environment: ["XDG_STATE_HOME": home.path]).status == 0)
    #expect(names(place) == ["victim"])
  }

  @Test func theOwnerStaysWhereThatIsAllowed() throws {
    guard geteuid() == 0 else { return }
    let folder = try Folder()
    unsafe chmod(folder.path, 0o777)
    let file = folder.write("f", "old")
    var status = stat()
    unsafe chown(file, 1234, 4321)
    #expect(System.replace(file: file, with: [Bytes("new")]) == nil)
    #expect(unsafe stat(file, &status) == 0 && status.st_uid == 1234 && status.st_gid == 4321)
    // Another group gets no more than everybody has.
    unsafe chmod(file, 0o662)
    asNobody { #expect(System.replace(file: file, with: [Bytes("newer")]) == nil) }
    #expect(folder.contents(of: "f") == "newer")
    #expect(folder.mode(of: "f") == (geteuid() == 0 ? 0o622 : 0o662))
  }

  @Test func whatKilledRunsLeftGoes() throws {
    let folder = try Folder()
    let others = [".gradus-0123.tmp", ".gradus-0123456789abcdeg.tmp", "f.npy.123.tmp"]
    for name in others + [".gradus-0123456789abcdef.tmp", ".gradus-fedcba9876543210.tmp"] {
      _ = folder.write(name, "half")
    }
    // One is still being written.
    let held = unsafe open(folder.path + "/.gradus-fedcba9876543210.tmp", O_WRONLY | O_CLOEXEC)
    #expect(flock(held, LOCK_EX) == 0)
    // One is a trap.
    _ = folder.write("victim", "whole")
    #expect(unsafe symlink("victim", folder.path + "/.gradus-00000000000000aa.tmp") == 0)
    #expect(System.replace(file: folder.path + "/f", with: [Bytes("x")]) == nil)
    let left = [".gradus-00000000000000aa.tmp", ".gradus-fedcba9876543210.tmp", "f", "victim"]
    #expect(names(folder) == (others + left).sorted())
    close(held)
    #expect(System.replace(file: folder.path + "/f", with: [Bytes("x")]) == nil)
    #expect(!names(folder).contains(".gradus-fedcba9876543210.tmp"))
    #expect(folder.contents(of: "victim") == "whole")
  }

  private func start(_ code: String, _ folder: Folder) throws -> Child {
    let streams = Array(repeating: (path: "/dev/null", flags: O_RDWR), count: 3)
    return try #require(Child(["-e", code], streams: streams, environment: ["HOME": folder.path]))
  }

  /// Killed while it saves again and again.
  @Test func aKillLeavesAWholeFile() throws {
    let folder = try Folder()
    for pause in [30, 50, 70, 90, 110] {
      var child: Child? = try start("x = ones(400, 1000); while true { save(\"\(folder.path)/x.npy\", x) }", folder)
      while !System.isFile(folder.path + "/x.npy") { usleep(1000) }
      usleep(UInt32(pause) * 1000)
      child = nil
      #expect(child == nil)
      #expect(try run("expect load(\"DIR/x.npy\") == ones(400, 1000)", in: folder).status == 0)
    }
    #expect(try run("save(\"DIR/y.npy\", 1)", in: folder).status == 0)
    #expect(names(folder).filter { $0 != ".local" } == ["x.npy", "y.npy"])
  }

  @Test func manyWritersDoNotMeet() async throws {
    let folder = try Folder()
    let path = folder.path + "/f"
    await withTaskGroup(of: ErrorNumber?.self) { group in
      for number in 0..<40 {
        group.addTask { System.replace(file: path, with: [Bytes([UInt8](repeating: UInt8(number), count: 10_000))]) }
      }
      for await failure in group { #expect(failure == nil) }
    }
    let bytes = try System.contents(ofFile: path).get()
    #expect(bytes.count == 10_000 && Set(bytes).count == 1)
    #expect(names(folder) == ["f"])
  }

  @Test func aPipeTakesWhatItIsGivenIfSomebodyReads() throws {
    let folder = try Folder()
    let path = folder.path + "/pipe.npy"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    let alone = try run("save(\"DIR/pipe.npy\", [1, 2])", in: folder)
    #expect(alone.status == 1 && alone.errors.contains("nobody is at its other end"), "\(alone)")
    let reader = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    #expect(System.replace(file: path, with: [Bytes("a"), Bytes("b")]) == nil)
    #expect(try System.contents(of: reader).get() == Array("ab".utf8))
    close(reader)
  }
}
