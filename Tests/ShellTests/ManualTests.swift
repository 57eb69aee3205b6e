import Files
import Foundation
import Language
import Shell
import TestSupport
import Testing

/// What is written from the table of options, and files for editors.
@Suite struct ManualTests {
  @Test func everyOptionIsInThePage() throws {
    let page = try Child.run(["--man"]).output
    #expect(page.hasPrefix(".TH GRADUS 1"))
    for option in Option.all {
      let name = option.name.split(separator: "-").joined(separator: "\\-")
      #expect(page.contains("\\fB\\-\\-\(name)\\fR"), "\(name)")
    }
    #expect(!page.split(separator: "\n").contains { $0.hasPrefix("'") })
  }

  @Test func everyWordIsInThePage() throws {
    let page = try Child.run(["--man"]).output
    for command in Command.all {
      let usage = command.usage.split(separator: "\\").joined(separator: "\\e").split(separator: "-").joined(
        separator: "\\-")
      #expect(page.contains("\\fB\(usage)\\fR"), "\(command.name)")
    }
    let words = page.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    let names =
      Optimiser.all.map(\.name) + Initialiser.all.map(\.name) + ExportKind.all.map(\.name)
      + FileFormat.all.map(\.name)
    for name in names { #expect(words.contains { $0 == name }, "\(name)") }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func everyOptionIsCompleted(shell: String) throws {
    let text = try Child.run(["--completions", shell]).output
    for option in Option.all { #expect(text.contains(shell == "fish" ? "-l \(option.name)" : "--\(option.name)")) }
    #expect(try Child.run(["--completions", "tcsh"]).status == 2)
  }

  @Test func scriptsAreChecked() throws {
    let folder = try Folder()
    let good = folder.write("good.grad", "x = rand(2, 3)\nprint_me = x @ x.T\nx @ x.T\n")
    let bad = folder.write("bad.grad", "x = rand(2, 3)\nx @ x\n")
    #expect(try Child.run(["--check", good]) == (0, "", ""))
    let result = try Child.run(["--check", good, bad])
    #expect(result.status == 1 && result.errors.contains("bad.grad:2:3"), "\(result)")
    #expect(try Child.run(["--check"]).status == 2)
  }

  @Test func theGrammarIsRead() throws {
    let root = Checkout.root.appendingPathComponent("Editors/vscode")
    for name in ["gradus.tmLanguage.json", "package.json"] {
      let data = try Data(contentsOf: root.appendingPathComponent(name))
      let grammar = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      for pattern in grammar["patterns"] as? [[String: Any]] ?? [] {
        for key in ["match", "begin", "end"] {
          if let text = pattern[key] as? String { _ = try NSRegularExpression(pattern: text) }
        }
      }
    }
  }
}
