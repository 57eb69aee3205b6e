import CKernels
import Refusals
import Syntax

/// How deep people's formulas, calls and expressions may lie in each other: as deep as the thread's stack goes.
///
/// Whatever follows what a person can deepen, and isn't a loop, asks here at each level.
package enum Depth {
  /// Lets the main thread's stack grow as far as the system leaves room for it; called before anything deep is done.
  package static func raiseLimit() { gk_raise_stack_limit() }

  static func check(at range: SourceRange) throws(Diagnostic) {
    guard gk_stack_is_short() != 0 else { return }
    throw Diagnostic(
      "formulas, calls and expressions lie too deep in each other here", at: range,
      help: "x = x keeps the value of a name in between and ends its formula")
  }
}
