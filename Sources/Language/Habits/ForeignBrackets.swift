/// What stands in brackets.
extension ForeignParser {
  /// Reads something with its own rules about blanks and colons.
  private mutating func inside<Value>(
    blanks: Bool, _ body: (inout ForeignParser) throws(Unreadable) -> Value
  ) throws(Unreadable) -> Value {
    let outer = (isBlankSeparated, endsAtColon, endsAtIf)
    (isBlankSeparated, endsAtColon, endsAtIf) = (blanks, false, false)
    let value = try body(&self)
    (isBlankSeparated, endsAtColon, endsAtIf) = outer
    return value
  }

  mutating func parenthesised() throws(Unreadable) -> ForeignExpression {
    advance()
    return try inside(blanks: false) { parser throws(Unreadable) in
      var entries: [ForeignExpression] = []
      var hasComma = false
      while !parser.isAt(")") {
        entries.append(try parser.comprehension(of: parser.whole()))
        guard parser.skip(",") else { break }
        hasComma = true
      }
      try parser.expect(")")
      return entries.count == 1 && !hasComma ? entries[0] : .tuple(entries)
    }
  }

  mutating func list() throws(Unreadable) -> ForeignExpression {
    advance()
    return try inside(blanks: true) { parser throws(Unreadable) in
      var rows: [[ForeignExpression]] = [[]]
      var hasRows = false
      while !parser.isAt("]") {
        if parser.isAt(";") {
          parser.advance()
          hasRows = true
          if !parser.isAt("]") { rows.append([]) }
          continue
        }
        let entry = try parser.comprehension(of: parser.whole())
        rows[rows.count - 1].append(entry)
        if parser.skip(",") || parser.isAt(";") || parser.isAt("]") { continue }
        guard parser.token.followsSpace else { throw Unreadable() }
        parser.marks.insert(.blanks)
        hasRows = true
      }
      try parser.expect("]")
      if rows.count == 1, rows[0].count == 1, case .comprehension = rows[0][0] { return rows[0][0] }
      return hasRows ? .rows(rows) : .list(rows[0])
    }
  }

  /// `{1, 2}`, `{x: a}`.
  mutating func braces() throws(Unreadable) -> ForeignExpression {
    advance()
    return try inside(blanks: false) { parser throws(Unreadable) in
      var entries: [ForeignExpression] = []
      var pairs: [(key: ForeignExpression, value: ForeignExpression)] = []
      while !parser.isAt("}") {
        parser.endsAtColon = true
        let key = try parser.whole()
        parser.endsAtColon = false
        if parser.skip(":") {
          pairs.append((key, try parser.whole()))
        } else {
          entries.append(key)
        }
        guard parser.skip(",") else { break }
      }
      try parser.expect("}")
      guard pairs.isEmpty || entries.isEmpty else { throw Unreadable() }
      return entries.isEmpty ? .dictionary(pairs) : .list(entries)
    }
  }

  /// `… for a in v if c` behind an entry.
  private mutating func comprehension(of entry: ForeignExpression) throws(Unreadable) -> ForeignExpression {
    guard skip(word: "for") else { return entry }
    let names = try names()
    guard skip(word: "in") || skip("=") else { throw Unreadable() }
    let outer = (isBlankSeparated, endsAtIf)
    (isBlankSeparated, endsAtIf) = (false, true)
    let values = try whole()
    let condition = skip(word: "if") ? try whole() : nil
    (isBlankSeparated, endsAtIf) = outer
    return .comprehension(entry, names: names, over: values, condition: condition)
  }

  /// `a, b` or `(a, b)`.
  mutating func names() throws(Unreadable) -> [String] {
    let hasParenthesis = skip("(")
    var names: [String] = []
    repeat {
      guard token.kind == .name else { throw Unreadable() }
      names.append(token.text)
      advance()
    } while skip(",")
    if hasParenthesis { try expect(")") }
    return names
  }

  mutating func arguments() throws(Unreadable) -> [ForeignArgument] {
    advance()
    return try inside(blanks: false) { parser throws(Unreadable) in
      var arguments: [ForeignArgument] = []
      while !parser.isAt(")") {
        if parser.isAt(",") {
          parser.advance()
          arguments.append(ForeignArgument(value: .omitted))
          continue
        }
        if parser.isAt("**") { throw Unreadable() }
        var argument = ForeignArgument(value: .omitted)
        if parser.isAt("*") {
          parser.advance()
          argument.isSpread = true
        } else if let label = parser.takeLabel() {
          argument.label = label
        }
        argument.value = try parser.comprehension(of: parser.whole())
        arguments.append(argument)
        // Julia puts a semicolon before what has a name.
        guard parser.skip(",") || parser.skip(";") else { break }
      }
      try parser.expect(")")
      return arguments
    }
  }

  /// `axis=`, and R's `length.out=`.
  private mutating func takeLabel() -> String? {
    let start = place
    var words: [String] = []
    while token.kind == .name {
      words.append(token.text)
      advance()
      if skip("=") { return words.joined(separator: ".") }
      guard skip(".") else { break }
    }
    place = start
    return nil
  }

  mutating func indices() throws(Unreadable) -> [ForeignExpression] {
    advance()
    let outer = isInBrackets
    isInBrackets = true
    defer { isInBrackets = outer }
    return try inside(blanks: false) { parser throws(Unreadable) in
      var entries: [ForeignExpression] = []
      while !parser.isAt("]") {
        if parser.isAt(",") {
          parser.marks.insert(.omitted)
          entries.append(.omitted)
        } else {
          entries.append(try parser.whole())
        }
        guard parser.skip(",") else { break }
        if parser.isAt("]") {
          parser.marks.insert(.omitted)
          entries.append(.omitted)
        }
      }
      try parser.expect("]")
      guard !entries.isEmpty else { throw Unreadable() }
      return entries
    }
  }

  // MARK: Texts

  mutating func text(_ token: ForeignToken) throws(Unreadable) -> ForeignExpression {
    if token.prefix == "'" { marks.insert(.singleQuotes) }
    if token.prefix.contains("f") { return .text(try pieces(of: token.text, opening: "{", closing: "}")) }
    if token.text.contains("$"), token.prefix == "\"" { return .text(try interpolated(token.text)) }
    return .text(token.text.isEmpty ? [] : [.words(token.text)])
  }

  /// `loss {loss:.3f}`.
  private func pieces(of text: String, opening: Character, closing: Character) throws(Unreadable) -> [ForeignPiece] {
    var pieces: [ForeignPiece] = []
    var words = ""
    var rest = Substring(text)
    while let next = rest.popFirst() {
      if next == closing, rest.first == closing || next == opening, rest.first == opening {
        words.append(rest.removeFirst())
        continue
      }
      guard next == opening else {
        words.append(next)
        continue
      }
      guard let end = rest.firstIndex(of: closing) else { throw Unreadable() }
      if !words.isEmpty { pieces.append(.words(words)) }
      words = ""
      let inside = rest[..<end]
      rest = rest[rest.index(after: end)...]
      let colon = inside.lastIndex(of: ":")
      let format = colon.map { String(inside[inside.index(after: $0)...]) }
      let code = String(colon.map { inside[..<$0] } ?? inside)
      let isNamed = code.hasSuffix("=")
      if isNamed { words = code }
      if !words.isEmpty { pieces.append(.words(words)) }
      words = ""
      pieces.append(.value(try Self.expression(isNamed ? String(code.dropLast()) : code), format: format))
    }
    if !words.isEmpty { pieces.append(.words(words)) }
    return pieces
  }

  /// Julia's `a $(1 + 1) $x`.
  private func interpolated(_ text: String) throws(Unreadable) -> [ForeignPiece] {
    var pieces: [ForeignPiece] = []
    var words = ""
    var rest = Substring(text)
    while let next = rest.popFirst() {
      guard next == "$", let start = rest.first, start == "(" || start.isLetter || start == "_" else {
        words.append(next)
        continue
      }
      if !words.isEmpty { pieces.append(.words(words)) }
      words = ""
      var code = ""
      if start == "(" {
        rest.removeFirst()
        var depth = 1
        while depth > 0 {
          guard let next = rest.popFirst() else { throw Unreadable() }
          depth += next == "(" ? 1 : next == ")" ? -1 : 0
          if depth > 0 { code.append(next) }
        }
      } else {
        while let next = rest.first, next.isLetter || next.isNumber || next == "_" { code.append(rest.removeFirst()) }
      }
      pieces.append(.value(try Self.expression(code), format: nil))
    }
    if !words.isEmpty { pieces.append(.words(words)) }
    return pieces
  }

  private static func expression(_ text: String) throws(Unreadable) -> ForeignExpression {
    guard var parser = ForeignParser(text) else { throw Unreadable() }
    let value = try parser.whole()
    guard parser.token.kind == .end else { throw Unreadable() }
    return value
  }
}
