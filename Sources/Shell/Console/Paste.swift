/// Text copied from a console, with its prompts.
package enum Paste {
  /// The statements alone: prompts taken off, answers left out; text without prompts stays as it is.
  package static func statements(of text: String, isUnfinished: (String) -> Bool) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first(where: { !$0.allSatisfy(\.isWhitespace) }), first.hasPrefix("> ") else { return text }
    var kept: [Substring] = []
    var statement: [Substring] = []
    for line in lines {
      if line == ">" || line.hasPrefix("> ") {
        statement = [line.dropFirst(2)]
        kept.append(line.dropFirst(2))
      } else if line.hasPrefix("… ") || line.hasPrefix("... ") {
        let rest = line[line.index(after: line.firstIndex(of: " ") ?? line.startIndex)...]
        statement.append(rest)
        kept.append(rest)
      } else if isUnfinished(statement.joined(separator: "\n")) {
        // A block that was entered in one piece has a prompt on its first line only.
        statement.append(line)
        kept.append(line)
      }
    }
    return kept.joined(separator: "\n")
  }
}
