import CKernels
import Refusals
import Syntax

/// The wish to stop the work at hand, set by a signal handler.
package enum Interrupt {
  /// Safe in a signal handler.
  package static func request() { gk_set_interrupted(1) }
  package static func clear() { gk_set_interrupted(0) }
  package static var isRequested: Bool { gk_is_interrupted() != 0 }

  /// Ends the statement if it is to stop; costs next to nothing.
  static func check() throws(Diagnostic) {
    if isRequested { throw Diagnostic(.interrupted) }
  }
}
