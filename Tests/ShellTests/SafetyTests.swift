import Files
import Foundation
import Language
import TestSupport
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `--safe`, tried by everything that touches the outside.
@Suite struct SafetyTests {
  /// Statements that write, start or load something; DIR is a folder that may be read.
  static let refused: [(statement: String, reason: String)] = {
    var all: [(statement: String, reason: String)] = [
      (":save DIR/new.session", "--safe writes nothing"), (":save \"DIR/old.csv\"", "is no saved session"),
      ("save(\"DIR/old.csv\", 1)", "--safe writes nothing"), (":restore", "--safe keeps no sessions"),
    ]
    for format in FileFormat.written {
      all.append(("save(\"DIR/new.\(format.name)\", w=[1, 2])", "--safe writes nothing"))
    }
    for kind in ExportKind.all {
      let statement = ":export \(kind.name) sum([1, 2]) DIR/new\(kind.ending?.text ?? "")"
      all.append((statement, kind.name == "png" ? "--safe starts no programs" : "--safe writes nothing"))
    }
    return all
  }()

  /// Ways to read the file PATH.
  static let readers = [
    "load(\"PATH\")", "load(\"PATH\", \"w\")", "x = load(\"PATH\")", "run \"PATH\"", ":files PATH", ":load PATH",
    ":files \"PATH\"", ":load \"PATH\"", "repeat 2 { run \"PATH\" }",
    ":time load(\"PATH\")", "run \"DIR/inner.grad\"",
  ]

  /// Every function and command whose usage speaks of a file is tried here.
  @Test func everythingIsTried() {
    let tried = (Self.refused.map(\.statement) + Self.readers).joined(separator: "\n")
    for builtin in Builtin.all where builtin.summary.contains("file") {
      #expect(tried.contains(builtin.name + "("), "\(builtin.name)")
    }
    let besides = ["restore"]
    for command in Command.all where command.usage.contains("FILE") || besides.contains(command.name) {
      #expect(tried.contains(":\(command.name)"), "\(command.usage)")
    }
    for kind in ExportKind.all { #expect(tried.contains(":export \(kind.name) ")) }
  }

  private static func filled(_ text: String, _ folder: Folder, _ path: String = "") -> String {
    text.components(separatedBy: "PATH").joined(separator: path)
      .components(separatedBy: "DIR").joined(separator: folder.path + "/in")
  }

  /// A folder `in` that may be read, and `out` beside it, which may not, with links from one to the other.
  private static func folders() throws -> Folder {
    let folder = try Folder()
    for name in ["in", "out", "in/deep", "in-more"] { unsafe mkdir(folder.path + "/" + name, 0o755) }
    for place in ["in", "out", "in/deep", "in-more"] {
      folder.write("\(place)/old.csv", "1,2\n")
      folder.write("\(place)/a.grad", "secret = 42\n")
      folder.write("\(place)/a.session", "gradus session 1\ndo secret = 42\n")
    }
    folder.write("in/inner.grad", "run \"\(folder.path)/out/a.grad\"\n")
    for (link, target) in [
      ("in/link", "../out"), ("in/link.csv", "../out/old.csv"), ("in/two.csv", "link.csv"), ("in/here.csv", "old.csv"),
      ("in/gone.csv", "../out/none.csv"), ("in/deep/up", "../.."),
    ] { #expect(unsafe symlink(target, folder.path + "/" + link) == 0) }
    return folder
  }

  private func run(_ statement: String, _ folder: Folder) throws -> (status: Int32, output: String, errors: String) {
    try Child.run(["--safe=\(folder.path)/in", "-e", statement], in: folder)
  }

  /// Names and contents of everything.
  private func picture(_ folder: Folder) -> [String] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return names.sorted().map { "\($0): \(folder.contents(of: $0) ?? "")" }
  }

  @Test(arguments: refused.indices) func nothingIsWrittenOrStarted(number: Int) throws {
    let (statement, reason) = Self.refused[number]
    let folder = try Self.folders()
    let before = picture(folder)
    let result = try run(Self.filled(statement, folder), folder)
    #expect(result.status == 1 && result.errors.contains(reason), "\(result)")
    #expect(picture(folder) == before)
  }

  @Test(arguments: readers) func nothingOutsideIsRead(reader: String) throws {
    let folder = try Self.folders()
    let outside = [
      "DIR/../out/old.csv", "DIR/link/old.csv", "DIR/link.csv", "DIR/two.csv", "DIR/deep/up/out/old.csv", "out/old.csv",
      "../\(folder.path.split(separator: "/").last ?? "")/out/old.csv", "DIR/../out/a.grad", "DIR/link/a.session",
      "DIR-more/old.csv", "/etc/hostname", "/dev/null", "/proc/self/environ", "~/x.csv", "DIR/../out/none.csv",
      "DIR/gone.csv", "DIR/..", "/", "DIR/deep/../../out/old.csv",
    ]
    for path in outside {
      let result = try run(Self.filled(reader, folder, Self.filled(path, folder)), folder)
      #expect(result.status == 1 && result.errors.contains("--safe reads nothing outside"), "\(path): \(result)")
      #expect(!result.errors.contains("is there") && !result.output.contains("42"), "\(path): \(result)")
    }
  }

  @Test func whatIsInsideIsRead() throws {
    let folder = try Self.folders()
    for path in [
      "DIR/old.csv", "DIR/here.csv", "in/old.csv", "DIR/deep/old.csv", "DIR/deep/up/in/old.csv", "DIR/./old.csv",
    ] {
      let result = try run(Self.filled("load(\"PATH\")", folder, Self.filled(path, folder)), folder)
      #expect(result.status == 0 && result.output == "1×2\n  1  2\n", "\(path): \(result)")
    }
    #expect(try run(Self.filled("run \"DIR/a.grad\"; secret", folder), folder).output == "42\n")
    #expect(try run(Self.filled(":load DIR/a.session\nsecret", folder), folder).output.hasSuffix("42\n"))
  }

  @Test func theScriptsOwnFolderIsTheOneThatIsRead() throws {
    let folder = try Self.folders()
    folder.write("in/main.grad", "load(\"in/old.csv\")\nload(\"out/old.csv\")\n")
    folder.write("in/main.md", "```gradus\nload(\"out/old.csv\")\n#> 1×2\n#>   1  2\n```\n")
    let result = try Child.run(["--safe", "in/main.grad"], in: folder)
    #expect(result.output == "1×2\n  1  2\n" && result.errors.contains("in/main.grad:2:1"), "\(result)")
    // Without a file it is the current one.
    #expect(try Child.run(["--safe", "-e", "load(\"in/old.csv\")"], in: folder).status == 0)
    #expect(try Child.run(["--safe", "-e", "load(\"/etc/hostname\")"], in: folder).status == 1)
    #expect(try Child.run(["--safe", "--test", "in/main.md"], in: folder).status == 3)
    #expect(try Child.run(["--test", "in/main.md"], in: folder).status == 0)
    let request = "{\"op\":\"run\",\"code\":\"save(\\\"x.npy\\\", 1)\"}\n"
    #expect(try Child.run(["--safe", "--serve"], input: request, in: folder).output.contains("--safe writes nothing"))
    #expect(!folder.names.contains("x.npy"))
  }

  @Test(arguments: [
    (["--safe", "--device=x.so", "-e", "1"], "--safe loads no plugins"),
    (["--safe=no/such", "-e", "1"], "no such folder"),
    (["--safe=", "-e", "1"], "--safe=DIR"), (["--safe", "--bless", "x.grad"], "--safe lets nothing be written"),
    (["--safe", "no/such.grad"], "cannot open"),
    (["--safe", "--set", "a=load(\"/etc/hostname\")", "-e", "a"], "--safe"),
  ]) func wrongUsageIsSaid(words: [String], reason: String) throws {
    let result = try Child.run(words, in: try Folder())
    #expect(result.status == 2 && result.errors.contains(reason), "\(result)")
  }

  /// A console keeps nothing and runs no init file.
  @Test func aConsoleLeavesNothing() throws {
    let (home, place) = (try Folder(), try Folder())
    unsafe mkdir(home.path + "/gradus", 0o755)
    home.write("gradus/init.grad", "secret = 42\n")
    let before = picture(home)
    let terminal = try PseudoTerminal(columns: 80, rows: 24)
    let child = try #require(
      terminal.child(["-q", "--safe"], home: home, ["XDG_CONFIG_HOME": home.path], directory: place.path))
    try terminal.expect("> ")
    terminal.type("secret\r")
    try terminal.expect("unknown name")
    terminal.type("a = 6 * 7; a\r")
    try terminal.expect("42")
    try terminal.expect("\n> ")
    terminal.type("load(\"\(home.path)/\t\t")
    terminal.type("\u{15}\u{4}")
    #expect(child.status() == 0)
    _ = terminal.shows("nothing more", within: 1)
    #expect(!terminal.everything.contains("init.grad"))
    #expect(picture(home) == before && place.names.isEmpty)
  }

  /// The option's promise stands in every manual.
  @Test func thePromiseIsWritten() throws {
    let promise = Safety.promise.filter { !$0.isEmpty }
    let page = try Child.run(["--man"]).output
    let help = try Child.run(["-e", ":help safety"]).output
    let readme = try Checkout.text(of: "README.md")
    for line in promise {
      #expect(page.contains(line.components(separatedBy: "-").joined(separator: "\\-")), "\(line)")
      #expect(help.contains(line) && readme.contains(line), "\(line)")
    }
    #expect(try Child.run(["--help"]).output.contains("--safe[=DIR]"))
  }
}
