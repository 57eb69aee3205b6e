import Syntax

/// What stands behind `:why`: an expression, by what to split it, and how the answer is to be copied.
struct WhyQuestion {
  /// How an answer is written.
  enum Form: String, CaseIterable {
    /// As it is.
    case text
    /// Markdown: the question as a heading, the answer as code.
    case md
  }

  let expression: Expression
  let ways: [String]
  let form: Form

  init(of expression: Expression) { (self.expression, ways, form) = (expression, [], .text) }

  init(_ call: Command.Call) throws(Diagnostic) {
    var text = Substring(call.text)
    while text.last?.isWhitespace == true { text.removeLast() }
    var form = Form.text
    for candidate in Form.allCases where text.hasSuffix(" as \(candidate.rawValue)") {
      form = candidate
      text = text.dropLast(4 + candidate.rawValue.count)
    }
    self.form = form
    var ways: [String] = []
    if let mark = text.ranges(of: " by ").last {
      let names = text[mark.upperBound...].split(separator: ",").map { $0.filter { !$0.isWhitespace } }
      if names.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }) {
        ways = names
        text = text[..<mark.lowerBound]
      }
    }
    self.ways = ways
    var asked = call
    asked.text = String(text)
    expression = try asked.expression(":why grad(loss, w)[0, 1]")
  }

  /// An answer as it is to be copied.
  func written(_ answer: [String]) -> String {
    switch form {
    case .text: answer.joined(separator: "\n")
    case .md: (["**`:why \(expression.description)`**", ""] + answer.map { "    " + $0 }).joined(separator: "\n")
    }
  }
}
