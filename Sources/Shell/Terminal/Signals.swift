import Language
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Ctrl-C while something is being computed: the first asks the work to stop, a second within a second leaves it.
enum Signals {
  private static let last = Atomic<Int>(0)
  private static let wakeUp = Atomic<Int32>(endsProgram)
  /// In place of a descriptor: a second Ctrl-C ends the program, or there is nothing to leave.
  private static let endsProgram: Int32 = -1
  private static let isIdle: Int32 = -2

  /// Where a byte is written when the work is to be left behind; nil between two pieces of work.
  static func setAbandonment(_ descriptor: Int32?) { wakeUp.store(descriptor ?? isIdle, ordering: .relaxed) }

  static func install() {
    // What the handler uses exists before it can be called.
    Interrupt.clear()
    last.store(0, ordering: .relaxed)
    wakeUp.store(endsProgram, ordering: .relaxed)
    var action = sigaction()
    #if canImport(Darwin)
      unsafe action.__sigaction_u.__sa_handler = { _ in Signals.interrupt() }
    #else
      unsafe action.__sigaction_handler.sa_handler = { _ in Signals.interrupt() }
    #endif
    unsafe sigaction(SIGINT, &action, nil)
    // A file that grows beyond what is allowed is an error of the write, as a full disk is.
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  private static func interrupt() {
    let code = errno
    let now = System.nanoseconds()
    let before = last.exchange(now, ordering: .relaxed)
    if Interrupt.isRequested && now - before < 1_000_000_000 {
      let descriptor = wakeUp.load(ordering: .relaxed)
      if descriptor == endsProgram { _exit(ExitStatus.interrupted.rawValue) }
      var byte: UInt8 = 0
      if descriptor >= 0 { unsafe write(descriptor, &byte, 1) }
    }
    Interrupt.request()
    errno = code
  }
}
