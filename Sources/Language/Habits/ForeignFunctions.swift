/// Functions without a name, as Python, Octave, Julia and R write them.
extension ForeignParser {
  /// `lambda a, b: e`, `@(t) e`, `@sin`, `function(t) e`.
  mutating func function() throws(Unreadable) -> ForeignExpression? {
    if skip(word: "lambda") {
      var names: [String] = []
      while token.kind == .name {
        names.append(token.text)
        advance()
        if !skip(",") { break }
      }
      try expect(":")
      return .function(names, try whole())
    }
    if isAt("@"), next.kind == .name, place == 0 || tokens[place - 1].kind == .sign {
      advance()
      marks.insert(.handle)
      return try postfix(isBare: true)
    }
    let isHandle = isAt("@") && next.text == "("
    guard isHandle || isAt(word: "function") && next.text == "(" || isAt("\\") && next.text == "(" else { return nil }
    marks.insert(isHandle ? .handle : .leftArrow)
    advance()
    advance()
    var names: [String] = []
    while token.kind == .name {
      names.append(token.text)
      advance()
      if !skip(",") { break }
    }
    try expect(")")
    let outer = isBlankSeparated
    isBlankSeparated = false
    defer { isBlankSeparated = outer }
    return .function(names, try whole())
  }

  func parameters(of value: ForeignExpression) throws(Unreadable) -> [String] {
    switch value {
    case .name(let name): return [name]
    case .tuple(let entries):
      var names: [String] = []
      for entry in entries {
        guard case .name(let name) = entry else { throw Unreadable() }
        names.append(name)
      }
      return names
    default: throw Unreadable()
    }
  }
}
