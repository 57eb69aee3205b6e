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
    let pages = [
      Operator.named[name].map { page($0.signature, $0.summary, $0.derivative, $0.aliases, $0.examples) },
      Builtin.named[name].map { page($0.signature, $0.summary, $0.derivative, $0.aliases, $0.examples) },
    ].compactMap { $0 }
    return pages.isEmpty ? nil : pages.joined(separator: "\n\n")
  }

  private static func page(
    _ signature: Signature, _ summary: String, _ derivative: String, _ aliases: [String],
    _ examples: [(input: String, output: String)]
  ) -> String {
    var lines = [signature.text, "  " + summary]
    if !derivative.isEmpty { lines.append("  gradient: " + derivative) }
    if !aliases.isEmpty { lines.append("  also: " + aliases.joined(separator: ", ")) }
    for example in examples {
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
