import Files
import Foundation
import Language
import Refusals
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

/// Files of tensors on a disk.
@Suite struct DiskTests {
  private func run(_ code: String, in folder: Folder) throws -> (status: Int32, output: String, errors: String) {
    try Child.run(["-e", code.split(separator: "DIR").joined(separator: folder.path)])
  }

  @Test func largeFilesComeBack() throws {
    let folder = try Folder()
    let code = """
      x = normal(1500, 1000)
      save("DIR/x.npy", x)
      save("DIR/x.safetensors", x, y=x + 1)
      save("DIR/x.npz", x)
      expect load("DIR/x.npy") == x
      expect load("DIR/x.safetensors", "y") == x + 1
      expect load("DIR/x.npz", "x") == x
      """
    let result = try run(code, in: folder)
    #expect(result.status == 0, "\(result.errors)")
  }

  /// A file that another program makes shorter is an error when what is gone is read.
  @Test(arguments: ["x.npy", "x.csv", "x.safetensors", "x.npz"]) func aFileThatShrinks(name: String) throws {
    let folder = try Folder()
    #expect(try run("save(\"DIR/\(name)\", x=normal(1300, 1000))", in: folder).status == 0)
    let path = folder.path + "/" + name
    let bytes = try FileAccess.disk.bytes(path)
    unsafe truncate(path, 1000)
    do throws(Refusal) {
      for entry in try TensorFile(bytes, path: path).entries { _ = try entry.read(Reading()) }
      Issue.record("\(name) was read")
    } catch { #expect(error.message.hasPrefix("it became shorter while it was read"), "\(error.message)") }
  }

  @Test func aFailedSaveLeavesTheOldFile() throws {
    let folder = try Folder()
    _ = folder.write("w.csv", "1\n")
    #expect(try run("save(\"DIR/w.csv\", zeros(2, 2, 2))", in: folder).status == 1)
    #expect(folder.contents(of: "w.csv") == "1\n")
    let none = try run("save(\"DIR/none/w.npy\", 1)", in: folder)
    #expect(none.status == 1)
    #expect(none.errors.hasPrefix("error: cannot write \"\(folder.path)/none/w.npy\": no such folder"))
    unsafe mkdir(folder.path + "/d.npy", 0o755)
    #expect(try run("save(\"DIR/d.npy\", 1)", in: folder).errors.contains("it is a directory"))
  }

  @Test func aFileThatMayNotGrowIsAnError() throws {
    let folder = try Folder()
    _ = folder.write("x.npy", "old")
    for name in ["x.npy", "x.npz", "x.safetensors", "x.csv"] {
      let result = try Child.run(["-e", "save(\"\(folder.path)/\(name)\", x=ones(1000, 100))"], limit: 8)
      #expect(result.status == 1 && result.errors.contains("\(name)\": it is too large"), "\(result)")
    }
    #expect(folder.contents(of: "x.npy") == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.npy"])
  }

  /// A disk that is full, and one that never ends.
  @Test func devicesAreNoFiles() throws {
    let folder = try Folder()
    #expect(unsafe symlink("/dev/full", folder.path + "/full.npy") == 0)
    let full = try run("save(\"DIR/full.npy\", 1)", in: folder)
    #expect(full.status == 1 && full.errors.contains("no space left on device"), "\(full)")
    #expect(unsafe symlink("/dev/zero", folder.path + "/zero.npy") == 0)
    #expect(try run("load(\"DIR/zero.npy\")", in: folder).errors.contains("it is a device, not a file"))
    #expect(try run("load(\"DIR/..\")", in: folder).errors.contains("it is a directory"))
  }
}
