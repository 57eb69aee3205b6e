import Printing
import Refusals
import Tensors

/// One option of the command line: what is parsed, helped with, documented and completed is read from here.
package struct Option: Sendable {
  /// What follows an option.
  package enum Argument: Sendable, Equatable {
    case value(String)
    case choice([String])
    /// One that may be left out; it follows an equals sign.
    case optional(String)

    /// As the help shows it.
    package var placeholder: String {
      switch self {
      case .value(let name), .optional(let name): name
      case .choice(let words): words.joined(separator: "|")
      }
    }
  }

  package let short: Character?
  package let name: String
  package let argument: Argument?
  package let summary: String
  package let apply: @Sendable (inout Options, String) throws(Refusal) -> Void

  init(
    _ name: String, _ short: Character? = nil, _ argument: Argument? = nil, _ summary: String,
    apply: @escaping @Sendable (inout Options, String) throws(Refusal) -> Void
  ) {
    self.name = name
    self.short = short
    self.argument = argument
    self.summary = summary
    self.apply = apply
  }

  /// In the order of the help.
  package static let all: [Option] = [
    Option("eval", "e", .value("CODE"), "run CODE; may be given more than once, and before a FILE") { options, value in
      options.code.append(value)
    },
    Option("interactive", "i", nil, "stay at the prompt afterwards") { options, _ in options.staysInteractive = true },
    Option("keep-going", nil, nil, "go on after a statement that failed") { options, _ in options.keepsGoing = true },
    Option("serve", nil, nil, "answer the requests of another program, one JSON object a line") { options, _ in
      options.task = .serve
    },
    Option("lsp", nil, nil, "answer an editor, by the Language Server Protocol") { options, _ in
      options.task = .languageServer
    },
    Option("test", nil, nil, "run the FILEs and compare what they print with their #> lines") { options, _ in
      if options.task != .bless { options.task = .test }
    },
    Option("bless", nil, nil, "run the FILEs and rewrite their #> lines") { options, _ in options.task = .bless },
    Option("check", nil, nil, "read the FILEs for mistakes and shapes, without running them") { options, _ in
      options.task = .check
    },
    Option("format-code", nil, nil, "rewrite the FILEs in the one style; - prints what comes in so") { options, _ in
      options.task = .formatCode
    },
    Option("format", nil, .choice(Display.Format.allCases.map(\.rawValue)), "the form of results") {
      options, value throws(Refusal) in
      guard let format = Display.Format(rawValue: value) else { throw .badValue("format", value) }
      options.format = format
    },
    Option("digits", nil, .value("N|full"), "significant digits") { options, value throws(Refusal) in
      guard value == "full" || Int(value).map({ 1...17 ~= $0 }) == true else {
        throw Refusal("--digits needs a number from 1 to 17 or 'full', not '\(value)'")
      }
      options.digits = value
    },
    Option("precision", nil, .choice(["float32", "float64"]), "the type of numbers that have none") {
      options, value throws(Refusal) in
      switch value {
      case "float32": options.precision = .float32
      case "float64": options.precision = .float64
      default: throw .badValue("precision", value)
      }
    },
    Option("seed", nil, .value("N|random"), "where chance starts; 0 if not given") {
      options, value throws(Refusal) in
      guard let seed = value == "random" ? .random : UInt64(value).map(Options.Seed.number) else {
        throw Refusal("--seed needs a whole number or 'random', not '\(value)'")
      }
      options.seed = seed
    },
    Option("threads", nil, .value("N"), "processors to use") { options, value throws(Refusal) in
      guard let count = Int(value), 1...1024 ~= count else {
        throw Refusal("--threads needs a number from 1 to 1024, not '\(value)'")
      }
      options.threads = count
    },
    Option("memory", nil, .value("SIZE"), "the most that all values together may take, such as 4GiB") {
      options, value throws(Refusal) in
      guard let bytes = Int(memorySize: value) else {
        throw Refusal("--memory needs a size such as 512MiB or 4GiB, not '\(value)'")
      }
      options.memoryLimit = bytes
    },
    Option("safe", nil, .optional("DIR"), "read only in the script's folder, or DIR; no writing, programs or plugins") {
      options, value in options.safety = value.isEmpty ? .scripts : .folder(value)
    },
    Option("device", nil, .value("PLUGIN.so"), "compute on the device of a PJRT plugin: a GPU, a TPU, another CPU") {
      options, value in options.device = value
    },
    Option("set", nil, .value("NAME=VALUE"), "give a name a value beforehand") { options, value throws(Refusal) in
      let parts = value.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { throw Refusal("--set needs NAME=VALUE, not '\(value)'") }
      options.settings.append(Options.Setting(name: String(parts[0]), value: String(parts[1])))
    },
    Option("color", nil, .choice(Terminal.ColorChoice.allCases.map(\.rawValue)), "colours; auto: on a terminal") {
      options, value throws(Refusal) in
      guard let color = Terminal.ColorChoice(rawValue: value) else { throw .badValue("color", value) }
      options.color = color
    },
    Option("ascii", nil, nil, "print ASCII characters only") { options, _ in options.isASCII = true },
    Option("quiet", "q", nil, "no banner") { options, _ in options.isQuiet = true },
    Option("no-init", nil, nil, "don't run the init file") { options, _ in options.readsInitFile = false },
    Option("help", "h", nil, "print this") { options, _ in options.task = .help },
    Option("reference", nil, nil, "print the reference page of all functions, as Markdown") { options, _ in
      options.task = .reference
    },
    Option("man", nil, nil, "print the manual page, for man -l -") { options, _ in options.task = .manual },
    Option("manual", nil, .value("DIR"), "write the manual into a folder, as HTML") { options, value in
      options.task = .handbook(value)
    },
    Option("grammar", nil, .choice(Grammar.kinds), "print the colours of an editor") { options, value throws(Refusal) in
      guard Grammar.kinds.contains(value) else { throw .badValue("grammar", value) }
      options.task = .grammar(value)
    },
    Option("completions", nil, .choice(Manual.shells), "print a shell's completions") {
      options, value throws(Refusal) in
      guard Manual.shells.contains(value) else { throw .badValue("completions", value) }
      options.task = .completions(value)
    },
    Option("version", "V", nil, "print the version") { options, _ in options.task = .version },
  ]
}

extension Int {
  /// "4GiB", "512m", "1.5GB" or a number of bytes.
  init?(memorySize text: String) {
    let number = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(number.count).lowercased()
    guard let amount = Double(number), amount > 0 else { return nil }
    let powers = ["k": 1, "m": 2, "g": 3, "t": 4]
    var factor = 1.0
    if let letter = unit.first, letter != "b" {
      guard let power = powers[String(letter)] else { return nil }
      let base: Double
      switch unit.dropFirst() {
      case "", "i", "ib": base = 1024
      case "b": base = 1000
      default: return nil
      }
      for _ in 0..<power { factor *= base }
    } else if unit != "" && unit != "b" {
      return nil
    }
    guard let bytes = Int(exactly: (amount * factor).rounded()), bytes > 0 else { return nil }
    self = bytes
  }
}
