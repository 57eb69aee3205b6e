import Files
import Graphs
import TestSupport
import Testing

@testable import Language

/// Lists in words: whatever has a row in a table is named where people look for it.
@Suite struct ListTests {
  private static let readme = (try? Checkout.text(of: "README.md")) ?? ""

  private func names(_ name: String, _ text: String?) -> Bool {
    let words = (text ?? "").split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return words.contains { $0 == name }
  }

  @Test func everyOptimiserIsNamed() {
    #expect(!Optimiser.all.isEmpty)
    for optimiser in Optimiser.all {
      #expect(names(optimiser.name, Self.readme), "\(optimiser.name) in README.md")
      #expect(names(optimiser.name, Session().help("training")), "\(optimiser.name) in :help training")
      for option in optimiser.options {
        #expect(Session().help("train")?.contains("\(option.name)=") == true, "\(option.name) in :help train")
        #expect(names(option.name, Session().help("training")), "\(option.name) in :help training")
      }
    }
  }

  @Test func everyInitialiserIsNamed() {
    #expect(!Initialiser.all.isEmpty)
    for initialiser in Initialiser.all {
      #expect(names(initialiser.name, Self.readme), "\(initialiser.name) in README.md")
      #expect(names(initialiser.name, Session().help("training")), "\(initialiser.name) in :help training")
      #expect(names(initialiser.name, Session().help("weights")), "\(initialiser.name) in :help weights")
    }
  }

  @Test func everyFormatIsNamed() {
    for format in FileFormat.all.map(\.name) {
      #expect(names(format, Self.readme.lowercased()), "\(format) in README.md")
      #expect(names(format, Session().help("files")?.lowercased()), "\(format) in :help files")
      #expect(names(format, Session().help("load")?.lowercased()), "\(format) in :help load")
    }
  }

  @Test func everyKindOfExportIsNamed() {
    for kind in ExportKind.all {
      #expect(names(kind.name, Self.readme), "\(kind.name) in README.md")
      #expect(names(kind.name, Session().help("exports")), "\(kind.name) in :help exports")
      #expect(names(kind.name, Session().help("export")), "\(kind.name) in :help export")
      #expect(Session().completions(of: ":export ", at: 8).candidates.contains { $0.text == kind.name }, "\(kind.name)")
    }
  }

  @Test func everyCommandIsNamed() {
    for command in Command.all {
      #expect(Self.readme.contains("`:\(command.name)"), "\(command.name) in README.md")
      #expect(names(command.name, Session().help("")), "\(command.name) in :help")
      #expect(Reference.text.contains("- `\(command.usage)`"), "\(command.name) in the reference")
      for name in [command.name] + command.aliases {
        #expect(Session().help(":" + name)?.contains(command.summary) == true, "\(name) has help")
      }
    }
  }

  @Test func everyFunctionIsNamed() {
    for builtin in Builtin.all {
      for name in [builtin.name] + builtin.aliases {
        #expect(Session().help(name)?.contains(builtin.summary) == true, "\(name) has help")
        let word = Session().completions(of: name, at: name.utf8.count).candidates.map(\.text)
        #expect(word.contains(name + "("), "\(name) is completed")
      }
      #expect(Reference.text.contains("\n## \(builtin.name)\n"), "\(builtin.name) in the reference")
    }
  }

  @Test func whatATextCanBeIsCompleted() {
    func words(_ text: String) -> [String] {
      Session().completions(of: text, at: text.utf8.count).candidates.map(\.text)
    }
    #expect(words("train(loss, using=\"") == Optimiser.all.map(\.name).sorted())
    #expect(words("w = weights(3, 2, init=\"") == Initialiser.all.map(\.name).sorted())
    #expect(words("plot(y, style=\"br") == ["braille"])
    #expect(words("load(\"") == [] && words("train(loss, \"") == [] && words("f(x, using=\"") == [])
  }

  @Test func noTwoRowsHaveOneName() {
    // What extends an operator has its name on purpose.
    var functions = Builtin.all.filter { !$0.traits.contains(.extendsOperator) }.flatMap { [$0.name] + $0.aliases }
    functions += Operator.table.flatMap { [$0.name] + $0.aliases }
    let commands = Command.all.flatMap { [$0.name] + $0.aliases }
    for names in [functions, commands, Optimiser.all.map(\.name), Initialiser.all.map(\.name)] {
      let twice = names.filter { name in names.count { $0 == name } > 1 }
      #expect(twice.isEmpty, "\(twice)")
    }
  }
}
