import Files
import Language
import Syntax

/// The colours of editors, written from the words and signs that the language is read by.
package enum Grammar {
  package static let kinds = ["vim", "textmate"]

  package static func text(for kind: String) -> String { kind == "vim" ? vim : textMate }

  private static let numberPattern = "(\\d[\\d_]*(\\.\\d[\\d_]*)?|\\.\\d[\\d_]*)([eE][-+]?\\d[\\d_]*)?"

  /// Names that are there before anything was typed.
  private static let predefined = Session.predefinedNames.sorted()

  private static func alternatives(_ words: [String]) -> String { words.joined(separator: "|") }

  // MARK: Vim

  private static var vim: String {
    let operators = LexicalTable.operators.map { vimEscaped($0) }.joined(separator: "\\|")
    func keywords(_ group: String, _ words: [String]) -> String {
      "syntax keyword gradus\(group) " + words.joined(separator: " ")
    }
    let statements = LexicalTable.statementWords.joined(separator: "\\|")
    let lines = [
      "\" Gradus scripts; written by gradus --grammar vim. Copy syntax/ and ftdetect/ to ~/.vim.",
      "if exists(\"b:current_syntax\")", "  finish", "endif", "",
      "syntax match gradusOperator \"\(operators)\"",
      "syntax match gradusFunction \"\\<\\h\\w*\\ze(\"",
      "syntax match gradusStatement \"\\(^\\|[;{]\\)\\s*\\zs\\(\(statements)\\)\\>\\(\\s*[=(.]\\)\\@!\"",
      keywords("Constant", LexicalTable.words(.constant) + predefined),
      keywords("Control", LexicalTable.words(.control)), keywords("Logic", LexicalTable.words(.logic)),
      "syntax match gradusNumber \"\\<\\d[0-9_]*\\(\\.\\d[0-9_]*\\)\\?\\([eE][-+]\\?\\d[0-9_]*\\)\\?\\>\"",
      "syntax match gradusNumber \"\\(\\w\\|)\\|\\]\\)\\@<!\\.\\d[0-9_]*\\([eE][-+]\\?\\d[0-9_]*\\)\\?\\>\"",
      "syntax region gradusText start=+\"+ skip=+\\\\\\\\\\|\\\\\"+ end=+\"+ oneline contains=gradusEscape,gradusHole",
      "syntax match gradusEscape \"\\\\[\\\"\\\\nrt]\\|{{\\|}}\" contained",
      "syntax region gradusHole matchgroup=gradusEscape start=\"{{\\@!\" end=\"}\" contained oneline contains=TOP",
      "syntax match gradusCommand \"^\\s*:\\h\\w*\"",
      "syntax match gradusComment \"#.*$\" contains=gradusTodo",
      "syntax match gradusAnswer \"^\\s*#>.*$\"",
      "syntax keyword gradusTodo TODO FIXME contained", "",
    ]
    let links = [
      ("Comment", "Comment"), ("Answer", "SpecialComment"), ("Todo", "Todo"), ("Text", "String"),
      ("Escape", "SpecialChar"), ("Number", "Number"), ("Constant", "Constant"), ("Control", "Statement"),
      ("Statement", "Statement"), ("Logic", "Operator"), ("Function", "Function"), ("Command", "PreProc"),
      ("Operator", "Operator"),
    ]
    return
      (lines + links.map { "highlight default link gradus\($0.0) \($0.1)" } + ["", "let b:current_syntax = \"gradus\""])
      .joined(separator: "\n")
  }

  private static func vimEscaped(_ sign: String) -> String {
    sign.map { "*^~.$[]".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  // MARK: TextMate

  private static var textMate: String {
    func rule(_ name: String, _ pattern: String) -> JSON {
      .object([.init("name", .string(name + ".gradus")), .init("match", .string(pattern))])
    }
    let escape = rule("constant.character.escape", "\\\\[\"\\\\nrt]|\\{\\{|\\}\\}")
    let hole = JSON.object([
      .init("name", .string("meta.embedded.gradus")), .init("begin", .string("\\{")), .init("end", .string("\\}|$")),
      .init("patterns", .array([.object([.init("include", .string("$self"))])])),
    ])
    let text = JSON.object([
      .init("name", .string("string.quoted.double.gradus")), .init("begin", .string("\"")),
      .init("end", .string("\"|$")), .init("patterns", .array([escape, hole])),
    ])
    let operators = alternatives(LexicalTable.operators.map { patternEscaped($0) })
    let patterns: [JSON] = [
      rule("comment.block.documentation", "^\\s*#>.*$"), rule("comment.line.number-sign", "#.*$"),
      rule("keyword.control.directive", "^\\s*:[A-Za-z]\\w*"), text,
      rule("constant.numeric", "(?<![\\p{L}\\p{N}_.])" + numberPattern),
      rule(
        "keyword.control", "(?:^|(?<=[;{]))\\s*(?:\(alternatives(LexicalTable.statementWords)))\\b(?!\\s*[=(.])"),
      rule("constant.language", "\\b(\(alternatives(LexicalTable.words(.constant) + predefined)))\\b"),
      rule("keyword.control", "\\b(\(alternatives(LexicalTable.words(.control))))\\b"),
      rule("keyword.operator.logical", "\\b(\(alternatives(LexicalTable.words(.logic))))\\b"),
      rule("entity.name.function", "[\\p{L}_][\\p{L}\\p{N}_]*(?=\\()"),
      rule("variable.other", "[\\p{L}_][\\p{L}\\p{N}_]*"), rule("keyword.operator", operators),
    ]
    let members = [
      "  \"name\": \"Gradus\"", "  \"scopeName\": \"source.gradus\"", "  \"fileTypes\": [\"grad\"]",
      "  \"patterns\": [\n" + patterns.map { "    " + $0.text }.joined(separator: ",\n") + "\n  ]",
    ]
    return "{\n" + members.joined(separator: ",\n") + "\n}"
  }

  private static func patternEscaped(_ sign: String) -> String {
    sign.map { ".*+?^$|()[]{}\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
