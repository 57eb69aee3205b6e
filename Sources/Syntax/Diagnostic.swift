/// A stretch of source text, in UTF-8 offsets.
package typealias SourceRange = Range<Int>

/// A problem in what the user wrote, and where: the only error a user sees.
package struct Diagnostic: Error, Equatable, Sendable {
  /// A further stretch of the source worth pointing at, with a word about it ("w is 4×6").
  package struct Label: Equatable, Sendable {
    package var range: SourceRange
    package var text: String

    package init(_ range: SourceRange, _ text: String) {
      self.range = range
      self.text = text
    }
  }

  /// One sentence in the user's words, without a full stop.
  package var message: String
  /// Where, or nil when no single place is to blame.
  package var range: SourceRange?
  package var labels: [Label]
  /// Something that can be typed.
  package var help: String?
  /// The cause.
  package var note: String?
  /// The input only needs more text: the prompt asks for another line.
  package var isUnfinished: Bool
  /// The work was stopped by Ctrl-C.
  package var isInterrupt: Bool

  package init(
    _ message: String, at range: SourceRange? = nil, labels: [Label] = [], help: String? = nil, note: String? = nil,
    isUnfinished: Bool = false, isInterrupt: Bool = false
  ) {
    self.message = message
    self.range = range
    self.labels = labels
    self.help = help
    self.note = note
    self.isUnfinished = isUnfinished
    self.isInterrupt = isInterrupt
  }
}
