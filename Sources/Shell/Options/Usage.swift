import CVersion

/// What `--help` and `--version` print.
enum Usage {
  static let number = "0.1"
  static let name = "gradus \(number)"
  /// With what it was built from, where that is known.
  static let version: String = {
    let commit = unsafe String(cString: gradus_commit())
    return name + (commit.isEmpty ? "" : " (\(commit))")
  }()
  /// Of this version.
  static let date = "2026-11-24"

  static var help: String {
    let rows = Option.all.map { option in
      let short = option.short.map { "-\($0), " } ?? "    "
      return (short + "--" + option.name + (option.argument.map(label) ?? ""), description(option))
    }
    let width = rows.map(\.0.count).max() ?? 0
    let options = rows.map { row in
      "  " + row.0 + String(repeating: " ", count: width - row.0.count) + "  " + row.1
    }
    return """
      usage: gradus [OPTION…]                 a console for tensors and their gradients
             gradus [OPTION…] FILE [ARG…]     run a script; its args are the ARGs
             gradus [OPTION…] -               run what standard input says
             gradus --test|--bless FILE…      check or rewrite the answers in scripts and Markdown files
             gradus --check FILE…             read scripts for mistakes and shapes, without running them
             gradus --format-code FILE…       rewrite scripts in the one style
             gradus --serve                   answer requests, one JSON object a line
             gradus --lsp                     answer an editor, by the Language Server Protocol

      \(options.joined(separator: "\n"))

      Exit status: 0 all ran, 1 a statement failed, 2 wrong usage or no such file, 3 --test found differences,
      130 interrupted.
      """
  }

  static let statuses = [
    (0, "all ran"), (1, "a statement failed"), (2, "wrong usage or no such file"),
    (3, "\\-\\-test found differences"), (130, "interrupted"),
  ]

  private static func label(_ argument: Option.Argument) -> String {
    switch argument {
    case .value(let name): " " + name
    case .optional(let name): "[=\(name)]"
    case .choice(let words): " " + (words.count > 3 ? "FORM" : words.joined(separator: "|"))
    }
  }

  private static func description(_ option: Option) -> String {
    guard case .choice(let words)? = option.argument, words.count > 3 else { return option.summary }
    return option.summary + ": " + words.joined(separator: ", ")
  }
}
