import Files
import Language
import Refusals

/// The manual page and the shells' completions, written from the table of options.
enum Manual {
  /// A page for `man`.
  static var roff: String {
    var lines = [
      ".TH GRADUS 1 \(Usage.date) \"\(Usage.name)\"", ".SH NAME",
      "gradus \\- a console for tensors and their gradients",
      ".SH SYNOPSIS", ".B gradus", "[\\fIOPTION\\fR...] [\\fIFILE\\fR [\\fIARG\\fR...]]", ".br", ".B gradus",
      "\\-\\-test|\\-\\-bless|\\-\\-check \\fIFILE\\fR...", ".SH DESCRIPTION",
      "Without a FILE, \\fBgradus\\fR is a console:", "expressions are answered with their values,",
      "grad(loss, weights) with a gradient and the reason for each of its zeros.",
      "With a FILE it runs a script; further words are the script's args.", "A FILE of \\- is standard input.",
      "In the console, :help is the way in, and :learn a course of ten steps.",
      ".SH OPTIONS",
    ]
    for option in Option.all {
      let short = option.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
      let value: String
      switch option.argument {
      case .value, .choice: value = " \\fI\(escaped(option.argument?.placeholder ?? ""))\\fR"
      case .optional(let name): value = "[=\\fI\(escaped(name))\\fR]"
      case nil: value = ""
      }
      lines += [".TP", "\(short)\\fB\\-\\-\(escaped(option.name))\\fR\(value)", escaped(option.summary) + "."]
    }
    lines += [".SH COMMANDS", "A line of a console or a script can be one of these:"]
    for command in Command.all { lines += [".TP", "\\fB\(escaped(command.usage))\\fR", escaped(command.summary)] }
    lines += [".SH WORDS", "What can be named in quotes, in the ending of a file or behind :export:"]
    for (place, words) in words { lines += [".TP", escaped(place), escaped(words.joined(separator: ", ")) + "."] }
    lines += [".SH EXIT STATUS"]
    for (status, meaning) in Usage.statuses { lines += [".TP", "\(status)", meaning + "."] }
    lines += [".SH ENVIRONMENT"]
    for (name, meaning) in environment { lines += [".TP", "\\fB\(name)\\fR", meaning + "."] }
    lines += [".SH FILES"]
    for (name, meaning) in files { lines += [".TP", "\\fI\(escaped(name))\\fR", meaning + "."] }
    lines += [".SH SAFETY", ".nf"] + Safety.promise.map(escaped) + [".fi"]
    lines += [".SH PROTOCOL", ".nf"] + ServePage.text.split(separator: "\n").map { escaped(String($0)) } + [".fi"]
    lines += [".SH EXAMPLES"]
    for (line, meaning) in examples { lines += [".TP", "\\fB\(escaped(line))\\fR", meaning + "."] }
    return lines.joined(separator: "\n")
  }

  private static let words = [
    ("train(loss, using=\"sgd\")", Optimiser.all.map(\.name)),
    ("weights(3, 2, init=\"zeros\")", Initialiser.all.map(\.name)),
    ("load(\"w.npy\"), save(\"w.npy\", w)", FileFormat.all.map(\.name)),
    (":export jax loss model.py", ExportKind.all.map(\.name)),
  ]

  private static let examples = [
    ("gradus -e '[1, 2; 3, 4] @ [5, 6]'", "a product of a matrix and a vector"),
    ("gradus --set n=3 model.grad data.csv", "a script with n given and args of one word"),
    ("gradus --format csv -e 'load(\"w.npy\")' > w.csv", "a file of one format turned into another"),
    ("echo 'grad(sum(x^2), x)' | gradus --set 'x=[1, 2]'", "a program from a pipe"),
  ]

  private static let environment = [
    ("NO_COLOR", "no colours, unless \\-\\-color says otherwise"),
    ("GRADUS_HISTORY", "the file of the history, in place of the usual one"),
    ("GRADUS_JIT", "with 0 no loop becomes machine code, whatever libraries there are"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "where the folders of the files below are"),
  ]

  private static let files = [
    ("~/.config/gradus/init.grad", "run when a console starts"),
    ("~/.local/state/gradus/history", "what was entered"),
    (
      "~/.local/state/gradus/sessions/",
      "the statements of running consoles, and values that took long, for :restore after one was cut off"
    ),
    ("~/.local/state/gradus/unfinished/", "what is being saved at the moment, to clear up after a kill"),
    ("~/.editrc", "the keys of the line editor"),
  ]

  private static func escaped(_ text: String) -> String {
    text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\e")
      .split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\-")
  }

  // MARK: Completions

  static let shells = ["bash", "zsh", "fish"]

  static func completions(for shell: String) -> String {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    default: fish
    }
  }

  private static func words(_ option: Option) -> [String] {
    ["--" + option.name] + (option.short.map { ["-\($0)"] } ?? [])
  }

  private static var bash: String {
    let all = Option.all.flatMap(words).joined(separator: " ")
    var cases: [String] = []
    for option in Option.all {
      let names = words(option).joined(separator: "|")
      switch option.argument {
      case .choice(let choices):
        cases.append(
          "    \(names)) COMPREPLY=($(compgen -W \"\(choices.joined(separator: " "))\" -- \"$word\")); return ;;")
      case .value: cases.append("    \(names)) COMPREPLY=(); return ;;")
      case .optional, nil: break
      }
    }
    return """
      _gradus() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
        # --name=value comes in three words.
        if [[ $word == "=" ]]; then word=
        elif [[ $before == "=" && COMP_CWORD -gt 2 ]]; then before=${COMP_WORDS[COMP_CWORD-2]}
        fi
        case $before in
      \(cases.joined(separator: "\n"))
        esac
        if [[ $word == -* ]]; then
          COMPREPLY=($(compgen -W "\(all)" -- "$word"))
        else
          COMPREPLY=($(compgen -f -- "$word"))
        fi
      }
      complete -o filenames -F _gradus gradus
      """
  }

  private static var zsh: String {
    let options = Option.all.map { option in
      let summary = option.summary.filter { !"[]\\".contains($0) }.map { $0 == "'" ? "'\\''" : String($0) }.joined()
      let value =
        switch option.argument {
        case .choice(let choices): ":\(option.name):(\(choices.joined(separator: " ")))"
        case .value(let name): ":\(name.lowercased().filter { $0 != ":" }):"
        case .optional(let name): "::\(name.lowercased()):_files -/"
        case nil: ""
        }
      // With a value, it may stand in the same word or in the next one; one that may be left out in the same alone.
      let isOptional = if case .optional? = option.argument { true } else { false }
      let (joined, equals) = value.isEmpty ? ("", "") : isOptional ? ("", "=-") : ("+", "=")
      guard let short = option.short else { return "  '--\(option.name)\(equals)[\(summary)]\(value)'" }
      return "  '(-\(short) --\(option.name))'{-\(short)\(joined),--\(option.name)\(equals)}'[\(summary)]\(value)'"
    }
    return """
      #compdef gradus
      _arguments -s \\
      \(options.map { $0 + " \\" }.joined(separator: "\n"))
        '*:file:_files'
      """
  }

  private static var fish: String {
    Option.all.map { option in
      let short = option.short.map { " -s \($0)" } ?? ""
      let value =
        switch option.argument {
        case .choice(let choices): " -x -a '\(choices.joined(separator: " "))'"
        case .value: " -x"
        case .optional, nil: ""
        }
      let summary = option.summary.filter { $0 != "\\" }.map { $0 == "'" ? "\\'" : String($0) }.joined()
      return "complete -c gradus -l \(option.name)\(short)\(value) -d '\(summary)'"
    }.joined(separator: "\n")
  }
}
