import Refusals
import Text

/// Why a command line can't be understood.
extension Refusal {
  static func unknownOption(_ word: String, _ name: some StringProtocol) -> Refusal {
    let word = word.prefix { $0 != "=" }
    if word.hasPrefix("--"), let near = Spelling.nearest(to: String(name), among: Option.all.map(\.name)) {
      return Refusal("unknown option '\(word)'; did you mean '--\(near)'?")
    }
    return Refusal("unknown option '\(word)'; gradus --help lists them")
  }

  static func missingValue(_ option: Option, _ word: String) -> Refusal {
    if case .optional(let value)? = option.argument {
      return Refusal("--\(option.name)= needs a value: --\(option.name)=\(value), or --\(option.name) alone")
    }
    return Refusal("\(word) needs a value: \(word) \(option.argument?.placeholder ?? "")")
  }

  static func badValue(_ name: String, _ value: String) -> Refusal {
    guard case .choice(let words)? = Option.all.first(where: { $0.name == name })?.argument else {
      return Refusal("--\(name) can't be '\(value)'")
    }
    return Refusal("--\(name) is one of \(words.joined(separator: ", ")), not '\(value)'")
  }
}
