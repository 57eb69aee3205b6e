import Syntax
import Text

/// What a session hands to whoever runs it while it works.
package enum Output: Sendable, Equatable {
  /// For standard output, without a trailing newline.
  case result(String)
  /// For standard error: warnings, hints, timing.
  case notice(String)
  /// A notice on how far work without results is: so many steps of so many are done.
  case progress(String, done: Int, of: Int)
  /// A result and what shows it better than text does, for those who asked for that.
  case shown(String, Rich)
  /// The screen is empty from here on, where there is one.
  case cleared

  /// What stands for a result on a page.
  package struct Rich: Sendable, Equatable {
    package var html: String?
    package var latex: String?
    package var svg: String?

    package init(html: String? = nil, latex: String? = nil, svg: String? = nil) {
      (self.html, self.latex, self.svg) = (html, latex, svg)
    }
  }

  /// The text of a result; nil for a notice.
  package var result: String? {
    switch self {
    case .result(let text), .shown(let text, _): text
    case .notice, .progress, .cleared: nil
    }
  }

  /// The same without the signs that ASCII has no place for; a person's own words stay as they are.
  var ascii: Output {
    switch self {
    case .result(let text): .result(ASCII.likeness(of: text))
    case .notice(let text): .notice(ASCII.likeness(of: text))
    case .progress(let text, let done, let count): .progress(ASCII.likeness(of: text), done: done, of: count)
    case .shown(let text, let rich): .shown(ASCII.likeness(of: text), rich)
    case .cleared: .cleared
    }
  }
}

/// What stopped a piece of source; everything before it has been done.
package struct Failure: Error, Sendable {
  package let diagnostics: [Diagnostic]
  package let source: Source

  package init(diagnostics: [Diagnostic], source: Source) {
    self.diagnostics = diagnostics
    self.source = source
  }
}
