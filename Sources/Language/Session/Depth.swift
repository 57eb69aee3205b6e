import CKernels
import Refusals
import Syntax

/// How deep people's formulas, calls and expressions may lie in each other: as deep as the thread's stack goes.
///
/// Whatever follows what a person can deepen, and isn't a loop, asks here at each level.
package enum Depth {
  /// Lets the main thread's stack grow as far as the system leaves room for it; called before anything deep is done.
  package static func raiseLimit() { gk_raise_stack_limit() }

  /// - Parameter calls: how many of the levels are calls of functions.
  static func check(at range: SourceRange, calls: Int) throws(Diagnostic) {
    guard gk_stack_is_short() != 0 else { return }
    throw Diagnostic(
      "formulas, calls and expressions lie too deep in each other here", at: range, reason: .tooDeep,
      help: calls > 16
        ? "a function that calls itself ends with a branch that doesn't: if n == 0 { 1 } else { n * f(n - 1) }"
        : "x = x keeps the value of a name in between and ends its formula")
  }
}
