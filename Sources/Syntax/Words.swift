/// A text looked at word by word, whether or not it makes sense as a whole.
extension Source {
  /// The names in a stretch that is read as it is written, such as what a command is told.
  package func names(in range: SourceRange) -> [Name] {
    var lexer = Lexer(slice(range), base: range.lowerBound)
    var names: [Name] = []
    while true {
      let token = lexer.next()
      if token.kind == .end { return names }
      if token.kind == .name { names.append(Name(lexer.text(token.range), token.range)) }
    }
  }

  /// The call that is being written at an offset: the function's name, and the number of the argument from 0.
  package func openCall(at offset: Int) -> (function: Name, argument: Int)? {
    // Far away there is nothing to see.
    let start = lineRange(at: max(0, offset - 1 << 16)).lowerBound
    var lexer = Lexer(slice(start..<offset), base: start)
    var calls: [(function: Name?, argument: Int)] = []
    var previous: Token?
    while true {
      let token = lexer.next()
      if token.kind == .end { break }
      if token.kind.opensBracket {
        var function: Name?
        if token.kind == .openParenthesis, !token.followsSpace, let previous, previous.kind == .name {
          function = Name(lexer.text(previous.range), previous.range)
        }
        calls.append((function, 0))
      } else if token.kind.closesBracket {
        _ = calls.popLast()
      } else if token.kind == .comma, !calls.isEmpty {
        calls[calls.count - 1].argument += 1
      }
      previous = token
    }
    guard let call = calls.last, let function = call.function else { return nil }
    return (function, call.argument)
  }

  /// The word at an offset, whatever it is.
  package func word(at offset: Int) -> String? {
    let line = lineRange(at: offset)
    var lexer = Lexer(slice(line), base: line.lowerBound)
    while true {
      let token = lexer.next()
      if token.kind == .end { return nil }
      if token.range.lowerBound <= offset, offset < token.range.upperBound { return lexer.text(token.range) }
    }
  }
}
