import CLibedit
import Language
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
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

  private static let lastQuit = Atomic<Int>(Int.min / 2)
  private static let warning: StaticString = "\r\nCtrl-\\ again leaves at once; Ctrl-C stops the work\r\n"

  /// From now on Ctrl-\ warns first: in a conversation it is rather a slip than a wish.
  static func warnBeforeQuitting() {
    lastQuit.store(Int.min / 2, ordering: .relaxed)
    var action = sigaction()
    #if canImport(Darwin)
      unsafe action.__sigaction_u.__sa_handler = { _ in Signals.quit() }
    #else
      unsafe action.__sigaction_handler.sa_handler = { _ in Signals.quit() }
    #endif
    unsafe sigaction(SIGQUIT, &action, nil)
  }

  private static func quit() {
    let code = errno
    let now = System.nanoseconds()
    if now - lastQuit.exchange(now, ordering: .relaxed) < 3_000_000_000 {
      editor_give_back_terminal()
      _exit(ExitStatus.signal(SIGQUIT).rawValue)
    }
    unsafe write(STDERR_FILENO, warning.utf8Start, warning.utf8CodeUnitCount)
    errno = code
  }

  private static func interrupt() {
    let code = errno
    editor_note_interrupt()
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
