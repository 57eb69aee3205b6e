import Refusals
import Syntax

/// A value; what refuses it gets a place.
func located<T>(
  at range: SourceRange?, _ value: @autoclosure () throws(Refusal) -> T
) throws(Diagnostic) -> T {
  try located(at: range) { () throws(Refusal) in try value() }
}

/// What a body gives; what it refuses gets a place, behind a few words about what was attempted.
func located<T>(
  at range: SourceRange?, prefix: String? = nil, _ body: () throws(Refusal) -> T
) throws(Diagnostic) -> T {
  do throws(Refusal) { return try body() } catch {
    throw (prefix.map(error.prefixed) ?? error).located(at: range)
  }
}

/// What a body gives; nil where it fails, unless it was ended from outside, or whatever is tried next would lie as deep: tries
/// within tries would double at each level.
func attempted<T>(_ body: () throws(Diagnostic) -> T) throws(Diagnostic) -> T? {
  do throws(Diagnostic) { return try body() } catch {
    if error.isInterrupt || error.reason == .tooDeep { throw error }
    return nil
  }
}

extension Refusal {
  /// No place is to blame for an interruption.
  func located(at range: SourceRange?) -> Diagnostic { Diagnostic(self, at: isInterrupt ? nil : range) }
}
