import Refusals

/// A stretch of source text, in UTF-8 offsets.
package typealias SourceRange = Range<Int>

/// A refusal with a place in what the user wrote: the only error a user sees.
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

  package var refusal: Refusal
  /// Where, or nil when no single place is to blame.
  package var range: SourceRange?
  package var labels: [Label]
  /// The text that the place is in; nil for the one that was run.
  package var source: Source?
  /// A line that does what the user's was meant to do: what `help` then says, to be taken over as it is.
  package var offer: String?
  /// The name that something stands right behind, as if that were called.
  package var juxtaposed: String?
  /// The calls that led there.
  package var callers = Callers()

  /// A call, where it was written.
  package struct Caller: Equatable, Sendable {
    package var range: SourceRange
    /// Nil for the text that was run.
    package var source: Source?
    /// What it is told as instead of its own text: `in loss`.
    package var words: String?

    package init(_ range: SourceRange, in source: Source? = nil, words: String? = nil) {
      self.range = range
      self.source = source
      self.words = words
    }
  }

  package init(_ refusal: Refusal, at range: SourceRange? = nil, labels: [Label] = []) {
    self.refusal = refusal
    self.range = range
    self.labels = labels
  }

  package init(
    _ message: String, at range: SourceRange? = nil, labels: [Label] = [], reason: Refusal.Reason = .other,
    help: String? = nil, note: String? = nil
  ) {
    self.init(Refusal(message, reason: reason, help: help, note: note), at: range, labels: labels)
  }

  package var reason: Refusal.Reason { refusal.reason }
  package var message: String { refusal.message }
  package var help: String? { refusal.help }
  package var note: String? { refusal.note }
  package var isUnfinished: Bool { reason == .unfinished }
  package var isInterrupt: Bool { reason.isInterrupt }

  /// The place in the text that was run: of the call, where the error is in a function.
  package var outermost: SourceRange? {
    source == nil ? range : (callers.innermost + callers.rest).last { $0.source == nil }?.range
  }
}

extension Diagnostic {
  /// A chain of calls, of which both ends are kept: an error passes through thousands where a function calls itself.
  package struct Callers: Equatable, Sendable {
    /// So many are kept of either end.
    private static let kept = 4

    /// The innermost first.
    private(set) var innermost: [Caller] = []
    /// The last of those that follow, the innermost first.
    private(set) var rest: [Caller] = []
    /// How many between them are left out.
    private(set) var omitted = 0

    package mutating func append(_ caller: Caller) {
      if innermost.count < Self.kept { return innermost.append(caller) }
      rest.append(caller)
      if rest.count > Self.kept {
        rest.removeFirst()
        omitted += 1
      }
    }

    /// Those that have no source yet are in this one.
    package mutating func place(in source: Source) {
      for place in innermost.indices where innermost[place].source == nil { innermost[place].source = source }
      for place in rest.indices where rest[place].source == nil { rest[place].source = source }
    }
  }
}
