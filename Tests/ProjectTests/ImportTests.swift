import Foundation
import TestSupport
import Testing

/// Who imports whom, and who touches the machine, is as README's table says.
@Suite struct ImportTests {
  /// A line of the table: a target, what it does, and what it imports.
  private struct Row {
    let target: String
    let imports: Set<String>
  }

  private static let rows: [Row] = {
    let text = (try? Checkout.text(of: "README.md")) ?? ""
    let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix("How it works") } ?? ""
    return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { line in
      let cells = line.split(separator: "|").map { $0.split { !$0.isLetter }.map(String.init) }
      guard cells.count == 3, cells[0].count == 1 else { return nil }
      return Row(target: cells[0][0], imports: Set(cells[2]))
    }
  }()

  private static let names = Set(rows.map(\.target))

  /// What is no row: the program itself, its measurements, what only the linker needs.
  private static let besides: Set<String> = ["gradus", "Benchmarks"]

  private static func imports(of target: String) throws -> Set<String> {
    var found: Set<String> = []
    for path in Checkout.files(below: "Sources/" + target, ending: [".swift"]) {
      for line in try Checkout.text(of: path).split(separator: "\n") {
        let words = line.split(separator: " ")
        if let place = words.firstIndex(of: "import"), words[..<place].allSatisfy({ $0.hasPrefix("@") }) {
          found.insert(String(words[place + 1]))
        }
      }
    }
    return found
  }

  @Test func everyTargetHasARow() {
    #expect(Set(Checkout.folders(in: "Sources")).subtracting(Self.besides) == Self.names)
  }

  @Test func eachImportsWhatItsRowSays() throws {
    for row in Self.rows {
      let imports = try Self.imports(of: row.target).intersection(Self.names)
      #expect(imports == row.imports, "\(row.target)")
    }
  }

  /// From the top of the table to its end; so there is no circle.
  @Test func nobodyImportsWhatComesLater() {
    var known: Set<String> = []
    for row in Self.rows {
      #expect(row.imports.isSubset(of: known), "\(row.target)")
      known.insert(row.target)
    }
  }

  /// The manifest asks for nothing that isn't imported.
  @Test func theManifestSaysTheSame() throws {
    let manifest = try Checkout.text(of: "Package.swift")
    for row in Self.rows {
      guard let start = manifest.range(of: "name: \"\(row.target)\"")?.upperBound else {
        Issue.record("\(row.target) is not in the manifest")
        continue
      }
      let rest = manifest[start...]
      let declaration = rest[..<(rest.range(of: "name: \"")?.lowerBound ?? rest.endIndex)]
      var asked: Set<String> = []
      if let list = declaration.range(of: "dependencies: [") {
        let names = declaration[list.upperBound...].prefix { $0 != "]" }
        asked = Set(names.split { !$0.isLetter }.map(String.init))
      }
      #expect(asked == row.imports, "\(row.target)")
    }
  }

  // MARK: The machine

  /// Where a terminal, a file, the environment or another process may be touched.
  private static let open: Set<String> = ["Shell", "CLibedit", "gradus", "Benchmarks"]

  /// What else is allowed, and why the rule still holds: libraries are looked for, memory is measured, and a decomposition
  /// that can't be stopped runs in a child.
  private static let exceptions: [String: Set<String>] = [
    "Sources/CKernels/blas.c": ["dlopen"], "Sources/CKernels/lapack.c": ["dlopen", "fork", "mmap"],
    "Sources/CKernels/compiler.c": ["dlopen"], "Sources/CKernels/dispatch.c": ["sysconf"],
    "Sources/CPJRT/plugin.c": ["dlopen"],
    "Sources/Files/SystemLibrary.swift": ["dlopen"],
    "Sources/Language/Session/Memory.swift": ["sysconf"],
  ]

  private static let calls: Set<String> = [
    "open", "fopen", "freopen", "opendir", "creat", "mkstemp", "unlink", "rename", "stat", "lstat", "getenv", "setenv",
    "isatty", "ioctl", "tcgetattr", "tcsetattr", "openpty", "posix_spawn", "fork", "execve", "system", "popen", "mmap",
    "socket", "sysconf", "dlopen", "printf", "fprintf", "puts", "fputs", "perror", "abort",
  ]

  @Test func onlyTheShellTouchesTheMachine() throws {
    for target in Checkout.folders(in: "Sources") where !Self.open.contains(target) {
      #expect(try !Self.imports(of: target).contains("Foundation"), "\(target)")
      for path in Checkout.files(below: "Sources/" + target, ending: [".swift", ".c", ".h"]) {
        let text = try Checkout.text(of: path)
        // Without the system's module its functions have no names.
        if path.hasSuffix(".swift"), !text.contains("import Glibc") { continue }
        let used = Self.called(in: text).intersection(Self.calls)
        #expect(used == Self.exceptions[path] ?? [], "\(path)")
      }
    }
  }

  /// The names in front of a parenthesis, but for methods and what is declared.
  private static func called(in text: String) -> Set<String> {
    var found: Set<String> = []
    for line in text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//") {
      var (word, earlier) = ("", "")
      var (before, last): (Character, Character) = (" ", " ")
      for character in line {
        if character.isLetter || character.isNumber || character == "_" {
          if word.isEmpty { before = last }
          word.append(character)
        } else if !word.isEmpty {
          if character == "(", before != ".", earlier != "func" { found.insert(word) }
          (word, earlier) = ("", word)
        }
        last = character
      }
    }
    return found
  }
}
