import Foundation
import TestSupport
import Testing
import Text

/// Names from outside, with what a terminal would obey in them: the clearing of the screen, a window's title, a colour in
/// C1, a writing direction.
@Suite struct ShownTests {
  private static let evil = "\u{1B}[2J\u{1B}]0;owned\u{7}\u{9B}31m\u{202E}\u{85}\u{2067}x\u{7F}\u{200F}"

  /// An archive with a member called ESC [2Jw BEL.
  private static let archive =
    "UEsDBBQAAAAAAPBLfV18PpIciAAAAIgAAAAKAAAAG1sySncHLm5weZNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFu"
    + "X29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
    + "ICAgICAgICAgICAgICAgICAKAACAPwAAgD9QSwMEFAAAAAAA8Et9XXw+khyIAAAAiAAAAAUAAABiLm5weZNOVU1QWQEAdgB7J2Rl"
    + "c2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAgICAg"
    + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAACAPwAAgD9QSwECFAMUAAAAAADwS31dfD6SHIgAAACIAAAA"
    + "CgAAAAAAAAAAAAAAgAEAAAAAG1sySncHLm5weVBLAQIUAxQAAAAAAPBLfV18PpIciAAAAIgAAAAFAAAAAAAAAAAAAACAAbAAAABi"
    + "Lm5weVBLBQYAAAAAAgACAGsAAABbAQAAAAA="

  private static func safetensors(_ key: String, _ shape: String = "[2]") -> [UInt8] {
    let header = "{\"\(key)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[0,8]}}"
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    return length + Array(header.utf8) + [0, 0, 128, 63, 0, 0, 0, 64]
  }

  private static func isClean(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { !$0.isHidden || $0 == "\n" } }

  /// Command lines that each lead some outside name to where it is printed; DIR is a folder, EVIL a name in it.
  static let lines: [[String]] = [
    [":files DIR/EVIL.safetensors"], [":files DIR/a.npz"], ["load(\"DIR/a.npz\", \"EVIL\")"],
    [":files DIR/empty-EVIL.safetensors"], ["load(\"DIR/EVIL.safetensors\", \"w\")"], ["load(\"DIR/EVIL\")"],
    ["load(\"DIR/bad-EVIL.csv\")"], [":files DIR/bad-EVIL.npz"], ["save(\"DIR/no/EVIL.npy\", 1)"],
    ["save(\"DIR/EVIL\", 1)"], [":save DIR/EVIL.session"], [":load DIR/EVIL"], [":load DIR/bad-EVIL.csv"],
    ["run \"DIR/EVIL\""], ["run \"DIR/bad-EVIL.csv\""], [":export svg sum([1]) DIR/EVIL.svg"],
    [":export stablehlo sum([1]) DIR/EVIL"], [":export svg sum([1]) DIR/no/EVIL.svg"], [":export EVIL 1 x"],
    [":help EVIL"], [":EVIL"], [":digits EVIL"], [":set EVIL"], [":ascii EVIL"], ["x = \"EVIL\"; y := x; :vars"],
    ["x = \"EVIL\"; :history"], ["x = \"EVIL\"; :undo; :redo"], ["# EVIL\n1 +"], ["EVIL"], [":restore EVIL"],
    [":tree \"EVIL\""], ["expect error \"EVIL\" in { 1 + }"], ["expect error \"EVIL\" in { nope }"],
  ]

  static let options: [[String]] = [
    ["DIR/EVIL"], ["DIR/bad-EVIL.csv"], ["--EVIL"], ["-EVIL"], ["--set=EVIL"], ["--set=EVIL=1"], ["--set=a=EVIL"],
    ["--format=EVIL"], ["--digits=EVIL"], ["--seed=EVIL"], ["--memory=EVIL"], ["--threads=EVIL"], ["--color=EVIL"],
    ["--precision=EVIL"], ["--completions=EVIL"], ["--device=EVIL"], ["--device=DIR/bad-EVIL.csv"], ["--safe=EVIL"],
    ["--version=EVIL"], ["--check", "DIR/EVIL"], ["--check", "DIR/script-EVIL.grad"], ["--test", "DIR/EVIL"],
    ["--test", "DIR/script-EVIL.grad"], ["--bless", "DIR/EVIL"], ["--bless", "DIR/answer-EVIL.grad"],
    ["--serve", "EVIL"], ["DIR/script-EVIL.grad", "EVIL"],
  ]

  private static func folder() throws -> Folder {
    let folder = try Folder()
    folder.write("\(evil).safetensors", bytes: safetensors("\\u001b]0;a\\u0007\\u009b31m\\u202e\\u0085\(evil.shown)"))
    folder.write("empty-\(evil).safetensors", bytes: [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8))
    folder.write("a.npz", bytes: Array(Data(base64Encoded: archive) ?? Data()))
    for name in ["bad-\(evil).csv", "bad-\(evil).npz"] { folder.write(name, "1,2\n\(evil),\(evil)\n") }
    let script = "# case \(evil)\nx = \"\(evil)\"; nope\n#> \(evil)\n\(evil)\n"
    folder.write("script-\(evil).grad", script)
    folder.write("answer-\(evil).grad", "1 + 1\n#> 3\n")
    return folder
  }

  private static func filled(_ text: String, _ folder: Folder) -> String {
    text.components(separatedBy: "DIR").joined(separator: folder.path)
      .components(separatedBy: "EVIL").joined(separator: evil)
  }

  @Test(arguments: lines) func noStatementPassesItOn(line: [String]) throws {
    let folder = try Self.folder()
    let result = try Child.run(["-e", "DONE = 1;", "-e"] + line.map { Self.filled($0, folder) }, in: folder)
    #expect(result.status < 2, "\(result)")
    #expect(Self.isClean(result.output + result.errors), "\(result)")
  }

  @Test(arguments: options) func noOptionPassesItOn(words: [String]) throws {
    let folder = try Self.folder()
    let result = try Child.run(words.map { Self.filled($0, folder) }, in: folder)
    #expect(result.status <= 3, "\(result)")
    #expect(Self.isClean(result.output + result.errors), "\(result)")
  }

  @Test func noAnswerOfAServerPassesItOn() throws {
    let folder = try Self.folder()
    let codes = Self.lines.map { Self.filled($0[0], folder) }
    let requests = try codes.map { code in
      String(decoding: try JSONSerialization.data(withJSONObject: ["op": "run", "code": code]), as: UTF8.self)
    }
    let result = try Child.run(["--serve"], input: requests.joined(separator: "\n") + "\n{\"op\":\"\(Self.evil)\"}\n")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == codes.count + 1)
    for line in lines {
      let answer = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for error in answer["errors"] as? [[String: Any]] ?? [] {
        for (_, text) in error.compactMapValues({ $0 as? String }) { #expect(Self.isClean(text), "\(line)") }
      }
      for text in (answer["results"] as? [String] ?? []) + (answer["notices"] as? [String] ?? []) {
        #expect(Self.isClean(text), "\(line)")
      }
    }
  }

  /// What a terminal gets: lists of candidates, the history, an environment's folders.
  @Test func noTerminalSeesIt() throws {
    let folder = try Self.folder()
    for name in ["p", "q"] { folder.write("\(name)\(Self.evil).csv", "1") }
    folder.write("history", "1 x = \"\(Self.evil)\"\n")
    let state = folder.write("state-\(Self.evil)", "no folder")
    let terminal = try PseudoTerminal(columns: 80, rows: 24)
    let child = try #require(
      terminal.child(
        home: folder, ["XDG_STATE_HOME": state, "GRADUS_HISTORY": folder.path + "/history"], directory: folder.path))
    try terminal.expect("> ")
    terminal.type("load(\"\t\t")
    try terminal.expect("q\\u{1b}[2J")
    terminal.type("\u{15}\u{1B}[A")
    try terminal.expect("\\u{202e}")
    terminal.type("\r")
    try terminal.expect("cannot be kept")
    try terminal.expect("\n> ")
    terminal.type("x\r")
    try terminal.expect("\n> ")
    terminal.type("\u{4}")
    #expect(child.status() == 0)
    _ = terminal.shows("nothing more", within: 1)
    let everything = terminal.everything
    for part in ["\u{1B}]0;owned", "\u{9B}", "\u{202E}", "\u{2067}", "\u{85}"] { #expect(!everything.contains(part)) }
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\u{1B}[31mb", "a?[31mb"), ("a\tb\r\nc\nd", "a b c d"), ("\u{9B}\u{AD}é", "?\u{AD}é"),
    ("\u{202E}\u{2028}", "? "), ("👩\u{200D}💻", "👩\u{200D}💻"), ("e\u{301}\u{61C}", "e\u{301}?"),
  ]) func oneLine(text: String, shown: String) { #expect(text.shown == shown) }

  @Test(arguments: ["\u{1B}[1;31mred\u{1B}[0m\n\tx", "⋅ ∘ ×", "é 重み 👩\u{200D}💻"])
  func coloursStayOnATerminal(text: String) { #expect(text.shownOnTerminal == text) }

  @Test(arguments: [
    ("\u{1B}[2Jx", "?[2Jx"), ("\u{1B}[31", "?[31"), ("\u{1B}[[31mx", "?[[31mx"), ("a\u{1B}", "a?"),
    ("\u{9B}31m", "?31m"), ("\u{200E}", "?"), ("a\rb", "a b"), ("\u{1B}]0;x\u{7}", "?]0;x?"),
  ]) func nothingElseDoes(text: String, shown: String) { #expect(text.shownOnTerminal == shown) }
}
