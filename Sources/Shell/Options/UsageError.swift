import Text

/// A command line that can't be understood: one sentence.
package struct UsageError: Error, Equatable, Sendable {
  package var message: String

  package init(_ message: String) { self.message = message }

  static func unknown(_ word: String, _ name: some StringProtocol) -> UsageError {
    let word = word.prefix { $0 != "=" }
    if word.hasPrefix("--"), let near = Spelling.nearest(to: String(name), among: Option.all.map(\.name)) {
      return UsageError("unknown option '\(word)'; did you mean '--\(near)'?")
    }
    return UsageError("unknown option '\(word)'; gradus --help lists them")
  }

  static func missing(_ option: Option, _ word: String) -> UsageError {
    UsageError("\(word) needs a value: \(word) \(option.argument?.placeholder ?? "")")
  }

  static func bad(_ name: String, _ value: String) -> UsageError {
    guard case .choice(let words)? = Option.all.first(where: { $0.name == name })?.argument else {
      return UsageError("--\(name) can't be '\(value)'")
    }
    return UsageError("--\(name) is one of \(words.joined(separator: ", ")), not '\(value)'")
  }
}
