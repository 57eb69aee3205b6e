import Printing
import Syntax

/// Words that people type at any prompt: they do what they say where nothing of the session has their name.
enum PlainWord: String, CaseIterable {
  case exit, quit, q, help, history, who, whos, dir, ls, clear

  /// The command that it stands for; nil for what only a terminal can do.
  var command: Command? {
    switch self {
    case .exit, .quit, .q: .quit
    case .help: .help
    case .history: .history
    case .who, .whos, .dir, .ls: .vars
    case .clear: nil
    }
  }

  /// It does so only where it is called: alone it may be meant for something else.
  var isCalled: Bool { self == .q || self == .dir || self == .ls }
}

extension Session {
  /// Whether an expression is such a word; then it has been done.
  mutating func obey(_ expression: Expression, _ emit: (Output) -> Void) throws(Diagnostic) -> Bool {
    guard let (word, rest) = plainWord(expression) else { return false }
    guard let command = word.command else {
      clearScreen(emit)
      return true
    }
    try command(&self, Command.Call(text: rest, range: expression.range, source: Source(text: "")), emit)
    return true
  }

  /// `exit`, `exit()`, `help(sum)`: the word, and what it is told.
  private func plainWord(_ expression: Expression) -> (PlainWord, rest: String)? {
    switch expression.kind {
    case .name(let name):
      guard names[name] == nil, let word = PlainWord(rawValue: name), !word.isCalled else { return nil }
      return (word, "")
    case .call(let callee, let arguments):
      guard case .name(let name) = callee.kind, names[name] == nil, let word = PlainWord(rawValue: name) else {
        return nil
      }
      if arguments.isEmpty { return (word, "") }
      guard word == .help, arguments.count == 1, arguments[0].label == nil else { return nil }
      switch arguments[0].value.kind {
      case .name(let topic), .text(let topic): return (word, topic)
      default: return nil
      }
    default: return nil
    }
  }

  /// The screen, and the place of the cursor.
  func clearScreen(_ emit: (Output) -> Void) {
    if isInteractive { emit(.cleared) }
  }
}
