import Foundation
import Shell
import Syntax
import TestSupport
import Testing

/// The colours of editors, beside what the language reads.
@Suite struct GrammarTests {
  @Test(arguments: [("vim", "vim/syntax/gradus.vim"), ("textmate", "vscode/gradus.tmLanguage.json")])
  func theFilesAreAsWritten(editor: String, path: String) throws {
    #expect(try Checkout.text(of: "Editors/" + path) == Grammar.text(for: editor) + "\n", "gradus --grammar \(editor)")
  }

  private struct Rule {
    let name: String
    let pattern: NSRegularExpression
    let end: NSRegularExpression?
  }

  private static func rules() throws -> [Rule] {
    let data = Data(Grammar.text(for: "textmate").utf8)
    let grammar = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let patterns = try #require(grammar["patterns"] as? [[String: Any]])
    return try patterns.map { pattern in
      let name = try #require(pattern["name"] as? String)
      let begin = try #require((pattern["match"] ?? pattern["begin"]) as? String)
      return Rule(
        name: name, pattern: try NSRegularExpression(pattern: begin),
        end: try (pattern["end"] as? String).map { try NSRegularExpression(pattern: $0) })
    }
  }

  /// The colour of each place of a line: the first rule that matches soonest, as editors do it.
  private static func colours(of line: String, by rules: [Rule]) -> [String?] {
    let text = line as NSString
    var colours = [String?](repeating: nil, count: text.length)
    var position = 0
    while position < text.length {
      let rest = NSRange(location: position, length: text.length - position)
      let matches = rules.compactMap { rule in
        rule.pattern.firstMatch(in: line, options: .withTransparentBounds, range: rest).map { (rule, $0.range) }
      }.filter { $0.1.length > 0 }
      guard let (rule, range) = matches.min(by: { $0.1.location < $1.1.location }) else { break }
      var end = range.location + range.length
      if rule.end != nil {
        // To the quote that isn't escaped.
        while end < text.length, text.character(at: end) != 0x22 { end += text.character(at: end) == 0x5C ? 2 : 1 }
        end = min(end + 1, text.length)
      }
      for place in range.location..<end { colours[place] = rule.name }
      position = end
    }
    return colours
  }

  /// Every word of every example has the colour that the lexer gives it.
  @Test func coloursAreWhatTheLexerReads() throws {
    let rules = try Self.rules()
    var seen: Set<String> = []
    for path in Checkout.files(below: "Examples", ending: [".grad"]) {
      for line in try Checkout.text(of: path).split(separator: "\n") {
        let line = String(line)
        if line.contains("#") || line.drop(while: { $0 == " " }).first == ":" || !line.allSatisfy(\.isASCII) {
          continue
        }
        let colours = Self.colours(of: line, by: rules)
        for (range, kind) in LexicalTable.classes(of: line) {
          let colour = colours[range.lowerBound] ?? ""
          let isRight =
            switch kind {
            case .number: colour.hasPrefix("constant.numeric")
            case .text: colour.hasPrefix("string")
            case .name:
              colour.hasPrefix("variable") || colour.hasPrefix("entity.name.function")
                || colour.hasPrefix("constant.language") || colour.hasPrefix("keyword.control")
            case .word(.constant): colour.hasPrefix("constant.language")
            case .word(.control): colour.hasPrefix("keyword.control")
            case .word(.logic): colour.hasPrefix("keyword.operator.logical")
            case .sign: colour.hasPrefix("keyword.operator")
            case .other: true
            }
          #expect(isRight, "\(path): \(line) at \(range): \(kind) is \(colour)")
          seen.insert(colour)
        }
      }
    }
    #expect(seen.count > 8)
  }

  /// A word that can't be a name is coloured; one more in the lexer's table is one more here.
  @Test(arguments: LexicalTable.Kind.allCases) func everyWordIsThere(kind: LexicalTable.Kind) {
    #expect(!LexicalTable.words(kind).isEmpty)
    for word in LexicalTable.words(kind) {
      #expect(LexicalTable.classes(of: word).map(\.class) == [.word(kind)])
      for editor in Grammar.kinds { #expect(Grammar.text(for: editor).contains(word)) }
    }
  }
}
