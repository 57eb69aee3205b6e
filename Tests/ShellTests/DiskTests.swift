import Sessions
import Testing

@testable import Shell

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files of tensors on a disk.
@Suite struct DiskTests {
  private func run(_ code: String, in folder: Folder) throws -> (status: Int32, output: String, errors: String) {
    try Child.run(["-e", code.split(separator: "DIR").joined(separator: folder.path)])
  }

  @Test func largeFilesComeBackMapped() throws {
    let folder = try Folder()
    let code = """
      x = normal(1500, 1000)
      save("DIR/x.npy", x)
      save("DIR/x.safetensors", x, y=x + 1)
      save("DIR/x.npz", x)
      expect load("DIR/x.npy") == x
      expect load("DIR/x.safetensors", "y") == x + 1
      expect load("DIR/x.npz") == x
      """
    let result = try run(code, in: folder)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func aFailedSaveLeavesTheOldFile() throws {
    let folder = try Folder()
    _ = folder.write("w.csv", "1\n")
    #expect(try run("save(\"DIR/w.csv\", zeros(2, 2, 2))", in: folder).status == 1)
    #expect(folder.contents(of: "w.csv") == "1\n")
    let none = try run("save(\"DIR/none/w.npy\", 1)", in: folder)
    #expect(none.status == 1)
    #expect(none.errors.hasPrefix("error: cannot write \"\(folder.path)/none/w.npy\": no such file"))
    unsafe mkdir(folder.path + "/d.npy", 0o755)
    #expect(try run("save(\"DIR/d.npy\", 1)", in: folder).errors.contains("it is a directory"))
  }

  /// A disk that is full, and one that never ends.
  @Test func devicesAreRefused() throws {
    let folder = try Folder()
    #expect(unsafe symlink("/dev/full", folder.path + "/full.npy") == 0)
    #expect(try run("save(\"DIR/full.npy\", 1)", in: folder).status == 1)
    #expect(try run("load(\"/dev/zero\")", in: folder).status == 1)
    #expect(try run("load(\"DIR/..\")", in: folder).errors.contains("it is a directory"))
  }
}
