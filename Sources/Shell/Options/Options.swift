import Printing
import Refusals
import Tensors

/// What the command line asks for.
package struct Options: Sendable {
  package enum Task: Sendable, Equatable {
    case run, serve, languageServer, test, bless, check, formatCode, help, version, reference, manual, completions(
      String), grammar(String), handbook(String)
  }

  package enum Seed: Sendable, Equatable {
    case number(UInt64), random
  }

  /// What `--safe` leaves open to read.
  package enum Safety: Sendable, Equatable {
    /// The folders of the FILEs, or the one the program was started in.
    case scripts
    case folder(String)
  }

  /// A name given its value from outside, as text.
  package struct Setting: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  package var task = Task.run
  /// `-e`, in order; they run before the file.
  package var code: [String] = []
  /// The script, or `-` for standard input; with `--test` and `--bless` all the files.
  package var files: [String] = []
  /// What follows the script.
  package var arguments: [String] = []
  package var staysInteractive = false
  package var keepsGoing = false
  package var format: Display.Format?
  package var digits: String?
  package var precision: ElementType?
  package var seed: Seed?
  package var threads: Int?
  package var memoryLimit: Int?
  /// The path of a plugin.
  package var device: String?
  package var safety: Safety?
  package var settings: [Setting] = []
  package var color = Terminal.ColorChoice.auto
  package var isASCII = false
  package var isQuiet = false
  package var readsInitFile = true

  package init() {}

  /// Reads the words after the program's name.
  package init(_ words: [String]) throws(Refusal) {
    self.init()
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        for word in rest { add(word) }
        break
      }
      if word.hasPrefix("--") {
        try read(long: word, &rest)
      } else if word.hasPrefix("-") && word != "-" {
        try read(short: word, &rest)
      } else {
        add(word)
        if !takesManyFiles {
          arguments.append(contentsOf: rest)
          break
        }
      }
    }
    try check()
  }

  var takesManyFiles: Bool { [.test, .bless, .check, .formatCode].contains(task) }

  private mutating func add(_ word: String) {
    if takesManyFiles || files.isEmpty { files.append(word) } else { arguments.append(word) }
  }

  private mutating func read(long word: String, _ rest: inout ArraySlice<String>) throws(Refusal) {
    let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let option = Option.all.first(where: { $0.name == String(parts[0]) }) else {
      throw .unknownOption(word, parts[0])
    }
    guard option.argument != nil else {
      if parts.count > 1 { throw Refusal("--\(option.name) takes no value") }
      return try option.apply(&self, "")
    }
    if case .optional? = option.argument {
      if parts.count > 1, parts[1].isEmpty { throw .missingValue(option, word) }
      return try option.apply(&self, parts.count > 1 ? String(parts[1]) : "")
    }
    guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else { throw .missingValue(option, word) }
    try option.apply(&self, value)
  }

  private mutating func read(short word: String, _ rest: inout ArraySlice<String>) throws(Refusal) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = Option.all.first(where: { $0.short == letter }) else {
        throw .unknownOption("-\(letter)", letters)
      }
      guard option.argument != nil else {
        try option.apply(&self, "")
        continue
      }
      guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
        throw .missingValue(option, "-\(letter)")
      }
      return try option.apply(&self, value)
    }
  }

  private func check() throws(Refusal) {
    if task == .serve || task == .languageServer, !files.isEmpty || !code.isEmpty {
      throw Refusal("\(task == .serve ? "--serve" : "--lsp") takes requests, no FILE and no CODE")
    }
    guard takesManyFiles else { return }
    let name = task == .test ? "--test" : task == .check ? "--check" : task == .bless ? "--bless" : "--format-code"
    if safety != nil, task == .bless || task == .formatCode {
      throw Refusal("\(name) writes, and --safe lets nothing be written")
    }
    if files.isEmpty { throw Refusal("\(name) needs at least one file") }
    if !code.isEmpty { throw Refusal("\(name) and -e don't go together") }
  }
}
