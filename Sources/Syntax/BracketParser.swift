// parenthesised = "(" [ argument { "," argument } [ "," ] ] ")"     a tuple if there is a comma, a record if there are names
// list          = "[" [ row { ";" row } [ ";" ] ] "]"               row = whole { "," whole } [ "," ]
// arguments     = "(" [ argument { "," argument } [ "," ] ] ")"     argument = [ ( name | text | "nan" ) "=" ] whole
// indices       = "[" entry { "," entry } [ "," ] "]"
// entry         = "..." | "new" | [ expression ] [ ":" [ expression ] [ ":" [ expression ] ] ]

extension Parser {
  mutating func parenthesised() throws(Diagnostic) -> Tree {
    let opener = try open()
    var entries: [Argument] = []
    var first: Tree?
    var (height, hasComma) = (0, false)
    while token.kind != .closeParenthesis {
      let (entry, tree) = try argument()
      if first == nil { first = tree }
      entries.append(entry)
      height = max(height, tree.height)
      guard skip(.comma) else { break }
      hasComma = true
    }
    if entries.isEmpty, token.kind != .closeParenthesis { throw unexpected("a value", continues: true) }
    try close(opener, with: .closeParenthesis)
    let range = opener.range.lowerBound..<previous.range.upperBound
    if !hasComma, var tree = first, entries[0].label == nil {
      tree.expression.range = range
      return tree
    }
    guard let named = entries.first(where: { $0.label != nil }) else {
      return try joined(.tuple(entries.map(\.value)), opener.range.lowerBound, over: height)
    }
    // In front of an arrow they are parameters, of which some may have no default.
    if kind != .arrow { try checkRecord(entries, named) }
    return try joined(.record(entries), opener.range.lowerBound, over: height)
  }

  private func checkRecord(_ entries: [Argument], _ named: Argument) throws(Diagnostic) {
    if let bare = entries.first(where: { $0.label == nil }) {
      throw Diagnostic(
        "all entries of a record have names", at: bare.value.range,
        labels: named.labelRange.map { [Diagnostic.Label($0, "'\(named.label ?? "")' has one")] } ?? [],
        help: "(w=1, b=2) is a record, (1, 2) a tuple")
    }
    var seen: Set<String> = []
    for entry in entries {
      if let label = entry.label, !seen.insert(label).inserted {
        throw Diagnostic("'\(label)' is named twice", at: entry.labelRange ?? entry.value.range)
      }
    }
  }

  mutating func list() throws(Diagnostic) -> Tree {
    let opener = try open()
    var rows: [[Expression]] = []
    var (row, height) = try row()
    if token.kind == .semicolon {
      while true {
        if row.isEmpty { throw unexpected("a value") }
        rows.append(row)
        guard skip(.semicolon), token.kind != .closeBracket else { break }
        let next = try self.row()
        row = next.entries
        height = max(height, next.height)
      }
      height += 1
    }
    try close(opener, with: .closeBracket)
    return try joined(rows.isEmpty ? .list(row) : .rows(rows), opener.range.lowerBound, over: height)
  }

  private mutating func row() throws(Diagnostic) -> (entries: [Expression], height: Int) {
    var entries: [Expression] = []
    var height = 0
    while token.kind != .closeBracket, token.kind != .semicolon {
      let entry = try whole()
      entries.append(entry.expression)
      height = max(height, entry.height)
      guard skip(.comma) else { break }
    }
    return (entries, height)
  }

  /// The arguments of a call, and the height of the highest.
  mutating func arguments() throws(Diagnostic) -> ([Argument], height: Int) {
    let opener = try open()
    var arguments: [Argument] = []
    var height = 0
    while token.kind != .closeParenthesis {
      let (argument, value) = try argument()
      if argument.label == nil, let last = arguments.last, let label = last.label {
        throw Diagnostic(
          "an argument without a name follows one with a name", at: argument.value.range,
          labels: last.labelRange.map { [Diagnostic.Label($0, "'\(label)' is given by name")] } ?? [],
          help: "put it first, or write its name too")
      }
      arguments.append(argument)
      height = max(height, value.height)
      guard skip(.comma) else { break }
    }
    try close(opener, with: .closeParenthesis)
    return (arguments, height)
  }

  /// `whole`, or `name=whole`.
  private mutating func argument() throws(Diagnostic) -> (Argument, Tree) {
    var value = try whole()
    var argument = Argument(value: value.expression)
    if token.kind == .assign, let label = value.expression.label {
      let labelRange = value.range
      advance()
      value = try whole()
      argument = Argument(label: label, labelRange: labelRange, value: value.expression)
    }
    try refuseAssignment()
    return (argument, value)
  }

  /// The entries between the brackets of an index, and the height of the highest.
  mutating func indices() throws(Diagnostic) -> ([Index], height: Int) {
    let opener = try open()
    var indices: [Index] = []
    var height = 0
    repeat {
      if token.kind == .closeBracket, !indices.isEmpty { break }
      let (index, entryHeight) = try entry()
      indices.append(index)
      height = max(height, entryHeight)
    } while skip(.comma)
    try refuseAssignment()
    try close(opener, with: .closeBracket)
    return (indices, height)
  }

  private mutating func entry() throws(Diagnostic) -> (Index, height: Int) {
    let start = token
    if skip(.ellipsis) { return (.ellipsis(start.range), 0) }
    if skip(.newWord) { return (.newAxis(start.range), 0) }
    let first = token.kind == .colon ? nil : try expression()
    guard skip(.colon) else {
      guard let first else { throw noOperand() }
      return (.at(first.expression), first.height)
    }
    let stop = try bound()
    let step = skip(.colon) ? try bound() : nil
    let range = start.range.lowerBound..<previous.range.upperBound
    let height = max(first?.height ?? 0, stop?.height ?? 0, step?.height ?? 0)
    return (
      .slice(start: first?.expression, stop: stop?.expression, step: step?.expression, range: range), height
    )
  }

  private mutating func bound() throws(Diagnostic) -> Tree? {
    switch token.kind {
    case .colon, .comma, .closeBracket: nil
    default: try expression()
    }
  }

  /// Moves past an opening bracket.
  private mutating func open() throws(Diagnostic) -> Token {
    try enter()
    brackets += 1
    advance()
    return previous
  }

  /// Moves past the closing bracket, or says what is there instead.
  private mutating func close(_ opener: Token, with closer: Token.Kind) throws(Diagnostic) {
    guard token.kind == closer else { throw unclosed(opener) }
    advance()
    brackets -= 1
    leave()
  }
}

extension Expression {
  /// What it says in front of an argument's value: a name, or any other one in quotes.
  fileprivate var label: String? {
    switch kind {
    case .name(let name): name
    case .text(let text): text
    case .number(let number) where number.isNaN: "nan"
    default: nil
    }
  }
}
