/// The one style that scripts are written in: indentation by brackets, blanks by what a sign means.
///
/// Line breaks, comments, texts, commands and `#>` answers stay as they are; no line is broken or joined.
package struct Layout {
  /// The text in that style; nil where it can't be read.
  ///
  /// It says what it said before: where blanks would give it another meaning, it is left alone.
  package static func formatted(_ source: Source) -> String? {
    let program = Parser.parse(source)
    guard program.diagnostics.isEmpty else { return nil }
    var layout = Layout(source.text, raw: program.statements.flatMap(\.commands))
    let text = layout.write()
    let after = Parser.parse(Source(name: source.name, text: text))
    let isSame =
      after.diagnostics.isEmpty && after.statements.map(\.description) == program.statements.map(\.description)
    return isSame ? text : source.text
  }

  /// Words that a value follows.
  private static let leading: Set<String> = ["return", "expect"]

  /// A bracket that is open.
  private struct Bracket {
    let kind: Token.Kind
    /// The blanks that its line begins with.
    let indent: Int
    /// It picks entries, and one of them is a slice.
    let picksSlices: Bool
  }

  private var lexer: Lexer
  /// Where commands stand, which aren't words of the language.
  private let raw: [SourceRange]
  private var tokens: [Token] = []
  private var brackets: [Bracket] = []
  private var text = ""
  /// The word that is being written.
  private var number = 0
  /// The blanks that the line being written begins with.
  private var indent = 0
  /// The kind of the first word of the statement being written, and its text.
  private var beginning = ""

  private init(_ text: String, raw: [SourceRange]) {
    lexer = Lexer(text)
    self.raw = raw.sorted { $0.lowerBound < $1.lowerBound }
    readTokens()
  }

  /// A command is one word that ends with its line.
  private mutating func readTokens() {
    var commands = raw[...]
    while true {
      var token = lexer.next()
      if let command = commands.first, token.range.lowerBound >= command.lowerBound {
        token.kind = .text
        token.range = command
        lexer.position = command.upperBound
        commands.removeFirst()
      }
      tokens.append(token)
      if token.kind == .end { return }
    }
  }

  /// The blanks that the line behind a text begins with.
  package static func indent(behind text: String) -> Int {
    var layout = Layout(text + "\n", raw: [])
    _ = layout.write()
    return layout.indent
  }

  private mutating func write() -> String {
    let slicing = Self.slicing(tokens)
    var previous: Token?
    var isOperandBefore = false
    var isUnary = false
    for (place, token) in tokens.enumerated() {
      number = place
      let gap = (previous?.range.upperBound ?? 0)..<token.range.lowerBound
      let breaksLine = write(gap, before: token, after: previous)
      if token.kind == .end { break }
      let startsStatement =
        previous == nil || previous?.kind == .openBrace
        || isBetweenStatements && (breaksLine || previous?.kind == .semicolon)
      if startsStatement { beginning = lexer.text(token.range) }
      let signsNumber = token.kind.isSign && !isOperandBefore
      if !breaksLine, let previous {
        if separates(previous, token, wasUnary: isUnary, isUnary: signsNumber, isOperandBefore) { text += " " }
      }
      text += lexer.text(token.range)
      if token.kind.opensBracket {
        brackets.append(Bracket(kind: token.kind, indent: indent, picksSlices: slicing.contains(number)))
      } else if token.kind.closesBracket, !brackets.isEmpty {
        brackets.removeLast()
      }
      isUnary = signsNumber
      isOperandBefore = token.kind.endsOperand && !(startsStatement && Self.leading.contains(beginning))
      previous = token
    }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text.isEmpty ? "" : text + "\n"
  }

  /// Comments and line breaks between two words; says whether a line was ended.
  private mutating func write(_ gap: SourceRange, before token: Token, after previous: Token?) -> Bool {
    var lines = lexer.text(gap).replacing("\r\n", with: "\n").split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r" })[...]
    if previous != nil {
      let rest = Self.comment(lines.removeFirst())
      if lines.isEmpty, rest == nil { return false }
      text += rest.map { "  " + $0 + "\n" } ?? "\n"
    }
    indent = lineIndent(before: token, after: previous)
    var isBlank = previous == nil
    // The last one is where the word stands.
    for line in token.kind == .end ? lines : lines.dropLast() {
      let comment = Self.comment(line)
      if comment == nil, isBlank { continue }
      isBlank = comment == nil
      if let comment { text += comment.hasPrefix("#>") ? Self.trimmed(line) : blanks(innermost) + comment }
      text += "\n"
    }
    text += blanks(indent)
    return true
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  /// A line break here ends a statement.
  private var isBetweenStatements: Bool { brackets.last.map { $0.kind == .openBrace } ?? true }

  /// What stands within the innermost bracket begins here.
  private var innermost: Int { brackets.last.map { $0.indent + 2 } ?? 0 }

  private func lineIndent(before token: Token, after previous: Token?) -> Int {
    if token.kind.closesBracket, let bracket = brackets.last { return bracket.indent }
    let goesOn = isBetweenStatements && previous?.kind.asksForMore == true
    return innermost + (goesOn ? 2 : 0)
  }

  private static func comment(_ line: Substring) -> String? {
    guard let start = line.firstIndex(of: "#") else { return nil }
    return trimmed(line[start...])
  }

  private static func trimmed(_ line: Substring) -> String {
    var line = line
    while line.last?.isWhitespace == true { line.removeLast() }
    return String(line)
  }

  // MARK: Blanks

  private func separates(_ a: Token, _ b: Token, wasUnary: Bool, isUnary: Bool, _ isOperandBefore: Bool) -> Bool {
    switch (a.kind, b.kind) {
    case (.openBrace, .closeBrace): return false
    case (_, .comma), (_, .semicolon), (_, .closeParenthesis), (_, .closeBracket): return false
    case (.openParenthesis, _), (.openBracket, _), (.point, _), (_, .point), (_, .apostrophe): return false
    case (.comma, _), (.semicolon, _), (.openBrace, _), (_, .openBrace), (_, .closeBrace): return true
    case (.colon, _): return beginning == "input" && brackets.isEmpty
    case (_, .colon): return false
    case (.assign, _), (_, .assign): return !givesByName
    default: break
    }
    if wasUnary { return a.kind == .notWord }
    if a.kind.isCompact || b.kind.isCompact { return false }
    // A fraction is one number.
    if a.kind == .slash, b.kind == .number, isFraction { return false }
    if b.kind == .slash, a.kind == .number, isFraction { return false }
    if a.kind.isInfix { return !(a.kind.isArithmetic && picksSlices) }
    if b.kind.isInfix, !isUnary { return !(b.kind.isArithmetic && picksSlices) }
    // What is written side by side is a call or an index; with a blank between, it is something else.
    if b.kind == .openParenthesis || b.kind == .openBracket { return b.followsSpace || !isOperandBefore }
    return true
  }

  /// What is being written is a sign between two numbers, or stands right before or behind one.
  private var isFraction: Bool {
    let place = tokens[number].kind == .slash ? number : number - 1
    return place > 0 && place + 1 < tokens.count && tokens[place - 1].kind == .number
      && tokens[place + 1].kind == .number
  }

  private var picksSlices: Bool { brackets.last?.picksSlices == true }

  /// An `=` here is one of `f(k=2)` and `expect a ~ b, rtol=1e-3`.
  private var givesByName: Bool {
    switch brackets.last?.kind {
    case .openParenthesis?, .openBracket?: true
    case nil, .openBrace?: beginning == "expect"
    default: false
    }
  }

  /// The numbers of the brackets that pick entries by slices.
  private static func slicing(_ tokens: [Token]) -> Set<Int> {
    var open: [Int] = []
    var found: Set<Int> = []
    for (number, token) in tokens.enumerated() {
      if token.kind.opensBracket {
        open.append(number)
      } else if token.kind.closesBracket {
        _ = open.popLast()
      } else if token.kind == .colon, let last = open.last, tokens[last].kind == .openBracket {
        found.insert(last)
      }
    }
    return found
  }
}

extension Token.Kind {
  fileprivate var isSign: Bool { self == .minus || self == .plus || self == .notWord }

  fileprivate var isArithmetic: Bool {
    switch self {
    case .plus, .minus, .star, .slash, .at, .percent: true
    default: false
    }
  }

  /// Stands between two values without blanks.
  fileprivate var isCompact: Bool { self == .power }

  fileprivate var isInfix: Bool {
    switch self {
    case .pipe, .orWord, .xorWord, .andWord, .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual, .tilde,
      .arrow, .defineLive, .addAssign, .subtractAssign, .multiplyAssign, .divideAssign, .inWord, .elseWord:
      true
    default: isArithmetic
    }
  }

  /// A line that ends with it goes on.
  fileprivate var asksForMore: Bool { isInfix || isCompact || self == .assign || self == .notWord }

  /// A value may end with it.
  fileprivate var endsOperand: Bool {
    switch self {
    case .number, .text, .name, .trueWord, .falseWord, .infWord, .nanWord, .newWord, .ellipsis, .apostrophe, .question,
      .closeParenthesis, .closeBracket, .closeBrace:
      true
    default: false
    }
  }
}

extension Statement {
  /// Where the commands in it stand, from their colon or question mark to the end of the line.
  fileprivate var commands: [SourceRange] {
    if case .command(_, _, let rest) = kind { return [range.lowerBound..<max(range.upperBound, rest.upperBound)] }
    return blocks.flatMap { $0.flatMap(\.commands) }
  }
}
