import Language
import Synchronization

/// What work prints through, until it is left behind: from then on it is not heard.
final class Gate: Sendable {
  private let printer: Printer
  private let isOpen = Mutex(true)

  init(_ printer: Printer) { self.printer = printer }

  func print(_ output: Output) {
    isOpen.withLock { if $0 { printer.print(output) } }
  }

  /// Anything else that is only to happen until then.
  func pass(_ body: () -> Void) {
    isOpen.withLock { if $0 { body() } }
  }

  func close() {
    isOpen.withLock { $0 = false }
  }
}
