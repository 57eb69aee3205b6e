extension FunctionDefinition {
  /// Where a name is written first in the definition.
  package func place(of name: String) -> SourceRange? {
    guard let source = origin.source else { return nil }
    var lexer = Lexer(source.slice(origin.range), base: origin.range.lowerBound)
    var token = lexer.next()
    while token.kind != .end {
      if token.kind == .name, lexer.text(token.range) == name { return token.range }
      token = lexer.next()
    }
    return nil
  }

  /// The first statement that is never reached: behind one that leaves its block.
  package var unreachable: Statement? { body.unreachable }
}

extension [Statement] {
  fileprivate var unreachable: Statement? {
    for (place, statement) in enumerated() {
      switch statement.kind {
      case .breaking, .continuing, .returning: return place + 1 < count ? self[place + 1] : nil
      case .function(let definition): if let found = definition.unreachable { return found }
      case .loop, .whileLoop, .forEach, .branch, .expression, .assign, .update, .live, .input, .expect, .run, .deletion,
        .freezing, .command:
        for block in statement.blocks { if let found = block.unreachable { return found } }
      }
    }
    return nil
  }
}
