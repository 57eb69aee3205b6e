import CKernels
import Refusals
import Syntax

/// The wish to stop the work at hand, set by a signal handler.
package enum Interrupt {
  /// Safe in a signal handler.
  package static func request() { gk_set_interrupted(1) }
  /// What comes next isn't stopped; work that was left behind has no say in it.
  package static func clear() { if gk_is_left() == 0 { gk_set_interrupted(0) } }
  package static var isRequested: Bool { gk_is_interrupted() != 0 }

  /// Gives what this thread does from now on a number of its own, from 1 on, larger than those before.
  package static func begin(_ work: UInt32) { gk_set_work(work) }

  /// Stops work and all that has a smaller number, for good, while other work goes on.
  package static func leave(_ work: UInt32) { gk_leave(work) }

  /// Ends the statement if it is to stop; costs next to nothing.
  static func check() throws(Diagnostic) {
    if isRequested { throw Diagnostic(.interrupted) }
  }
}
