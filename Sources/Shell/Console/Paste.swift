import Language

/// Text copied from a console, with its prompts.
package enum Paste {
  /// The statements alone: prompts taken off, answers left out; text without prompts stays as it is.
  package static func statements(of text: String, isUnfinished: (String) -> Bool) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let first = lines.first { line in
      let line = line.drop { $0 == " " }
      return !line.isEmpty && !line.hasPrefix("#")
    }
    guard let first, Prompts.length(of: first) != nil else { return text }
    var kept: [Substring] = []
    var statement: [Substring] = []
    for line in lines {
      if isBare(line) || Prompts.length(of: line) != nil {
        statement = [line.dropFirst(Prompts.length(of: line) ?? line.count)]
        kept += statement
      } else if !statement.isEmpty, let length = Prompts.lengthOfMore(of: line) {
        statement.append(line.dropFirst(length))
        kept.append(line.dropFirst(length))
      } else if isUnfinished(statement.joined(separator: "\n")) {
        // A block that was entered in one piece has a prompt on its first line only.
        statement.append(line)
        kept.append(line)
      }
    }
    return kept.joined(separator: "\n")
  }

  /// A prompt with nothing behind it.
  private static func isBare(_ line: Substring) -> Bool {
    line == ">" || line == ">>>" || line == ">>" || line == "julia>"
  }
}
