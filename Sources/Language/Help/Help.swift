import Graphs

extension Session {
  /// What `:help` says about a topic, or nil if there is no such topic; an empty topic gives the overview.
  package func help(_ topic: String) -> String? {
    let topic = Self.cleaned(topic)
    if topic.isEmpty { return HelpPage.overview(commands: Command.all.map(\.name)) }
    if topic.hasPrefix(":"), let text = Self.commandHelp(String(topic.dropFirst())) { return text }
    let texts = [
      Self.functionHelp(topic), HelpWord.named[topic]?.page, HelpPage.all.first { $0.name == topic }?.text,
    ].compactMap { $0 }
    if !texts.isEmpty { return texts.joined(separator: "\n\n") }
    if topic == "functions" { return FunctionKinds.page }
    return HabitPages.page(of: topic) ?? Self.commandHelp(topic) ?? FunctionKinds.page(of: topic)
      ?? HelpPage.synonyms[topic].flatMap { $0 == topic ? nil : help($0) }
  }

  private static func functionHelp(_ name: String) -> String? {
    let pages = FunctionEntry.all(named: name).map(page)
    return pages.isEmpty ? nil : pages.joined(separator: "\n\n")
  }

  private static func page(_ entry: FunctionEntry) -> String {
    var lines = [entry.signature.text, "  " + entry.summary]
    if !entry.derivative.isEmpty { lines.append("  gradient: " + entry.derivative) }
    if !entry.aliases.isEmpty { lines.append("  also: " + entry.aliases.joined(separator: ", ")) }
    for example in entry.examples {
      lines.append("  > " + example.input)
      lines += example.output.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
    }
    return lines.joined(separator: "\n")
  }

  private static func commandHelp(_ name: String) -> String? {
    guard let command = Command.named[name] else { return nil }
    let also = command.aliases.map { ":" + $0 }.joined(separator: ", ")
    return command.usage + "\n  " + command.summary + (also.isEmpty ? "" : "\n  also: " + also)
  }

  /// The topic without blanks around it, and without a `?` before or a `(` behind it.
  private static func cleaned(_ topic: String) -> String {
    var text = topic.drop { $0 == " " || $0 == "?" }
    while let last = text.last, last == " " || last == "(" || last == ")" { text.removeLast() }
    return String(text)
  }
}
