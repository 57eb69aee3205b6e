import Graphs
import Syntax
import Tensors

/// What the names of a script hold, statement by statement, as far as that can be told without running it.
package struct Survey: Sendable {
  /// What a name holds behind the statement that gave it a value.
  package struct Note: Sendable {
    package let name: Name
    /// `3×2 · trainable`, without values; nil where it can't be told, or differs from time to time.
    package internal(set) var summary: String?
  }

  package let mistakes: [Diagnostic]
  /// In the order of the text, one for each place.
  package let notes: [Note]
  /// All names at the end of the script.
  package let session: Session
  /// It was stopped before its end.
  package let isPartial: Bool

  /// - Parameter session: what is known before the script begins.
  package init(of source: Source, in session: Session) {
    var check = ShapeCheck(session)
    check.notes = [:]
    mistakes = check.check(source)
    notes = check.notes?.values.sorted { $0.name.range.lowerBound < $1.name.range.lowerBound } ?? []
    self.session = check.known.session
    isPartial = Interrupt.isRequested
  }
}

extension ShapeCheck {
  /// Writes down what a statement gave its names.
  mutating func note(_ statement: Statement) {
    for name in statement.targets {
      let summary = known.unknown.contains(name.text) ? nil : known.session.summary(of: name.text)
      if let before = notes?[name.range.lowerBound] {
        if before.summary != summary { notes?[name.range.lowerBound]?.summary = nil }
      } else {
        notes?[name.range.lowerBound] = Survey.Note(name: name, summary: summary)
      }
    }
  }
}

extension Session {
  /// Shape and kind of what a name holds; of a live one, of what it would give.
  fileprivate func summary(of name: String) -> String? {
    var words = [brief(of: name)].compactMap { $0 }
    if words.isEmpty { return nil }
    if case .tensor(let held, _)? = names[name]?.content, held.tensor.type == .bool { words.append("mask") }
    if case .live? = names[name]?.content { words.append("live") }
    if names[name]?.trainable.isEmpty == false { words.append("trainable") }
    return words.joined(separator: " · ")
  }

  private func brief(of name: String) -> String? {
    guard case .live? = names[name]?.content else { return briefShape(of: name) }
    let value = try? Evaluator(self, .check).evaluate(Expression(.name(name), 0..<0))
    return value?.shapes(display)
  }
}
