/// Words that consoles are talked to with.
extension Suggestion {
  /// What to type where a command's name stands without its colon, or another console's word for it.
  static func command(_ word: String) -> String? {
    if let help = words[word] { return help }
    // Shorter ones are rather names of values.
    guard word.count > 2 else { return nil }
    return Command.named[word].map { "commands begin with a colon: \($0.usage)" }
  }

  private static let words: [String: String] = {
    var words: [String: String] = [:]
    for (help, others) in [
      (":quit or Ctrl-D leaves", ["exit", "quit", "bye", "logout"]),
      ("a name alone shows its value", ["print", "pprint", "display", "disp", "show", "echo", "println", "printf"]),
      (":vars lists the names", ["whos", "who", "dir", "ls", "locals", "globals", "vars"]),
      ("Ctrl-L clears the screen", ["clear", "cls"]),
      (":help, or :help relu, explains", ["man", "doc", "info", "help"]),
    ] {
      for word in others { words[word] = help }
    }
    return words
  }()
}
