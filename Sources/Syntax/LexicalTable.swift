/// The words and signs of the language, for those who colour it.
package enum LexicalTable {
  package enum Kind: String, CaseIterable, Sendable {
    case constant, control, logic
  }

  /// Words that can't be names, by what they do.
  package static func words(_ kind: Kind) -> [String] {
    Token.reserved.filter { $0.value.lexicalKind == kind }.map(\.key).sorted()
  }

  /// Words that begin a statement, and may be names elsewhere.
  package static var statementWords: [String] { Parser.statementWords.sorted() }

  /// Signs between values, the longest first.
  package static var operators: [String] {
    Lexer.signs.filter { $0.kind.lexicalIsOperator }.map(\.spelling)
      .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
  }

  /// A word or sign of a text, as those see it who colour it.
  package enum Class: Equatable, Sendable { case number, text, name, word(Kind), sign, other }

  /// The words and signs of a line that are no comments.
  package static func classes(of line: String) -> [(range: SourceRange, class: Class)] {
    var lexer = Lexer(line)
    var found: [(SourceRange, Class)] = []
    while true {
      let token = lexer.next()
      if token.kind == .end { return found }
      found.append((token.range, token.kind.lexicalClass))
    }
  }
}

extension Token.Kind {
  fileprivate var lexicalKind: LexicalTable.Kind? {
    switch self {
    case .trueWord, .falseWord, .infWord, .nanWord, .newWord: .constant
    case .repeatWord, .forWord, .whileWord, .ifWord, .elseWord, .inWord: .control
    case .andWord, .orWord, .xorWord, .notWord: .logic
    default: nil
    }
  }

  fileprivate var lexicalIsOperator: Bool {
    switch self {
    case .arrow, .tilde, .assign, .defineLive, .addAssign, .subtractAssign, .multiplyAssign, .divideAssign, .pipe,
      .equal,
      .notEqual, .less, .lessEqual, .greater, .greaterEqual, .plus, .minus, .star, .slash, .at, .percent, .power:
      true
    default: false
    }
  }

  fileprivate var lexicalClass: LexicalTable.Class {
    switch self {
    case .number: .number
    case .text: .text
    case .name: .name
    default: lexicalKind.map { .word($0) } ?? (lexicalIsOperator ? .sign : .other)
    }
  }
}
