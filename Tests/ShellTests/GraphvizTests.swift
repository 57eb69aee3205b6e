import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `:export png`, with programs that play Graphviz.
@Suite struct GraphvizTests {
  private func export(_ folder: Folder, to name: String = "g.png", path: String? = nil) throws -> (
    Int32, String, String
  ) {
    let file = "\(folder.path)/\(name)"
    let run = try Child.run(
      ["-e", "w = weights(2, 2); loss := sum(w * w)\n:export png loss \(file)"],
      environment: ["PATH": path ?? folder.path])
    return (run.status, run.output, run.errors)
  }

  private func play(_ folder: Folder, _ script: String) {
    _ = folder.write("dot", "#!/bin/sh\n" + script)
    unsafe chmod(folder.path + "/dot", 0o755)
  }

  private static let drawing =
    "[ \"$*\" = -Tpng ] && { echo drawn; while read -r line; do echo \"$line\"; done; }"

  @Test func aPictureIsDrawn() throws {
    let folder = try Folder()
    play(folder, Self.drawing)
    #expect(try export(folder) == (0, "wrote \"\(folder.path)/g.png\"\n", ""))
    let picture = try #require(folder.contents(of: "g.png"))
    #expect(picture.hasPrefix("drawn\ndigraph {") && picture.contains("label=\"w\", shape=ellipse, style=filled"))
    #expect(folder.names.sorted() == ["dot", "g.png"])
  }

  @Test func withoutGraphvizItIsSaid() throws {
    let folder = try Folder()
    _ = folder.write("g.png", "old")
    let run = try export(folder)
    #expect(run.0 == 1)
    #expect(run.2.contains("error: a PNG needs Graphviz, and there is no 'dot' here"))
    #expect(run.2.contains("help: install graphviz, or :export svg, which needs nothing"))
    #expect(folder.contents(of: "g.png") == "old")
  }

  @Test func aFailureLeavesTheOldPicture() throws {
    let folder = try Folder()
    _ = folder.write("g.png", "old")
    play(folder, "echo 'no such font' >&2; exit 3")
    let run = try export(folder)
    #expect(run.0 == 1 && run.2.contains("Graphviz could not draw the graph: no such font"))
    #expect(folder.contents(of: "g.png") == "old")
    #expect(folder.names.sorted() == ["dot", "g.png"])
    play(folder, Self.drawing)
    #expect(try export(folder, to: "none/g.png").2.contains("no such folder"))
  }

  /// The real one, where it is installed.
  @Test func graphvizDrawsIt() throws {
    guard
      let path = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].first(where: {
        unsafe access($0 + "/dot", X_OK) == 0
      })
    else { return }
    let folder = try Folder()
    #expect(try export(folder, path: path).0 == 0)
    #expect(folder.contents(of: "g.png")?.contains("PNG\r\n") == true)
  }
}
