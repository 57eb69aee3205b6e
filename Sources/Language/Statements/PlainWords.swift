import Printing
import Syntax

/// Words that people type at any prompt: they do what they say where nothing of the session has their name.
enum PlainWord: String, CaseIterable {
  case exit, quit, help, history, who, clear

  /// The command that it stands for; nil for what only a terminal can do.
  var command: Command? {
    switch self {
    case .exit, .quit: .quit
    case .help: .help
    case .history: .history
    case .who: .vars
    case .clear: nil
    }
  }
}

extension Session {
  /// Whether an expression is such a word; then it has been done.
  mutating func obey(_ expression: Expression, _ emit: (Output) -> Void) throws(Diagnostic) -> Bool {
    guard case .name(let name) = expression.kind, names[name] == nil, let word = PlainWord(rawValue: name) else {
      return false
    }
    guard let command = word.command else {
      // The screen, and the place of the cursor.
      if display.isColored, isInteractive { emit(.result("\u{1B}[2J\u{1B}[H")) }
      return true
    }
    try command.run(&self, Command.Call(text: "", range: expression.range, source: Source(text: "")), emit)
    return true
  }
}
