import Language
import Refusals
import Synchronization
import Text

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The two standard streams: results are gathered and written in large pieces, always before what was said after them.
package final class Printer: Sendable {
  private struct State {
    var waiting: [UInt8] = []
    var lastWrite = 0
    /// What was written last was stopped within.
    var isCut = false
  }

  /// Results are seen as they come: on a terminal at once, elsewhere when nothing was written for a while.
  private static let patience = 100_000_000
  private static let capacity = 1 << 16

  private let state = Mutex(State())
  private let isTerminal: Bool
  private let isErrorTerminal: Bool
  private let canClear: Bool
  private let results: Int32
  private let notices: Int32

  package init(
    isTerminal: Bool, isErrorTerminal: Bool = isatty(STDERR_FILENO) == 1, canClear: Bool = true,
    results: Int32 = STDOUT_FILENO, notices: Int32 = STDERR_FILENO
  ) {
    self.isTerminal = isTerminal
    self.canClear = canClear
    self.isErrorTerminal = isErrorTerminal
    // A terminal may take its time, or none at all: it must not hold whoever writes to it.
    self.results = isTerminal ? System.unblocked(results) : results
    self.notices = isErrorTerminal ? System.unblocked(notices) : notices
  }

  package func print(_ output: Output) {
    state.withLock { state in
      switch output {
      case .result(let text), .shown(let text, _):
        if isTerminal {
          show(text, &state)
        } else {
          state.waiting.append(contentsOf: text.utf8)
        }
        state.waiting.append(UInt8(ascii: "\n"))
        let now = System.nanoseconds()
        if isTerminal || state.waiting.count >= Self.capacity || now - state.lastWrite > Self.patience {
          write(&state)
          state.lastWrite = now
        }
      case .cleared:
        guard isTerminal, canClear else { return }
        state.waiting.append(contentsOf: LineEditor.clearScreen.utf8)
        write(&state)
      case .notice(let text), .progress(let text, _, _):
        write(&state)
        // The terminal has echoed ^C: what is said about it takes its place.
        let start = Interrupt.isRequested && isTerminal ? "\r" : ""
        if state.isCut {
          _ = System.write("\n".utf8, to: notices, waiting: .shortly)
          state.isCut = false
        }
        _ = System.write(
          "\(start)\(isErrorTerminal ? text.shownOnTerminal : text)\n".utf8, to: notices, waiting: .shortly)
      }
    }
  }

  /// A long text goes piece by piece, so that nobody waits for all of it who has seen enough.
  private func show(_ text: String, _ state: inout State) {
    var rest = text.utf8[...]
    while rest.count > Self.capacity, let end = rest.dropFirst(Self.capacity).firstIndex(of: UInt8(ascii: "\n")) {
      state.waiting.append(contentsOf: String(Substring(rest[..<end])).shownOnTerminal.utf8)
      write(&state)
      if Interrupt.isRequested { return }
      rest = rest[end...]
    }
    state.waiting.append(contentsOf: String(Substring(rest)).shownOnTerminal.utf8)
  }

  /// Says why the program does not do what it was started for.
  func refuse(_ message: String) { print(.notice("gradus: " + message.shown)) }

  /// Writes what is still waiting.
  package func flush() {
    state.withLock { write(&$0) }
  }

  private func write(_ state: inout State) {
    guard !state.waiting.isEmpty else { return }
    let failure = System.write(state.waiting, to: results, waiting: .never)
    state.waiting.removeAll(keepingCapacity: true)
    guard let failure else { return }
    // The rest is for nobody; what is said about it begins a line.
    if failure.code == EINTR {
      state.isCut = isTerminal
      return
    }
    // Whoever reads may stop reading: no reason to complain, and none to go on.
    LineEditor.giveBackTerminal()
    if failure.code == EPIPE { _exit(ExitStatus.signal(SIGPIPE).rawValue) }
    _ = System.write("gradus: cannot write to standard output: \(failure.message)\n".utf8, to: notices)
    _exit(ExitStatus.failure.rawValue)
  }
}
